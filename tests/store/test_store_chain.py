"""The chain of the audit log: any line that is changed, put in, taken out or cut off tells."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Connection, text
from store_samples import registration, stat

from pipeline.store import ChainFault, ChainFaultKind, Store, audit, open_store
from pipeline.store.chain import line_hash

TIME = datetime(2026, 3, 1, 22, 0, 0, 250000, tzinfo=UTC)


def fill(store: Store, lines: int = 6) -> None:
    for number in range(lines):
        store.audit("looked", "李核对", document_id=f"{number}", path="姓名", number=number)


@contextmanager
def unguarded(store: Store) -> Iterator[Connection]:
    """Past the triggers, as somebody with the database's password would."""
    with store.writing() as connection:
        if store.kind == "sqlite":
            for what in ("update", "delete", "replace"):
                connection.execute(text(f"DROP TRIGGER audit_log_no_{what}"))
        else:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        yield connection


def test_the_rule_is_what_the_books_say() -> None:
    """Written out once more: another program must be able to check the log."""
    line = [7, "2026-03-01T22:00:00.250000+00:00", "李核对", "corrected", "d1", None, {"a": [1, True], "b": "乙"}]
    said = json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    known = "ab" * 32
    expected = hashlib.sha256(f"{known}\n{said}".encode()).hexdigest()
    beijing = TIME.astimezone(timezone(timedelta(hours=8)))
    for moment in (TIME, beijing):
        given = {"b": "乙", "a": (1, True)}
        assert line_hash(known, 7, moment, "李核对", "corrected", "d1", None, given) == expected


def test_every_line_hangs_on_the_one_before(store: Store) -> None:
    assert (store.chain_head(), store.check_chain()) == ((0, ""), None)
    heads = []
    for _ in range(3):
        fill(store, 1)
        heads.append(store.chain_head())
        assert store.check_chain() is None
    assert [seq for seq, _ in heads] == [1, 2, 3]
    assert len({digest for _, digest in heads}) == 3


def test_odd_lines_are_checked_as_they_were_written(store: Store) -> None:
    store.audit("odd", "李\x00\ud800\x10", document_id="d", path="\x10", detail_of="\u2028\ud800", half=0.1, none=None)
    store.audit("numbers", "x", keys={3: "a", 20: "b", "x": {"z": 1, "a": [(1, 2)]}})
    assert store.check_chain() is None


ALTERED, MISSING, CUT = ChainFaultKind.ALTERED, ChainFaultKind.MISSING, ChainFaultKind.CUT
TAMPERED: dict[str, tuple[str, list[ChainFault]]] = {
    "actor": ("UPDATE audit_log SET actor = 'x' WHERE seq = 3", [ChainFault(3, ALTERED)]),
    "action": ("UPDATE audit_log SET action = 'x' WHERE seq = 1", [ChainFault(1, ALTERED)]),
    "document": ("UPDATE audit_log SET document_id = NULL WHERE seq = 6", [ChainFault(6, ALTERED)]),
    "path": ("UPDATE audit_log SET path = NULL WHERE seq = 4", [ChainFault(4, ALTERED)]),
    "detail": ("UPDATE audit_log SET detail = '{}' WHERE seq = 4", [ChainFault(4, ALTERED)]),
    "time": ("UPDATE audit_log SET time = '2026-01-01 00:00:00.000000' WHERE seq = 2", [ChainFault(2, ALTERED)]),
    "hash": ("UPDATE audit_log SET hash = '' WHERE seq = 2", [ChainFault(2, ALTERED), ChainFault(3, ALTERED)]),
    "two": ("UPDATE audit_log SET actor = 'x' WHERE seq IN (2, 5)", [ChainFault(2, ALTERED), ChainFault(5, ALTERED)]),
    "taken out": ("DELETE FROM audit_log WHERE seq IN (2, 3)", [ChainFault(4, MISSING)]),
    "the first": ("DELETE FROM audit_log WHERE seq = 1", [ChainFault(2, MISSING)]),
    "cut off": ("DELETE FROM audit_log WHERE seq > 4", [ChainFault(4, CUT)]),
    "all of it": ("DELETE FROM audit_log", [ChainFault(0, CUT)]),
    "taken out and closed up": (
        "DELETE FROM audit_log WHERE seq = 3; UPDATE audit_log SET seq = seq - 1 WHERE seq > 3",
        [ChainFault(3, ALTERED), ChainFault(4, ALTERED), ChainFault(5, ALTERED), ChainFault(5, CUT)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", TAMPERED)
def test_tampering_tells(store: Store, what: str) -> None:
    fill(store)
    statements, faults = TAMPERED[what]
    with unguarded(store) as connection:
        for statement in statements.split("; "):
            connection.execute(text(statement))
    assert store.chain_faults(limit=9) == faults
    assert store.check_chain() == faults[0]
    assert store.chain_faults(limit=1) == faults[:1]


def test_lines_cut_off_still_tell_once_others_followed(store: Store) -> None:
    fill(store)
    with unguarded(store) as connection:
        connection.execute(text("DELETE FROM audit_log WHERE seq > 4"))
    fill(store, 2)
    assert [e.seq for e in store.audit_entries()] == [1, 2, 3, 4, 7, 8]
    if store.kind == "sqlite":  # by the gap, which there is only where lines were deleted
        assert store.examine(fast=True).audit_gaps == ((5, 6),)


def test_a_deed_that_is_undone_leaves_no_line(store: Store) -> None:
    fill(store, 2)
    with pytest.raises(ZeroDivisionError), store.writing() as connection:
        audit.append(connection, "looked", "李核对")
        raise ZeroDivisionError
    fill(store, 1)
    assert [e.seq for e in store.audit_entries()] == [1, 2, 3]
    assert store.check_chain() is None


def test_writers_at_once_write_one_chain(store: Store, url: str) -> None:
    failures: list[BaseException] = []

    def write(name: str) -> None:
        try:
            with open_store(url) as own:
                for number in range(15):
                    own.save_record(registration(f"{name}{number}.jpg"), files=[stat(f"{name}{number}.jpg")])
                    own.note_shown([name, f"{name}2"], name, "strip")
        except BaseException as error:  # noqa: BLE001 - told to the main thread
            failures.append(error)

    threads = [threading.Thread(target=write, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert [e.seq for e in store.audit_entries()] == list(range(1, 136))
    assert store.check_chain() is None


def test_many_lines_in_one_deed(store: Store) -> None:
    store.note_shown([f"{n}" for n in range(5000)], "李核对", "strip")
    assert store.chain_head()[0] == 5000
    assert store.check_chain() is None
