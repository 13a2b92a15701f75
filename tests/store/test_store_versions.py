"""A document read from a better scan stands for the earlier one, which is kept; and what is kept of a reading."""

from __future__ import annotations

import pytest
from store_samples import agreement, item_list, registration, sha, stat, value

from pipeline.records import DocumentStatus, FieldStatus, Record
from pipeline.scanned import FileStat, PageFacts, ReadDocument
from pipeline.store import Store

GOOD = "37081119800315451X"
OLD, NEW = registration("a.jpg", content="blurred", name="王建囯"), registration("a.jpg", content="sharp")


def replace(store: Store, old: Record, new: Record, content: str = "sharp") -> None:
    file = FileStat(new.files[0], sha(content), 1000, 2)
    store.save_documents([ReadDocument(new)], files=[file], supersedes={old.document_id: new.document_id})


@pytest.fixture
def replaced(store: Store) -> Store:
    """A blurred scan, of which a person corrected the ID number, and then a sharp one under the same name."""
    store.save_record(OLD, files=[stat("a.jpg", "blurred")])
    store.correct(OLD.document_id, "id_number", GOOD, "李核对", 1)
    replace(store, OLD, NEW)
    return store


def test_the_new_one_stands_in_every_list_and_the_old_one_in_none(replaced: Store) -> None:
    replaced.save_record(agreement(), files=[stat("agreement_1.jpg"), stat("agreement_2.jpg")])
    assert [r.document_id for r in replaced.records()] == [NEW.document_id, agreement().document_id]
    assert replaced.record_count() == 2
    assert replaced.status_summary().total == 2


def test_the_old_one_is_kept_with_its_fields_and_says_what_stands_for_it(replaced: Store) -> None:
    old = replaced.stored_document(OLD.document_id)
    assert old is not None
    assert old.superseded_by == NEW.document_id
    assert (old.record.fields["name"].value, old.record.fields["id_number"].value) == ("王建囯", GOOD)
    [entry] = replaced.audit_entries(action="document_superseded")
    assert (entry.document_id, entry.detail) == (OLD.document_id, {"by": NEW.document_id})


def test_what_people_said_of_fields_holds_for_the_new_one(replaced: Store) -> None:
    new = replaced.record(NEW.document_id)
    assert new is not None
    number = new.fields["id_number"]
    assert (number.value, number.status, number.as_read) == (GOOD, FieldStatus.CORRECTED, "370811198003154510")
    assert new.fields["name"].value == "王建国"  # read anew, and nobody had said anything of it
    assert new.status is DocumentStatus.ACCEPTED
    replaced.save_record(NEW, files=[stat("a.jpg", "sharp")])  # and outlasts another reading
    again = replaced.record(NEW.document_id)
    assert again is not None
    assert again.fields["id_number"].value == GOOD


def test_what_people_said_of_rows_stays_behind(store: Store) -> None:
    """Another scan may number them otherwise, and has them elsewhere."""
    old, new = item_list("list.pdf"), item_list("better.pdf", items=("义诊", "图书"))
    store.save_record(old, files=[stat("list.pdf")])
    store.correct(old.document_id, "rows.1.phone", "13911112222", "李核对", 1)
    store.correct(old.document_id, "list_kind", "project", "李核对", 2)
    replace(store, old, new, "better.pdf")
    found = store.record(new.document_id)
    assert found is not None
    assert {p for p, f in found.all_fields() if f.status is FieldStatus.CORRECTED} == {"list_kind"}


def test_what_was_said_of_the_new_one_itself_is_not_overruled(store: Store) -> None:
    store.save_record(NEW, files=[stat("b.jpg", "sharp")])
    store.correct(NEW.document_id, "id_number", "370811198003154528", "王审核", 1)
    store.save_record(OLD, files=[stat("a.jpg", "blurred")])
    store.correct(OLD.document_id, "id_number", GOOD, "李核对", 1)
    replace(store, OLD, NEW)
    found = store.record(NEW.document_id)
    assert found is not None
    assert found.fields["id_number"].value == "370811198003154528"


def test_what_the_old_one_stood_for_the_newest_stands_for(replaced: Store) -> None:
    newest = registration("a.jpg", content="best")
    replace(replaced, NEW, newest, "best")
    assert [r.document_id for r in replaced.records()] == [newest.document_id]
    for earlier in (OLD, NEW):
        stored = replaced.stored_document(earlier.document_id)
        assert stored is not None
        assert stored.superseded_by == newest.document_id
    assert newest.fields["id_number"].value != GOOD
    assert next(replaced.records()).fields["id_number"].value == GOOD


def test_a_document_that_is_read_again_stands_for_itself(replaced: Store) -> None:
    """Also where it had been superseded: the file holds its content again, and somebody asked for it."""
    replace(replaced, NEW, OLD, "blurred")
    assert [r.document_id for r in replaced.records()] == [OLD.document_id]


def test_earlier_documents_are_those_of_the_same_path_or_content(store: Store) -> None:
    for record in (registration("a.jpg"), registration("b.jpg"), registration("c.jpg")):
        store.save_record(record, files=[stat(record.files[0])])
    files = [stat("a.jpg", "new content"), stat("new name.jpg", "b.jpg")]
    assert sorted(r.files for r in store.earlier_documents(files, ())) == [["a.jpg"], ["b.jpg"]]
    known = {registration("b.jpg").document_id}
    assert [r.files for r in store.earlier_documents(files, known)] == [["a.jpg"]]


def test_superseded_documents_are_no_earlier_ones(replaced: Store) -> None:
    assert [r.document_id for r in replaced.earlier_documents([stat("a.jpg", "x")], ())] == [NEW.document_id]


def test_what_else_may_stand_in_a_field_is_kept(store: Store) -> None:
    record = registration()
    record.fields["name"] = value("王建国", "scan_1.jpg", alternatives=[("王健国", 1.25), ("玉建国", 4.0)])
    store.save_record(record, files=[stat("scan_1.jpg")])
    found = store.record(record.document_id)
    assert found is not None
    assert found.fields["name"].alternatives == [("王健国", 1.25), ("玉建国", 4.0)]
    assert found.fields["phone"].alternatives == []
    store.correct(record.document_id, "name", "王健国", "李核对", 1)  # it belongs to the reading
    corrected = store.record(record.document_id)
    assert corrected is not None
    assert corrected.fields["name"].alternatives == [("王健国", 1.25), ("玉建国", 4.0)]


def test_blank_backs_are_noted_and_do_not_count_as_pages(store: Store) -> None:
    record = registration("duplex.pdf")
    record.files, record.sha256 = ["duplex.pdf", "back.jpg"], [sha("duplex.pdf"), sha("back.jpg")]
    record.pages, record.blank = [[1, 3], []], [("duplex.pdf", 2), ("back.jpg", 1)]
    facts = [PageFacts("duplex.pdf", n, 1654, 2339, 200.0, blank=n == 2) for n in (1, 2, 3)]
    store.save_record(record, files=[stat("duplex.pdf"), stat("back.jpg")], pages=facts)
    assert store.record(record.document_id) == record
    stored = store.stored_document(record.document_id)
    assert stored is not None
    assert [(p.file, p.number, p.blank) for p in stored.pages] == [
        ("duplex.pdf", 1, False),
        ("duplex.pdf", 2, True),
        ("duplex.pdf", 3, False),
        ("back.jpg", 1, True),
    ]
