"""One document at a real screen: keys, alternatives, rules while typing, the scan, and two people at once."""

from __future__ import annotations

import re

from playwright.sync_api import Page, Route, expect

from tests.audit.audit_browser_page import (
    audit_lines,
    box,
    document_id,
    eventually,
    exported,
    field,
    focus,
    notice,
    open_document,
    value,
)
from tests.audit.conftest import CLERK, OTHER, REVIEWER, Office, SignIn

MEMBER, OTHER_MEMBER, PHOTO = "党员登记表_平板扫描.jpg", "党员登记表_横放.pdf", "党员登记表_手机照片.jpg"
UNIT, FAXED_UNIT, FEEDBACK = "单位登记表_平板扫描.jpg", "单位登记表_传真.png", "服务反馈表.tif"
TWO_PAGES, LIST = "共建协议_两页.tif", "资源清单.pdf"


_SCALE = """() => {
  const m = new DOMMatrix(getComputedStyle(document.querySelector(".stage")).transform);
  return Math.hypot(m.a, m.b);
}"""


def scale(page: Page) -> float:
    """How large the scan is shown: the length of what one of its pixels becomes."""
    return float(page.evaluate(_SCALE))


def test_an_alternative_is_taken_by_its_digit(shared_office: Office, shared_server: str, sign_in: SignIn) -> None:
    document = document_id(shared_office, UNIT)
    with sign_in(shared_server, CLERK) as page:
        open_document(page, shared_server, document, "secretary")
        at = focus(page)
        assert at.path == "secretary"
        wanted = at.alternatives.index("傅珍波") + 1
        page.keyboard.press(str(wanted))
        expect(box(page, "secretary")).to_have_value("傅珍波")
        page.keyboard.press("Enter")
        expect(field(page, "secretary")).to_have_attribute("data-status", "corrected")
        assert focus(page, at).path == "contact"
    assert value(shared_office, document, "secretary") == "傅珍波"


def test_typing_after_f2_is_no_choice_and_escape_gives_up(
    shared_office: Office, shared_server: str, sign_in: SignIn
) -> None:
    document = document_id(shared_office, UNIT)
    with sign_in(shared_server, CLERK) as page:
        open_document(page, shared_server, document, "address")
        before = box(page, "address").input_value()
        page.keyboard.press("F2")
        page.keyboard.type("1号")
        expect(box(page, "address")).to_have_value(before + "1号")
        page.keyboard.press("PageDown")
        expect(notice(page)).to_contain_text("还没有保存")
        page.keyboard.press("Escape")
        expect(box(page, "address")).to_have_value(before)
        expect(notice(page)).to_be_hidden()
        page.keyboard.press("Tab")
        expect(box(page, "community")).to_be_focused()
    assert value(shared_office, document, "address") == before


def test_digits_after_an_input_method_are_typed(shared_office: Office, shared_server: str, sign_in: SignIn) -> None:
    document = document_id(shared_office, UNIT)
    with sign_in(shared_server, CLERK) as page:
        open_document(page, shared_server, document, "contact")
        assert focus(page).alternatives
        typing = page.context.new_cdp_session(page)
        typing.send("Input.imeSetComposition", {"text": "wang", "selectionStart": 4, "selectionEnd": 4})
        typing.send("Input.insertText", {"text": "王"})
        page.keyboard.press("1")
        expect(box(page, "contact")).to_have_value("王1")
        page.keyboard.press("Escape")


def test_rules_speak_while_one_types(shared_office: Office, shared_server: str, sign_in: SignIn) -> None:
    document = document_id(shared_office, MEMBER)
    with sign_in(shared_server, CLERK) as page:
        open_document(page, shared_server, document, "id_number")
        expect(box(page, "id_number")).to_have_value("370883196911142436")
        page.keyboard.press("F2")
        page.keyboard.press("Backspace")
        page.keyboard.type("7")
        said = field(page, "id_number").locator(".questions")
        expect(said).to_contain_text(re.compile("身份证|校验"))
        expect(box(page, "id_number")).to_have_attribute("aria-invalid", "true")
        page.keyboard.press("Escape")
        expect(box(page, "id_number")).to_have_value("370883196911142436")
        expect(said).to_be_empty()
    assert value(shared_office, document, "id_number") == "370883196911142436"


def test_marks_and_boxes_are_switched_by_keys(shared_office: Office, shared_server: str, sign_in: SignIn) -> None:
    document = document_id(shared_office, MEMBER)
    with sign_in(shared_server, CLERK) as page:
        open_document(page, shared_server, document, "community_seal")
        expect(box(page, "community_seal")).to_have_attribute("aria-checked", "false")
        page.keyboard.press("Space")
        expect(box(page, "community_seal")).to_have_attribute("aria-checked", "true")
        page.keyboard.press("Enter")
        expect(field(page, "community_seal")).to_have_attribute("data-status", "corrected")
        box(page, "service_intents").focus()
        chosen = box(page, "service_intents").locator('[aria-checked="true"]')
        expect(chosen).to_have_count(4)
        page.keyboard.press("2")
        expect(chosen).not_to_have_count(4)
        page.keyboard.press("2")
        expect(chosen).to_have_count(4)
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        was = page.locator(":focus").get_attribute("aria-checked")
        page.keyboard.press("Space")
        expect(page.locator(":focus")).to_have_attribute("aria-checked", "false" if was == "true" else "true")
        left = [b.get_attribute("data-value") for b in chosen.all()]
        page.keyboard.press("Enter")
        expect(field(page, "service_intents")).to_have_attribute("data-status", "corrected")
        page.keyboard.press("Escape")
        expect(chosen).to_have_count(4)
        page.keyboard.press("Escape")
        expect(box(page, "community_seal")).to_have_attribute("aria-checked", "false")
    assert len(left) in (3, 5)
    assert value(shared_office, document, "community_seal") is False


def test_a_quick_escape_takes_back_what_is_still_being_saved(
    shared_office: Office, shared_server: str, sign_in: SignIn
) -> None:
    document = document_id(shared_office, PHOTO)
    with sign_in(shared_server, CLERK) as page:
        open_document(page, shared_server, document, "home_address")
        page.keyboard.press("Enter")
        page.keyboard.press("Escape")
        expect(notice(page)).to_have_text("已撤销。")
        expect(field(page, "home_address")).to_have_attribute("data-status", "review")
        expect(box(page, "home_address")).to_be_focused()
    assert [line["path"] for line in audit_lines(shared_office, "corrected") if line["document_id"] == document]


def test_the_scan_is_moved_scaled_turned_and_follows(
    shared_office: Office, shared_server: str, sign_in: SignIn
) -> None:
    document = document_id(shared_office, TWO_PAGES)
    with sign_in(shared_server, CLERK) as page:
        open_document(page, shared_server, document, "sign_date")
        tabs = page.locator("[data-page]")
        expect(tabs).to_have_count(2)
        expect(tabs.nth(1)).to_have_attribute("aria-pressed", "true")  # it stands on the second page
        expect(page.locator(".target")).to_have_count(1)
        eventually(
            lambda: page.evaluate("() => [...document.querySelectorAll('.tile')].some((t) => t.naturalWidth > 1)")
        )
        middle = page.locator(".target").bounding_box()
        view = page.locator("#viewer").bounding_box()
        assert middle and view
        assert abs(middle["x"] + middle["width"] / 2 - view["x"] - view["width"] / 2) < 5
        near = scale(page)
        page.keyboard.press("F6")
        assert scale(page) < near
        page.keyboard.press("F6")
        assert abs(scale(page) - near) < 0.001
        page.get_by_role("button", name="放大").click()
        assert scale(page) > near * 1.2
        page.keyboard.press("F8")
        turned = page.evaluate("() => new DOMMatrix(getComputedStyle(document.querySelector('.stage')).transform).b")
        assert abs(turned) > 0.01
        tabs.nth(0).click()
        expect(tabs.nth(0)).to_have_attribute("aria-pressed", "true")
        page.locator("#viewer").focus()
        before = scale(page)
        page.keyboard.press("-")
        assert scale(page) < before
        box(page, "term_end").focus()
        expect(field(page, "term_end").locator(".crop img")).to_be_visible()
        expect(field(page, "term_end").locator(".crop img")).to_have_js_property("complete", True)


def test_rows_of_a_list_are_edited_as_a_table(shared_office: Office, shared_server: str, sign_in: SignIn) -> None:
    document = document_id(shared_office, LIST)
    with sign_in(shared_server, CLERK) as page:
        open_document(page, shared_server, document, "rows.0.contact")
        page.keyboard.type("潘书玲")
        page.keyboard.press("Enter")
        expect(field(page, "rows.0.contact")).to_have_attribute("data-status", "corrected")
        rows = page.locator(".rows tbody tr")
        count = rows.count()
        page.get_by_role("button", name="增加一行").press("Enter")
        expect(rows).to_have_count(count + 1)
        first = field(page, f"rows.{count}.seq").or_(field(page, f"rows.{count}.item")).locator("[data-input]").first
        expect(first).to_be_focused()
        box(page, f"rows.{count}.item").focus()
        page.keyboard.type("会议室一间")
        page.keyboard.press("Enter")
        expect(field(page, f"rows.{count}.item")).not_to_have_class(re.compile("pending"))
        page.get_by_role("button", name="删除第 2 行").click()
        expect(rows).to_have_count(count)
        assert value(shared_office, document, f"rows.{count - 1}.item") == "会议室一间"
        page.keyboard.press("Escape")
        expect(rows).to_have_count(count + 1)
        assert value(shared_office, document, f"rows.{count}.item") == "会议室一间"
        assert value(shared_office, document, "rows.1.item") == "会议室一间"
        eventually(lambda: len(exported(shared_office)[document]["rows"]) == count + 1)
    assert exported(shared_office)[document]["rows"][0]["contact"]["value"] == "潘书玲"


def test_two_people_on_one_document_do_not_overwrite_each_other(
    shared_office: Office, shared_server: str, sign_in: SignIn
) -> None:
    document = document_id(shared_office, FEEDBACK)
    with sign_in(shared_server, CLERK) as mine, sign_in(shared_server, OTHER) as theirs:
        open_document(mine, shared_server, document, "leader")
        open_document(theirs, shared_server, document, "leader")
        theirs.keyboard.type("都红莲")
        theirs.keyboard.press("Enter")
        expect(field(theirs, "leader")).to_have_attribute("data-status", "corrected")
        mine.keyboard.type("郝红连")
        mine.keyboard.press("Enter")
        expect(notice(mine)).to_contain_text("刚被他人修改")
        expect(notice(mine)).to_contain_text("现在是“都红莲”")
        expect(box(mine, "leader")).to_have_value("郝红连")
        expect(box(mine, "leader")).to_be_focused()
        assert value(shared_office, document, "leader") == "都红莲"
        mine.keyboard.press("Escape")
        expect(box(mine, "leader")).to_have_value("都红莲")
        mine.keyboard.type("郝红莲")
        mine.keyboard.press("Enter")
        expect(field(mine, "leader")).to_have_attribute("data-status", "corrected")
        expect(mine.locator(".field.pending")).to_have_count(0)
        theirs.reload()
        theirs.keyboard.press("Escape")  # what they did last was changed since by somebody else
        expect(notice(theirs)).to_contain_text(f"由 {CLERK} 改过")
    assert value(shared_office, document, "leader") == "郝红莲"


def test_what_waits_behind_a_failure_is_not_sent(shared_office: Office, shared_server: str, sign_in: SignIn) -> None:
    document = document_id(shared_office, FAXED_UNIT)
    with sign_in(shared_server, CLERK) as mine, sign_in(shared_server, OTHER) as theirs:
        open_document(mine, shared_server, document, "secretary")
        open_document(theirs, shared_server, document, "resources")
        theirs.keyboard.press("Enter")
        expect(field(theirs, "resources")).to_have_attribute("data-status", "corrected")
        held: list[Route] = []
        mine.route("**/fields", lambda route: held.append(route))  # a fast server would answer between two key presses
        for _ in range(3):
            mine.keyboard.press("Enter")
        while not held:
            mine.wait_for_timeout(20)
        held[0].continue_()
        mine.unroute("**/fields")
        expect(notice(mine)).to_contain_text("其后的 2 处也没有保存")
        expect(field(mine, "resources")).to_have_attribute("data-status", "corrected")
        expect(box(mine, "secretary")).to_be_focused()
        mine.keyboard.press("Enter")  # in the rhythm of the work: does nothing yet
        expect(field(mine, "secretary")).to_have_attribute("data-status", "review")
        mine.wait_for_timeout(1000)
        mine.keyboard.press("Enter")
        expect(field(mine, "secretary")).to_have_attribute("data-status", "corrected")


def test_the_server_gone_loses_nothing_that_was_typed(
    shared_office: Office, shared_server: str, sign_in: SignIn
) -> None:
    document = document_id(shared_office, OTHER_MEMBER)
    with sign_in(shared_server, CLERK) as page:
        open_document(page, shared_server, document, "phone")
        page.context.set_offline(True)
        page.keyboard.type("15090239496")
        page.keyboard.press("Enter")
        expect(notice(page)).to_contain_text("没有保存")
        expect(box(page, "phone")).to_have_value("15090239496")
        page.context.set_offline(False)
        page.wait_for_timeout(1000)
        page.keyboard.press("Enter")
        expect(field(page, "phone")).to_have_attribute("data-status", "corrected")
    assert value(shared_office, document, "phone") == "15090239496"


def test_the_life_of_a_field(shared_office: Office, shared_server: str, sign_in: SignIn) -> None:
    document = document_id(shared_office, OTHER_MEMBER)
    with sign_in(shared_server, REVIEWER) as page:
        open_document(page, shared_server, document, "home_address")
        page.keyboard.press("Enter")
        expect(field(page, "home_address")).to_have_attribute("data-status", "corrected")
        expect(page.locator("#outputs")).to_have_attribute("data-state", "idle", timeout=60_000)
        box(page, "home_address").focus()
        field(page, "home_address").locator(".life").click()
        page.wait_for_url("**/life?path=home_address")
        expect(page.locator("tbody")).to_contain_text("识别")
        expect(page.locator("tbody")).to_contain_text("打开文档")
        line = page.locator("tbody tr", has_text=REVIEWER).filter(has_text="家庭住址")
        expect(line.first).to_contain_text(re.compile("确认无误|更正"))
        page.reload()
        expect(page.locator("tbody")).to_contain_text("写入台账")
        expect(page.locator("img.ink")).to_have_js_property("complete", True)
