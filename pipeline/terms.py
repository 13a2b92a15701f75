"""What the wordings of printed labels say: which type of value stands beside one, and how its key may be called.

The wordings are data (``models/terms.yaml``).
"""

from __future__ import annotations

import os
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipeline.definitions import FieldType
from pipeline.errors import SetupError

_NOT_WORDS = re.compile(r"[^\w]|_", re.UNICODE)
_BRACKETED = re.compile(r"[(（\[【][^)）\]】]*[)）\]】]")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_KEY = re.compile(r"[^a-z0-9]+")
_WHOLE, _ENDING, _NEAR = 4.0, 2.2, 2.0  # nats by which a wording is likelier a label: known, with a known end, almost
_UNKNOWN = -0.6
_NEAR_ENOUGH = 0.74
_NAMED = frozenset({"社区", "小区", "公司", "学院", "学校", "机构"})  # endings of names as much as of labels
_KEY_PARTS = 4


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TermKind(_Strict):
    """The wordings of one type: whole labels with their keys, and endings."""

    type: FieldType
    labels: dict[str, str] = Field(default_factory=dict)
    endings: tuple[str, ...] = ()
    options: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class _File(_Strict):
    schema_version: Annotated[Literal[1], Field(alias="schema")]
    kinds: Annotated[tuple[TermKind, ...], Field(min_length=1)]
    words: dict[str, str] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a label suggests: the type of its value, its key if one is usual, options, and how sure (0 to 1)."""

    type: FieldType
    key: str | None
    options: tuple[str, ...]
    sureness: float


class Terms:
    """The wordings, to be asked about labels."""

    def __init__(self, kinds: tuple[TermKind, ...], words: dict[str, str]) -> None:
        self._whole = {label: (kind, key) for kind in kinds for label, key in kind.labels.items()}
        self._endings = {ending: kind for kind in kinds for ending in (*kind.labels, *kind.endings)}
        self._words = words
        self._known = list(self._whole)
        self._longest = max(map(len, self._endings), default=0)

    def suggest(self, label: str) -> Suggestion:
        """What stands beside ``label``; text where its wording says nothing."""
        for form in _forms(label):
            if form in self._whole:
                kind, key = self._whole[form]
                return Suggestion(kind.type, key, kind.options.get(form, ()), 1.0)
        for form in _forms(label):
            for size in range(min(self._longest, len(form)), 0, -1):
                kind_of = self._endings.get(form[-size:])
                if kind_of is not None:
                    sure = 0.9 if size > 1 else 0.75
                    return Suggestion(kind_of.type, None, kind_of.options.get(form[-size:], ()), sure)
        near = self._near(label)
        if near is not None:
            kind, key = self._whole[near]
            return Suggestion(kind.type, key, kind.options.get(near, ()), 0.6)
        return Suggestion(FieldType.TEXT, None, (), 0.3)

    def weight(self, text: str) -> float:
        """Log-odds that ``text`` is a label, by its wording alone."""
        forms = _forms(text)
        if any(form in self._whole for form in forms):
            return _WHOLE
        for form in forms:
            for size in range(min(self._longest, len(form) - 1), 0, -1):
                if form[-size:] in self._endings:
                    if form[-size:] in _NAMED:
                        return 0.0
                    return _ENDING if size > 1 and len(form) <= 10 else 0.5
        return _NEAR if self._near(text) is not None else _UNKNOWN

    def _near(self, text: str) -> str | None:
        """The known label of which ``text`` is a misreading."""
        for form in _forms(text):
            if len(form) < 3:
                continue
            found = process.extractOne(
                form, self._known, scorer=Levenshtein.normalized_similarity, score_cutoff=_NEAR_ENOUGH
            )
            if found is not None:
                return str(found[0])
        return None

    def key_of(self, label: str) -> str:
        """A key for ``label``: the usual one, else its words in English, else its sounds (pinyin)."""
        suggestion = self.suggest(label)
        if suggestion.key is not None and suggestion.sureness == 1.0:
            return suggestion.key
        rest = min(_forms(label), key=len, default="")
        parts: list[str] = []
        spelt: list[str] = []
        while rest:
            size = next((n for n in range(min(6, len(rest)), 1, -1) if rest[:n] in self._words), 0)
            if size:
                if spelt:
                    parts.append("".join(spelt))
                    spelt = []
                parts.append(self._words[rest[:size]])
                rest = rest[size:]
            else:
                spelt.append(_sound(rest[0]))
                rest = rest[1:]
        if spelt:
            parts.append("".join(spelt))
        key = "_".join(dict.fromkeys(p for p in parts if p))
        key = _KEY.sub("_", "_".join(key.split("_")[:_KEY_PARTS]).lower()).strip("_")
        return key if key[:1].isalpha() else f"field_{key}".rstrip("_")


def load_terms(path: Path) -> Terms:
    """The wordings of a file. Raises :class:`SetupError` naming it, on one line, and what is wrong."""
    try:
        data = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
        if not isinstance(data, dict):
            raise SetupError(f"词表 {path} 应为“键: 值”的映射，以 schema: 1 开头。")
        file = _File.model_validate(data)
    except OSError as error:
        raise SetupError(f"无法读取词表 {path}：{error.strerror}。请检查文件是否存在、可读。") from error
    except (YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f" 第 {mark.line + 1} 行" if mark else ""
        raise SetupError(f"词表 {path}{line} 不是有效的 YAML（UTF-8 编码）。") from error
    except ValidationError as error:
        problems = "；".join(dict.fromkeys(map(_explained, error.errors())))
        raise SetupError(f"词表 {path} 有误：{problems}。") from error
    return Terms(file.kinds, file.words)


def _explained(error: Any) -> str:
    """One validation error in Chinese: the key, by its place in the file, and what is wrong with it."""
    place = ".".join(str(step) for step in error["loc"])
    match error["type"]:
        case "missing":
            return f"缺少 {place}"
        case "extra_forbidden":
            return f"没有 {place} 这一项"
        case "enum":
            return f"{place} 写的是“{error['input']}”，没有这种类型"
        case "too_short":
            return f"{place} 是空的"
        case _:
            return f"{place} 的写法不对"


def _forms(text: str) -> list[str]:
    """``text`` in its word characters alone, without and with what stands in brackets."""
    text = unicodedata.normalize("NFKC", text)
    forms = [_NOT_WORDS.sub("", _BRACKETED.sub("", text)), _NOT_WORDS.sub("", text)]
    return [form for form in dict.fromkeys(forms) if form]


@cache
def _sound(char: str) -> str:
    """A character as it is spelt, without tone; Latin letters and digits as they are."""
    if not _CHINESE.match(char):
        return char if char.isascii() and char.isalnum() else ""
    # Single characters are all that is asked for: the phrases take 50 MB.
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")
    from pypinyin import lazy_pinyin

    return "".join(lazy_pinyin(char, errors="ignore")).replace("ü", "v")
