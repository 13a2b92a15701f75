"""A database that an older program filled: it is brought up to date, and nothing in it is lost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.exc import DBAPIError
from store_samples import registration, sha, stat

from pipeline.errors import SetupError
from pipeline.records import FieldStatus
from pipeline.store import FileState, Original, open_store
from pipeline.store.engine import connect, parse_url, writing
from pipeline.store.migrate import HEAD, alembic_config, revision_of
from pipeline.store.schema import Base, path_key

THEN = datetime(2026, 3, 1, 22, 0, tzinfo=UTC)
GOOD = "37081119800315451X"
DOCUMENT = registration("a.jpg").document_id
FILES = {"a.jpg": "processed", "copy.jpg": "duplicate", "bad.pdf": "quarantined", "went.jpg": "gone"}
CONTENTS = {"copy.jpg": sha("a.jpg")}


def content() -> dict[str, list[dict[str, Any]]]:
    """A corrected registration, a copy of it, a file in quarantine and one that went, as stored in 0002."""
    file = {"size": 1000, "mtime_ns": 7, "first_seen": THEN, "last_seen": THEN, "batch_id": 1}
    document = {"document_id": DOCUMENT}
    field = {**document, "raw": "370811198003154510", "confidence": 0.9, "file": "a.jpg", "page": 1, "quad": "null"}
    evidence = (
        '{"kind":"id","weakest":0.9,"mean":0.95,"length":18,"margin":3.0,"doubt":false,"known":true,"agreement":0.8}'
    )
    return {
        "batches": [{"started": THEN, "finished": THEN, "summary": '{"read":1}'}],
        "source_files": [
            {
                **file,
                "path": path,
                "path_key": path_key(path),
                "sha256": CONTENTS.get(path, sha(path)),
                "state": state,
                "code": "password_protected" if state == "quarantined" else None,
                "message": "请去掉密码。" if state == "quarantined" else None,
            }
            for path, state in FILES.items()
        ],
        "documents": [
            {
                **document,
                "doc_type": "member_registration",
                "status": "needs_review",
                "own_status": "needs_review",
                "revision": 2,
                "row_count": 0,
                "read_at": THEN,
                "seconds": 1.5,
                "batch_id": 1,
            }
        ],
        "document_files": [
            {**document, "position": 0, "path": "a.jpg", "path_key": path_key("a.jpg"), "sha256": sha("a.jpg")}
        ],
        "pages": [{**document, "position": 0, "file_position": 0, "number": 1, "width": 1654, "height": 2339}],
        "fields": [
            {**field, "path": "name", "position": 0, "value": '"王建国"', "status": "review", "own_status": "review"},
            {
                **field,
                "path": "id_number",
                "position": 1,
                "value": f'"{GOOD}"',
                "status": "corrected",
                "own_status": "corrected",
                "evidence": evidence,
                "as_read": '"370811198003154510"',
            },
        ],
        "issues": [{**document, "path": "name", "code": "low_confidence", "position": 0}],
        "corrections": [
            {
                **document,
                "doc_type": "member_registration",
                "path": "id_number",
                "old_value": '"370811198003154510"',
                "new_value": f'"{GOOD}"',
                "raw": "370811198003154510",
                "confidence": 0.9,
                "issues": "[]",
                "anchor": "null",
                "actor": "李核对",
                "time": THEN,
            }
        ],
        "audit_log": [
            {**document, "time": THEN, "actor": "pipeline", "action": "document_read", "path": None, "detail": "{}"},
            {
                **document,
                "time": THEN.replace(microsecond=250000),
                "actor": "李\x10d800核对",
                "action": "corrected",
                "path": "rows.0.\x100000号",
                "detail": '{"correction":1,"b":[1,2.5],"a":"乙\\u0010"}',
            },
        ],
    }


def fill(connection: Connection, rows: Mapping[str, list[dict[str, Any]]]) -> None:
    tables = MetaData()
    tables.reflect(connection)
    for name, some in rows.items():
        for row in some:
            connection.execute(tables.tables[name].insert().values(**row))


@pytest.fixture
def older(empty_url: str) -> str:
    """The address of a database as the program before left it."""
    engine = connect(parse_url(empty_url))
    with writing(engine).begin() as connection:
        command.upgrade(alembic_config(connection), "0002")
        fill(connection, content())
    engine.dispose()
    return empty_url


def test_it_gets_the_schema_of_the_program(older: str) -> None:
    with open_store(older) as store, store.reading() as connection:
        assert revision_of(connection) == HEAD
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_documents_are_as_they_were(older: str) -> None:
    with open_store(older) as store:
        [record] = store.records()
        stored = store.stored_document(DOCUMENT)
    assert stored is not None
    assert (stored.revision, stored.seconds, stored.read_at, stored.superseded_by) == (2, 1.5, THEN, None)
    assert [(p.number, p.width, p.blank) for p in stored.pages] == [(1, 1654, False)]
    assert (record.files, record.pages, record.blank, record.duplicates) == (["a.jpg"], [[1]], [], ["copy.jpg"])
    assert record.fields["name"].issues == ["low_confidence"]
    number = record.fields["id_number"]
    assert (number.value, number.status, number.as_read) == (GOOD, FieldStatus.CORRECTED, "370811198003154510")
    assert number.evidence is not None
    assert (number.evidence.agreement, number.alternatives) == (0.8, [])


def test_files_are_known_as_they_were(older: str) -> None:
    with open_store(older) as store:
        known = store.known_files()
        [quarantined] = store.quarantined()
    assert {path: file.state.value for path, file in known.items()} == {p: s for p, s in FILES.items() if s != "gone"}
    assert {(file.attempts, file.retry_at) for file in known.values()} == {(0, None)}
    assert (quarantined.code, quarantined.message) == ("password_protected", "请去掉密码。")


def test_contents_that_were_read_are_to_be_archived_and_not_read_again(older: str) -> None:
    with open_store(older) as store:
        assert store.pending_originals() == [Original(sha("a.jpg"), 1000, "", None)]
        assert store.settled_contents([sha("a.jpg"), sha("bad.pdf")]) == {sha("a.jpg"): DOCUMENT}


def test_corrections_hold_for_a_reading_of_the_new_program(older: str) -> None:
    with open_store(older) as store:
        store.save_record(registration("a.jpg"), files=[stat("a.jpg")])
        again = store.record(DOCUMENT)
        assert again is not None
        assert again.fields["id_number"].value == GOOD
        assert store.known_files()["a.jpg"].state is FileState.PROCESSED
        assert store.start_batch() == 2


def test_the_lines_of_the_audit_log_are_chained_as_they_are(older: str) -> None:
    with open_store(older) as store:
        assert store.check_chain() is None
        number, digest = store.chain_head()
        assert (number, len(digest)) == (2, 64)
        entry = store.audit_entries()[-1]
        assert (entry.actor, entry.path, entry.detail["a"]) == ("李\ud800核对", "rows.0.\x00号", "乙\x10")
        store.audit("exported", "李核对")
        assert store.check_chain() is None


def test_the_audit_log_goes_on_and_still_refuses_to_be_changed(older: str) -> None:
    with open_store(older) as store:
        store.audit("exported", "李核对")
        assert [(e.seq, e.action) for e in store.audit_entries()] == [
            (1, "document_read"),
            (2, "corrected"),
            (3, "exported"),
        ]
        with pytest.raises((DBAPIError, SetupError), match="append-only"), store.writing() as connection:
            connection.execute(text("DELETE FROM audit_log"))
