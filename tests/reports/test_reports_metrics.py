"""Figures for Prometheus: what there is, in a form that its parser reads."""

from __future__ import annotations

import datetime
import os
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pipeline.ledgers.atomic import CannotWriteError
from pipeline.reports.metrics import write_metrics
from pipeline.store import BatchInfo, StatusSummary

STARTED = datetime.datetime(2026, 11, 23, 1, 30, tzinfo=datetime.UTC)
STATUS = StatusSummary(
    {"member_registration": {"accepted": 7, "needs_review": 2}},
    {"processed": 9, "quarantined": 1},
    BatchInfo(4, STARTED, STARTED + datetime.timedelta(minutes=10), {}),
)
SUMMARY: dict[str, Any] = {
    "documents": {'an "odd"\\type\n': {"accepted": 3}},
    "failed": [{"file": "a.jpg", "code": "corrupt_file", "message": "…"}] * 2,
    "retried": [],
    "waiting": ["王建国.pdf"],
    "pages": 12,
    "seconds": 30.5,
    "stopped": "time_budget",
}


def figures(path: Path) -> dict[tuple[str, str], float]:
    """Every sample by name and labels; each family must have a help text and the type gauge."""
    found = {}
    for family in text_string_to_metric_families(path.read_text(encoding="utf-8")):
        assert family.name.startswith("shuangbaodao_")
        assert family.documentation
        assert family.type == "gauge"
        for sample in family.samples:
            found[sample.name.removeprefix("shuangbaodao_"), ",".join(sample.labels.values())] = sample.value
    return found


def test_the_last_batch_and_the_whole_store(tmp_path: Path) -> None:
    path = tmp_path / "new" / "pipeline.prom"
    write_metrics(path, SUMMARY, STATUS)
    found = figures(path)
    assert found["batch_pages", ""] == 12
    assert found["batch_seconds", ""] == 30.5
    assert found["batch_failed_files", "corrupt_file"] == 2
    assert found["batch_waiting_files", ""] == 1
    assert found["batch_stopped", ""] == 1
    assert found["documents", "needs_review,member_registration"] == 2
    assert found["files", "quarantined"] == 1
    assert found["files", "retry"] == 0
    assert found["last_batch_start_timestamp_seconds", ""] == STARTED.timestamp()
    assert found["last_batch_end_timestamp_seconds", ""] == STARTED.timestamp() + 600
    assert ("batch_duplicates", "") not in found  # the summary did not say
    assert "王建国" not in path.read_text(encoding="utf-8")
    if os.name != "nt":
        assert path.stat().st_mode & 0o777 == 0o644


def test_an_empty_store_and_a_second_time(tmp_path: Path) -> None:
    path = tmp_path / "pipeline.prom"
    write_metrics(path, SUMMARY, STATUS)
    write_metrics(path, {}, StatusSummary({}, {}, None))
    assert set(figures(path)) == {("files", s) for s in ("processed", "duplicate", "quarantined", "retry", "gone")}
    assert [p.name for p in tmp_path.iterdir()] == ["pipeline.prom"]


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CannotWriteError, match="metrics_file"):
        write_metrics(tmp_path / "file" / "x.prom", SUMMARY, STATUS)
