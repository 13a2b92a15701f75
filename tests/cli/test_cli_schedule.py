"""``install-schedule``: texts that each scheduler reads back as they were meant, put in place with nothing lost."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from pipeline.errors import SetupError
from pipeline.settings import ROOT
from pipeline.upkeep.schedule import (
    CRON_BEGIN,
    CRON_END,
    Schedule,
    cron_line,
    parse_time,
    systemd_service,
    systemd_timer,
    windows_task,
    with_cron_line,
)
from tests.support.command import Result

Command = Callable[..., Result]

ODD = "我的 \"新\" 100% '扫描' $HOME `id` a\\%b \\ & <x> ; é"
COMMAND = ("/opt/" + ODD + "/python", "/opt/" + ODD + "/run_pipeline.py", "run", "--config", "/" + ODD, "%h", "")
NIGHTLY = Schedule(parse_time("01:30"), COMMAND)
NAMESPACE = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}
needs_sh = pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")


# --- texts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"), [("01:30", "01:30"), ("1:05", "01:05"), (" 23：59 ", "23:59"), ("00:00", "00:00")]
)
def test_times(text: str, shown: str) -> None:
    assert f"{parse_time(text):%H:%M}" == shown


@pytest.mark.parametrize("text", ["", "24:00", "1:60", "1:5", "0130", "01:30:00", "凌晨一点", "-1:30", "１:30x"])
def test_wrong_times(text: str) -> None:
    with pytest.raises(SetupError, match="24 小时制"):
        parse_time(text)


@pytest.mark.parametrize("path", ["/a\nb", "/a\x00b", "/a\udcffb"])
def test_paths_that_no_scheduler_can_hold(path: str) -> None:
    with pytest.raises(SetupError, match="请改名"):
        Schedule(parse_time("1:30"), (path,))


def systemd_words(line: str) -> list[str]:
    """What systemd makes of a command line (systemd.service(5)): quotes, backslashes, specifiers, variables."""
    words = re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', line)
    return [re.sub(r"\\(.)", r"\1", quoted or plain).replace("%%", "%").replace("$$", "$") for quoted, plain in words]


@needs_sh
def test_systemd_runs_the_command_as_it_is(tmp_path: Path) -> None:
    program = tmp_path / ODD.replace("/", "_") / "python"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    program.chmod(0o755)
    unit = systemd_service(Schedule(NIGHTLY.time, (str(program), *COMMAND[1:])))
    line = next(x for x in unit.splitlines() if x.startswith("ExecStart=")).removeprefix("ExecStart=")
    assert not re.search(r"(?<!%)(%%)*%(?!%)", line)
    words = systemd_words(line)
    assert not set(words[0]) & set("\"'\\")  # systemd refuses a program whose path has them
    shown = subprocess.run(words, capture_output=True, encoding="utf-8", check=True)
    assert shown.stdout.split("\n")[:-1] == list(COMMAND[1:])


def test_systemd_units_say_what_was_asked() -> None:
    service, timer = systemd_service(NIGHTLY).splitlines(), systemd_timer(NIGHTLY).splitlines()
    for line in ("Type=oneshot", "TimeoutStopSec=300", "KillSignal=SIGTERM", "KillMode=mixed", "Nice=10"):
        assert line in service
    for line in ("OnCalendar=*-*-* 01:30:00", "Persistent=true", "WantedBy=timers.target"):
        assert line in timer


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_itself_takes_the_units(tmp_path: Path) -> None:
    (tmp_path / "shuangbaodao.service").write_text(systemd_service(NIGHTLY), encoding="utf-8")
    (tmp_path / "shuangbaodao.timer").write_text(systemd_timer(NIGHTLY), encoding="utf-8")
    checked = subprocess.run(
        ["systemd-analyze", "--user", "verify", "--man=no", tmp_path / "shuangbaodao.timer"],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
        check=False,
    )
    assert (checked.returncode, checked.stderr) == (0, "")


def cron_command(line: str) -> str:
    """What cron hands to the shell: Vixie cron's own loop over the command, %% ending it unless escaped."""
    command, escaped = "", False
    for c in line.split(" ", 5)[5]:
        if escaped and c == "%":
            command = command[:-1] + "%"
            escaped = False
            continue
        if not escaped and c == "%":
            break
        command += c
        escaped = not escaped and c == "\\"
    return command


@needs_sh
def test_cron_runs_the_command_as_it_is() -> None:
    line = cron_line(NIGHTLY)
    assert line.startswith("30 1 * * * nice -n 10 ")
    shell = cron_command(line).replace("nice -n 10", "printf '%s\\n'", 1)
    shown = subprocess.run(["sh", "-c", shell], capture_output=True, encoding="utf-8", check=True)
    assert shown.stdout.split("\n")[:-1] == list(COMMAND)


def test_a_line_too_long_for_cron() -> None:
    with pytest.raises(SetupError, match="太长"):
        cron_line(Schedule(NIGHTLY.time, ("/" + "长" * 400,)))


OTHERS = "# 我的任务\nMAILTO=a@b.c\n0 5 * * * /usr/bin/backup --all 50\\%\n"


@pytest.mark.parametrize(
    ("before", "kept"),
    [
        ("", ""),
        (OTHERS, OTHERS),
        (OTHERS.rstrip("\n"), OTHERS),
        (f"{CRON_BEGIN}\n0 2 * * * python run_pipeline.py run\n{CRON_END}\n{OTHERS}", OTHERS),
        (f"{CRON_BEGIN}\n{OTHERS}", OTHERS),  # somebody took our line and its end out by hand
        (f"{CRON_BEGIN}\n0 2 * * * python run_pipeline.py run\n{OTHERS}", OTHERS),
        ("0 3 * * * python run_pipeline.py export\n", "0 3 * * * python run_pipeline.py export\n"),
    ],
)
def test_other_lines_of_the_crontab_stay(before: str, kept: str) -> None:
    after = with_cron_line(before, NIGHTLY)
    assert after == f"{kept}{CRON_BEGIN}\n{cron_line(NIGHTLY)}\n{CRON_END}\n"
    assert with_cron_line(after, NIGHTLY) == after


def windows_arguments(line: str) -> list[str]:
    """What a Windows program makes of its command line: the rules of Microsoft's C runtime."""
    arguments, word, quoted, slashes, begun = [], "", False, 0, False
    for c in line + " ":
        if c == "\\":
            slashes += 1
            continue
        if c == '"':
            word += "\\" * (slashes // 2)
            begun = True
            if slashes % 2:
                word += '"'
            else:
                quoted = not quoted
        else:
            word += "\\" * slashes
            begun = begun or slashes > 0
            if c in " \t" and not quoted:
                if begun:
                    arguments.append(word)
                word, begun = "", False
            else:
                word, begun = word + c, True
        slashes = 0
    return arguments


def test_windows_reads_the_task_back() -> None:
    data = windows_task(NIGHTLY, r"OFFICE\王")
    assert data[:2] in (b"\xff\xfe", b"\xfe\xff")
    root = ElementTree.fromstring(data)

    def text(path: str) -> str | None:
        return root.findtext("/".join(f"t:{part}" for part in path.split("/")), namespaces=NAMESPACE)

    assert text("Actions/Exec/Command") == COMMAND[0]
    assert windows_arguments(text("Actions/Exec/Arguments") or "") == list(COMMAND[1:])
    assert text("Triggers/CalendarTrigger/StartBoundary") == "2026-01-01T01:30:00"
    assert text("Triggers/CalendarTrigger/ScheduleByDay/DaysInterval") == "1"
    assert text("Settings/StartWhenAvailable") == "true"
    assert text("Settings/MultipleInstancesPolicy") == "IgnoreNew"
    assert text("Principals/Principal/UserId") == r"OFFICE\王"


# --- the command -----------------------------------------------------------------------------------------------------


@pytest.fixture
def stubs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """Puts stub programs on the path in place of the schedulers' own; ``$HERE`` is their folder."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setenv("HERE", str(folder))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)

    def make(name: str, script: str) -> Path:
        stub = folder / name
        stub.write_text(f"#!/bin/sh\n{script}\n")
        stub.chmod(0o755)
        return folder

    make("systemctl", "exit 1")
    make("crontab", "exit 1")
    return make


CRONTAB = """
case "$1" in
  -l) test -f "$HERE/table" || { echo "no crontab for root" >&2; exit 1; }; cat "$HERE/table" ;;
  -) cat > "$HERE/table" ;;
esac
"""


@needs_sh
def test_without_install_it_only_shows(command: Command, stubs: Callable[[str, str], Path], tmp_path: Path) -> None:
    folder = stubs("crontab", CRONTAB)
    shown = command("install-schedule", "--time", "2:05")
    assert shown.code == 0
    assert "将要安装：cron，每天 02:05" in shown.out
    assert f"5 2 * * * nice -n 10 {sys.executable} {ROOT / 'run_pipeline.py'} run" in shown.out
    assert "--install" in shown.out
    assert not (folder / "table").exists()
    command("install-schedule", "--kind", "systemd")
    assert not (tmp_path / "home").exists()


@needs_sh
def test_a_crontab_of_others(command: Command, stubs: Callable[[str, str], Path], tmp_path: Path) -> None:
    table = stubs("crontab", CRONTAB) / "table"
    table.write_bytes(OTHERS.encode() + b"# \xff\xfe latin\n")
    config = tmp_path / "我的 设置.toml"
    config.write_text("")
    for time in ("1:30", "3:00"):
        shown = command(
            "install-schedule", "--install", "--time", time, "--config", config, "--outputs", tmp_path / "出"
        )
        assert shown.code == 0, shown.err
        assert "已安装" in shown.out
    written = table.read_bytes()
    assert written.startswith(OTHERS.encode() + b"# \xff\xfe latin\n")
    lines = written.decode("utf-8", "replace").splitlines()
    assert [x for x in lines if "run_pipeline.py" in x] == [lines[-2]]
    assert lines[-2].startswith("0 3 * * * ")
    assert f"--config '{config}' --outputs" in lines[-2]
    assert lines[-2].endswith("出'")


@needs_sh
def test_a_user_without_a_crontab(command: Command, stubs: Callable[[str, str], Path]) -> None:
    folder = stubs("crontab", CRONTAB)
    assert command("install-schedule", "--install").code == 0
    assert (folder / "table").read_text(encoding="utf-8").startswith(CRON_BEGIN)


@needs_sh
def test_a_crontab_that_cannot_be_read_is_left_alone(command: Command, stubs: Callable[[str, str], Path]) -> None:
    folder = stubs("crontab", 'case "$1" in -l) echo "disk on fire" >&2; exit 1;; -) cat > "$HERE/table";; esac')
    shown = command("install-schedule", "--install", "--kind", "cron")
    assert shown.code == 2
    assert "未作改动" in shown.err
    assert "disk on fire" in shown.err
    assert not (folder / "table").exists()


@needs_sh
def test_systemd_where_it_runs(command: Command, stubs: Callable[[str, str], Path], tmp_path: Path) -> None:
    folder = stubs("systemctl", 'echo "$@" >> "$HERE/calls"')
    shown = command("install-schedule", "--install")
    assert shown.code == 0, shown.err
    assert "enable-linger" in shown.out
    units = tmp_path / "home" / ".config" / "systemd" / "user"
    assert sorted(p.name for p in units.iterdir()) == ["shuangbaodao.service", "shuangbaodao.timer"]
    assert "OnCalendar=*-*-* 01:30:00" in (units / "shuangbaodao.timer").read_text(encoding="utf-8")
    assert (folder / "calls").read_text().splitlines()[1:] == [
        "--user daemon-reload",
        "--user enable --now shuangbaodao.timer",
    ]


@needs_sh
def test_a_scheduler_that_refuses(command: Command, stubs: Callable[[str, str], Path]) -> None:
    stubs("systemctl", 'test "$2" = enable && { echo "no bus" >&2; exit 1; }; exit 0')
    shown = command("install-schedule", "--install")
    assert shown.code == 2
    assert "安装没有成功" in shown.err
    assert "no bus" in shown.err


@needs_sh
def test_windows_registers_its_task(command: Command, stubs: Callable[[str, str], Path]) -> None:
    folder = stubs("schtasks", 'echo "$@" > "$HERE/calls"; cp "$5" "$HERE/task.xml"')
    shown = command("install-schedule", "--install", "--kind", "windows")
    assert shown.code == 0, shown.err
    call = (folder / "calls").read_text()
    assert call.startswith("/Create /TN shuangbaodao /XML ")
    assert call.endswith(" /F\n")
    root = ElementTree.fromstring((folder / "task.xml").read_bytes())
    assert root.findtext("t:Actions/t:Exec/t:Command", namespaces=NAMESPACE) == sys.executable


@needs_sh
def test_for_programs(command: Command, stubs: Callable[[str, str], Path]) -> None:
    stubs("crontab", CRONTAB)
    data = command("install-schedule", "--json", "--time", "1:30").json()
    assert data["kind"] == "cron"
    assert data["time"] == "01:30"
    assert data["command"] == [sys.executable, str(ROOT / "run_pipeline.py"), "run"]
    assert data["installed"] is False


@needs_sh
def test_no_scheduler_at_all(
    command: Command, stubs: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stubs("systemctl", "exit 1")
    for stub in folder.iterdir():
        stub.unlink()
    monkeypatch.setenv("PATH", str(folder))
    shown = command("install-schedule")
    assert shown.code == 2
    assert "crontab" in shown.err
    assert command("install-schedule", "--kind", "cron").code == 0  # to look at it needs none
    shown = command("install-schedule", "--kind", "windows", "--install")
    assert shown.code == 2
    assert "没有命令 schtasks" in shown.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--time", "25:00"), "24 小时制"),
        (("--kind", "at"), "--kind"),
        (("--database", "postgresql+psycopg://u:secret@h/d"), "database.url"),
        (("--config", "none.toml"), "none.toml"),
    ],
)
def test_wrong_usage(command: Command, arguments: tuple[str, ...], said: str) -> None:
    shown = command("install-schedule", *arguments)
    assert shown.code == 2
    assert shown.out == ""
    assert said in shown.err
    assert "secret" not in shown.err


def test_settings_of_the_environment_are_not_taken_along(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIPELINE_BATCH__WORKERS", "2")
    shown = command("install-schedule", "--kind", "windows")
    assert "PIPELINE_BATCH__WORKERS 不会带入" in shown.out
