"""Fields out of a document: what is written is read first and decoded all at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from pipeline.definitions import Forms
from pipeline.forms.extract import Legend, WrittenValue, extract_fields
from pipeline.forms.layout import Layout
from pipeline.records import Evidence, Record
from tests.support.layouts import grid, layout

SURE = Evidence("text", 0.9, 0.95, 3, 5.0, doubt=False, known=False)


@dataclass
class Page:
    file: str
    number: int
    layout: Layout


@dataclass
class Said:
    value: str | None
    raw: str
    confidence: float = 0.75
    evidence: Evidence | None = SURE
    alternatives: list[tuple[str, float]] = field(default_factory=list)
    centres: list[float] = field(default_factory=list)


class Decoder:
    """Keeps what it was given, and gives back each value's text with its path before it."""

    def __init__(self) -> None:
        self.calls: list[list[WrittenValue]] = []
        self.witnesses: list[WrittenValue | Legend] = []

    def __call__(self, values: Sequence[WrittenValue], witnesses: Sequence[WrittenValue | Legend]) -> list[Said]:
        assert all(line.reading is not None for value in values for line in value.lines)
        self.calls.append(list(values))
        self.witnesses = list(witnesses)
        texts = ["".join(line.text for line in value.lines) for value in values]
        return [Said(f"{value.path}={text}", text) for value, text in zip(values, texts, strict=True)]


def extracted(forms: Forms, form: str, *layouts: Layout) -> tuple[Record, Decoder]:
    record = Record("d", form, ["scan.jpg"], ["0" * 64], [[1]])
    pages = [Page("scan.jpg", number, page) for number, page in enumerate(layouts, start=1)]
    decoder = Decoder()
    extract_fields(record, forms[form], pages, read=lambda sheet, lines: None, decode=decoder)
    return record, decoder


PERSON = grid(["姓名", "王建国", "性别", "男"], ["职务", "科员", "联系电话", ""])


def test_a_documents_values_are_decoded_together(forms: Forms) -> None:
    record, decoder = extracted(forms, "member_registration", layout([PERSON]))
    assert len(decoder.calls) == 1
    assert {v.path: v.field.key for v in decoder.calls[0]} == {k: k for k in ("name", "gender", "position")}
    name = record.fields["name"]
    assert (name.value, name.raw, name.confidence, name.evidence) == ("name=王建国", "王建国", 0.75, SURE)


def test_a_value_of_a_row_has_its_rows_path(forms: Forms) -> None:
    table = grid(["序号", "资源名称", "提供单位"], ["1", "会议室", "第十三中学"], ["2", "义诊", ""])
    record, decoder = extracted(forms, "item_list", layout([table]))
    assert len(decoder.calls) == 1
    paths = [value.path for value in decoder.calls[0]]
    assert [p for p in paths if p.startswith("rows.")] == [
        "rows.0.seq", "rows.0.item", "rows.0.owner", "rows.1.seq", "rows.1.item",
    ]  # fmt: skip
    assert [row["item"].value for row in record.rows] == ["rows.0.item=会议室", "rows.1.item=义诊"]
    assert record.rows[1]["owner"].value is None


def test_values_on_several_pages_are_decoded_together(forms: Forms) -> None:
    first, second = (
        grid(["编号", "GJ-2019-145"], ["其它", "别的"]),
        grid(["签订日期", "2019年5月2日"], ["其它", "别的"]),
    )
    record, decoder = extracted(forms, "agreement", layout([first]), layout([second]))
    assert len(decoder.calls) == 1
    assert {v.path for v in decoder.calls[0]} >= {"agreement_no", "sign_date"}
    assert (record.fields["agreement_no"].page, record.fields["sign_date"].page) == (1, 2)


def test_what_was_not_written_is_not_decoded(forms: Forms) -> None:
    record, decoder = extracted(forms, "member_registration", layout([PERSON]))
    assert "phone" not in {v.path for v in decoder.calls[0]}
    phone = record.fields["phone"]
    assert (phone.value, phone.raw, phone.evidence) == (None, "", None)
    assert phone.quad is not None  # where it should stand


@pytest.mark.parametrize("form", ["member_registration", "agreement", "service_feedback"])
def test_an_empty_page_has_every_field_and_no_value(forms: Forms, form: str) -> None:
    record, decoder = extracted(forms, form, layout())
    assert decoder.calls == [[]]
    assert set(record.fields) == {field.key for field in forms[form].fields}
