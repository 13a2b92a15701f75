"""The pool on a cluster: no more on its way than slots, limits of time and memory, who is at fault for what."""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cluster_office import ONNX, on, two_machines

from pipeline.batch import ray_pool
from pipeline.batch.outcome import Outcome
from pipeline.batch.plan import Work
from pipeline.batch.ray_cluster import Cluster, Ref, connected
from pipeline.batch.ray_pool import RayPool, shared_settings
from pipeline.batch.weigh import rules_in_force
from pipeline.errors import SetupError
from pipeline.intake.archive import Archive
from pipeline.intake.folder import hash_file
from pipeline.reading.engine import engine_in_use
from pipeline.scanned import FileStat
from pipeline.settings import ReadingSettings, Settings, load_settings
from tests.support.bad_files import blank_picture
from tests.support.folders import Folders
from tests.support.trouble import make_trouble

TODAY = datetime.date(2026, 11, 1)


class Counting(Cluster):
    """A cluster that counts what is on its way."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster._ray)
        self.on_the_way: set[Ref] = set()
        self.most = 0

    def call(self, actor: Any, method: str, *arguments: object) -> Ref:
        ref = super().call(actor, method, *arguments)
        if method == "read":
            self.on_the_way.add(ref)
            self.most = max(self.most, len(self.on_the_way))
        return ref

    def result(self, ref: Ref) -> Any:
        self.on_the_way.discard(ref)
        return super().result(ref)


@pytest.fixture
def machines(environment: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("PYTHONPATH", make_trouble(tmp_path / "trouble"))
    with two_machines() as cluster:
        yield cluster


def pool(settings: Settings, cluster: Cluster, **options: Any) -> RayPool:
    return RayPool(settings, rules_in_force(settings, TODAY), options.pop("stop", bool), cluster, 2, **options)


def codes(outcomes: list[tuple[Work, Outcome]]) -> dict[str, str]:
    return {item.names: outcome.failures[0].code for item, outcome in outcomes if outcome.failures}


def test_outcomes_come_once_no_more_at_a_time_than_slots_and_faults_stay_with_their_files(
    machines: Any, folders: Folders
) -> None:
    names = ("a.png", "b.png", "c.png", "d.png", "dies.png", "sleeps.png")
    work = [Work((folders.put(name, blank_picture(number)),)) for number, name in enumerate(names)]
    work.append(Work((_kept_by_the_driver_alone(folders),)))
    limits = {**on(machines), "file_seconds": 10.0, "page_seconds": 10.0}
    settings = folders.settings(reading=ONNX, batch=limits)
    with connected(machines.address) as cluster:
        counting = Counting(cluster)
        mine = pool(settings, counting)
        outcomes = []
        for came in mine.read_all(work, lambda item: 1):
            outcomes.append(came)
            time.sleep(0.5)  # keeping it takes longer than reading: nothing may pile up meanwhile
    assert sorted(item.names for item, _ in outcomes) == sorted([*names, "gone.png"])
    assert counting.most == 2
    assert codes(outcomes) == {"dies.png": "worker_died", "sleeps.png": "timed_out"}
    assert sum(len(outcome.documents) for _, outcome in outcomes) == 5
    assert mine.moved == 0  # no machine was lost


def _kept_by_the_driver_alone(folders: Folders) -> FileStat:
    """What is no longer in the folder and lies in the archive of this machine."""
    stat = folders.put("gone.png", blank_picture(99))
    path = folders.scans / "gone.png"
    Archive(folders.outputs).keep(path, hash_file(path), ".png")
    path.unlink()
    return stat


def test_who_stops_begins_nothing_and_slots_that_read_otherwise_are_refused(
    machines: Any, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = [Work((folders.put("a.png", blank_picture()),))]
    settings = folders.settings(reading=ONNX, batch=on(machines))
    with connected(machines.address) as cluster:
        assert list(pool(settings, cluster, stop=lambda: True).read_all(work, lambda item: 1)) == []
        monkeypatch.setattr(ray_pool, "edition", lambda: "another")
        with pytest.raises(SetupError, match="版本与本机不同"):
            list(pool(settings, cluster).read_all(work, lambda item: 1))
        for node in list(machines.worker_nodes):
            machines.remove_node(node, allow_graceful=False)
        with pytest.raises(SetupError, match="没有可用的工作节点"):
            list(pool(settings, cluster, patience=3.0).read_all(work, lambda item: 1))


def test_slots_read_with_one_engine_and_hear_nothing_of_the_database() -> None:
    settings = load_settings(database={"url": "postgresql+psycopg://office:secret@host/name"})
    assert settings.reading.engine == "auto"
    shared = shared_settings(settings)
    assert shared.reading.engine == engine_in_use(ReadingSettings())
    assert "secret" not in repr(shared)
    assert shared.reading.threads == settings.reading.threads
