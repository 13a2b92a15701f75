"""The command ``export`` with options: other ways out than the usual outputs."""

from __future__ import annotations

import json

import click

from pipeline.batch.crosscheck import cross_check
from pipeline.batch.run import open_database
from pipeline.batch.ways_out import Ways, write_ways
from pipeline.batch.worker import load_rules
from pipeline.cli.show import require_outputs
from pipeline.errors import ExitCode
from pipeline.settings import Settings


def ways_command(settings: Settings, ways: Ways, *, as_json: bool) -> int:
    """Write what was asked for from the store; the usual outputs stay as they are."""
    require_outputs(settings)
    forms, dictionaries = load_rules(settings)
    with open_database(settings) as store:
        cross_check(store, forms, dictionaries)
        paths = [str(path) for path in write_ways(store, forms, dictionaries, settings, ways)]
    if as_json:
        click.echo(json.dumps({"outputs": paths}, ensure_ascii=False))
    else:
        click.echo("\n".join(["已生成：", *(f"  {path}" for path in paths)]))
        if ways.csv or ways.parquet:
            click.echo("这些文件含有个人信息，用完请删除。")
    return ExitCode.OK
