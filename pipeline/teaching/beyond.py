"""What a definition says that no draft can hold, and that would be lost where one is written over it."""

from __future__ import annotations

from typing import Any

from pipeline.definitions import FieldDefinition, FormDefinition

_PARTS = {
    "rules": "规则（rules）",
    "claims": "认领（claims）",
    "fulfils": "服务反馈（fulfils）",
    "projects": "项目（projects）",
    "offers": "资源（offers）",
    "needs": "需求（needs）",
    "page_clues": "续页的标志（page_clues）",
    "ledger": "工作表的分法（ledger）",
}
"""What staff call the parts of a definition."""


def beyond_draft(form: FormDefinition, drafted: FormDefinition) -> list[str]:
    """What ``form`` says and ``drafted``, made of it by way of a draft, does not: in Chinese, empty where nothing."""
    own, kept = _parts(form), _parts(drafted)
    lost = [_PARTS.get(name, name) for name in own if own[name] != kept[name]]
    lost += _of_fields(form.fields, drafted.fields)
    lost += _of_fields(form.row_fields, drafted.row_fields)
    if form.rows and drafted.rows and form.rows.item != drafted.rows.item:
        lost.append("表格的主列（rows.item）")
    return lost


def _parts(form: FormDefinition) -> dict[str, Any]:
    return form.model_dump(exclude={"fields", "rows"})


def _of_fields(own: tuple[FieldDefinition, ...], kept: tuple[FieldDefinition, ...]) -> list[str]:
    lost = []
    for before, after in zip(own, kept, strict=True):
        said, left = before.model_dump(), after.model_dump()
        names = [name for name in said if said[name] != left[name]]
        if names:
            lost.append(f"“{before.title}”的 {'、'.join(names)}")
    return lost
