"""Nothing that stands on paper or in a file's name is ever interpreted: shown in a real browser, it is text."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from urllib.parse import quote

import numpy as np
import pytest
from playwright.sync_api import Browser, Dialog, Page

from pipeline.audit.guard import SESSION_COOKIE
from pipeline.definitions import FieldType
from pipeline.records import Code, DocumentStatus, FieldStatus, FieldValue, Record, document_id
from pipeline.scanned import FileStat, ReadDocument
from tests.audit.audit_site import ADMIN, CLERK, Site, serving
from tests.synthesis.office_year import documents, office_forms

HOSTILE = (
    "<script>window.hit=1</script>",
    "</script><script>window.hit=2</script>",
    '"><img src=x onerror=window.hit=3>',
    "' autofocus onfocus=window.hit=4 x='",
    "javascript:window.hit=5",
    "<svg/onload=window.hit=6>",
    "{{ 7*7 }}{% raw %}${7*7}#{7*7}",
    "</textarea><script>window.hit=7</script>",
    "</title></style><style>*{display:none!important}</style>",
    "url(https://evil.example/x.png)",
    "<a href=https://evil.example/>x</a><iframe src=//evil.example>",
    "<base href=//evil.example/><meta http-equiv=refresh content=0;url=//evil.example>",
    "\u202egpj.exe\u202c\u2066<b>\u2069",
    "\u200b\ufeff<!-- ]]> --><![CDATA[",
    "-->*/;window.hit=8;//`${window.hit=9}`",
    "&lt;script&gt;window.hit=10&lt;/script&gt;",
    "__proto__",
    "A" * 20_000,
    "=cmd|' /C calc'!A0",
    "%00%3Cscript%3Ewindow.hit=11%3C/script%3E",
)
_TEXTS = (FieldType.TEXT, FieldType.NAME, FieldType.ID_NUMBER, FieldType.PHONE, FieldType.LIST, FieldType.DICTIONARY)
_WATCH = "addEventListener('securitypolicyviolation', e => console.error('Content Security Policy ' + e.blockedURI))"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("hostile") / "site", four_eyes=True, four_eyes_types=["id_number"]) as served:
        for number, document in enumerate(documents(30, np.random.default_rng(3))):
            if document.record.doc_type in office_forms():
                _save(served, number, document)
        _correct(served)
        served.desk.index.refresh(5)
        served.desk.exporter.now()
        until = time.monotonic() + 60
        while served.desk.exporter.state.state != "idle" and time.monotonic() < until:
            time.sleep(0.1)
        assert served.store.recall("census") is not None
        yield served


def _save(site: Site, number: int, document: ReadDocument) -> None:
    """The document with every text of it hostile, and its file's name."""
    record, form = document.record, office_forms()[document.record.doc_type]
    name = f"{HOSTILE[number % len(HOSTILE)][:60]}/{number}{HOSTILE[(number + 3) % len(HOSTILE)][:60]}.jpg"
    content = hashlib.sha256(name.encode()).hexdigest()
    fields: dict[str, FieldValue] = {}
    for i, (key, value) in enumerate(record.fields.items()):
        fields[key] = _hostile(value, name, number + i) if form.field(key).type in _TEXTS else value
    rows = [
        {
            key: _hostile(value, name, number + i) if isinstance(value.value, str) else value
            for key, value in row.items()
        }
        for i, row in enumerate(record.rows)
    ]
    made = Record(document_id([content], [[1]]), record.doc_type, [name], [content], [[1]], fields=fields, rows=rows)
    for code in (Code.PAGE_MISSING.value, "<img src=x onerror=window.hit=12>"):
        made.issues.append(code)
    made.status = DocumentStatus.REVIEW
    facts = [replace(page, file=name) for page in document.pages]
    site.store.save_record(made, files=[FileStat(name, content, 1, 1)], pages=facts)


def _hostile(value: FieldValue, file: str, number: int) -> FieldValue:
    text = HOSTILE[number % len(HOSTILE)]
    others = [(HOSTILE[(number + i) % len(HOSTILE)], 1.0 + i) for i in (1, 2, 3)]
    found = FieldValue(text, text, 0.5, FieldStatus.REVIEW, file, 1, value.quad, [Code.LOW_CONFIDENCE.value, text[:40]])
    found.alternatives = others
    found.centres = [0.1, 0.5]
    return found


def _correct(site: Site) -> None:
    """What people made of it is no better: for lives, lists and proposals."""
    for number, document in enumerate(site.documents()):
        record, form = document.record, office_forms().get(document.record.doc_type)
        if form is None or not record.files[0].endswith(".jpg") or "window" not in repr(record.fields):
            continue
        revision = document.revision
        for definition in form.fields:
            value = HOSTILE[number % len(HOSTILE)]
            if definition.key not in record.fields:
                continue
            if definition.type is FieldType.DICTIONARY:
                revision = site.store.correct(record.document_id, definition.key, value[:90], CLERK, revision)
            if definition.type is FieldType.ID_NUMBER:
                site.store.propose(record.document_id, definition.key, value, CLERK, revision)


@dataclass(frozen=True)
class Watched:
    page: Page
    faults: list[str]

    def show(self, path: str) -> Page:
        self.page.goto(f"{path}", wait_until="load")
        self.page.wait_for_timeout(60)
        assert self.page.evaluate("window.hit") is None, path
        assert self.faults == [], (path, self.faults)
        assert self.page.evaluate("document.querySelectorAll('iframe, object, embed, base, style').length") == 0, path
        assert self.page.evaluate("getComputedStyle(document.querySelector('main')).display") != "none", path
        return self.page


@contextmanager
def watching(browser: Browser, site: Site) -> Iterator[Watched]:
    with site.person(ADMIN) as admin:
        context = browser.new_context(base_url=site.address, locale="zh-CN")
        token = admin.client.cookies[SESSION_COOKIE]
        context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": site.address}])
        context.add_init_script(_WATCH)
        page, faults = context.new_page(), list[str]()

        def dismissed(dialog: Dialog) -> None:
            if dialog.type == "beforeunload":  # the page's own: something typed is not saved
                dialog.accept()
                return
            faults.append(f"dialog {dialog.message}")
            dialog.dismiss()

        page.on("dialog", dismissed)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
        page.on("request", lambda r: None if r.url.startswith(site.address) else faults.append(r.url))
        page.on("popup", lambda _: faults.append("popup"))
        try:
            yield Watched(page, faults)
        finally:
            context.close()


def test_documents_show_it_as_text(site: Site, browser: Browser) -> None:
    shown: set[str] = set()
    with watching(browser, site) as watched:
        hostile = [d for d in site.documents() if "window" in repr(d.record.fields)]
        assert len(hostile) >= 20
        for document in hostile[:22]:
            page = watched.show(f"/documents/{document.record.document_id}")
            texts = page.evaluate("[...document.querySelectorAll('input, textarea')].map(e => e.value)")
            shown |= set(texts)
            assert document.record.files[0] in page.locator(".files").inner_text()
            page.locator("input[data-input]").first.fill("<img src=x onerror=window.hit=13>")
            page.wait_for_timeout(200)
            assert page.evaluate("window.hit") is None
            watched.show(f"/documents/{document.record.document_id}/life")
        # An input shows one line, without what a browser takes out of any input's value.
        assert shown >= {text for text in HOSTILE if "\n" not in text and len(text) <= 2000}


def test_every_list_shows_it_as_text(site: Site, browser: Browser) -> None:
    forms = office_forms().values()
    strips = [f"{f.type}:{d.key}" for f in forms for d in (*f.fields, *f.row_fields) if d.type in _TEXTS][:12]
    paths = [
        *("/desk", "/desk?offset=50", "/desk?offset=100", "/figures", "/proposals", "/lists", "/log", "/accounts"),
        *(f"/strips?field={quote(name)}&all=true" for name in strips),
        *("/glyphs?character=1", "/glyphs?character=0"),
        *(f"/search?q={quote(text[:100])}" for text in HOSTILE),
        *(f"/search?q={text}" for text in ("window", "script", "img", "onerror")),
    ]
    with watching(browser, site) as watched:
        for path in paths:
            watched.show(path)
        assert "window.hit=" in watched.show("/search?q=window").locator("main").inner_text()
        assert "onerror" in watched.show("/lists").locator("main").inner_text()
        assert "window.hit" in watched.show("/proposals").locator("main").inner_text()


def test_what_an_address_says_is_text_too(site: Site, browser: Browser) -> None:
    with watching(browser, site) as watched:
        for text in (text[:1000] for text in HOSTILE):
            given = quote(text, safe="")
            for path in (
                f"/desk?type={given}&community={given}&reason={given}",
                f"/strips?field={given}",
                f"/glyphs?character={given}",
                f"/figures?kind={given}&community={given}&month={given}",
                f"/sign-in?next={given}",
                f"/documents/{given}",
                f"/outputs/{given}",
                f"/{given}",
            ):
                watched.show(path)
