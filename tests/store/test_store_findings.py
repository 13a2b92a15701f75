"""Cross-document findings: set, changed and taken back without touching anything else."""

from __future__ import annotations

import pytest
from store_samples import agreement, registration, stat

from pipeline.records import Code, DocumentStatus, FieldStatus, Record
from pipeline.store import Findings, NotFoundError, Store

PERSON = Code.DUPLICATE_PERSON.value
CLAIM = Code.CLAIM_WITHOUT_PROJECT.value


@pytest.fixture
def accepted(store: Store) -> Record:
    record = agreement()
    record.fields["party_a"].issues = ["not_in_dictionary"]
    store.save_record(record, files=[stat(path) for path in record.files])
    return record


def only(store: Store) -> Record:
    [record] = store.records()
    return record


def test_a_finding_asks_for_review_and_goes_again(store: Store, accepted: Record) -> None:
    finding = Findings(accepted.document_id, issues=[CLAIM], field_issues={"party_a": [PERSON]})
    assert store.update_issues([finding]) == 1
    found = only(store)
    assert (found.status, found.issues) == (DocumentStatus.REVIEW, [CLAIM])
    assert found.fields["party_a"].issues == ["not_in_dictionary", PERSON]
    assert found.fields["party_a"].status is FieldStatus.REVIEW
    assert found.fields["sign_date"] == accepted.fields["sign_date"]
    assert list(store.records(findings=False)) == [accepted]
    assert store.record(accepted.document_id, findings=False) == accepted

    assert store.update_issues([Findings(accepted.document_id)]) == 1
    assert only(store) == accepted


def test_only_what_changed_is_written(store: Store, accepted: Record) -> None:
    finding = Findings(accepted.document_id, issues=[CLAIM], field_issues={"party_a": [PERSON]})
    assert [store.update_issues([finding]) for _ in range(3)] == [1, 0, 0]
    entries = store.audit_entries(action="findings")
    assert [e.detail for e in entries] == [{"issues": {"": [CLAIM], "party_a": [PERSON]}, "status": "needs_review"}]
    stored = store.stored_document(accepted.document_id)
    assert stored is not None
    assert stored.revision == 1  # no one's correction is turned down for it


def test_statuses_may_be_given(store: Store, accepted: Record) -> None:
    finding = Findings(
        accepted.document_id,
        issues=[CLAIM],
        statuses={"sign_date": FieldStatus.REVIEW},
        status=DocumentStatus.ACCEPTED,
    )
    assert store.update_issues([finding]) == 1
    assert only(store).status is DocumentStatus.ACCEPTED
    assert only(store).fields["sign_date"].status is FieldStatus.REVIEW
    assert store.update_issues([finding, Findings(accepted.document_id)]) == 1
    assert only(store) == accepted


def test_what_was_not_accepted_stays_so(store: Store) -> None:
    record = registration()
    store.save_record(record, files=[stat("scan_1.jpg")])
    store.update_issues([Findings(record.document_id, [CLAIM], {"phone": [PERSON]})])
    store.update_issues([Findings(record.document_id)])
    assert only(store) == record


def test_a_new_reading_clears_findings_until_the_next_check(store: Store, accepted: Record) -> None:
    store.update_issues([Findings(accepted.document_id, [CLAIM])])
    store.save_record(accepted, files=[stat(path) for path in accepted.files])
    assert only(store) == accepted


def test_codes_that_came_with_the_record_are_replaced_too(store: Store) -> None:
    record = agreement()
    record.issues = [Code.DUPLICATE_DOCUMENT.value, "page_missing"]
    store.save_record(record, files=[])
    assert only(store).issues == record.issues
    store.update_issues([Findings(record.document_id)])
    assert only(store).issues == ["page_missing"]


def test_mistakes_of_the_caller_are_refused(store: Store, accepted: Record) -> None:
    with pytest.raises(ValueError, match="id_checksum"):
        store.update_issues([Findings(accepted.document_id, ["id_checksum"])])
    with pytest.raises(NotFoundError, match="no_such"):
        store.update_issues([Findings(accepted.document_id, [CLAIM], {"no_such": [PERSON]})])
    assert only(store) == accepted
    assert store.update_issues([Findings("0" * 16, [CLAIM])]) == 0  # removed meanwhile: nothing to say


def test_many_documents_at_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.store.loading.CHUNK", 3)
    records = [registration(f"{i}.jpg") for i in range(8)]
    for record in records:
        store.save_record(record, files=[stat(record.files[0])])
    findings = [Findings(r.document_id, [CLAIM] if i % 2 else []) for i, r in enumerate(records)]
    assert store.update_issues(iter(findings)) == 4
    assert [bool(r.issues) for r in store.records()] == [False, True] * 4
