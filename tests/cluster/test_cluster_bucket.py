"""Scans in a bucket: listed, hashed once while unchanged, fetched by who reads them, archived like any other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cluster_office import AT_ONCE, ONNX, SECRET

from pipeline.audit.pictures.originals import Originals
from pipeline.batch.run import Order, run_batch
from pipeline.batch.summary import Silent
from pipeline.errors import SetupError
from pipeline.intake.bucket import BucketScans
from pipeline.intake.folder import FoundFile
from pipeline.store import FileState
from pipeline.upkeep import purge as purge_module
from tests.conftest import SCANS
from tests.support.bad_files import blank_picture, truncated_jpeg
from tests.support.command import Result
from tests.support.folders import Folders

PLACE = "s3://office/2026/五月"
SCAN = "单位登记表_传真.png"


@pytest.fixture
def scans(storage: Any, tmp_path: Path) -> BucketScans:
    outputs = tmp_path / "outputs"
    return BucketScans(PLACE, outputs)


def put(storage: Any, name: str, content: bytes) -> None:
    storage.put_object(Bucket="office", Key=f"2026/五月/{name}", Body=content)


def hashed(scans: BucketScans) -> dict[str, str]:
    return {found.path: digest for found, digest in scans.hashes(scans.list().files) if isinstance(digest, str)}


def test_the_same_records_as_from_a_folder_read_by_a_cluster(storage: Any, tmp_path: Path) -> None:
    folder, bucket = Folders(tmp_path / "folder"), Folders(tmp_path / "bucket")
    papers = {SCAN: (SCANS / SCAN).read_bytes(), "空白/a.png": blank_picture(1), "坏.jpg": truncated_jpeg()}
    for name, content in papers.items():
        folder.put(name, content)
        put(storage, name, content)
    put(storage, "空白/", b"")  # what consoles put as a folder
    put(storage, ".DS_Store", b"nobody's scan")
    run_batch(folder.settings(reading=ONNX, intake=AT_ONCE, batch={"workers": 1}), Silent())
    ray = {"executor": "ray", "address": "local", "workers": 1}
    summary = run_batch(bucket.settings(reading=ONNX, folders={"scans": PLACE}, batch=ray), Silent())
    assert (summary.read, summary.archived, [f["code"] for f in summary.failed]) == (2, 2, ["truncated_file"])
    assert (bucket.outputs / "records.jsonl").read_bytes() == (folder.outputs / "records.jsonl").read_bytes()
    assert bucket.notes().keys() == {"坏.jpg"}
    archived = sorted(path.read_bytes() for path in (bucket.outputs / "archive").rglob("*.png"))
    assert archived == sorted([papers[SCAN], papers["空白/a.png"]])
    assert list(bucket.outputs.glob(".bucket*")) == []  # what was fetched has been cleared away
    kept = b"".join(path.read_bytes() for path in bucket.outputs.rglob("*") if path.is_file())
    assert SECRET.encode() not in kept
    again = run_batch(bucket.settings(reading=ONNX, folders={"scans": PLACE}), Silent())
    assert (again.read, again.unchanged, again.archived) == (0, 3, 0)


def test_an_object_is_read_for_its_hash_once_while_it_is_unchanged(
    storage: Any, scans: BucketScans, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    real = BucketScans._read
    monkeypatch.setattr(BucketScans, "_read", lambda self, path, take: (read.append(path), real(self, path, take))[1])
    put(storage, "a.png", blank_picture(1))
    put(storage, "b.png", blank_picture(2))
    before = hashed(scans)
    assert sorted(read) == ["a.png", "b.png"]
    assert hashed(scans) == before
    assert len(read) == 2
    put(storage, "b.png", blank_picture(3))
    after = hashed(scans)
    assert read[2:] == ["b.png"]
    assert (after["a.png"], after["b.png"] != before["b.png"]) == (before["a.png"], True)
    storage.delete_object(Bucket="office", Key="2026/五月/b.png")
    assert hashed(scans).keys() == {"a.png"}


def test_what_was_put_in_its_place_is_not_taken_for_what_was_found(storage: Any, scans: BucketScans) -> None:
    put(storage, "a.png", blank_picture(1))
    [found] = scans.list().files
    sha256 = hashed(scans)["a.png"]
    path = scans.locate(found, sha256)
    assert path is not None
    assert path.read_bytes() == blank_picture(1)
    scans.release()
    assert not path.exists()
    put(storage, "a.png", blank_picture(2))
    assert scans.locate(found, sha256) is None
    assert scans.look("a.png") != found
    storage.delete_object(Bucket="office", Key="2026/五月/a.png")
    assert scans.locate(found, sha256) is None
    assert scans.look("a.png") is None


def test_how_many_pages_an_object_may_have_is_told_by_name_and_size(scans: BucketScans) -> None:
    bounds = [scans.pages_at_most(FoundFile(name, size, 1), 100) for name, size in
              (("a.JPG", 900_000), ("a.pdf", 900_000), ("a.pdf", 10_000), ("a.tif", 90_000_000))]  # fmt: skip
    assert bounds == [1, 45, 1, 100]


def test_a_storage_that_cannot_be_listed_is_named_without_its_keys(
    storage: Any, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SetupError, match="没有这个存储桶"):
        run_batch(folders.settings(folders={"scans": "s3://nowhere/x"}), Silent(), Order())
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(SetupError, match="AWS_ENDPOINT_URL") as caught:
        run_batch(folders.settings(folders={"scans": PLACE}), Silent(), Order())
    assert SECRET not in caught.value.message


def test_the_doctor_looks_into_the_bucket(
    storage: Any, folders: Folders, monkeypatch: pytest.MonkeyPatch, command: Callable[..., Result]
) -> None:
    put(storage, "a.png", blank_picture(1))
    monkeypatch.setenv("PIPELINE_FOLDERS__SCANS", PLACE)
    shown = command("doctor", "--outputs", folders.outputs)
    assert f"[正常] 存储桶：{PLACE}，1 个文件" in shown.out
    monkeypatch.setenv("PIPELINE_FOLDERS__SCANS", "s3://nowhere/x")
    shown = command("doctor", "--outputs", folders.outputs)
    assert (shown.code, "[错误] 存储桶" in shown.out) == (2, True)


def test_a_command_that_does_not_know_buckets_says_so(folders: Folders, command: Callable[..., Result]) -> None:
    shown = command("watch", "--scans", PLACE, "--outputs", folders.outputs, "--workers", "1")
    assert (shown.code, "不支持存储桶" in shown.err) == (2, True)


def test_what_is_done_with_documents_is_done_with_those_of_a_bucket_too(
    storage: Any, folders: Folders, command: Callable[..., Result]
) -> None:
    put(storage, "a.png", blank_picture(1))
    put(storage, "b.png", blank_picture(2))
    place = ("--scans", PLACE, "--outputs", folders.outputs)
    settings = folders.settings(reading=ONNX, folders={"scans": PLACE})
    run_batch(settings, Silent())
    [first, _] = [record["source"]["sha256"][0] for record in folders.records()]
    assert Originals(settings).decode(first, "a.png", 1).shape[2] == 3  # as the audit page shows it
    assert command("verify", *place).code == 0
    shown = command("requeue", f"{PLACE}/b.png", *place)
    assert (shown.code, shown.err) == (0, "")
    with folders.store() as store:
        assert store.known_files()["b.png"].state is FileState.RETRY
        report = purge_module.purge(settings, datetime.now(UTC) + timedelta(days=1), include_review=True)
    assert sorted(report.in_scans) == ["a.png", "b.png"]  # left to staff


def test_originals_in_a_bucket_are_not_moved_and_its_address_is_checked(folders: Folders) -> None:
    with pytest.raises(SetupError, match=r"intake\.originals"):
        run_batch(folders.settings(folders={"scans": PLACE}, intake={"originals": "move"}), Silent())
    with pytest.raises(SetupError, match="scans：存储桶应写成 s3://桶名") as caught:
        folders.settings(folders={"scans": f"s3://key:{SECRET}@office/x"})
    assert SECRET not in caught.value.message
