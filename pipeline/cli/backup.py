"""The commands ``backup`` and ``restore``."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import click

from pipeline.cli.passphrase import passphrase
from pipeline.cli.show import require_outputs
from pipeline.errors import ExitCode
from pipeline.settings import ROOT, SETTINGS_FILE, Settings
from pipeline.upkeep.backup import BackupReport, back_up
from pipeline.upkeep.faults import megabytes
from pipeline.upkeep.restore import RestoreReport, restore


def backup_command(
    settings: Settings, config: Path | None, target: Path, passphrase_file: Path | None, *, as_json: bool
) -> int:
    """Exit status 1 where the backup is made but some original was missing or altered before."""
    require_outputs(settings)
    report = back_up(settings, _settings_file(config), target, passphrase(passphrase_file, new=True))
    if as_json:
        click.echo(json.dumps(report.to_dict(), ensure_ascii=False, indent=2))
    else:
        _print_backup(report)
    return ExitCode.SOME_FAILED if report.missing or report.altered else ExitCode.OK


def restore_command(
    settings: Settings, config: Path | None, source: Path, passphrase_file: Path | None, *, force: bool, as_json: bool
) -> int:
    """Exit status 1 where all is restored but the workbooks could not be written."""
    secret = passphrase(passphrase_file, new=False)
    report = restore(settings, _settings_file(config), source, secret, force=force)
    if as_json:
        click.echo(json.dumps(report.to_dict(), ensure_ascii=False, indent=2))
    else:
        _print_restored(report)
    return ExitCode.SOME_FAILED if report.notice else ExitCode.OK


def _settings_file(config: Path | None) -> Path:
    return config or ROOT / SETTINGS_FILE


def _print_backup(report: BackupReport) -> None:
    click.echo(
        f"已备份到 {report.path}（{megabytes(report.size)}）：文档 {report.documents} 份，原件 {report.originals} 个。"
        "已读回核对，完整无误。"
    )
    click.echo("请把备份放到另一块磁盘，口令另行保管：没有口令，备份谁也打不开。")
    if report.pending:
        click.echo(f"提醒：{report.pending} 个原件尚未存档，不在备份中；运行一次批处理后再备份。")
    if report.missing:
        click.echo(f"警告：存档中缺少 {len(report.missing)} 个原件，备份中也没有。详情运行 verify。")
    if report.altered:
        click.echo(f"警告：{len(report.altered)} 个原件已被改动或损坏，按现状备份。详情运行 verify。")


def _print_restored(report: RestoreReport) -> None:
    made = datetime.fromisoformat(report.created).astimezone()
    click.echo(
        f"已恢复 {made:%Y-%m-%d %H:%M} 的备份（程序版本 {report.program}）：文档 {report.documents} 份，"
        f"原件 {report.originals} 个。"
    )
    if report.moved_to:
        click.echo(f"原有数据移到了 {report.moved_to}，确认不再需要后请删除（其中有个人信息）。")
    if report.settings_to:
        click.echo(f"备份中的设置、词典或表单定义与现在的不同，放在 {report.settings_to}，需要时请自行比较、替换。")
    if report.missing or report.altered:
        click.echo(f"提醒：备份时就缺少 {report.missing} 个原件，{report.altered} 个已损坏。")
    if report.notice:
        click.echo(f"数据已恢复，但台账未能生成：{report.notice} 之后请运行 export。")
    else:
        click.echo("\n".join(["已生成：", *(f"  {path}" for path in report.outputs)]))
