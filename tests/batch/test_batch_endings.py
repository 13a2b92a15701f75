"""How a batch ends, and how it begins: stopped, out of time, locked out, by a clock that was set back."""

from __future__ import annotations

import datetime
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.batch.clock import tell_time
from pipeline.batch.lock import BusyError, sole_batch
from pipeline.batch.run import Order
from pipeline.store import Store
from tests.support.papers import BLANK, Office, member, page, scan

NAMES = ["张新来", "李芳", "王建国"]

_HOLDER = """
import sys, time
from pathlib import Path
from pipeline.batch.lock import sole_batch
with sole_batch(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def three(office: Office) -> Office:
    for number, name in enumerate(NAMES):
        office.put(f"{number}.jpg", member(name))
    return office


# --- stopped


def after_first(office: Office) -> Callable[[], bool]:
    return lambda: bool(office.read_files)


def test_a_request_to_stop_leaves_the_rest_for_the_next_batch(three: Office) -> None:
    summary = three.run(Order(stop=after_first(three)))
    assert (summary.stopped, summary.read, three.names()) == ("signal", 1, NAMES[:1])
    assert len(three.archived()) == 1  # all else of the batch is done
    with three.store() as store:
        assert store.batches(newest=1)[0].summary["stopped"] == "signal"
        assert set(store.known_files()) == {"0.jpg"}
    summary = three.run()
    assert (summary.stopped, summary.read, three.read_files) == (None, 2, ["1.jpg", "2.jpg"])
    assert three.names() == NAMES


def test_a_batch_that_was_done_when_it_was_asked_to_stop_was_not_stopped(three: Office) -> None:
    summary = three.run(Order(stop=lambda: len(three.read_files) == len(NAMES)))
    assert (summary.stopped, summary.read) == (None, 3)


def test_a_time_budget_ends_the_batch_between_two_files(three: Office) -> None:
    minutes = 0.15
    three.during = lambda path: time.sleep(minutes * 60)  # whatever was done before, the first file takes the rest
    summary = three.run(batch={"minutes": minutes})
    assert (summary.stopped, summary.read) == ("time_budget", len(three.read_files))
    assert summary.read == 1
    three.during = lambda path: None
    assert three.run().stopped is None
    assert three.names() == NAMES


def test_a_limit_is_no_stop(three: Office) -> None:
    summary = three.run(Order(limit=2))
    assert (summary.stopped, summary.read) == (None, 2)


# --- one at a time


def test_who_holds_the_outputs_is_named_with_the_time(three: Office) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(three.outputs)], stdout=subprocess.PIPE, text=True
    ) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            with pytest.raises(BusyError) as caught:
                three.run()
            assert caught.value.code == "busy"
            assert f"进程 {holder.pid}" in caught.value.message
            assert f"{datetime.date.today():%Y-%m-%d}" in caught.value.message
        finally:
            holder.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
    assert (three.outputs / ".batch.json").is_file()  # nobody tidied up
    assert three.run().read == 3  # and nobody needs to
    assert not (three.outputs / ".batch.json").exists()


def test_a_damaged_note_of_the_holder_is_no_obstacle(tmp_path: Path) -> None:
    with sole_batch(tmp_path):
        (tmp_path / ".batch.json").write_text("{", encoding="utf-8")
        with pytest.raises(BusyError, match="另一个批处理正在使用输出文件夹。"), sole_batch(tmp_path):
            pass
    with sole_batch(tmp_path):
        pass


# --- the clock


@pytest.fixture
def ahead(office: Office, monkeypatch: pytest.MonkeyPatch) -> datetime.datetime:
    """An office whose last batch ran by a clock that was thirty days ahead of what it is now."""
    then = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=30)
    with monkeypatch.context() as patch:
        patch.setattr("pipeline.store.batches.now", lambda: then)
        office.run()
    return then


def test_a_clock_that_was_set_back_is_noticed_and_dates_go_by_the_last_batch(
    office: Office, ahead: datetime.datetime
) -> None:
    with office.store() as store:
        clock = tell_time(store)
    assert clock.today == ahead.astimezone().date()
    summary = office.run()
    assert any("调慢" in notice and f"{ahead.astimezone():%Y-%m-%d}" in notice for notice in summary.notices)


def test_what_is_dated_this_month_is_not_in_the_future_by_a_clock_that_was_set_back(
    office: Office, ahead: datetime.datetime
) -> None:
    office.put("a.jpg", member(report_date=f"{ahead.astimezone().date()}"))
    office.run()
    [record] = office.records()
    with office.store() as store:  # a correction has the record validated when it is read again
        store.correct(record["document_id"], "name", "王建国", "李核对", 1)
    office.run(Order(force=True))
    [record] = office.records()
    assert "date_in_future" not in record["fields"]["report_date"]["issues"]


def test_a_clock_that_is_right_or_a_little_off_is_believed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    today = datetime.date.today()
    assert (tell_time(store).today, tell_time(store).notice) == (today, "")
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=5)
    monkeypatch.setattr("pipeline.store.batches.now", lambda: soon)
    store.start_batch()
    assert (tell_time(store).today, tell_time(store).notice) == (today, "")


# --- what it counts


def test_blank_backs_are_counted_and_not_recorded_as_pages(office: Office) -> None:
    first, second = page("agreement", party_a="科苑社区"), page(None, sign_date="2019-05-18")
    office.put("协议.pdf", scan(first, BLANK, second, BLANK))
    office.put("b.jpg", member())
    summary = office.run()
    assert (summary.pages, summary.blank_pages) == (5, 2)
    [agreement] = [r for r in office.records() if r["doc_type"] == "agreement"]
    assert agreement["source"]["pages"] == [[1, 3]]
    with office.store() as store:
        stored = store.stored_document(agreement["document_id"])
        assert store.batches(newest=1)[0].summary["blank_pages"] == 2
    assert stored is not None
    assert [(p.number, p.blank) for p in stored.pages] == [(1, False), (2, True), (3, False), (4, True)]
