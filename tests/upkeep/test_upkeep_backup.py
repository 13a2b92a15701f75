"""``backup``: one file that holds everything, whole, or no file at all."""

from __future__ import annotations

import io
import os
import stat
import subprocess
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from upkeep_office import PASSPHRASE, Office, files_under, listing

from pipeline.batch.lock import sole_batch
from pipeline.batch.run import open_database
from pipeline.intake.archive import Archive
from pipeline.settings import ROOT
from pipeline.store import Store
from pipeline.upkeep import backup, bundle, cipher, disk
from pipeline.upkeep.backup import BackupReport, back_up
from pipeline.upkeep.bundle import BundleWriter, is_member_name, read_bundle
from pipeline.upkeep.cipher import CHUNK, HEADER_SIZE, TAG
from pipeline.upkeep.faults import BackupError
from pipeline.upkeep.unpack import unpack
from tests.support.command import Result

Command = Callable[..., Result]


def make(office: Office, target: Path) -> BackupReport:
    return back_up(office.settings(), ROOT / "pipeline.toml", target, PASSPHRASE)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder / "备份.bak"


def test_it_holds_everything(office: Office, target: Path, tmp_path: Path) -> None:
    report = make(office, target)
    manifest = unpack(target, PASSPHRASE, tmp_path / "unpacked")
    held = files_under(tmp_path / "unpacked")
    for name, content in files_under(office.outputs / "archive").items():
        assert held[f"archive/{name}"] == content
    for name, content in files_under(office.outputs / "quarantine").items():
        assert held[f"quarantine/{name}"] == content
    assert held["calibration.json"] == (office.outputs / "calibration.json").read_bytes()
    assert held["dictionaries/units.csv"] == (office.outputs / "dictionaries/units.csv").read_bytes()
    assert held["settings/pipeline.toml"] == (ROOT / "pipeline.toml").read_bytes()
    assert held["settings/forms/agreement.yaml"] == (ROOT / "models/forms/agreement.yaml").read_bytes()
    assert held["settings/dictionaries/units.csv"] == (ROOT / "models/dictionaries/units.csv").read_bytes()
    assert {m["name"]: m["size"] for m in manifest["members"]} == {n: len(c) for n, c in held.items()}
    assert manifest["tables"]["documents"] == report.documents == 5
    assert report.originals == 6
    assert (report.missing, report.altered, report.pending) == ((), (), 0)
    assert report.size == target.stat().st_size


def test_it_is_for_the_owner_and_the_group_and_tells_nothing(office: Office, target: Path) -> None:
    make(office, target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    content = target.read_bytes()
    for name in ("database.sqlite", "archive/", "calibration", "manifest", "SQLite format", "王建国"):
        assert name.encode() not in content


def test_nothing_is_left_beside_it(office: Office, target: Path) -> None:
    before = listing(office.outputs)
    make(office, target)
    assert listing(target.parent) == {target.name}
    assert listing(office.outputs) == before


def test_it_is_written_down_without_a_name(office: Office, target: Path) -> None:
    make(office, target)
    with office.store() as store:
        [entry] = store.audit_entries(action="backed_up")
    assert entry.detail == {"documents": 5, "originals": 6}


def test_an_existing_file_is_never_overwritten(
    office: Office, target: Path, monkeypatch: pytest.MonkeyPatch, command: Command
) -> None:
    target.write_text("an older backup")
    for _ in range(2):
        shown = command("backup", target, *office.options)
        assert shown.code == 2
        assert "已存在" in shown.err
    target.unlink()

    def appears(*arguments: Any) -> dict[str, Any]:
        target.write_text("of somebody else")
        return unpack(*arguments)

    monkeypatch.setattr(backup, "unpack", appears)
    for link in (os.link, lambda *_: (_ for _ in ()).throw(OSError(1, "no hard links here"))):
        monkeypatch.setattr(disk.os, "link", link)
        target.unlink(missing_ok=True)
        with pytest.raises(BackupError, match="不会覆盖"):
            make(office, target)
        assert target.read_text() == "of somebody else"
        assert listing(target.parent) == {target.name}


def test_a_disk_without_hard_links_will_do(office: Office, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk.os, "link", lambda *_: (_ for _ in ()).throw(OSError(1, "Operation not permitted")))
    make(office, target)
    assert unpack(target, PASSPHRASE)["tables"]["documents"] == 5


@pytest.mark.parametrize("place", ["no folder", "scans", "read-only"])
def test_a_place_that_will_not_do_is_explained(office: Office, target: Path, place: str) -> None:
    where = {"no folder": target.parent / "gone" / "a.bak", "scans": office.scans / "a.bak"}.get(place, target)
    if place == "read-only":
        if os.geteuid() == 0:
            pytest.skip("root may write anywhere")
        target.parent.chmod(0o500)
    with pytest.raises(BackupError) as caught:
        make(office, where)
    assert caught.value.code == "cannot_write"
    assert not where.exists()


@pytest.mark.parametrize("moment", ["snapshot", "members", "reading back"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left on device"), OSError(5, "I/O error")])
def test_an_interrupted_backup_leaves_nothing(
    office: Office, target: Path, monkeypatch: pytest.MonkeyPatch, moment: str, error: Any
) -> None:
    before = listing(office.outputs)
    add = BundleWriter.add

    def stop(*_: Any, **__: Any) -> Any:
        raise error

    if moment == "snapshot":
        monkeypatch.setattr(Store, "snapshot", stop)
    elif moment == "members":
        monkeypatch.setattr(BundleWriter, "add", lambda s, n, p: stop() if n.startswith("archive/") else add(s, n, p))
    else:
        monkeypatch.setattr(backup, "unpack", stop)
    with pytest.raises((KeyboardInterrupt, BackupError)) as caught:
        make(office, target)
    if isinstance(caught.value, BackupError):
        assert "磁盘" in caught.value.message
    assert listing(target.parent) == set()
    assert listing(office.outputs) == before
    monkeypatch.undo()
    monkeypatch.setattr(cipher, "LOG2_N", 8)
    make(office, target)


def test_what_a_killed_backup_left_is_cleared_away(office: Office, target: Path) -> None:
    left = office.outputs / ".backup-abc"
    left.mkdir()
    (left / "database.sqlite").write_text("data in the clear")
    target.with_name(f".{target.name}.part").write_text("half")
    make(office, target)
    assert not left.exists()
    assert listing(target.parent) == {target.name}


def test_a_backup_that_reads_back_otherwise_is_thrown_away(
    office: Office, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoiled(partial: Path, passphrase: str) -> dict[str, Any]:
        with partial.open("r+b") as stream:
            stream.seek(1000)
            stream.write(b"bad sector")
        return unpack(partial, passphrase)

    monkeypatch.setattr(backup, "unpack", spoiled)
    with pytest.raises(BackupError, match="读不回来") as caught:
        make(office, target)
    assert caught.value.code == "not_verified"
    assert listing(target.parent) == set()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode:
        pytest.skip("cannot mount a small disk here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("foreseen", [True, False])
def test_a_full_disk_is_told_and_nothing_is_left(
    office: Office, small_disk: Path, monkeypatch: pytest.MonkeyPatch, command: Command, foreseen: bool
) -> None:
    if not foreseen:
        monkeypatch.setattr(backup, "require_room", lambda *_: None)
    shown = command("backup", small_disk / "a.bak", *office.options)
    assert shown.code == 2
    assert "空间不足" in shown.err if foreseen else "磁盘已满" in shown.err
    assert listing(small_disk) == set()


def test_originals_that_are_missing_or_altered_are_told(office: Office, target: Path, command: Command) -> None:
    first, second, *_ = Archive(office.outputs).contents()
    first.unlink()
    second.chmod(0o640)
    second.write_bytes(b"rotten")
    office.read("neu.jpg", content="not archived yet", archived=False)
    shown = command("backup", target, *office.options, "--json")
    assert shown.code == 1
    report = shown.json()
    assert report["missing"] == [first.name[:64]]
    assert report["altered"] == [second.name[:64]]
    assert (report["originals"], report["pending"]) == (5, 1)
    manifest = unpack(target, PASSPHRASE)
    assert (manifest["missing"], manifest["altered"]) == ([first.name[:64]], [second.name[:64]])


def test_strange_names_in_quarantine_do_not_stop_it(office: Office, target: Path, tmp_path: Path) -> None:
    folder = office.outputs / "quarantine"
    names = ["空 格.txt", "a" * 200, ".hidden", "half.tmp", "back\\slash", os.fsdecode(b"not \xff utf-8")]
    for name in names:
        (folder / name).write_text(name.encode("utf-8", "surrogateescape").hex())
    (folder / "link").symlink_to("/etc/passwd")
    make(office, target)
    unpack(target, PASSPHRASE, tmp_path / "unpacked")
    held = {p.name for p in (tmp_path / "unpacked" / "quarantine").iterdir()}
    assert {"空 格.txt", "a" * 200, os.fsdecode(b"not \xff utf-8")} <= held
    assert not held & {".hidden", "half.tmp", "back\\slash", "link"}


def test_the_copy_of_the_database_is_of_one_moment(office: Office, target: Path, tmp_path: Path) -> None:
    """People go on correcting while a backup is made."""
    with office.store() as store:
        document = next(store.records()).document_id
        revision = store.stored_document(document).revision  # type: ignore[union-attr]
        stop = threading.Event()

        def correct() -> None:
            with office.store() as other:
                number = revision
                while not stop.is_set():
                    number = other.correct(document, "name", f"第{number}次", "李核对", number)

        thread = threading.Thread(target=correct)
        thread.start()
        try:
            tables = store.snapshot(tmp_path / "copy.db")
        finally:
            stop.set()
            thread.join()
    settings = office.settings(database={"url": f"sqlite:///{tmp_path / 'copy.db'}"})
    with open_database(settings) as copy:
        corrections = list(copy.corrections(document))
        assert copy.stored_document(document).revision == revision + sum(  # type: ignore[union-attr]
            c.new_value.startswith("第") for c in corrections if isinstance(c.new_value, str)
        )
        assert len(copy.audit_entries(action="corrected")) == tables["corrections"]


def test_a_batch_at_work_is_not_disturbed(office: Office, target: Path, command: Command) -> None:
    with sole_batch(office.outputs):
        shown = command("backup", target, *office.options)
    assert shown.code == 2
    assert "另一个批处理" in shown.err
    assert listing(target.parent) == set()


def test_an_office_without_data_has_nothing_to_back_up(empty: Office, target: Path, command: Command) -> None:
    shown = command("backup", target, *empty.options)
    assert shown.code == 2
    assert "没有数据库" in shown.err
    assert listing(empty.outputs) == set()


def test_the_command_says_what_it_did(office: Office, target: Path, command: Command) -> None:
    shown = command("backup", target, *office.options)
    assert shown.code == 0
    for words in (str(target), "文档 5 份", "原件 6 个", "读回核对", "口令"):
        assert words in shown.out


# Damage


def test_damage_anywhere_is_noticed(office: Office, target: Path, tmp_path: Path) -> None:
    """Every region of the file: the header, and of each chunk its beginning, middle, end and tag."""
    office.read("big.jpg", content=os.urandom(2 * CHUNK))
    make(office, target)
    whole = target.read_bytes()
    starts = range(HEADER_SIZE, len(whole), CHUNK + TAG)
    assert len(starts) >= 3
    places = set(range(HEADER_SIZE))
    for start in starts:
        end = min(start + CHUNK + TAG, len(whole))
        places |= {start, start + 1, start + 511, (start + end) // 2, end - TAG - 1, *range(end - TAG, end)}
    broken = tmp_path / "broken.bak"
    for place in sorted(p for p in places if p < len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 0x01
        broken.write_bytes(damaged)
        with pytest.raises(BackupError) as caught:
            unpack(broken, PASSPHRASE)
        assert caught.value.code in ("backup_damaged", "not_a_backup")


def test_a_missing_end_is_noticed(office: Office, target: Path, tmp_path: Path) -> None:
    office.read("big.jpg", content=os.urandom(CHUNK + 12345))
    make(office, target)
    whole = target.read_bytes()
    borders = [*range(HEADER_SIZE, len(whole), CHUNK + TAG), len(whole)]
    cut = tmp_path / "cut.bak"
    for length in {max(0, b + d) for b in borders for d in (-1, 0, 1, -TAG, 100)} - {len(whole)}:
        if length > len(whole):
            continue
        cut.write_bytes(whole[:length])
        with pytest.raises(BackupError) as caught:
            unpack(cut, PASSPHRASE)
        assert caught.value.code in ("backup_damaged", "backup_cut_short", "not_a_backup")
        if length in borders:
            assert caught.value.code == "backup_cut_short"


# What is inside, whoever wrote it


def tarred(*members: tuple[str, bytes], kind: bytes = tarfile.REGTYPE) -> io.BytesIO:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size, info.type, info.linkname = len(content), kind, "/etc/passwd"
            tar.addfile(info, io.BytesIO(content))
    out.seek(0)
    return out


@pytest.mark.parametrize(
    "name",
    ["../x", "/etc/passwd", "quarantine/../x", "quarantine/..", "quarantine/a/b", "archive/ab/x.jpg", "x", "",
     "settings/other/x", "quarantine/a\\b", "archive/ab/" + "g" * 64, "database.sqlite/x"],
)  # fmt: skip
def test_a_member_of_another_name_is_refused(name: str) -> None:
    assert not is_member_name(name)
    with pytest.raises(BackupError):
        read_bundle(tarred((name, b"x")), lambda _: pytest.fail("opened"))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_only_files_are_unpacked(kind: bytes) -> None:
    with pytest.raises(BackupError):
        read_bundle(tarred(("database.sqlite", b""), kind=kind), lambda _: pytest.fail("opened"))


@pytest.mark.parametrize("manifest", [b"", b"{}", b"[]", b"\xff", b'{"format": 1, "members": [1]}', b'{"format": 9}'])
def test_a_manifest_that_is_none_is_refused(manifest: bytes) -> None:
    with pytest.raises(BackupError):
        read_bundle(tarred(("manifest.json", manifest)), lambda _: pytest.fail("opened"))


def test_what_the_manifest_does_not_tell_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    out = io.BytesIO()
    writer = BundleWriter(out)
    writer.add("calibration.json", tmp_path / "file")
    writer.members[0] = bundle.Member("calibration.json", 7, "0" * 64)
    writer.finish({})
    out.seek(0)
    with pytest.raises(BackupError, match="清单"):
        read_bundle(out, lambda _: nullcontext())
    with pytest.raises(BackupError, match="清单"):
        read_bundle(tarred(("calibration.json", b"")), lambda _: nullcontext())
    with pytest.raises(BackupError):
        read_bundle(tarred(("manifest.json", b"{}"), ("calibration.json", b"")), lambda _: pytest.fail("opened"))
    with pytest.raises(BackupError):
        read_bundle(io.BytesIO(b"no tar" * 1000), lambda _: pytest.fail("opened"))
