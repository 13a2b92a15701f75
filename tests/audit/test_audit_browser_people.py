"""People at a real screen: the first account, signing in and out, and changes that need a second person."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, expect

from tests.audit.audit_browser_page import audit_lines, box, document_id, field, notice, open_document, value
from tests.audit.conftest import ADMIN, CLERK, OTHER, PASSWORD, REVIEWER, Office, SignIn, served
from tests.support.command import start

MEMBER, SIDEWAYS = "党员登记表_平板扫描.jpg", "党员登记表_横放.pdf"


@pytest.fixture(scope="module")
def four_eyes(shared_office: Office) -> Iterator[str]:
    """A page where a change of an ID number needs a second person."""
    with served(shared_office, PIPELINE_AUDIT__FOUR_EYES="true") as address:
        yield address


def test_the_first_account_is_made_by_the_address_that_the_command_shows(office: Office, browser: Browser) -> None:
    with closing(sqlite3.connect(office.outputs / "pipeline.db")) as connection, connection:
        connection.execute("delete from users")
    process = start("audit", "--no-browser", "--port", "0", *office.where, cwd=office.root)
    page = browser.new_page(locale="zh-CN")
    try:
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        while "/setup?key=" not in lines[-1]:
            assert lines[-1], lines
            lines.append(process.stdout.readline())
        address = "http" + lines[-1].split("http", 1)[1].split("（")[0].split()[0]
        root = address.split("/setup")[0]
        page.goto(root)
        expect(page.locator("main")).to_contain_text("还没有用户")
        page.goto(f"{root}/setup?key=guessed")
        expect(page.locator("main")).to_contain_text("已失效")
        page.goto(address)
        page.get_by_label("用户名").fill("站长")
        page.get_by_label("密码（").fill("合用的密码-0001")
        page.get_by_label("再输一次").fill("合用的密码-0002")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_have_text("两次输入的密码不同。")
        page.get_by_label("密码（").fill("合用的密码-0001")
        page.get_by_label("再输一次").fill("合用的密码-0001")
        page.keyboard.press("Enter")
        page.wait_for_url(f"{root}/desk")
        expect(page.locator("details.who")).to_contain_text("站长（管理）")
        page.goto(address)
        expect(page.locator("main")).to_contain_text("已失效")
    finally:
        page.close()
        process.terminate()
        process.communicate(timeout=30)


def test_signing_in_and_out(shared_office: Office, four_eyes: str, browser: Browser) -> None:
    context = browser.new_context(locale="zh-CN")
    page = context.new_page()
    document = document_id(shared_office, MEMBER)
    page.goto(f"{four_eyes}/documents/{document}?path=name")
    page.wait_for_url("**/sign-in?next=**")
    expect(page.get_by_label("用户名")).to_be_focused()
    page.keyboard.type(CLERK)
    page.keyboard.press("Tab")
    page.keyboard.type("不对的密码-0001")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("密码")
    expect(page.get_by_label("用户名")).to_have_value(CLERK)
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/documents/{document}?path=name")
    page.get_by_text(f"{CLERK}（录入）").click()
    page.get_by_role("button", name="退出").click()
    page.wait_for_url("**/sign-in")
    page.goto(f"{four_eyes}/desk")
    page.wait_for_url("**/sign-in?next=**")
    context.close()
    assert [x["actor"] for x in audit_lines(shared_office, "sign_in_failed")] == [CLERK]


def test_a_session_that_ended_loses_nothing_that_was_typed(
    shared_office: Office, four_eyes: str, sign_in: SignIn
) -> None:
    with sign_in(four_eyes, OTHER) as page:
        open_document(page, four_eyes, document_id(shared_office, SIDEWAYS), "position")
        page.context.clear_cookies()
        page.keyboard.type("护士")
        page.keyboard.press("Enter")
        expect(notice(page)).to_contain_text("登录已过期")
        expect(box(page, "position")).to_have_value("护士")


def test_an_id_number_needs_a_second_person(shared_office: Office, four_eyes: str, sign_in: SignIn) -> None:
    document = document_id(shared_office, SIDEWAYS)
    right, wrong = "370881198405190319", "370881198405190327"
    with sign_in(four_eyes, REVIEWER) as first, sign_in(four_eyes, ADMIN) as second:
        open_document(first, four_eyes, document, "id_number")
        first.keyboard.type(wrong)
        first.keyboard.press("Enter")
        expect(notice(first)).to_contain_text("第二人")
        expect(field(first, "id_number").locator(".waiting")).to_contain_text(f"{REVIEWER} 改为“{wrong}”")
        assert value(shared_office, document, "id_number") == right
        box(first, "id_number").focus()
        first.keyboard.press("Escape")  # taken back by who made it
        expect(field(first, "id_number").locator(".waiting")).to_be_hidden()
        first.keyboard.type(wrong)
        first.keyboard.press("Enter")
        expect(field(first, "id_number").locator(".waiting")).to_be_visible()
        first.goto(f"{four_eyes}/proposals")
        expect(first.locator("tbody")).to_contain_text("须由另一人复核")
        assert first.get_by_role("button", name="同意", exact=True).count() == 0
        second.goto(f"{four_eyes}/proposals")
        row = second.locator("tbody tr")
        expect(row).to_contain_text(right)
        expect(row).to_contain_text(wrong)
        row.get_by_role("button", name="同意", exact=True).click()
        expect(second.locator(".empty")).to_contain_text("没有待复核")
        assert value(shared_office, document, "id_number") == wrong
        open_document(second, four_eyes, document, "id_number")
        expect(field(second, "id_number").locator(".questions")).not_to_be_empty()
        second.goto(f"{four_eyes}/documents/{document}/life?path=id_number")
        expect(second.locator("tbody")).to_contain_text("提出更正，待第二人复核")
        expect(second.locator("tbody")).to_contain_text(wrong)
        open_document(first, four_eyes, document, "phone")
        first.keyboard.type("15090239496")
        first.keyboard.press("Enter")  # of another type: holds at once
        expect(field(first, "phone")).to_have_attribute("data-status", "corrected")
    approved = audit_lines(shared_office, "proposal_approved")
    assert [x["actor"] for x in approved] == [ADMIN]
