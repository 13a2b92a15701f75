"""The commands ``forms draft``, ``check``, ``test`` and ``list``."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from pipeline.batch.office import load_rules
from pipeline.batch.tools import load_tools
from pipeline.definitions import FormDefinition, load_form
from pipeline.errors import ExitCode, SetupError
from pipeline.ledgers.masking import masked, masked_loosely
from pipeline.records import FieldStatus, Record
from pipeline.settings import Settings
from pipeline.teaching import (
    Draft,
    check_forms,
    draft_form,
    fully_read,
    may_write,
    open_scans,
    score_form,
    try_definition,
    write_draft,
)
from pipeline.teaching.checking import Finding, Level
from pipeline.teaching.kinds import TYPE_NAMES
from pipeline.terms import load_terms

_NAME = re.compile(r"[a-z][a-z0-9_]*")


def draft_command(
    settings: Settings, scans: Sequence[Path], output: Path, *, workbook: str | None, force: bool, as_json: bool
) -> int:
    """Draft a definition from scans and write it. Exit status 0 also where something is unsure."""
    name = output.stem
    if output.suffix != ".yaml" or not _NAME.fullmatch(name):
        raise SetupError(
            f"{output.name} 不能作文件名：请用小写字母、数字和下划线，以 .yaml 结尾，例如 device_loan.yaml。"
        )
    may_write(output, force=force)
    tools = load_tools(settings, datetime.date.today())
    pages = list(fully_read(open_scans(scans, settings.limits), tools))
    draft = draft_form(pages, load_terms(settings.path("terms")), name)
    if not draft.fields and not draft.rows:
        raise SetupError("没有找到任何标签，没有写出定义。请检查扫描件是否清楚、是否为一张表。")
    if workbook:
        draft.workbook = workbook
    write_draft(draft, output, force=force)
    if as_json:
        click.echo(json.dumps({"file": str(output), "definition": draft.to_definition(), "unsure": draft.unsure()},
                              ensure_ascii=False, indent=2))  # fmt: skip
    else:
        click.echo("\n".join(_told(draft, output)))
    return ExitCode.OK


def _told(draft: Draft, output: Path) -> list[str]:
    """What is printed of a draft; on filled copies a number may have been taken for print."""
    lines = [
        f"已起草“{draft.title or '（无标题）'}”，写入 {output}：",
        f"字段 {len(draft.fields)} 个，表格列 {len(draft.rows)} 个。",
    ]
    for field in (*draft.fields, *draft.rows):
        options = f"（{'、'.join(field.options)}）" if field.options else ""
        row = "　列" if field in draft.rows else ""
        lines.append(masked_loosely(f"  {field.title}{row}：{TYPE_NAMES[field.type]}{options}") + f"　[{field.key}]")
    unsure = draft.unsure()
    if unsure:
        lines += ["请核对：", *(f"  · {masked_loosely(text)}" for text in unsure)]
    lines.append("必填项没有标出，需要时在字段里加 required: true。改好后运行 forms check 检查。")
    return lines


def check_command(settings: Settings, names: Sequence[str], samples: Sequence[Path], *, as_json: bool) -> int:
    """Exit status 1 where a definition has an error, or nothing of it was found on a sample; warnings do not count."""
    findings = check_forms(settings.path("forms"), settings.path("dictionaries"), names)
    records: list[Record] = []
    broken = any(f.level is Level.ERROR for f in findings)
    if samples and not broken:
        form = _form(settings, names[0])
        tools = load_tools(settings, datetime.date.today())
        pages = list(fully_read(open_scans(samples, settings.limits), tools))
        records = try_definition(form, pages, tools)
        for page in pages:
            if page.type.form not in (form.type, None) or (page.type.form is None and form.max_pages == 1):
                known = tools.forms[page.type.form].title if page.type.form else "不认识的表"
                findings.append(Finding(form.type, Level.WARNING, f"{page.file} 会被认作“{known}”，请检查标题。"))
        for record in records:
            lost = [f.title for f in form.fields if record.fields[f.key].quad is None]
            if len(lost) == len(form.fields) and not record.rows:
                findings.append(Finding(form.type, Level.ERROR, f"在 {record.files[0]} 上没有找到任何字段。"))
            elif lost:
                findings.append(
                    Finding(form.type, Level.WARNING, f"在 {record.files[0]} 上没有找到：{'、'.join(lost)}。")
                )
    if as_json:
        shown = [{"form": f.form, "level": f.level.value, "message": f.message} for f in findings]
        samples_read = [r.to_dict() for r in records]
        click.echo(json.dumps({"findings": shown, "samples": samples_read}, ensure_ascii=False, indent=2))
    else:
        for record in records:
            click.echo("\n".join(_read(record, _form(settings, names[0]))))
        marks = {Level.ERROR: "错误", Level.WARNING: "提醒"}
        for finding in findings:
            click.echo(f"{marks[finding.level]}（{finding.form}）：{finding.message}")
        if not findings:
            click.echo("表单定义没有问题。")
    return ExitCode.SOME_FAILED if any(f.level is Level.ERROR for f in findings) else ExitCode.OK


def _read(record: Record, form: FormDefinition) -> list[str]:
    lines = [f"{record.files[0]}："]
    values = [(f.title, f.type, record.fields[f.key]) for f in form.fields]
    for n, row in enumerate(record.rows, start=1):
        values += [(f"第{n}行 {f.title}", f.type, row[f.key]) for f in form.row_fields if f.key in row]
    for title, kind, got in values:
        empty = got.value in (None, "", [])
        said = {True: "有", False: "无"}[got.value] if isinstance(got.value, bool) else masked(got.value, kind)
        doubt = "" if empty or got.status is FieldStatus.ACCEPTED else "　待核对"
        said = "（空）" if empty else said
        lines.append(f"  {title}：{said}{doubt}")
    return lines


def test_command(settings: Settings, name: str, corpus: Path, *, as_json: bool) -> int:
    """Score one form on a corpus, by the rules of ``pipeline.teaching.scoring``."""
    form = _form(settings, name)
    score = score_form(form.type, corpus, load_tools(settings, datetime.date.today()), settings.limits)
    if as_json:
        click.echo(json.dumps(score.to_dict(), ensure_ascii=False, indent=2))
        return ExitCode.OK
    total = score.total
    click.echo(f"“{form.title}”{score.documents} 份，认对 {score.typed} 份。")
    click.echo(f"字段 {total.written} 个，读对 {total.right} 个（{total.exact:.1%}），不用核对就对 {total.auto} 个，"
               f"没有提醒的错 {total.silent} 个。")  # fmt: skip
    for key, tally in score.fields.items():
        click.echo(f"  {key}：{tally.right}/{tally.written}")
    return ExitCode.OK


def list_command(settings: Settings, *, as_json: bool) -> int:
    forms, _ = load_rules(settings)
    rows: list[dict[str, Any]] = [
        {
            "type": f.type,
            "version": f.version,
            "title": f.title,
            "fields": len(f.fields),
            "columns": len(f.row_fields),
            "workbook": f.ledger.workbook,
            "sheets": [f.ledger.sheet] if f.ledger.sheet else list(f.ledger.sheets.values()),
        }
        for f in forms.values()
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        for row in rows:
            columns = f"，表格列 {row['columns']} 个" if row["columns"] else ""
            click.echo(f"{row['type']}（第 {row['version']} 版）{row['title']}：字段 {row['fields']} 个{columns}，"
                       f"写入 {row['workbook']} 的 {'、'.join(row['sheets'])}")  # fmt: skip
    return ExitCode.OK


def _form(settings: Settings, name: str) -> FormDefinition:
    """A form by its type, or by its file's name. Raises :class:`SetupError`."""
    forms, _ = load_rules(settings)
    if name in forms:
        return forms[name]
    path = settings.path("forms") / f"{name}.yaml"
    if not path.is_file():
        raise SetupError(f"没有表单“{name}”，可用：{'、'.join(sorted(forms))}。")
    return load_form(path)
