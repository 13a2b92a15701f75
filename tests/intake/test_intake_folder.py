"""The drop folder: every scan is listed once, what is not taken is named, nobody's files are left alone."""

from __future__ import annotations

import hashlib
import os
import socket
import sys
from pathlib import Path

import pytest
from intake_samples import put

from pipeline.errors import FileError, SetupError
from pipeline.intake.folder import hash_file, list_scans, source_file

HOSTILE = [
    "two words.jpg",
    "quo'te\"s.jpg",
    "line\nbreak.jpg",
    "تسجيل.jpg",
    "rtl\u202egpj.exe",
    "名" * 80 + ".jpg",
    "-rf.jpg",
    "%s{0}.jpg",
    "cafe\u0301.jpg",
    "caf\u00e9.jpg",
]
on_posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot have such names or files")


def paths(folder: Path) -> list[str]:
    return [found.path for found in list_scans(folder).files]


def test_files_of_all_folders_in_natural_order(tmp_path: Path) -> None:
    names = [
        "scan_10.jpg",
        "scan_2.jpg",
        "b/scan_1.pdf",
        "scan_1.jpg",
        "b/c/01.jpg",
        "b/c/1.jpg",
        "a10/x.tif",
        "a9/x.tif",
    ]
    for name in names:
        put(tmp_path, name, name.encode())
    assert paths(tmp_path) == [
        "a9/x.tif",
        "a10/x.tif",
        "b/c/01.jpg",
        "b/c/1.jpg",
        "b/scan_1.pdf",
        "scan_1.jpg",
        "scan_2.jpg",
        "scan_10.jpg",
    ]


def test_hidden_temporary_and_system_names_are_skipped_by_name(tmp_path: Path) -> None:
    clutter = [
        ".DS_Store", "Thumbs.db", "desktop.ini", "~$表.docx", "a.tmp", "b.PART", "c.crdownload", ".gitkeep",
        "README.md", "README", "README.zh-CN.md", "._scan.jpg", ".git/x.jpg", "__MACOSX/x.jpg",
    ]  # fmt: skip
    for name in [*clutter, "scan.jpg", "README.jpg", "readme_1.png", "tmp.jpg", "sub/part.pdf"]:
        put(tmp_path, name, b"x")
    listing = list_scans(tmp_path)
    assert {found.path for found in listing.files} == {
        "scan.jpg",
        "README.jpg",
        "readme_1.png",
        "tmp.jpg",
        "sub/part.pdf",
    }
    assert set(listing.skipped) == {name.split("/")[0] for name in clutter}
    assert not listing.refused


def test_empty_files_are_listed_for_reading_to_refuse(tmp_path: Path) -> None:
    put(tmp_path, "empty.jpg", b"")
    assert [(found.path, found.size) for found in list_scans(tmp_path).files] == [("empty.jpg", 0)]


def test_the_cache_key_changes_with_the_file_and_only_then(tmp_path: Path) -> None:
    path = put(tmp_path, "scan.jpg", b"one")
    (first,) = list_scans(tmp_path).files
    (again,) = list_scans(tmp_path).files
    assert again.key == first.key == ("scan.jpg", 3, path.stat().st_mtime_ns)
    os.utime(path, ns=(0, first.mtime_ns + 1_000_000_000))
    (touched,) = list_scans(tmp_path).files
    assert touched.key != first.key


@on_posix
def test_links_are_refused_by_name_and_not_followed(tmp_path: Path) -> None:
    secret = put(tmp_path, "outside/secret.jpg", b"x").resolve()
    scans = tmp_path / "scans"
    put(scans, "scan.jpg", b"x")
    (scans / "link.jpg").symlink_to(secret)
    (scans / "dangling.jpg").symlink_to(tmp_path / "nowhere")
    (scans / "dir").symlink_to(secret.parent)
    (scans / "loop").symlink_to(scans)
    listing = list_scans(scans)
    assert [found.path for found in listing.files] == ["scan.jpg"]
    assert [(r.path, r.code) for r in listing.refused] == [
        (name, "link_refused") for name in ("dangling.jpg", "dir", "link.jpg", "loop")
    ]
    assert all("请" in r.message for r in listing.refused)


@on_posix
def test_special_files_are_refused(tmp_path: Path) -> None:
    if sys.platform != "win32":
        os.mkfifo(tmp_path / "pipe.jpg")
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(tmp_path / "s.jpg"))
            refused = list_scans(tmp_path).refused
        assert [(r.path, r.code) for r in refused] == [("pipe.jpg", "special_file"), ("s.jpg", "special_file")]


@on_posix
def test_hostile_names_stay_as_they_are_on_disk(tmp_path: Path) -> None:
    for name in HOSTILE:
        put(tmp_path, name, b"x")
    assert sorted(paths(tmp_path)) == sorted(HOSTILE)
    assert all(hash_file(tmp_path / path) for path in paths(tmp_path))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux takes any bytes as a name")
def test_a_name_that_is_no_utf8_is_refused_and_can_be_written_down(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/" + "登记表.jpg".encode("gbk")
    with open(raw, "wb") as stream:  # noqa: PTH123 (a name in bytes)
        stream.write(b"x")
    (refused,) = list_scans(tmp_path).refused
    assert refused.code == "bad_name"
    assert refused.path.encode("utf-8")


def test_the_outputs_folder_inside_is_not_entered_when_excluded(tmp_path: Path) -> None:
    put(tmp_path, "scan.jpg", b"x")
    put(tmp_path, "out/quarantine/bad.jpg", b"x")
    assert [found.path for found in list_scans(tmp_path, exclude=[tmp_path / "out"]).files] == ["scan.jpg"]


def test_a_missing_folder_cannot_be_run(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="扫描文件夹"):
        list_scans(tmp_path / "nowhere")


def test_the_hash_is_sha256_of_the_content(tmp_path: Path) -> None:
    data = b"0123456789" * 300_000
    path = put(tmp_path, "large.bin", data)
    assert hash_file(path) == hashlib.sha256(data).hexdigest()
    (found,) = list_scans(tmp_path).files
    assert source_file(tmp_path, found).sha256 == hash_file(path)
    path.unlink()
    with pytest.raises(FileError) as caught:
        hash_file(path)
    assert caught.value.code == "unreadable_file"
