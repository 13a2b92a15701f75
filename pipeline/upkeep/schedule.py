"""The nightly batch as systemd, cron and the Windows Task Scheduler want it written down.

Only texts are made here; :mod:`pipeline.cli.schedule` puts them in place. Each scheduler has its own rules for
what a path may hold, and a folder may be called ``100% "新" 扫描``.
"""

from __future__ import annotations

import datetime
import re
import shlex
import subprocess
from dataclasses import dataclass
from xml.etree import ElementTree

from pipeline.errors import SetupError

NAME = "shuangbaodao"
DESCRIPTION = "双报到表格批处理"
SERVICE, TIMER = f"{NAME}.service", f"{NAME}.timer"
CRON_BEGIN = f"# >>> {NAME}: {DESCRIPTION}，由 install-schedule 写入"
CRON_END = f"# <<< {NAME}"
CRON_LONGEST = 990
"""Bytes of a line that cron still takes (Vixie cron: a command of 1,000 at most)."""

_TIME = re.compile(r"(\d{1,2})[:：](\d{2})")
_UNWRITABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
# One line of ours between the markers; whatever else stands there is not ours.
_OUR_LINES = re.compile(
    rf"^{re.escape(CRON_BEGIN)}\n(?:.*run_pipeline\.py.*\n)?(?:{re.escape(CRON_END)}\n)?", re.MULTILINE
)
_TASK_SPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"


@dataclass(frozen=True, slots=True)
class Schedule:
    """When to run and what: ``command`` is the interpreter, ``run_pipeline.py`` and the arguments, paths absolute."""

    time: datetime.time
    command: tuple[str, ...]

    def __post_init__(self) -> None:
        for part in self.command:
            if _UNWRITABLE.search(part):
                raise SetupError(f"路径 {part!r} 含有换行等控制字符或无法识别的编码，无法写入计划任务。请改名后重试。")


def parse_time(text: str) -> datetime.time:
    """``01:30`` as a time of day. Raises :class:`SetupError`."""
    match = _TIME.fullmatch(text.strip())
    hour, minute = (int(match[1]), int(match[2])) if match else (24, 0)
    if hour > 23 or minute > 59:
        raise SetupError(f"时间“{text}”不对：请按 24 小时制写成 时:分，例如 01:30。")
    return datetime.time(hour, minute)


def systemd_service(schedule: Schedule) -> str:
    """The unit that runs one batch.

    ``sh`` stands before the interpreter because systemd refuses a program whose own path holds quotes. A
    stop reaches the batch alone (``mixed``), which then ends its workers in order. Exit status 1 says that
    some file went to quarantine, which is no failure of the service.
    """
    command = " ".join(_systemd_word(part) for part in ('exec "$0" "$@"', *schedule.command))
    return (
        f"[Unit]\nDescription={DESCRIPTION}\n\n"
        f"[Service]\nType=oneshot\nExecStart=/bin/sh -c {command}\nSuccessExitStatus=1\n"
        "Nice=10\nKillMode=mixed\nKillSignal=SIGTERM\nTimeoutStopSec=300\n"
    )


def systemd_timer(schedule: Schedule) -> str:
    """The unit that starts it every night, or later where the computer was off."""
    return (
        f"[Unit]\nDescription={DESCRIPTION}：每日定时\n\n"
        f"[Timer]\nOnCalendar=*-*-* {schedule.time:%H:%M}:00\nPersistent=true\n\n"
        "[Install]\nWantedBy=timers.target\n"
    )


def _systemd_word(text: str) -> str:
    """One word of ``ExecStart``: systemd.service(5) on quoting, specifiers and variables."""
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + quoted.replace("%", "%%").replace("$", "$$") + '"'


def cron_line(schedule: Schedule) -> str:
    """The line of the crontab, without line end. Raises :class:`SetupError` where cron would cut it off."""
    command = shlex.join(("nice", "-n", "10", *schedule.command))
    # cron takes % for a line end unless a backslash stands before it, and pairs that backslash with one
    # before it: an empty pair of quotes keeps the two apart.
    command = re.sub(r"(\\?)%", lambda m: (m[1] and m[1] + "''") + "\\%", command)
    line = f"{schedule.time.minute} {schedule.time.hour} * * * {command}"
    if len(line.encode()) > CRON_LONGEST:
        raise SetupError("路径太长，cron 无法接受。请把程序放到路径较短的文件夹，或改用 --kind systemd。")
    return line


def with_cron_line(crontab: str, schedule: Schedule) -> str:
    """``crontab`` with our line at its end in place of an earlier one; all other lines as they were."""
    others = _OUR_LINES.sub("", crontab)
    if others and not others.endswith("\n"):
        others += "\n"
    return f"{others}{CRON_BEGIN}\n{cron_line(schedule)}\n{CRON_END}\n"


def windows_task(schedule: Schedule, user: str = "") -> bytes:
    """The task as UTF-16 XML for ``schtasks /Create /XML``; ``user`` is ``DOMAIN\\name``.

    The task runs as this user while they are logged in (a locked screen is enough): otherwise Windows would
    want the password.
    """
    task = ElementTree.Element("Task", {"version": "1.2", "xmlns": _TASK_SPACE})
    _add(task, "RegistrationInfo", {"Description": DESCRIPTION})
    trigger = _add(_add(task, "Triggers", {}), "CalendarTrigger", {})
    _fill(trigger, {"StartBoundary": f"2026-01-01T{schedule.time:%H:%M}:00", "Enabled": "true"})
    _add(trigger, "ScheduleByDay", {"DaysInterval": "1"})
    principal = _add(_add(task, "Principals", {}), "Principal", {})
    principal.set("id", "Author")
    _fill(principal, {"UserId": user} if user else {})
    _fill(principal, {"LogonType": "InteractiveToken", "RunLevel": "LeastPrivilege"})
    _add(
        task,
        "Settings",
        {
            "MultipleInstancesPolicy": "IgnoreNew",
            "DisallowStartIfOnBatteries": "false",
            "StopIfGoingOnBatteries": "false",
            "StartWhenAvailable": "true",
            "ExecutionTimeLimit": "PT0S",  # the batch has a time budget of its own
            "Priority": "7",
        },
    )
    actions = _add(task, "Actions", {})
    actions.set("Context", "Author")
    program, *arguments = schedule.command
    _add(actions, "Exec", {"Command": program, "Arguments": subprocess.list2cmdline(arguments)})
    ElementTree.indent(task)
    text = ElementTree.tostring(task, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-16"?>\n{text}\n'.encode("utf-16")


def _add(parent: ElementTree.Element, name: str, texts: dict[str, str]) -> ElementTree.Element:
    child = ElementTree.SubElement(parent, name)
    _fill(child, texts)
    return child


def _fill(element: ElementTree.Element, texts: dict[str, str]) -> None:
    for name, text in texts.items():
        ElementTree.SubElement(element, name).text = text
