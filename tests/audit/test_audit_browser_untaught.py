"""A document of no known form at the screen: its pairs beside the scan, corrected, and what the batch says of it."""

from __future__ import annotations

import shutil
from pathlib import Path

from openpyxl import load_workbook
from playwright.sync_api import expect

from tests.audit.audit_browser_page import box, document_id, eventually, exported, field, open_document, ready, value
from tests.audit.conftest import CLERK, Office, SignIn
from tests.support.command import finish, start

UNTAUGHT = Path(__file__).resolve().parents[1] / "untaught"
ONE, TWO = "设备借用单_1.jpg", "设备借用单_2.jpg"


def test_pairs_of_an_unknown_form_are_shown_and_corrected(office: Office, server: str, sign_in: SignIn) -> None:
    for name in (ONE, TWO):
        shutil.copy(UNTAUGHT / name, office.scans / name)
    result = finish(start(*office.where, cwd=office.root, PIPELINE_INTAKE__SETTLE_SECONDS="0"))
    assert result.code == 0, result.err
    assert "有 2 份不认识的表看起来是同一种（设备借用单）" in result.out
    document = document_id(office, ONE)
    assert value(office, document, "借用日期") == "2022-08-01"
    with sign_in(server, CLERK) as page:
        open_document(page, server, document)
        expect(page.locator("h1")).to_have_text("未识别的表单")
        expect(page.locator(".field .title")).to_contain_text(["表名", "借用人", "所在部门", "联系电话"])
        assert box(page, "设备名称").input_value() == value(office, document, "设备名称")
        assert box(page, "设备状况").input_value() == "完好"
        box(page, "设备名称").fill("无线话筒两支")
        page.keyboard.press("Enter")
        expect(field(page, "设备名称")).to_have_attribute("data-status", "corrected")
        box(page, "设备状况").fill("完好、齐全")
        page.keyboard.press("Enter")
        expect(field(page, "设备状况")).to_have_attribute("data-status", "corrected")
        said: list[str] = []
        page.on("dialog", lambda dialog: dialog.accept(said.pop()))
        said.append("器材名称")
        box(page, "设备名称").focus()
        page.get_by_role("button", name="更正标签：设备名称").click()
        expect(page.get_by_role("button", name="更正标签：器材名称")).to_be_attached()
        ready(page)  # it has come anew
        assert box(page, "设备名称").input_value() == "无线话筒两支"
        said.append("看错的名称")
        page.get_by_role("button", name="更正标签：器材名称").click()
        expect(page.get_by_role("button", name="更正标签：看错的名称")).to_be_attached()
        ready(page)  # it has come anew
        box(page, "设备名称").focus()
        page.keyboard.press("Escape")  # back to what it was before
        expect(page.get_by_role("button", name="更正标签：器材名称")).to_be_attached()
        page.goto(f"{server}/desk")
        listed = page.locator("main")
        expect(listed).to_contain_text("未识别的表单")
        expect(listed).not_to_contain_text("借用日期")  # one question, not one for each pair
    assert value(office, document, "设备名称") == "无线话筒两支"
    assert value(office, document, "设备状况") == ["完好", "齐全"]
    eventually(lambda: exported(office)[document]["fields"].get("器材名称", {}).get("value") == "无线话筒两支")
    assert "设备名称" not in exported(office)[document]["fields"]

    def in_sheet() -> bool:
        rows = load_workbook(office.outputs / "双报到台账.xlsx", read_only=True)["其他表格"].iter_rows(values_only=True)
        return any({ONE, "器材名称", "无线话筒两支", "设备借用单（2 份）"} <= set(row) for row in rows)

    eventually(in_sheet)
