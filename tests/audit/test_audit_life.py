"""The life of a document and the log: nothing of what is done has a name for programs alone."""

from __future__ import annotations

import pytest

from pipeline.audit.views.life import action_name, actor_name
from pipeline.batch.kept_sheets import WORKBOOK
from pipeline.store import PIPELINE, Action


@pytest.mark.parametrize("action", list(Action))
def test_every_deed_has_a_name_for_staff(action: Action) -> None:
    assert not action_name(action.value).isascii()


def test_the_program_and_the_workbooks_have_names_and_people_keep_theirs() -> None:
    assert [actor_name(actor) for actor in (PIPELINE, WORKBOOK, "李核对")] == ["系统", "台账", "李核对"]
