"""The morning's work in a real browser: twenty doubtful fields by keyboard alone, and what came of them."""

from __future__ import annotations

import openpyxl
from playwright.sync_api import Page, expect

from tests.audit.audit_browser_page import (
    Focus,
    audit_lines,
    document_id,
    eventually,
    exported,
    field,
    focus,
    notice,
    stored,
    truth,
    value,
)
from tests.audit.conftest import CLERK, Office, SignIn

WANTED = 20


def answer(page: Page, at: Focus, right: object) -> object:
    """Do with the field in focus what a person does who sees the paper; what should stand there then."""
    if at.kind == "mark":
        on = page.locator(":focus").get_attribute("aria-checked") == "true"
        if on is not right:
            page.keyboard.press("Space")
    elif at.kind == "text" and right is not None and at.text != right:
        if right in at.alternatives:
            page.keyboard.press(str(at.alternatives.index(str(right)) + 1))
        else:
            page.keyboard.type(str(right))
    elif at.kind == "text":
        right = at.text
    page.keyboard.press("Enter")
    return right


def test_twenty_doubtful_fields_by_keyboard_alone(office: Office, server: str, sign_in: SignIn) -> None:
    on_paper = truth()
    with office.store() as store:
        written = {r.document_id: on_paper[r.files[0]] for r in store.records()}
    left: dict[tuple[str, str], object] = {}
    settled: set[tuple[str, str]] = set()
    with sign_in(server, CLERK) as page:
        before = int(page.locator(".count").inner_text())
        page.keyboard.press("Enter")  # the button to begin has the focus
        page.wait_for_url("**/documents/**")
        at = focus(page)
        while len(left) < WANTED:
            if at.kind == "question":
                settled.add((at.document, at.path[1:]))
                page.keyboard.press("Enter")
            else:
                assert (at.document, at.path) not in left, "a field came twice"
                left[at.document, at.path] = answer(page, at, written[at.document].get(at.path))
            at = focus(page, at)
        expect(page.locator(".field.pending")).to_have_count(0)
        page.goto(f"{server}/desk")
        after = int(page.locator(".count").inner_text())
        assert after == before - len(left) - len(settled)
        outcome = eventually(
            lambda: (found := exported(office)) and all(shows(found, k, v) for k, v in left.items()) and found
        )
    assert len({document for document, _ in left}) >= 4
    for (document, path), right in left.items():
        assert (value(office, document, path) or "") == (right or ""), path
        assert dict(stored(office, document).record.all_fields())[path].status.value == "corrected"
    assert {(line["document_id"], line["path"]) for line in audit_lines(office, "corrected")} == set(left)
    assert {line["actor"] for line in audit_lines(office, "corrected")} == {CLERK}
    assert len(audit_lines(office, "acknowledged")) == len(settled)
    workbook = openpyxl.load_workbook(office.outputs / "双报到台账.xlsx", read_only=True)
    cells = {str(cell) for sheet in workbook for row in sheet.iter_rows(values_only=True) for cell in row if cell}
    changed = {str(v) for (d, p), v in left.items() if written[d].get(p) == v and isinstance(v, str) and v}
    assert outcome
    assert {text for text in changed if any(text in cell for cell in cells)}


def shows(found: dict[str, dict[str, object]], place: tuple[str, str], right: object) -> bool:
    """Whether records.jsonl holds what was left in a field."""
    document, path = place
    record = found[document]
    _, *row = path.split(".") if path.startswith("rows.") else ("",)
    fields = record["rows"][int(row[0])] if row else record["fields"]  # type: ignore[index]
    here = fields[row[1] if row else path]  # type: ignore[index]
    return (here["value"] or "") == (right or "") and here["status"] == "corrected"


def test_escape_takes_back_across_documents(office: Office, server: str, sign_in: SignIn) -> None:
    with sign_in(server, CLERK) as page:
        page.keyboard.press("Enter")
        page.wait_for_url("**/documents/**")
        visited: list[Focus] = []
        at = focus(page)
        while not visited or at.document == visited[0].document:
            visited.append(at)
            page.keyboard.press("Enter")
            at = focus(page, at)
        elsewhere = at
        for deed in reversed(visited):
            page.evaluate("document.getElementById('notice').textContent = ''")  # what the last one said
            page.keyboard.press("Escape")
            expect(notice(page)).to_have_text("已撤销。")
            assert page.url.split("/documents/")[1].startswith(deed.document)
            if deed.kind != "question":
                expect(field(page, deed.path)).not_to_have_attribute("data-status", "corrected")
        page.keyboard.press("Escape")
        expect(notice(page)).to_have_text("没有可撤销的操作。")
        page.keyboard.press("PageDown")
        page.wait_for_url(f"**/documents/{elsewhere.document}?**")
    document = visited[0].document
    fields = dict(stored(office, document).record.all_fields())
    assert all(fields[v.path].status.value != "corrected" for v in visited if v.kind != "question")
    assert len(audit_lines(office, "correction_withdrawn")) == len(visited)


def test_the_desk_is_narrowed_and_the_walk_keeps_to_it(office: Office, server: str, sign_in: SignIn) -> None:
    with sign_in(server, CLERK) as page:
        page.locator("select[name=type]").select_option("agreement")
        page.get_by_role("button", name="筛选").click()
        page.wait_for_url("**type=agreement**")
        assert set(page.locator("table tbody tr td:nth-child(4)").all_inner_texts()) == {"共驻共建协议书"}
        page.locator("#begin").press("Enter")
        page.wait_for_url("**/documents/**")
        first = focus(page)
        seen = [first.document]
        for _ in range(3):
            page.keyboard.press("PageDown")
            at = focus(page, Focus(seen[-1], "", "", "", []))
            eventually(lambda: page.url.split("/documents/")[1].split("?")[0] != seen[-1])
            seen.append(focus(page, at if at.document == seen[-1] else None).document)
        assert len(set(seen)) == 3
        assert {stored(office, d).record.doc_type for d in seen} == {"agreement"}
        page.keyboard.press("PageUp")
        page.wait_for_url(f"**/documents/{seen[-2]}?**")


def test_an_empty_queue_says_so(office: Office, server: str, sign_in: SignIn) -> None:
    with sign_in(server, CLERK) as page:
        page.goto(f"{server}/desk?day_to=2001-01-01")
        expect(page.locator(".empty")).to_contain_text("没有待核对的内容")
        assert page.locator("#begin").count() == 0


def test_the_outputs_are_written_when_asked(office: Office, server: str, sign_in: SignIn) -> None:
    document = document_id(office, "党员登记表_传真.png")
    with sign_in(server, CLERK) as page:
        (office.outputs / "双报到台账.xlsx").unlink()
        page.goto(f"{server}/figures")
        page.get_by_role("button", name="立即更新台账").press("Enter")
        eventually((office.outputs / "双报到台账.xlsx").exists)
        # Written behind all else, and again after a rest if somebody changed something meanwhile.
        expect(page.locator("#outputs")).to_contain_text("台账已是最新", timeout=120_000)
    assert document in exported(office)
