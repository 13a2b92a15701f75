"""One office's weeks with the command: a first batch, another, a new scan, a correction, a fresh reading.

The real engine, and for the first two runs processes of their own. Each fixture is one run of the command
and builds on the one before; what it left behind is kept beside it, so that the tests may come in any order.
"""

from __future__ import annotations

import json
import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from pipeline.intake.archive import Archive
from pipeline.records import FieldStatus
from tests.support.command import Result, call, finish, run_pipeline, start
from tests.support.folders import Folders
from tests.support.truth import SAMPLES, expected_values, same

SCANS = Path(__file__).resolve().parents[2] / "scans"
MEMBER, UNIT = "党员登记表_平板扫描.jpg", "单位登记表_平板扫描.jpg"
AGREEMENT = ["共建协议_1.jpg", "共建协议_2.jpg"]
FEEDBACK = "服务反馈表.tif"
COPY = "又一份.jpg"
HOSTILE = '=HYPERLINK("http://example.invalid","主任")'
WHERE = ("--scans", "scans", "--outputs", "outputs", "--workers", "1")  # from the folder that holds both


@dataclass(frozen=True)
class Ran:
    """What a run said, and what ``records.jsonl`` then was."""

    result: Result
    jsonl: bytes

    @property
    def records(self) -> dict[str, dict[str, Any]]:
        """The records by their first file."""
        return {r["source"]["files"][0]: r for r in map(json.loads, self.jsonl.splitlines())}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    folders = Folders(tmp_path_factory.mktemp("office"))
    for name in (MEMBER, UNIT, *AGREEMENT):
        shutil.copy(SCANS / name, folders.scans)
    return folders


@pytest.fixture(scope="module")
def first_and_rival(office: Folders) -> tuple[Ran, Result, dict[str, Any]]:
    """The first batch; while it runs, another one is tried on the same outputs."""
    process = start(*WHERE, cwd=office.scans.parent)
    holder = office.outputs / ".batch.json"
    deadline = time.monotonic() + 120
    while not holder.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    try:
        held = json.loads(holder.read_text(encoding="utf-8"))
        rival = call("--scans", office.scans, "--outputs", office.outputs)
        assert process.poll() is None, "the first batch was done before the second began"
    finally:
        first = finish(process)
    return Ran(first, (office.outputs / "records.jsonl").read_bytes()), rival, held


@pytest.fixture(scope="module")
def first(first_and_rival: tuple[Ran, Result, dict[str, Any]]) -> Ran:
    return first_and_rival[0]


@pytest.fixture(scope="module")
def second(office: Folders, first: Ran) -> Ran:
    """The same again, nothing having changed; and in a process of its own, too."""
    result = run_pipeline("run", *WHERE, "--json", cwd=office.scans.parent)
    return Ran(result, (office.outputs / "records.jsonl").read_bytes())


@pytest.fixture(scope="module")
def third(office: Folders, second: Ran) -> Ran:
    """One scan was added, one came in a second time, and somebody corrected a field in the meantime."""
    shutil.copy(SCANS / FEEDBACK, office.scans)
    shutil.copy(SCANS / UNIT, office.scans / COPY)
    with office.store() as store:
        member = store.stored_document(second.records[MEMBER]["document_id"])
        assert member is not None
        store.correct(member.record.document_id, "position", HOSTILE, "王审核", member.revision)
    return here(office)


@pytest.fixture(scope="module")
def fourth(office: Folders, third: Ran) -> Ran:
    """The first piece of work is read afresh."""
    return here(office, "--force", "--limit", "1")


def here(office: Folders, *arguments: str) -> Ran:
    """A run in this process."""
    result = call("--scans", office.scans, "--outputs", office.outputs, "--json", *arguments)
    return Ran(result, (office.outputs / "records.jsonl").read_bytes())


# --- the first batch


def test_the_first_batch_succeeds_and_says_so_in_chinese(first: Ran) -> None:
    assert first.result.code == 0
    for said in ("在职党员到社区报到登记表", "单位党组织到社区报到登记表", "共驻共建协议书", "4 页", "每页"):
        assert said in first.result.out
    assert "4 个新文件" in first.result.err
    assert "Traceback" not in first.result.err


def test_the_first_batch_leaves_all_outputs(office: Folders, first: Ran) -> None:
    for name in ("records.jsonl", "双报到台账.xlsx", "服务反馈台账.xlsx"):
        assert (office.outputs / name).is_file()
        assert name in first.result.out
    sheets = set(load_workbook(office.outputs / "双报到台账.xlsx").sheetnames)
    assert sheets >= {
        "党员报到花名册", "单位报到台账", "共驻共建协议台账", "资源清单", "需求清单", "项目清单", "统计汇总", "待核对",
    }  # fmt: skip


def test_every_scan_is_named(first: Ran) -> None:
    named = [file for record in first.records.values() for file in record["source"]["files"]]
    assert sorted(named) == sorted([MEMBER, UNIT, *AGREEMENT])


def test_two_files_of_one_agreement_are_one_document(first: Ran) -> None:
    source = first.records[AGREEMENT[0]]["source"]
    assert (source["files"], source["pages"]) == (AGREEMENT, [[1], [1]])
    assert len(first.records) == 3


@pytest.mark.parametrize("file", [MEMBER, UNIT, AGREEMENT[0]])
def test_the_records_say_what_the_scans_say(first: Ran, file: str) -> None:
    sample = next(s for s in SAMPLES if s["files"][0] == file)
    record = first.records[file]
    assert record["doc_type"] == sample["doc_type"]
    written = [e for e in expected_values(sample) if e.value]
    right = [e.path for e in written if same(record["fields"][e.path]["value"], e.value)]
    assert len(right) >= 0.8 * len(written)
    assert {k: record["fields"][k]["value"] for k in sample["marks"]} == sample["marks"]


def test_records_are_as_the_contract_says(first: Ran) -> None:
    for record in first.records.values():
        assert list(record) == ["document_id", "source", "doc_type", "status", "fields", "rows", "issues"]
        assert record["status"] in ("accepted", "needs_review", "failed")
        for field in record["fields"].values():
            assert {"value", "raw", "confidence", "status", "page", "quad", "issues"} <= set(field)
            assert field["status"] in ("accepted", "review", "missing", "corrected")
            assert 0 <= field["confidence"] <= 1
            assert field["quad"] is None or len(field["quad"]) == 4


def test_a_second_batch_at_the_same_time_is_turned_away(
    first_and_rival: tuple[Ran, Result, dict[str, Any]],
) -> None:
    _, rival, held = first_and_rival
    assert rival.code == 2
    assert rival.out == ""
    assert f"进程 {held['pid']}" in rival.err
    assert held["since"] in rival.err


def test_the_lock_is_free_afterwards(office: Folders, first: Ran) -> None:
    assert not (office.outputs / ".batch.json").exists()


# --- nothing new


def test_the_same_again_changes_not_a_byte(first: Ran, second: Ran) -> None:
    assert second.result.code == 0
    assert second.jsonl == first.jsonl


def test_the_same_again_reads_nothing(second: Ran) -> None:
    summary = second.result.json()
    assert (summary["read"], summary["pages"], summary["unchanged"]) == (0, 0, 4)
    assert (summary["documents"], summary["failed"]) == ({}, [])


def test_json_is_all_that_is_printed(second: Ran) -> None:
    assert second.result.err == ""


# --- one more scan, and a copy


def test_of_six_files_only_the_new_one_is_read(second: Ran, third: Ran) -> None:
    summary = third.result.json()
    assert (third.result.code, summary["read"], summary["pages"], summary["unchanged"]) == (0, 1, 1, 4)
    assert list(summary["documents"]) == ["service_feedback"]
    assert set(third.records) == {*second.records, FEEDBACK}
    for file in (UNIT, AGREEMENT[0]):
        assert third.records[file]["fields"] == second.records[file]["fields"]


def test_a_copy_is_named_with_what_it_is_a_copy_of(second: Ran, third: Ran) -> None:
    assert third.result.json()["duplicates"] == 1
    record = third.records[UNIT]
    assert record["source"] == {**second.records[UNIT]["source"], "duplicates": [COPY]}
    assert "duplicate_document" in record["issues"]


# --- a correction, and a fresh reading


def test_a_correction_is_in_the_records(second: Ran, third: Ran) -> None:
    assert second.records[MEMBER]["fields"]["position"]["value"] != HOSTILE
    corrected = third.records[MEMBER]["fields"]["position"]
    assert (corrected["value"], corrected["status"]) == (HOSTILE, FieldStatus.CORRECTED.value)


def test_limit_bounds_what_is_read(fourth: Ran) -> None:
    summary = fourth.result.json()
    assert (fourth.result.code, summary["read"], summary["pages"]) == (0, 1, 1)
    assert list(summary["documents"]) == ["member_registration"]  # the first by name


def test_a_fresh_reading_keeps_corrections_and_changes_nothing_else(third: Ran, fourth: Ran) -> None:
    assert fourth.records[MEMBER]["fields"]["position"]["value"] == HOSTILE
    assert fourth.records[MEMBER]["fields"]["position"]["status"] == FieldStatus.CORRECTED.value
    assert fourth.jsonl == third.jsonl


# --- all along


def test_every_original_lies_unchanged_in_the_archive(office: Folders, fourth: Ran) -> None:
    archive = Archive(office.outputs)
    originals = {office.stat(name).sha256 for name in office.files()}
    assert {path.name[:64] for path in archive.contents()} == originals
    assert all(archive.holds(sha256) for sha256 in originals)


def test_what_else_a_field_may_say_is_kept(office: Folders, fourth: Ran) -> None:
    with office.store() as store:
        values = [value for record in store.records() for _, value in record.all_fields()]
    several = [value for value in values if value.alternatives]
    assert len(several) > 20
    for value in several:
        behind = [nats for _, nats in value.alternatives]
        assert behind == sorted(behind)
        assert behind[0] >= 0


def test_what_was_written_on_paper_is_no_formula(office: Folders, fourth: Ran) -> None:
    texts, formulas = set(), []
    for path in office.outputs.glob("*.xlsx"):
        for sheet in load_workbook(path).worksheets:
            for row in sheet.iter_rows():
                texts |= {cell.value for cell in row if cell.data_type == "s"}
                formulas += [str(cell.value) for cell in row if cell.data_type == "f"]
    assert HOSTILE in texts
    assert formulas  # the counts
    counting = re.compile(r"=(SUM|COUNT|COUNTA|COUNTIFS?|SUMIFS?|IF|IFERROR|ROUND)\(")
    assert [formula for formula in formulas if not counting.match(formula) or "HYPERLINK" in formula] == []


def test_personal_numbers_are_in_no_message_and_no_file_name(
    office: Folders, first_and_rival: tuple[Ran, Result, dict[str, Any]], second: Ran, third: Ran, fourth: Ran
) -> None:
    first, rival, _ = first_and_rival
    said = "\n".join(r.out + r.err for r in (first.result, rival, second.result, third.result, fourth.result))
    names = "\n".join(p.name for p in office.outputs.rglob("*"))
    wanted = re.compile(r"\d{17}[\dXx]|1[3-9]\d{9}|\d{18}")
    secrets = {v for s in SAMPLES for k, v in s["fields"].items() if wanted.fullmatch(str(v)) or k == "name"}
    assert len(secrets) > 10
    assert [secret for secret in secrets if secret in said or secret in names] == []


def test_everything_a_run_keeps_lies_in_its_outputs(office: Folders, fourth: Ran) -> None:
    assert sorted(p.name for p in office.scans.parent.iterdir()) == ["outputs", "scans"]
    assert (office.outputs / "pipeline.db").is_file()
    assert sorted(p.name for p in office.scans.iterdir()) == sorted([MEMBER, UNIT, *AGREEMENT, FEEDBACK, COPY])
