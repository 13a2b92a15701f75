"""The morning report: what came in, what was made of it, what needs a person, what failed, what was slow.

``outputs/reports/2026-11-23.html`` is one file without scripts or anything from elsewhere, for the screen and
for A4; ``2026-11-23.json`` holds the same figures. Whoever opens it in a browser is shown names of files that
anybody may have chosen: the template escapes all text, and the page's policy forbids everything but its style.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline.definitions import Forms
from pipeline.ledgers.atomic import replacing
from pipeline.reports.chart import draw
from pipeline.reports.figures import Ended, Figures
from pipeline.reports.gather import gather
from pipeline.store import Store

FOLDER = "reports"
_TEMPLATES = Path(__file__).parent / "templates"
_WEEKDAYS = "一二三四五六日"
_ENDED = {
    Ended.FINISHED: "正常结束",
    Ended.TIME_BUDGET: "到了规定的用时，其余文件下次接着处理",
    Ended.SIGNAL: "被要求停止，其余文件下次接着处理",
    Ended.KILLED: "没有正常结束（断电、关机或被强行结束），未处理的文件下次接着处理",
    Ended.UNFINISHED: "尚未结束（仍在运行，或被强行结束）",
}
_BROKEN_OFF = (Ended.KILLED, Ended.UNFINISHED)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The day in one sentence; ``level`` is ``ok``, ``attention`` or ``trouble``."""

    level: str
    badge: str
    text: str


def write_morning_report(
    store: Store, forms: Forms, outputs: Path, *, day: datetime.date, audit_url: str
) -> list[Path]:
    """Write the report of the batches that began on the local date ``day``; the paths of page and JSON.

    To be called after the batch is noted as finished, or the report says that it is not. ``audit_url`` is
    where the audit page answers. Raises :class:`pipeline.ledgers.atomic.CannotWriteError`.
    """
    figures = gather(store, forms, outputs, day, audit_url)
    paths = []
    for suffix, text in ((".html", render(figures)), (".json", figures.to_json())):
        with replacing(outputs / FOLDER / f"{day:%Y-%m-%d}{suffix}") as written:
            written.temp.write_text(text, encoding="utf-8", newline="\n")
        paths.append(written.path)
    return paths


def render(figures: Figures) -> str:
    """The report as a page."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(number=_number, percent=_percent, duration=_duration, when=_when)
    values: dict[str, Any] = {
        "figures": figures,
        "verdict": verdict(figures),
        "chart": draw(figures.trend),
        "ended": _ENDED,
        "weekday": _WEEKDAYS[figures.day.weekday()],
    }
    return environment.get_template("morning.html.j2").render(values)


def verdict(figures: Figures) -> Verdict:
    """What a person reads first."""
    came, taken, review = figures.came_in, figures.taken_in, figures.review
    if not figures.batches:
        text = "这一天没有新的文件需要处理。"
        return _with_review("ok", text, review.documents)
    parts = [f"读取 {came.taken:,} 个文件、{taken.pages:,} 页，得到 {taken.documents:,} 份文档"]
    if taken.accepted_share is not None:
        parts.append(f"{taken.accepted_share:.0%} 自动通过")
    if figures.quarantined.total:
        parts.append(f"{figures.quarantined.total:,} 个文件未能处理")
    broken_off = any(batch.ended in _BROKEN_OFF for batch in figures.batches)
    if broken_off:
        parts.append("有批次没有正常结束")
    stopped = any(batch.ended is not Ended.FINISHED for batch in figures.batches)
    if stopped and not broken_off:
        parts.append("还有文件留待下次处理")
    level = "trouble" if figures.quarantined.total or broken_off else "ok"
    if level == "ok" and (stopped or figures.retried.total or figures.notices):
        level = "attention"
    return _with_review(level, "，".join(parts) + "。", review.documents)


def _with_review(level: str, text: str, waiting: int) -> Verdict:
    if waiting:
        text += f"现有 {waiting:,} 份文档等待核对。"
        level = "attention" if level == "ok" else level
    return Verdict(level, {"ok": "一切正常", "attention": "有待办事项", "trouble": "需要处理"}[level], text)


def _number(value: float) -> str:
    return f"{value:,.0f}"


def _percent(share: float | None) -> str:
    return "—" if share is None else f"{share:.1%}"


def _duration(seconds: float | None) -> str:
    """``1 小时 5 分``, ``12 分 5 秒``, ``3.4 秒``."""
    if seconds is None:
        return "—"
    if seconds < 60:
        return f"{seconds:.1f} 秒"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} 分 {rest} 秒" if minutes < 60 else f"{minutes // 60} 小时 {minutes % 60} 分"


def _when(moment: datetime.datetime | None, day: datetime.date | None = None) -> str:
    """A time by this machine's clock, with the date unless it is on ``day``."""
    if moment is None:
        return "—"
    return f"{moment:%H:%M}" if moment.date() == day else f"{moment:%m-%d %H:%M}"
