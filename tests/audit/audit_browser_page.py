"""What people do on the audit page, for tests: open, look where the focus is, press keys; and what came of it."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from pipeline.store import StoredDocument
from tests.audit.conftest import Office

_SAMPLES = Path(__file__).resolve().parent.parent / "samples.json"
SECONDS = 30.0

expect.set_options(timeout=SECONDS * 1000)

_FOCUS = """(previous) => {
  const state = document.getElementById("state");
  const at = document.activeElement;
  if (!state || document.readyState === "loading") return null;
  const id = JSON.parse(state.textContent).id;
  const field = at.closest("[data-field]");
  const question = at.closest("[data-acknowledge]");
  const path = field ? field.dataset.path : question ? "!" + question.dataset.acknowledge : null;
  if (path === null || `${id} ${path}` === previous) return null;
  const input = field && field.querySelector("[data-input]");
  const offered = [...document.querySelectorAll(".alternatives button")].map((b) => b.lastChild.textContent.trim());
  const kind = field ? field.dataset.kind : "question";
  return { document: id, path, kind, text: (input && input.value) || "", alternatives: offered };
}"""


@dataclass(frozen=True)
class Focus:
    """Where the keyboard is: a field, or a question of the whole document (``!code``)."""

    document: str
    path: str
    kind: str
    text: str
    alternatives: list[str]

    @property
    def key(self) -> str:
        return f"{self.document} {self.path}"


def focus(page: Page, after: Focus | None = None) -> Focus:
    """Where the focus is, once it is elsewhere than ``after``."""
    found = page.wait_for_function(_FOCUS, arg=after.key if after else "", timeout=SECONDS * 1000)
    return Focus(**found.json_value())


def document_id(office: Office, file: str) -> str:
    """The document that begins in a file."""
    with office.store() as store:
        found = [r.document_id for r in store.records() if r.files[0] == file]
    assert len(found) == 1, (file, found)
    return found[0]


def stored(office: Office, document: str) -> StoredDocument:
    with office.store() as store:
        found = store.stored_document(document)
    assert found is not None
    return found


def value(office: Office, document: str, path: str) -> Any:
    """What stands in the database."""
    return dict(stored(office, document).record.all_fields())[path].value


def truth() -> dict[str, dict[str, Any]]:
    """What is written on the samples, by the first file and the path."""
    samples = json.loads(_SAMPLES.read_text(encoding="utf-8"))
    out = {}
    for sample in samples:
        rows = {f"rows.{i}.{key}": text for i, row in enumerate(sample["rows"]) for key, text in row.items()}
        out[sample["files"][0]] = {**sample["fields"], **sample["marks"], **rows}
    return out


def open_document(page: Page, address: str, document: str, path: str = "", *, queue: bool = False) -> None:
    query = "&".join([*(["queue=1"] if queue else []), *([f"path={path}"] if path else [])])
    page.goto(f"{address}/documents/{document}" + (f"?{query}" if query else ""))
    ready(page)


def ready(page: Page) -> None:
    """Wait until the page has set its focus, and so listens: what is pressed before is lost."""
    page.wait_for_function("() => document.activeElement && document.activeElement !== document.body")


def field(page: Page, path: str) -> Locator:
    return page.locator(f'[data-field][data-path="{path}"]')


def box(page: Page, path: str) -> Locator:
    """The input of a field."""
    return field(page, path).locator("[data-input]")


def notice(page: Page) -> Locator:
    return page.locator("#notice")


def eventually(holds: Callable[[], Any], seconds: float = 2 * SECONDS) -> Any:
    """What ``holds`` gives once it gives something true."""
    end = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < end, "did not happen"
        time.sleep(0.1)
    return found


def audit_lines(office: Office, action: str) -> list[dict[str, Any]]:
    """The lines of the audit log of one kind."""
    with closing(sqlite3.connect(office.outputs / "pipeline.db")) as connection:
        connection.row_factory = sqlite3.Row
        rows = connection.execute("select * from audit_log where action = ? order by seq", (action,))
        return [dict(row) for row in rows]


def exported(office: Office) -> dict[str, dict[str, Any]]:
    """The lines of records.jsonl by document."""
    lines = (office.outputs / "records.jsonl").read_text(encoding="utf-8").splitlines()
    return {record["document_id"]: record for record in map(json.loads, lines)}
