"""A form taught on the audit page: samples chosen and brought, the draft changed, saved, documents read again by it."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Locator, Page, expect

from pipeline.audit.accounts import hash_password
from pipeline.definitions import load_form
from tests.audit.audit_browser_page import audit_lines, eventually
from tests.audit.conftest import ADMIN, PASSWORD, ROLES, SCANS, Office, SignIn, served
from tests.audit.test_audit_browser_access import serious
from tests.support.command import start

SAMPLES = Path(__file__).resolve().parents[1] / "teaching" / "samples"
FORMS = Path(__file__).resolve().parents[2] / "models" / "forms"
BLANK, FIRST, SECOND = (SAMPLES / f"设备借用单_{name}.jpg" for name in ("空白", "甲", "乙"))
PICTURE = os.environ.get("LESSON_PICTURE")
LONG = 120_000  # milliseconds; the worker starts with the first lesson, on a machine that may be busy


@pytest.fixture
def taught_office(tmp_path: Path) -> Office:
    """Two filled slips that no form knows, read by the command; a folder of definitions to write to."""
    office = Office(tmp_path / "office")
    office.scans.mkdir(parents=True)
    for scan in (FIRST, SECOND):
        shutil.copy(scan, office.scans)
    shutil.copytree(FORMS, office.root / "forms")
    process = start(*office.where, cwd=office.root, PIPELINE_INTAKE__SETTLE_SECONDS="0")
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, out + err
    with office.store() as store:
        for name, role in ROLES.items():
            store.add_user(name, role, hash_password(PASSWORD), actor="test")
        assert {record.doc_type for record in store.records()} == {"unknown"}
    return office


@pytest.fixture
def address(taught_office: Office) -> Iterator[str]:
    with served(taught_office, PIPELINE_FOLDERS__FORMS=str(taught_office.root / "forms")) as found:
        yield found


@pytest.fixture
def bare_address(tmp_path: Path) -> Iterator[str]:
    """An office without documents."""
    office = Office(tmp_path / "bare")
    for folder in (office.scans, office.outputs):
        folder.mkdir(parents=True)
    with office.store() as store:
        store.add_user(ADMIN, ROLES[ADMIN], hash_password(PASSWORD), actor="test")
    with served(office) as found:
        yield found


def item(page: Page, title: str) -> Locator:
    """The field that is called so now."""
    keys = page.locator("[data-drafted]").evaluate_all(
        "(items, title) => items.filter(i => i.drafted.title === title).map(i => i.dataset.drafted)", title
    )
    assert len(keys) == 1, (title, keys)
    return page.locator(f'[data-drafted="{keys[0]}"]')


def settled(page: Page) -> None:
    """The samples have been read by what was changed last."""
    page.wait_for_timeout(500)
    expect(page.locator("#busy")).to_have_text("", timeout=LONG)


def box_of(page: Page, kind: str, title: str) -> dict[str, float]:
    found = page.locator(f'.overlay .{kind}[data-title="{title}"]').first.bounding_box()
    assert found
    return dict(found)


def draw(page: Page, area: dict[str, float]) -> None:
    page.mouse.move(area["x"] + 2, area["y"] + 2)
    page.mouse.down()
    page.mouse.move(area["x"] + area["width"] - 2, area["y"] + area["height"] - 2, steps=4)
    page.mouse.up()


def test_a_form_is_taught_and_its_documents_read_again(taught_office: Office, address: str, sign_in: SignIn) -> None:
    truth = {entry["files"][0]: entry for entry in json.loads((SAMPLES / "truth.json").read_text("utf-8"))}[FIRST.name]
    with sign_in(address, ADMIN, 1600, 1000) as page:
        page.goto(f"{address}/teaching")
        assert serious(page) == []
        page.get_by_text("逐份选").click()
        page.get_by_label(re.compile(re.escape(FIRST.name))).check()
        page.locator('input[name="files"]').set_input_files(BLANK)
        page.get_by_role("button", name="开始").click()
        page.wait_for_url(re.compile(r"/teaching/[0-9a-f]{16}$"), timeout=LONG)
        page.get_by_role("button", name="起草").click()
        expect(page.locator("[data-drafted]").first).to_be_visible(timeout=LONG)
        settled(page)
        expect(page.locator(".tile").first).to_be_attached(timeout=LONG)
        assert serious(page) == []
        if PICTURE:
            page.screenshot(path=PICTURE)
        said = truth["values"]
        for title in ("身份证号", "借用日期"):
            expect(item(page, title).locator(".read")).to_contain_text(said[title])

        page.get_by_label("英文名").first.fill("device_loan")
        name = item(page, "借用人")
        name.get_by_label("名称").fill("借用者")
        name.get_by_label("必填").check()
        reason = item(page, "借用事由")
        reason.get_by_label("类型").select_option("phone")
        settled(page)
        expect(reason.locator(".read .doubt").first).to_be_attached()
        reason.get_by_label("类型").select_option("text")
        department = item(page, "借用部门")
        department.get_by_label("名称").focus()
        place = box_of(page, "value", "借用部门")
        department.get_by_label("纸上的标签").fill("没有这个标签")
        settled(page)
        expect(department.locator(".read")).not_to_contain_text(said["借用部门"])
        department.get_by_role("button", name="框选位置").click()
        draw(page, place)
        expect(department.locator(".read")).to_contain_text(said["借用部门"], timeout=LONG)
        item(page, "数量").get_by_label("名称").focus()
        item(page, "数量").get_by_role("button", name="删除").click()
        settled(page)

        page.get_by_role("button", name="检查并保存").click()
        expect(page.locator("#again").or_(page.get_by_role("button", name="仍然保存"))).to_be_visible(timeout=LONG)
        if page.get_by_role("button", name="仍然保存").is_visible():
            page.get_by_role("button", name="仍然保存").click()
        expect(page.locator("#again")).to_be_visible(timeout=LONG)
        assert serious(page) == []
        form = load_form(taught_office.root / "forms" / "device_loan.yaml")
        assert (form.field("borrower").title, form.field("borrower").required, form.version) == ("借用者", True, 1)
        assert "数量" not in {f.title for f in form.fields}
        assert next(f for f in form.fields if f.title == "借用部门").labels == ("借用部门",)
        page.get_by_role("button", name="重新识别").click()
        expect(page.locator("#known li")).to_have_count(2, timeout=LONG)
        assert [line["actor"] for line in audit_lines(taught_office, "form_defined")] == [ADMIN]
        eventually(lambda: _in_sheet(taught_office, said["身份证号"]), LONG / 1000)

        page.on("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="结束这次教表").click()
        page.wait_for_url(f"{address}/teaching", timeout=LONG)
        assert list((taught_office.outputs / "teaching").iterdir()) == []


def test_what_looks_alike_is_one_entry_and_drafted_from_several_copies(
    taught_office: Office, address: str, sign_in: SignIn
) -> None:
    with sign_in(address, ADMIN, 1600, 1000) as page:
        page.goto(f"{address}/teaching")
        entry = page.locator(".samples > li")
        expect(entry).to_have_count(1)
        expect(entry).to_contain_text("设备借用单")
        expect(entry).to_contain_text("2 份")
        expect(entry.locator(":scope > img")).to_be_visible()
        entry.get_by_role("button", name="用 2 份起草").click()
        page.wait_for_url(re.compile(r"/teaching/[0-9a-f]{16}#draft$"), timeout=LONG)
        expect(page.locator("[data-drafted]").first).to_be_visible(timeout=LONG)
        settled(page)
        assert page.evaluate("JSON.parse(document.getElementById('state').textContent).samples.length") == 2
        expect(item(page, "身份证号").locator(".read li")).to_have_count(2)
        page.reload()  # the draft that is there is not drafted over
        expect(page.locator("[data-drafted]").first).to_be_visible(timeout=LONG)
        assert serious(page) == []


def test_columns_of_a_list_are_drawn_chosen_renamed_typed_and_added(bare_address: str, sign_in: SignIn) -> None:
    with sign_in(bare_address, ADMIN, 1600, 1000) as page:
        page.goto(f"{bare_address}/teaching")
        page.locator('input[name="files"]').set_input_files(SCANS / "资源清单.pdf")
        page.get_by_role("button", name="开始").click()
        page.wait_for_url(re.compile(r"/teaching/[0-9a-f]{16}$"), timeout=LONG)
        page.get_by_role("button", name="起草").click()
        expect(page.locator("[data-drafted]").first).to_be_visible(timeout=LONG)
        settled(page)
        titles = page.locator(".overlay .column").evaluate_all("shapes => shapes.map(shape => shape.dataset.title)")
        assert {"资源名称", "联系人", "联系电话"} <= set(titles)
        assert len(titles) == len(set(titles))  # one place a column, not one a cell
        place, heading = box_of(page, "column", "联系人"), box_of(page, "label", "联系人")
        assert place["height"] > 4 * heading["height"]
        assert place["x"] < heading["x"] + heading["width"] / 2 < place["x"] + place["width"]

        page.mouse.click(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
        person = item(page, "联系人")
        expect(person.get_by_label("名称")).to_be_focused()
        expect(page.locator(".overlay .column.current")).to_have_attribute("data-title", "联系人")
        types = person.get_by_label("类型").locator("option").evaluate_all("some => some.map(one => one.value)")
        assert "phone" in types
        assert not {"seal", "signature", "checkboxes"} & set(types)
        read = person.locator(".read li").count()
        assert read > 1
        person.get_by_label("名称").fill("接洽人")
        person = item(page, "接洽人")
        person.get_by_label("类型").select_option("text")
        settled(page)
        expect(page.locator(".overlay .column.current")).to_have_attribute("data-title", "接洽人")
        expect(person.locator(".read li")).to_have_count(read)

        person.get_by_role("button", name="删除").click()
        expect(page.locator('.overlay .column[data-title="接洽人"]')).to_have_count(0)
        settled(page)
        page.get_by_role("button", name="框出新列").click()
        draw(page, place)
        expect(page.locator('.overlay .column[data-title="联系人"]')).to_have_count(1, timeout=LONG)
        settled(page)
        expect(item(page, "联系人").locator(".read li")).to_have_count(read)
        expect(item(page, "联系人").get_by_label("类型")).to_have_value("name")
        assert serious(page) == []


def _in_sheet(office: Office, text: str) -> bool:
    """Whether the workbook's sheet of the form shows a value, by now."""
    book = load_workbook(office.outputs / "双报到台账.xlsx", read_only=True)
    try:
        if "设备借用单" not in book.sheetnames:
            return False
        return any(text in map(str, row) for row in book["设备借用单"].iter_rows(values_only=True))
    finally:
        book.close()
