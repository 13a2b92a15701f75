"""The command ``doctor``: is everything here that a batch needs, and if not, how to mend it."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

import click

from pipeline.errors import ExitCode, PipelineError
from pipeline.intake.scans import open_scans
from pipeline.settings import Settings

_PACKAGES = (
    "paddleocr",
    "paddlex",
    "onnxruntime",
    "openvino",
    "rapidocr",
    "pandas",
    "openpyxl",
    "sqlalchemy",
    "pypdfium2",
)
_OPENCV = ("opencv-python", "opencv-contrib-python", "opencv-python-headless")
_INSTALL = "请在程序文件夹中重新安装：make install（Windows 见 README.zh-CN.md）。"
_LOW_DISK = 2_000_000_000  # bytes


@dataclass(frozen=True, slots=True)
class Check:
    """One finding: ``state`` is 正常, 警告 or 错误; ``mend`` says what to do."""

    name: str
    state: str
    detail: str
    mend: str = ""


def doctor_command(load: Callable[[], Settings], *, as_json: bool) -> int:
    """Exit status 2 where an error would stop a batch."""
    checks = list(_checks(load))
    if as_json:
        click.echo(json.dumps([asdict(c) for c in checks], ensure_ascii=False, indent=2))
    else:
        for check in checks:
            click.echo(f"[{check.state}] {check.name}：{check.detail}")
            if check.mend:
                click.echo(f"       → {check.mend}")
    return ExitCode.CANNOT_RUN if any(c.state == "错误" for c in checks) else ExitCode.OK


def _checks(load: Callable[[], Settings]) -> Iterator[Check]:
    yield _python()
    yield from _packages()
    yield _opencv()
    try:
        settings = load()
    except PipelineError as error:
        yield Check("设置", "错误", error.message, "请按提示修改 pipeline.toml 或环境变量。")
        return
    yield Check("设置", "正常", "pipeline.toml 和环境变量有效")
    yield from _models(settings)
    yield _engine(settings)
    yield _rules(settings)
    yield _terms(settings)
    yield _calibration(settings)
    yield _scans(settings.scans) if isinstance(settings.scans, Path) else _bucket(settings)
    yield from _outputs(settings.path("outputs"))
    yield _database(settings)


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    if (3, 11) <= sys.version_info[:2] < (3, 14):
        return Check("Python", "正常", version)
    return Check("Python", "错误", f"版本 {version} 不受支持", "请安装 Python 3.11 至 3.13 后重新安装程序。")


def _packages() -> Iterator[Check]:
    for name in _PACKAGES:
        try:
            yield Check(f"软件包 {name}", "正常", metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Check(f"软件包 {name}", "错误", "未安装", _INSTALL)


def _opencv() -> Check:
    """The three wheels unpack into one folder; whichever came last is what runs."""
    versions = {}
    for name in _OPENCV:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    try:
        import cv2

        running = cv2.__version__
    except ImportError as error:
        return Check("OpenCV", "错误", f"无法载入：{error}", _INSTALL)
    wanted = set(versions.values())
    if len(wanted) == 1 and next(iter(wanted)).startswith(running):
        return Check("OpenCV", "正常", running)
    found = "，".join(f"{n} {v}" for n, v in versions.items())
    return Check("OpenCV", "错误", f"几个 OpenCV 软件包版本不一致（{found}；实际运行 {running}）", _INSTALL)


def _models(settings: Settings) -> Iterator[Check]:
    from pipeline.reading.weights import file_sha256, load_manifest, weights_of

    folder = settings.path("ocr")
    try:
        for entry in load_manifest(folder):
            if entry.tier != settings.reading.tier:
                continue
            file = weights_of(entry, folder)
            if file_sha256(file) == entry.sha256:
                yield Check(f"模型 {entry.name}", "正常", str(file))
            else:
                yield Check(f"模型 {entry.name}", "错误", f"校验和不符：{file}", "文件已损坏。" + _INSTALL)
    except PipelineError as error:
        yield Check("模型", "错误", error.message, _INSTALL)


def _engine(settings: Settings) -> Check:
    from pipeline.reading.engine import engine_in_use

    engine = settings.reading.engine
    try:
        quickest = engine_in_use(settings.reading.model_copy(update={"engine": "auto"}))
    except PipelineError as error:
        return Check("识别引擎", "错误", error.message)
    if engine == "auto":
        return Check("识别引擎", "正常", f"{quickest}（按本机处理器自动选定）")
    if engine == quickest:
        return Check("识别引擎", "正常", engine)
    mend = "不影响使用；要快些，在 pipeline.toml 的 [reading] 中把 engine 改为 auto。"
    return Check("识别引擎", "警告", f"{engine}，在本机处理器上比 {quickest} 慢", mend)


def _rules(settings: Settings) -> Check:
    from pipeline.batch.office import load_rules

    try:
        forms, dictionaries = load_rules(settings)
    except PipelineError as error:
        return Check("表单定义和词典", "错误", error.message, "请按提示修改该文件，或从安装包恢复。")
    return Check("表单定义和词典", "正常", f"{len(forms)} 种表单，{len(dictionaries)} 个词典")


def _terms(settings: Settings) -> Check:
    from pipeline.terms import load_terms

    path = settings.path("terms")
    try:
        load_terms(path)
    except PipelineError as error:
        mend = f"请从安装包恢复 {path.name}，或在 pipeline.toml 的 [folders] 中改正 terms；没有它，任何表都不能识别。"
        return Check("标签词表", "错误", error.message, mend)
    return Check("标签词表", "正常", str(path))


def _calibration(settings: Settings) -> Check:
    from pipeline.batch.office import calibration_in_use

    try:
        used = calibration_in_use(settings)
    except PipelineError as error:
        return Check("校准", "错误", error.message, _INSTALL)
    if used.notice:
        return Check("校准", "警告", "本单位的校准文件不可用，暂用出厂校准", used.notice)
    return Check("校准", "正常", "本单位校准" if used.office else "出厂校准")


def _scans(folder: Path) -> Check:
    if not folder.is_dir():
        return Check(
            "扫描文件夹", "错误", f"{folder} 不存在", "请新建此文件夹，或在 pipeline.toml 的 [folders] 中改正 scans。"
        )
    if not os.access(folder, os.R_OK | os.X_OK):
        return Check("扫描文件夹", "错误", f"{folder} 无法读取", "请让管理员给运行程序的账户读取权限。")
    return Check("扫描文件夹", "正常", str(folder))


def _bucket(settings: Settings) -> Check:
    try:
        count = len(open_scans(settings.scans, settings.path("outputs")).list().files)
    except PipelineError as error:
        return Check("存储桶", "错误", error.message, "请按提示检查地址、网络和环境变量。")
    return Check("存储桶", "正常", f"{settings.scans}，{count} 个文件")


def _outputs(folder: Path) -> Iterator[Check]:
    there = folder
    while not there.exists():
        there = there.parent
    if not there.is_dir() or not os.access(there, os.W_OK):
        yield Check(
            "输出文件夹", "错误", f"{folder} 不可写", "请检查权限，或在 pipeline.toml 的 [folders] 中改正 outputs。"
        )
    else:
        yield Check("输出文件夹", "正常", str(folder))
    free = shutil.disk_usage(there).free
    state = "正常" if free >= _LOW_DISK else "警告"
    yield Check("磁盘", state, f"剩余 {free / 1e9:.1f} GB", "" if state == "正常" else "空间不足 2 GB，请清理磁盘。")


def _database(settings: Settings) -> Check:
    from pipeline.batch.run import open_database

    outputs = settings.path("outputs")
    if not settings.database.url and not (outputs / "pipeline.db").exists():
        return Check("数据库", "正常", "尚未建立，首次运行时自动创建")
    try:
        with open_database(settings) as store:
            return Check("数据库", "正常", f"{store.record_count()} 份文档")
    except PipelineError as error:
        return Check("数据库", "错误", error.message, "请按提示处理；可从备份恢复 outputs/pipeline.db。")
