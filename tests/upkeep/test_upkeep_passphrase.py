"""Where a passphrase comes from, and which are refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import pytest
from upkeep_office import Office

from pipeline.cli.passphrase import SHORTEST, VARIABLE, passphrase
from pipeline.errors import SetupError
from tests.support.command import Result


@pytest.mark.parametrize(
    "content",
    ["口令 passphrase 甲", "口令 passphrase 甲\n", "口令 passphrase 甲\r\n第二行\r\n", "\ufeff口令 passphrase 甲\n"],
)
def test_the_first_line_of_a_file(tmp_path: Path, content: str) -> None:
    file = tmp_path / "secret"
    file.write_bytes(content.encode())
    assert passphrase(file, new=True) == "口令 passphrase 甲"


def test_spaces_belong_to_it(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("  two words  \n")
    assert passphrase(file, new=True) == "  two words  "


def test_the_file_goes_before_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "of the environment")
    assert passphrase(None, new=True) == "of the environment"
    file = tmp_path / "secret"
    file.write_text("of the file")
    assert passphrase(file, new=True) == "of the file"


@pytest.mark.parametrize(
    ("content", "words"), [(b"", "空的"), (b"\nsecond line", "空的"), (b"\xff\xfe\x00", "UTF-8"), (None, "无法读取")]
)
def test_a_file_that_holds_none_is_explained(tmp_path: Path, content: bytes | None, words: str) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SetupError, match=words):
        passphrase(file, new=False)


def test_a_new_one_must_not_be_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "x" * (SHORTEST - 1))
    with pytest.raises(SetupError, match="太短"):
        passphrase(None, new=True)
    assert passphrase(None, new=False)  # an old backup may have a short one


def test_without_a_terminal_it_is_not_asked_for(office: Office, tmp_path: Path, command: Callable[..., Result]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(VARIABLE)
        patch.setattr("sys.stdin.isatty", lambda: False, raising=False)
        shown = command("backup", tmp_path / "a.bak", *office.options)
    assert shown.code == 2
    assert VARIABLE in shown.err
    assert not (tmp_path / "a.bak").exists()


class Terminal:
    """Answers what is asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
        self.asked: list[str] = []
        left = list(answers)

        def prompt(text: str, *, hide_input: bool, err: bool) -> str:
            assert hide_input
            assert err  # standard output is for results
            self.asked.append(text)
            return left.pop(0)

        monkeypatch.setattr("sys.stdin", self)
        monkeypatch.setattr(click, "prompt", prompt)

    def isatty(self) -> bool:
        return True


def test_a_new_one_is_asked_for_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal(monkeypatch, "long enough", "long enough")
    assert passphrase(None, new=True) == "long enough"
    assert len(terminal.asked) == 2


def test_two_that_differ_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    Terminal(monkeypatch, "long enough", "long enuogh")
    with pytest.raises(SetupError, match="不同"):
        passphrase(None, new=True)


def test_an_old_one_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal(monkeypatch, "old")
    assert passphrase(None, new=False) == "old"
    assert len(terminal.asked) == 1
