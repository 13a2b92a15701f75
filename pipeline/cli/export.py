"""The command ``export`` with options: other ways out than the usual outputs."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from pipeline.batch.crosscheck import cross_check
from pipeline.batch.office import load_rules
from pipeline.batch.run import open_database
from pipeline.batch.ways_out import Ways, write_ways
from pipeline.cli.show import require_outputs
from pipeline.errors import ExitCode
from pipeline.ledgers.fill import Filled
from pipeline.settings import Settings


def ways_command(settings: Settings, ways: Ways, *, as_json: bool) -> int:
    """Write what was asked for from the store; the usual outputs stay as they are."""
    require_outputs(settings)
    forms, dictionaries = load_rules(settings)
    with open_database(settings) as store:
        cross_check(store, forms, dictionaries)
        written = write_ways(store, forms, dictionaries, settings, ways)
    paths = [str(path) for path in written.paths]
    if as_json:
        filled = [asdict(sheet) for sheet in written.filled.sheets] if written.filled else []
        click.echo(json.dumps({"outputs": paths, "filled": filled}, ensure_ascii=False))
        return ExitCode.OK
    click.echo("\n".join(["已生成：", *(f"  {path}" for path in paths)]))
    if written.filled:
        _print_filled(written.filled)
    if ways.csv or ways.parquet or ways.template:
        click.echo("这些文件含有个人信息，用完请删除。")
    return ExitCode.OK


def _print_filled(filled: Filled) -> None:
    for sheet in filled.sheets:
        unknown = f"；没有对应内容的栏目留空：{'、'.join(sheet.unknown)}" if sheet.unknown else ""
        click.echo(f"  表“{sheet.sheet}”：由{sheet.register}填入 {sheet.rows} 行{unknown}")
    if filled.untouched:
        click.echo(f"  没有认得的表头、未填写的表：{'、'.join(filled.untouched)}")
