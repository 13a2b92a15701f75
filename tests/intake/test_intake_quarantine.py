"""Quarantine: a copy and a note for each bad file, under names any system takes."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from intake_samples import put
from test_intake_folder import HOSTILE

from pipeline.intake.quarantine import kept_copy, quarantine, read_notes, release, safe_name

SHA = "ab" * 32
RESERVED = ["CON.jpg", "nul", "com1.pdf", "LPT9.tar.jpg", "aux .jpg"]


def held(outputs: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (outputs / "quarantine").iterdir()}


def test_a_copy_and_a_note(tmp_path: Path) -> None:
    source = put(tmp_path, "scans/sub/坏 文件.jpg", b"bad")
    note = quarantine(source, "sub/坏 文件.jpg", SHA, "corrupt_file", "请重新扫描。", tmp_path / "out")
    content = json.loads(note.read_text(encoding="utf-8"))
    assert list(content) == ["file", "sha256", "code", "message", "time"]
    assert {key: content[key] for key in ("file", "sha256", "code", "message")} == {
        "file": "sub/坏 文件.jpg",
        "sha256": SHA,
        "code": "corrupt_file",
        "message": "请重新扫描。",
    }
    assert datetime.fromisoformat(content["time"]).tzinfo is not None
    copy = note.with_suffix("")
    assert copy.read_bytes() == b"bad"
    assert copy.name.startswith("坏 文件")
    assert copy.suffix == ".jpg"
    assert source.exists()
    assert set(held(tmp_path / "out")) == {note.name, copy.name}
    assert read_notes(tmp_path / "out") == [content]


def test_the_same_again_changes_nothing(tmp_path: Path) -> None:
    source = put(tmp_path, "a.jpg", b"bad")
    first = quarantine(source, "a.jpg", SHA, "corrupt_file", "请重新扫描。", tmp_path)
    before = {path: path.stat().st_mtime_ns for path in first.parent.iterdir()}
    assert quarantine(source, "a.jpg", SHA, "corrupt_file", "请重新扫描。", tmp_path) == first
    assert {path: path.stat().st_mtime_ns for path in first.parent.iterdir()} == before


def test_a_new_failure_of_the_same_file_replaces_the_old_one(tmp_path: Path) -> None:
    source = put(tmp_path, "a.jpg", b"bad")
    quarantine(source, "a.jpg", SHA, "corrupt_file", "一", tmp_path)
    source.write_bytes(b"still bad")
    quarantine(source, "a.jpg", "cd" * 32, "truncated_file", "二", tmp_path)
    (note,) = read_notes(tmp_path)
    assert (note["sha256"], note["code"], note["message"]) == ("cd" * 32, "truncated_file", "二")
    assert b"still bad" in held(tmp_path).values()
    assert len(held(tmp_path)) == 2


def test_the_same_name_in_two_folders_and_the_same_content_twice_stay_apart(tmp_path: Path) -> None:
    for name in ("a/x.jpg", "b/x.jpg", "x.jpg", "X.jpg"):
        quarantine(put(tmp_path, "scans/x.jpg", name.encode()), name, SHA, "corrupt_file", "请", tmp_path)
    assert [note["file"] for note in read_notes(tmp_path)] == ["X.jpg", "a/x.jpg", "b/x.jpg", "x.jpg"]
    assert len({name.lower() for name in held(tmp_path)}) == 8


@pytest.mark.parametrize("code", ["too_many_bytes", "link_refused", "special_file"])
def test_what_must_not_be_copied_is_noted_and_says_so(tmp_path: Path, code: str) -> None:
    source = put(tmp_path, "big.pdf", b"x" * 100)
    for _ in range(2):
        note = quarantine(source, "big.pdf", "", code, "请压缩。", tmp_path)
    assert "未复制" in read_notes(tmp_path)[0]["message"]
    assert set(held(tmp_path)) == {note.name}


def test_a_file_that_is_gone_is_noted(tmp_path: Path) -> None:
    first = quarantine(tmp_path / "gone.jpg", "gone.jpg", "", "unreadable_file", "请", tmp_path)
    written = first.stat().st_mtime_ns
    quarantine(tmp_path / "gone.jpg", "gone.jpg", "", "unreadable_file", "请", tmp_path)
    assert first.stat().st_mtime_ns == written
    assert "未复制" in read_notes(tmp_path)[0]["message"]


def test_the_only_copy_left_outlasts_another_failure(tmp_path: Path) -> None:
    """The file was moved into quarantine, tried again from there, and failed in another way."""
    source = put(tmp_path, "a.jpg", b"bad")
    quarantine(source, "a.jpg", SHA, "corrupt_file", "请", tmp_path)
    source.unlink()
    quarantine(source, "a.jpg", SHA, "timed_out", "请", tmp_path)
    (note,) = read_notes(tmp_path)
    assert (note["code"], note["message"]) == ("timed_out", "请")
    copy = kept_copy("a.jpg", SHA, tmp_path)
    assert copy is not None
    assert copy.read_bytes() == b"bad"


def test_the_copy_of_another_content_is_not_kept_for_a_file_that_is_gone(tmp_path: Path) -> None:
    source = put(tmp_path, "a.jpg", b"bad")
    quarantine(source, "a.jpg", SHA, "corrupt_file", "请", tmp_path)
    source.unlink()
    for other in ("cd" * 32, ""):
        quarantine(source, "a.jpg", other, "unreadable_file", "请", tmp_path)
        assert kept_copy("a.jpg", other, tmp_path) is None
        assert "未复制" in read_notes(tmp_path)[0]["message"]


def test_a_copy_is_found_by_name_and_content(tmp_path: Path) -> None:
    quarantine(put(tmp_path, "a.jpg", b"bad"), "a.jpg", SHA, "corrupt_file", "请", tmp_path)
    assert kept_copy("a.jpg", SHA, tmp_path) is not None
    assert kept_copy("a.jpg", "cd" * 32, tmp_path) is None
    assert kept_copy("b.jpg", SHA, tmp_path) is None


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
def test_a_link_is_never_copied(tmp_path: Path) -> None:
    secret = put(tmp_path, "secret.txt", b"secret")
    link = tmp_path / "scan.jpg"
    link.symlink_to(secret)
    quarantine(link, "scan.jpg", "", "corrupt_file", "请", tmp_path / "out")
    assert b"secret" not in held(tmp_path / "out").values()


def test_release_takes_note_and_copy_away_and_no_other(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg"):
        quarantine(put(tmp_path, name, b"bad"), name, SHA, "corrupt_file", "请", tmp_path / "out")
    assert release("a.jpg", tmp_path / "out")
    assert not release("a.jpg", tmp_path / "out")
    assert [note["file"] for note in read_notes(tmp_path / "out")] == ["b.jpg"]
    assert len(held(tmp_path / "out")) == 2


def test_no_quarantine_yet(tmp_path: Path) -> None:
    assert read_notes(tmp_path) == []
    assert not release("a.jpg", tmp_path)


def test_a_quarantined_json_file_is_not_taken_for_a_note(tmp_path: Path) -> None:
    forged = {"file": "other.jpg", "sha256": SHA, "code": "x", "message": "y", "time": "z"}
    source = put(tmp_path, "data.json", json.dumps(forged).encode())
    quarantine(source, "data.json", SHA, "not_an_image", "请", tmp_path)
    put(tmp_path, "quarantine/broken.json", b"{")
    assert [note["file"] for note in read_notes(tmp_path)] == ["data.json"]


@pytest.mark.parametrize("name", [*HOSTILE, *RESERVED, "a/../../etc/passwd", "..", "x.", " ", "x.jpg ", "x" * 300])
def test_hostile_names(tmp_path: Path, name: str) -> None:
    source = put(tmp_path, "source.bin", b"bad")
    note = quarantine(source, name, SHA, "corrupt_file", "请", tmp_path / "out")
    assert note.parent == tmp_path / "out" / "quarantine"
    assert read_notes(tmp_path / "out")[0]["file"] == name
    assert len(held(tmp_path / "out")) == 2
    assert release(name, tmp_path / "out")
    assert held(tmp_path / "out") == {}


@given(st.text(min_size=1, max_size=300))
def test_safe_names_are_safe_everywhere(name: str) -> None:
    safe = safe_name(name)
    assert not set(safe) & set('<>:"/\\|?*')
    assert safe.isprintable()
    assert safe == safe.strip(" .")
    assert len(safe) <= 90
    assert len(safe.encode("utf-8")) <= 180
    assert safe.partition(".")[0].upper().rstrip() not in {"CON", "NUL", "AUX", "PRN", "COM1", "LPT1"}


def test_different_paths_have_different_safe_names() -> None:
    names = ["a/x.jpg", "b/x.jpg", "x.jpg", "X.JPG", "x?.jpg", "x*.jpg", "名" * 200 + "1.jpg", "名" * 200 + "2.jpg"]
    assert len({safe_name(name).lower() for name in names}) == len(names)
