"""The commands ``status`` and ``export``."""

from __future__ import annotations

import json

import click

from pipeline.batch.crosscheck import cross_check
from pipeline.batch.exports import export
from pipeline.batch.office import load_rules
from pipeline.batch.run import open_database
from pipeline.errors import ExitCode, SetupError
from pipeline.records import UNKNOWN_TYPE
from pipeline.settings import Settings

_STATUS_NAMES = {"accepted": "通过", "needs_review": "待核对", "failed": "失败"}
_STATE_NAMES = {
    "processed": "已处理",
    "duplicate": "重复",
    "quarantined": "已隔离",
    "retry": "待重试",
    "gone": "已移走",
}


def status_command(settings: Settings, *, as_json: bool) -> int:
    """What the store holds: documents by type and status, files by state, the last batch."""
    require_outputs(settings)
    forms, _ = load_rules(settings)
    with open_database(settings) as store:
        summary = store.status_summary()
    last = summary.last_batch
    if as_json:
        data = {
            "documents": summary.documents,
            "files": summary.files,
            "last_batch": {
                "id": last.id,
                "started": last.started.isoformat(),
                "finished": last.finished.isoformat() if last.finished else None,
                "summary": last.summary,
            }
            if last
            else None,
        }
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))
        return ExitCode.OK
    click.echo(f"文档共 {summary.total} 份")
    for doc_type, by_status in sorted(summary.documents.items()):
        name = forms[doc_type].title if doc_type in forms else "未知表格" if doc_type == UNKNOWN_TYPE else doc_type
        parts = "，".join(f"{_STATUS_NAMES.get(s, s)} {n}" for s, n in sorted(by_status.items()))
        click.echo(f"  {name}：{parts}")
    click.echo(
        "文件：" + ("，".join(f"{_STATE_NAMES.get(s, s)} {n}" for s, n in sorted(summary.files.items())) or "无")
    )
    if last:
        ended = "已完成" if last.finished else "未完成（正在运行，或上次被中断）"
        click.echo(f"最近一次批处理：{last.started.astimezone():%Y-%m-%d %H:%M}，{ended}")
    return ExitCode.OK


def export_command(settings: Settings, *, as_json: bool) -> int:
    """Write all outputs anew from the store."""
    require_outputs(settings)
    forms, dictionaries = load_rules(settings)
    with open_database(settings) as store:
        cross_check(store, forms, dictionaries)
        outputs = export(store, forms, dictionaries, settings)
    paths = [str(path) for path in outputs.paths]
    if as_json:
        click.echo(json.dumps({"outputs": paths, "notice": outputs.notice}, ensure_ascii=False))
    else:
        click.echo("\n".join(["已生成：", *(f"  {path}" for path in paths)]))
        if outputs.notice:
            click.echo(outputs.notice)
    return ExitCode.OK


def require_outputs(settings: Settings) -> None:
    """Raises :class:`SetupError` where no batch has run yet: a command that only looks must not make a database."""
    outputs = settings.path("outputs")
    if not (settings.database.url or (outputs / "pipeline.db").is_file()):
        raise SetupError(f"{outputs} 中没有数据库：还没有运行过批处理，或路径有误。请先运行 python run_pipeline.py。")
