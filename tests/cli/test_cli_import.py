"""``import``: what people changed in a workbook is shown, taken as corrections, and what speaks against it is named."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.records import FieldStatus
from pipeline.store import Action
from tests.store import postgres_server
from tests.support.command import Result
from tests.support.ledger_office import FEEDBACK, MAIN, QUEUE, ROSTER, SERVED, LedgerOffice, cell, heads

Command = Callable[..., Result]
BACKENDS = ["sqlite", "postgresql"] if postgres_server.available() else ["sqlite"]


@pytest.fixture(scope="module")
def server() -> Iterator[postgres_server.PostgresServer]:
    with postgres_server.PostgresServer() as running:
        yield running


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("template")
    LedgerOffice(root).export()
    return root / "outputs"


@pytest.fixture
def office(template: Path, tmp_path: Path) -> LedgerOffice:
    made = LedgerOffice(tmp_path / "office")
    shutil.copytree(template, made.outputs, dirs_exist_ok=True)
    return made


def run(command: Command, office: LedgerOffice, *more: str, name: str = MAIN) -> Result:
    database = ["--database", office.url] if office.url.startswith("postgresql") else []
    return command("import", office.book(name), "--outputs", office.outputs, *database, *more)


def put(office: LedgerOffice, row: int, heading: str, value: Any, sheet: str = ROSTER, name: str = MAIN) -> str:
    """Write into a cell; the key of its row."""
    with office.opened(name) as book:
        cell(book[sheet], row, heading).value = value
        return str(cell(book[sheet], row, "编号").value)


def imports(office: LedgerOffice) -> list[dict[str, Any]]:
    with office.store() as store:
        return [e.detail for e in store.audit_entries(action=Action.WORKBOOK_IMPORTED.value, limit=100_000)]


def test_nothing_changed(office: LedgerOffice, command: Command) -> None:
    shown = run(command, office)
    assert (shown.code, shown.err) == (0, "")
    assert "没有要导入的" in shown.out


def test_a_preview_changes_nothing_and_hides_numbers(office: LedgerOffice, command: Command) -> None:
    key = put(office, 1, "身份证号", "370811198003154510")
    before = office.value(key, "id_number")
    shown = run(command, office)
    assert shown.code == 0
    assert f"工作表“{ROSTER}”第 4 行“身份证号”列" in shown.out
    assert "370811********4510" in shown.out
    assert "校验" in shown.out  # what validation will say
    assert "只是预览" in shown.out
    for arguments in ((), ("--json",)):
        assert "370811198003154510" not in run(command, office, *arguments).out
    assert office.value(key, "id_number") == before
    assert imports(office) == []


@pytest.mark.parametrize("backend", BACKENDS)
def test_changes_become_corrections(
    backend: str, tmp_path: Path, request: pytest.FixtureRequest, command: Command
) -> None:
    url = request.getfixturevalue("server").create_database() if backend == "postgresql" else ""
    office = LedgerOffice(tmp_path / "own", url)
    office.export()
    key = put(office, 1, "联系电话", "139 0000 1111")
    put(office, 1, "报到时间", "2019年5月18日")
    put(office, 1, "单位盖章", "无")
    put(office, 2, "姓名", "新名字")
    shown = run(command, office, "--yes", "--actor", "李核对")
    assert (shown.code, shown.err) == (0, ""), shown.out
    assert "已导入：更正 4 处" in shown.out
    assert office.value(key, "phone") == "13900001111"
    assert office.value(key, "report_date") == "2019-05-18"
    assert office.value(key, "unit_seal") is False
    with office.store() as store:
        made = list(store.corrections(key))
        assert {c.path for c in made} == {"phone", "report_date", "unit_seal"}
        assert {c.actor for c in made} == {"李核对"}
        document = store.stored_document(key)
        assert document is not None and document.revision == 4
        field = document.record.field_at("phone")
        assert field is not None and field.status is FieldStatus.CORRECTED
    (detail,) = imports(office)
    assert detail["workbook"] == MAIN and detail["taken"] == {"value": 4}
    assert "13900001111" not in str(detail)
    again = run(command, office)
    assert again.code == 0 and "没有要导入的" in again.out
    assert not list(office.outputs.glob("*未导入*"))


def test_in_the_queue_values_are_changed_and_confirmed(office: LedgerOffice, command: Command) -> None:
    with office.opened() as book:
        sheet = book[QUEUE]
        first, _ = heads(sheet)
        rows = [r for r in range(1, sheet.max_row - first + 1) if _of_field(cell(sheet, r, "编号").value)]
        changed, confirmed = rows[0], rows[1]
        keys = [str(cell(sheet, r, "编号").value) for r in (changed, confirmed)]
        cell(sheet, changed, "识别值").value = ""
        cell(sheet, confirmed, "确认无误").value = "√"
        cell(sheet, rows[2], "确认无误").value = "也许"
        odd = first + rows[2]
    shown = run(command, office, "--yes")
    assert shown.code == 1
    assert f"工作表“{QUEUE}”第 {odd} 行“确认无误”列：只能填" in shown.out
    with office.store() as store:
        for key in keys:
            document_id, _, path = key.partition("/")
            record = store.record(document_id)
            field = record.field_at(path) if record else None
            assert field is not None and field.status is FieldStatus.CORRECTED
    assert office.value(*keys[0].split("/", 1)) is None


def test_what_was_confirmed_in_the_queue_leaves_no_copy_behind(office: LedgerOffice, command: Command) -> None:
    with office.opened() as book:
        sheet = book[QUEUE]
        first, _ = heads(sheet)
        rows = [r for r in range(1, sheet.max_row - first + 1) if _of_field(cell(sheet, r, "编号").value)]
        cell(sheet, rows[0], "确认无误").value = "√"
        key = str(cell(sheet, rows[0], "编号").value)
    shown = run(command, office, "--yes")
    assert (shown.code, shown.err) == (0, ""), shown.out
    assert "已导入：确认 1 处" in shown.out
    with office.opened() as book:
        sheet = book[QUEUE]
        first, _ = heads(sheet)
        assert key not in [cell(sheet, r, "编号").value for r in range(1, sheet.max_row - first + 1)]
    assert not list(office.outputs.glob("*未导入*"))


def _of_field(key: Any) -> bool:
    path = str(key).partition("/")[2]
    return bool(path) and not path.startswith("!") and "rows." not in path


def test_a_question_of_the_whole_document_is_settled(office: LedgerOffice, command: Command) -> None:
    with office.opened() as book:
        sheet = book[QUEUE]
        first, _ = heads(sheet)
        row = next(r for r in range(1, sheet.max_row - first + 1) if "/!page" in str(cell(sheet, r, "编号").value))
        key = str(cell(sheet, row, "编号").value)
        cell(sheet, row, "确认无误").value = "√"
    assert run(command, office, "--yes").code == 0
    document_id, _, path = key.partition("/")
    with office.store() as store:
        assert path[1:] in store.acknowledged([document_id])[document_id]


def test_the_claim_that_was_served_is_corrected(office: LedgerOffice, command: Command) -> None:
    with office.opened(FEEDBACK) as book:
        number = cell(book["反馈台账"], 1, "认领编号").value
        first, _ = heads(book[SERVED])
        rows = range(1, book[SERVED].max_row - first + 1)
        row = next(r for r in rows if cell(book[SERVED], r, "对应认领编号").value != number)
        key = str(cell(book[SERVED], row, "编号").value)
        cell(book[SERVED], row, "对应认领编号").value = number
    shown = run(command, office, "--yes", name=FEEDBACK)
    assert shown.code == 0, shown.out
    with office.store() as store:
        (served,) = [s for s in store.served_of(key.rpartition("-")[0]) if s.key == key]
        assert served.claim == number
    put(office, row, "对应认领编号", "R000", SERVED, FEEDBACK)
    assert "没有这个认领编号" in run(command, office, name=FEEDBACK).out
    put(office, row, "对应认领编号", "无", SERVED, FEEDBACK)
    assert run(command, office, "--yes", name=FEEDBACK).code == 0


def test_what_changed_in_the_database_since_is_a_conflict(office: LedgerOffice, command: Command) -> None:
    key = put(office, 1, "姓名", "新名字")
    with office.store() as store:
        document = store.stored_document(key)
        assert document is not None
        store.correct(key, "name", "别的名字", "李核对", document.revision)
    put(office, 2, "姓名", "新名字")
    shown = run(command, office, "--yes")
    assert shown.code == 1
    assert f"工作表“{ROSTER}”第 4 行“姓名”列：这个值在台账生成之后已在数据库中改动过" in shown.out
    assert office.value(key, "name") == "别的名字"
    kept = list(office.outputs.glob("双报到台账_未导入的修改_*.xlsx"))
    assert len(kept) == 1 and kept[0].name in shown.out  # the change is not lost


def test_two_sheets_that_disagree_are_not_believed(office: LedgerOffice, command: Command) -> None:
    with office.opened() as book:
        queue, roster = book[QUEUE], book[ROSTER]
        first, _ = heads(queue)
        keys = {str(cell(roster, r, "编号").value): r for r in range(1, roster.max_row - heads(roster)[0] + 1)}
        paths = {f.key: f.title for f in office.rules.forms["member_registration"].fields if not f.type.is_mark}
        row, key, path = next(
            (r, *str(cell(queue, r, "编号").value).split("/", 1))
            for r in range(1, queue.max_row - first + 1)
            if str(cell(queue, r, "编号").value).split("/", 1)[0] in keys
            and str(cell(queue, r, "编号").value).split("/", 1)[1] in ("name", "position", "home_address", "employer")
        )
        cell(queue, row, "识别值").value = "甲"
        cell(roster, keys[key], paths[path]).value = "乙"
    before = office.value(key, path)
    shown = run(command, office, "--yes")
    assert shown.code == 1
    assert shown.out.count("对同一个值填得不一样") == 2
    assert office.value(key, path) == before


def test_four_eyes_make_a_proposal(office: LedgerOffice, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIPELINE_AUDIT__FOUR_EYES", "true")
    key = put(office, 1, "身份证号", "370811198003154510")
    before = office.value(key, "id_number")
    shown = run(command, office, "--yes", "--actor", "李核对")
    assert shown.code == 0, shown.out
    assert "1 处等待第二人复核" in shown.out
    assert office.value(key, "id_number") == before
    with office.store() as store:
        assert [(p.path, p.actor) for p in store.proposals(key)] == [("id_number", "李核对")]
    assert "没有要导入的" in run(command, office).out
    office.touch()
    office.export()
    assert not list(office.outputs.glob("*未导入*"))


@pytest.mark.parametrize(
    ("heading", "value", "words"),
    [
        ("身份证号", 3.70811198003154e17, "号码已不完整"),
        ("联系电话", "1.39E+10", "号码已不完整"),
        ("姓名", "#REF!", "是错误值 #REF!"),
        ("姓名", "=A1", "是公式"),
        ("报到时间", "去年五月", "不是日期"),
        ("单位盖章", "盖了", "只能填“有”或“无”"),
        ("服务意向", "修理电脑", "没有这个选项"),
        ("姓名", True, "是逻辑值"),
    ],
)
def test_what_is_no_value_is_named_and_the_rest_taken(
    office: LedgerOffice, command: Command, heading: str, value: Any, words: str
) -> None:
    put(office, 1, heading, value)
    other = put(office, 2, "职务", "新职务")
    shown = run(command, office, "--yes")
    assert shown.code == 1
    line = next(line for line in shown.out.splitlines() if f"第 4 行“{heading}”列" in line)
    assert words in line
    assert office.value(other, "position") == "新职务"


def test_a_file_that_is_none_of_ours(office: LedgerOffice, command: Command) -> None:
    office.book().write_text("name\n")
    shown = run(command, office)
    assert shown.code == 2 and "不是 Excel 工作簿" in shown.err
    assert run(command, office, name="没有.xlsx").code == 2


def test_words_in_a_copy_are_taken_where_there_are_none(office: LedgerOffice, command: Command) -> None:
    copy = office.outputs / "带回来的.xlsx"
    shutil.copy(office.book(), copy)
    put(office, 1, "备注", "从副本来", name=copy.name)
    assert "1 处文字将一并存入" in run(command, office, name=copy.name).out
    assert run(command, office, "--yes", "--actor", "李", name=copy.name).code == 0
    with office.store() as store:
        assert [(note.text, note.actor) for note in store.notes()] == [("从副本来", "李")]
    put(office, 1, "备注", "再从副本来", name=copy.name)
    assert "没有要导入的" in run(command, office, name=copy.name).out
