"""A machine of the cluster is lost in the midst of a batch: the same records, byte for byte, each once."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import psutil
import pytest
from cluster_office import AT_ONCE, ONNX, on, two_machines

from pipeline.batch.run import run_batch
from pipeline.batch.summary import Silent
from pipeline.store import FileState, open_store
from tests.conftest import SCANS
from tests.store import postgres_server
from tests.support.bad_files import blank_picture
from tests.support.folders import Folders
from tests.support.trouble import make_trouble, wait_for

REAL = ("服务反馈表_倒放.jpg", "单位登记表_传真.png")


def fill(folders: Folders) -> Folders:
    folders.put("once.png", blank_picture(1))
    for number, name in enumerate(REAL):
        folders.put(name, (SCANS / name).read_bytes())
        folders.put(f"空白/{number}.png", blank_picture(2 + number))
    return folders


def kill_the_reader_of(cluster: Any, trouble: str, name: str) -> None:
    """Kill the node whose worker has begun to read a file, with all its processes."""
    above = {process.pid for process in psutil.Process(wait_for(trouble, name, 240)).parents()}
    node = next(n for n in cluster.worker_nodes if n.all_processes["raylet"][0].process.pid in above)
    cluster.remove_node(node, allow_graceful=False)


@pytest.mark.skipif(not postgres_server.available(), reason="no PostgreSQL server on this machine")
def test_a_machine_lost_in_the_midst_of_a_batch_changes_no_byte_of_what_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    local = fill(Folders(tmp_path / "local"))
    run_batch(local.settings(reading=ONNX, intake=AT_ONCE, batch={"workers": 2}), Silent())

    trouble = make_trouble(tmp_path / "trouble")
    monkeypatch.setenv("PYTHONPATH", trouble)
    far = fill(Folders(tmp_path / "far"))
    with postgres_server.PostgresServer() as server, two_machines() as cluster:
        url = server.create_database()
        settings = far.settings(reading=ONNX, intake=AT_ONCE, batch=on(cluster), database={"url": url})
        killer = threading.Thread(target=kill_the_reader_of, args=(cluster, trouble, "once.png"))
        killer.start()
        summary = run_batch(settings, Silent())
        killer.join()
        assert len(cluster.worker_nodes) == 1
        with open_store(url) as store:
            assert {file.state for file in store.known_files().values()} == {FileState.PROCESSED}
            documents = [store.stored_document(record.document_id) for record in store.records()]
            assert [document.revision for document in documents if document] == [1] * len(documents)
    assert any("1 件改由其他机器识别" in notice for notice in summary.notices)
    assert (summary.read, summary.failed, summary.retried) == (5, [], [])
    assert (far.outputs / "records.jsonl").read_bytes() == (local.outputs / "records.jsonl").read_bytes()
    assert not (far.outputs / "pipeline.db").exists()
