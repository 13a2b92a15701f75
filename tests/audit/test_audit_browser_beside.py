"""The page beside a batch in progress, and papers that are no form of ours."""

from __future__ import annotations

import numpy as np
from PIL import Image
from playwright.sync_api import expect

from tests.audit.audit_browser_page import (
    audit_lines,
    box,
    document_id,
    eventually,
    field,
    open_document,
    stored,
    value,
)
from tests.audit.conftest import CLERK, SCANS, Office, SignIn
from tests.support.command import finish, start

SHEET, SIDEWAYS = "共建协议_单页.jpg", "党员登记表_横放.pdf"
NOTE = "便条.png"


def note() -> Image.Image:
    """A sheet on which somebody wrote, and that is no form."""
    page = Image.new("L", (1240, 900), 255)
    ink = Image.open(SCANS / "服务反馈表.tif").convert("L").crop((350, 565, 1100, 672))
    for i in range(3):
        page.paste(ink, (150, 150 + 160 * i))
    return page


def test_the_page_answers_and_saves_while_a_batch_reads(office: Office, server: str, sign_in: SignIn) -> None:
    document = document_id(office, SIDEWAYS)
    note().save(office.scans / NOTE)
    for number, file in enumerate((SHEET, "单位登记表_平板扫描.jpg", "服务反馈表_倒放.jpg")):
        picture = np.array(Image.open(SCANS / file))
        picture[0, 0] = number  # another scan of the same paper
        Image.fromarray(picture).save(office.scans / f"又一份{number}.png")
    with sign_in(server, CLERK) as page:
        batch = start(*office.where, cwd=office.root, PIPELINE_INTAKE__SETTLE_SECONDS="0")
        eventually(lambda: len(audit_lines(office, "batch_started")) > 1)
        open_document(page, server, document, "phone")
        page.keyboard.type("15090239496")
        page.keyboard.press("Enter")
        expect(field(page, "phone")).to_have_attribute("data-status", "corrected")
        assert batch.poll() is None, "the batch ended before the page was used"
        page.goto(f"{server}/search?q=毛红贵")
        expect(page.locator("tbody")).to_contain_text("毛红贵")
        result = finish(batch)
        assert result.code == 0, result.err
        assert value(office, document, "phone") == "15090239496"
        page.goto(f"{server}/desk")
        eventually(lambda: page.reload() and "未识别的表单" in page.locator("select[name=type]").inner_text())
        unknown = document_id(office, NOTE)
        assert stored(office, unknown).record.doc_type == "unknown"
        open_document(page, server, unknown)
        expect(page.locator("h1")).to_have_text("未识别的表单")
        first = page.locator("[data-field]").first
        path = first.get_attribute("data-path") or ""
        box(page, path).focus()
        page.keyboard.type("今天下午三点")
        page.keyboard.press("Enter")
        expect(field(page, path)).to_have_attribute("data-status", "corrected")
    assert value(office, unknown, path) == "今天下午三点"
