"""What speaks for a reading stays with it, and with corrections becomes examples to calibrate on."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from alembic import command
from sqlalchemy import text
from store_samples import box, item_list, registration, stat, value

from pipeline.ledgers.jsonl import line
from pipeline.records import Evidence, FieldStatus, FieldValue, Record
from pipeline.store import Store, open_store
from pipeline.store.engine import connect, parse_url, writing
from pipeline.store.migrate import alembic_config

EVIDENCE = Evidence(kind="name", weakest=1 / 3, mean=0.7, length=3, margin=-1.25, doubt=True, known=False)
READ = "370811198003154510"
TRUE = "37081119800315451X"


def with_evidence(record: Record, **more: object) -> Record:
    for _, field in record.all_fields():
        if not isinstance(field.value, bool):  # marks are measured and not decoded
            field.evidence = dataclasses.replace(EVIDENCE, **more)  # type: ignore[arg-type]
    return record


def save(store: Store, record: Record) -> Record:
    store.save_record(record, files=[stat(record.files[0])])
    return record


def correct(store: Store, record: Record, path: str, new: str | list[str] | None) -> None:
    stored = store.stored_document(record.document_id)
    assert stored is not None
    store.correct(record.document_id, path, new, "李核对", stored.revision)


def field(store: Store, record: Record, path: str) -> FieldValue:
    found = store.record(record.document_id)
    assert found is not None
    return dict(found.all_fields())[path]


@pytest.fixture
def record(store: Store) -> Record:
    return save(store, with_evidence(registration()))


@pytest.mark.parametrize("make", [registration, item_list])
def test_evidence_comes_back_as_it_was(store: Store, make: object) -> None:
    saved = save(store, with_evidence(make()))  # type: ignore[operator]
    assert store.record(saved.document_id) == saved
    assert list(store.records()) == [saved]


def test_numbers_as_readings_give_them_can_be_stored(store: Store) -> None:
    saved = with_evidence(registration(), weakest=np.float32(0.5), length=np.int64(3), known=np.bool_(True))
    save(store, saved)
    assert field(store, saved, "name").evidence == dataclasses.replace(EVIDENCE, weakest=0.5, known=True)


def test_evidence_is_not_exported(record: Record, store: Store) -> None:
    bare = registration()
    assert line(record) == line(bare)
    correct(store, record, "name", "王建軍")
    exported = store.record(record.document_id)
    assert exported is not None
    assert set(exported.to_dict()["fields"]["name"]) == set(bare.to_dict()["fields"]["name"])


def test_a_correction_leaves_the_reading_known(store: Store, record: Record) -> None:
    for new in (TRUE, None, READ, TRUE):
        correct(store, record, "id_number", new)
        found = field(store, record, "id_number")
        assert (found.value, found.as_read, found.evidence) == (new, READ, EVIDENCE)


def test_a_later_reading_takes_the_place_of_the_one_before(store: Store, record: Record) -> None:
    correct(store, record, "id_number", TRUE)
    again = with_evidence(registration(), margin=9.0)
    again.fields["id_number"].value = "999"
    save(store, store.with_corrections(again))  # as a batch does, which validates in between
    found = field(store, record, "id_number")
    assert (found.value, found.as_read) == (TRUE, "999")
    assert found.evidence is not None
    assert found.evidence.margin == 9.0


def test_examples_are_what_people_looked_at(store: Store, record: Record) -> None:
    assert list(store.examples()) == []
    correct(store, record, "id_number", TRUE)
    correct(store, record, "name", "王建国")  # a confirmation
    found = list(store.examples())
    assert [(e.document_id, e.evidence, e.right) for e in found] == [
        (record.document_id, EVIDENCE, True),
        (record.document_id, EVIDENCE, False),
    ]


@pytest.mark.parametrize(
    ("read", "left", "right"),
    [
        ("13812345678", "１３８ 1234 5678", True),
        ("", None, True),
        (None, "13812345678", False),
        (["政策宣传", "环境卫生"], ["政策宣传", "环境卫生"], True),
        (["政策宣传"], ["政策宣传", "环境卫生"], False),
        ("2024-05", "2024-05-01", False),
    ],
)
def test_right_is_what_the_person_left_as_it_was(
    store: Store, read: str | list[str] | None, left: str | list[str] | None, right: bool
) -> None:
    record = registration()
    record.fields["phone"] = value(read, record.files[0], evidence=EVIDENCE)
    save(store, record)
    correct(store, record, "phone", left)
    assert [e.right for e in store.examples()] == [right]


def test_a_second_thought_counts_and_not_the_first(store: Store, record: Record) -> None:
    correct(store, record, "name", "王健国")
    assert [e.right for e in store.examples()] == [False]
    correct(store, record, "name", "王建国")
    assert [e.right for e in store.examples()] == [True]


def test_an_example_is_of_the_latest_reading(store: Store, record: Record) -> None:
    correct(store, record, "id_number", TRUE)
    better = with_evidence(registration(), margin=9.0)
    better.fields["id_number"].value = TRUE
    save(store, better)
    [example] = store.examples()
    assert (example.right, example.evidence.margin) == (True, 9.0)


def test_a_row_that_moved_takes_its_example_along(store: Store) -> None:
    record = save(store, with_evidence(item_list()))
    correct(store, record, "rows.1.phone", "13800000001")
    again = with_evidence(item_list(items=("义诊", "图书")))
    for i, row in enumerate(again.rows):
        for cell in row.values():
            cell.quad = box(cell.quad[0][0], 160 + 60 * i)  # type: ignore[index]
    again.rows[0]["phone"].value = "13800000007"
    save(store, again)
    assert field(store, record, "rows.0.phone").as_read == "13800000007"
    assert [e.right for e in store.examples()] == [False]


def test_what_has_no_evidence_is_counted_and_no_example(store: Store, record: Record) -> None:
    correct(store, record, "unit_seal", None)
    assert list(store.examples()) == []
    assert store.corrected_without_evidence() == 1
    lost = registration()
    del lost.fields["id_number"]
    correct(store, record, "id_number", TRUE)
    save(store, lost)  # this reading found no such field
    assert list(store.examples()) == []


def test_evidence_of_another_version_is_read_as_far_as_it_goes(store: Store, record: Record) -> None:
    with store.writing() as connection:
        stored = '{"kind":"name","weakest":0.25,"novelty":7,"length":3,"margin":2.0,"doubt":true}'
        connection.execute(text("UPDATE fields SET evidence = :e"), {"e": stored})
    found = field(store, record, "name").evidence
    assert found == Evidence("name", weakest=0.25, mean=0.0, length=3, margin=2.0, doubt=True, known=False)


def test_a_database_of_the_first_version_is_brought_up_to_date(empty_url: str) -> None:
    engine = connect(parse_url(empty_url))
    with writing(engine).begin() as connection:
        command.upgrade(alembic_config(connection), "0001")
        connection.execute(
            text(
                "INSERT INTO documents (document_id, doc_type, status, own_status, revision, row_count, read_at,"
                " seconds) VALUES ('a1', 'member_registration', 'needs_review', 'needs_review', 1, 0,"
                " '2026-11-01 08:00:00', 1)"
            )
        )
        for path, status in (("name", "review"), ("phone", "corrected")):
            connection.execute(
                text(
                    "INSERT INTO fields (document_id, path, position, value, raw, confidence, status, own_status,"
                    " file, page, quad) VALUES ('a1', :path, 0, '\"李芳\"', '李芳', 0.5, :status, :status, '', 1,"
                    " 'null')"
                ),
                {"path": path, "status": status},
            )
    engine.dispose()
    with open_store(empty_url) as store:
        found = store.record("a1")
        assert found is not None
        assert {path: (f.value, f.evidence) for path, f in found.fields.items()} == {
            "name": ("李芳", None),
            "phone": ("李芳", None),
        }
        store.correct("a1", "name", "李方", "李核对", 1)
        store.correct("a1", "phone", "0537", "李核对", 2)
        assert list(store.examples()) == []
        assert store.corrected_without_evidence() == 2


# Judging anew


def doubt_all(record: Record) -> None:
    for found in record.fields.values():
        found.value = "not for the judge to say"
        if found.status is not FieldStatus.CORRECTED:
            found.confidence, found.status, found.issues = 0.25, FieldStatus.REVIEW, ["low_confidence"]


def test_a_new_judgement_changes_no_value(store: Store, record: Record) -> None:
    correct(store, record, "id_number", TRUE)
    assert store.rejudge(doubt_all) == 1
    name = field(store, record, "name")
    assert (name.value, name.confidence, name.status, name.issues) == (
        "王建国",
        0.25,
        FieldStatus.REVIEW,
        ["low_confidence"],
    )
    assert name.evidence == EVIDENCE
    corrected = field(store, record, "id_number")
    assert (corrected.value, corrected.status, corrected.as_read) == (TRUE, FieldStatus.CORRECTED, READ)
    assert [e.document_id for e in store.audit_entries(action="document_rejudged")] == [record.document_id]


def test_the_same_judgement_again_writes_nothing(store: Store, record: Record) -> None:
    store.rejudge(doubt_all)
    before = store.record(record.document_id), len(store.audit_entries())
    assert store.rejudge(doubt_all) == 0
    assert (store.record(record.document_id), len(store.audit_entries())) == before


def test_a_judgement_reaches_every_document(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.store.loading.CHUNK", 2)
    for i in range(5):
        save(store, with_evidence(registration(f"scan {i}.jpg")))
    assert store.rejudge(doubt_all) == 5
    assert {f.confidence for r in store.records() for f in r.fields.values()} == {0.25}
