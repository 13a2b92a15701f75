"""``audit`` and ``account``: what they say, and what they do not."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from pipeline.store import Role
from tests.support.command import Result, finish, start
from tests.support.folders import Folders, record_of, save

Command = Callable[..., Result]
ID_NUMBER, NAME = "370883196911142436", "王建国"


@pytest.fixture
def filled(folders: Folders) -> Folders:
    with folders.store() as store:
        stat = folders.put(f"{NAME}.jpg", "a")
        save(store, stat, record=record_of("member_registration", stat, name=NAME, id_number=ID_NUMBER))
    return folders


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person who types a password twice."""
    monkeypatch.setattr("click.prompt", lambda *_, **__: "合用的密码-1234")


def test_without_a_batch_there_is_nothing_to_open(command: Command, folders: Folders) -> None:
    for arguments in (("audit", "--no-browser"), ("account", "小录")):
        result = command(*arguments, "--outputs", folders.outputs)
        assert result.code == 2
        assert "还没有运行过批处理" in result.err


def test_a_port_that_is_taken_is_told(command: Command, filled: Folders) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = command("audit", "--no-browser", "--port", port, "--outputs", filled.outputs)
    assert result.code == 2
    assert f"127.0.0.1:{port}" in result.err
    assert "--port" in result.err


@pytest.mark.usefixtures("typed")
def test_an_account_is_made_changed_and_stopped(command: Command, filled: Folders) -> None:
    where = ("--outputs", filled.outputs)
    assert "已新建" in command("account", "管家", "--role", "admin", *where).out
    assert "已新建" in command("account", "小录", *where).out
    assert "已重设" in command("account", "小录", "--role", "reviewer", *where).out
    with filled.store() as store:
        assert {u.name: u.role for u in store.users()} == {"管家": Role.ADMIN, "小录": Role.REVIEWER}
    assert "已停用" in command("account", "小录", "--stop", *where).out
    last = command("account", "管家", "--stop", *where)
    assert last.code == 2
    assert "管理" in last.err
    with filled.store() as store:
        assert {u.name: u.active for u in store.users()} == {"管家": True, "小录": False}


def test_nobody_is_stopped_who_is_not_there(command: Command, filled: Folders) -> None:
    result = command("account", "没有这人", "--stop", "--outputs", filled.outputs)
    assert (result.code, result.out) == (2, "")
    assert "没有这人" in result.err


def test_what_is_served_says_nothing_of_people(filled: Folders, tmp_path: Path) -> None:
    process = start("audit", "--no-browser", "--port", "0", "--outputs", filled.outputs, cwd=tmp_path, own_group=False)
    assert process.stdout is not None
    told = process.stdout.readline() + process.stdout.readline()
    address = re.search(r"http://[^（\s]+", told)
    key = re.search(r"http://\S+/setup\?key=\S+", told)
    assert address is not None
    assert key is not None
    with httpx.Client(base_url=address[0], headers={"accept": "text/html"}) as visitor:
        assert visitor.get(key[0].removeprefix(address[0])).status_code == 200
        assert visitor.get("/search", params={"q": NAME}).status_code == 303
        assert visitor.get(f"/documents/{ID_NUMBER}").status_code == 303
        assert visitor.get("/nowhere").status_code == 404
    process.terminate()
    result = finish(process)
    assert result.code == 0
    assert NAME not in result.out + result.err
    assert ID_NUMBER not in result.out + result.err
    assert "Traceback" not in result.err
