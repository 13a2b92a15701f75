"""Another sheet of the same content, and pages that people put together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from store_samples import registration, stat

from pipeline.records import Arrangement, DocumentStatus
from pipeline.scanned import FileStat, ReadDocument
from pipeline.store import ConflictError, NotFoundError, Store

WHO = "李核对"
A, B, C = (registration(f"{name}.jpg") for name in "abc")


@pytest.fixture
def office(store: Store) -> Store:
    for record in (A, B, C):
        store.save_record(record, files=[stat(record.files[0])])
    return store


def current(store: Store) -> list[str]:
    return [record.files[0] for record in store.records()]


def test_a_duplicate_stands_in_no_list_until_it_is_unmarked(office: Store) -> None:
    assert office.mark_duplicate(A.document_id, B.document_id, WHO, 1) == 2
    assert current(office) == ["b.jpg", "c.jpg"]
    stored = office.stored_document(A.document_id)
    assert stored is not None
    assert (stored.superseded_by, stored.record.fields) == (B.document_id, A.fields)
    assert office.unmark_duplicate(A.document_id, WHO) == 3
    assert current(office) == ["a.jpg", "b.jpg", "c.jpg"]
    lines = [(e.action, e.document_id, e.detail) for e in office.audit_entries(actor=WHO)]
    assert lines == [
        ("marked_duplicate", A.document_id, {"of": B.document_id, "correction": 1}),
        ("unmarked_duplicate", A.document_id, {"correction": 1}),
    ]


def test_what_was_said_of_it_stays_its_own(office: Store) -> None:
    office.correct(A.document_id, "name", "王健国", WHO, 1)
    office.mark_duplicate(A.document_id, B.document_id, WHO, 2)
    assert office.record(B.document_id) == B
    office.unmark_duplicate(A.document_id, WHO)
    assert office.record(A.document_id).fields["name"].value == "王健国"  # type: ignore[union-attr]


def test_another_reading_leaves_it_a_duplicate(office: Store) -> None:
    office.mark_duplicate(A.document_id, B.document_id, WHO, 1)
    for reading in (A, office.with_corrections(A)):
        office.save_record(reading, files=[stat("a.jpg")])
        assert current(office) == ["b.jpg", "c.jpg"]
    office.unmark_duplicate(A.document_id, WHO)
    office.save_record(A, files=[stat("a.jpg")])
    assert current(office) == ["a.jpg", "b.jpg", "c.jpg"]


def test_it_follows_the_one_that_stands_for_it(office: Store) -> None:
    office.mark_duplicate(A.document_id, B.document_id, WHO, 1)
    office.mark_duplicate(B.document_id, C.document_id, WHO, 1)
    office.save_record(A, files=[stat("a.jpg")])
    stored = office.stored_document(A.document_id)
    assert stored is not None
    assert stored.superseded_by == C.document_id
    office.remove_documents([B.document_id])
    office.save_record(A, files=[stat("a.jpg")])  # it would be a duplicate of nothing
    assert current(office) == ["a.jpg", "c.jpg"]


def test_nothing_stands_for_itself_by_way_of_others(office: Store) -> None:
    with pytest.raises(ConflictError, match="自己"):
        office.mark_duplicate(A.document_id, A.document_id, WHO, 1)
    office.mark_duplicate(A.document_id, B.document_id, WHO, 1)
    for one, other in ((B, A), (C, A)):
        with pytest.raises(ConflictError, match="现行"):
            office.mark_duplicate(one.document_id, other.document_id, WHO, 1)
    with pytest.raises(ConflictError, match="已标为"):
        office.mark_duplicate(A.document_id, C.document_id, WHO, 2)
    with pytest.raises(NotFoundError):
        office.mark_duplicate(C.document_id, "0" * 16, WHO, 1)
    with pytest.raises(ConflictError, match="刷新"):
        office.mark_duplicate(C.document_id, B.document_id, WHO, 2)
    assert current(office) == ["b.jpg", "c.jpg"]


def test_a_batch_that_turns_it_round_loses_neither(office: Store) -> None:
    """The one that stands for the other is overwritten by a scan that is read as that other."""
    office.mark_duplicate(A.document_id, B.document_id, WHO, 1)
    office.save_documents([ReadDocument(A)], files=[stat("a.jpg")], supersedes={B.document_id: A.document_id})
    assert current(office) == ["a.jpg", "c.jpg"]


def test_what_no_person_marked_is_not_unmarked(office: Store) -> None:
    better = registration("a.jpg", content="sharp")
    file: FileStat = stat("a.jpg", "sharp")
    office.save_documents([ReadDocument(better)], files=[file], supersedes={A.document_id: better.document_id})
    for document_id in (A.document_id, C.document_id):
        with pytest.raises(ConflictError):
            office.unmark_duplicate(document_id, WHO)
    assert len(current(office)) == 3


def test_the_earlier_scan_of_a_duplicate_goes_when_that_does(office: Store) -> None:
    office.mark_duplicate(A.document_id, B.document_id, WHO, 1)
    office.mark_duplicate(B.document_id, C.document_id, WHO, 1)
    before = datetime.now(UTC) + timedelta(hours=1)
    assert office.expired(before).documents == ()  # the one that stands for all is still in review
    accepted = registration("c.jpg")
    accepted.status = DocumentStatus.ACCEPTED
    office.save_record(accepted, files=[stat("c.jpg")])
    assert len(office.expired(before).documents) == 3


# Arrangements


def of(name: str, *pages: tuple[str, int], doc_type: str | None = None) -> Arrangement:
    return Arrangement(name, pages, doc_type)


SHA, OTHER = A.sha256[0], B.sha256[0]


def test_arrangements_are_kept_in_their_order(store: Store) -> None:
    both = [of("x", (OTHER, 2), (SHA, 1), doc_type="agreement"), of("y", (SHA, 2))]
    store.arrange(both, WHO)
    assert store.arrangements() == both
    assert [e.detail for e in store.audit_entries(action="arranged")] == [
        {"arrangement": "x", "pages": 2, "type": "agreement"},
        {"arrangement": "y", "pages": 1, "type": None},
    ]


def test_a_page_is_in_one_arrangement(store: Store) -> None:
    store.arrange([of("x", (SHA, 1), (SHA, 2), (SHA, 3)), of("y", (OTHER, 1))], WHO)
    store.arrange([of("z", (OTHER, 1), (SHA, 2))], WHO)
    assert store.arrangements() == [of("x", (SHA, 1), (SHA, 3)), of("z", (OTHER, 1), (SHA, 2))]
    store.arrange([of("x", (SHA, 3))], WHO)  # the same one again
    assert store.arrangements() == [of("x", (SHA, 3)), of("z", (OTHER, 1), (SHA, 2))]


def test_pages_can_be_let_go(store: Store) -> None:
    store.arrange([of("x", (SHA, 1), (SHA, 2)), of("y", (OTHER, 1))], WHO)
    store.dissolve([(SHA, 1), (OTHER, 1), (OTHER, 9)], WHO)
    assert store.arrangements() == [of("x", (SHA, 2))]
    assert [e.detail for e in store.audit_entries(action="dissolved")] == [{"pages": 2}]
    store.dissolve([(OTHER, 9)], WHO)
    assert len(store.audit_entries(action="dissolved")) == 1


@pytest.mark.parametrize("new", [[of("x")], [of("x", (SHA, 1), (SHA, 1))], [of("x", (SHA, 1)), of("y", (SHA, 1))]])
def test_mistakes_of_the_caller_are_refused(store: Store, new: list[Arrangement]) -> None:
    store.arrange([of("z", (SHA, 1))], WHO)
    with pytest.raises(ValueError, match="page"):
        store.arrange(new, WHO)
    assert store.arrangements() == [of("z", (SHA, 1))]


def test_purged_contents_leave_their_arrangements(office: Store) -> None:
    office.arrange([of("x", (SHA, 1), ("ff" * 32, 1))], WHO)
    office.purge(datetime.now(UTC), include_review=True)
    assert office.arrangements() == [of("x", ("ff" * 32, 1))]
