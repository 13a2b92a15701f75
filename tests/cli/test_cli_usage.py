"""Help, wrong usage and wrong settings: said in Chinese, with what is wrong named, exit status 2."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.cli.main import cli
from tests.support.command import Result, run_pipeline
from tests.support.folders import Folders

Command = Callable[..., Result]

CHINESE = re.compile("[\u4e00-\u9fff]")


def english(text: str, *allowed: str) -> list[str]:
    """English words in a message, but for option names and what is ``allowed``."""
    text = re.sub(r"--[a-z-]+", "", text)
    allowed += (*re.findall("[a-z]+", " ".join(cli.commands)), "list", "verify", "fetch")
    return [word for word in re.findall(r"[A-Za-z]{3,}", text) if word not in allowed]


def test_help_in_a_process_of_its_own(tmp_path: Path) -> None:
    shown = run_pipeline("--help", cwd=tmp_path)
    assert shown.code == 0
    assert shown.err == ""
    for name in ("run", "status", "export", "calibrate", "doctor", "models"):
        line = next(x for x in shown.out.splitlines() if x.split()[:1] == [name])
        assert CHINESE.search(line)
    assert "双报到" in shown.out


def test_help_of_run_explains_every_option_in_chinese(command: Command) -> None:
    shown = command("run", "--help")
    assert shown.code == 0
    for option in ("--scans", "--outputs", "--workers", "--limit", "--force", "--json", "--database", "--config"):
        line = next(x for x in shown.out.splitlines() if x.strip().startswith(option))
        assert CHINESE.search(line), line


@pytest.mark.parametrize("name", ["status", "export", "calibrate", "doctor", "models"])
def test_help_of_each_command(command: Command, name: str) -> None:
    shown = command(name, "-h")
    assert shown.code == 0
    assert CHINESE.search(shown.out)


def test_version(command: Command) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", command("--version").out)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--frobnicate"], "--frobnicate"),
        (["status", "--frobnicate"], "--frobnicate"),
        (["frobnicate"], "frobnicate"),
        (["run", "--workers", "abc"], "--workers"),
        (["run", "--workers", "-2"], "--workers"),
        (["run", "--limit", "-1"], "--limit"),
        (["status", "--outputs"], "--outputs"),
        (["models", "fetch"], "TIER"),
    ],
)
def test_wrong_usage_is_said_in_chinese(command: Command, arguments: list[str], named: str) -> None:
    shown = command(*arguments)
    assert shown.code == 2
    assert shown.out == ""
    assert named in shown.err
    assert "--help" in shown.err
    assert CHINESE.search(shown.err)
    assert "Traceback" not in shown.err
    assert english(shown.err, named, "abc") == []


@pytest.mark.parametrize(
    ("toml", "named", "allowed"),
    [
        ("[limits]\nmax_page = 5", "limits.max_page", "max_pages"),
        ("[limit]\nmax_pages = 5", "limit", "limits"),
        ("[limits]\nmax_pages = 0", "limits.max_pages", "1"),
        ('[limits]\nmax_pages = "many"', "limits.max_pages", ""),
        ('[reading]\nengine = "tesseract"', "reading.engine", "onnxruntime"),
        ("[acceptance]\ntarget = 1.5", "acceptance.target", "1"),
        ("[batch]\nworkers = -1", "batch.workers", "0"),
        ("[limits\nmax_pages = 5", "pipeline.toml", ""),
    ],
)
def test_wrong_settings_name_the_key_and_what_is_allowed(
    command: Command, tmp_path: Path, toml: str, named: str, allowed: str
) -> None:
    config = tmp_path / "pipeline.toml"
    config.write_text(toml, encoding="utf-8")
    shown = command("run", "--config", config)
    assert shown.code == 2
    assert named in shown.err
    assert allowed in shown.err.replace(named, "", 1)
    assert CHINESE.search(shown.err)


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("PIPELINE_LIMITS__MAX_PAGE", "5", "max_pages"),
        ("PIPELINE_LIMIT__MAX_PAGES", "5", "limits"),
        ("PIPELINE_READING__ENGINE", "tesseract", "paddleocr"),
    ],
)
def test_wrong_environment_variables_are_named(
    command: Command, monkeypatch: pytest.MonkeyPatch, name: str, value: str, allowed: str
) -> None:
    monkeypatch.setenv(name, value)
    shown = command("run")
    assert shown.code == 2
    assert name in shown.err or "reading.engine" in shown.err
    assert allowed in shown.err


def test_a_settings_file_that_is_not_there(command: Command, tmp_path: Path) -> None:
    shown = command("status", "--config", tmp_path / "none.toml")
    assert shown.code == 2
    assert "none.toml" in shown.err


def test_a_scans_folder_that_is_not_there(command: Command, folders: Folders, tmp_path: Path) -> None:
    shown = command("run", "--scans", tmp_path / "不存在", "--outputs", folders.outputs)
    assert shown.code == 2
    assert "不存在" in shown.err
    assert not (folders.outputs / "records.jsonl").exists()


def test_outputs_that_cannot_be_made(command: Command, folders: Folders, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    shown = command("run", "--scans", folders.scans, "--outputs", tmp_path / "file" / "outputs")
    assert shown.code == 2
    assert str(tmp_path / "file" / "outputs") in shown.err
    assert "请" in shown.err
