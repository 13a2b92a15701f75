"""The commands about form definitions; what they need is imported when they run."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli.options import FILE, FOLDER, common, settings_of


@click.group("forms", help="表单定义：由扫描件起草、检查、评分、列出。")
def forms() -> None:
    pass


@forms.command("draft", help="由一份空白表，或两份以上填好的表的扫描件，起草表单定义，并说明哪些地方拿不准。")
@click.argument("scans", metavar="扫描件...", type=FILE, nargs=-1, required=True)
@click.option("-o", "--output", type=FILE, required=True, help="写到哪个文件，例如 models/forms/device_loan.yaml。")
@click.option("--workbook", metavar="名称", help="值写入哪个台账（默认双报到台账）。")
@click.option(
    "--force", is_flag=True, help="覆盖已有的定义，版本加一；其中写有规则等起草没有的内容时不覆盖，并逐项说明。"
)
@common
def forms_draft(
    scans: tuple[Path, ...], output: Path, workbook: str | None, force: bool,
    as_json: bool, database: str | None, outputs: Path | None, config: Path | None,
) -> int:  # fmt: skip
    from pipeline.cli.forms import draft_command

    settings = settings_of(config, outputs, database)
    return draft_command(settings, scans, output, workbook=workbook, force=force, as_json=as_json)


@forms.command("check", help="检查表单定义（NAME 为类型或文件名，不给则全部），并可在扫描件上试读。")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--sample", "samples", type=FILE, multiple=True, help="在这份扫描件上试读（可给几次；只能检查一种表）。")
@common
def forms_check(
    names: tuple[str, ...], samples: tuple[Path, ...],
    as_json: bool, database: str | None, outputs: Path | None, config: Path | None,
) -> int:  # fmt: skip
    from pipeline.cli.forms import check_command

    if samples and len(names) != 1:
        raise click.UsageError("--sample 要与一个表单名同用。")
    return check_command(settings_of(config, outputs, database), names, samples, as_json=as_json)


@forms.command("test", help="用带答案的语料（文件夹，含 scans 和 truth.json）给一种表评分。")
@click.argument("name")
@click.argument("corpus", type=FOLDER)
@common
def forms_test(
    name: str, corpus: Path, as_json: bool, database: str | None, outputs: Path | None, config: Path | None
) -> int:
    from pipeline.cli.forms import test_command

    return test_command(settings_of(config, outputs, database), name, corpus, as_json=as_json)


@forms.command("list", help="列出认识的表：类型、版本、名称、字段数、工作表。")
@common
def forms_list(as_json: bool, database: str | None, outputs: Path | None, config: Path | None) -> int:
    from pipeline.cli.forms import list_command

    return list_command(settings_of(config, outputs, database), as_json=as_json)
