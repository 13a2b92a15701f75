"""The command and its sub-commands; what they need is imported when they run, so that help is quick."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from pipeline.errors import ExitCode, PipelineError

_FOLDER = click.Path(file_okay=False, path_type=Path)
_FILE = click.Path(dir_okay=False, path_type=Path)


class _DefaultRun(click.Group):
    """A group whose default sub-command is ``run``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            raise click.UsageError(f"没有命令“{args[0]}”，可用：{'、'.join(self.commands)}。")
        if not args or (args[0] not in self.commands and args[0] not in ("--help", "-h", "--version")):
            args = ["run", *args]
        return super().parse_args(ctx, args)


def _common(command: Any) -> Any:
    """Options every sub-command takes."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="以 JSON 输出结果，供程序读取。"),
        click.option("--database", metavar="URL", help="数据库地址，例如 postgresql+psycopg://用户@主机/库名。"),
        click.option("--outputs", type=_FOLDER, help="输出文件夹（默认 outputs）。"),
        click.option(
            "--config", type=click.Path(dir_okay=False, path_type=Path), help="设置文件（默认 pipeline.toml）。"
        ),
    ):
        command = option(command)
    return command


def _settings(config: Path | None, outputs: Path | None, database: str | None, **sections: dict[str, Any]) -> Any:
    from pipeline.settings import load_settings

    folders = dict(sections.pop("folders", {}))
    if outputs is not None:
        folders["outputs"] = outputs.absolute()
    overrides = {**sections, "folders": folders, "database": {"url": database} if database else {}}
    return load_settings(config, **{k: v for k, v in overrides.items() if v})


def _run_sections(scans: Path | None, workers: int | None) -> dict[str, dict[str, Any]]:
    """The settings that the commands which read scans take from the command line."""
    sections: dict[str, dict[str, Any]] = {}
    if scans is not None:
        sections["folders"] = {"scans": scans.absolute()}
    if workers is not None:
        sections["batch"] = {"workers": workers}
    return sections


@click.group(
    cls=_DefaultRun,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help="读取 scans 文件夹中的“双报到”表格扫描件，生成台账。不带命令时执行 run。",
)
@click.version_option(package_name="shuangbaodao-pipeline", message="%(version)s")
def cli() -> None:
    pass


@cli.command(help="处理扫描文件夹中的全部新文件（默认命令）。")
@click.option("--scans", type=_FOLDER, help="扫描文件夹（默认 scans）。")
@click.option("--workers", type=click.IntRange(0), help="工作进程数；0 表示按本机核数和内存自动确定。")
@click.option("--limit", type=click.IntRange(0), help="本次最多处理多少份。")
@click.option("--minutes", type=click.FloatRange(0), help="本次最多用多少分钟，未做完的下次接着做；0 为不限。")
@click.option("--force", is_flag=True, help="重新识别已处理过的文件（人工更正不会丢失）。")
@_common
def run(
    scans: Path | None, workers: int | None, limit: int | None, minutes: float | None, force: bool,
    as_json: bool, database: str | None, outputs: Path | None, config: Path | None,
) -> int:  # fmt: skip
    from pipeline.cli.run import run_command

    sections = _run_sections(scans, workers)
    if minutes is not None:
        sections["batch"] = {**sections.get("batch", {}), "minutes": minutes}
    return run_command(_settings(config, outputs, database, **sections), limit=limit, force=force, as_json=as_json)


@cli.command(help="守候扫描文件夹，文件放好后随即处理；按 Ctrl+C 或收到 SIGTERM 时处理完手头的文件后退出。")
@click.option("--scans", type=_FOLDER, help="扫描文件夹（默认 scans）。")
@click.option("--workers", type=click.IntRange(0), help="工作进程数；0 表示按本机核数和内存自动确定。")
@_common
def watch(
    scans: Path | None, workers: int | None,
    as_json: bool, database: str | None, outputs: Path | None, config: Path | None,
) -> int:  # fmt: skip
    from pipeline.cli.watch import watch_command

    return watch_command(_settings(config, outputs, database, **_run_sections(scans, workers)), as_json=as_json)


@cli.command(help="显示已处理文档、待核对和隔离文件的数量。")
@_common
def status(as_json: bool, database: str | None, outputs: Path | None, config: Path | None) -> int:
    from pipeline.cli.show import status_command

    return status_command(_settings(config, outputs, database), as_json=as_json)


@cli.command(help="不重新识别，只由数据库重新生成 records.jsonl 和各工作簿。")
@_common
def export(as_json: bool, database: str | None, outputs: Path | None, config: Path | None) -> int:
    from pipeline.cli.show import export_command

    return export_command(_settings(config, outputs, database), as_json=as_json)


@cli.command(help="用本单位核对过的字段重新校准置信度。")
@click.option("--dry-run", is_flag=True, help="只显示校准的结果，不改动任何东西。")
@click.option("--reset", is_flag=True, help="删除本单位的校准，恢复出厂校准。")
@click.option("--force", is_flag=True, help="核对过的字段太少时也校准。")
@_common
def calibrate(
    dry_run: bool, reset: bool, force: bool,
    as_json: bool, database: str | None, outputs: Path | None, config: Path | None,
) -> int:  # fmt: skip
    from pipeline.cli.calibrate import calibrate_command, reset_command

    if reset and (dry_run or force):
        raise click.UsageError("--reset 不能与 --dry-run、--force 同时使用。")
    settings = _settings(config, outputs, database)
    if reset:
        return reset_command(settings, as_json=as_json)
    return calibrate_command(settings, dry_run=dry_run, force=force, as_json=as_json)


@cli.command(help="把数据库、全部原件、校准和设置备份成一个加密文件 FILE，并读回核对；不覆盖已有文件。")
@click.argument("file", type=_FILE)
@click.option("--passphrase-file", type=_FILE, help="口令文件（第一行）；不给则用环境变量或当场输入。")
@_common
def backup(
    file: Path, passphrase_file: Path | None,
    as_json: bool, database: str | None, outputs: Path | None, config: Path | None,
) -> int:  # fmt: skip
    from pipeline.cli.backup import backup_command

    return backup_command(_settings(config, outputs, database), config, file, passphrase_file, as_json=as_json)


@cli.command(help="由备份 FILE 恢复到没有数据的输出文件夹；先完整核对，有问题则不作任何改动。")
@click.argument("file", type=_FILE)
@click.option("--passphrase-file", type=_FILE, help="口令文件（第一行）；不给则用环境变量或当场输入。")
@click.option("--force", is_flag=True, help="输出文件夹中已有数据时，先把它移到一边。")
@_common
def restore(
    file: Path, passphrase_file: Path | None, force: bool,
    as_json: bool, database: str | None, outputs: Path | None, config: Path | None,
) -> int:  # fmt: skip
    from pipeline.cli.backup import restore_command

    settings = _settings(config, outputs, database)
    return restore_command(settings, config, file, passphrase_file, force=force, as_json=as_json)


@cli.command(help="核对数据库、存档原件、结果文件和权限是否完整一致，列出问题所在。")
@click.option("--fast", is_flag=True, help="不逐个读取原件，只核对大小。")
@click.option("--scans", type=_FOLDER, help="扫描文件夹（默认 scans）。")
@_common
def verify(
    fast: bool, scans: Path | None,
    as_json: bool, database: str | None, outputs: Path | None, config: Path | None,
) -> int:  # fmt: skip
    from pipeline.cli.verify import verify_command

    return verify_command(
        _settings(config, outputs, database, **_run_sections(scans, None)), fast=fast, as_json=as_json
    )


@cli.command(help="清除超过保存期限的文档、原件和更正；不带 --yes 只显示将清除什么。")
@click.option(
    "--older-than", metavar="期限", help="例如 5y（年）、18m（月）、400d（天）；不给则按设置 retention.years。"
)
@click.option("--include-review", is_flag=True, help="待核对的文档也清除。")
@click.option("--yes", is_flag=True, help="确认清除；清除后无法恢复。")
@click.option("--scans", type=_FOLDER, help="扫描文件夹（默认 scans）。")
@_common
def purge(
    older_than: str | None, include_review: bool, yes: bool, scans: Path | None,
    as_json: bool, database: str | None, outputs: Path | None, config: Path | None,
) -> int:  # fmt: skip
    from pipeline.cli.purge import purge_command

    settings = _settings(config, outputs, database, **_run_sections(scans, None))
    return purge_command(settings, older_than=older_than, include_review=include_review, yes=yes, as_json=as_json)


@cli.command(help="让下次批处理重新识别指定的文件（NAME 为文件名或文档编号）；人工更正保留。")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--quarantined", is_flag=True, help="全部隔离文件。")
@click.option("--type", "doc_type", metavar="类型", help="某一类型的全部文档，例如 member_registration。")
@click.option("--all", "everything", is_flag=True, help="全部文档。")
@click.option("--scans", type=_FOLDER, help="扫描文件夹（默认 scans）。")
@_common
def requeue(
    names: tuple[str, ...], quarantined: bool, doc_type: str | None, everything: bool, scans: Path | None,
    as_json: bool, database: str | None, outputs: Path | None, config: Path | None,
) -> int:  # fmt: skip
    from pipeline.cli.requeue import requeue_command
    from pipeline.upkeep.requeue import Wanted

    settings = _settings(config, outputs, database, **_run_sections(scans, None))
    return requeue_command(settings, Wanted(names, quarantined, doc_type, everything), as_json=as_json)


@cli.command("install-schedule", help="每天定时处理：显示要装入系统的计划任务，加 --install 则装入。")
@click.option("--time", "time_of_day", default="01:30", metavar="时:分", help="每天开始的时间（默认 01:30）。")
@click.option(
    "--kind",
    type=click.Choice(["auto", "systemd", "cron", "windows"]),
    default="auto",
    help="用哪种计划任务；auto 按本机选择（默认）。",
)
@click.option("--install", is_flag=True, help="装入系统；不带此项只显示。")
@_common
def install_schedule(
    time_of_day: str, kind: str, install: bool,
    as_json: bool, database: str | None, outputs: Path | None, config: Path | None,
) -> int:  # fmt: skip
    from pipeline.cli.schedule import schedule_command

    if database:  # a password has no place in a crontab
        raise click.UsageError("--database 不能写入计划任务，请在设置文件中填写 database.url。")
    _settings(config, outputs, database)  # what is wrong with them should be said now and not at night
    return schedule_command(time_of_day, kind, config=config, outputs=outputs, install=install, as_json=as_json)


@cli.command(help="检查运行环境：Python、软件包、模型、文件夹、磁盘、数据库，并说明如何修复。")
@_common
def doctor(as_json: bool, database: str | None, outputs: Path | None, config: Path | None) -> int:
    from pipeline.cli.doctor import doctor_command

    return doctor_command(lambda: _settings(config, outputs, database), as_json=as_json)


@cli.group(help="OCR 模型：查看、校验；允许联网时可下载更大的模型。")
def models() -> None:
    pass


@models.command("list", help="列出可用的模型。")
@_common
def models_list(as_json: bool, database: str | None, outputs: Path | None, config: Path | None) -> int:
    from pipeline.cli.models import list_command

    return list_command(_settings(config, outputs, database), as_json=as_json)


@models.command("verify", help="核对模型文件的校验和。")
@_common
def models_verify(as_json: bool, database: str | None, outputs: Path | None, config: Path | None) -> int:
    from pipeline.cli.models import verify_command

    return verify_command(_settings(config, outputs, database), as_json=as_json)


@models.command("fetch", help="下载一档模型（需要网络），例如 medium。")
@click.argument("tier")
@_common
def models_fetch(tier: str, as_json: bool, database: str | None, outputs: Path | None, config: Path | None) -> int:
    from pipeline.cli.models import fetch_command

    return fetch_command(_settings(config, outputs, database), tier, as_json=as_json)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit status (see :class:`~pipeline.errors.ExitCode`)."""
    _speak_utf8()
    # What is written holds people's data: for the owner and the group only (without effect on Windows).
    os.umask(0o027)
    try:
        result = cli.main(arguments, prog_name="run_pipeline.py", standalone_mode=False)
    except PipelineError as error:
        click.echo(f"无法运行：{error.message}", err=True)
        return ExitCode.CANNOT_RUN
    except click.ClickException as error:
        click.echo(f"命令有误：{_in_chinese(error)}\n用 --help 查看用法。", err=True)
        return ExitCode.CANNOT_RUN
    except (click.Abort, KeyboardInterrupt):
        click.echo("已中断。已完成的文档已保存，再次运行会接着处理其余文件。", err=True)
        return ExitCode.CANNOT_RUN
    return result if isinstance(result, int) else ExitCode.OK


def _in_chinese(error: click.ClickException) -> str:
    """What is wrong with the command line; click itself says it in English."""
    match error:
        case click.NoSuchOption():
            return f"没有选项 {error.option_name}。"
        case click.MissingParameter():
            name = error.param.human_readable_name if error.param else ""
            return f"缺少参数 {name}。"
        case click.BadParameter():
            name = "/".join(error.param.opts) if error.param else ""
            return f"选项 {name} 的值不合要求。"
        case click.BadOptionUsage():
            return f"选项 {error.option_name} 缺少值。"
        case _:
            return error.format_message()


def _speak_utf8() -> None:
    """Chinese Windows consoles and pipes default to GBK, which lacks characters that names need."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="replace")
