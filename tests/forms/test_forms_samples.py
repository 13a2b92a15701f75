"""The sample scans, read for real: types, values, marks, rows, blanks, and where each value stands."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pipeline.flow import Tools, read_documents
from pipeline.intake.pages import read_pages
from pipeline.records import FieldStatus, Record
from pipeline.settings import Settings
from tests.support.truth import SAMPLES, expected_values, holds_centre, same, values_of

SCANS = Path(__file__).resolve().parents[2] / "scans"
Read = Callable[[int], list[Record]]

each_sample = pytest.mark.parametrize("number", range(len(SAMPLES)), ids=[s["files"][0] for s in SAMPLES])


@pytest.fixture(scope="module")
def read(tools: Tools, settings: Settings) -> Read:
    """The records of sample ``number``, read once."""

    @cache
    def read_sample(number: int) -> list[Record]:
        names = SAMPLES[number]["files"]
        hashes = {name: hashlib.sha256((SCANS / name).read_bytes()).hexdigest() for name in names}
        pages = (page for name in names for page in read_pages(SCANS / name, name, settings.limits))
        return list(read_documents(pages, hashes, tools))

    return read_sample


@pytest.fixture
def sample(number: int) -> dict[str, Any]:
    return SAMPLES[number]


@pytest.fixture
def record(read: Read, number: int) -> Record:
    """The one record of a sample."""
    records = read(number)
    assert len(records) == 1
    return records[0]


@each_sample
def test_a_sample_is_one_document_of_its_type(sample: dict[str, Any], record: Record) -> None:
    assert record.doc_type == sample["doc_type"]
    assert record.files == sample["files"]
    assert sum(len(numbers) for numbers in record.pages) == sample["pages"]
    assert not {"unknown_document", "unreadable_page", "page_missing"} & set(record.issues)


@each_sample
def test_most_of_a_samples_values_are_exact(sample: dict[str, Any], record: Record) -> None:
    values = values_of(record)
    written = [e for e in expected_values(sample) if e.value]
    wrong = [(e.path, e.value, _value(values, e.path)) for e in written if not same(_value(values, e.path), e.value)]
    assert len(wrong) <= 0.2 * len(written), wrong


def test_over_all_samples_nine_values_in_ten_are_exact(read: Read) -> None:
    right, wrong, unseen = 0, [], []
    for number, sample in enumerate(SAMPLES):
        values = values_of(read(number)[0])
        for expected in expected_values(sample):
            if not expected.value:
                continue
            if same(_value(values, expected.path), expected.value):
                right += 1
                continue
            wrong.append((sample["files"][0], expected.path, expected.value, _value(values, expected.path)))
            field = values.get(expected.path)
            if field is not None and field.status is FieldStatus.ACCEPTED:
                unseen.append(wrong[-1])
    assert right >= 0.92 * (right + len(wrong)), wrong
    assert len(unseen) <= 0.02 * (right + len(wrong)), f"accepted, yet wrong: {unseen}"


@each_sample
def test_what_is_blank_on_paper_stays_none(sample: dict[str, Any], record: Record) -> None:
    values = values_of(record)
    blank = [e.path for e in expected_values(sample) if not e.value]
    assert {path: _value(values, path) for path in blank} == dict.fromkeys(blank)


@each_sample
def test_seals_and_signatures(sample: dict[str, Any], record: Record) -> None:
    assert {key: record.fields[key].value for key in sample["marks"]} == sample["marks"]


@each_sample
def test_ticked_options(sample: dict[str, Any], record: Record) -> None:
    for key in {"service_intents", "completion", "satisfaction"} & set(sample["fields"]):
        assert same(record.fields[key].value, sample["fields"][key]), key


@each_sample
def test_rows_of_a_list(sample: dict[str, Any], record: Record) -> None:
    assert len(record.rows) == len(sample["rows"])
    assert [row["seq"].value for row in record.rows] == [row["seq"] for row in sample["rows"]]
    for row, written in zip(record.rows, sample["rows"], strict=True):
        assert set(row) == set(written)  # the columns that this list's header shows, and no other


@each_sample
def test_each_value_says_where_it_stands(sample: dict[str, Any], record: Record) -> None:
    """The centre of the writing lies within the reported quad, in pixels of the page as scanned."""
    values = values_of(record)
    lost = []
    for expected in expected_values(sample):
        if not expected.value or expected.box is None:
            continue
        field = values[expected.path]
        here = (field.file, field.page) == (expected.file, expected.page)
        if not here or field.quad is None or not holds_centre(field.quad, expected.box):
            lost.append((expected.path, expected.box, field.file, field.page, field.quad))
    assert not lost


@each_sample
def test_a_record_holds_every_field_of_its_form(record: Record, tools: Tools) -> None:
    assert set(record.fields) == {field.key for field in tools.forms[record.doc_type].fields}


def _value(values: dict[str, Any], path: str) -> Any:
    return values[path].value if path in values else None


@pytest.mark.parametrize("name", ["共建协议_1.jpg", "共建协议_2.jpg"])
def test_half_an_agreement_says_that_a_page_is_missing(name: str, tools: Tools, settings: Settings) -> None:
    records = list(read_documents(read_pages(SCANS / name, name, settings.limits), {name: "0" * 64}, tools))
    assert [(r.doc_type, "page_missing" in r.issues) for r in records] == [("agreement", True)]
