"""A form taught on the audit page: samples chosen and brought, the draft changed, saved, documents read again by it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Locator, Page, expect

from pipeline.audit.accounts import hash_password
from pipeline.definitions import FieldType, load_form
from tests.audit.audit_browser_page import audit_lines, eventually, notice
from tests.audit.conftest import ADMIN, PASSWORD, ROLES, Office, SignIn, served
from tests.audit.test_audit_browser_access import serious
from tests.support.command import start

SAMPLES = Path(__file__).resolve().parents[1] / "teaching" / "samples"
FORMS = Path(__file__).resolve().parents[2] / "models" / "forms"
BLANK, FIRST, SECOND = (SAMPLES / f"设备借用单_{name}.jpg" for name in ("空白", "甲", "乙"))
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
        page.get_by_label(re.compile(re.escape(FIRST.name))).check()
        page.locator('input[name="files"]').set_input_files(BLANK)
        page.get_by_role("button", name="开始").click()
        page.wait_for_url(re.compile(r"/teaching/[0-9a-f]{16}$"), timeout=LONG)
        page.get_by_role("button", name="起草").click()
        expect(page.locator("[data-drafted]").first).to_be_visible(timeout=LONG)
        settled(page)
        titles = page.locator("[data-drafted]").evaluate_all("(items) => items.map(i => i.drafted.title)")
        print(titles)
        expect(page.locator(".tile").first).to_be_attached(timeout=LONG)
        assert serious(page) == []
        print(page.locator(".read").all_inner_texts())
        page.screenshot(path="/tmp/lesson1.png")
