"""What a person said stands, whatever is read later; and two people do not overwrite each other."""

from __future__ import annotations

import pytest
from store_samples import box, item_list, registration, stat, value

from pipeline.records import DocumentStatus, FieldStatus, FieldValue, Record
from pipeline.store import ConflictError, Findings, NotFoundError, Store

GOOD = "37081119800315451X"


def save(store: Store, record: Record) -> None:
    store.save_record(record, files=[stat(record.files[0])])


def field(store: Store, record: Record, path: str) -> FieldValue:
    found = store.record(record.document_id)
    assert found is not None
    return dict(found.all_fields())[path]


def revision(store: Store, record: Record) -> int:
    stored = store.stored_document(record.document_id)
    assert stored is not None
    return stored.revision


@pytest.fixture
def corrected(store: Store) -> Record:
    record = registration()
    save(store, record)
    assert store.correct(record.document_id, "id_number", GOOD, "李核对", 1) == 2
    return record


def test_a_correction_takes_effect_and_is_written_down(store: Store, corrected: Record) -> None:
    found = field(store, corrected, "id_number")
    assert (found.value, found.status, found.issues) == (GOOD, FieldStatus.CORRECTED, [])
    assert found.raw == "370811198003154510"  # what the recogniser read stays
    [entry] = store.corrections()
    assert (entry.path, entry.old_value, entry.new_value) == ("id_number", "370811198003154510", GOOD)
    assert (entry.actor, entry.doc_type, entry.confidence) == ("李核对", "member_registration", 0.97)
    assert list(store.corrections(corrected.document_id)) == [entry]
    assert list(store.corrections("other")) == []


def test_the_document_is_accepted_when_nothing_is_left_to_ask(store: Store, corrected: Record) -> None:
    found = store.record(corrected.document_id)
    assert found is not None
    assert found.status is DocumentStatus.ACCEPTED


@pytest.mark.parametrize("reason", ["second field", "document issue", "failed"])
def test_it_stays_for_review_while_something_is_left(store: Store, reason: str) -> None:
    record = registration()
    if reason == "second field":
        record.fields["phone"].status = FieldStatus.MISSING
    elif reason == "document issue":
        record.issues = ["page_missing"]
    else:
        record.status = DocumentStatus.FAILED
    save(store, record)
    store.correct(record.document_id, "id_number", GOOD, "李核对", 1)
    assert next(store.records()).status is record.status


def test_codes_that_still_hold_stay(store: Store) -> None:
    record = registration()
    save(store, record)
    store.correct(record.document_id, "id_number", "370811198003154519", "李核对", 1, issues=["id_checksum"])
    assert field(store, record, "id_number").issues == ["id_checksum"]
    save(store, registration())
    assert field(store, record, "id_number").issues == ["id_checksum"]


def test_a_later_reading_does_not_overwrite_it(store: Store, corrected: Record) -> None:
    again = registration(name="王建華")
    again.fields["id_number"].value = "999"
    save(store, again)
    found = store.record(corrected.document_id)
    assert found is not None
    assert (found.fields["id_number"].value, found.fields["id_number"].status) == (GOOD, FieldStatus.CORRECTED)
    assert found.fields["name"].value == "王建華"
    assert found.status is DocumentStatus.ACCEPTED
    assert revision(store, corrected) == 3
    assert again.fields["id_number"].value == "999"  # the caller's record is left alone


def test_a_field_the_later_reading_lost_is_kept(store: Store, corrected: Record) -> None:
    again = registration()
    del again.fields["id_number"]
    save(store, again)
    found = field(store, corrected, "id_number")
    assert (found.value, found.status, found.quad) == (GOOD, FieldStatus.CORRECTED, box(10, 20))


def test_a_document_removed_and_read_anew_keeps_it(store: Store, corrected: Record) -> None:
    store.remove_documents([corrected.document_id])
    save(store, registration())
    assert field(store, corrected, "id_number").value == GOOD


def test_another_form_takes_no_fields_over(store: Store, corrected: Record) -> None:
    again = registration()
    again.doc_type = "unknown"
    again.fields = {"姓名": value("王建国", "scan_1.jpg")}
    save(store, again)
    assert store.record(corrected.document_id) == again


def test_the_latest_correction_wins(store: Store, corrected: Record) -> None:
    store.correct(corrected.document_id, "id_number", None, "李核对", 2)
    store.correct(corrected.document_id, "name", "王建国", "李核对", 3)  # a confirmation
    save(store, registration(name="王健国"))
    assert field(store, corrected, "id_number").value is None
    assert field(store, corrected, "name").value == "王建国"
    assert [entry.detail["confirmed"] for entry in store.audit_entries(action="corrected")] == [False, False, True]


def test_a_reading_can_be_validated_with_the_corrections_in_it(store: Store, corrected: Record) -> None:
    ready = store.with_corrections(registration())
    assert ready.fields["id_number"].value == GOOD
    ready.fields["id_number"].issues = ["id_birth_mismatch"]
    ready.status = DocumentStatus.REVIEW
    save(store, ready)
    assert store.record(corrected.document_id) == ready
    untouched = registration("other.jpg")
    assert store.with_corrections(untouched) is untouched


@pytest.mark.parametrize(
    ("items", "path"),
    [
        (("会议室", "义诊", "图书"), "rows.1.phone"),
        (("新行", "会议室", "义诊", "图书"), "rows.2.phone"),
        (("义诊", "图书"), "rows.0.phone"),
    ],
    ids=["same", "row found above", "row lost above"],
)
def test_a_rows_correction_stays_with_its_row(store: Store, items: tuple[str, ...], path: str) -> None:
    """Whatever the reading numbers the rows: a telephone number must not move to the next person."""
    save(store, item_list())
    record = item_list()
    store.correct(record.document_id, "rows.1.phone", "13911112222", "李核对", 1)
    again = item_list(items=items)
    shift = {"会议室": 0, "义诊": 1, "图书": 2, "新行": -1}
    for row in again.rows:
        for cell in row.values():
            cell.quad = box(cell.quad[0][0], 100 + 60 * shift[str(row["item"].value)] + 7)  # type: ignore[index]
    save(store, again)
    found = store.record(record.document_id)
    assert found is not None
    changed = {p: f.value for p, f in found.all_fields() if f.status is FieldStatus.CORRECTED}
    assert changed == {path: "13911112222"}
    assert len(found.rows) == len(items)


def test_a_row_no_longer_found_follows_the_last(store: Store) -> None:
    save(store, item_list())
    record = item_list()
    store.correct(record.document_id, "rows.2.phone", "13911112222", "李核对", 1)
    store.correct(record.document_id, "rows.2.item", "图书角", "李核对", 2)
    for _ in range(2):
        save(store, item_list(items=("会议室", "义诊")))
        found = store.record(record.document_id)
        assert found is not None
        assert len(found.rows) == 3
        assert {key: f.value for key, f in found.rows[2].items()} == {"phone": "13911112222", "item": "图书角"}


def test_a_value_put_into_an_empty_cell_finds_its_row(store: Store) -> None:
    record = item_list()
    record.rows[1]["phone"] = value(None, "list.pdf", quad=None)
    save(store, record)
    store.correct(record.document_id, "rows.1.phone", "13911112222", "李核对", 1)
    again = item_list(items=("义诊", "图书"))
    for i, row in enumerate(again.rows):
        row["item"].quad = box(100, 100 + 60 * (i + 1))
        row["phone"] = value(None, "list.pdf", quad=None)
    save(store, again)
    assert field(store, record, "rows.0.phone").value == "13911112222"


def test_without_any_place_the_number_of_the_row_must_do(store: Store) -> None:
    record = item_list()
    for row in record.rows:
        for cell in row.values():
            cell.quad = None
    save(store, record)
    store.correct(record.document_id, "rows.1.phone", "13911112222", "李核对", 1)
    save(store, record)
    assert field(store, record, "rows.1.phone").value == "13911112222"


def test_who_saw_an_older_state_is_told(store: Store, corrected: Record) -> None:
    with pytest.raises(ConflictError, match="刷新"):
        store.correct(corrected.document_id, "name", "张三", "另一人", 1)
    assert field(store, corrected, "name").value == "王建国"
    assert len(list(store.corrections())) == 1
    save(store, registration())  # a reading counts as a change too
    with pytest.raises(ConflictError):
        store.correct(corrected.document_id, "name", "张三", "另一人", 2)


def test_what_is_not_there_cannot_be_corrected(store: Store, corrected: Record) -> None:
    with pytest.raises(NotFoundError):
        store.correct("0" * 16, "name", "张三", "李核对", 1)
    with pytest.raises(NotFoundError, match="no_such"):
        store.correct(corrected.document_id, "no_such", "张三", "李核对", 2)
    assert revision(store, corrected) == 2  # undone with the rest


def test_a_correction_after_a_move_of_the_file(store: Store) -> None:
    save(store, item_list())
    record = item_list()
    store.correct(record.document_id, "rows.2.phone", "13911112222", "李核对", 1)
    moved = item_list(items=("义诊", "图书"))
    moved.files = ["renamed.pdf"]
    for i, row in enumerate(moved.rows):
        for cell in row.values():
            cell.file = "renamed.pdf"
            cell.quad = box(cell.quad[0][0], 160 + 60 * i)  # type: ignore[index]
    store.save_record(moved, files=[stat("renamed.pdf", "list.pdf")])
    assert field(store, record, "rows.1.phone").value == "13911112222"


def test_a_finding_on_a_corrected_field_does_not_reopen_it(store: Store, corrected: Record) -> None:
    codes = {"id_number": ["duplicate_person"]}
    for statuses in ({}, {"id_number": FieldStatus.REVIEW}):
        store.update_issues([Findings(corrected.document_id, field_issues=codes, statuses=statuses)])
        found = field(store, corrected, "id_number")
        assert (found.status, found.issues) == (FieldStatus.CORRECTED, ["duplicate_person"])
