"""The life of a document and of a field: read, shown, changed, agreed to, exported; by whom and when."""

from __future__ import annotations

import pytest
from store_samples import item_list, registration, stat

from pipeline.records import Value
from pipeline.scanned import ReadDocument
from pipeline.store import PIPELINE, Place, Store

READ, GOOD = "370811198003154510", "37081119800315451X"
ONE, TWO = "李核对", "王审核"
DOCUMENT = registration().document_id


@pytest.fixture
def lived(store: Store) -> Store:
    store.save_record(registration(), files=[stat("scan_1.jpg")])
    store.audit("exported", PIPELINE, files=3)
    store.note_opened(DOCUMENT, ONE)
    store.note_shown([DOCUMENT], TWO, "strip")
    number = store.propose(DOCUMENT, "id_number", GOOD, ONE, 1)
    store.decide(number, True, TWO)
    store.correct(DOCUMENT, "name", "王建国", ONE, 2)
    store.correct(DOCUMENT, "phone", "0537", ONE, 3)
    store.withdraw(DOCUMENT, "phone", ONE, 4)
    store.audit("exported", PIPELINE, files=3)
    store.audit("exported", PIPELINE, files=3)
    store.save_record(registration("other.jpg"), files=[stat("other.jpg")])
    return store


def told(store: Store, document_id: str, path: str | None = None) -> list[tuple[str, str, str | None, Value, Value]]:
    return [(e.actor, e.kind, e.path, e.old, e.new) for e in store.life(document_id, path)]


def test_all_that_happened_to_a_document(lived: Store) -> None:
    assert told(lived, DOCUMENT) == [
        (PIPELINE, "document_read", None, None, None),
        (PIPELINE, "exported", None, None, None),
        (ONE, "document_opened", None, None, None),
        (TWO, "values_shown", None, None, None),
        (ONE, "proposed", "id_number", READ, GOOD),
        (TWO, "proposal_approved", "id_number", READ, GOOD),
        (TWO, "corrected", "id_number", READ, GOOD),
        (ONE, "confirmed", "name", "王建国", "王建国"),
        (ONE, "corrected", "phone", None, "0537"),
        (ONE, "correction_withdrawn", "phone", "0537", None),
        (PIPELINE, "exported", None, None, None),  # the first that showed it, and not the next, which showed no more
    ]
    events = lived.life(DOCUMENT)
    assert [e.time for e in events] == sorted(e.time for e in events)
    assert events[6].detail["proposed_by"] == ONE
    assert told(lived, "0" * 16) == []


def test_the_life_of_one_field(lived: Store) -> None:
    assert [(who, what, old, new) for who, what, _, old, new in told(lived, DOCUMENT, "id_number")] == [
        (PIPELINE, "document_read", None, READ),
        (PIPELINE, "exported", None, None),
        (ONE, "document_opened", None, None),
        (TWO, "values_shown", None, None),
        (ONE, "proposed", READ, GOOD),
        (TWO, "proposal_approved", READ, GOOD),
        (TWO, "corrected", READ, GOOD),
        (PIPELINE, "exported", None, None),
    ]


def test_a_field_of_a_row_keeps_its_life_when_rows_move(store: Store) -> None:
    listed = item_list()
    store.save_record(listed, files=[stat("list.pdf")])
    store.correct(listed.document_id, "rows.2.phone", "13911112222", ONE, 1)
    store.remove_row(listed.document_id, 1, ONE, 2)
    store.correct(listed.document_id, "rows.1.phone", "13911113333", ONE, 3)
    changes = [
        (old, new) for _, kind, _, old, new in told(store, listed.document_id, "rows.1.phone") if kind == "corrected"
    ]
    assert changes == [("13800000002", "13911112222"), ("13911112222", "13911113333")]
    assert [e.path for e in store.life(listed.document_id) if e.kind == "row_removed"] == ["rows.1"]


def test_what_was_said_of_an_earlier_scan_is_part_of_it(lived: Store) -> None:
    better = registration("scan_1.jpg", content="sharp")
    replaced = {DOCUMENT: better.document_id}
    lived.save_documents([ReadDocument(better)], files=[stat("scan_1.jpg", "sharp")], supersedes=replaced)
    assert told(lived, better.document_id, "id_number")[:2] == [
        (ONE, "corrected", "id_number", READ, GOOD),
        (PIPELINE, "document_read", "id_number", None, READ),
    ]
    assert lived.life(better.document_id)[0].detail["carried_over"] is True


def test_rows_codes_and_duplicates_are_part_of_it(store: Store) -> None:
    listed = item_list()
    listed.issues = ["page_missing"]
    store.save_record(listed, files=[stat("list.pdf")])
    store.save_record(registration(), files=[stat("scan_1.jpg")])
    name = listed.document_id
    store.acknowledge(name, "page_missing", ONE, 1)
    store.add_row(name, ONE, 2, keys=["item"])
    store.correct(name, "rows.3.item", "乒乓球", ONE, 3, place=Place("list.pdf", 1, ((0, 0), (9, 0), (9, 9), (0, 9))))
    store.mark_duplicate(name, DOCUMENT, ONE, 4)
    store.unmark_duplicate(name, TWO)
    kinds = [e.kind for e in store.life(name)]
    assert kinds == [
        "document_read",
        "acknowledged",
        "row_added",
        "corrected",
        "marked_duplicate",
        "unmarked_duplicate",
    ]
    assert store.life(name)[3].detail["placed"] is True


def test_what_was_read_stays_known_where_the_reading_was_confirmed(lived: Store) -> None:
    assert [new for _, kind, _, _, new in told(lived, DOCUMENT, "name") if kind == "document_read"] == ["王建国"]
    lived.save_record(registration(name="王健国"), files=[stat("scan_1.jpg")])
    readings = [(kind, new) for _, kind, _, _, new in told(lived, DOCUMENT, "name") if kind.startswith("document_r")]
    assert readings == [("document_read", None), ("document_reread", "王健国")]


def test_no_value_is_written_in_the_log(lived: Store) -> None:
    lines = str(lived.audit_entries())
    assert all(secret not in lines for secret in (READ, GOOD, "王建国", "0537"))
