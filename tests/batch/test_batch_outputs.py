"""The outputs: written where the store says something new, and never the reason why a reading is lost."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.batch.run import Order
from pipeline.dictionaries import Dictionary
from tests.support.papers import Office, member, page, scan

FILES = ("records.jsonl", "双报到台账.xlsx", "服务反馈台账.xlsx")
MARK = b"as the last batch left it"


@pytest.fixture
def exported(office: Office) -> Office:
    """An office after a batch, its outputs marked so that it shows whether they are written anew."""
    office.put("a.jpg", member())
    office.run()
    mark(office)
    return office


def mark(office: Office) -> None:
    for name in FILES:
        (office.outputs / name).write_bytes(MARK)


def written(office: Office, order: Order = Order(), **sections: Any) -> bool:  # noqa: B008
    """Whether another batch writes the outputs anew; all of them or none."""
    summary = office.run(order, **sections)
    assert [Path(path).name for path in summary.outputs] == list(FILES)
    kept = {(office.outputs / name).read_bytes() == MARK for name in FILES}
    assert len(kept) == 1
    return kept == {False}


def test_where_nothing_changed_nothing_is_written(exported: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("weighed, checked or exported for nothing")

    for name in ("weigh_stored", "cross_check", "write_records_file", "write_workbooks"):
        monkeypatch.setattr(f"pipeline.batch.exports.{name}", never)
    for _ in range(2):
        assert not written(exported)
    assert not written(exported, Order(quiet=True))


def test_a_quiet_look_that_finds_nothing_leaves_no_trace(exported: Office) -> None:
    with exported.store() as store:
        before = (store.audit_entries(), store.batches(newest=10))
    assert exported.run(Order(quiet=True)).batch is None
    with exported.store() as store:
        assert (store.audit_entries(), store.batches(newest=10)) == before


@pytest.mark.parametrize("what", ["a new scan", "a copy", "a file gone", "a correction"])
def test_what_the_store_has_learnt_is_written(exported: Office, what: str) -> None:
    if what == "a new scan":
        exported.put("b.jpg", member("李芳"))
    elif what == "a copy":
        exported.put("b.jpg", member())
    elif what == "a file gone":
        (exported.scans / "a.jpg").unlink()
    else:
        with exported.store() as store:
            [record] = store.records()
            store.correct(record.document_id, "name", "王健国", "李核对", 1)
    assert written(exported, Order(quiet=True))
    mark(exported)
    assert not written(exported)


def test_other_forms_lists_and_rules_are_reason_to_write(exported: Office) -> None:
    forms, dictionaries = exported.rules
    title = forms["agreement"].model_copy(update={"title": "共驻共建协议"})
    assert changed(exported, lambda: setattr(exported, "rules", ({**forms, "agreement": title}, dictionaries)))
    units = dictionaries["units"]
    more = Dictionary("units", {**units.spellings, "新单位": "新单位"})
    assert changed(exported, lambda: setattr(exported, "rules", (forms, {**dictionaries, "units": more})))
    moved = Dictionary("units", {**more.spellings, "新单位": next(iter(units.spellings))})  # an alias of another now
    assert changed(exported, lambda: setattr(exported, "rules", (forms, {**dictionaries, "units": moved})))
    assert changed(exported, lambda: None, acceptance={"target": 0.5})


def changed(office: Office, change: Callable[[], object], **sections: Any) -> bool:
    """Whether a change is written once."""
    change()
    once = written(office, **sections)
    mark(office)
    return once and not written(office, **sections)


def test_an_office_that_calibrates_has_its_outputs_written(exported: Office) -> None:
    calibration = json.loads(exported.settings().path("calibration").read_text(encoding="utf-8"))
    calibration["coefficients"]["phone"][0] += 1
    (exported.outputs / "calibration.json").write_text(json.dumps(calibration), encoding="utf-8")
    assert written(exported)


@pytest.mark.parametrize("name", FILES)
def test_an_output_that_somebody_deleted_is_written_again(exported: Office, name: str) -> None:
    exported.run(Order(force=True))
    (exported.outputs / name).unlink()
    summary = exported.run()
    assert (exported.outputs / name).is_file()
    assert [Path(path).name for path in summary.outputs] == list(FILES)


@pytest.mark.parametrize("name", FILES)
def test_where_an_output_cannot_be_written_documents_are_safe_and_the_next_batch_writes_it(
    office: Office, name: str
) -> None:
    (office.outputs / name).mkdir()
    office.put("a.jpg", member())
    summary = office.run()
    assert (summary.read, summary.outputs) == (1, [])
    assert any("台账未能更新" in notice for notice in summary.notices)
    with office.store() as store:
        assert [record.fields["name"].value for record in store.records()] == ["王建国"]
        assert store.batches(newest=1)[0].finished is not None
    (office.outputs / name).rmdir()
    summary = office.run()
    assert (summary.read, summary.notices, office.names()) == (0, [], ["王建国"])
    assert (office.outputs / name).is_file()


def test_a_workbook_that_is_open_is_written_beside_and_in_its_place_by_a_later_batch(
    exported: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = os.replace

    def refuse(source: str, target: str) -> None:
        if Path(target).name == FILES[1]:
            raise PermissionError(errno.EACCES, "in use")
        usual(source, target)

    exported.put("b.jpg", member("李芳"))
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", refuse)
        summary = exported.run()
    beside = Path(summary.outputs[1])
    assert beside.name.startswith("双报到台账_")
    assert any(beside.name in notice for notice in summary.notices)
    assert (exported.outputs / FILES[1]).read_bytes() == MARK
    assert [Path(path).name for path in exported.run().outputs] == list(FILES)
    assert (exported.outputs / FILES[1]).read_bytes() == beside.read_bytes()


def _unknown(office: Office, number: int, borrower: str) -> None:
    labels = {"借用人": borrower, "所在部门": "办公室", "设备名称": "投影仪", "归还日期": "2019-05-18"}
    office.put(f"{number}.jpg", scan(page("unknown", title="设备借用单", **labels), number=number))


def test_unknown_forms_that_came_twice_are_told_to_whoever_ran_the_batch_and_to_the_report(office: Office) -> None:
    for number, borrower in enumerate(("王建国", "李思远")):
        _unknown(office, number, borrower)
    [told] = office.run().suggestions
    assert "有 2 份不认识的表看起来是同一种（设备借用单）" in told
    [report] = (office.outputs / "reports").glob("*.json")
    assert json.loads(report.read_text(encoding="utf-8"))["suggestions"] == [told]


def test_unknown_forms_are_grouped_anew_only_where_one_of_them_is_another(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, borrower in enumerate(("王建国", "李思远")):
        _unknown(office, number, borrower)
    told = office.run().suggestions
    with monkeypatch.context() as patched:
        patched.setattr("pipeline.batch.run.unfamiliar", pytest.fail)
        assert office.run().suggestions == told
    _unknown(office, 2, "周海燕")
    [more] = office.run().suggestions
    assert "有 3 份" in more
    (office.scans / "2.jpg").unlink()
    with office.store() as store:
        gone = [r.document_id for r in store.records() if r.files == ["2.jpg"]]
        store.remove_documents(gone)
    assert office.run().suggestions == told
