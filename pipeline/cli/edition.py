"""The commands ``edition`` and ``compare``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date

import click

from pipeline.batch.crosscheck import cross_check
from pipeline.batch.editions import EditionReport, Editions
from pipeline.batch.office import load_rules
from pipeline.batch.run import open_database
from pipeline.cli.show import require_outputs
from pipeline.errors import ExitCode
from pipeline.ledgers.difference import Counted
from pipeline.ledgers.periods import Length, Period, last_period, parse_period
from pipeline.settings import Settings


def period_of(period: str | None, last: str | None) -> Period:
    """The period that the command line names. Raises :class:`pipeline.ledgers.periods.PeriodError`."""
    return parse_period(period) if period else last_period(Length[(last or "").upper()], date.today())


def edition_command(settings: Settings, period: Period, *, masked: bool, again: bool, as_json: bool) -> int:
    require_outputs(settings)
    forms, dictionaries = load_rules(settings)
    with open_database(settings) as store:
        cross_check(store, forms, dictionaries)
        editions = Editions(store, forms, dictionaries, settings)
        report = editions.make(period, masked=masked, again=again, today=date.today())
    if as_json:
        data = asdict(report) | {
            "folder": str(report.folder),
            "as_of": report.as_of.isoformat(),
            "aside": str(report.aside) if report.aside else None,
        }
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        _print(report, period)
    return ExitCode.OK


def compare_command(settings: Settings, first: str, second: str, *, as_json: bool) -> int:
    require_outputs(settings)
    forms, dictionaries = load_rules(settings)
    with open_database(settings) as store:
        path, difference = Editions(store, forms, dictionaries, settings).compare(first, second)
    if as_json:
        counts = [asdict(counted) for counted in difference.counts]
        click.echo(json.dumps({"output": str(path), "counts": counts}, ensure_ascii=False, indent=2))
    else:
        _print_counts(difference.counts)
        click.echo(f"已生成：\n  {path}")
    return ExitCode.OK


def _print(report: EditionReport, period: Period) -> None:
    click.echo(
        f"{period.title}：文档 {report.documents} 份，其中本期 {report.in_period} 份"
        + (f"，未写日期 {report.undated} 份" if report.undated else "")
        + "。"
    )
    if report.as_of < period.last:
        click.echo(f"提醒：本期还没有结束，逾期按 {report.as_of} 计算；月底或季末以后请加 --again 重做。")
    if report.compared:
        click.echo(f"与上一期（{report.compared}）相比：")
        _print_counts(report.counts)
    click.echo("\n".join(["已生成：", *(f"  {report.folder / file}" for file in report.files)]))
    if report.aside:
        click.echo(f"原来的一份在 {report.aside}。")


def _print_counts(counts: Iterable[Counted]) -> None:
    for c in counts:
        click.echo(f"  {c.sheet}：{c.before} → {c.after} 行，新增 {c.new}，变更 {c.changed}，消失 {c.gone}")
