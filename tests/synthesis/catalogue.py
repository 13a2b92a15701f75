"""All layouts by name, in groups: "seen" imitate the development corpus, "heldout" and "fresh" do not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from . import (
    layouts_agreement,
    layouts_feedback,
    layouts_fresh_agreement,
    layouts_fresh_feedback,
    layouts_fresh_list,
    layouts_fresh_member,
    layouts_fresh_unit,
    layouts_list,
    layouts_member,
    layouts_member_cards,
    layouts_reference,
    layouts_unit,
)
from .doc import Doc


@dataclass(frozen=True)
class Layout:
    """How one kind of document may look."""

    kind: str
    group: str
    paint: Callable[[Doc], None]


GROUPS = ("seen", "heldout", "fresh")


def _named(kind: str, group: str, *tables: Mapping[str, Callable[[Doc], None]]) -> dict[str, Layout]:
    return {name: Layout(kind, group, paint) for table in tables for name, paint in table.items()}


LAYOUTS: dict[str, Layout] = {
    **_named("member_registration", "heldout", layouts_member.LAYOUTS, layouts_member_cards.LAYOUTS),
    **_named("unit_registration", "heldout", layouts_unit.LAYOUTS),
    **_named("agreement", "heldout", layouts_agreement.LAYOUTS),
    **_named("item_list", "heldout", layouts_list.LAYOUTS),
    **_named("service_feedback", "heldout", layouts_feedback.LAYOUTS),
    **_named("member_registration", "seen", layouts_reference.MEMBER),
    **_named("unit_registration", "seen", layouts_reference.UNIT),
    **_named("agreement", "seen", layouts_reference.AGREEMENT),
    **_named("item_list", "seen", layouts_reference.LIST),
    **_named("service_feedback", "seen", layouts_reference.FEEDBACK),
    **_named("member_registration", "fresh", layouts_fresh_member.LAYOUTS),
    **_named("unit_registration", "fresh", layouts_fresh_unit.LAYOUTS),
    **_named("agreement", "fresh", layouts_fresh_agreement.LAYOUTS),
    **_named("item_list", "fresh", layouts_fresh_list.LAYOUTS),
    **_named("service_feedback", "fresh", layouts_fresh_feedback.LAYOUTS),
}


def layout_names(groups: list[str]) -> list[str]:
    """The layouts of these groups, sorted."""
    return sorted(name for name, layout in LAYOUTS.items() if layout.group in groups)
