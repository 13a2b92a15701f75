"""A definition that says more than a draft can hold is not written over, and what would be lost is named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.definitions import FieldType, load_form
from pipeline.errors import SetupError
from pipeline.teaching.draft import Draft, DraftField
from pipeline.teaching.saving import SaveError, is_editable, save_draft
from pipeline.teaching.writing import said_beyond, write_draft
from tests.support.command import call

ROOT = Path(__file__).resolve().parents[2]
FORMS = ROOT / "models" / "forms"
BLANK = Path(__file__).parent / "samples" / "设备借用单_空白.jpg"
PLAIN = """\
schema: 1
type: device_loan
version: 4
title: 设备借用单
titles: [设备借用单]
fields:
  - {key: borrower, title: 借用人, type: name, labels: [借用人]}
  - {key: borrowed, title: 借用日期, type: date, labels: [借用日期]}
  - {key: returned, title: 归还日期, type: date, labels: [归还日期]}
ledger: {workbook: 双报到台账, sheet: 设备借用单}
"""
RULE = "rules:\n  - {rule: ordered, earlier: borrowed, later: returned}\n"


def draft() -> Draft:
    return Draft(
        "device_loan",
        "设备借用单",
        [DraftField("borrower", "借用人", FieldType.NAME, ["借用人"])],
        titles=["设备借用单"],
    )


def written(folder: Path, text: str) -> Path:
    path = folder / "device_loan.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_what_a_draft_cannot_hold_is_named(tmp_path: Path) -> None:
    text = PLAIN.replace("labels: [归还日期]", "labels: [归还日期], after: borrowed, future: true") + RULE
    said = said_beyond(load_form(written(tmp_path, text)))
    assert said == ["规则（rules）", "“归还日期”的 after、future"]
    assert said_beyond(load_form(written(tmp_path, PLAIN))) == []


@pytest.mark.parametrize("path", sorted(FORMS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_definition_is_editable_or_says_why_not(path: Path) -> None:
    form = load_form(path)
    assert is_editable(form) == (not said_beyond(form))


def test_a_definition_that_says_more_is_left_as_it_is(tmp_path: Path) -> None:
    path = written(tmp_path, PLAIN + RULE)
    with pytest.raises(SetupError, match=r"没有覆盖：规则（rules）"):
        write_draft(draft(), path, force=True)
    with pytest.raises(SaveError, match=r"丢失其中的规则（rules）"):
        save_draft(draft(), tmp_path)
    assert path.read_text(encoding="utf-8") == PLAIN + RULE


def test_a_plain_or_a_broken_one_is_written_over_with_the_next_version(tmp_path: Path) -> None:
    for text, version in ((PLAIN, 5), ("schema: [", 2)):
        path = written(tmp_path, text)
        write_draft(draft(), path, force=True)
        assert (load_form(path).version, len(load_form(path).fields)) == (version, 1)


def test_the_command_refuses_before_it_reads_anything(tmp_path: Path) -> None:
    path = tmp_path / "member_registration.yaml"
    shutil.copy(FORMS / path.name, path)
    before = path.read_bytes()
    result = call("forms", "draft", BLANK, "-o", path, "--force")
    assert result.code == 2
    assert "没有覆盖" in result.err
    assert "规则（rules）" in result.err
    assert "草稿/member_registration.yaml" in result.err
    assert path.read_bytes() == before
