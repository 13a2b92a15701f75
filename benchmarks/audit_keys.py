"""How many keystrokes and seconds a field takes on the audit page, in a real browser; and pictures of its views.

    python -m benchmarks.audit_keys                          works through the doubtful fields, prints a table
    python -m benchmarks.audit_keys --screenshots docs/audit writes the pictures of the documentation

The samples of ``scans/`` are read in a folder of their own and served by the command. A scripted person, who
knows what is written on the samples, works through the doubtful fields in three ways. Seconds are the page's
own: from a key to the next field with its focus, and at the end of each way until the last is saved. No time to
look or to think is added, so they say how long a person waits for the page and no more.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from pipeline.audit.accounts import hash_password
from pipeline.store import Role, Store, open_store, sqlite_url
from tests.support.browser import find_browser
from tests.support.command import environment, start

ROOT = Path(__file__).resolve().parent.parent
SIZES = ((1366, 768), (1920, 1080))
_NAME, _SECRET = "管家", "合用的密码-0001"
_STRIPS = (
    "member_registration:home_address",
    "unit_registration:address",
    "unit_registration:resources",
    "unit_registration:secretary",
    "item_list:item",
    "item_list:owner",
    "item_list:contact",
)
_ONCE = frozenset({"list", "agreement"})  # paper with a grain, which makes a large picture
_MOST = 150_000  # bytes of a picture
_WAIT = 60_000

_FOCUS = """(previous) => {
  const state = document.getElementById("state");
  if (!state) return document.getElementById("begin") || document.querySelector(".empty") ? { key: "end" } : null;
  const at = document.activeElement;
  const cell = at.closest("[data-field]");
  const question = at.closest("[data-acknowledge]");
  if (!cell && !question) return null;
  const id = JSON.parse(state.textContent).id;
  const path = cell ? cell.dataset.path : "!" + question.dataset.acknowledge;
  if (`${id} ${path}` === previous) return null;
  const input = cell && cell.querySelector("[data-input]");
  const offered = [...document.querySelectorAll(".alternatives button")].map((b) => b.lastChild.textContent.trim());
  const kind = cell ? cell.dataset.kind : "question";
  const on = Boolean(input) && input.getAttribute("aria-checked") === "true";
  return { key: `${id} ${path}`, id, path, kind, on, text: (input && input.value) || "", offered };
}"""


@dataclass
class Tally:
    """What one way through the fields took."""

    way: str
    fields: int = 0
    keys: int = 0
    changed: int = 0
    waits: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def row(self) -> str:
        waits = sorted(self.waits)
        last = waits[int(0.95 * (len(waits) - 1))] if waits else 0.0
        each = max(self.fields, 1)
        return (
            f"| {self.way} | {self.fields} | {self.changed} | {self.keys / each:.2f} "
            f"| {self.seconds / each:.2f} | {last * 1000:.0f} ms |"
        )


HEAD = (
    "| way | fields | of these changed | keystrokes a field | seconds a field | 95 % of waits within |\n"
    "|---|---|---|---|---|---|"
)


class Person:
    """Somebody at the keyboard, who presses a key at once when the page is ready, and counts."""

    def __init__(self, page: Page, tally: Tally) -> None:
        self.page = page
        self.tally = tally

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.tally.keys += 1

    def write(self, text: str) -> None:
        """Type a value; each character counts as one key, as a Chinese one takes at least one."""
        self.page.keyboard.type(text)
        self.tally.keys += len(text)
        self.tally.changed += 1


def read(root: Path) -> None:
    """An office in which the samples were read, with people."""
    shutil.copytree(ROOT / "scans", root / "scans")
    command = [sys.executable, str(ROOT / "run_pipeline.py"), *_where(root)]
    settled = environment(PIPELINE_INTAKE__SETTLE_SECONDS="0")
    subprocess.run(command, cwd=root, env=settled, check=True, stdout=subprocess.DEVNULL)
    with store(root) as opened:
        opened.add_user(_NAME, Role.ADMIN, hash_password(_SECRET), actor="benchmark")
        opened.add_user("小录", Role.CLERK, hash_password(_SECRET), actor="benchmark")


@contextmanager
def served(office: Path) -> Iterator[tuple[str, Path]]:
    """A copy of an office served: the page's address, and the copy."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(shutil.copytree(office, Path(folder) / "office"))
        process = start("audit", "--no-browser", "--port", "0", *_where(root), cwd=root)
        try:
            assert process.stdout is not None
            yield re.findall(r"http://[^（\s]+", process.stdout.readline())[0], root
        finally:
            process.terminate()
            process.communicate(timeout=60)


def _where(root: Path) -> tuple[str, ...]:
    return ("--scans", str(root / "scans"), "--outputs", str(root / "outputs"))


def store(root: Path) -> Store:
    return open_store(sqlite_url(root / "outputs" / "pipeline.db"))


def signed_in(browser: Browser, address: str, width: int, height: int) -> Page:
    page = browser.new_page(viewport={"width": width, "height": height}, locale="zh-CN")
    page.goto(f"{address}/sign-in")
    page.get_by_label("用户名").fill(_NAME)
    page.get_by_label("密码").fill(_SECRET)
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk")
    return page


def truth(root: Path) -> dict[str, dict[str, Any]]:
    """What is written on the samples, by document and path."""
    samples = json.loads((ROOT / "tests" / "samples.json").read_text(encoding="utf-8"))
    written = {}
    for sample in samples:
        rows = {f"rows.{i}.{k}": text for i, row in enumerate(sample["rows"]) for k, text in row.items()}
        written[sample["files"][0]] = {**sample["fields"], **sample["marks"], **rows}
    with store(root) as opened:
        return {r.document_id: written[r.files[0]] for r in opened.records()}


def by_glyph(browser: Browser, address: str, right: dict[str, dict[str, Any]]) -> Tally:
    """Every screen of look-alikes; a key for each step to a wrong one, and its right character."""
    page = signed_in(browser, address, *SIZES[0])
    tally = Tally("look-alike characters (a character counts as a field)")
    person = Person(page, tally)
    begun = time.monotonic()
    for character in "0123456789X":
        began = time.monotonic()
        page.goto(f"{address}/glyphs?character={character}")
        person.tally.keys += 1  # to the next screen
        buttons = page.locator(".glyphs button")
        count = buttons.count()
        if not count:
            continue
        page.wait_for_function("() => [...document.querySelectorAll('.glyphs img')].every((i) => i.complete && i.src)")
        tally.waits.append(time.monotonic() - began)
        tally.fields += count
        for i, data in enumerate(buttons.evaluate_all("(all) => all.map((b) => ({ ...b.dataset }))")):
            wanted = right[data["document"]].get(data["path"])
            at = int(data["position"])
            if isinstance(wanted, str) and len(wanted) == len(data["value"]) and wanted[at] != data["value"][at]:
                buttons.nth(i).click()
                tally.changed += 1
                person.press(wanted[at])
    _saved(page)
    tally.seconds = time.monotonic() - begun
    page.close()
    return tally


def by_strip(browser: Browser, address: str, right: dict[str, dict[str, Any]]) -> Tally:
    """Strips of the fields that are most often doubtful, from the top down."""
    page = signed_in(browser, address, *SIZES[0])
    tally = Tally("strips, one field down the page")
    person = Person(page, tally)
    begun = time.monotonic()
    for name in _STRIPS:
        page.goto(f"{address}/strips?field={name}")
        tally.keys += 1  # to the next strip
        rows = page.locator(".strips > li")
        for i in range(rows.count()):
            began = time.monotonic()
            row = rows.nth(i)
            image = row.locator("img")
            image.evaluate("(i) => i.complete || new Promise((done) => { i.onload = i.onerror = done; })")
            tally.waits.append(time.monotonic() - began)
            document, path = row.get_attribute("data-document") or "", row.get_attribute("data-path") or ""
            wanted = right[document].get(path)
            offered = json.loads(row.get_attribute("data-alternatives") or "[]")
            text = row.locator("input").input_value()
            if isinstance(wanted, str) and wanted != text:
                _put(person, wanted, offered)
            person.press("Enter")
            tally.fields += 1
        _saved(page)
    tally.seconds = time.monotonic() - begun
    page.close()
    return tally


def by_document(browser: Browser, address: str, right: dict[str, dict[str, Any]]) -> Tally:
    """The queue, document after document, until it is empty."""
    page = signed_in(browser, address, *SIZES[0])
    tally = Tally("documents, as the queue leads")
    person = Person(page, tally)
    begun = time.monotonic()
    person.press("Enter")
    key = ""
    while True:
        began = time.monotonic()
        at = page.wait_for_function(_FOCUS, arg=key, timeout=_WAIT).json_value()
        tally.waits.append(time.monotonic() - began)
        key = at["key"]
        if key == "end":
            break
        tally.fields += 1
        wanted = right[at["id"]].get(at["path"])
        if at["kind"] == "mark" and isinstance(wanted, bool) and wanted != at["on"]:
            person.press("Space")
            tally.changed += 1
        elif at["kind"] == "text" and isinstance(wanted, str) and wanted != at["text"]:
            _put(person, wanted, at["offered"])
        person.press("Enter")
    tally.seconds = time.monotonic() - begun
    page.close()
    return tally


def _put(person: Person, wanted: str, offered: list[str]) -> None:
    if wanted in offered[:9]:
        person.press(str(offered.index(wanted) + 1))
        person.tally.changed += 1
    else:
        person.press("F2")
        person.press("Control+a")
        person.write(wanted) if wanted else person.press("Delete")


def _saved(page: Page) -> None:
    page.wait_for_load_state("networkidle")


def measure(browser: Browser, office: Path) -> str:
    """The table, each way on a copy of its own."""
    tallies = []
    for way in (by_document, by_strip, by_glyph):
        with served(office) as (address, root):
            tallies.append(way(browser, address, truth(root)))
    return "\n".join((HEAD, *(tally.row() for tally in tallies)))


# ---- pictures


def picture(page: Page, path: Path) -> None:
    """The screen as a small PNG."""
    shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    for colours in (128, 64, 32, 16, 8):
        data = io.BytesIO()
        shot.quantize(colours, dither=Image.Dither.NONE).save(data, "PNG", optimize=True)
        if len(data.getvalue()) < _MOST:
            break
    path.write_bytes(data.getvalue())
    print(path, len(data.getvalue()))


def pictures(browser: Browser, address: str, root: Path, folder: Path) -> None:
    """The main views at both sizes."""
    folder.mkdir(parents=True, exist_ok=True)
    with store(root) as opened:
        ids = {r.files[0]: r.document_id for r in opened.records()}
    views = {
        "desk": "/desk",
        "document": f"/documents/{ids['单位登记表_传真.png']}?queue=1&path=phone",
        "list": f"/documents/{ids['资源清单.pdf']}?queue=1&path=rows.3.owner",
        "agreement": f"/documents/{ids['共建协议_两页.tif']}?queue=1&path=sign_date",
        "strips": "/strips?field=member_registration:home_address&all=true",
        "glyphs": "/glyphs?character=1",
        "search": "/search?q=sq",
        "figures": "/figures",
        "life": f"/documents/{ids['党员登记表_横放.pdf']}/life?path=phone",
        "accounts": "/accounts",
        "lists": "/lists",
        "proposals": "/proposals",
        "log": "/log",
        "empty": "/desk?day_to=2001-01-01",
    }
    for width, height in SIZES:
        page = browser.new_page(viewport={"width": width, "height": height}, locale="zh-CN")
        page.goto(f"{address}/sign-in")
        picture(page, folder / f"sign_in_{width}.png")
        page.close()
        page = signed_in(browser, address, width, height)
        for name, view in views.items():
            if name in _ONCE and (width, height) != SIZES[0]:
                continue
            page.goto(address + view)
            page.wait_for_load_state("networkidle")
            page.wait_for_timeout(300)
            picture(page, folder / f"{name}_{width}.png")
        page.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--screenshots", type=Path, metavar="FOLDER", help="write pictures, and measure nothing")
    a = parser.parse_args()
    path = find_browser()
    if path is None:
        print("No Chromium: python -m tests.support.browser installs one.")
        return 1
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        office = Path(folder)
        read(office)
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        if a.screenshots:
            with served(office) as (address, root):
                pictures(browser, address, root, a.screenshots)
        else:
            print(measure(browser, office))
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
