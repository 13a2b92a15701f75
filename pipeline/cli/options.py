"""What several commands take from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path)


def SCANS(value: str) -> Path | str:  # noqa: N802 - a click type, as those above
    """A folder, or a bucket, which the settings check."""
    if value.startswith("s3://"):
        return value
    if Path(value).is_file():
        raise ValueError(value)
    return Path(value).absolute()


def common(command: Any) -> Any:
    """Options every sub-command takes."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="以 JSON 输出结果，供程序读取。"),
        click.option("--database", metavar="URL", help="数据库地址，例如 postgresql+psycopg://用户@主机/库名。"),
        click.option("--outputs", type=FOLDER, help="输出文件夹（默认 outputs）。"),
        click.option("--config", type=FILE, help="设置文件（默认 pipeline.toml）。"),
    ):
        command = option(command)
    return command


def settings_of(config: Path | None, outputs: Path | None, database: str | None, **sections: dict[str, Any]) -> Any:
    """The settings (:class:`pipeline.settings.Settings`) with what the command line says. Raises ``SetupError``."""
    from pipeline.settings import load_settings

    folders = dict(sections.pop("folders", {}))
    if outputs is not None:
        folders["outputs"] = outputs.absolute()
    overrides = {**sections, "folders": folders, "database": {"url": database} if database else {}}
    return load_settings(config, **{k: v for k, v in overrides.items() if v})


def run_sections(scans: Path | str | None, **batch: object) -> dict[str, dict[str, Any]]:
    """The settings that the commands which read scans take from the command line, where they are given."""
    given = {key: value for key, value in batch.items() if value is not None}
    sections: dict[str, dict[str, Any]] = {"batch": given} if given else {}
    if scans is not None:
        sections["folders"] = {"scans": scans}
    return sections
