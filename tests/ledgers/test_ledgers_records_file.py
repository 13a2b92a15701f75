"""records.jsonl: the contract's shape, the same bytes every time, whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ledgers_samples import agreement, item_list, member

from pipeline.ledgers.jsonl import write_records
from pipeline.records import Record


def test_one_object_a_line_in_plain_utf8(tmp_path: Path) -> None:
    path = write_records([member(), item_list()], tmp_path / "deep" / "records.jsonl")
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2
    assert "赵一帆" in lines[0]
    assert list(json.loads(lines[0])) == ["document_id", "source", "doc_type", "status", "fields", "rows", "issues"]
    assert [Record.from_dict(json.loads(line)).doc_type for line in lines] == ["member_registration", "item_list"]


def test_the_order_in_which_fields_were_read_does_not_show(tmp_path: Path) -> None:
    turned = member()
    turned.fields = dict(reversed(turned.fields.items()))
    a = write_records([member()], tmp_path / "a.jsonl").read_bytes()
    assert write_records([turned], tmp_path / "b.jsonl").read_bytes() == a


def test_a_file_name_that_is_not_utf8_round_trips(tmp_path: Path) -> None:
    path = write_records([member("扫描\udcff.jpg")], tmp_path / "records.jsonl")
    assert json.loads(path.read_bytes())["source"]["files"] == ["扫描\udcff.jpg"]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = write_records([member()], tmp_path / "records.jsonl")
    before = path.read_bytes()

    def failing() -> object:
        yield agreement()
        raise RuntimeError("数据库断开")

    with pytest.raises(RuntimeError):
        write_records(failing(), path)  # type: ignore[arg-type]
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_no_records_make_an_empty_file(tmp_path: Path) -> None:
    assert write_records([], tmp_path / "records.jsonl").read_bytes() == b""
