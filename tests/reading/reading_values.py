"""Fields as forms define them, what is known when they are read, and numbers with a right check character.

All numbers and codes are invented; check characters are computed here.
"""

from __future__ import annotations

from typing import Any

from reading_steps import spelled

from pipeline.definitions import FieldDefinition, FieldType
from pipeline.dictionaries import Dictionary
from pipeline.reading.answer import Answer
from pipeline.reading.calibration import Calibration, fit
from pipeline.reading.decode import Knowledge, decode
from pipeline.reading.language import Lexicon
from pipeline.reading.names import NameModel
from pipeline.records import Evidence
from pipeline.sheets import Reading
from tests.conftest import TODAY

LISTS = {
    "projects": Dictionary.of(
        "projects",
        [("垃圾分类宣传", ()), ("防汛物资支援", ()), ("社区环境卫生整治", ()), ("金融知识普及", ("金融普及",))],
    ),
    "communities": Dictionary.of("communities", [("洸河社区", ("洸河",)), ("科苑社区", ()), ("永丰社区", ())]),
    "units": Dictionary.of("units", [("济宁高新区税务局", ("高新区税务局",)), ("济宁高新区财政金融局", ())]),
}
CALIBRATION: Calibration = fit([])
"""What is expected of evidence, whatever the examples say that the shipped calibration was fitted on."""

KNOWLEDGE = Knowledge(LISTS, Lexicon({}), NameModel([]), CALIBRATION, TODAY)


def field(kind: FieldType, **more: Any) -> FieldDefinition:
    return FieldDefinition(key="field", title="栏目", labels=("栏目",), type=kind, **more)


ID, PHONE, USCC, DATE = (field(t) for t in (FieldType.ID_NUMBER, FieldType.PHONE, FieldType.USCC, FieldType.DATE))
NUMBER, NAME, TEXT, CODE = (field(t) for t in (FieldType.NUMBER, FieldType.NAME, FieldType.TEXT, FieldType.CODE))
TERM_END = field(FieldType.DATE, future=True)
GENDER = field(FieldType.CHOICE, options=("男", "女"))
PROGRESS = field(FieldType.CHOICE, options=("已完成", "进行中", "未开始"))
COMMUNITY = field(FieldType.DICTIONARY, dictionary="communities", closed=True)
UNIT = field(FieldType.DICTIONARY, dictionary="units")
PROJECTS = field(FieldType.LIST, dictionary="projects")
SKILLS = field(FieldType.LIST)
EVERY = [ID, PHONE, USCC, DATE, TERM_END, NUMBER, NAME, TEXT, CODE, GENDER, PROGRESS, COMMUNITY, UNIT, PROJECTS, SKILLS]


def read(what: FieldDefinition, *lines: Reading | str, knowledge: Knowledge = KNOWLEDGE) -> Answer:
    readings = [spelled(line) if isinstance(line, str) else line for line in lines]
    return decode(what, readings, knowledge)


def evidence(answer: Answer) -> Evidence:
    assert answer.evidence is not None
    return answer.evidence


def doubtful(answer: Answer) -> bool:
    return evidence(answer).doubt


HAN_DIGITS = "〇一二三四五六七八九"
_WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]


def id_number(body: str = "37088319801114243") -> str:
    return body + "10X98765432"[sum(w * int(d) for w, d in zip(_WEIGHTS, body, strict=True)) % 11]


def credit_code(body: str = "12370800976187130") -> str:
    """GB 32100-2015: weights are the powers of 3 modulo 31."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    total = sum(alphabet.index(c) * pow(3, i, 31) for i, c in enumerate(body))
    return body + alphabet[(31 - total % 31) % 31]


ID_WITH_X = next(n for s in range(1000) if (n := id_number(f"37088319801114{s:03d}")).endswith("X"))
