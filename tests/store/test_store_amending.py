"""What people say besides a plain value: where it stands, that it is settled, that they take it back."""

from __future__ import annotations

import dataclasses

import pytest
from store_samples import agreement, box, registration, stat, value

from pipeline.records import DocumentStatus, Evidence, FieldStatus, FieldValue, Record
from pipeline.scanned import FileStat, ReadDocument
from pipeline.store import ConflictError, Findings, NotFoundError, Place, Store

READ, GOOD = "370811198003154510", "37081119800315451X"
WHO = "李核对"


def save(store: Store, record: Record) -> Record:
    store.save_record(record, files=[stat(path) for path in record.files])
    return record


def whole(store: Store, record: Record) -> Record:
    found = store.record(record.document_id)
    assert found is not None
    return found


def field(store: Store, record: Record, path: str) -> FieldValue:
    return dict(whole(store, record).all_fields())[path]


def revision(store: Store, record: Record) -> int:
    stored = store.stored_document(record.document_id)
    assert stored is not None
    return stored.revision


def judge(record: Record) -> None:
    """The ID number has a check digit, and a person with the phone of the document needs a name."""
    number = record.fields["id_number"]
    number.issues = [] if number.value == GOOD else ["id_checksum"]
    if number.status is not FieldStatus.CORRECTED:
        number.status = FieldStatus.REVIEW if number.issues else FieldStatus.ACCEPTED
    name = record.fields["name"]
    name.issues = [] if number.value == GOOD else ["id_gender_mismatch"]
    if name.status is not FieldStatus.CORRECTED:
        name.status = FieldStatus.REVIEW if name.issues else FieldStatus.ACCEPTED
    name.value = "a judge changes no value"


@pytest.fixture
def record(store: Store) -> Record:
    return save(store, registration())


def test_the_codes_of_other_fields_follow_at_once(store: Store, record: Record) -> None:
    store.correct(record.document_id, "phone", "0537", WHO, 1, judge=judge)
    found = whole(store, record)
    assert (found.fields["name"].issues, found.fields["name"].status) == (["id_gender_mismatch"], FieldStatus.REVIEW)
    assert found.fields["name"].value == "王建国"
    assert found.status is DocumentStatus.REVIEW
    store.correct(record.document_id, "id_number", GOOD, WHO, 2, judge=judge)
    found = whole(store, record)
    assert (found.fields["name"].issues, found.fields["name"].status) == ([], FieldStatus.ACCEPTED)
    assert (found.fields["id_number"].status, found.status) == (FieldStatus.CORRECTED, DocumentStatus.ACCEPTED)


def test_what_the_judge_says_of_the_new_value_is_kept_with_it(store: Store, record: Record) -> None:
    store.correct(record.document_id, "id_number", "37081119800315452X", WHO, 1, issues=["id_region"], judge=judge)
    assert field(store, record, "id_number").issues == ["id_checksum"]
    [said] = store.corrections()
    assert said.issues == ("id_checksum",)
    save(store, registration())
    assert field(store, record, "id_number").issues == ["id_checksum"]


def test_findings_across_documents_outlast_a_correction(store: Store, record: Record) -> None:
    finding = Findings(record.document_id, ["claim_without_project"], {"name": ["duplicate_person"]})
    store.update_issues([finding])
    store.correct(record.document_id, "id_number", GOOD, WHO, 1, judge=judge)
    found = whole(store, record)
    assert (found.status, found.issues) == (DocumentStatus.REVIEW, ["claim_without_project"])
    assert (found.fields["name"].status, found.fields["name"].issues) == (FieldStatus.REVIEW, ["duplicate_person"])
    assert store.record(record.document_id, findings=False).status is DocumentStatus.ACCEPTED  # type: ignore[union-attr]
    assert store.update_issues([finding]) == 0
    store.update_issues([Findings(record.document_id)])
    assert whole(store, record).status is DocumentStatus.ACCEPTED


def test_a_duplicate_that_only_informs_does_not_hold_the_document(store: Store, record: Record) -> None:
    store.update_issues([Findings(record.document_id, ["duplicate_document"])])
    store.correct(record.document_id, "id_number", GOOD, WHO, 1)
    found = whole(store, record)
    assert (found.status, found.issues) == (DocumentStatus.ACCEPTED, ["duplicate_document"])


# Places

HERE = Place("scan_1.jpg", 1, box(300, 400))


def test_a_person_may_say_where_a_value_stands(store: Store) -> None:
    read = registration()
    read.fields["id_number"].centres = [0.1, 0.9]
    record = save(store, read)
    assert field(store, record, "id_number").centres == [0.1, 0.9]
    store.correct(record.document_id, "id_number", GOOD, WHO, 1, place=HERE)
    for _ in range(2):
        found = field(store, record, "id_number")
        assert (found.value, found.file, found.page, found.quad) == (GOOD, "scan_1.jpg", 1, box(300, 400))
        assert found.centres == []  # those of what was read elsewhere
        save(store, read)
    store.withdraw(record.document_id, "id_number", WHO, revision(store, record))
    found = field(store, record, "id_number")
    assert (found.value, found.quad, found.centres) == (READ, box(10, 20), [0.1, 0.9])


def test_a_field_that_was_not_read_can_be_put_there(store: Store, record: Record) -> None:
    with pytest.raises(NotFoundError, match="specialty"):
        store.correct(record.document_id, "specialty", "书法", WHO, 1)
    store.correct(record.document_id, "specialty", "书法", WHO, 1, place=HERE)
    store.correct(record.document_id, "position", "科员", WHO, 2, add=True)
    before = whole(store, record)
    save(store, registration())
    assert whole(store, record) == before
    assert field(store, record, "specialty").quad == box(300, 400)
    assert field(store, record, "position").status is FieldStatus.CORRECTED
    store.withdraw(record.document_id, "specialty", WHO, 4)
    store.withdraw(record.document_id, "position", WHO, 5)
    assert whole(store, record).fields.keys() == record.fields.keys()


@pytest.mark.parametrize("path", ["!page_missing", "=", "rows.0", "rows.7.phone", "rows.0.phone", ""])
def test_what_is_no_field_is_not_put_there(store: Store, record: Record, path: str) -> None:
    with pytest.raises(NotFoundError):
        store.correct(record.document_id, path, "x", WHO, 1, add=True)
    assert revision(store, record) == 1


@pytest.mark.parametrize("place", [Place("other.jpg", 1, box(1, 1)), Place("scan_1.jpg", 2, box(1, 1))])
def test_a_place_is_on_a_page_of_the_document(store: Store, record: Record, place: Place) -> None:
    with pytest.raises(NotFoundError, match="页"):
        store.correct(record.document_id, "name", "王建国", WHO, 1, place=place)


def test_a_place_on_the_second_file_follows_the_file(store: Store) -> None:
    record = save(store, agreement())
    store.correct(record.document_id, "party_b", "乙方", WHO, 1, place=Place("agreement_2.jpg", 1, box(5, 5)))
    moved = agreement()
    moved.files = ["a.jpg", "b.jpg"]
    store.save_record(moved, files=[stat("a.jpg", "agreement_1.jpg"), stat("b.jpg", "agreement_2.jpg")])
    assert (field(store, record, "party_b").file, field(store, record, "party_b").quad) == ("b.jpg", box(5, 5))


# Taking back


def test_what_was_read_comes_back(store: Store, record: Record) -> None:
    store.correct(record.document_id, "id_number", GOOD, WHO, 1)
    assert whole(store, record).status is DocumentStatus.ACCEPTED
    assert store.withdraw(record.document_id, "id_number", "王审核", 2) == 3
    found = whole(store, record)
    number = found.fields["id_number"]
    assert (number.value, number.as_read, number.status) == (READ, None, FieldStatus.REVIEW)
    assert found.status is DocumentStatus.REVIEW
    save(store, registration())
    assert whole(store, record) == record
    assert list(store.corrections()) == []
    [line] = store.audit_entries(action="correction_withdrawn")
    assert (line.actor, line.path, line.detail) == ("王审核", "id_number", {"correction": 1})


def test_one_correction_after_another_comes_back(store: Store, record: Record) -> None:
    for number, new in enumerate((GOOD, None, "370811198003154528"), start=1):
        store.correct(record.document_id, "id_number", new, WHO, number, issues=["id_region"] if new == GOOD else [])
    seen = []
    for number in range(4, 7):
        store.withdraw(record.document_id, "id_number", WHO, number)
        found = field(store, record, "id_number")
        seen.append((found.value, found.status.value, found.issues))
    assert seen == [(None, "corrected", []), (GOOD, "corrected", ["id_region"]), (READ, "review", [])]
    with pytest.raises(NotFoundError, match="撤销"):
        store.withdraw(record.document_id, "id_number", WHO, 7)
    assert revision(store, record) == 7


def test_with_a_judge_a_confirmation_taken_back_asks_nothing(store: Store, record: Record) -> None:
    store.correct(record.document_id, "id_number", GOOD, WHO, 1, judge=judge)
    store.correct(record.document_id, "name", "王建国", WHO, 2, judge=judge)
    store.withdraw(record.document_id, "name", WHO, 3, judge=judge)
    assert (field(store, record, "name").status, whole(store, record).status) == (
        FieldStatus.ACCEPTED,
        DocumentStatus.ACCEPTED,
    )
    store.withdraw(record.document_id, "id_number", WHO, 4, judge=judge)
    assert field(store, record, "name").issues == ["id_gender_mismatch"]


def test_what_was_read_meanwhile_is_what_comes_back(store: Store, record: Record) -> None:
    store.correct(record.document_id, "id_number", GOOD, WHO, 1)
    again = registration()
    again.fields["id_number"].value = "999"
    save(store, again)
    store.withdraw(record.document_id, "id_number", WHO, 3)
    assert field(store, record, "id_number").value == "999"


def test_what_was_taken_back_is_no_example(store: Store) -> None:
    read = registration()
    read.fields["name"].evidence = Evidence("name", 0.5, 0.7, 3, 1.0, False, True)
    record = save(store, read)
    store.correct(record.document_id, "name", "王健国", WHO, 1)
    assert len(list(store.examples())) == 1
    store.withdraw(record.document_id, "name", WHO, 2)
    assert list(store.examples()) == []


def test_what_was_taken_back_is_not_carried_over_to_a_better_scan(store: Store, record: Record) -> None:
    store.correct(record.document_id, "id_number", GOOD, WHO, 1)
    store.correct(record.document_id, "name", "王健国", WHO, 2)
    store.withdraw(record.document_id, "name", WHO, 3)
    better = registration("scan_1.jpg", content="sharp")
    heir = store.with_corrections(better, {record.document_id: better.document_id})
    assert (heir.fields["name"].value, heir.fields["id_number"].value) == ("王建国", GOOD)
    replaced = {record.document_id: better.document_id}
    store.save_documents([ReadDocument(heir)], files=[stat("scan_1.jpg", "sharp")], supersedes=replaced)
    assert whole(store, better) == heir
    store.withdraw(better.document_id, "id_number", WHO, 1)
    assert field(store, better, "id_number").value == READ


def test_who_saw_an_older_state_takes_nothing_back(store: Store, record: Record) -> None:
    store.correct(record.document_id, "id_number", GOOD, WHO, 1)
    with pytest.raises(ConflictError):
        store.withdraw(record.document_id, "id_number", WHO, 1)
    assert field(store, record, "id_number").value == GOOD


def test_a_correction_taken_back_between_validation_and_saving_does_not_hold(store: Store, record: Record) -> None:
    store.correct(record.document_id, "id_number", GOOD, WHO, 1)
    validated = store.with_corrections(registration())
    store.withdraw(record.document_id, "id_number", WHO, 2)
    save(store, validated)
    assert whole(store, record) == registration()


# Codes of the document


@pytest.fixture
def asked(store: Store) -> Record:
    record = registration()
    record.issues = ["page_missing"]
    record.fields["id_number"] = value(GOOD, "scan_1.jpg")
    return save(store, record)


def test_a_settled_code_stays_and_asks_no_more(store: Store, asked: Record) -> None:
    assert store.acknowledge(asked.document_id, "page_missing", WHO, 1) == 2
    found = whole(store, asked)
    assert (found.issues, found.status) == (["page_missing"], DocumentStatus.ACCEPTED)
    assert store.acknowledged() == {asked.document_id: {"page_missing"}}
    [line] = store.audit_entries(action="acknowledged")
    assert (line.actor, line.document_id, line.detail["code"]) == (WHO, asked.document_id, "page_missing")
    for reading in (asked, store.with_corrections(asked)):
        save(store, reading)
        assert (whole(store, asked).issues, whole(store, asked).status) == (["page_missing"], DocumentStatus.ACCEPTED)
    store.withdraw(asked.document_id, "!page_missing", WHO, 4)
    assert whole(store, asked).status is DocumentStatus.REVIEW
    assert store.acknowledged([asked.document_id]) == {}


def test_a_settled_code_asks_no_more_when_judged_again(store: Store, asked: Record) -> None:
    store.acknowledge(asked.document_id, "page_missing", WHO, 1)

    def strict(record: Record) -> None:
        record.status = DocumentStatus.REVIEW  # as a validation says of any document with a code

    store.rejudge(strict)
    assert whole(store, asked).status is DocumentStatus.ACCEPTED
    store.correct(asked.document_id, "phone", "0537", WHO, 2, judge=strict)
    assert whole(store, asked).status is DocumentStatus.ACCEPTED


def test_a_settled_code_of_other_documents_asks_no_more(store: Store) -> None:
    record = save(store, agreement())
    finding = Findings(record.document_id, ["duplicate_person", "claim_without_project"])
    store.update_issues([finding])
    for code in finding.issues:
        assert whole(store, record).status is DocumentStatus.REVIEW
        store.acknowledge(record.document_id, code, WHO, revision(store, record))
    assert whole(store, record).status is DocumentStatus.ACCEPTED
    assert store.update_issues([Findings(record.document_id)]) == 1
    assert store.update_issues([finding]) == 1
    assert (whole(store, record).issues, whole(store, record).status) == (
        list(finding.issues),
        DocumentStatus.ACCEPTED,
    )
    save(store, record)
    store.update_issues([finding])
    assert whole(store, record).status is DocumentStatus.ACCEPTED


def test_a_settled_code_does_not_count_as_a_reason(store: Store, asked: Record) -> None:
    store.correct(asked.document_id, "phone", None, WHO, 1, issues=[])
    other = registration("b.jpg")
    other.issues = ["page_missing"]
    save(store, other)
    store.acknowledge(other.document_id, "page_missing", WHO, 1)
    counted = {(r.code, r.documents) for r in store.in_review(0).reasons}
    assert counted == {("page_missing", 1), ("id_checksum", 1)}
    assert [d.codes for d in store.in_review(9).first if d.document_id == other.document_id] == [("id_checksum",)]


def test_other_questions_still_hold_the_document(store: Store, asked: Record) -> None:
    again = dataclasses.replace(asked, issues=["page_missing", "unreadable_page"])
    save(store, again)
    store.acknowledge(asked.document_id, "page_missing", WHO, 2)
    assert whole(store, asked).status is DocumentStatus.REVIEW


def test_only_a_code_that_stands_can_be_settled(store: Store, asked: Record) -> None:
    with pytest.raises(NotFoundError, match="没有这个问题"):
        store.acknowledge(asked.document_id, "duplicate_person", WHO, 1)
    with pytest.raises(ConflictError):
        store.acknowledge(asked.document_id, "page_missing", WHO, 7)
    assert store.acknowledged() == {}


def test_a_settled_code_is_not_carried_over_to_another_scan(store: Store, asked: Record) -> None:
    store.acknowledge(asked.document_id, "page_missing", WHO, 1)
    better = registration("scan_1.jpg", content="sharp")
    better.issues = ["page_missing"]
    file: FileStat = stat("scan_1.jpg", "sharp")
    store.save_documents([ReadDocument(better)], files=[file], supersedes={asked.document_id: better.document_id})
    assert whole(store, better).status is DocumentStatus.REVIEW
