"""A misread label of a document of no known form, corrected on its page."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.records import UNKNOWN_TYPE, FieldStatus, FieldValue, Record, document_id
from pipeline.scanned import FileStat
from tests.audit.audit_site import CLERK, Person, Site, serving


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with serving(tmp_path / "site") as served:
        yield served


@pytest.fixture
def document(site: Site) -> str:
    def said(text: str) -> FieldValue:
        return FieldValue(text, text, 0.5, FieldStatus.REVIEW, "a.jpg", 1)

    record = Record(document_id(["a" * 64], [[1]]), UNKNOWN_TYPE, ["a.jpg"], ["a" * 64], [[1]])
    record.fields = {"title": said("设备借用单"), "借甪人": said("王建国"), "text_1": said("全文")}
    record.rows = [{"品明": said("投影仪")}, {"品明": said("话筒")}]
    site.store.save_record(record, files=[FileStat("a.jpg", "a" * 64, 1, 1)])
    return record.document_id


def relabel(site: Site, who: Person, document: str, path: str, label: str) -> int:
    found = site.store.stored_document(document)
    assert found is not None
    asked = {"path": path, "label": label, "revision": found.revision}
    return who.post(f"/documents/{document}/label", json=asked).status_code


def test_a_label_and_a_heading_are_corrected_and_shown(site: Site, document: str) -> None:
    with site.person(CLERK) as clerk:
        assert relabel(site, clerk, document, "借甪人", " 借 用 人：") == 200
        assert relabel(site, clerk, document, "rows.0.品明", "品名") == 200
        shown = html.unescape(clerk.get(f"/documents/{document}").text)
        titles = re.findall(r'<span class="title">([^<]*)', shown)
        assert titles == ["表名", "借用人", "第1页全文"]
        assert re.findall(r'<th scope="col">([^<]*?) <button', shown) == ["品名"]
        # The title and the whole text have no label of their own.
        assert re.findall(r'data-relabel="([^"]*)"', shown) == ["借甪人", "rows.0.品明"]
        life = html.unescape(clerk.get(f"/documents/{document}/life?path=借甪人").text)
        assert "更正标签" in life
        assert "借用人" in life
        life = html.unescape(clerk.get(f"/documents/{document}/life?path=rows.1.品明").text)
        assert "标签“品明”" in life
    deeds = [action for actor, action, found in site.deeds() if (actor, found) == (CLERK, document)]
    assert deeds.count("relabelled") == 2


@pytest.mark.parametrize("label", ["", "：", "title", "字" * 101])
def test_what_is_no_label_is_refused(site: Site, document: str, label: str) -> None:
    with site.person(CLERK) as clerk:
        assert 400 <= relabel(site, clerk, document, "借甪人", label) < 500
    record = site.store.record(document)
    assert record is not None
    assert record.labels == {}


def test_labels_of_a_known_form_are_those_of_its_definition(site: Site, document: str) -> None:
    known = next(d for d in site.documents() if "name" in d.record.fields).record.document_id
    with site.person(CLERK) as clerk:
        assert relabel(site, clerk, known, "name", "名字") == 404
        assert "data-relabel" not in clerk.get(f"/documents/{known}").text
