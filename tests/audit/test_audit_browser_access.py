"""Everybody can work on the page: no serious fault that axe-core finds, and the focus is always seen."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.audit.audit_browser_page import box, document_id, field, notice, open_document
from tests.audit.conftest import ADMIN, CLERK, Office, SignIn

LIST, UNIT, TWO_PAGES = "资源清单.pdf", "单位登记表_平板扫描.jpg", "共建协议_两页.tif"
FEEDBACK = "服务反馈表.tif"
VIEWS = (
    "/desk",
    "/desk?day_to=2001-01-01",
    "/strips",
    "/strips?field=member_registration:name&all=true",
    "/glyphs?character=1",
    "/search?q=社区",
    "/search?q=没有这个人",
    "/figures",
    "/proposals",
    "/lists",
    "/accounts",
    "/log",
    "/password",
)


def serious(page: Page) -> list[str]:
    """What axe-core finds that is serious or critical, and where."""
    # It is run in a world of its own, as the page's policy lets no script in.
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"{v['id']}: {v['help']} {[n['target'] for n in v['nodes']][:4]}"
        for v in found
        if v["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("view", VIEWS)
def test_views_have_no_serious_fault(shared_server: str, sign_in: SignIn, view: str) -> None:
    with sign_in(shared_server, ADMIN) as page:
        page.goto(shared_server + view)
        assert serious(page) == []


def test_the_sign_in_has_no_serious_fault(shared_server: str, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{shared_server}/sign-in")
    assert serious(page) == []
    page.close()


@pytest.mark.parametrize("file", [LIST, UNIT, TWO_PAGES])
def test_documents_have_no_serious_fault(shared_office: Office, shared_server: str, sign_in: SignIn, file: str) -> None:
    document = document_id(shared_office, file)
    with sign_in(shared_server, ADMIN) as page:
        open_document(page, shared_server, document)
        assert serious(page) == []
        page.locator("#more > summary").click()
        assert serious(page) == []
        page.goto(f"{shared_server}/documents/{document}/life")
        assert serious(page) == []


def test_the_search_for_a_claim_has_no_serious_fault(
    shared_office: Office, shared_server: str, sign_in: SignIn
) -> None:
    with sign_in(shared_server, CLERK) as page:
        open_document(page, shared_server, document_id(shared_office, FEEDBACK))
        assert serious(page) == []
        page.get_by_role("button", name="改为另一条").first.click()
        expect(page.get_by_role("option").first).to_be_visible()
        assert serious(page) == []


def test_a_message_and_a_fault_in_a_field_are_told(shared_office: Office, shared_server: str, sign_in: SignIn) -> None:
    with sign_in(shared_server, CLERK) as page:
        open_document(page, shared_server, document_id(shared_office, UNIT), "phone")
        page.keyboard.press("F2")
        page.keyboard.press("Backspace")
        expect(field(page, "phone").locator(".questions")).not_to_be_empty()
        described = box(page, "phone").get_attribute("aria-describedby")
        assert page.locator(f'[id="{described}"]').inner_text()
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        expect(notice(page)).to_have_role("alert")
        expect(notice(page)).to_be_visible()
        assert serious(page) == []


def test_the_focus_is_always_seen(shared_office: Office, shared_server: str, sign_in: SignIn) -> None:
    seen = """() => {
      const at = document.activeElement;
      const style = getComputedStyle(at);
      const area = at.getBoundingClientRect();
      return { name: at.tagName + " " + at.textContent.trim().slice(0, 12), body: at === document.body,
        outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
        within: area.bottom > 0 && area.top < innerHeight && area.right > 0 && area.left < innerWidth };
    }"""
    with sign_in(shared_server, ADMIN) as page:
        open_document(page, shared_server, document_id(shared_office, LIST))
        for _ in range(50):
            page.keyboard.press("Tab")
            at = page.evaluate(seen)
            assert at["body"] or (at["outlined"] and at["within"]), at
