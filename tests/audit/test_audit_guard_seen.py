"""What people see before they open a document is masked, and what they see is written down, without what it was."""

from __future__ import annotations

import html
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.definitions import FieldType
from pipeline.records import UNKNOWN_TYPE, Code, FieldStatus, FieldValue, Record, document_id
from pipeline.scanned import FileStat
from pipeline.store import StoredDocument
from tests.audit.audit_site import ADMIN, CLERK, Site, serving
from tests.support.command import call
from tests.synthesis.office_year import office_forms

_HIDDEN = (FieldType.ID_NUMBER, FieldType.PHONE)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with serving(tmp_path / "site") as served:
        yield served


def numbers(site: Site) -> set[str]:
    """Every ID number and phone of the store."""
    found = set()
    for document in site.documents():
        form = office_forms().get(document.record.doc_type)
        for path, value in document.record.all_fields():
            if form and form.field_at(path).type in _HIDDEN and isinstance(value.value, str):
                found.add(value.value)
    return found


def one(site: Site) -> StoredDocument:
    return next(d for d in site.documents() if "id_number" in d.record.fields)


def test_lists_show_no_whole_number(site: Site) -> None:
    known = numbers(site)
    assert len(known) > 20
    with site.person(CLERK) as clerk:
        queries = {number[-4:] for number in known} | {next(iter(known))}
        for path in ("/desk", "/desk?offset=50", *(f"/search?q={query}" for query in queries)):
            table = html.unescape("".join(re.findall(r"<tbody>.*?</tbody>", clerk.get(path).text, re.S)))
            assert [number for number in known if number in table] == [], path
    assert {action for _, action, _ in site.deeds(site.last_line())} == set()


def test_lists_show_no_misread_number_of_an_unknown_form(site: Site) -> None:
    said = {"联系电活": "138ooo1", "备注": "请联系l38OOOO1234"}
    record = Record(document_id(["a" * 64], [[1]]), UNKNOWN_TYPE, ["a.jpg"], ["a" * 64], [[1]])
    record.fields = {label: FieldValue(text, text, 0.5, FieldStatus.REVIEW, "a.jpg", 1) for label, text in said.items()}
    record.flag(Code.UNKNOWN_DOCUMENT)
    site.store.save_record(record, files=[FileStat("a.jpg", "a" * 64, 1, 1)])
    # The queue asks for the fields one by one once it is settled that no form is to be known here.
    kept = site.store.stored_document(record.document_id)
    assert kept is not None
    site.store.acknowledge(record.document_id, Code.UNKNOWN_DOCUMENT, CLERK, kept.revision)
    with site.person(CLERK) as clerk:
        for path in ("/search?q=138ooo1", "/search?q=请联系", f"/desk?type={UNKNOWN_TYPE}"):
            table = html.unescape("".join(re.findall(r"<tbody>.*?</tbody>", clerk.get(path).text, re.S)))
            assert "*" in table, path
            assert [text for text in said.values() if text in table] == [], path


@pytest.mark.parametrize("kind", ["", "/state", "/life", "/crop?path=id_number", "/pages/0/tiles/0/0/0"])
def test_each_look_at_a_document_is_written_down(site: Site, kind: str) -> None:
    found = one(site).record.document_id
    with site.person(CLERK) as clerk:
        line = site.last_line()
        clerk.get(f"/documents/{found}{kind}")
        clerk.get(f"/documents/{found}{kind}")
        deeds = site.deeds(line)
    assert deeds == ([(CLERK, "values_shown", found)] if kind else [(CLERK, "document_opened", found)] * 2)


@pytest.mark.parametrize("path", ["/strips?field=member_registration:id_number&all=true", "/glyphs?character=1"])
def test_strips_and_look_alikes_are_written_down(site: Site, path: str) -> None:
    with site.person(CLERK) as clerk:
        line = site.last_line()
        shown = clerk.get(path).text
        named = set(re.findall(r'data-document="([0-9a-f]+)"', shown))
        assert named
        noted = {found for who, what, found in site.deeds(line) if (who, what) == (CLERK, "values_shown")}
        assert noted == named


def test_the_log_holds_no_values_and_no_names_of_files(site: Site) -> None:
    document = one(site)
    found, revision = document.record.document_id, document.revision
    with site.person(ADMIN) as admin:
        admin.get("/search?q=张三丰")
        admin.get(f"/documents/{found}")
        body = {"path": "name", "typed": "欧阳秘密", "revision": revision}
        assert admin.post(f"/documents/{found}/fields", json=body).status_code == 200
        admin.get("/outputs/records.jsonl")
    with closing(sqlite3.connect(site.database)) as connection:
        lines = repr(connection.execute("SELECT actor, action, path, detail FROM audit_log").fetchall())
    logs = "".join(p.read_text("utf-8") for p in (site.settings.path("outputs") / "logs").glob("*.jsonl"))
    for text in ("欧阳秘密", "张三丰", document.record.files[0], *numbers(site)):
        assert text not in lines + logs


def test_verify_finds_a_line_that_was_changed(tmp_path: Path) -> None:
    with serving(tmp_path / "site") as site:
        outputs = site.settings.path("outputs")
        one(site)

        def findings() -> str:
            result = call("verify", "--json", "--outputs", outputs)
            return json.dumps(result.json(), ensure_ascii=False)

        before = findings()
        with closing(sqlite3.connect(site.database)) as connection:
            with pytest.raises(sqlite3.IntegrityError):
                connection.execute("DELETE FROM audit_log WHERE seq = 5")
            triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for (name,) in triggers:  # whoever has the file can do that
                connection.execute(f'DROP TRIGGER "{name}"')
            connection.execute("UPDATE audit_log SET actor = '别人' WHERE seq = 5")
            connection.commit()
        assert "5" in findings()
        assert findings() != before
