"""Documents in and out: they round-trip, in one order, and a new reading replaces the old."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_samples import agreement, box, item_list, registration, sha, stat, value

from pipeline.records import DocumentStatus, FieldStatus, Record
from pipeline.scanned import FileStat, PageFacts, ReadDocument
from pipeline.store import Store


def save(store: Store, record: Record, **more: object) -> None:
    files = [FileStat(path, digest, 1, 1) for path, digest in zip(record.files, record.sha256, strict=True)]
    store.save_record(record, files=files, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("record", [registration(), item_list(), agreement()], ids=lambda r: r.doc_type)
def test_a_record_comes_back_as_it_was(store: Store, record: Record) -> None:
    save(store, record)
    assert store.record(record.document_id) == record
    assert list(store.records()) == [record]


@pytest.mark.parametrize(
    "content",
    [
        True,
        False,
        None,
        "",
        [],
        ["一", "二"],
        '=HYPERLINK("x")',
        "𠮷😀",
        "a\x00b",
        "\x10",
        "\x100000",
        "\udc80",
        "\\u0000",
    ],
    ids=ascii,
)
def test_any_value_comes_back_as_it_was(store: Store, content: str | bool | list[str] | None) -> None:
    record = registration()
    record.fields["name"] = value(content, record.files[0])
    record.fields["姓名\x00.标签"] = value("x", record.files[0])
    save(store, record)
    found = store.record(record.document_id)
    assert found == record
    assert found is not None
    assert type(found.fields["name"].value) is type(content)


texts = st.text(max_size=12)


@given(
    raw=texts, content=st.one_of(texts, st.booleans(), st.none(), st.lists(texts, max_size=3)), number=st.floats(0, 1)
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_read_round_trips(
    store: Store, raw: str, content: str | bool | list[str] | None, number: float
) -> None:
    record = registration()
    record.fields["name"] = value(content, record.files[0], raw=raw, confidence=number, quad=box(number, -0.1))
    record.issues = [code for code in dict.fromkeys([raw]) if code and code.isprintable()]
    save(store, record)
    assert store.record(record.document_id) == record


@pytest.mark.parametrize(
    "path",
    ["名" * 80 + "/" + "件 '\";--\n" * 300 + ".jpg", "a\x00b.jpg", "caf\udce9.jpg", "\u202egpj.exe", "%s{}.jpg"],
    ids=["long", "nul", "not UTF-8", "right to left", "formats"],
)
def test_any_file_name_is_kept(store: Store, path: str) -> None:
    record = registration(path)
    store.save_record(record, files=[stat(path)])
    assert store.record(record.document_id) == record
    assert list(store.known_files()) == [path]


def test_gaps_and_emptiness_are_kept(store: Store) -> None:
    record = item_list()
    record.rows = [{}, {"item": value("会议室", "list.pdf", confidence=float("nan"))}, {}]
    record.fields = {}
    record.issues = ["page_missing"]
    save(store, record)
    found = store.record(record.document_id)
    assert found is not None
    assert [list(row) for row in found.rows] == [[], ["item"], []]
    assert found.rows[1]["item"].confidence == 0.0  # unknown, and not a crash
    assert found.issues == ["page_missing"]


def test_order_follows_the_files_not_the_workers(store: Store, opener: object) -> None:
    paths = [
        "b/scan_10.jpg",
        "b/scan_9.jpg",
        "a.jpg",
        "Z.jpg",
        "党员_2.jpg",
        "党员_10.jpg",
        "scan_007.jpg",
        "scan_7.jpg",
    ]
    records = [registration(path) for path in paths]
    records += [registration("feeder.pdf", page=page) for page in (11, 2, 1)]
    random.Random(5).shuffle(records)
    for record in records:
        save(store, record)
    order = [(r.files[0], r.pages[0][0]) for r in store.records()]
    assert order == [
        ("Z.jpg", 1),
        ("a.jpg", 1),
        ("b/scan_9.jpg", 1),
        ("b/scan_10.jpg", 1),
        ("feeder.pdf", 1),
        ("feeder.pdf", 2),
        ("feeder.pdf", 11),
        ("scan_007.jpg", 1),
        ("scan_7.jpg", 1),
        ("党员_2.jpg", 1),
        ("党员_10.jpg", 1),
    ]


def test_saving_again_changes_nothing_that_is_exported(store: Store) -> None:
    for record in (registration(), item_list(), agreement()):
        save(store, record)
    once = [json.dumps(r.to_dict(), ensure_ascii=False) for r in store.records()]
    for record in (agreement(), registration(), item_list()):
        save(store, record)
    assert [json.dumps(r.to_dict(), ensure_ascii=False) for r in store.records()] == once
    stored = store.stored_document(registration().document_id)
    assert stored is not None
    assert stored.revision == 2


def test_a_new_reading_replaces_the_old_whole(store: Store) -> None:
    save(store, registration())
    again = registration(name="王建華")
    del again.fields["unit_seal"]
    again.fields["id_number"].issues = []
    again.fields["id_number"].status = FieldStatus.ACCEPTED
    again.status = DocumentStatus.ACCEPTED
    save(store, again)
    assert list(store.records()) == [again]


def test_facts_of_the_reading_are_kept(store: Store) -> None:
    record = registration("feeder.pdf", page=3)
    batch = store.start_batch()
    page = PageFacts("feeder.pdf", 3, 2480, 3508, 300.0, 0.87)
    save(store, record, batch_id=batch, seconds=1.25, pages=[page, PageFacts("feeder.pdf", 4)], form_version="1")
    stored = store.stored_document(record.document_id)
    assert stored is not None
    assert (stored.seconds, stored.batch_id, stored.form_version, stored.pages) == (1.25, batch, "1", (page,))
    assert stored.read_at.utcoffset() is not None
    assert store.stored_document("none") is None


def test_documents_are_found_by_content(store: Store) -> None:
    pages = [registration("feeder.pdf", page=page) for page in (2, 1)]
    store.save_documents([ReadDocument(r) for r in pages], files=[stat("feeder.pdf")])
    save(store, agreement())
    assert store.documents_by_hash([sha("feeder.pdf"), sha("unknown"), ""]) == {
        sha("feeder.pdf"): sorted(r.document_id for r in pages)
    }
    both = [sha("agreement_1.jpg"), sha("agreement_2.jpg")]
    assert store.find_document_by_files(both) == agreement().document_id
    assert store.find_document_by_files(both[::-1]) is None
    assert store.find_document_by_files([]) is None


def test_documents_can_be_removed_for_good(store: Store) -> None:
    for record in (registration("a.jpg"), registration("b.jpg"), agreement()):
        save(store, record)
    store.remove_documents([agreement().document_id, registration("b.jpg").document_id, "no such document"])
    assert [r.files for r in store.records()] == [["a.jpg"]]
    assert store.record_count() == 1
    assert agreement().document_id in {entry.document_id for entry in store.audit_entries(action="document_removed")}


def test_records_are_of_one_moment(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.store.loading.CHUNK", 1)
    for i in range(3):
        save(store, registration(f"{i}.jpg"))
    reading = store.records()
    first = next(reading)
    save(store, registration("9.jpg"))
    store.remove_documents([registration("1.jpg").document_id])
    assert [first.files[0]] + [r.files[0] for r in reading] == ["0.jpg", "1.jpg", "2.jpg"]
    assert [r.files[0] for r in store.records()] == ["0.jpg", "2.jpg", "9.jpg"]


def test_more_records_than_are_loaded_at_a_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.store.loading.CHUNK", 3)
    for i in range(10):
        save(store, registration(f"{i}.jpg"))
    assert [r.files[0] for r in store.records()] == [f"{i}.jpg" for i in range(10)]
