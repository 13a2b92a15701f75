"""Where the passphrase of a backup comes from: a file, the environment, or the person at the terminal."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from pipeline.errors import SetupError

VARIABLE = "SHUANGBAODAO_PASSPHRASE"
"""Not ``PIPELINE_…``: those are settings."""

SHORTEST = 8
"""Characters of a new passphrase: whoever has the file can try as many as they like."""


def passphrase(file: Path | None, *, new: bool) -> str:
    """The passphrase; a ``new`` one is asked for twice and must not be short. Raises :class:`SetupError`."""
    if file is not None:
        given = _from_file(file)
    elif VARIABLE in os.environ:
        given = os.environ[VARIABLE]
    elif sys.stdin.isatty():
        given = _asked(new=new)
    else:
        raise SetupError(f"没有口令。请用 --passphrase-file 指定口令文件，或设置环境变量 {VARIABLE}。")
    if not given:
        raise SetupError("口令是空的。")
    if new and len(given) < SHORTEST:
        raise SetupError(f"口令太短：至少 {SHORTEST} 个字，建议用几个不相干的词。")
    return given


def _from_file(file: Path) -> str:
    """The first line."""
    try:
        return file.read_text(encoding="utf-8-sig").partition("\n")[0].rstrip("\r")
    except OSError as error:
        raise SetupError(f"无法读取口令文件 {file}：{error.strerror}。") from error
    except UnicodeDecodeError as error:
        raise SetupError(f"口令文件 {file} 不是 UTF-8 文本，请另存为 UTF-8。") from error


def _asked(*, new: bool) -> str:
    if new:
        click.echo("请设置备份口令。口令丢失后备份无法打开，请另行妥善保管。", err=True)
    given: str = click.prompt("口令", hide_input=True, err=True)
    if new and click.prompt("再输入一次", hide_input=True, err=True) != given:
        raise SetupError("两次输入的口令不同，没有备份。请重新运行。")
    return given
