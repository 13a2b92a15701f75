"""Search, strips and look-alike characters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from audit_index_office import ANY, build, doubtful, new_store, save

from pipeline.audit.index import Index
from pipeline.audit.index.haystack import Haystack
from pipeline.audit.index.inked import centres, inked
from pipeline.audit.index.pinyin import spellings
from pipeline.records import FieldStatus, FieldValue
from pipeline.store import Store
from tests.ledgers.ledgers_samples import agreement, feedback, item_list, member, unit


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with new_store(tmp_path) as opened:
        yield opened


@pytest.fixture
def index(store: Store) -> Index:
    save(store, member("1.jpg", name="张建林", phone="13812345678", id_number="37081119800315451X"), day=1)
    save(store, member("2.jpg", name="张建国", phone="0537-2212345", id_number="370811197001010014"), day=2)
    save(store, member("3.jpg", name="单田芳", community="洸河社区"), day=3)
    save(store, unit("4.jpg"), day=4)
    save(store, agreement("5.jpg", agreement_no="双报到-2019-007"), day=5)
    save(store, item_list(file="6.pdf"), day=6)
    return build(store)


def found(index: Index, text: str) -> list[tuple[str, str]]:
    return [(hit.path, hit.value) for hit in index.search(text, 100).items]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("张建林", ["张建林"]),
        (" 张 建 ", ["张建国", "张建林"]),
        ("建国", ["张建国"]),
        ("zjl", ["张建林"]),
        ("ZJ", ["张建国", "张建林"]),
        ("zhangjianguo", ["张建国"]),
        ("jianlin", ["张建林"]),
        ("stf", ["单田芳"]),
        ("dantianfang", ["单田芳"]),
        ("5678", ["13812345678"]),
        ("451x", ["37081119800315451X"]),
        ("37081119800315451X", ["37081119800315451X"]),
        ("198003", ["37081119800315451X", "370811198003154518"]),
        ("05372212345", ["0537-2212345", "0537-2212345"]),
        ("3812", []),
        ("38123", []),
        ("2019007", ["双报到-2019-007"]),
        ("没有", []),
        ("", []),
        ("、", []),
        ("z", []),
    ],
)
def test_what_people_remember_finds_the_value(index: Index, text: str, values: list[str]) -> None:
    assert sorted(value for _, value in found(index, text)) == sorted(values)


def test_a_hit_says_where_it_stands(index: Index) -> None:
    hit = index.search("张建林").items[0]
    assert (hit.doc_type, hit.path, hit.title, hit.type) == ("member_registration", "name", "姓名", "name")
    assert hit.community == "科苑社区"
    row = next(hit for hit in index.search("法院").items if hit.path.startswith("rows."))
    assert (row.title, row.value) == ("第1行 单位", "济宁高新区人民法院")


def test_the_closest_comes_first(index: Index) -> None:
    paths = [path for path, _ in found(index, "济宁高新区人民法院")]
    assert set(paths[:2]) == {"rows.0.owner", "unit_name"}
    assert set(paths[2:]) == {"party_b", "party_org"}


def test_hits_come_in_pages(index: Index) -> None:
    whole = index.search("法院", 100).items
    pages = [index.search("法院", 2, offset) for offset in range(0, len(whole) + 2, 2)]
    assert [hit for page in pages for hit in page.items] == whole
    assert {page.total for page in pages} == {len(whole)}


def test_communities_and_projects_are_found_by_initials(index: Index) -> None:
    assert {value for _, value in found(index, "ghsq")} >= {"洸河社区"}
    assert {value for _, value in found(index, "ywflzx")} == {"义务法律咨询", "义务法律咨询、反诈骗知识宣传"}


def test_pinyin_knows_several_readings_and_what_is_not_chinese() -> None:
    assert spellings("张建林") == [("zjl", "zhangjianlin")]
    assert ("stf", "shantianfang") in spellings("单田芳")
    assert spellings("吕绿")[0] == ("ll", "lvlv")
    assert spellings("B座3楼")[0] == ("bz3l", "bzuo3lou")
    assert spellings("ABC 12") == []
    assert spellings("") == []
    assert spellings("🙂") == []
    assert len(spellings("重乐单曾解仇行长都会")) <= 8
    assert len(spellings("张" * 500)[0][0]) == 40


def test_a_haystack_finds_what_was_added_before_and_after_it_was_last_searched() -> None:
    hay = Haystack()
    hay.add("abc", "one")
    assert list(hay.find("c")) == [(2, "one")]
    hay.add("cab", "two")
    hay.add("c", "three")
    assert list(hay.find("c")) == [(2, "one"), (1, "two"), (0, "three")]
    assert list(hay.find("c", at_end=True)) == [(2, "one"), (0, "three")]
    assert list(hay.find("a\nb")) == list(hay.find("")) == []
    for number in range(3000):
        hay.add(f"line{number}", f"text{number}")
    assert [owner for _, owner in hay.find("2999")] == ["text2999"]
    assert [owner for _, owner in hay.find("ca")] == ["two"]


def test_a_strip_shows_one_field_over_all_documents_doubts_first(store: Store) -> None:
    save(store, member("sure.jpg", name="甲一"), day=0)
    unsure = doubtful("乙二", confidence=0.7)
    unsure.status = FieldStatus.ACCEPTED
    save(store, member("unsure.jpg", name=unsure), day=1)
    save(store, member("asked.jpg", name=doubtful("丙三", confidence=0.9)), day=2)
    save(store, feedback("other.jpg", leader=doubtful("丁四")), day=3)
    index = build(store)
    strip = index.strip("member_registration", "name", open_only=False)
    assert [(ref.value, ref.status) for ref in strip.items] == [
        ("丙三", "review"),
        ("乙二", "accepted"),
        ("甲一", "accepted"),
    ]
    assert [ref.value for ref in index.strip("member_registration", "name").items] == ["丙三"]
    second = index.strip("member_registration", "name", open_only=False, offset=1, limit=1)
    assert ([ref.value for ref in second.items], second.total) == (["乙二"], 3)
    assert index.strip("member_registration", "nothing", open_only=False).total == 0
    assert index.strip("nothing", "name", open_only=False).total == 0


def test_a_strip_shows_rows_and_follows_corrections(store: Store) -> None:
    rows = [{"item": "义诊", "phone": doubtful("1")}, {"item": "图书", "phone": doubtful("2")}]
    document_id = save(store, item_list(file="l.pdf", rows=rows))
    index = build(store)
    assert [ref.path for ref in index.strip("item_list", "phone").items] == ["rows.0.phone", "rows.1.phone"]
    store.correct(document_id, "rows.0.phone", "13800001234", "王芳", 1)
    index.refresh()
    assert [(ref.path, ref.revision) for ref in index.strip("item_list", "phone").items] == [("rows.1.phone", 2)]


def test_a_list_is_as_of_now_even_where_the_index_is_behind(store: Store) -> None:
    document_id = save(store, member("m.jpg", name=doubtful("张三")))
    index = build(store)
    store.correct(document_id, "name", "张叁", "王芳", 1)
    shown = index.strip("member_registration", "name").items
    assert [(ref.value, ref.revision, ref.status) for ref in shown] == [("张叁", 2, "corrected")]
    store.remove_documents([document_id])
    assert index.strip("member_registration", "name").items == []
    assert index.queue(ANY).items == []


def placed(value: str, raw: str = "", confidence: float = 0.9) -> FieldValue:
    """A value whose characters' places are known."""
    field = doubtful(value, confidence=confidence)
    field.raw = raw or value
    field.centres = [round((i + 0.5) / len(field.raw), 3) for i in range(len(field.raw))]
    return field


def test_look_alike_characters_come_the_least_sure_first(store: Store) -> None:
    save(store, member("sure.jpg", phone=placed("13700000000", confidence=0.95)), day=0)
    document_id = save(store, member("unsure.jpg", phone=placed("13070000007", confidence=0.3)), day=1)
    index = build(store)
    assert index.glyph_counts()["7"] == 3
    glyphs = index.glyphs("7")
    assert [(g.field.file, g.position, g.char) for g in glyphs.items] == [
        ("unsure.jpg", 3, "7"),
        ("unsure.jpg", 10, "7"),
        ("sure.jpg", 2, "7"),
    ]
    assert glyphs.items[0].centre == pytest.approx(3.5 / 11, abs=1e-3)
    assert glyphs.total == 3
    assert [g.position for g in index.glyphs("7", offset=1, limit=1).items] == [10]
    store.correct(document_id, "phone", "13070000001", "王芳", 1)
    assert [g.field.file for g in index.glyphs("7").items] == ["unsure.jpg", "sure.jpg"]  # 10 is no 7 any more
    index.refresh()
    assert [g.field.file for g in index.glyphs("7").items] == ["sure.jpg"]
    assert index.glyph_counts()["7"] == 1


def test_characters_that_are_not_on_the_paper_are_not_shown(store: Store) -> None:
    save(store, member("m.jpg", report_date=placed("2019-05-18", raw="2019.5.18")))
    index = build(store)
    assert [g.position for g in index.glyphs("0").items] == [1]
    five = index.glyphs("5").items[0]
    assert (five.position, five.centre) == (6, pytest.approx(5.5 / 9, abs=1e-3))
    assert index.glyph_counts()["1"] == 2


def test_a_character_belongs_to_the_ink_that_it_was_read_from() -> None:
    assert inked("2019-05-18", "2019.5.18", 9) == "2019··5-18"
    assert inked("37081X", "37081X", 6) == "37081X"
    assert inked("370811", "37O811", 6) == "370811"
    assert inked("13800001234", "138 0000 1234", 13) == "13800001234"
    assert inked("123", "", 3) == "123"
    assert inked("123", "", 2) == "···"
    assert centres("123", "1 23", [0.1, 0.3, 0.5, 0.9]) == [0.1, 0.5, 0.9]
