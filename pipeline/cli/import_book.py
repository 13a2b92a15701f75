"""The command ``import``: what people changed in a workbook is shown, and with ``--yes`` taken into the database."""

from __future__ import annotations

import getpass
import json
from pathlib import Path
from typing import Any

import click

from pipeline.batch.clock import tell_time
from pipeline.batch.import_book import ImportReport, import_book, preview_book
from pipeline.batch.run import open_database
from pipeline.batch.sheet_changes import Change, ChangeKind
from pipeline.batch.weigh import rules_in_force
from pipeline.cli.show import require_outputs
from pipeline.errors import ExitCode, SetupError
from pipeline.ledgers.cells import heading_of
from pipeline.ledgers.codes import names
from pipeline.ledgers.masking import masked, masked_untaught
from pipeline.ledgers.naming import workbook_file
from pipeline.records import Value
from pipeline.settings import Settings
from pipeline.terms import Terms, load_terms

_SHOWN = 200  # of each; --json lists all
_EMPTY = "（空）"
_KINDS = {
    ChangeKind.VALUE: "更正",
    ChangeKind.CONFIRM: "确认",
    ChangeKind.SETTLE: "确认整份文件",
    ChangeKind.CLAIM: "改认领对应",
}


def import_command(settings: Settings, file: Path, *, yes: bool, actor: str | None, as_json: bool) -> int:
    """Exit status 1 where a conflict or a fault was left, or the outputs could not be written."""
    require_outputs(settings)
    terms = load_terms(settings.path("terms"))
    with open_database(settings) as store:
        rules = rules_in_force(settings, tell_time(store).today)
        if yes:
            report = import_book(file, store, rules, settings, actor or _user())
        else:
            report = preview_book(file, store, rules, settings)
    if as_json:
        click.echo(json.dumps(_as_dict(report, terms), ensure_ascii=False, indent=2))
    else:
        _print(report, terms)
    return ExitCode.OK if report.in_full else ExitCode.SOME_FAILED


def _print(report: ImportReport, terms: Terms) -> None:
    found = report.found
    book = workbook_file(report.workbook)
    if not (found.changes or found.conflicts or found.faults):
        click.echo(f"{book}：表中的值与数据库一致，没有要导入的。")
    if report.notes:
        click.echo(f"办公栏中有 {len(report.notes)} 处文字{'已' if report.done else '将'}一并存入。")
    _print_some(f"{book} 中的修改", [_told(change, terms) for change in found.changes])
    _print_some(
        "有冲突，没有导入", [f"{conflict}（{_values(conflict.change, terms)}）" for conflict in found.conflicts]
    )
    _print_some("有问题，没有读取", [str(fault) for fault in found.faults])
    if report.done:
        counts = "，".join(f"{_KINDS[kind]} {count} 处" for kind, count in report.taken.items()) or "没有改动"
        click.echo(f"\n已导入：{counts}。" + (f"另有 {report.waiting} 处等待第二人复核。" if report.waiting else ""))
        click.echo(report.outputs.notice or "台账已重新生成。")
    elif found.changes or report.notes:
        click.echo("\n以上只是预览，没有改动。确认导入请加 --yes。")


def _print_some(title: str, lines: list[str]) -> None:
    if not lines:
        return
    click.echo(f"{title}：{len(lines)} 处")
    for line in lines[:_SHOWN]:
        click.echo(f"  {line}")
    if len(lines) > _SHOWN:
        click.echo(f"  ……另有 {len(lines) - _SHOWN} 处，加 --json 全部列出")


def _told(change: Change, terms: Terms) -> str:
    text = f"{change.where}：{_KINDS[change.kind]} {_values(change, terms)}".rstrip()
    return f"{text}  [{names(change.codes)}]" if change.codes else text


def _values(change: Change, terms: Terms) -> str:
    match change.kind:
        case ChangeKind.SETTLE:
            return names([change.subject])
        case ChangeKind.CONFIRM:
            return _value(change, change.after, terms)
        case _:
            return f"{_value(change, change.before, terms)} → {_value(change, change.after, terms)}"


def _value(change: Change, value: Value, terms: Terms) -> str:
    """A value on one line, ID numbers and phones half hidden: what is printed is seen and kept by others."""
    if isinstance(value, bool):
        return "有" if value else "无"
    if change.field_type or change.kind is ChangeKind.CLAIM:
        text = masked(value, change.field_type or None)
    else:
        text = masked_untaught(value, heading_of(None, change.path), terms)
    return " ".join(text.split()) or _EMPTY


def _as_dict(report: ImportReport, terms: Terms) -> dict[str, Any]:
    found = report.found
    return {
        "workbook": workbook_file(report.workbook),
        "done": report.done,
        "changes": [_change(change, terms) for change in found.changes],
        "conflicts": [{**_change(c.change, terms), "message": c.message} for c in found.conflicts],
        "notes": len(report.notes),
        "faults": [fault.to_dict() for fault in found.faults],
        "taken": {kind.value: count for kind, count in report.taken.items()},
        "waiting": report.waiting,
        "outputs": [str(path) for path in report.outputs.paths],
        "notice": report.outputs.notice,
    }


def _change(change: Change, terms: Terms) -> dict[str, Any]:
    return {
        "sheet": change.where.sheet,
        "row": change.where.row,
        "column": change.where.column,
        "kind": change.kind.value,
        "document_id": change.document_id,
        "before": _value(change, change.before, terms),
        "after": _value(change, change.after, terms),
        "codes": list(change.codes),
    }


def _user() -> str:
    """Who is signed in to the computer. Raises ``SetupError`` where that cannot be told."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError) as error:
        raise SetupError("不知道由谁导入，请用 --actor 写明姓名。") from error
