"""The commands about OCR models; what they need is imported when they run."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli.options import common, settings_of


@click.group("models", help="OCR 模型：查看、校验；允许联网时可下载更大的模型。")
def models() -> None:
    pass


@models.command("list", help="列出可用的模型。")
@common
def models_list(as_json: bool, database: str | None, outputs: Path | None, config: Path | None) -> int:
    from pipeline.cli.models import list_command

    return list_command(settings_of(config, outputs, database), as_json=as_json)


@models.command("verify", help="核对模型文件的校验和。")
@common
def models_verify(as_json: bool, database: str | None, outputs: Path | None, config: Path | None) -> int:
    from pipeline.cli.models import verify_command

    return verify_command(settings_of(config, outputs, database), as_json=as_json)


@models.command("fetch", help="下载一档模型（需要网络），例如 medium。")
@click.argument("tier")
@common
def models_fetch(tier: str, as_json: bool, database: str | None, outputs: Path | None, config: Path | None) -> int:
    from pipeline.cli.models import fetch_command

    return fetch_command(settings_of(config, outputs, database), tier, as_json=as_json)
