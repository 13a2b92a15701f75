"""The command ``run``: progress while it goes, a summary when it is done."""

from __future__ import annotations

import json

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from pipeline.batch.office import calibration_in_use
from pipeline.batch.outcome import Outcome
from pipeline.batch.run import Order, run_batch
from pipeline.batch.signals import stop_on_signals
from pipeline.batch.summary import BatchSummary
from pipeline.errors import ExitCode
from pipeline.records import UNKNOWN_TYPE, DocumentStatus
from pipeline.settings import Settings

_SHOWN_FAILURES = 20
_STOPPED = {
    "signal": "收到停止信号：手头的文件已处理完并保存，其余的下次接着处理。",
    "time_budget": "已到设置的时限：已完成的都已保存，其余的下次接着处理。",
}


class ConsoleProgress:
    """A bar with pages done, rate and time left, on the error stream so that output stays clean."""

    def __init__(self, *, quiet: bool) -> None:
        self._console = Console(stderr=True, quiet=quiet)
        self._bar = Progress(
            TextColumn("识别"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("页  {task.fields[rate]}"),
            TimeElapsedColumn(),
            TextColumn("剩余"),
            TimeRemainingColumn(),
            console=self._console,
        )
        self._task = self._bar.add_task("", total=None, rate="")

    def started(self, files: int, pages: int, workers: int) -> None:
        self._console.print(f"共 {files} 个新文件、{pages} 页，{workers} 个工作进程。正在载入识别模型…")
        self._bar.update(self._task, total=pages)
        self._bar.start()

    def advanced(self, names: str, outcome: Outcome) -> None:
        self._bar.update(self._task, advance=max(outcome.pages, len(outcome.failures)))
        speed = self._bar.tasks[0].speed
        self._bar.update(self._task, rate=f"{speed:.2f} 页/秒" if speed else "")

    def close(self) -> None:
        self._bar.stop()


def run_command(settings: Settings, *, limit: int | None, force: bool, as_json: bool) -> int:
    """Run one batch; exit status 1 where some file of this batch failed."""
    notice = calibration_in_use(settings).notice
    if notice:
        click.echo(notice, err=True)  # here and not where it is loaded, which is in every worker
    progress = ConsoleProgress(quiet=as_json)
    try:
        with stop_on_signals() as stopping:
            summary = run_batch(settings, progress, Order(limit, force, stop=stopping.is_set))
    finally:
        progress.close()
    if as_json:
        click.echo(json.dumps(summary.to_dict(), ensure_ascii=False, indent=2))
    else:
        _print(summary)
    return ExitCode.SOME_FAILED if summary.failed or summary.retried or not summary.outputs else ExitCode.OK


def _print(summary: BatchSummary) -> None:
    console = Console()
    if summary.read:
        table = Table(title="本次处理结果")
        for heading in ("文档类型", "通过", "待核对"):
            table.add_column(heading, justify="left" if heading == "文档类型" else "right")
        for doc_type, by_status in sorted(summary.documents.items()):
            name = summary.titles.get(doc_type) or ("未知表格" if doc_type == UNKNOWN_TYPE else doc_type)
            table.add_row(
                name,
                *(str(by_status.get(status.value, 0)) for status in (DocumentStatus.ACCEPTED, DocumentStatus.REVIEW)),
            )
        console.print(table)
    else:
        console.print("没有新的文档。")
    if summary.duplicates:
        console.print(f"重复文件 {summary.duplicates} 个，已注明，不重复计数。")
    for failure in summary.failed[:_SHOWN_FAILURES]:
        console.print(f"[red]隔离[/red] {_plain(failure['file'])}：{_plain(failure['message'])}", soft_wrap=True)
    for failure in summary.retried[:_SHOWN_FAILURES]:
        when = (
            f"第 {failure['attempts']} 次失败，{failure['retry_at'][:16]} 以后再试"
            if failure["attempts"]
            else "稍后再试"
        )
        console.print(
            f"[yellow]待重试[/yellow] {_plain(failure['file'])}：{_plain(failure['message'])}（{when}）", soft_wrap=True
        )
    if summary.waiting:
        console.print(f"{len(summary.waiting)} 个文件还在写入，留到下次处理。")
    if summary.stopped:
        console.print(_STOPPED[summary.stopped])
    for notice in summary.notices:
        console.print(f"[yellow]注意[/yellow] {_plain(notice)}", soft_wrap=True)
    for suggestion in summary.suggestions:
        console.print(f"[cyan]新表[/cyan] {_plain(suggestion)}", soft_wrap=True)
    if len(summary.failed) > _SHOWN_FAILURES:
        console.print(f"……另有 {len(summary.failed) - _SHOWN_FAILURES} 个，见 outputs/quarantine 中的说明。")
    if summary.pages:
        console.print(f"{summary.pages} 页，用时 {summary.seconds:.1f} 秒，每页 {summary.seconds_a_page:.2f} 秒。")
    console.print(f"累计待核对文档 {summary.to_review} 份，隔离文件 {summary.quarantined} 个。")
    console.print("结果文件：")
    for path in summary.outputs:
        console.print(f"  {_plain(path)}", soft_wrap=True)


def _plain(text: str) -> str:
    """Text from outside, with nothing in it that the console would take for markup or control."""
    from rich.markup import escape

    return escape("".join(c if c.isprintable() else "�" for c in text))
