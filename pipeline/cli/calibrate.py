"""The command ``calibrate``: how sure is sure, learnt from what the office's own people found right or wrong."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict

import click
from rich.console import Console
from rich.table import Table

from pipeline.batch.calibrate import ENOUGH, KindReport, Proposal, Rejudged, propose, put_back, put_in_force
from pipeline.batch.lock import sole_batch
from pipeline.batch.office import load_rules, office_file
from pipeline.batch.run import open_database
from pipeline.cli.show import require_outputs
from pipeline.errors import ExitCode
from pipeline.settings import Settings

_KIND_NAMES = {
    "checked": "身份证号、信用代码",
    "phone": "电话",
    "date": "日期",
    "number": "数字、编号",
    "name": "姓名",
    "closed": "选项、写全的名录",
    "open": "单位等名录",
    "text": "其他文字",
    "all": "合计",
}


def calibrate_command(settings: Settings, *, dry_run: bool, force: bool, as_json: bool) -> int:
    """Exit status 1 where there are too few examples; then nothing is changed."""
    require_outputs(settings)
    forms, dictionaries = load_rules(settings)
    alone = contextlib.nullcontext() if dry_run else sole_batch(settings.path("outputs"))
    with alone, open_database(settings) as store:
        proposal = propose(store, settings, forms)
        refusal = _refusal(proposal, force=force)
        if refusal and not dry_run:
            click.echo(refusal, err=True)
            return ExitCode.SOME_FAILED
        rejudged = None if dry_run else put_in_force(proposal, store, settings, forms, dictionaries)
    if as_json:
        _echo_json({**proposal.to_dict(), "written": None if dry_run else str(office_file(settings))}, rejudged)
        return ExitCode.OK
    _print(proposal)
    if rejudged is None:
        click.echo("以上只是试算，没有改动任何东西。" + (f"注意：{refusal}" if refusal else ""))
        return ExitCode.OK
    click.echo(f"已写入 {office_file(settings)}，以后的识别自动采用；要恢复出厂校准，运行 calibrate --reset。")
    _print_rejudged(rejudged)
    return ExitCode.OK


def reset_command(settings: Settings, *, as_json: bool) -> int:
    """Back to the shipped calibration."""
    require_outputs(settings)
    forms, dictionaries = load_rules(settings)
    with sole_batch(settings.path("outputs")), open_database(settings) as store:
        rejudged = put_back(store, settings, forms, dictionaries)
    if as_json:
        _echo_json({"removed": rejudged is not None}, rejudged)
    elif rejudged is None:
        click.echo("本来用的就是出厂校准，没有改动。")
    else:
        click.echo("已删除本单位的校准，恢复出厂校准。")
        _print_rejudged(rejudged)
    return ExitCode.OK


def _refusal(proposal: Proposal, *, force: bool) -> str:
    """Why this calibration should not be put in force; empty where it may."""
    count = proposal.total.examples
    lacking = f"（另有 {proposal.without_evidence} 个没有识别依据）" if proposal.without_evidence else ""
    if count == 0:
        return f"还没有可用于校准的字段：须先核对（更正或确认）识别结果{lacking}。没有改动。"
    if count < ENOUGH and not force:
        return (
            f"核对过的字段只有 {count} 个{lacking}，少于 {ENOUGH} 个，校准不可靠，没有改动。"
            "请核对更多字段后再运行；一定要校准，加 --force。"
        )
    return ""


def _print(proposal: Proposal) -> None:
    total = proposal.total
    click.echo(f"核对过的字段 {total.examples} 个，来自 {proposal.documents} 份文档，其中识别正确的 {_share(total)}。")
    if proposal.without_evidence:
        click.echo(
            f"另有 {proposal.without_evidence} 个核对过的字段没有识别依据，不能采用：勾选、签字盖章，"
            "或旧版程序识别的（用 run --force 重新识别后可以采用）。"
        )
    table = Table(title="校准前后（出厂 → 校准后）")
    for heading in ("类别", "样本", "正确", "校准误差", "达标字段", "全部字段"):
        table.add_column(heading, justify="left" if heading == "类别" else "right")
    for row in (*proposal.kinds, total):
        table.add_row(
            _KIND_NAMES.get(row.kind, row.kind),
            str(row.examples),
            _share(row),
            _errors(row),
            f"{row.accepted_shipped} → {row.accepted_fitted}",
            str(row.fields),
        )
    Console().print(table)
    click.echo(
        "校准误差：置信度与实际正确率平均相差多少，越小越好；校准后的误差在没有参与校准的文档上计算，“—”表示样本太少。\n"
        "达标字段：库中已识别的字段，按 [acceptance] 的标准不必人工核对的个数。"
    )
    if proposal.few_confirmed:
        click.echo("提醒：核对过的字段几乎都是改错的。识别正确的也要确认，否则校准会把置信度压得过低，待核对变多。")
    if total.error_shipped is not None and total.error_fitted is not None and total.error_fitted > total.error_shipped:
        click.echo("提醒：校准后总体误差没有变小，出厂校准可能更合适（calibrate --reset）。")


def _print_rejudged(rejudged: Rejudged) -> None:
    click.echo(
        f"已识别的文档按新的校准重新评定，{rejudged.documents} 份有变化；"
        f"通过的文档由 {rejudged.accepted_before} 份变为 {rejudged.accepted_after} 份。台账已重新生成。\n"
        "人工更正的内容不变；旧版程序识别的字段没有识别依据，置信度不变。"
    )
    if rejudged.notice:
        click.echo(rejudged.notice)


def _share(row: KindReport) -> str:
    return f"{row.right / row.examples:.0%}" if row.examples else "—"


def _errors(row: KindReport) -> str:
    if row.error_shipped is None or row.error_fitted is None:
        return "—"
    return f"{row.error_shipped:.3f} → {row.error_fitted:.3f}"


def _echo_json(data: dict[str, object], rejudged: Rejudged | None) -> None:
    data["rejudged"] = asdict(rejudged) if rejudged else None
    click.echo(json.dumps(data, ensure_ascii=False, indent=2))
