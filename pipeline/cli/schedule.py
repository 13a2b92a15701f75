"""The command ``install-schedule``: the nightly batch, by the scheduler that the computer has."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from pipeline.errors import ExitCode, SetupError
from pipeline.ledgers.atomic import replacing
from pipeline.settings import ENV_PREFIX, ROOT
from pipeline.upkeep import schedule as texts
from pipeline.upkeep.schedule import NAME, SERVICE, TIMER, Schedule

AUTO, SYSTEMD, CRON, WINDOWS = KINDS = ("auto", "systemd", "cron", "windows")
_SCRIPT = ROOT / "run_pipeline.py"
_XML = f"{NAME}.xml"
_ENABLE = (("systemctl", "--user", "daemon-reload"), ("systemctl", "--user", "enable", "--now", TIMER))
_SECONDS = 60
_ENCODING = "oem" if os.name == "nt" else "utf-8"  # of what a console program prints


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a scheduler is given: ``contents`` by where they go, the commands that put them in force, how to
    take them back, and what to know. ``install`` does it."""

    title: str
    contents: Mapping[str, str]
    commands: Sequence[Sequence[str]]
    removal: str
    note: str
    install: Callable[[], None]


def schedule_command(
    time: str, kind: str, *, config: Path | None, outputs: Path | None, install: bool, as_json: bool
) -> int:
    """Show what would be installed and how, or install it."""
    schedule = Schedule(texts.parse_time(time), _command(config, outputs))
    kind = _kind_here() if kind == AUTO else kind
    plan = {SYSTEMD: _systemd, CRON: _cron, WINDOWS: _windows}[kind](schedule)
    if install:
        plan.install()
    if as_json:
        data = {
            "kind": kind,
            "time": f"{schedule.time:%H:%M}",
            "command": list(schedule.command),
            "contents": dict(plan.contents),
            "commands": [list(command) for command in plan.commands],
            "installed": install,
        }
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        click.echo(_in_words(plan, schedule, installed=install))
    return ExitCode.OK


def _command(config: Path | None, outputs: Path | None) -> tuple[str, ...]:
    """The batch as the scheduler starts it, from whatever folder.

    The interpreter's path is not resolved: that of a virtual environment is a link, by which it knows itself.
    """
    if not _SCRIPT.is_file():
        raise SetupError(f"没有找到 {_SCRIPT}，无法安排定时运行。请在程序所在的文件夹中安装。")
    command = [os.path.abspath(sys.executable), str(_SCRIPT), "run"]  # noqa: PTH100 - see above
    for option, path in (("--config", config), ("--outputs", outputs)):
        if path is not None:
            command += [option, str(path.absolute())]
    return tuple(command)


def _kind_here() -> str:
    if os.name == "nt":
        return WINDOWS
    if shutil.which("systemctl") and _run("systemctl", "--user", "show-environment").returncode == 0:
        return SYSTEMD
    if shutil.which("crontab"):
        return CRON
    raise SetupError(
        "这台电脑上没有可用的 systemd 用户服务，也没有 crontab。"
        "请安装 cron 后重试，或用 --kind 指定一种，先查看要安装的内容。"
    )


def _systemd(schedule: Schedule) -> _Plan:
    folder = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "systemd" / "user"
    units = {
        folder / SERVICE: texts.systemd_service(schedule),
        folder / TIMER: texts.systemd_timer(schedule),
    }

    def install() -> None:
        for path, text in units.items():
            with replacing(path) as written:
                written.temp.write_text(text, encoding="utf-8")
        for command in _ENABLE:
            _must(command)

    return _Plan(
        "systemd 用户定时器",
        {str(path): text for path, text in units.items()},
        _ENABLE,
        f"systemctl --user disable --now {TIMER}",
        "电脑开着但没有人登录时也要运行的，请再执行一次：loginctl enable-linger",
        install,
    )


def _cron(schedule: Schedule) -> _Plan:
    def install() -> None:
        _must(("crontab", "-"), texts.with_cron_line(_crontab(), schedule))

    return _Plan(
        "cron",
        {"crontab": texts.with_cron_line("", schedule)},
        (("crontab", "-"),),
        "crontab -e，删去两行标记和其间的一行",
        "到时间时电脑关着的，那一次不会补上。",
        install,
    )


def _windows(schedule: Schedule) -> _Plan:
    domain, name = os.environ.get("USERDOMAIN"), os.environ.get("USERNAME")
    xml = texts.windows_task(schedule, rf"{domain}\{name}" if domain and name else "")

    def create(path: Path | str) -> tuple[str, ...]:
        return ("schtasks", "/Create", "/TN", NAME, "/XML", str(path), "/F")

    def install() -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / _XML
            path.write_bytes(xml)
            _must(create(path))

    return _Plan(
        "Windows 计划任务",
        {f"{_XML}（以 UTF-16 编码保存）": xml.decode("utf-16")},
        (create(_XML),),
        f"schtasks /Delete /TN {NAME}",
        "只在本用户登录期间运行（可以锁屏）；到时间时电脑关着的，开机登录后补上。",
        install,
    )


def _crontab() -> str:
    """The user's crontab. Raises :class:`SetupError` where it cannot be read: it would be lost when written anew."""
    shown = _run("crontab", "-l")
    if shown.returncode == 0:
        return shown.stdout
    if "no crontab" in shown.stderr.lower():
        return ""
    raise SetupError(f"无法读取现有的 crontab，未作改动：{shown.stderr.strip()}")


def _must(command: Sequence[str], given: str = "") -> None:
    done = _run(*command, given=given)
    if done.returncode != 0:
        reason = (done.stderr or done.stdout).strip() or f"退出码 {done.returncode}"
        raise SetupError(f"安装没有成功，命令 {shlex.join(command)} 报错：{reason}")


def _run(*command: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run a scheduler's own command.

    Its messages are in English, to be told apart; bytes that are no text come back as they were.
    """
    try:
        return subprocess.run(
            command,
            input=given,
            capture_output=True,
            encoding=_ENCODING,
            errors="surrogateescape",
            env={**os.environ, "LC_ALL": "C"},
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise SetupError(f"这台电脑上没有命令 {command[0]}。请用 --kind 换一种方式。") from error
    except subprocess.TimeoutExpired as error:
        raise SetupError(f"命令 {shlex.join(command)} 没有应答。") from error


def _in_words(plan: _Plan, schedule: Schedule, *, installed: bool) -> str:
    lines = [f"{'已安装' if installed else '将要安装'}：{plan.title}，每天 {schedule.time:%H:%M} 运行一次批处理。"]
    if not installed:
        for place, text in plan.contents.items():
            lines += ["", f"{place}：", *(f"    {line}" for line in text.splitlines())]
        lines += ["", "执行：", *(f"    {shlex.join(command)}" for command in plan.commands)]
        lines += ["", "加上 --install 即自动完成以上各步。"]
    lines += ["", f"说明：{plan.note}", f"取消：{plan.removal}"]
    variables = sorted(name for name in os.environ if name.upper().startswith(ENV_PREFIX))
    if variables:
        lines.append(f"注意：环境变量 {'、'.join(variables)} 不会带入定时运行，请写入设置文件。")
    return "\n".join(lines)
