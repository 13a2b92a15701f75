"""The command ``watch``: a line for each batch that did something."""

from __future__ import annotations

import datetime
import json

import click

from pipeline.batch.signals import stop_on_signals
from pipeline.batch.summary import BatchSummary, Silent
from pipeline.batch.watch import watch
from pipeline.errors import ExitCode, PipelineError
from pipeline.settings import Settings


def watch_command(settings: Settings, *, as_json: bool) -> int:
    """Watch until told to stop; with ``as_json`` each batch is a line of JSON."""

    def tell(news: BatchSummary | PipelineError) -> None:
        if as_json:
            told = {"error": news.message} if isinstance(news, PipelineError) else news.to_dict()
            click.echo(json.dumps(told, ensure_ascii=False))
        else:
            click.echo(f"{datetime.datetime.now():%Y-%m-%d %H:%M:%S} {_said(news)}")

    if not as_json:
        click.echo(f"正在守候 {settings.path('scans')}，按 Ctrl+C 停止。", err=True)
    with stop_on_signals() as stopping:
        watch(settings, Silent(), stopping, tell)
    if not as_json:
        click.echo("已停止；手头的文件已处理完并保存。", err=True)
    return ExitCode.OK


def _said(news: BatchSummary | PipelineError) -> str:
    if isinstance(news, PipelineError):
        return f"暂时无法处理，稍后再试：{news.message}"
    parts = [f"读入 {news.read} 份（{news.pages} 页，{news.seconds:.0f} 秒）"]
    for count, what in (
        (news.duplicates, "重复"),
        (len(news.failed), "隔离"),
        (len(news.retried), "待重试"),
        (len(news.waiting), "还在写入"),
    ):
        if count:
            parts.append(f"{what} {count} 个")
    return "，".join([*parts, f"待核对共 {news.to_review} 份"]) + "。" + "".join(news.notices)
