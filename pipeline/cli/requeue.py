"""The command ``requeue``: have the next batch read something again."""

from __future__ import annotations

import json

import click

from pipeline.cli.show import require_outputs
from pipeline.errors import ExitCode
from pipeline.settings import Settings
from pipeline.upkeep.requeue import Wanted, requeue

_SHOWN = 20


def requeue_command(settings: Settings, wanted: Wanted, *, as_json: bool) -> int:
    """Exit status 1 where some of it cannot be read again."""
    kinds = [bool(wanted.names), wanted.quarantined, wanted.doc_type is not None, wanted.everything]
    if sum(kinds) != 1:
        raise click.UsageError("请指定文件或文档编号，或 --quarantined、--type、--all 之一（只能选一种）。")
    require_outputs(settings)
    report = requeue(settings, wanted)
    if as_json:
        click.echo(json.dumps(report.to_dict(), ensure_ascii=False, indent=2))
    else:
        click.echo(
            f"已安排重新识别：文件 {len(report.files)} 个，涉及文档 {report.documents} 份。"
            "下次运行批处理时重新读取，人工更正保留。"
        )
        if report.lost:
            some = "、".join(report.lost[:_SHOWN])
            more = f" 等 {len(report.lost)} 个" if len(report.lost) > _SHOWN else ""
            click.echo(f"无法重新识别（原件已不在，或原文件名现在是另一份扫描件）：{some}{more}。")
    return ExitCode.SOME_FAILED if report.lost else ExitCode.OK
