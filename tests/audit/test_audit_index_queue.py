"""The queue: what stands in it, in which order, and how it is narrowed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from audit_index_office import ANY, DAY, build, doubtful, new_store, queue, save

from pipeline.audit.index import Filter
from pipeline.records import Record
from pipeline.store import Findings, Store
from tests.ledgers.ledgers_samples import agreement, item_list, member, value


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with new_store(tmp_path) as opened:
        yield opened


def test_the_costliest_error_comes_first_and_of_those_alike_the_oldest(store: Store) -> None:
    save(store, member("later.jpg", id_number=doubtful("370811198003154510", "id_checksum")), day=5)
    save(store, member("earlier.jpg", id_number=doubtful("370811198003154510", "id_checksum")), day=1)
    save(store, member("seal.jpg", unit_seal=doubtful(False, "seal_missing")), day=0)
    save(store, member("place.jpg", position=doubtful("科员")), day=0)
    save(store, member("name.jpg", name=doubtful("赵一帆")), day=9)
    assert queue(build(store)) == [
        ("earlier.jpg", "id_number"),
        ("later.jpg", "id_number"),
        ("name.jpg", "name"),
        ("place.jpg", "position"),
        ("seal.jpg", "unit_seal"),
    ]


def test_a_doubt_says_what_is_asked_and_where_it_stands(store: Store) -> None:
    field = doubtful("13800001234", "phone_format", confidence=0.4)
    field.alternatives = [("13800001284", 0.3)]
    document_id = save(store, member("m.jpg", phone=field), day=2)
    doubt = build(store).queue(ANY).items[0]
    assert (doubt.document_id, doubt.path, doubt.title, doubt.codes) == (
        document_id,
        "phone",
        "联系电话",
        ("phone_format",),
    )
    assert (doubt.problem, doubt.card.label, doubt.card.community) == ("电话号码格式不对", "赵一帆", "科苑社区")
    assert doubt.card.day == (DAY + dt.timedelta(days=2)).astimezone().date()
    assert doubt.field is not None
    assert (doubt.field.type, doubt.field.text, doubt.field.revision) == ("phone", "13800001234", 1)
    assert doubt.field.quad == field.quad
    assert doubt.field.alternatives == ("13800001284",)
    assert len(doubt.field.sha256) == 64


def test_missing_and_silent_fields_have_reasons_of_their_own(store: Store) -> None:
    save(store, member("m.jpg", employer=value(None, status="missing"), position=value("科员", status="review")))
    found = {doubt.path: doubt.codes for doubt in build(store).queue(ANY).items}
    assert found == {"employer": ("required_missing",), "position": ("low_confidence",)}


def test_a_row_of_a_list_is_named_by_its_number(store: Store) -> None:
    rows = [{"item": "义诊"}, {"item": doubtful("图书")}]
    save(store, item_list(file="l.pdf", rows=rows))
    doubt = build(store).queue(ANY).items[0]
    assert (doubt.path, doubt.title) == ("rows.1.item", "第2行 名称")


def test_questions_of_a_document_stand_one_by_one_and_not_once_they_are_settled(store: Store) -> None:
    record = agreement("g.jpg")
    record.issues = ["page_missing", "duplicate_person", "duplicate_document"]
    record.status = record.status.REVIEW
    document_id = save(store, record)
    index = build(store)
    assert [d.codes for d in index.queue(ANY).items] == [("duplicate_person",), ("page_missing",)]
    assert [d.field for d in index.queue(ANY).items] == [None, None]
    store.acknowledge(document_id, "page_missing", "王芳", 1)
    index.refresh()
    assert [d.codes for d in index.queue(ANY).items] == [("duplicate_person",)]
    assert build(store).queue(ANY) == index.queue(ANY)


def test_what_only_informs_is_not_asked(store: Store) -> None:
    ids = [save(store, agreement("g.jpg")), save(store, agreement("h.jpg", party_b=doubtful("某局")))]
    store.update_issues([Findings(document_id, ["duplicate_document"]) for document_id in ids])
    assert queue(build(store)) == [("h.jpg", "party_b")]


def test_documents_of_no_form_and_in_review_for_no_reason_are_asked_about(store: Store) -> None:
    save(store, Record("", "unknown", ["u.jpg"], [""], [[1]]), day=0)
    save(store, Record("", "gone_form", ["v.jpg"], [""], [[1]]), day=1)
    save(store, member("m.jpg", status="needs_review"), day=2)
    found = [(d.card.file, d.codes, d.problem) for d in build(store).queue(ANY).items]
    assert found == [
        ("u.jpg", ("unknown_document",), "未识别的表单"),
        ("v.jpg", ("unknown_document",), "未识别的表单"),
        ("m.jpg", (), "待核对"),
    ]


def test_superseded_documents_stand_nowhere(store: Store) -> None:
    old = save(store, member("old.jpg", phone=doubtful("138")))
    new = save(store, member("new.jpg"))
    index = build(store)
    store.mark_duplicate(old, new, "王芳", 1)
    index.refresh()
    assert queue(index) == []
    assert [card.file for card in index.documents(ANY).items] == ["new.jpg"]
    assert index.card(old) is None
    store.unmark_duplicate(old, "王芳")
    index.refresh()
    assert queue(index) == [("old.jpg", "phone")]


@pytest.fixture
def varied(store: Store) -> Store:
    save(store, member("a.jpg", id_number=doubtful("1", "id_checksum", "id_region"), community="洸河社区"), day=0)
    save(store, member("b.jpg", phone=doubtful("2", "phone_format"), community="中共科苑社区委员会"), day=1)
    save(store, agreement("c.jpg", party_b=doubtful("某局")), day=2)
    save(store, item_list(file="d.jpg", community=doubtful(None)), day=2)
    save(store, member("e.jpg"), day=3)
    return store


@pytest.mark.parametrize(
    ("f", "files"),
    [
        (Filter(doc_type="member_registration"), ["a.jpg", "b.jpg"]),
        (Filter(community="洸河社区"), ["a.jpg", "c.jpg"]),
        (Filter(community="（未填）"), ["d.jpg"]),
        (Filter(reason="id_region"), ["a.jpg"]),
        (Filter(reason="low_confidence"), ["c.jpg", "d.jpg"]),
        (Filter(day_from=(DAY + dt.timedelta(days=1)).date(), day_to=(DAY + dt.timedelta(days=1)).date()), ["b.jpg"]),
        (Filter(doc_type="agreement", community="洸河社区", reason="low_confidence"), ["c.jpg"]),
        (Filter(text="某局"), ["c.jpg"]),
        (Filter(text="D.JPG"), ["d.jpg"]),
        (Filter(doc_type="nothing"), []),
        (Filter(reason="nothing"), []),
        (Filter(doc_type="", community="", reason="", text=""), ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]),
    ],
)
def test_a_filter_narrows_the_queue(varied: Store, f: Filter, files: list[str]) -> None:
    index = build(varied)
    assert [file for file, _ in queue(index, f)] == files
    assert index.queue(f).total == len(files)


def test_facets_count_doubts_and_do_not_heed_their_own_part_of_the_filter(varied: Store) -> None:
    found = build(varied).facets(Filter(doc_type="member_registration"))
    assert {facet.key: facet.count for facet in found.types} == {
        "member_registration": 2,
        "agreement": 1,
        "item_list": 1,
    }
    assert {facet.key: facet.count for facet in found.communities} == {"洸河社区": 1, "科苑社区": 1}
    assert [(facet.key, facet.title, facet.count) for facet in found.reasons] == [
        ("id_checksum", "身份证号校验码不符", 1),
        ("id_region", "身份证号地区码不存在", 1),
        ("phone_format", "电话号码格式不对", 1),
    ]
    assert [facet.count for facet in found.days] == [1, 1]
    assert found.days[0].key > found.days[1].key


def test_all_documents_are_listed_the_latest_first(varied: Store) -> None:
    index = build(varied)
    cards = index.documents(ANY, 0, 3)
    assert cards.items[0].file == "e.jpg"
    assert (cards.total, len(cards.items)) == (5, 3)
    assert [card.doubts for card in index.documents(Filter(doc_type="member_registration")).items] == [0, 1, 1]
    assert [c.file for c in index.documents(Filter(reason="id_checksum")).items] == ["a.jpg"]


def test_a_page_beyond_the_end_is_empty(varied: Store) -> None:
    page = build(varied).queue(ANY, 100, 50)
    assert (page.items, page.total) == ([], 4)


def test_one_goes_through_the_queue_document_by_document(store: Store) -> None:
    twice = {"id_number": doubtful("1", "id_checksum"), "position": doubtful("科员")}
    ids = [save(store, member(f"{n}.jpg", **twice), day=n) for n in range(3)]
    index = build(store)
    assert index.next_document(ANY) == ids[0]
    assert [index.next_document(ANY, after) for after in ids] == [ids[1], ids[2], ids[0]]
    assert index.next_document(Filter(reason="seal_missing")) is None
    assert index.next_document(ANY, "unheard of") == ids[0]


def test_who_dealt_with_a_document_goes_on_where_it_stood(store: Store) -> None:
    ids = [save(store, member(f"{n}.jpg", id_number=doubtful("1"), phone=doubtful("2")), day=n) for n in range(4)]
    index = build(store)
    store.correct(ids[1], "id_number", "370811198003154518", "王芳", 1)
    index.refresh()
    assert index.next_document(ANY, ids[1]) == ids[2]  # though its other doubt stands last now
    store.correct(ids[1], "phone", "13800001234", "王芳", 2)
    index.refresh()
    assert index.next_document(ANY, ids[1]) == ids[2]
    only = [store.correct(ids[n], path, "1", "王芳", r) for n in (0, 2) for r, path in ((1, "id_number"), (2, "phone"))]
    assert only
    index.refresh()
    assert index.next_document(ANY, ids[3]) is None  # it is the only one left


def test_an_empty_store_has_an_empty_queue(store: Store) -> None:
    index = build(store)
    assert index.queue(ANY).total == 0
    assert index.facets(ANY).types == []
    assert index.next_document(ANY) is None
    assert index.search("张").items == []
    assert index.glyphs("1").items == []
