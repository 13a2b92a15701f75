"""The audit log: complete, in order, free of personal data, and refused to be changed by the database itself."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from store_samples import registration, stat

from pipeline.errors import SetupError
from pipeline.scanned import ReadDocument
from pipeline.store import Findings, Store

SECRETS = ("王建国", "370811198003154510", "37081119800315451X", "13911112222", "王建国登记表")


@pytest.fixture
def lived(store: Store) -> Store:
    """A store in which everything has happened once."""
    batch = store.start_batch(actor="定时任务")
    record = registration("王建国登记表.jpg")
    store.save_record(record, files=[stat("王建国登记表.jpg")], batch_id=batch)
    store.save_duplicate(stat("王建国登记表 副本.jpg", "王建国登记表.jpg"), record.document_id, batch)
    store.save_failure(stat("王建国登记表.pdf"), "encrypted_pdf", "请去掉密码。", batch)
    store.correct(record.document_id, "id_number", "37081119800315451X", "李核对", 1)
    store.correct(record.document_id, "phone", "13911112222", "李核对", 2)
    store.update_issues([Findings(record.document_id, ["claim_without_project"])])
    store.forget_file("王建国登记表.jpg")
    better = registration("王建国登记表 副本.jpg", content="better")
    store.save_documents(
        [ReadDocument(better)],
        files=[stat("王建国登记表 副本.jpg", "better")],
        supersedes={record.document_id: better.document_id},
    )
    due = datetime.now(UTC)
    store.save_retry(stat("王建国登记表.tif"), "timed_out", "超时。", attempts=1, retry_at=due, batch_id=batch)
    store.requeue([stat("王建国登记表.tif").sha256])
    store.remove_documents([record.document_id])
    store.finish_batch(batch, {"pages": 1})
    return store


def test_every_deed_is_written_down_in_order(lived: Store) -> None:
    entries = lived.audit_entries()
    assert [e.action for e in entries] == [
        "batch_started",
        "document_read",
        "file_duplicate",
        "file_quarantined",
        "corrected",
        "corrected",
        "findings",
        "file_gone",
        "document_relinked",
        "document_superseded",
        "document_read",
        "file_retry",
        "file_requeued",
        "document_removed",
        "batch_finished",
    ]
    assert [e.seq for e in entries] == sorted(e.seq for e in entries)
    assert entries[0].actor == "定时任务"
    assert entries[4].actor == "李核对"
    assert (entries[4].path, entries[4].detail) == ("id_number", {"correction": 1, "confirmed": False})
    assert all(e.time.utcoffset() is not None for e in entries)


def test_it_holds_no_personal_data(lived: Store) -> None:
    with lived.reading() as connection:
        rows = [list(map(str, row)) for row in connection.execute(text("SELECT * FROM audit_log"))]
    dump = json.dumps(rows, ensure_ascii=False)
    assert [secret for secret in SECRETS if secret in dump] == []


def test_it_can_be_searched_and_paged(lived: Store) -> None:
    corrected = lived.audit_entries(action="corrected", actor="李核对")
    assert [e.path for e in corrected] == ["id_number", "phone"]
    assert lived.audit_entries(action="corrected", after=corrected[0].seq) == corrected[1:]
    assert lived.audit_entries(action="corrected", limit=1) == corrected[:1]
    assert len(lived.audit_entries(document_id=str(corrected[0].document_id))) == 8


def test_callers_add_their_own(store: Store) -> None:
    store.audit("exported", "李核对", document_id="d1", path="name", workbook="双报到台账.xlsx", rows=3)
    [entry] = store.audit_entries(action="exported")
    assert (entry.actor, entry.document_id, entry.path) == ("李核对", "d1", "name")
    assert entry.detail == {"workbook": "双报到台账.xlsx", "rows": 3}


TAMPERING = [
    "UPDATE audit_log SET actor = 'nobody'",
    "UPDATE audit_log SET detail = '{}' WHERE seq = 1",
    "DELETE FROM audit_log",
    "DELETE FROM audit_log WHERE seq = 1",
    "INSERT INTO audit_log (seq, time, actor, action, detail) VALUES (1, '2024-01-01', 'x', 'x', '{}') "
    "ON CONFLICT (seq) DO UPDATE SET actor = 'x'",
]
BY_DIALECT = {
    "sqlite": [
        "INSERT OR REPLACE INTO audit_log (seq, time, actor, action, detail) VALUES (1, '2024-01-01', 'x', 'x', '{}')",
        "UPDATE OR REPLACE audit_log SET seq = 1 WHERE seq = 2",
    ],
    "postgresql": ["TRUNCATE audit_log", "TRUNCATE batches, audit_log CASCADE"],
}


def test_the_database_refuses_to_change_it(lived: Store, backend: str) -> None:
    before = lived.audit_entries()
    for statement in TAMPERING + BY_DIALECT[backend]:
        with pytest.raises((DBAPIError, SetupError), match="append-only"), lived.writing() as connection:
            connection.execute(text(statement))
    assert lived.audit_entries() == before
