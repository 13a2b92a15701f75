"""The panel 对应认领 at a real screen: another claim, none, and back again, by keyboard."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from pipeline.store import Served
from tests.audit.audit_browser_page import audit_lines, document_id, eventually, notice, open_document
from tests.audit.conftest import CLERK, OTHER, Office, SignIn

FEEDBACK, TURNED, MEMBER = "服务反馈表.tif", "服务反馈表_倒放.jpg", "党员登记表_平板扫描.jpg"
EXPORT = 240_000  # milliseconds until the workbooks follow: they are written when nobody else needs the machine


def served(office: Office, document: str) -> Served:
    with office.store() as store:
        return store.served_of(document)[0]


def panel(page: Page) -> Locator:
    return page.locator("#claims .served").first


def press(page: Page, name: str) -> None:
    """A button of the panel, by keyboard."""
    panel(page).get_by_role("button", name=name, exact=True).focus()
    page.keyboard.press("Enter")


def test_none_is_said_and_taken_back(shared_office: Office, shared_server: str, sign_in: SignIn) -> None:
    document = document_id(shared_office, FEEDBACK)
    before = served(shared_office, document)
    with sign_in(shared_server, CLERK) as page:
        open_document(page, shared_server, document)
        expect(panel(page)).to_have_attribute("data-project", before.project)
        if before.claim:
            expect(panel(page).locator(".matched")).to_contain_text(before.claim)
        expect(panel(page).get_by_role("button", name="撤销")).to_have_count(0)
        press(page, "不对应任何认领")
        expect(panel(page).locator(".why")).to_have_text("人工确定：不对应任何认领")
        expect(panel(page).locator(".waiting")).to_contain_text("台账稍后")
        expect(panel(page).get_by_role("button", name="撤销")).to_be_focused()
        expect(panel(page).locator(".waiting")).to_have_count(0, timeout=EXPORT)  # the workbooks have followed
        assert served(shared_office, document).note == "人工确定：不对应任何认领"
        press(page, "撤销")
        expect(panel(page).locator(".why")).to_contain_text("已撤销")
        expect(panel(page).locator(".waiting")).to_have_count(0, timeout=EXPORT)
        expect(panel(page).get_by_role("button", name="撤销")).to_have_count(0)
    assert served(shared_office, document) == before
    lines = [line for line in audit_lines(shared_office, "claim_assigned") if line["document_id"] == document]
    assert [(line["actor"], line["path"]) for line in lines] == [(CLERK, ">")]


def test_another_claim_is_found_and_chosen_by_keyboard(
    shared_office: Office, shared_server: str, sign_in: SignIn
) -> None:
    document = document_id(shared_office, TURNED)
    with shared_office.store() as store:
        wanted = store.claims()[-1]
    with sign_in(shared_server, CLERK) as page:
        open_document(page, shared_server, document)
        press(page, "改为另一条")
        box = page.get_by_role("combobox", name="查找认领")
        expect(box).to_be_focused()
        options = page.get_by_role("option")
        expect(options).not_to_have_count(0)
        page.keyboard.press("Escape")
        expect(box).to_have_count(0)
        expect(panel(page).get_by_role("button").first).to_be_focused()
        press(page, "改为另一条")
        page.keyboard.type("没有这样的认领")
        expect(page.get_by_text("没有找到。")).to_be_visible()
        box.fill(f"{wanted.by[:3]} {wanted.project[:2]}")
        expect(page.get_by_text(re.compile("找到 [0-9]+ 条|只列出前"))).to_be_visible()
        at = eventually(lambda: [text for text in options.all_inner_texts() if wanted.number in text])
        for _ in range(options.all_inner_texts().index(at[0])):
            page.keyboard.press("ArrowDown")
        chosen = page.locator('[role="option"][aria-selected="true"]')
        expect(chosen).to_contain_text(wanted.number)
        expect(box).to_have_attribute("aria-activedescendant", str(chosen.get_attribute("id")))
        page.keyboard.press("Enter")
        expect(panel(page).locator(".matched")).to_contain_text(wanted.number)
        expect(panel(page).locator(".why")).to_have_text("人工指定")
        expect(panel(page).locator(".waiting")).to_have_count(0, timeout=EXPORT)
        page.keyboard.press("Escape")  # what was done last is taken back, as anywhere on the page
        expect(notice(page)).to_have_text("已撤销。")
        expect(panel(page).locator(".why")).to_contain_text("已撤销")
    with shared_office.store() as store:
        assert store.claim_decisions(document) == {}


def test_two_people_who_decide_at_once(shared_office: Office, shared_server: str, sign_in: SignIn) -> None:
    document = document_id(shared_office, FEEDBACK)
    with sign_in(shared_server, CLERK) as first, sign_in(shared_server, OTHER) as second:
        for page in (first, second):
            open_document(page, shared_server, document)
        press(first, "不对应任何认领")
        expect(panel(first).locator(".why")).to_have_text("人工确定：不对应任何认领")
        press(second, "改为另一条")
        expect(second.get_by_role("option")).not_to_have_count(0)
        second.keyboard.press("Enter")
        expect(notice(second)).to_contain_text("刚被他人修改")
        expect(panel(second).locator(".why")).to_have_text("人工确定：不对应任何认领")
        press(second, "撤销")
        expect(panel(second).get_by_role("button", name="撤销")).to_have_count(0)
    with shared_office.store() as store:
        assert store.claim_decisions(document) == {}


def test_other_documents_have_no_panel(shared_office: Office, shared_server: str, sign_in: SignIn) -> None:
    with sign_in(shared_server, CLERK) as page:
        open_document(page, shared_server, document_id(shared_office, MEMBER))
        expect(page.locator("#claims")).to_have_count(0)
