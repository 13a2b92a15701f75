"""The command and its sub-commands; what they need is imported when they run, so that help is quick."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from pipeline.cli import audit_commands, edition_commands, upkeep_commands
from pipeline.cli.forms_group import forms
from pipeline.cli.models_group import models
from pipeline.cli.options import FILE, FOLDER, common, run_sections, settings_of
from pipeline.errors import ExitCode, PipelineError


class _DefaultRun(click.Group):
    """A group whose default sub-command is ``run``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            raise click.UsageError(f"没有命令“{args[0]}”，可用：{'、'.join(self.commands)}。")
        if not args or (args[0] not in self.commands and args[0] not in ("--help", "-h", "--version")):
            args = ["run", *args]
        return super().parse_args(ctx, args)


@click.group(
    cls=_DefaultRun,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help="读取 scans 文件夹中的“双报到”表格扫描件，生成台账。不带命令时执行 run。",
)
@click.version_option(package_name="shuangbaodao-pipeline", message="%(version)s")
def cli() -> None:
    pass


@cli.command(help="处理扫描文件夹中的全部新文件（默认命令）。")
@click.option("--scans", type=FOLDER, help="扫描文件夹（默认 scans）。")
@click.option("--workers", type=click.IntRange(0), help="工作进程数；0 表示按本机核数和内存自动确定。")
@click.option("--limit", type=click.IntRange(0), help="本次最多处理多少份。")
@click.option("--minutes", type=click.FloatRange(0), help="本次最多用多少分钟，未做完的下次接着做；0 为不限。")
@click.option("--force", is_flag=True, help="重新识别已处理过的文件（人工更正不会丢失）。")
@common
def run(
    scans: Path | None, workers: int | None, limit: int | None, minutes: float | None, force: bool,
    as_json: bool, database: str | None, outputs: Path | None, config: Path | None,
) -> int:  # fmt: skip
    from pipeline.cli.run import run_command

    sections = run_sections(scans, workers)
    if minutes is not None:
        sections["batch"] = {**sections.get("batch", {}), "minutes": minutes}
    return run_command(settings_of(config, outputs, database, **sections), limit=limit, force=force, as_json=as_json)


@cli.command(help="守候扫描文件夹，文件放好后随即处理；按 Ctrl+C 或收到 SIGTERM 时处理完手头的文件后退出。")
@click.option("--scans", type=FOLDER, help="扫描文件夹（默认 scans）。")
@click.option("--workers", type=click.IntRange(0), help="工作进程数；0 表示按本机核数和内存自动确定。")
@common
def watch(
    scans: Path | None, workers: int | None,
    as_json: bool, database: str | None, outputs: Path | None, config: Path | None,
) -> int:  # fmt: skip
    from pipeline.cli.watch import watch_command

    return watch_command(settings_of(config, outputs, database, **run_sections(scans, workers)), as_json=as_json)


@cli.command(help="显示已处理文档、待核对和隔离文件的数量。")
@common
def status(as_json: bool, database: str | None, outputs: Path | None, config: Path | None) -> int:
    from pipeline.cli.show import status_command

    return status_command(settings_of(config, outputs, database), as_json=as_json)


@cli.command(help="不重新识别，只由数据库重新生成 records.jsonl 和各工作簿；带下列选项时改为生成选定的其他形式。")
@click.option("--csv", is_flag=True, help="每张台账一个 CSV 文件，放在 outputs/tables。")
@click.option("--parquet", is_flag=True, help="每张台账一个 Parquet 文件，放在 outputs/tables，供其他程序读取。")
@click.option("--masked", is_flag=True, help="供传阅的工作簿，身份证号和电话隐去一半，放在 outputs/circulation。")
@click.option("--summary", is_flag=True, help="开会用的一页汇总（A4 网页，可打印），放在 outputs/summary。")
@click.option("--template", type=FILE, help="把本单位的 .xlsx 模板按表头填好，放在 outputs/filled。")
@click.option("--community", metavar="社区", help="与 --template 同用：只填一个社区的。")
@common
def export(
    csv: bool, parquet: bool, masked: bool, summary: bool, template: Path | None, community: str | None,
    as_json: bool, database: str | None, outputs: Path | None, config: Path | None,
) -> int:  # fmt: skip
    from pipeline.batch.ways_out import Ways
    from pipeline.cli.export import ways_command
    from pipeline.cli.show import export_command

    if community and template is None:
        raise click.UsageError("--community 要与 --template 同用。")
    settings = settings_of(config, outputs, database)
    ways = Ways(csv, parquet, masked, summary, template, community or "")
    return ways_command(settings, ways, as_json=as_json) if ways.any else export_command(settings, as_json=as_json)


@cli.command(help="用本单位核对过的字段重新校准置信度。")
@click.option("--dry-run", is_flag=True, help="只显示校准的结果，不改动任何东西。")
@click.option("--reset", is_flag=True, help="删除本单位的校准，恢复出厂校准。")
@click.option("--force", is_flag=True, help="核对过的字段太少时也校准。")
@common
def calibrate(
    dry_run: bool, reset: bool, force: bool,
    as_json: bool, database: str | None, outputs: Path | None, config: Path | None,
) -> int:  # fmt: skip
    from pipeline.cli.calibrate import calibrate_command, reset_command

    if reset and (dry_run or force):
        raise click.UsageError("--reset 不能与 --dry-run、--force 同时使用。")
    settings = settings_of(config, outputs, database)
    if reset:
        return reset_command(settings, as_json=as_json)
    return calibrate_command(settings, dry_run=dry_run, force=force, as_json=as_json)


@cli.command(help="检查运行环境：Python、软件包、模型、文件夹、磁盘、数据库，并说明如何修复。")
@common
def doctor(as_json: bool, database: str | None, outputs: Path | None, config: Path | None) -> int:
    from pipeline.cli.doctor import doctor_command

    return doctor_command(lambda: settings_of(config, outputs, database), as_json=as_json)


for _command in (*audit_commands.COMMANDS, *edition_commands.COMMANDS, *upkeep_commands.COMMANDS, forms, models):
    cli.add_command(_command)


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
