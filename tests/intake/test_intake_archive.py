"""The archive: what stands under a hash is that content, whole, whatever happens while it is written."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import sys
from pathlib import Path

import pytest
from intake_samples import put

from pipeline.errors import FileError
from pipeline.intake.archive import Archive, ChangedError

CONTENT = b"a scan" * 100_000
SHA = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return put(tmp_path, "scans/登记表.jpg", CONTENT)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "outputs")


def files(archive: Archive) -> list[str]:
    return sorted(p.relative_to(archive.folder).as_posix() for p in archive.folder.rglob("*") if p.is_file())


def test_a_content_lies_unchanged_under_its_hash(archive: Archive, source: Path) -> None:
    kept = archive.keep(source, SHA, ".jpg")
    assert files(archive) == [f"{SHA[:2]}/{SHA}.jpg"]
    assert kept == archive.path_of(SHA, ".jpg") == archive.find(SHA)
    assert kept.read_bytes() == source.read_bytes() == CONTENT
    assert archive.holds(SHA)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_it_is_there_to_be_read_only_and_not_by_everyone(archive: Archive, source: Path) -> None:
    assert stat.S_IMODE(archive.keep(source, SHA).stat().st_mode) == 0o440


def test_a_content_is_kept_once_whatever_its_file_is_called(archive: Archive, source: Path) -> None:
    first = archive.keep(source, SHA, ".jpg")
    written = first.stat().st_mtime_ns
    assert archive.keep(source, SHA, ".jpeg") == first
    assert (files(archive), first.stat().st_mtime_ns) == ([f"{SHA[:2]}/{SHA}.jpg"], written)


def test_what_is_kept_needs_its_file_no_more(archive: Archive, source: Path) -> None:
    first = archive.keep(source, SHA)
    source.unlink()
    assert archive.keep(source, SHA) == first


def test_a_file_that_has_another_content_by_now_is_not_kept(archive: Archive, source: Path) -> None:
    source.write_bytes(b"overwritten")
    with pytest.raises(ChangedError) as caught:
        archive.keep(source, SHA, ".jpg")
    assert caught.value.code == "file_changed"
    assert (files(archive), archive.find(SHA)) == ([], None)


def test_a_file_that_is_gone_is_a_fault_of_the_file(archive: Archive, source: Path) -> None:
    source.unlink()
    with pytest.raises(FileError) as caught:
        archive.keep(source, SHA)
    assert caught.value.code == "unreadable_file"
    assert files(archive) == []


def test_a_disk_that_is_full_leaves_nothing_behind(
    archive: Archive, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(OSError, match="space"):
            archive.keep(source, SHA, ".jpg")
    assert (files(archive), archive.find(SHA)) == ([], None)
    assert archive.keep(source, SHA, ".jpg").read_bytes() == CONTENT


def test_what_a_killed_batch_left_half_written_is_no_content(archive: Archive, source: Path) -> None:
    half = archive.path_of(SHA).with_name(f".{SHA}.jpg.4711.part")
    half.parent.mkdir(parents=True)
    half.write_bytes(CONTENT[:1000])
    assert (archive.find(SHA), archive.holds(SHA), list(archive.contents())) == (None, False, [])
    kept = archive.keep(source, SHA, ".jpg")
    assert list(archive.contents()) == [kept]


def test_what_decayed_on_disk_is_told_from_what_its_name_says(archive: Archive, source: Path) -> None:
    kept = archive.keep(source, SHA)
    kept.chmod(0o640)
    kept.write_bytes(CONTENT[:-1] + b"?")
    assert archive.find(SHA) == kept
    assert not archive.holds(SHA)


def test_a_content_can_be_destroyed_once(archive: Archive, source: Path) -> None:
    archive.keep(source, SHA, ".jpg")
    assert archive.drop(SHA)
    assert not archive.drop(SHA)
    assert (files(archive), archive.holds(SHA)) == ([], False)


def test_what_has_no_hash_is_not_in_the_archive(archive: Archive, source: Path) -> None:
    """A file that could not be read has none: it must not be taken for kept, and removed where it lies."""
    archive.keep(source, SHA, ".jpg")
    assert archive.find("") is None
    assert not archive.holds("")
    assert not archive.drop("")
    assert files(archive) == [f"{SHA[:2]}/{SHA}.jpg"]
