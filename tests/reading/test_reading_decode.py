"""From readings to values, a field type at a time. ID numbers and codes are invented; checks are computed here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading_steps import spelled

from pipeline.definitions import FieldDefinition, FieldType
from pipeline.dictionaries import Dictionary
from pipeline.reading.calibration import Calibration, load_calibration
from pipeline.reading.decode import Decoded, Knowledge, decode, join
from pipeline.reading.language import Lexicon
from pipeline.records import Reading
from pipeline.settings import ROOT
from tests.conftest import TODAY

LISTS = {
    "projects": Dictionary.of(
        "projects",
        [("垃圾分类宣传", ()), ("防汛物资支援", ()), ("社区环境卫生整治", ()), ("金融知识普及", ("金融普及",))],
    ),
    "communities": Dictionary.of("communities", [("洸河社区", ("洸河",)), ("科苑社区", ()), ("永丰社区", ())]),
    "units": Dictionary.of("units", [("济宁高新区税务局", ("高新区税务局",)), ("济宁高新区财政金融局", ())]),
}
CALIBRATION: Calibration = load_calibration(Path(ROOT / "models" / "calibration.json"))
KNOWLEDGE = Knowledge(LISTS, Lexicon({}), CALIBRATION, TODAY)


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


def read(what: FieldDefinition, *lines: Reading | str) -> Decoded:
    readings = [spelled(line) if isinstance(line, str) else line for line in lines]
    return decode(what, readings, KNOWLEDGE)


def doubtful(decoded: Decoded) -> bool:
    assert decoded.evidence is not None
    return decoded.evidence.doubt


# --- nothing there -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", EVERY, ids=lambda f: f.type.value)
def test_nothing_written_is_none_and_nothing_is_invented(what: FieldDefinition) -> None:
    for lines in ([], [""], [" "], ["", "  "]):
        decoded = read(what, *lines)
        assert decoded.value is None
        assert decoded.raw == ""


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(EVERY),
    st.lists(st.text("0127X年月日男-、,。: 一〇O洸河社区税务局已完成垃圾", max_size=9), min_size=1, max_size=2),
)
def test_whatever_is_read_gives_a_text_or_none(what: FieldDefinition, lines: list[str]) -> None:
    decoded = read(what, *lines)
    assert decoded.value is None or decoded.value.strip()
    assert 0.0 <= decoded.confidence <= 1.0
    if decoded.value is not None:
        assert decoded.raw.strip()


def test_the_plain_reading_is_kept_as_raw() -> None:
    assert read(DATE, "2019.5.18").raw == "2019.5.18"
    assert read(ID, "370883 19691114 2436").raw == "370883 19691114 2436"
    assert read(UNIT, "济宁高新区", "税务局").raw == "济宁高新区税务局"


# --- numbers with a check character --------------------------------------------------------------------------------

WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]


def id_number(body: str = "37088319801114243") -> str:
    return body + "10X98765432"[sum(w * int(d) for w, d in zip(WEIGHTS, body, strict=True)) % 11]


def credit_code(body: str = "12370800976187130") -> str:
    """GB 32100-2015: weights are the powers of 3 modulo 31."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    total = sum(alphabet.index(c) * pow(3, i, 31) for i, c in enumerate(body))
    return body + alphabet[(31 - total % 31) % 31]


ID_WITH_X = next(n for s in range(1000) if (n := id_number(f"37088319801114{s:03d}")).endswith("X"))


def test_an_id_number_as_read() -> None:
    decoded = read(ID, id_number())
    assert decoded.value == id_number()
    assert not doubtful(decoded)
    assert decoded.confidence > 0.99


@pytest.mark.parametrize(
    "written",
    [
        ID_WITH_X,
        ID_WITH_X.lower(),
        f"{ID_WITH_X[:6]} {ID_WITH_X[6:14]} {ID_WITH_X[14:]}",
        ID_WITH_X.replace("0", "O").replace("1", "I"),
    ],
)
def test_ways_an_id_number_is_written_and_misread(written: str) -> None:
    decoded = read(ID, written)
    assert decoded.value == ID_WITH_X
    assert not doubtful(decoded)


def test_an_id_number_over_two_lines() -> None:
    assert read(ID, id_number()[:9], id_number()[9:]).value == id_number()


@pytest.mark.parametrize("place", [0, 5, 9, 16, 17])
def test_one_ambiguous_digit_is_settled_by_the_checksum_and_marked(place: int) -> None:
    number = id_number()
    other = "1" if number[place] == "X" else str((int(number[place]) + 3) % 10)
    wrong = number[:place] + other + number[place + 1 :]
    decoded = read(ID, spelled(wrong, {place: {other: 0.55, number[place]: 0.4}}))
    assert decoded.raw == wrong
    assert decoded.value == number
    assert doubtful(decoded)
    assert decoded.confidence < read(ID, number).confidence


def test_a_checksum_does_not_settle_what_the_ink_does_not_leave_open() -> None:
    wrong = id_number()[:8] + str((int(id_number()[8]) + 3) % 10) + id_number()[9:]
    decoded = read(ID, wrong)
    assert decoded.value == wrong
    assert doubtful(decoded)


def test_a_right_check_character_is_not_enough_where_the_birth_date_cannot_be() -> None:
    number = id_number("37088319801114243")
    # The same check character with a thirteenth month: two digits differ, and the ink leaves both open.
    impossible = next(n for d in "0123456789" if (n := id_number(f"370883198013142{d}3"))[17] == number[17])
    doubts = {i: {impossible[i]: 0.5, number[i]: 0.45} for i in range(18) if impossible[i] != number[i]}
    assert len(doubts) == 2
    decoded = read(ID, spelled(impossible, doubts))
    assert (decoded.value, doubtful(decoded)) == (number, True)


@pytest.mark.parametrize("written", [id_number()[:-2], id_number() + "77", "不知道"])
def test_what_is_no_id_number_stays_as_read(written: str) -> None:
    decoded = read(ID, written)
    assert decoded.value == written
    assert doubtful(decoded)


def test_credit_codes() -> None:
    code = credit_code()
    assert read(USCC, code).value == code
    assert read(USCC, code.lower()).value == code
    assert read(USCC, f"{code[:8]}-{code[8:]}").value == code
    assert read(USCC, code.replace("0", "O").replace("1", "I")).value == code  # the code has neither letter
    wrong = code[:4] + "7" + code[5:]
    settled = read(USCC, spelled(wrong, {4: {"7": 0.5, code[4]: 0.4}}))
    assert (settled.value, doubtful(settled)) == (code, True)
    kept = read(USCC, wrong)
    assert (kept.value, doubtful(kept)) == (wrong, True)


# --- phones, numbers, codes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("13812345678", "13812345678"),
        ("138-1234-5678", "13812345678"),
        ("138 1234 5678", "13812345678"),
        ("l38I2345678", "13812345678"),
        ("0537-5057511", "0537-5057511"),
        ("05375057511", "05375057511"),
        ("(0537)5057511", "05375057511"),
        ("010-12345678", "010-12345678"),
    ],
)
def test_phones(written: str, value: str) -> None:
    decoded = read(PHONE, written)
    assert decoded.value == value
    assert not doubtful(decoded)


def test_a_phone_with_an_ambiguous_digit() -> None:
    decoded = read(PHONE, spelled("12812345678", {1: {"2": 0.5, "3": 0.45}}))
    assert (decoded.value, doubtful(decoded)) == ("13812345678", True)


@pytest.mark.parametrize("written", ["5057511", "1381234567", "12812345678"])
def test_a_phone_that_is_too_short_or_wrong_stays_as_read(written: str) -> None:
    decoded = read(PHONE, written)
    assert (decoded.value, doubtful(decoded)) == (written, True)


@pytest.mark.parametrize(
    ("written", "value", "doubt"),
    [("12", "12", False), ("12人", "12", False), ("1.5小时", "1.5", False), ("约12人", "12", True), ("5O", "50", True)],
)
def test_numbers(written: str, value: str, doubt: bool) -> None:
    decoded = read(NUMBER, written)
    assert (decoded.value, doubtful(decoded)) == (value, doubt)


def test_words_where_a_number_belongs_stay_and_are_doubted() -> None:
    decoded = read(NUMBER, "若干")
    assert (decoded.value, doubtful(decoded)) == ("若干", True)


@pytest.mark.parametrize("written", ["GJ-2019-145", "gj-2019-145", "GJ—2019—145", "GJ一2019一145", ":GJ-2019- 145."])
def test_reference_codes(written: str) -> None:
    assert read(CODE, written).value == "GJ-2019-145"


def test_a_code_with_chinese_characters() -> None:
    assert read(CODE, "洸共建-2019-118").value == "洸共建-2019-118"


# --- dates ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("2019年5月18日", "2019-05-18"),
        ("2019.5.18", "2019-05-18"),
        ("2019-05-18", "2019-05-18"),
        ("20190518", "2019-05-18"),
        ("2019年5月", "2019-05"),
        ("1969.11", "1969-11"),
    ],
)
def test_dates(written: str, value: str) -> None:
    decoded = read(DATE, written)
    assert decoded.value == value
    assert not doubtful(decoded)


@pytest.mark.parametrize("written", ["二〇一九年五月十八日", "二零一九年五月十八日"])
def test_a_date_in_chinese_numerals(written: str) -> None:
    assert read(DATE, written).value == "2019-05-18"


def test_a_date_over_two_lines() -> None:
    assert read(DATE, "2019年5月", "18日").value == "2019-05-18"


def test_an_ambiguous_digit_is_settled_by_what_dates_there_are() -> None:
    month = read(DATE, spelled("2019年15月8日", {5: {"1": 0.5, "": 0.45}}))
    assert (month.value, doubtful(month)) == ("2019-05-08", True)
    year = read(DATE, spelled("2079年5月18日", {2: {"7": 0.5, "1": 0.45}}))
    assert (year.value, doubtful(year)) == ("2019-05-18", True)
    zero = read(DATE, spelled("2O19年5月18日", {1: {"O": 0.6, "0": 0.35}}))
    assert zero.value == "2019-05-18"


def test_the_end_of_a_term_may_lie_ahead() -> None:
    decoded = read(TERM_END, "2030年5月18日")
    assert (decoded.value, doubtful(decoded)) == ("2030-05-18", False)


@pytest.mark.parametrize("written", ["长期", "年月日", "待定"])
def test_what_is_no_date_stays_as_read_and_is_doubted(written: str) -> None:
    decoded = read(DATE, written)
    assert (decoded.value, doubtful(decoded)) == (written, True)
    assert decoded.confidence < 0.98


# --- names and text ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "value", "doubt"),
    [
        ("王建国", "王建国", False),
        ("王國強", "王国强", False),
        ("阿依古丽·买买提", "阿依古丽·买买提", False),
        ("王 建国", "王建国", True),
        ("王建国。", "王建国", True),
        ("王", "王", True),
    ],
)
def test_names(written: str, value: str, doubt: bool) -> None:
    decoded = read(NAME, written)
    assert (decoded.value, doubtful(decoded)) == (value, doubt)


@pytest.mark.parametrize("written", ["—", "/", "__", "..."])
def test_a_stroke_is_no_name(written: str) -> None:
    assert read(NAME, written).value is None


def test_a_rare_name_is_never_replaced_by_a_common_one() -> None:
    common = Knowledge(LISTS, Lexicon({"王建国": 10_000_000}), CALIBRATION, TODAY)
    reading = spelled("王建囯", {2: {"囯": 0.5, "国": 0.45}})
    assert decode(NAME, [reading], common).value == reading.text  # ink alone decides


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("同意接收。", "同意接收。"),
        (":同意", "同意"),
        ("__同意__", "同意"),
        ("火炬路142号6号楼2单元", "火炬路142号6号楼2单元"),
        ("___", None),
    ],
)
def test_text(written: str, value: str | None) -> None:
    assert read(TEXT, written).value == value


def test_text_over_several_lines_is_joined_without_a_gap() -> None:
    assert read(TEXT, "组织党员志愿者", "清理垃圾", "12袋").value == "组织党员志愿者清理垃圾12袋"


def test_joined_lines_keep_probabilities_and_order() -> None:
    joined = join([spelled("洸河", sure=0.9), spelled("社区", sure=0.8)])
    assert joined.text == "洸河社区"
    assert joined.probs == pytest.approx([0.9, 0.9, 0.8, 0.8])
    assert joined.centres == sorted(joined.centres)
    assert joined.steps is not None
    assert joined.steps.classes.shape == joined.steps.probs.shape


# --- choices and lists of the office -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "written"), [(GENDER, "男"), (GENDER, "女"), (PROGRESS, "已完成"), (PROGRESS, "未开始")]
)
def test_a_choice_as_written(what: FieldDefinition, written: str) -> None:
    decoded = read(what, written)
    assert (decoded.value, doubtful(decoded)) == (written, False)
    assert decoded.confidence > 0.98


def test_a_choice_that_the_ink_leaves_open_is_one_of_the_options() -> None:
    gender = read(GENDER, spelled("勇", {0: {"勇": 0.5, "男": 0.45}}))
    assert (gender.value, doubtful(gender)) == ("男", True)
    progress = read(PROGRESS, spelled("已完戍", {2: {"戍": 0.5, "成": 0.45}}))
    assert (progress.value, doubtful(progress)) == ("已完成", True)
    assert gender.confidence < read(GENDER, "男").confidence


def test_what_is_far_from_every_option_stays_as_read() -> None:
    decoded = read(PROGRESS, "取消")
    assert (decoded.value, doubtful(decoded)) == ("取消", True)


def test_a_closed_list() -> None:
    assert read(COMMUNITY, "洸河社区").value == "洸河社区"
    assert not doubtful(read(COMMUNITY, "洸河社区"))
    settled = read(COMMUNITY, spelled("洗河社区", {0: {"洗": 0.5, "洸": 0.45}}))
    assert (settled.value, doubtful(settled)) == ("洸河社区", True)


@pytest.mark.parametrize("written", ["北湖小区", "北湖社区", "幸福社区", "洗河社区"])
def test_a_name_that_a_closed_list_lacks_is_not_bent_to_its_nearest_entry(written: str) -> None:
    decoded = read(COMMUNITY, written)
    assert (decoded.value, doubtful(decoded)) == (written, True)


@pytest.mark.parametrize("written", ["济宁高新区税务局", "高新区税务局"])
def test_an_entry_or_alias_as_written(written: str) -> None:
    decoded = read(UNIT, written)
    assert (decoded.value, doubtful(decoded)) == (written, False)
    assert decoded.confidence > 0.98


def test_an_entry_is_chosen_where_the_ink_supports_it() -> None:
    decoded = read(UNIT, spelled("济宁高新区税物局", {6: {"物": 0.5, "务": 0.45}}))
    assert (decoded.value, doubtful(decoded)) == ("济宁高新区税务局", True)
    assert decoded.confidence < 0.98  # for a person to look at


@pytest.mark.parametrize(
    "written", ["济宁高新区税物局", "济宁高新区商务局", "济宁高新区审计局", "曲阜师范大学", "济宁高新区"]
)
def test_a_name_in_no_list_is_read_as_written(written: str) -> None:
    decoded = read(UNIT, written)
    assert (decoded.value, doubtful(decoded)) == (written, False)


def test_a_field_whose_list_is_empty_is_text() -> None:
    nothing = Knowledge({"units": Dictionary.of("units", [])}, Lexicon({}), CALIBRATION, TODAY)
    assert decode(UNIT, [spelled("济宁高新区税务局")], nothing).value == "济宁高新区税务局"


@pytest.mark.parametrize(
    "written",
    [
        "垃圾分类宣传、防汛物资支援",
        "垃圾分类宣传，防汛物资支援",
        "垃圾分类宣传;防汛物资支援",
        "垃圾分类宣传/防汛物资支援",
        "垃圾分类宣传。防汛物资支援。",
        "垃圾分类宣传、、防汛物资支援、",
        ":垃圾分类宣传、防汛物资支援",
        "垃圾分类宣传防汛物资支援",  # nothing between them: an entry ends where the next begins
    ],
)
def test_several_things_in_one_blank_are_joined_with_the_same_sign(written: str) -> None:
    assert read(PROJECTS, written).value == "垃圾分类宣传、防汛物资支援"


def test_a_list_over_two_lines() -> None:
    assert read(PROJECTS, "垃圾分类", "宣传、防汛物资支援").value == "垃圾分类宣传、防汛物资支援"


def test_each_thing_of_a_list_is_weighed_on_its_own() -> None:
    reading = spelled("垃圾分类宜传、树木修剪", {4: {"宜": 0.5, "宣": 0.45}})
    decoded = read(PROJECTS, reading)
    assert (decoded.value, doubtful(decoded)) == ("垃圾分类宣传、树木修剪", True)


@pytest.mark.parametrize("written", ["垃圾分类宜传、防汛物资支援", "树木修剪、防汛物资支援", "无"])
def test_a_thing_in_no_list_is_read_as_written(written: str) -> None:
    assert read(PROJECTS, written).value == written


def test_a_list_without_a_dictionary() -> None:
    assert read(SKILLS, "音乐，舞蹈/书法；").value == "音乐、舞蹈、书法"
    assert read(SKILLS, "图书242册、停车位10个").value == "图书242册、停车位10个"
    assert read(SKILLS, "、").value is None
