"""What a document is, changed at the screen: type, pages, copies; read again, and read where somebody drew."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.audit.audit_browser_page import (
    audit_lines,
    box,
    document_id,
    eventually,
    exported,
    field,
    notice,
    open_document,
    stored,
    value,
)
from tests.audit.conftest import CLERK, REVIEWER, Office, SignIn

MEMBER, TWO_FILES, ONE_PAGE = "党员登记表_平板扫描.jpg", "共建协议_1.jpg", "共建协议_单页.jpg"
UNIT, FAXED_UNIT = "单位登记表_平板扫描.jpg", "单位登记表_传真.png"
FAXED_MEMBER, FEEDBACK = "党员登记表_传真.png", "服务反馈表_倒放.jpg"
JOB = 120_000  # milliseconds; the reader starts with the first job


def open_menu(page: Page) -> None:
    if page.locator("#more").get_attribute("open") is None:
        page.locator("#more > summary").click()


def choose(page: Page, deed: str) -> None:
    open_menu(page)
    page.locator(f'[data-structure="{deed}"]').click()


def test_corrections_outlast_another_reading(shared_office: Office, shared_server: str, sign_in: SignIn) -> None:
    document = document_id(shared_office, UNIT)
    with sign_in(shared_server, CLERK) as page:
        open_document(page, shared_server, document, "secretary")
        page.keyboard.type("傅珍波")
        page.keyboard.press("Enter")
        expect(field(page, "secretary")).to_have_attribute("data-status", "corrected")
        page.locator("body").evaluate("(body) => { body.dataset.before = 'yes'; }")
        choose(page, "reread")
        expect(notice(page)).to_contain_text("正在重新识别")
        expect(page.locator("body[data-before]")).to_have_count(0, timeout=JOB)
        expect(box(page, "secretary")).to_have_value("傅珍波")
        assert page.locator("#more [data-structure]").count() == 1  # a clerk does no more than that
    assert value(shared_office, document, "secretary") == "傅珍波"
    assert [line for line in audit_lines(shared_office, "document_reread") if line["document_id"] == document]


def test_a_drawn_box_is_read_and_saved(shared_office: Office, shared_server: str, sign_in: SignIn) -> None:
    document = document_id(shared_office, FAXED_MEMBER)
    with sign_in(shared_server, CLERK) as page:
        open_document(page, shared_server, document, "name")
        area = page.locator(".target").bounding_box()
        assert area
        box(page, "position").focus()
        page.keyboard.press("F7")
        expect(notice(page)).to_contain_text("框出")
        page.keyboard.press("Escape")
        expect(page.locator(".viewer.drawing")).to_have_count(0)
        box(page, "name").focus()  # the scan goes back to where the box was
        expect(page.locator(".target")).to_have_count(1)
        box(page, "name").fill("")
        page.keyboard.press("F7")
        page.mouse.move(area["x"] - 8, area["y"] - 8)
        page.mouse.down()
        page.mouse.move(area["x"] + area["width"] + 8, area["y"] + area["height"] + 8, steps=4)
        page.mouse.up()
        expect(notice(page)).to_contain_text("框中读到的字已填入", timeout=JOB)
        expect(box(page, "name")).to_have_value("姚兴")
        page.keyboard.press("Enter")
        expect(field(page, "name")).to_have_attribute("data-status", "corrected")
    assert value(shared_office, document, "name") == "姚兴"


def test_split_and_joined_again(shared_office: Office, shared_server: str, sign_in: SignIn) -> None:
    document = document_id(shared_office, TWO_FILES)
    with sign_in(shared_server, REVIEWER) as page:
        open_document(page, shared_server, document)
        open_menu(page)
        page.locator("#split-before").select_option("1")
        choose(page, "split")
        expect(page.locator("[data-page]")).to_have_count(1, timeout=JOB)
        first = page.url.split("/documents/")[1].split("?")[0]
        with shared_office.store() as store:
            parts = [r.document_id for r in store.records() if set(r.files) & {TWO_FILES, "共建协议_2.jpg"}]
        assert len(parts) == 2
        assert first in parts
        other = next(part for part in parts if part != first)
        open_menu(page)
        page.locator("#other").fill(other)
        choose(page, "join")
        expect(page.locator("[data-page]")).to_have_count(2, timeout=JOB)
        expect(page.locator("h1")).to_have_text("共驻共建协议书")
        joined = page.url.split("/documents/")[1].split("?")[0]
        eventually(lambda: (shown := exported(shared_office)).keys() & {first, other, joined} == {joined} and shown)
    assert len(stored(shared_office, joined).pages) == 2
    assert value(shared_office, joined, "agreement_no") is not None


def test_another_type_and_back(shared_office: Office, shared_server: str, sign_in: SignIn) -> None:
    document = document_id(shared_office, FEEDBACK)
    with sign_in(shared_server, REVIEWER) as page:
        open_document(page, shared_server, document)
        for wanted, title in (
            ("unit_registration", "单位党组织到社区报到登记表"),
            ("service_feedback", "服务活动记录反馈表"),
        ):
            open_menu(page)
            page.locator("#new-type").select_option(wanted)
            choose(page, "type")
            expect(page.locator("h1")).to_have_text(title, timeout=JOB)
    current = page.url.split("/documents/")[1].split("?")[0]
    assert value(shared_office, current, "leader") == "钟鹏"


def test_a_copy_is_marked_and_unmarked(shared_office: Office, shared_server: str, sign_in: SignIn) -> None:
    document, of = document_id(shared_office, FAXED_UNIT), document_id(shared_office, UNIT)
    with sign_in(shared_server, REVIEWER) as page:
        open_document(page, shared_server, document)
        open_menu(page)
        page.locator("#other").fill(of)
        choose(page, "duplicate")
        expect(page.locator(".fields")).to_contain_text("取代，不再计入台账")
        eventually(lambda: document not in exported(shared_office))
        choose(page, "duplicate/undo")
        expect(page.locator('[data-structure="duplicate"]')).to_be_attached()  # the page has come anew
        open_menu(page)
        expect(page.locator('[data-structure="duplicate"]')).to_be_visible()
        eventually(lambda: document in exported(shared_office))
        page.locator("#other").fill("0000000000000000")
        choose(page, "duplicate")
        expect(notice(page)).to_contain_text("没有这份文档")
