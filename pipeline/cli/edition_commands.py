"""The commands for the editions of periods; what they need is imported when they run."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli.options import common, settings_of


@click.command(
    help="制作一期台账：PERIOD 为 2026-05（月）、2026-Q2（季）或 2026（年）；做好后不再改动，放在 outputs/editions。"
)
@click.argument("period", metavar="[PERIOD]", required=False)
@click.option("--last", type=click.Choice(["month", "quarter", "year"]), help="上一个月、季度或年，代替 PERIOD。")
@click.option("--masked", is_flag=True, help="另做一份身份证号和电话隐去一半的，供传阅。")
@click.option("--again", is_flag=True, help="已经做过的重做；旧的一份改名保留。")
@common
def edition(
    period: str | None, last: str | None, masked: bool, again: bool,
    as_json: bool, database: str | None, outputs: Path | None, config: Path | None,
) -> int:  # fmt: skip
    from pipeline.cli.edition import edition_command, period_of

    if bool(period) == bool(last):
        raise click.UsageError("请给出期间（如 2026-05、2026-Q2、2026），或用 --last，两者取一。")
    settings = settings_of(config, outputs, database)
    return edition_command(settings, period_of(period, last), masked=masked, again=again, as_json=as_json)


@click.command(help="比较两期台账（期间的名称；now 为现在的数据库），列出新增、变更、消失，写入 outputs/editions。")
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@common
def compare(
    first: str, second: str,
    as_json: bool, database: str | None, outputs: Path | None, config: Path | None,
) -> int:  # fmt: skip
    from pipeline.cli.edition import compare_command

    return compare_command(settings_of(config, outputs, database), first, second, as_json=as_json)


COMMANDS = (edition, compare)
