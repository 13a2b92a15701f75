"""The one worker that people wait for: what a file does to it, and what it reads. Real processes, real engine."""

from __future__ import annotations

import datetime
import os
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

from pipeline.batch.lock import sole_batch
from pipeline.batch.lone_worker import LoneWorker, rules_as_of
from pipeline.batch.office_lists import add_to_list
from pipeline.batch.reread import Rereader
from pipeline.definitions import Forms
from pipeline.errors import FileError, SetupError
from pipeline.records import Arrangement, FieldStatus
from pipeline.settings import Settings
from pipeline.store import Store
from tests.conftest import SCANS
from tests.support.bad_files import blank_picture
from tests.support.command import compiled
from tests.support.folders import Folders, record_of, save
from tests.support.trouble import make_trouble, wait_for
from tests.support.truth import SAMPLES, expected_values, same

ONNX = {"engine": "onnxruntime"}  # starts in half a second; what is tested here does not depend on it
MEMBER = "党员登记表_平板扫描.jpg"
ACTOR = "李核对"


@pytest.fixture(autouse=True)
def started_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers inherit this process's environment."""
    changed = compiled(dict(os.environ))
    for name in os.environ.keys() - changed.keys():
        monkeypatch.delenv(name)
    for name, value in changed.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def mine(folders: Folders) -> Settings:
    return folders.settings(reading=ONNX)


@pytest.fixture
def rereader(mine: Settings, store: Store) -> Iterator[Rereader]:
    made = Rereader(mine, store)
    yield made
    made.close()


def test_boxes_and_documents_are_read_beside_a_batch(
    folders: Folders, store: Store, rereader: Rereader, forms: Forms
) -> None:
    shutil.copy(SCANS / MEMBER, folders.scans / MEMBER)
    stat = folders.stat(MEMBER)
    before = save(store, stat, record=record_of("member_registration", stat, name="王建囯", phone="1"))
    store.correct(before.document_id, "phone", "13812345678", ACTOR, 1)
    sample = next(s for s in SAMPLES if s["files"] == [MEMBER])
    written = {v.path: v for v in expected_values(sample)}
    form = forms["member_registration"]
    with sole_batch(folders.outputs):
        assert rereader.prepare().result(60) != os.getpid()
        reread = rereader.reread([before.document_id], actor=ACTOR)
        boxes = {
            key: rereader.read_box(stat.sha256, MEMBER, 1, box, form.field(key))
            for key in ("name", "id_number")
            if (box := written[key].box)
        }
        assert reread.result(60).documents == (before.document_id,)
        for key, future in boxes.items():
            said = future.result(60)
            assert same(said.value, written[key].value)
            assert said.raw
            assert 0 < said.confidence <= 1
            assert all(value != said.value for value, _ in said.alternatives)
    now = store.record(before.document_id)
    assert now is not None
    assert same(now.fields["name"].value, written["name"].value)
    assert (now.fields["phone"].value, now.fields["phone"].status) == ("13812345678", FieldStatus.CORRECTED)
    assert len(now.fields["id_number"].centres) == len(now.fields["id_number"].raw)
    assert [e.actor for e in store.audit_entries(action="document_reread")] == [ACTOR]


def test_what_a_file_does_to_the_worker_is_that_files_failure_alone(
    folders: Folders, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", make_trouble(tmp_path / "trouble"))
    names = ("dies.png", "sleeps.png", "z.png")
    records = {name: save(store, folders.put(name, blank_picture(i))) for i, name in enumerate(names)}
    rereader = Rereader(folders.settings(reading=ONNX, batch={"file_seconds": 2.0, "page_seconds": 2.0}), store)
    try:
        done = rereader.reread([r.document_id for r in records.values()], actor=ACTOR).result(90)
    finally:
        rereader.close()
    assert {f.file.path: f.code for f in done.failures} == {"dies.png": "worker_died", "sleeps.png": "timed_out"}
    assert all("请" in f.message for f in done.failures)
    assert done.documents == (records["z.png"].document_id,)
    assert store.known_files()["dies.png"].state == "processed"


def test_a_page_that_is_not_there_and_a_file_that_is_not(
    folders: Folders, store: Store, rereader: Rereader, forms: Forms
) -> None:
    stat = folders.put("a.png", blank_picture(1))
    save(store, stat)
    field = forms["member_registration"].field("name")
    quad = ((10.0, 10.0), (90.0, 10.0), (90.0, 40.0), (10.0, 40.0))
    assert rereader.read_box(stat.sha256, "a.png", 1, quad, field).result(60).value is None
    with pytest.raises(FileError) as caught:
        rereader.read_box(stat.sha256, "a.png", 2, quad, field).result(60)
    assert "第 2 页" in caught.value.message
    (folders.scans / "a.png").unlink()
    with pytest.raises(FileError) as caught:
        rereader.read_box(stat.sha256, "a.png", 1, quad, field).result(60)
    assert caught.value.code == "unreadable_file"


def test_closing_ends_what_is_in_hand_and_begins_nothing_more(
    folders: Folders, store: Store, rereader: Rereader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trouble = make_trouble(tmp_path / "trouble")
    monkeypatch.setenv("PYTHONPATH", trouble)
    first, second = (save(store, folders.put(name, blank_picture(i))) for i, name in enumerate(("sleeps.png", "b.png")))
    running = rereader.reread([first.document_id], actor=ACTOR)
    waiting = rereader.reread([second.document_id], actor=ACTOR)
    wait_for(trouble, "sleeps.png")
    began = time.monotonic()
    rereader.close()
    assert time.monotonic() - began < 20  # and not the minute that the file takes
    assert [f.code for f in running.result(1).failures] == ["closed"]
    with pytest.raises(CancelledError):
        waiting.result(1)
    with pytest.raises(RuntimeError):
        rereader.reread([second.document_id], actor=ACTOR)


def test_what_is_wrong_with_the_set_up_is_said_until_it_is_mended(folders: Folders, tmp_path: Path) -> None:
    rules = tmp_path / "forms"
    shutil.copytree(folders.settings().path("forms"), rules)
    (rules / "broken.yaml").write_text("type: [", encoding="utf-8")
    settings = folders.settings(reading=ONNX, folders={"forms": rules})
    with folders.store() as store:
        record = save(store, folders.put("a.png", blank_picture(1)))
        rereader = Rereader(settings, store)
        try:
            with pytest.raises(SetupError, match=r"broken\.yaml"):
                rereader.reread([record.document_id], actor=ACTOR).result(60)
            (rules / "broken.yaml").unlink()
            assert rereader.reread([record.document_id], actor=ACTOR).result(60).documents == (record.document_id,)
        finally:
            rereader.close()


def test_the_worker_knows_what_was_added_to_a_list_since(mine: Settings) -> None:
    before = rules_as_of(mine)
    add_to_list(mine, "units", "济宁高新区新设单位")
    assert rules_as_of(mine) != before


def test_the_worker_is_made_once_a_day(mine: Settings) -> None:
    lone = LoneWorker(mine)
    try:
        first, second = datetime.date(2026, 11, 1), datetime.date(2026, 11, 2)
        one = lone.run(os.getpid, (), 30, first)
        assert lone.run(os.getpid, (), 30, first) == one != os.getpid()
        assert lone.run(os.getpid, (), 30, second) != one
    finally:
        lone.close()
    with pytest.raises(FileError) as caught:
        lone.run(os.getpid, (), 30, second)
    assert caught.value.code == "closed"


def test_an_arrangement_is_read_and_stored(folders: Folders, store: Store, rereader: Rereader) -> None:
    name = "共建协议_两页.tif"
    shutil.copy(SCANS / name, folders.scans / name)
    stat = folders.stat(name)
    whole = record_of("agreement", stat, party_a="科苑社区")
    whole.pages = [[1, 2]]
    save(store, stat, record=whole)
    parts = [Arrangement("front", ((stat.sha256, 1),)), Arrangement("rest", ((stat.sha256, 2),), "agreement")]
    done = rereader.reread([], arrangements=parts, actor=ACTOR).result(60)
    assert (len(done.documents), done.failures) == (2, ())
    assert sorted(r.pages for r in store.records()) == [[[1]], [[2]]]
    assert {a.id for a in store.arrangements()} == {"front", "rest"}
