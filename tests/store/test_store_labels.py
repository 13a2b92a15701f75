"""Labels of documents of no known form that people corrected: paths stay, and so does what was said, and its life."""

from __future__ import annotations

import pytest
from store_samples import agreement, box, stat, value

from pipeline.records import FieldStatus, Record, document_id
from pipeline.scanned import ReadDocument
from pipeline.store import Action, ConflictError, NotFoundError, Store

WHO, OTHER = "李核对", "王复核"
FILE = "借用单.pdf"


def slip(numbers: tuple[int, ...] = (1,)) -> Record:
    """A page of no known form with two labels, one of them misread, and a list of two rows."""
    hashes = [stat(FILE).sha256]
    found = Record(document_id(hashes, [list(numbers)]), "unknown", [FILE], hashes, [list(numbers)])
    found.fields = {
        "title": value("设备借用单", FILE),
        "借甪人": value("王建国", FILE, status=FieldStatus.REVIEW),
        "电话": value("13800001234", FILE, quad=box(10, 80)),
    }
    found.rows = [{"品名": value(name, FILE, quad=box(10, 200 + 60 * i))} for i, name in enumerate(("投影仪", "话筒"))]
    return found


def read(store: Store, record: Record, replaces: dict[str, str] | None = None) -> str:
    """Save as a batch does."""
    document = ReadDocument(store.with_corrections(record, replaces or {}))
    store.save_documents([document], files=[stat(FILE)], supersedes=replaces or {})
    return record.document_id


def kept(store: Store, document: str) -> Record:
    found = store.record(document)
    assert found is not None
    return found


def revision(store: Store, document: str) -> int:
    found = store.stored_document(document)
    assert found is not None
    return found.revision


def relabel(store: Store, document: str, path: str, label: str, actor: str = WHO) -> int:
    return store.relabel(document, path, label, actor, revision(store, document))


def test_a_label_is_said_and_the_path_stays(store: Store) -> None:
    document = read(store, slip())
    relabel(store, document, "借甪人", "借用人")
    relabel(store, document, "rows.1.品名", "设备")
    record = kept(store, document)
    assert record.labels == {"借甪人": "借用人", "rows.品名": "设备"}
    assert list(record.fields) == ["title", "借甪人", "电话"]
    out = record.to_dict()
    assert list(out["fields"]) == ["title", "借用人", "电话"]
    assert out["fields"]["借用人"]["value"] == "王建国"
    assert out["fields"]["借用人"]["status"] == "review"  # a label says nothing of the value
    assert [list(row) for row in out["rows"]] == [["设备"], ["设备"]]


def test_a_label_that_is_there_already_gets_a_number(store: Store) -> None:
    document = read(store, slip())
    relabel(store, document, "借甪人", "电话")
    assert list(kept(store, document).to_dict()["fields"]) == ["title", "电话（2）", "电话"]


def test_it_holds_over_another_reading_beside_corrections_of_the_value(store: Store) -> None:
    document = read(store, slip())
    relabel(store, document, "借甪人", "借用人")
    store.correct(document, "借甪人", "王建民", WHO, revision(store, document))
    read(store, slip())
    record = kept(store, document)
    assert record.labels == {"借甪人": "借用人"}
    assert (record.fields["借甪人"].value, record.fields["借甪人"].status) == ("王建民", FieldStatus.CORRECTED)


def test_it_goes_with_its_page(store: Store) -> None:
    old = read(store, slip())
    relabel(store, old, "借甪人", "借用人")
    whole = slip((1, 2))
    new = read(store, whole, {old: whole.document_id})
    assert kept(store, new).labels == {"借甪人": "借用人"}
    [event] = [e for e in store.life(new, "借甪人") if e.detail.get("carried_over")]
    assert (event.kind, event.old, event.new) == (Action.RELABELLED, "借甪人", "借用人")


def test_what_was_said_before_holds_again_where_it_is_taken_back(store: Store) -> None:
    document = read(store, slip())
    relabel(store, document, "借甪人", "借人")
    relabel(store, document, "借甪人", "借用人")
    store.withdraw(document, "@借甪人", WHO, revision(store, document))
    assert kept(store, document).labels == {"借甪人": "借人"}
    store.withdraw(document, "@借甪人", WHO, revision(store, document))
    assert kept(store, document).labels == {}
    with pytest.raises(NotFoundError):
        store.withdraw(document, "@借甪人", WHO, revision(store, document))


def test_the_life_of_the_field_tells_of_it(store: Store) -> None:
    document = read(store, slip())
    relabel(store, document, "借甪人", "借用人")
    relabel(store, document, "rows.0.品名", "设备", OTHER)
    store.withdraw(document, "@rows.品名", OTHER, revision(store, document))
    told = [(e.kind, e.actor, e.old, e.new) for e in store.life(document, "借甪人") if e.path == "@借甪人"]
    assert told == [("relabelled", WHO, "借甪人", "借用人")]
    column = [(e.kind, e.old, e.new) for e in store.life(document, "rows.1.品名") if e.path == "@rows.品名"]
    assert column == [("relabelled", "品名", "设备"), ("correction_withdrawn", "设备", "品名")]
    assert all("借用人" not in str(line.detail) for line in store.audit_entries())


def test_what_has_no_label_of_its_own_cannot_be_given_one(store: Store) -> None:
    document = read(store, slip())
    for path in ("title", "没有", "rows.9.品名", "rows.0"):
        with pytest.raises(NotFoundError):
            relabel(store, document, path, "借用人")
    known = agreement()
    store.save_record(known, files=[stat(known.files[0])])
    with pytest.raises(NotFoundError):
        relabel(store, known.document_id, next(iter(known.fields)), "借用人")


def test_it_is_refused_where_the_document_has_changed_since(store: Store) -> None:
    document = read(store, slip())
    seen = revision(store, document)
    relabel(store, document, "借甪人", "借用人", OTHER)
    with pytest.raises(ConflictError):
        store.relabel(document, "借甪人", "借入人", WHO, seen)


def test_a_document_that_became_a_known_form_has_the_labels_of_its_definition(store: Store) -> None:
    document = read(store, slip())
    relabel(store, document, "借甪人", "借用人")
    taught = slip()
    taught.doc_type, taught.fields, taught.rows = "device_loan", {"borrower": value("王建国", FILE)}, []
    read(store, taught)
    assert kept(store, document).labels == {}
