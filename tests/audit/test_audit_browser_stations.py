"""Other ways through the same fields at a real screen: strips, look-alikes, search, figures, lists."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.audit.audit_browser_page import (
    audit_lines,
    box,
    document_id,
    eventually,
    exported,
    field,
    notice,
    open_document,
    value,
)
from tests.audit.conftest import CLERK, OTHER, REVIEWER, Office, SignIn

MEMBER, FAXED_MEMBER, SIDEWAYS = "党员登记表_平板扫描.jpg", "党员登记表_传真.png", "党员登记表_横放.pdf"
UNIT, PHOTO = "单位登记表_平板扫描.jpg", "党员登记表_手机照片.jpg"


def test_one_field_down_the_page(shared_office: Office, shared_server: str, sign_in: SignIn) -> None:
    with sign_in(shared_server, CLERK) as page:
        page.goto(f"{shared_server}/strips")
        page.get_by_label("字段").select_option("member_registration:home_address")
        page.get_by_role("button", name="显示").click()
        rows = page.locator(".strips > li")
        expect(rows).to_have_count(3)
        expect(rows.nth(0).locator("input")).to_be_focused()
        expect(rows.nth(0).locator(".alternatives button").first).to_be_visible()
        documents = [row.get_attribute("data-document") or "" for row in rows.all()]
        shown = [row.locator("input").input_value() for row in rows.all()]
        page.keyboard.press("Enter")
        expect(rows.nth(1).locator("input")).to_be_focused()
        expect(rows.nth(0)).to_have_attribute("data-status", "corrected")
        page.keyboard.press("F2")
        page.keyboard.type("西")
        page.keyboard.press("Control+Enter")
        expect(notice(page)).to_have_text("已保存 2 个。")
        expect(page.locator('.strips > li[data-status="corrected"]')).to_have_count(3)
        page.keyboard.press("Escape")
        expect(notice(page)).to_have_text("已撤销。")
        expect(page.locator('.strips > li[data-status="corrected"]')).to_have_count(2)
    assert value(shared_office, documents[0], "home_address") == shown[0]
    assert value(shared_office, documents[1], "home_address") == shown[1] + "西"


def test_a_conflict_in_one_strip_stops_no_other(shared_office: Office, shared_server: str, sign_in: SignIn) -> None:
    changed = document_id(shared_office, PHOTO)
    with sign_in(shared_server, CLERK) as page, sign_in(shared_server, OTHER) as theirs:
        page.goto(f"{shared_server}/strips?field=member_registration:specialty&all=true")
        rows = page.locator(".strips > li")
        expect(rows).to_have_count(4)
        open_document(theirs, shared_server, changed, "specialty")
        theirs.keyboard.type("法语翻译")
        theirs.keyboard.press("Enter")
        expect(field(theirs, "specialty")).to_have_attribute("data-status", "corrected")
        page.keyboard.press("Control+Enter")
        row = page.locator(f'.strips > li[data-document="{changed}"]')
        expect(row).to_have_attribute("data-status", "failed")
        expect(row).to_contain_text("刚被他人修改")
        expect(page.locator('.strips > li[data-status="corrected"]')).to_have_count(3)
    assert value(shared_office, changed, "specialty") == "法语翻译"


def test_a_character_among_its_look_alikes(shared_office: Office, shared_server: str, sign_in: SignIn) -> None:
    document = document_id(shared_office, SIDEWAYS)
    before = value(shared_office, document, "phone")
    with sign_in(shared_server, CLERK) as page:
        page.goto(f"{shared_server}/glyphs")
        page.get_by_role("link", name=re.compile("^1 ")).click()
        expect(page.locator(".glyphs button").first).to_be_focused()
        here = page.locator(f'.glyphs button[data-document="{document}"][data-path="phone"]')
        positions = [int(b.get_attribute("data-position") or "") for b in here.all()]
        assert positions
        at = positions[-1]
        glyph = page.locator(f'.glyphs button[data-document="{document}"][data-path="phone"][data-position="{at}"]')
        eventually(lambda: glyph.locator("img").evaluate("(image) => image.naturalWidth > 1"))
        glyph.click()
        page.keyboard.press("4")
        expect(glyph).to_have_attribute("data-now", "4")
        assert value(shared_office, document, "phone") == before[:at] + "4" + before[at + 1 :]
        page.keyboard.press("Escape")
        expect(notice(page)).to_have_text("已撤销。")
        assert value(shared_office, document, "phone") == before
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/documents/{document}?path=phone")


def test_people_and_units_are_found(shared_office: Office, shared_server: str, sign_in: SignIn) -> None:
    document = document_id(shared_office, FAXED_MEMBER)
    with sign_in(shared_server, CLERK) as page:
        search = page.get_by_role("searchbox", name=re.compile("查找姓名|姓名、单位")).first
        search.fill("姚兴")
        search.press("Enter")
        expect(page.locator("tbody")).to_contain_text("姚兴")
        for text, found in (("yx", "姚兴"), ("yaoxing", "姚兴"), ("应急管理局", "济宁高新区应急管理局")):
            page.goto(f"{shared_server}/search?q={text}")
            expect(page.locator("tbody")).to_contain_text(found)
        page.goto(f"{shared_server}/search?q=4032")
        hit = page.locator("tbody tr", has_text="身份证号")
        expect(hit).to_contain_text("370811********4032")
        expect(page.locator("body")).not_to_contain_text("370811199312094032")
        hit.locator("a").first.click()
        page.wait_for_url("**/documents/**")
        expect(box(page, "id_number")).to_be_focused()
        expect(box(page, "id_number")).to_have_value("370811199312094032")
        page.goto(f"{shared_server}/search?q=没有这个人")
        expect(page.locator(".empty")).to_contain_text("没有找到")
    assert [x for x in audit_lines(shared_office, "document_opened") if x["document_id"] == document]


def test_figures_and_their_print(shared_office: Office, shared_server: str, sign_in: SignIn) -> None:
    with sign_in(shared_server, REVIEWER) as page:
        page.goto(f"{shared_server}/figures")
        tiles = dict(
            zip(page.locator(".tiles dt").all_inner_texts(), page.locator(".tiles dd").all_inner_texts(), strict=True)
        )
        assert (tiles["党员报到花名册"], tiles["单位报到台账"], tiles["资源清单"]) == ("4", "2", "7")
        expect(page.locator("svg rect").first).to_be_visible()
        page.locator("select[name=community]").select_option("海能社区")
        page.get_by_role("button", name="显示").click()
        expect(page.locator(".tiles")).to_contain_text("资源清单")
        page.emulate_media(media="print")
        expect(page.locator("header.bar")).to_be_hidden()
        expect(page.locator("form.filters")).to_be_hidden()
        expect(page.locator("figure").first).to_be_visible()
        assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
        page.emulate_media(media="screen")
        with page.expect_download() as download:
            page.get_by_role("link", name="双报到台账.xlsx").click()
        assert download.value.path().read_bytes()[:2] == b"PK"
    assert audit_lines(shared_office, "downloaded")


def test_a_corrected_name_is_offered_and_taken(shared_office: Office, shared_server: str, sign_in: SignIn) -> None:
    document = document_id(shared_office, MEMBER)
    name = "济宁市住房公积金管理中心高新分理处"
    with sign_in(shared_server, REVIEWER) as page:
        open_document(page, shared_server, document, "employer")
        page.keyboard.type(name)
        page.keyboard.press("Enter")
        expect(field(page, "employer")).to_have_attribute("data-status", "corrected")
        expect(field(page, "employer")).to_contain_text("不在名录中")
        page.goto(f"{shared_server}/lists")
        row = page.locator("tbody tr", has_text=name)
        expect(row).to_have_count(1)
        row.get_by_role("button", name="补入").click()
        expect(page.locator("tbody tr", has_text=name)).to_have_count(0)
        open_document(page, shared_server, document, "employer")
        page.keyboard.press("Enter")
        expect(field(page, "employer")).not_to_contain_text("不在名录中")
        expect(page.locator(".field.pending")).to_have_count(0)
        eventually(lambda: exported(shared_office)[document]["fields"]["employer"]["issues"] == [])
    lists = list((shared_office.outputs / "dictionaries").glob("*.csv"))
    assert any(name in path.read_text(encoding="utf-8-sig") for path in lists)
