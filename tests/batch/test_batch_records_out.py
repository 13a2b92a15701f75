"""``records.jsonl`` in stretches: whatever happens to a store, the bytes are those of all records written anew."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from pipeline.batch.crosscheck import cross_check
from pipeline.batch.records_out import write_records_file
from pipeline.batch.weigh import Rules, weigh_stored
from pipeline.definitions import Forms
from pipeline.dictionaries import Dictionaries
from pipeline.ledgers import splice as splicing
from pipeline.ledgers.atomic import CannotWriteError
from pipeline.ledgers.jsonl import write_records
from pipeline.settings import Acceptance
from pipeline.store import Store
from tests.conftest import TODAY
from tests.support.folders import Folders
from tests.support.store_life import CALIBRATION, Life


@pytest.fixture
def measure(forms: Forms, dictionaries: Dictionaries) -> Rules:
    return Rules(forms, dictionaries, Acceptance(target=0.9, strict=0.99), CALIBRATION, TODAY)


def _whole(store: Store, folder: Path) -> bytes:
    return write_records(store.records(), folder / "whole.jsonl").read_bytes()


@pytest.mark.parametrize("seed", range(4))
def test_stretches_are_as_the_whole(
    seed: int, folders: Folders, store: Store, measure: Rules, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    life, lines = Life(seed, folders, store), []
    monkeypatch.setattr(splicing, "line", lambda record, made=splicing.line: (lines.append(record), made(record))[1])
    for _ in range(15):
        for _ in range(life.chance.randrange(1, 6)):
            life.happen()
        weigh_stored(store, measure)
        cross_check(store, measure.forms, measure.dictionaries)
        path = write_records_file(store, folders.outputs)
        assert path.read_bytes() == _whole(store, tmp_path)
    assert lines  # some were written in stretches


def test_only_what_changed_is_written(
    folders: Folders, store: Store, measure: Rules, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = Life(5, folders, store)
    for _ in range(10):
        life.arrive()
    cross_check(store, measure.forms, measure.dictionaries)
    path = write_records_file(store, folders.outputs)
    before = path.stat()
    assert write_records_file(store, folders.outputs).stat() == before  # nothing changed: not even opened for writing
    written: list[str] = []
    monkeypatch.setattr(
        splicing, "line", lambda record, made=splicing.line: (written.append(record.document_id), made(record))[1]
    )
    record = next(r for r in life.live if "employer" in r.fields)
    store.correct(record.document_id, "employer", "山东公用集团", "李核对", 1)
    write_records_file(store, folders.outputs)
    assert written == [record.document_id]


def test_a_file_that_somebody_changed_is_written_as_a_whole(folders: Folders, store: Store, tmp_path: Path) -> None:
    life = Life(6, folders, store)
    for _ in range(5):
        life.arrive()
    path = write_records_file(store, folders.outputs)
    for broken in (b"", b"not ours\n", path.read_bytes()[:-20]):
        path.write_bytes(broken)
        life.arrive()
        assert write_records_file(store, folders.outputs).read_bytes() == _whole(store, tmp_path)
    path.unlink()
    assert write_records_file(store, folders.outputs).read_bytes() == _whole(store, tmp_path)


@pytest.mark.parametrize("fault", [errno.EXDEV, errno.EOPNOTSUPP, None])
def test_where_the_system_cannot_copy_the_program_does(
    fault: int | None, folders: Folders, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = Life(7, folders, store)
    for _ in range(6):
        life.arrive()
    write_records_file(store, folders.outputs)

    def cannot(*_: object) -> int:
        assert fault is not None
        raise OSError(fault, "no")

    if fault is None:
        monkeypatch.delattr(os, "copy_file_range", raising=False)
    else:
        monkeypatch.setattr(os, "copy_file_range", cannot, raising=False)
    life.arrive()
    assert write_records_file(store, folders.outputs).read_bytes() == _whole(store, tmp_path)


def test_a_full_disk_is_not_taken_for_a_system_that_cannot_copy(
    folders: Folders, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = Life(8, folders, store)
    for _ in range(6):
        life.arrive()
    before = write_records_file(store, folders.outputs).read_bytes()

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "copy_file_range", full, raising=False)
    life.arrive()
    with pytest.raises(CannotWriteError):
        write_records_file(store, folders.outputs)
    assert (folders.outputs / "records.jsonl").read_bytes() == before
