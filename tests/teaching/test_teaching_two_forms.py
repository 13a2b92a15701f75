"""Two forms taught from blank scans, through to workbook, masks, dictionary and audit page: no line of Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from teaching_office import SAMPLES, TAUGHT, Office, truth

from pipeline.audit.index import Index
from pipeline.batch.office import load_rules
from pipeline.batch.run import open_database
from pipeline.definitions import FormDefinition, load_form
from pipeline.teaching.scoring import comparable

TYPES = {
    "借用人": "name", "患者姓名": "name", "身份证号": "id_number", "身份证号码": "id_number", "联系电话": "phone",
    "借用部门": "text", "设备名称": "text", "数量": "number", "年龄": "number", "借用日期": "date", "归还日期": "date",
    "就诊日期": "date", "设备状况": "checkboxes", "就诊类型": "checkboxes", "借用事由": "text", "主诉": "text",
    "过敏史": "text", "借用人签字": "signature", "接诊医师签字": "signature", "管理部门盖章": "seal", "性别": "choice",
}  # fmt: skip
OPTIONS = {"设备状况": ["完好", "有划痕", "需维修"], "就诊类型": ["初诊", "复诊", "急诊"], "性别": ["男", "女"]}


def form(office: Office, name: str) -> FormDefinition:
    return load_form(office.forms / f"{name}.yaml")


def as_labelled(office: Office, record: dict[str, Any]) -> dict[str, Any]:
    """A record's values by the labels as printed."""
    fields = form(office, record["doc_type"]).fields
    return {f.title: record["fields"][f.key]["value"] for f in fields}


@pytest.mark.parametrize("name", list(TAUGHT))
def test_a_blank_gives_every_label_its_type_and_its_options(drafted: Office, name: str) -> None:
    taught = form(drafted, name)
    wanted = {label for entry in truth() if entry["form"] == name for label in entry["values"]}
    assert taught.titles == (TAUGHT[name],)
    assert {f.title for f in taught.fields} == wanted
    assert all(f.type.value in (TYPES[f.title], "dictionary") for f in taught.fields)
    assert {f.title: list(f.options) for f in taught.fields if f.options} == {
        label: options for label, options in OPTIONS.items() if label in wanted
    }


def test_a_draft_overwrites_nothing_and_says_so(drafted: Office) -> None:
    path = drafted.forms / "device_loan.yaml"
    before = path.read_bytes()
    result = drafted.command("forms", "draft", SAMPLES / "设备借用单_空白.jpg", "-o", path)
    assert result.code == 2
    assert "已经存在" in result.err
    assert path.read_bytes() == before


def test_check_tries_a_definition_on_a_sample_and_hides_numbers(office: Office) -> None:
    result = office.command("forms", "check", "device_loan", "--sample", SAMPLES / "设备借用单_甲.jpg")
    assert result.code == 0, result.out
    assert "借用人：" in result.out
    assert "错误" not in result.out
    number = truth()[0]["values"]["身份证号"]
    assert number not in result.out


def test_check_warns_of_titles_and_labels_of_other_forms(office: Office, tmp_path: Path) -> None:
    twin = office.forms / "twin.yaml"
    text = (office.forms / "device_loan.yaml").read_text(encoding="utf-8").replace("type: device_loan", "type: twin")
    twin.write_text(text, encoding="utf-8")
    try:
        result = office.command("forms", "check", "twin")
    finally:
        twin.unlink()
    assert result.code == 0
    assert "标题“设备借用单”与“设备借用单”的标题“设备借用单”太像" in result.out
    assert "标签与“设备借用单”相同" in result.out
    assert "工作表“设备借用单”也是" in result.out


def test_filled_copies_are_read_by_the_drafted_definitions(office: Office) -> None:
    by_file = {r["source"]["files"][0]: r for r in office.records()}
    right = of = 0
    for entry in truth():
        record = by_file[entry["files"][0]]
        assert record["doc_type"] == entry["form"]
        got = as_labelled(office, record)
        for label, want in entry["values"].items():
            of += 1
            right += comparable(got[label]) == comparable(want)
    assert right >= 0.85 * of, f"{right} of {of}"


def test_the_workbook_has_a_sheet_for_each_with_the_labels_as_headings(office: Office) -> None:
    book = openpyxl.load_workbook(office.outputs / "双报到台账.xlsx")
    for name, title in TAUGHT.items():
        cells = [cell.value for row in book[title].iter_rows(max_row=6) for cell in row]
        assert {f.title for f in form(office, name).fields} <= {str(c) for c in cells if c}
    reviewed = [str(c.value) for row in book["待核对"].iter_rows() for c in row if c.value]
    doubtful = {
        r["doc_type"]
        for r in office.records()
        if any(f["status"] in ("review", "missing") for f in r["fields"].values())
    }
    assert all(any(TAUGHT[kind] in text for text in reviewed) for kind in doubtful)


def test_numbers_are_masked_in_circulation(office: Office) -> None:
    assert office.command("export", "--masked").code == 0
    texts = [
        str(cell.value)
        for path in (office.outputs / "circulation").glob("*.xlsx")
        for sheet in openpyxl.load_workbook(path)
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    ]
    read = [r["fields"]["id_number"]["value"] for r in office.records()]
    assert len([v for v in read if v]) == 4
    assert not any(number in text for number in read for text in texts)
    assert all(
        any(number[:6] + "*" * 8 + number[-4:] == text for text in texts) for number in read if len(number) == 18
    )


def test_an_office_template_is_filled_from_a_taught_form(office: Office, tmp_path: Path) -> None:
    """Also where no column of it says to which community its rows belong."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["借用人", "设备名称", "数量"])
    book.save(tmp_path / "借用登记.xlsx")
    told = office.command("export", "--template", tmp_path / "借用登记.xlsx")
    assert "由设备借用单填入 2 行" in told.out, told.err
    nowhere = office.command("export", "--template", tmp_path / "借用登记.xlsx", "--community", "没有这个社区")
    assert nowhere.code == 2
    assert "没有社区“没有这个社区”" in nowhere.err


def test_a_list_behind_a_field_is_checked_and_the_audit_index_finds_it(office: Office) -> None:
    forms, dictionaries = load_rules(office.settings())
    record = next(r for r in office.records() if r["source"]["files"] == ["设备借用单_甲.jpg"])
    name = as_labelled(office, record)["借用部门"]
    assert dictionaries["departments"].canonical(name) == truth()[0]["values"]["借用部门"]
    with open_database(office.settings()) as store:
        index = Index(store, forms, dictionaries)
        try:
            index.wait()
            hit = index.search(truth()[0]["values"]["借用部门"]).items[0]
        finally:
            index.close()
    assert (hit.doc_type, hit.title) == ("device_loan", "借用部门")


def test_a_new_version_is_read_on_request_and_keeps_corrections(office: Office) -> None:
    with open_database(office.settings()) as store:
        record = next(r for r in store.records() if r.files == ["设备借用单_甲.jpg"])
        stored = store.stored_document(record.document_id)
        assert stored is not None
        assert stored.form_version == "1"
        store.correct(record.document_id, "quantity", "77", "核对员", stored.revision)
    assert "文件 0 个" in office.command("requeue", "--form", "device_loan", "--outdated").out
    path = office.forms / "device_loan.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("version: 1", "version: 2"), encoding="utf-8")
    asked = office.command("requeue", "--form", "device_loan", "--outdated", "--json")
    assert asked.json()["documents"] == 2
    assert office.run().code == 0
    with open_database(office.settings()) as store:
        again = store.stored_document(record.document_id)
    assert again is not None
    assert again.form_version == "2"
    assert again.record.fields["quantity"].value == "77"
    assert office.command("requeue", "--form", "device_loan", "--outdated", "--json").json()["documents"] == 0
