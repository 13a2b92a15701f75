"""Which files have come to rest: a copy over the network must not be read before it is whole."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from intake_samples import put

from pipeline.intake.folder import FoundFile, list_scans
from pipeline.intake.settle import Settled, is_locked, look_at, wait_until_settled

on_posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has other locks")

_HOLDER = """
import fcntl, sys
stream = open(sys.argv[1], "r+b")
getattr(fcntl, sys.argv[2])(stream, getattr(fcntl, sys.argv[3]))
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def held(path: Path, call: str, kind: str = "LOCK_EX") -> Iterator[None]:
    """Another program holds a lock on the file."""
    command = [sys.executable, "-c", _HOLDER, str(path), call, kind]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield
        holder.communicate()


def settle(folder: Path, meanwhile: object = None) -> Settled:
    """What has settled in the folder while something happens to it between the two looks."""

    def sleep(seconds: float) -> None:
        assert seconds == 2.0
        if callable(meanwhile):
            meanwhile()

    return wait_until_settled(folder, list_scans(folder).files, 2.0, sleep)


def test_what_nobody_writes_is_at_rest(tmp_path: Path) -> None:
    put(tmp_path, "a.jpg", b"whole")
    put(tmp_path, "二季度/b.pdf", b"whole")
    settled = settle(tmp_path)
    assert ([f.path for f in settled.files], settled.waiting) == (["a.jpg", "二季度/b.pdf"], ())


def test_a_file_that_grows_waits_and_no_other(tmp_path: Path) -> None:
    path = put(tmp_path, "a.jpg", b"half")
    put(tmp_path, "b.jpg", b"whole")
    settled = settle(tmp_path, lambda: path.write_bytes(b"half and half"))
    assert ([f.path for f in settled.files], settled.waiting) == (["b.jpg"], ("a.jpg",))


def test_a_file_written_at_its_full_size_waits(tmp_path: Path) -> None:
    """Some programs reserve the size first and fill it afterwards."""
    path = put(tmp_path, "a.jpg", b"\0\0\0\0")
    before = path.stat().st_mtime_ns

    def fill() -> None:
        path.write_bytes(b"full")
        os.utime(path, ns=(before, before + 1_000_000))

    assert settle(tmp_path, fill).waiting == ("a.jpg",)


def test_what_was_taken_away_is_neither_here_nor_waiting(tmp_path: Path) -> None:
    path = put(tmp_path, "a.jpg", b"whole")
    assert settle(tmp_path, path.unlink) == Settled((), ())


@on_posix
def test_what_became_a_link_is_not_followed(tmp_path: Path) -> None:
    path = put(tmp_path, "scans/a.jpg", b"whole")
    secret = put(tmp_path, "secret.jpg", b"whole")

    def swap() -> None:
        path.unlink()
        path.symlink_to(secret)

    assert settle(tmp_path / "scans", swap) == Settled((), ())
    assert look_at(tmp_path / "scans", "a.jpg") is None


@on_posix
@pytest.mark.parametrize("call", ["flock", "lockf"])
def test_a_file_that_a_writer_has_locked_waits_until_the_lock_is_gone(tmp_path: Path, call: str) -> None:
    path = put(tmp_path, "a.jpg", b"whole")
    with held(path, call):
        assert settle(tmp_path).waiting == ("a.jpg",)
    assert [f.path for f in settle(tmp_path).files] == ["a.jpg"]


@on_posix
def test_who_only_reads_is_not_in_the_way(tmp_path: Path) -> None:
    path = put(tmp_path, "a.jpg", b"whole")
    with held(path, "flock", "LOCK_SH"):
        assert settle(tmp_path).waiting == ()


@on_posix
def test_to_ask_for_a_lock_leaves_none_behind(tmp_path: Path) -> None:
    path = put(tmp_path, "a.jpg", b"whole")
    assert not is_locked(path)
    with held(path, "flock"), held(path, "lockf"):
        pass


def test_what_cannot_be_opened_is_not_locked(tmp_path: Path) -> None:
    """Reading it will say what is wrong with it."""
    assert not is_locked(tmp_path / "gone.jpg")


def test_where_there_is_nothing_new_nobody_waits(tmp_path: Path) -> None:
    def sleep(seconds: float) -> None:
        raise AssertionError("waited")

    assert wait_until_settled(tmp_path, [], 2.0, sleep) == Settled((), ())
    path = put(tmp_path, "a.jpg", b"whole")
    info = path.stat()
    found = FoundFile("a.jpg", info.st_size, info.st_mtime_ns)
    assert wait_until_settled(tmp_path, [found], 0.0, sleep).files == (found,)
