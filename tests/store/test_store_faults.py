"""Two who write at once, and programs that are killed: nothing lost, nothing half-written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from store_samples import agreement, registration, stat

from pipeline.scanned import ReadDocument
from pipeline.store import ConflictError, Store, open_store

VICTIM = """
# For each number read from the input, a child saves documents and is killed after so many writes.
import os, signal, sys
sys.path.insert(0, sys.argv[2])
from sqlalchemy import event
from store_samples import registration, stat
from pipeline.scanned import ReadDocument
from pipeline.store import open_store

def save(countdown):
    store = open_store(sys.argv[1])

    @event.listens_for(store._engine, "after_cursor_execute")
    def after(connection, cursor, statement, *_):
        nonlocal countdown
        if statement.startswith(("INSERT", "UPDATE", "DELETE")):
            countdown -= 1
            if countdown == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    documents = [ReadDocument(registration("feeder.pdf", page=p, name="新名")) for p in (1, 2, 3)]
    supersedes = {registration("feeder.pdf", page=4).document_id: documents[2].record.document_id}
    store.save_documents(documents, files=[stat("feeder.pdf")], supersedes=supersedes)

for line in sys.stdin:
    child = os.fork()
    if child == 0:
        save(int(line))
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no SIGKILL and fork on Windows")
def test_a_kill_in_mid_transaction_leaves_nothing_half_written(store: Store, url: str) -> None:
    """Killed after the 1st, 4th, ... write of a reading that replaces another: each time as if never begun."""
    old = [ReadDocument(registration("feeder.pdf", page=p)) for p in (1, 4)]
    store.save_documents(old, files=[stat("feeder.pdf", "old")])
    before, audit = list(store.records()), store.audit_entries()
    command = [sys.executable, "-c", VICTIM, url, str(Path(__file__).parent)]
    statuses = []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as victim:
        assert victim.stdin is not None
        assert victim.stdout is not None
        for countdown in range(1, 100, 3):
            victim.stdin.write(f"{countdown}\n")
            victim.stdin.flush()
            statuses.append(int(victim.stdout.readline()))
            if statuses[-1] != -signal.SIGKILL:
                break
            assert list(store.records()) == before
            assert store.audit_entries() == audit
            assert store.known_files()["feeder.pdf"].sha256 == stat("feeder.pdf", "old").sha256
        victim.stdin.close()
    assert statuses[-1] == 0
    assert len(statuses) > 6
    assert [r.pages for r in store.records()] == [[[1]], [[2]], [[3]]]
    assert {r.fields["name"].value for r in store.records()} == {"新名"}


def test_an_error_half_way_undoes_the_whole(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("half way")

    with monkeypatch.context() as patch:
        patch.setattr("pipeline.store.saving.audit.append", fail)
        with pytest.raises(RuntimeError, match="half way"):
            store.save_record(registration(), files=[stat("scan_1.jpg")])
    assert (store.record_count(), store.known_files(), store.audit_entries()) == (0, {}, [])


def together(*work: Callable[[], None]) -> list[BaseException]:
    """Run all at once; what any of them raised."""
    failures: list[BaseException] = []
    gate = threading.Barrier(len(work))

    def run(one: Callable[[], None]) -> None:
        gate.wait()
        try:
            one()
        except BaseException as error:  # noqa: BLE001 - told to the main thread
            failures.append(error)

    threads = [threading.Thread(target=run, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_two_connections_write_at_once(store: Store, url: str) -> None:
    def write(name: str) -> None:
        with open_store(url) as own:
            for i in range(12):
                path = f"{name}_{i}.jpg"
                own.save_record(registration(path), files=[stat(path)])
                own.save_record(agreement(), files=[stat("agreement_1.jpg"), stat("agreement_2.jpg")])

    def read() -> None:
        for _ in range(12):
            for record in store.records():
                assert len(record.fields) in (2, 5)

    assert together(lambda: write("a"), lambda: write("b"), read) == []
    assert store.record_count() == 25
    stored = store.stored_document(agreement().document_id)
    assert stored is not None
    assert stored.revision == 24
    assert len(store.audit_entries(action="document_reread")) == 23


def test_of_two_who_correct_at_once_one_is_told(store: Store, url: str) -> None:
    record = registration()
    store.save_record(record, files=[stat("scan_1.jpg")])
    with open_store(url) as other:
        failures = together(
            lambda: void(store.correct(record.document_id, "name", "甲", "甲", 1)),
            lambda: void(other.correct(record.document_id, "name", "乙", "乙", 1)),
        )
    assert [type(f) for f in failures] == [ConflictError]
    [entry] = store.corrections()
    found = store.record(record.document_id)
    assert found is not None
    assert found.fields["name"].value == entry.new_value == entry.actor


def test_a_correction_made_during_a_reading_is_not_lost(store: Store, url: str) -> None:
    record = registration()
    store.save_record(record, files=[stat("scan_1.jpg")])

    def reread() -> None:
        with open_store(url) as own:
            for _ in range(10):
                own.save_record(registration(), files=[stat("scan_1.jpg")])

    def correct() -> None:
        for number in range(1000):
            stored = store.stored_document(record.document_id)
            assert stored is not None
            try:
                store.correct(record.document_id, "name", "更正", "李核对", stored.revision)
            except ConflictError:
                continue
            assert number < 999
            return

    assert together(reread, correct) == []
    found = store.record(record.document_id)
    assert found is not None
    assert found.fields["name"].value == "更正"


def void(_: object) -> None:
    """Take a result and give none."""
