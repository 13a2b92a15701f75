"""``verify``: finds what is wrong, and nothing where nothing is; names places and never values."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from upkeep_office import BACKENDS, ID_NUMBER, PASSPHRASE, PHONE, SCANS, Office, copied, execute, listing

from pipeline.batch.lock import sole_batch
from pipeline.intake.archive import Archive
from pipeline.records import FieldStatus, document_id
from pipeline.scanned import PageFacts
from pipeline.settings import ROOT
from pipeline.upkeep.backup import back_up
from pipeline.upkeep.findings import EXPLAINED, LISTED, FindingCode, Findings, masked
from pipeline.upkeep.restore import restore
from pipeline.upkeep.verify import VerifyReport, verify
from tests.store.postgres_server import PostgresServer
from tests.support.command import Result
from tests.support.folders import record_of

Command = Callable[..., Result]
Plant = Callable[[Office], None]
BOOK = "双报到台账.xlsx"


def found(office: Office, *, fast: bool = False) -> dict[str, int]:
    return {code.value: count for code, count in verify(office.settings(), fast=fast).findings.counts.items()}


def first(office: Office, suffix: str = "*") -> Path:
    """An original of the archive that can be written."""
    path = next(p for p in Archive(office.outputs).contents() if p.match(suffix))
    path.chmod(0o640)
    return path


@pytest.mark.parametrize("fast", [False, True])
def test_nothing_is_found_where_nothing_is_wrong(office: Office, command: Command, fast: bool) -> None:
    before = listing(office.outputs)
    shown = command("verify", *office.options, "--scans", office.scans, *(["--fast"] if fast else []))
    assert (shown.code, shown.err) == (0, "")
    assert "没有发现问题" in shown.out
    assert "文档 4 份、原件 6 个" in shown.out
    assert listing(office.outputs) == before


# Faults, each planted in an office where nothing is wrong


def alter_archive(office: Office) -> None:
    path = first(office)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def shorten_archive(office: Office) -> None:
    path = first(office)
    path.write_bytes(path.read_bytes()[:-1])


def in_archive(name: str, content: str = "stray") -> Plant:
    def plant(office: Office) -> None:
        path = office.outputs / "archive" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)

    return plant


def swap_originals(office: Office) -> None:
    one, two = [p for p in Archive(office.outputs).contents() if p.suffix == ".jpg"][:2]
    aside = one.read_bytes()
    one.chmod(0o640), two.chmod(0o640)
    one.write_bytes(two.read_bytes())
    two.write_bytes(aside)


def copy_under_another_suffix(office: Office) -> None:
    path = first(office, "*.jpg")
    shutil.copy(path, path.with_suffix(".png"))


def link_in_archive(office: Office) -> None:
    path = first(office)
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


def sql(*statements: str) -> Plant:
    return lambda office: execute(office.database, *statements)


def unarchived_and_gone(office: Office) -> None:
    office.read("neu.jpg", content="new", archived=False)
    office.export()
    (office.scans / "neu.jpg").unlink()


def unarchived_and_changed(office: Office) -> None:
    office.read("neu.jpg", content="new", archived=False)
    office.export()
    (office.scans / "neu.jpg").write_text("more")


def remove(name: str) -> Plant:
    return lambda office: (office.outputs / name).unlink()


def lines(change: Callable[[list[str]], list[str]]) -> Plant:
    def plant(office: Office) -> None:
        path = office.outputs / "records.jsonl"
        path.write_text("".join(change(path.read_text("utf-8").splitlines(keepends=True))), "utf-8")

    return plant


def field_of_record(line: str) -> str:
    record = json.loads(line)
    next(iter(record["fields"].values()))["value"] = PHONE
    return json.dumps(record, ensure_ascii=False) + "\n"


def book(change: Callable[..., object], name: str = BOOK) -> Plant:
    def plant(office: Office) -> None:
        workbook = load_workbook(office.outputs / name)
        change(workbook)
        workbook.save(office.outputs / name)

    return plant


def filled(sheet: Any) -> Any:
    """The last cell that has a value."""
    return [cell for row in sheet.iter_rows() for cell in row if cell.value is not None][-1]


def write_file(name: str, content: str) -> Plant:
    return lambda office: (office.outputs / name).write_text(content) and None  # type: ignore[return-value]


def mode(name: str, bits: int) -> Plant:
    return lambda office: next(office.outputs.glob(name)).chmod(bits)


def folder(name: str) -> Plant:
    return lambda office: (office.outputs / name).mkdir()


def correct_without_export(office: Office) -> None:
    with office.store() as store:
        record = next(r for r in store.records() if "phone" in r.fields)
        revision = store.stored_document(record.document_id).revision  # type: ignore[union-attr]
        store.correct(record.document_id, "phone", "13811112222", "李核对", revision)


NO_GUARD = tuple(f"DROP TRIGGER audit_log_no_{what}" for what in ("update", "delete", "replace"))
GUARD = (
    "CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log BEGIN SELECT RAISE(ABORT, 'x'); END",
    "CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log BEGIN SELECT RAISE(ABORT, 'x'); END",
    "CREATE TRIGGER audit_log_no_replace BEFORE INSERT ON audit_log WHEN 0 BEGIN SELECT RAISE(ABORT, 'x'); END",
)


def log_without(where: str) -> Plant:
    return sql(*NO_GUARD, f"DELETE FROM audit_log WHERE {where}", *GUARD)


FAR = "[[0,0],[90000,0],[90000,50],[0,50]]"
FLAT = "[[10,10],[20,10],[20,10],[10,10]]"
OF_UNIT = "(SELECT document_id FROM document_files WHERE path = '单位登记表_传真.png')"
UNIT = "(SELECT sha256 FROM document_files WHERE path = '单位登记表_传真.png')"
OLD = "(SELECT sha256 FROM document_files WHERE path = '旧.jpg')"
NEW = "WHERE path = '新.jpg'"
PLACED = "WHERE path = 'phone'"
SHA = "ab" * 32
NOON = "2026-01-01 12:00:00.000000"

FAULTS: dict[str, tuple[Plant, dict[str, int]]] = {
    # the archive
    "a bit of an original flipped": (alter_archive, {"original_altered": 1}),
    "an original cut short": (shorten_archive, {"original_altered": 1}),
    "an original emptied": (lambda o: first(o).write_bytes(b"") and None, {"original_altered": 1}),  # type: ignore[dict-item,return-value]
    "an original deleted": (lambda o: first(o).unlink(), {"original_missing": 1}),
    "the archive deleted": (
        lambda o: shutil.rmtree(o.outputs / "archive"),
        {"original_missing": 6},
    ),
    "two originals swapped": (swap_originals, {"original_altered": 2}),
    "an unknown content": (in_archive(f"ab/{SHA}.jpg"), {"archive_stray": 1}),
    "a file of another name": (in_archive("ab/scan.jpg"), {"archive_stray": 1}),
    "a file beside the folders": (in_archive("note.txt"), {"archive_stray": 1}),
    "an original in the wrong folder": (
        lambda o: first(o).rename(o.outputs / "archive" / first(o).name) and None,  # type: ignore[dict-item,return-value]
        {"archive_stray": 1, "original_missing": 1},
    ),
    "an original twice": (copy_under_another_suffix, {"archive_stray": 1}),
    "a link for an original": (link_in_archive, {"archive_stray": 2, "original_missing": 1}),
    "a copy half written": (in_archive(f"ab/.{SHA}.jpg.77.part"), {"partial_left": 1}),
    "a purged content": (
        sql(f"INSERT INTO originals (sha256, size, suffix, purged) VALUES ('{SHA}', 5, '', '2026-01-01 00:00:00')"),
        {},
    ),
    # the folder
    "a workbook half written": (write_file(".双报到台账.xlsx.77.part", "half"), {"partial_left": 1}),
    "a note half written": (write_file("quarantine/x.json.tmp", "half"), {"partial_left": 1}),
    "a backup that was killed": (folder(".backup-xyz"), {"partial_left": 1}),
    "a restore that was killed": (folder(".restore-xyz"), {"partial_left": 1}),
    "a check that was killed": (folder(".verify-xyz"), {"partial_left": 1}),
    "the database open to all": (mode("pipeline.db", 0o644), {"readable_by_others": 1}),
    "a workbook open to all": (mode(BOOK, 0o604), {"readable_by_others": 1}),
    "an original open to all": (lambda o: first(o).chmod(0o444), {"readable_by_others": 1}),
    "a folder open to all": (mode("quarantine", 0o755), {"readable_by_others": 1}),
    "a file others may write": (mode("calibration.json", 0o642), {"readable_by_others": 1}),
    # records
    "an original that was never archived, gone": (unarchived_and_gone, {"source_missing": 1}),
    "an original that was never archived, changed": (unarchived_and_changed, {"source_missing": 1}),
    "a place beyond the page": (sql(f"UPDATE fields SET quad = '{FAR}' {PLACED}"), {"place_implausible": 2}),
    "a place without size": (sql(f"UPDATE fields SET quad = '{FLAT}' {PLACED}"), {"place_implausible": 2}),
    "a place on a page that is not there": (sql(f"UPDATE fields SET page = 7 {PLACED}"), {"place_implausible": 2}),
    "a page number beyond the file": (
        sql(f"UPDATE pages SET number = 3 WHERE document_id = {OF_UNIT}"),
        {"pages_implausible": 1, "document_id_wrong": 1, "place_implausible": 1},
    ),
    "a page number below one": (
        sql(f"UPDATE pages SET number = 0 WHERE document_id = (SELECT document_id FROM document_files {NEW})"),
        {"pages_implausible": 1, "document_id_wrong": 1, "place_implausible": 2},
    ),
    "another content": (
        sql(f"UPDATE document_files SET sha256 = {OLD} {NEW}"),
        {"document_id_wrong": 1},
    ),
    "one content in two documents": (
        sql(f"UPDATE document_files SET sha256 = {UNIT} {NEW}"),
        {"document_id_wrong": 1, "pages_implausible": 1},
    ),
    "an heir that is not there": (
        sql("UPDATE documents SET superseded_by = 'gone' WHERE superseded_by IS NOT NULL"),
        {"superseded_lost": 1},
    ),
    # the audit log
    "a line of the log removed": (log_without("seq = 7"), {"audit_gap": 1}),
    "two stretches of the log removed": (log_without("seq IN (2, 3, 9)"), {"audit_gap": 2}),
    "the beginning of the log removed": (log_without("seq < 4"), {"audit_gap": 1}),
    "the end of the log removed": (log_without("seq > (SELECT max(seq) FROM audit_log) - 2"), {"audit_gap": 1}),
    "a line of the log changed": (
        sql(NO_GUARD[0], "UPDATE audit_log SET actor = 'nobody' WHERE seq = 5", GUARD[0]),
        {"audit_altered": 1},
    ),
    "a line of the log changed, and its hash": (
        sql(NO_GUARD[0], f"UPDATE audit_log SET actor = 'nobody', hash = '{SHA}' WHERE seq = 5", GUARD[0]),
        {"audit_altered": 2},
    ),
    "a line of the log put in": (
        sql(f"INSERT INTO audit_log (time, actor, action, detail, hash) VALUES ('{NOON}', 'x', 'x', '{{}}', '{SHA}')"),
        {"audit_altered": 1},
    ),
    "the log unguarded": (sql(NO_GUARD[1]), {"audit_unguarded": 1}),
    # the database
    "a part of no document": (
        sql("PRAGMA foreign_keys = OFF", "INSERT INTO issues VALUES ('nobody', '', 'x', 0)"),
        {"database_damaged": 1},
    ),
    # records.jsonl
    "no records.jsonl": (remove("records.jsonl"), {"output_missing": 1}),
    "a line changed": (lines(lambda ls: [ls[0], field_of_record(ls[1]), *ls[2:]]), {"record_differs": 1}),
    "a line lost": (lines(lambda ls: ls[1:]), {"record_differs": 1}),
    "a line twice": (lines(lambda ls: [ls[0], *ls]), {"record_differs": 1}),
    "a line that is no record": (lines(lambda ls: [*ls, "rubbish\n"]), {"record_differs": 1}),
    "lines in another order": (lines(lambda ls: ls[::-1]), {"record_differs": 1}),
    "records.jsonl emptied": (lines(lambda _: []), {"record_differs": 4}),
    # workbooks
    "no workbook": (remove(BOOK), {"output_missing": 1}),
    "a cell changed": (book(lambda b: b.worksheets[0].__setitem__("C4", "别的")), {"cell_differs": 1}),
    "a cell emptied": (book(lambda b: setattr(filled(b.worksheets[0]), "value", None)), {"cell_differs": 1}),
    "a cell beyond the table": (book(lambda b: b.worksheets[1].__setitem__("ZZ99", "x")), {"cell_differs": 1}),
    "two cells of two sheets": (
        book(lambda b: [s.__setitem__("B4", "x") for s in b.worksheets[:2]]),
        {"cell_differs": 2},
    ),
    "a sheet deleted": (book(lambda b: b.remove(b.worksheets[1])), {"sheet_differs": 1}),
    "a sheet added, which is people's own": (book(lambda b: b.create_sheet("私账")), {}),
    "sheets in another order, as people like it": (book(lambda b: b.move_sheet(b.worksheets[0], 2)), {}),
    "the other workbook changed": (
        book(lambda b: b.worksheets[0].__setitem__("A1", "别的标题"), "服务反馈台账.xlsx"),
        {"sheet_differs": 1},
    ),
    "a workbook that is none": (write_file(BOOK, "name,phone\n"), {"output_unreadable": 1}),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found(office: Office, name: str) -> None:
    plant, expected = FAULTS[name]
    plant(office)
    counts = found(office)
    if name.startswith(("another content", "one content", "a page number", "a place", "an heir")):
        # What is exported changes with it, and what the archive should hold.
        counts = {code: n for code, n in counts.items() if not code.startswith(("record_", "cell_", "sheet_"))}
    assert counts == expected


def test_there_are_faults_enough() -> None:
    assert len(FAULTS) >= 30
    assert {code for _, expected in FAULTS.values() for code in expected} | {"purged_present"} == set(FindingCode)
    assert set(EXPLAINED) == set(FindingCode)


def test_a_purged_content_that_is_still_there(office: Office) -> None:
    path = first(office)
    execute(
        office.database, f"UPDATE originals SET purged = archived, archived = NULL WHERE sha256 = '{path.name[:64]}'"
    )
    assert found(office)["purged_present"] == 1


def test_a_correction_since_the_last_export_shows(office: Office) -> None:
    correct_without_export(office)
    counts = found(office)
    assert counts["record_differs"] == 1
    assert counts["cell_differs"] >= 1
    office.export()
    assert found(office) == {}


def test_a_workbook_saved_again_unchanged_is_as_good(office: Office) -> None:
    book(lambda b: None)(office)
    assert found(office) == {}


def test_fast_sees_sizes_but_not_bits(office: Office) -> None:
    alter_archive(office)
    assert found(office, fast=True) == {}
    shorten_archive(office)
    assert found(office, fast=True) == {"original_altered": 1}


@pytest.mark.parametrize("fast", [False, True])
def test_an_original_may_still_lie_in_the_drop_folder(office: Office, fast: bool) -> None:
    office.read("neu.jpg", content="new", archived=False)
    office.export()
    assert found(office, fast=fast) == {}
    shutil.copy(office.scans / "neu.jpg", office.scans / "copy.jpg")
    (office.scans / "neu.jpg").unlink()
    assert found(office, fast=fast) == {"source_missing": 1}


def test_an_original_archived_but_not_noted_is_no_stray(office: Office) -> None:
    record = office.read("neu.jpg", content="new", archived=False)
    office.export()
    Archive(office.outputs).keep(office.scans / "neu.jpg", record.sha256[0], ".jpg")
    assert found(office) == {}


def test_a_blank_back_counts_for_the_name_and_not_among_the_pages(office: Office) -> None:
    stat = office.put("双面.tif", (SCANS / "共建协议_两页.tif").read_bytes())
    record = record_of("agreement", stat, party_a="甲")
    record.document_id, record.blank = document_id([stat.sha256], [[1, 2]]), [(stat.path, 2)]
    facts = [PageFacts(stat.path, number, 1000, 1400, 200.0, 0.9, blank=number == 2) for number in (1, 2)]
    with office.store() as store:
        store.save_record(record, files=[stat], pages=facts)
    office.export()
    assert found(office) == {}


def test_values_never_show(office: Office, command: Command) -> None:
    """Wherever the fault is: the cell and the line are named, and what stands there is not."""
    for name in ("a line changed", "two cells of two sheets", "a sheet deleted"):
        FAULTS[name][0](office)
    book(lambda b: [c.__setattr__("value", "x") for s in b for row in s.iter_rows() for c in row if c.value])(office)
    in_archive(f"ab/王建国{ID_NUMBER}.jpg")(office)
    in_archive(f"ab/{PHONE}-合同.jpg")(office)
    for arguments in ((), ("--json",)):
        shown = command("verify", *office.options, "--scans", office.scans, *arguments)
        assert shown.code == 1
        for value in (ID_NUMBER, PHONE, "13900000000", "王建囯", "王建军", "科苑小学"):
            assert value not in shown.out
            assert value not in shown.err
        assert f"王建国{'*' * 18}.jpg" in shown.out
        assert "records.jsonl 第 2 行" in shown.out


def test_the_command_says_where_and_what_to_do(office: Office, command: Command) -> None:
    FAULTS["a cell changed"][0](office)
    FAULTS["an original deleted"][0](office)
    shown = command("verify", *office.options, "--scans", office.scans)
    assert shown.code == 1
    sheet = load_workbook(office.outputs / BOOK).sheetnames[0]
    for words in (f"{BOOK} · {sheet} · C4", "export", "存档缺少原件", "备份恢复", "共发现 2 处问题"):
        assert words in shown.out
    data = command("verify", *office.options, "--scans", office.scans, "--json").json()
    assert data["total"] == 2
    assert data["counts"] == {"original_missing": 1, "cell_differs": 1}
    assert {f["where"] for f in data["findings"] if f["code"] == "cell_differs"} == {f"{BOOK} · {sheet} · C4"}


def test_the_list_is_capped_and_the_count_is_not() -> None:
    findings = Findings()
    for number in range(1000):
        findings.add(FindingCode.CELL_DIFFERS, f"A{number}")
    assert (findings.total, len(findings.listed)) == (1000, LISTED)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a13812345678b", "a***********b"),
        ("37081119800315451X.jpg", "*" * 18 + ".jpg"),
        ("370811800315451", "*" * 15),
        ("20260101120000.jpg", "20260101120000.jpg"),
        ("ab" * 32, "ab" * 32),
        ("line\nbreak", "line\\nbreak"),
    ],
)
def test_names_are_shown_without_numbers_of_people(name: str, shown: str) -> None:
    assert masked(name) == shown


def test_a_damaged_database_is_told(office: Office, command: Command) -> None:
    content = bytearray(office.database.read_bytes())
    content[8192:12288] = os.urandom(4096)
    office.database.write_bytes(content)
    shown = command("verify", *office.options, "--scans", office.scans)
    assert shown.code in (1, 2)
    assert "备份" in shown.out + shown.err


def test_a_batch_at_work_is_waited_for(office: Office, command: Command) -> None:
    with sole_batch(office.outputs):
        shown = command("verify", *office.options)
    assert shown.code == 2
    assert "另一个批处理" in shown.err


@pytest.mark.skipif(len(BACKENDS) < 2, reason="needs PostgreSQL")
def test_on_postgresql(template: Office, server: PostgresServer, tmp_path: Path) -> None:
    source = copied(template, tmp_path / "source")
    back_up(source.settings(), ROOT / "pipeline.toml", tmp_path / "a.bak", PASSPHRASE)
    office = Office(tmp_path / "new", server.create_database())
    restore(office.settings(), ROOT / "pipeline.toml", tmp_path / "a.bak", PASSPHRASE)

    def check() -> VerifyReport:
        return verify(office.settings())

    assert check().findings.counts == {}
    last = "(SELECT max(seq) FROM audit_log)"
    for statements, code in (
        (["UPDATE audit_log SET actor = actor || '!' WHERE seq = 3"], FindingCode.AUDIT_ALTERED),
        (["UPDATE audit_log SET actor = rtrim(actor, '!')"], None),
        ([f"CREATE TABLE kept AS SELECT * FROM audit_log WHERE seq = {last}"], None),
        ([f"DELETE FROM audit_log WHERE seq = {last}"], FindingCode.AUDIT_GAP),
        (["INSERT INTO audit_log SELECT * FROM kept", "DROP TABLE kept"], None),
    ):
        with office.store() as store, store.writing() as connection:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")  # past the triggers
            for statement in statements:
                connection.exec_driver_sql(statement)
        assert check().findings.counts == ({code: 1} if code else {})
    with office.store() as store, store.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE audit_log DISABLE TRIGGER audit_log_no_change")
    assert check().findings.counts == {FindingCode.AUDIT_UNGUARDED: 1}
    alter_archive(office)
    correct_without_export(office)
    assert check().findings.counts.keys() >= {FindingCode.ORIGINAL_ALTERED, FindingCode.RECORD_DIFFERS}
    with office.store() as store:
        assert any(f.status is FieldStatus.CORRECTED for r in store.records() for f in r.fields.values())
