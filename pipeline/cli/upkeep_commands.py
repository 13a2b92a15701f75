"""The commands that look after what the batches leave; what they need is imported when they run."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli.options import FILE, FOLDER, common, run_sections, settings_of


@click.command(help="把数据库、全部原件、校准和设置备份成一个加密文件 FILE，并读回核对；不覆盖已有文件。")
@click.argument("file", type=FILE)
@click.option("--passphrase-file", type=FILE, help="口令文件（第一行）；不给则用环境变量或当场输入。")
@common
def backup(
    file: Path, passphrase_file: Path | None,
    as_json: bool, database: str | None, outputs: Path | None, config: Path | None,
) -> int:  # fmt: skip
    from pipeline.cli.backup import backup_command

    return backup_command(settings_of(config, outputs, database), config, file, passphrase_file, as_json=as_json)


@click.command(help="由备份 FILE 恢复到没有数据的输出文件夹；先完整核对，有问题则不作任何改动。")
@click.argument("file", type=FILE)
@click.option("--passphrase-file", type=FILE, help="口令文件（第一行）；不给则用环境变量或当场输入。")
@click.option("--force", is_flag=True, help="输出文件夹中已有数据时，先把它移到一边。")
@common
def restore(
    file: Path, passphrase_file: Path | None, force: bool,
    as_json: bool, database: str | None, outputs: Path | None, config: Path | None,
) -> int:  # fmt: skip
    from pipeline.cli.backup import restore_command

    settings = settings_of(config, outputs, database)
    return restore_command(settings, config, file, passphrase_file, force=force, as_json=as_json)


@click.command(help="核对数据库、存档原件、结果文件和权限是否完整一致，列出问题所在。")
@click.option("--fast", is_flag=True, help="不逐个读取原件，只核对大小。")
@click.option("--scans", type=FOLDER, help="扫描文件夹（默认 scans）。")
@common
def verify(
    fast: bool, scans: Path | None,
    as_json: bool, database: str | None, outputs: Path | None, config: Path | None,
) -> int:  # fmt: skip
    from pipeline.cli.verify import verify_command

    return verify_command(
        settings_of(config, outputs, database, **run_sections(scans, None)), fast=fast, as_json=as_json
    )


@click.command(
    "import", help="把人在台账 FILE 中改过的值作为更正导入数据库，并重新生成台账；不带 --yes 只显示将改动什么。"
)
@click.argument("file", type=FILE)
@click.option("--yes", is_flag=True, help="确认导入。")
@click.option("--actor", metavar="姓名", help="由谁更正（默认为登录电脑的用户名）。")
@common
def import_book(
    file: Path, yes: bool, actor: str | None,
    as_json: bool, database: str | None, outputs: Path | None, config: Path | None,
) -> int:  # fmt: skip
    from pipeline.cli.import_book import import_command

    return import_command(settings_of(config, outputs, database), file, yes=yes, actor=actor, as_json=as_json)


@click.command(help="清除超过保存期限的文档、原件和更正；不带 --yes 只显示将清除什么。")
@click.option(
    "--older-than", metavar="期限", help="例如 5y（年）、18m（月）、400d（天）；不给则按设置 retention.years。"
)
@click.option("--include-review", is_flag=True, help="待核对的文档也清除。")
@click.option("--yes", is_flag=True, help="确认清除；清除后无法恢复。")
@click.option("--scans", type=FOLDER, help="扫描文件夹（默认 scans）。")
@common
def purge(
    older_than: str | None, include_review: bool, yes: bool, scans: Path | None,
    as_json: bool, database: str | None, outputs: Path | None, config: Path | None,
) -> int:  # fmt: skip
    from pipeline.cli.purge import purge_command

    settings = settings_of(config, outputs, database, **run_sections(scans, None))
    return purge_command(settings, older_than=older_than, include_review=include_review, yes=yes, as_json=as_json)


@click.command(help="让下次批处理重新识别指定的文件（NAME 为文件名或文档编号）；人工更正保留。")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--quarantined", is_flag=True, help="全部隔离文件。")
@click.option(
    "--type", "--form", "doc_type", metavar="类型", help="某一类型（某种表）的全部文档，例如 member_registration。"
)
@click.option("--outdated", is_flag=True, help="与 --form 同用：只要用旧版本表单定义读取的文档。")
@click.option("--all", "everything", is_flag=True, help="全部文档。")
@click.option("--scans", type=FOLDER, help="扫描文件夹（默认 scans）。")
@common
def requeue(
    names: tuple[str, ...], quarantined: bool, doc_type: str | None, outdated: bool, everything: bool,
    scans: Path | None, as_json: bool, database: str | None, outputs: Path | None, config: Path | None,
) -> int:  # fmt: skip
    from pipeline.cli.requeue import requeue_command
    from pipeline.upkeep.requeue import Wanted

    if outdated and doc_type is None:
        raise click.UsageError("--outdated 要与 --form 同用。")
    settings = settings_of(config, outputs, database, **run_sections(scans, None))
    return requeue_command(settings, Wanted(names, quarantined, doc_type, everything, outdated), as_json=as_json)


@click.command("install-schedule", help="每天定时处理：显示要装入系统的计划任务，加 --install 则装入。")
@click.option("--time", "time_of_day", default="01:30", metavar="时:分", help="每天开始的时间（默认 01:30）。")
@click.option(
    "--kind",
    type=click.Choice(["auto", "systemd", "cron", "windows"]),
    default="auto",
    help="用哪种计划任务；auto 按本机选择（默认）。",
)
@click.option("--install", is_flag=True, help="装入系统；不带此项只显示。")
@common
def install_schedule(
    time_of_day: str, kind: str, install: bool,
    as_json: bool, database: str | None, outputs: Path | None, config: Path | None,
) -> int:  # fmt: skip
    from pipeline.cli.schedule import schedule_command

    if database:  # a password has no place in a crontab
        raise click.UsageError("--database 不能写入计划任务，请在设置文件中填写 database.url。")
    settings_of(config, outputs, database)  # what is wrong with them should be said now and not at night
    return schedule_command(time_of_day, kind, config=config, outputs=outputs, install=install, as_json=as_json)


COMMANDS = (backup, restore, verify, import_book, purge, requeue, install_schedule)
