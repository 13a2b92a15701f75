"""Forms that nobody has taught, read for real: labels beside values, lists, check boxes, marks, title."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from benchmarks.generic import Score, compare
from pipeline.flow import Tools, read_documents
from pipeline.intake.pages import read_pages
from pipeline.records import DocumentStatus, FieldStatus, Record, is_label
from pipeline.settings import Settings
from tests.support.truth import SAMPLES

ROOT = Path(__file__).resolve().parents[2]
SCANS, UNTAUGHT = ROOT / "scans", ROOT / "tests" / "untaught"
SLIPS: dict[str, Any] = json.loads((UNTAUGHT / "truth.json").read_text(encoding="utf-8"))
KNOWN = ("党员登记表_平板扫描.jpg", "单位登记表_平板扫描.jpg", "共建协议_单页.jpg", "服务反馈表.tif", "资源清单.pdf")
Read = Callable[..., list[Record]]


@pytest.fixture(scope="module")
def read(tools: Tools, settings: Settings) -> Read:
    """What an office that knows no form reads of some files of a folder."""
    untaught = dataclasses.replace(tools, forms={})

    @cache
    def read_files(folder: Path, *names: str) -> list[Record]:
        pages = (page for name in names for page in read_pages(folder / name, name, settings.limits))
        return list(read_documents(pages, {name: f"hash of {name}" for name in names}, untaught))

    return read_files


@pytest.mark.parametrize("name", SLIPS)
def test_every_label_of_an_unknown_form_is_found_with_its_value(read: Read, name: str) -> None:
    [record] = read(UNTAUGHT, name)
    found = {key: value.value for key, value in record.fields.items() if is_label(key)}
    wanted = {k: [v] if k == "设备状况" else v for k, v in SLIPS[name]["values"].items()}
    assert list(found) == list(wanted)  # in the order of the paper
    wrong = {key for key, value in wanted.items() if found[key] != value}
    assert len(wrong) <= 1, {key: found[key] for key in wrong}  # one digit of a phone number is hard to tell


@pytest.mark.parametrize("name", SLIPS)
def test_an_unknown_form_is_for_a_person_to_look_at(read: Read, name: str) -> None:
    [record] = read(UNTAUGHT, name)
    assert (record.doc_type, record.status, record.issues) == (
        "unknown",
        DocumentStatus.REVIEW,
        ["unknown_document"],
    )
    assert record.fields["title"].value == SLIPS[name]["title"]
    assert SLIPS[name]["values"]["借用人"] in str(record.fields["text_1"].value)
    assert {value.status for _, value in record.all_fields()} == {FieldStatus.REVIEW}
    assert all(value.quad and value.file == name and value.page == 1 for _, value in record.all_fields())


def test_a_record_goes_into_the_records_file_and_back(read: Read) -> None:
    [record] = read(UNTAUGHT, next(iter(SLIPS)))
    assert Record.from_dict(json.loads(json.dumps(record.to_dict()))).to_dict() == record.to_dict()


def test_the_forms_of_the_office_are_read_without_their_definitions(read: Read, tools: Tools) -> None:
    total = Score()
    for name in KNOWN:
        sample = next(s for s in SAMPLES if s["files"] == [name])
        compared = compare(sample, read(SCANS, name), tools.forms[sample["doc_type"]])
        assert compared.pairs.f1 >= 0.7, (name, compared.errors)
        total.add(compared.pairs)
    assert total.f1 >= 0.88


def test_the_rows_of_a_list_have_its_headings(read: Read) -> None:
    sample = next(s for s in SAMPLES if s["files"] == ["资源清单.pdf"])
    [record] = read(SCANS, "资源清单.pdf")
    assert len(record.rows) == len(sample["rows"])
    assert {len(row) for row in record.rows} == {len(sample["rows"][0])}
    assert all("联系电话" in row or "电话" in row for row in record.rows)


def test_seals_are_told_by_the_words_they_stand_at(read: Read) -> None:
    [record] = read(SCANS, "单位登记表_平板扫描.jpg")
    marks = {key: value.value for key, value in record.fields.items() if isinstance(value.value, bool)}
    assert sum(marks.values()) == 2
    assert all("章" in key for key in marks)


def test_a_document_of_a_known_form_has_no_other_fields(tools: Tools, settings: Settings) -> None:
    name = KNOWN[0]
    [record] = read_documents(read_pages(SCANS / name, name, settings.limits), {name: "hash"}, tools)
    assert set(record.fields) == {field.key for field in tools.forms[record.doc_type].fields}
