"""The command ``purge``: what has been kept long enough goes, once a person said yes to it."""

from __future__ import annotations

import json
from datetime import datetime

import click

from pipeline.batch.office import load_rules
from pipeline.batch.ways_out import COPIES
from pipeline.cli.show import require_outputs
from pipeline.errors import ExitCode
from pipeline.records import UNKNOWN_TYPE
from pipeline.settings import Settings
from pipeline.upkeep.purge import PurgeReport, keep_from, look_for_expired, purge

_SHOWN = 20


def purge_command(settings: Settings, *, older_than: str | None, include_review: bool, yes: bool, as_json: bool) -> int:
    """Without ``yes`` only say what would go. Exit status 1 where something of it could not be destroyed."""
    require_outputs(settings)
    before = keep_from(settings, older_than)
    work = purge if yes else look_for_expired
    report = work(settings, before, include_review=include_review)
    if as_json:
        click.echo(json.dumps(report.to_dict(), ensure_ascii=False, indent=2))
    else:
        _print(report, settings)
    unfinished = report.done and (report.left or report.notice or not report.scrubbed)
    return ExitCode.SOME_FAILED if unfinished else ExitCode.OK


def _print(report: PurgeReport, settings: Settings) -> None:
    if report.anything:
        _print_counts(report, settings)
    else:
        click.echo(f"没有在 {_day(report.before)} 之前识别、应当清除的文档。")
    if report.editions:
        verb = "已" if report.done else "将"
        names = "、".join(report.editions)
        click.echo(f"各期台账（{names}）中有这些文档：{verb}从数据中去掉，这几期的工作簿{verb}删除。")
    if report.shared:
        click.echo(f"{report.shared} 个原件还有其他文档使用，保留。")
    if report.in_review:
        click.echo(f"另有 {report.in_review} 份到期文档尚待核对，保留；连它们一起清除，加 --include-review。")
    if report.in_scans:
        some = "、".join(report.in_scans[:_SHOWN])
        more = f" 等 {len(report.in_scans)} 个" if len(report.in_scans) > _SHOWN else ""
        click.echo(f"扫描文件夹中仍有这些内容的文件，程序不会删除，请自行处理：{some}{more}。")
    if report.done:
        _print_done(report)
    elif report.anything:
        click.echo("以上只是预览，没有改动。确认清除请加 --yes；清除后无法恢复。")


def _print_counts(report: PurgeReport, settings: Settings) -> None:
    forms, _ = load_rules(settings)
    verb = "已清除" if report.done else "将清除"
    click.echo(f"{verb} {_day(report.before)} 之前识别的文档 {sum(report.documents.values())} 份：")
    for doc_type, count in report.documents.items():
        name = forms[doc_type].title if doc_type in forms else "未知表格" if doc_type == UNKNOWN_TYPE else doc_type
        click.echo(f"  {name}：{count} 份")
    if report.oldest and report.newest:
        click.echo(f"  最早 {_day(report.oldest)}，最晚 {_day(report.newest)}")
    click.echo(
        f"以及被取代的旧扫描件 {report.superseded} 份、人工更正 {report.corrections} 条、"
        f"存档原件 {report.originals} 个。"
    )


def _print_done(report: PurgeReport) -> None:
    if report.quarantined:
        click.echo(f"隔离文件夹中相同内容的副本 {report.quarantined} 个也已删除。")
    if report.copies:
        click.echo(f"由台账导出的副本 {report.copies} 个（{'、'.join(COPIES)} 等）也已删除，需要时请重新导出。")
    if report.left:
        click.echo(f"未能删除：{'、'.join(report.left[:_SHOWN])}。请关闭占用它的程序，再运行一次 purge --yes。")
    if report.notice:
        click.echo(f"台账未能重新生成：{report.notice} 之后请运行 export，旧台账中还有已清除的内容。")
    if report.old_books:
        click.echo(f"旁边还有其他台账文件，可能仍含已清除的内容，请自行处理：{'、'.join(report.old_books)}。")
    if not report.scrubbed:
        click.echo("数据库文件中的残留未能清理（有其他程序正在使用）。请关闭后再运行一次 purge --yes。")
    if report.anything:
        click.echo("以前的备份中仍有这些内容，请按规定销毁。")


def _day(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d}"
