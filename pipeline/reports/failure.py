"""The report of a batch that could not be run: the morning must not find an empty folder."""

from __future__ import annotations

import contextlib
import datetime
import json
from pathlib import Path

from jinja2 import Environment

from pipeline.ledgers.atomic import CannotWriteError, replacing

_PAGE = """<!doctype html>
<html lang="zh-CN">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{{ day }} 未能运行</title>
<style>
body { font: 16px/1.7 "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; max-width: 46em; margin: 3em auto; }
p.reason { border-left: .3em solid #b3261e; padding: .5em 1em; background: #fbeceb; white-space: pre-line; }
</style>
<h1>批处理未能运行</h1>
<p>{{ time }} 的批处理没有运行成功，原因：</p>
<p class="reason">{{ message }}</p>
<p>扫描件都还在，已存入的结果没有改动。处理后再次运行，会接着做完。</p>
</html>
"""


def write_failure_report(outputs: Path, now: datetime.datetime, message: str) -> None:
    """Write ``reports/DATE_未能运行.html`` and ``.json`` with the reason, as far as anything can be written."""
    stem = outputs / "reports" / f"{now:%Y-%m-%d}_未能运行"
    values = {"day": f"{now:%Y-%m-%d}", "time": f"{now:%Y-%m-%d %H:%M}", "message": message}
    page = Environment(autoescape=True).from_string(_PAGE).render(values)
    data = json.dumps({"time": now.isoformat(timespec="seconds"), "message": message}, ensure_ascii=False)
    with contextlib.suppress(CannotWriteError):  # the reason may be that nothing can be written
        for suffix, text in ((".html", page), (".json", data + "\n")):
            with replacing(stem.with_name(stem.name + suffix)) as written:
                written.temp.write_text(text, encoding="utf-8", newline="\n")
