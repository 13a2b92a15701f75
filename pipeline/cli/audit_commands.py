"""The commands around the audit page; what they need is imported when they run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pipeline.cli.options import SCANS, common, settings_of


@click.command(help="打开审核页：在浏览器中对照原件核对、更正识别结果；按 Ctrl+C 关闭。")
@click.option("--host", help="只在本机打开为 127.0.0.1（默认）。")
@click.option("--port", type=click.IntRange(0, 65535), help="端口（默认 8765）；0 表示任选一个空闲的。")
@click.option("--no-browser", is_flag=True, help="不自动打开浏览器。")
@click.option("--scans", type=SCANS, help="扫描文件夹（默认 scans）。")
@common
def audit(
    host: str | None, port: int | None, no_browser: bool, scans: Path | str | None,
    as_json: bool, database: str | None, outputs: Path | None, config: Path | None,
) -> int:  # fmt: skip
    from pipeline.cli.audit import audit_command

    given = {k: v for k, v in {"host": host, "port": port}.items() if v is not None}
    sections: dict[str, dict[str, Any]] = {"audit": given} if given else {}
    if scans is not None:
        sections["folders"] = {"scans": scans}
    return audit_command(settings_of(config, outputs, database, **sections), browse=not no_browser)


@click.command(help="新建审核页用户 NAME，或重设其密码；无人能登录时用。")
@click.argument("name")
@click.option("--role", type=click.Choice(["clerk", "reviewer", "admin"]), help="录入、审核、管理；新用户默认录入。")
@click.option("--stop", is_flag=True, help="停用这个用户。")
@common
def account(
    name: str, role: str | None, stop: bool,
    as_json: bool, database: str | None, outputs: Path | None, config: Path | None,
) -> int:  # fmt: skip
    from pipeline.cli.audit import account_command

    return account_command(settings_of(config, outputs, database), name, role, stop=stop)


COMMANDS = (audit, account)
