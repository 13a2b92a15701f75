"""The commands ``models list``, ``verify`` and ``fetch``."""

from __future__ import annotations

import json
import tempfile
import urllib.request
from pathlib import Path

import click

from pipeline.errors import ExitCode, PipelineError, SetupError
from pipeline.reading.weights import ModelEntry, file_sha256, load_manifest, weights_of
from pipeline.settings import Settings

_TIMEOUT = 60  # seconds without a byte


def list_command(settings: Settings, *, as_json: bool) -> int:
    folder = settings.path("ocr")
    rows = []
    for entry in load_manifest(folder):
        try:
            where: str | None = str(weights_of(entry, folder))
        except SetupError:
            where = None
        rows.append({"tier": entry.tier, "role": entry.role, "name": entry.name, "file": where})
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return ExitCode.OK
    for row in rows:
        used = "（正在使用）" if row["tier"] == settings.reading.tier else ""
        click.echo(f"{row['tier']:8}{row['name']:24}{row['file'] or '未下载'}{used}")
    return ExitCode.OK


def verify_command(settings: Settings, *, as_json: bool) -> int:
    """Exit status 1 where a model that is present is damaged, or the tier in use is absent."""
    results = [{"name": e.name, **_verified(e, settings)} for e in load_manifest(settings.path("ocr"))]
    if as_json:
        click.echo(json.dumps(results, ensure_ascii=False, indent=2))
    else:
        for result in results:
            click.echo(f"{result['name']:24}{result['message']}")
    return ExitCode.OK if all(r["ok"] for r in results) else ExitCode.SOME_FAILED


def _verified(entry: ModelEntry, settings: Settings) -> dict[str, object]:
    try:
        file = weights_of(entry, settings.path("ocr"))
    except SetupError as error:
        return {"ok": entry.tier != settings.reading.tier, "message": f"未安装。{error.message}"}
    if file_sha256(file) == entry.sha256:
        return {"ok": True, "message": "完好"}
    return {"ok": False, "message": f"校验和不符，文件已损坏：{file}。请重新安装或重新下载。"}


def fetch_command(settings: Settings, tier: str, *, as_json: bool) -> int:
    """Download the models of a tier, check them, and only then put them in place."""
    folder = settings.path("ocr")
    entries = [e for e in load_manifest(folder) if e.tier == tier]
    if not entries:
        tiers = "、".join(sorted({e.tier for e in load_manifest(folder)}))
        raise SetupError(f"没有名为“{tier}”的模型档次，可用：{tiers}。")
    fetched = []
    for entry in entries:
        if entry.url is None:
            click.echo(f"{entry.name} 随软件包安装，无需下载。", err=True)
            continue
        _download(entry, folder / f"{entry.name}.onnx")
        fetched.append(entry.name)
        click.echo(f"{entry.name} 已下载并通过校验。", err=True)
    if as_json:
        click.echo(json.dumps({"fetched": fetched}))
    return ExitCode.OK


def _download(entry: ModelEntry, target: Path) -> None:
    assert entry.url is not None
    if not entry.url.startswith("https://"):
        raise SetupError(f"模型清单中 {entry.name} 的地址不是 https，拒绝下载。")
    with tempfile.NamedTemporaryFile(dir=target.parent, suffix=".part", delete=False) as part:
        path = Path(part.name)
        try:
            with urllib.request.urlopen(entry.url, timeout=_TIMEOUT) as response:
                while chunk := response.read(1 << 20):
                    part.write(chunk)
        except OSError as error:
            part.close()
            path.unlink(missing_ok=True)
            raise PipelineError(f"下载 {entry.name} 失败：{error}。请检查网络；识别可继续使用 small 档。") from error
    if file_sha256(path) != entry.sha256:
        path.unlink()
        raise PipelineError(f"{entry.name} 下载后校验和不符，已丢弃。请重试或更换网络。")
    path.replace(target)
