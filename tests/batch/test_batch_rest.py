"""Workbooks of many documents, which rest for some hours between two editions."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

from pipeline.batch.exports import show_the_store
from tests.support.ledger_office import FEEDBACK, MAIN, LedgerOffice


def _shown(office: LedgerOffice) -> dict[str, str]:
    """The status of every document in records.jsonl."""
    lines = (office.outputs / "records.jsonl").read_text(encoding="utf-8").splitlines()
    return {record["document_id"]: record["status"] for record in map(json.loads, lines)}


def test_workbooks_of_many_documents_rest(tmp_path: Path) -> None:
    office = LedgerOffice(tmp_path, ledgers={"always_up_to": 5})
    assert office.export().notice == ""
    books = {name: office.book(name).stat() for name in (MAIN, FEEDBACK)}
    with office.store() as store:
        record = next(r for r in store.records() if r.doc_type == "member_registration")
        store.correct(record.document_id, "name", "欧阳新", "李核对", 1)
    outputs = office.export()
    assert "文档已超过 5 份" in outputs.notice
    assert [path.name for path in outputs.paths] == ["records.jsonl", MAIN, FEEDBACK]
    assert {name: office.book(name).stat() for name in books} == books
    assert "欧阳新" in (office.outputs / "records.jsonl").read_text(encoding="utf-8")
    with office.store() as store:
        assert list(_shown(office)) == [r.document_id for r in store.records()]
        assert not show_the_store(store)


def test_they_are_written_again_when_they_have_rested(tmp_path: Path) -> None:
    office = LedgerOffice(tmp_path, ledgers={"always_up_to": 5})
    office.export()
    before = office.book().read_bytes()
    with office.store() as store:
        last = store.recall("exported")
        for hours, written in ((19, False), (21, True)):
            record = next(r for r in store.records() if r.doc_type == "member_registration")
            document = store.stored_document(record.document_id)
            assert document is not None
            store.correct(record.document_id, "name", f"欧阳{hours}", "李核对", document.revision)
            at = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=hours)
            store.keep("exported", {**last, "at": at.isoformat()})
            assert (office.export().notice == "") is written
            assert (office.book().read_bytes() != before) is written


def test_workbooks_of_few_documents_do_not_rest(tmp_path: Path) -> None:
    office = LedgerOffice(tmp_path)
    office.export()
    before = office.book().read_bytes()
    with office.store() as store:
        record = next(r for r in store.records() if r.doc_type == "member_registration")
        store.correct(record.document_id, "name", "欧阳新", "李核对", 1)
    assert office.export().notice == ""
    assert office.book().read_bytes() != before


def test_other_rules_end_the_rest(tmp_path: Path) -> None:
    office = LedgerOffice(tmp_path, ledgers={"always_up_to": 5})
    office.export()
    with office.store() as store:
        store.keep("exported", {**store.recall("exported"), "by": "other forms"})
    assert office.export().notice == ""
