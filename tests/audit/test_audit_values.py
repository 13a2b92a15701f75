"""What people type, for each type of field: the value it plainly stands for, and never a guess."""

from __future__ import annotations

import pytest

from pipeline.batch.typed import TypedError, text_of, value_of
from pipeline.definitions import FieldDefinition, FieldType
from pipeline.ledgers.masking import masked
from pipeline.records import Value


def field(kind: FieldType, *, options: tuple[str, ...] = (), multiple: bool = False) -> FieldDefinition:
    dictionary = "units" if kind is FieldType.DICTIONARY else None
    return FieldDefinition(
        key="f", title="字段", type=kind, labels=("字段",), options=options, multiple=multiple, dictionary=dictionary
    )


def typed(kind: FieldType, text: str) -> Value:
    return value_of(field(kind), text)


TEXTS = (
    *(FieldType.TEXT, FieldType.NAME, FieldType.ID_NUMBER, FieldType.USCC, FieldType.PHONE, FieldType.DATE),
    *(FieldType.NUMBER, FieldType.CODE, FieldType.DICTIONARY, FieldType.LIST),
)


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize("nothing", ["", " ", "\u3000", "\t\n", "\u200b", "\x00", "\ufeff \u202e"])
def test_nothing_typed_is_no_value(kind: FieldType, nothing: str) -> None:
    assert typed(kind, nothing) is None


@pytest.mark.parametrize(
    "text",
    [
        "11010519491231002x",
        " 110105 19491231 002X ",
        "１１０１０５１９４９１２３１００２Ｘ",
        "110105-19491231-002x",
        "110105—19491231—002X",
        "110105\u200b19491231002X",
        "\u202a110105\u202c19491231002X",
    ],
)
def test_an_id_number_however_it_is_spaced(text: str) -> None:
    assert typed(FieldType.ID_NUMBER, text) == "11010519491231002X"


@pytest.mark.parametrize("text", ["1101051949123100", "11O105194912310O2X", "11010519491231002×", "不详", "1/2"])
def test_an_id_number_is_not_mended(text: str) -> None:
    assert typed(FieldType.ID_NUMBER, text) == text.upper()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("13912345678", "13912345678"),
        ("139 1234 5678", "13912345678"),
        ("139-1234-5678", "13912345678"),
        ("１３９　１２３４　５６７８", "13912345678"),
        ("139–1234–5678", "13912345678"),
        ("+86 139 1234 5678", "13912345678"),
        ("+8613912345678", "13912345678"),
        ("0086-13912345678", "13912345678"),
        ("010-12345678", "010-12345678"),
        ("(010) 12345678", "010-12345678"),
        ("（010）12345678", "010-12345678"),
        ("0515--88123456", "0515-88123456"),
        ("400-800-1234", "4008001234"),
        ("88123456", "88123456"),
    ],
)
def test_a_phone_with_or_without_dashes(text: str, value: str) -> None:
    assert typed(FieldType.PHONE, text) == value


@pytest.mark.parametrize(
    "text",
    ["13912345678/13800138000", "13912345678（妻）", "139 1234 567O", "无", "13912345678、13800138000", "内线 8123"],
)
def test_more_than_a_phone_stays_as_it_was_typed(text: str) -> None:
    assert typed(FieldType.PHONE, text) == text


@pytest.mark.parametrize(
    "text",
    [
        *("2021-06-01", "2021-6-1", "2021.6.1", "2021.06.01", "2021/6/1", "2021年6月1日", "2021年06月01日"),
        *(
            "20210601",
            "２０２１．６．１",
            "2021 年 6 月 1 日",
            "二〇二一年六月一日",
            "2021、6、1",
            "21.6.1",
            "2021-6-1 ",
        ),
    ],
)
def test_a_date_in_all_its_spellings(text: str) -> None:
    assert typed(FieldType.DATE, text) == "2021-06-01"


@pytest.mark.parametrize("text", ["2021-06", "2021.6", "2021年6月", "202106", "二〇二一年六月"])
def test_a_month_is_no_day(text: str) -> None:
    assert typed(FieldType.DATE, text) == "2021-06"


@pytest.mark.parametrize(
    "text",
    [
        *("2021.816", "2021-1201", "20216.1", "6.1", "6月1日", "2021", "2021-02-30", "2021-13-01", "1/6/2021"),
        *("昨天", "2021年", "2021-6-1 或 2021-7-1", "2021-6-1至2022-6-1", "3021-01-01", "长期", "99999999"),
    ],
)
def test_what_is_no_plain_date_stays_as_it_was_typed(text: str) -> None:
    assert typed(FieldType.DATE, text) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("12", "12"), ("１２", "12"), (" 1 200 ", "1200"), ("1,200", "1200"), ("１，２００", "1200"), ("3.5", "3.5")),
        *(("1,2", "1,2"), ("12人", "12人"), ("十二", "十二"), ("1,200,5", "1,200,5"), ("-3", "-3")),
    ],
)
def test_a_number(text: str, value: str) -> None:
    assert typed(FieldType.NUMBER, text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("宣讲、义诊", "宣讲、义诊"),
        ("宣讲,义诊", "宣讲、义诊"),
        ("宣讲，义诊；慰问;巡逻", "宣讲、义诊、慰问、巡逻"),
        ("宣讲 、 义诊", "宣讲、义诊"),
        ("宣讲\n义诊\r\n慰问", "宣讲、义诊、慰问"),
        ("、宣讲、、义诊，", "宣讲、义诊"),
        ("政策 宣讲", "政策 宣讲"),
        ("，、", None),
    ],
)
def test_a_list_with_any_comma(text: str, value: str | None) -> None:
    assert typed(FieldType.LIST, text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((" 张 三 ", "张三"), ("张\u3000三", "张三"), ("张\u200b三", "张三"), ("买买提·艾山", "买买提·艾山")),
        *(
            ("John  Smith", "John Smith"),
            ("𠮷田", "𠮷田"),
            ("張三", "張三"),
            ("O'Neil", "O'Neil"),
            ("张\x00三", "张三"),
        ),
    ],
)
def test_a_name(text: str, value: str) -> None:
    assert typed(FieldType.NAME, text) == value


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (FieldType.USCC, " 91310000ma1fl0 xx-0x ", "91310000MA1FL0XX0X"),
        (FieldType.CODE, "sbd ２０２１－０１", "SBD2021-01"),
        (FieldType.TEXT, "服務  社區\n第二行", "服务 社区 第二行"),
        (FieldType.TEXT, "<script>alert(1)</script>", "<script>alert(1)</script>"),
        (FieldType.DICTIONARY, "幸福 社区", "幸福 社区"),
    ],
)
def test_other_texts(kind: FieldType, text: str, value: str) -> None:
    assert typed(kind, text) == value


@pytest.mark.parametrize("unseen", ["\x00", "\x07", "\x1b", "\u200b", "\u200e", "\u202e", "\u2066", "\ufeff", "\ud800"])
def test_what_nobody_sees_is_not_kept(unseen: str) -> None:
    assert typed(FieldType.TEXT, f"服{unseen}务") == "服务"
    assert value_of(None, f"服{unseen}务") == "服务"


@pytest.mark.parametrize("rare", ["\U00020bb7", "\U0003134a", "\ue000", "葛\U000e0100"])
def test_rare_characters_of_names_are_kept(rare: str) -> None:
    assert typed(FieldType.NAME, rare) == rare


BOXES = field(FieldType.CHECKBOXES, options=("甲", "乙", "丙"), multiple=True)
BOX = field(FieldType.CHECKBOXES, options=("甲", "乙", "丙"))
SEAL = field(FieldType.SEAL)


def test_boxes_are_chosen_from() -> None:
    assert value_of(BOXES, ["丙", "甲", "丙"]) == ["甲", "丙"]
    assert value_of(BOXES, []) is None
    assert value_of(BOX, ["乙"]) == "乙"
    assert value_of(BOX, []) is None


def test_marks_are_switched() -> None:
    assert value_of(SEAL, True) is True
    assert value_of(SEAL, False) is False
    assert value_of(None, True) is True


@pytest.mark.parametrize(
    ("of", "given"),
    [
        *((BOXES, "甲"), (BOXES, True), (BOXES, ["丁"]), (BOX, ["甲", "乙"]), (BOX, "甲"), (SEAL, "有"), (SEAL, [])),
        *((field(FieldType.NAME), True), (field(FieldType.NAME), ["张三"]), (None, ["甲"])),
    ],
)
def test_another_kind_of_thing_is_refused(of: FieldDefinition | None, given: str | bool | list[str]) -> None:
    with pytest.raises(TypedError, match=r"[\u4e00-\u9fff]"):
        value_of(of, given)


def test_a_value_is_typed_as_it_is_shown() -> None:
    for kind, shown in (
        (FieldType.PHONE, "010-12345678"),
        (FieldType.DATE, "2021-06"),
        (FieldType.LIST, "宣讲、义诊"),
        (FieldType.NAME, "买买提·艾山"),
    ):
        assert text_of(typed(kind, shown)) == shown
    assert (text_of(None), text_of(True), text_of(["甲", "乙"])) == ("", "", "甲、乙")


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        (FieldType.ID_NUMBER, "11010519491231002X", "110105********002X"),
        (FieldType.ID_NUMBER, "11010519491", "***********"),
        (FieldType.ID_NUMBER, "1", "*"),
        (FieldType.PHONE, "13912345678", "139****5678"),
        (FieldType.PHONE, "010-12345678", "010*****5678"),
        (FieldType.PHONE, "88123456", "********"),
        (FieldType.TEXT, "找13912345678张三", "找139****5678张三"),
        (FieldType.NAME, "11010519491231002x", "110105********002x"),
        (FieldType.TEXT, "110105491231002", "110105*****1002"),
        (FieldType.CODE, "20210601139123456", "20210601139123456"),
        (FieldType.DATE, "2021-06-01", "2021-06-01"),
        (FieldType.NUMBER, "13912345678", "13912345678"),
        (FieldType.TEXT, "服务", "服务"),
        (None, "13912345678", "139****5678"),
        (FieldType.ID_NUMBER, None, ""),
        (FieldType.PHONE, "", ""),
    ],
)
def test_masked(kind: FieldType | None, value: Value, shown: str) -> None:
    assert masked(value, kind) == shown
