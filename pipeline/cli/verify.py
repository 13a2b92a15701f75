"""The command ``verify``."""

from __future__ import annotations

import json

import click

from pipeline.cli.show import require_outputs
from pipeline.errors import ExitCode
from pipeline.settings import Settings
from pipeline.upkeep.findings import EXPLAINED
from pipeline.upkeep.verify import VerifyReport, verify

_SHOWN = 20  # of each kind; --json lists more


def verify_command(settings: Settings, *, fast: bool, as_json: bool) -> int:
    """Exit status 1 where anything is wrong."""
    require_outputs(settings)
    report = verify(settings, fast=fast)
    if as_json:
        click.echo(json.dumps(report.to_dict(), ensure_ascii=False, indent=2))
    else:
        _print(report)
    return ExitCode.SOME_FAILED if report.findings.total else ExitCode.OK


def _print(report: VerifyReport) -> None:
    depth = "只核对了原件的大小" if report.fast else "逐个核对了原件的内容"
    click.echo(f"检查了文档 {report.documents} 份、原件 {report.originals} 个（{depth}）、台账和文件权限。")
    for code, count in report.findings.counts.items():
        title, mend = EXPLAINED[code]
        click.echo(f"\n[{code.value}] {title}：{count} 处")
        for finding in report.findings.of(code)[:_SHOWN]:
            click.echo(f"  {finding.where}" + (f"：{finding.detail}" if finding.detail else ""))
        if count > _SHOWN:
            click.echo(f"  ……共 {count} 处")
        click.echo(f"  → {mend}")
    if report.unsaved:
        click.echo(f"\n台账的办公栏和手工添加的行中有 {report.unsaved} 处还没有存入数据库，下次生成台账时自动存入。")
    click.echo(f"\n共发现 {report.findings.total} 处问题。" if report.findings.total else "没有发现问题。")
