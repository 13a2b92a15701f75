"""An office's template filled from the ledgers, whole or for one community."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from pipeline.definitions import Forms
from pipeline.dictionaries import Dictionaries
from pipeline.ledgers import needs, review, untaught
from pipeline.ledgers.belonging import listed_communities
from pipeline.ledgers.claims import role_dictionaries
from pipeline.ledgers.feedback import SERVED_SHEET
from pipeline.ledgers.fill import Filled, TemplateError, fill_template
from pipeline.ledgers.naming import workbook_file
from pipeline.ledgers.register import PLACE
from pipeline.ledgers.table import SheetPlan, Table

DATE, COMMUNITY = "日期", "社区"
"""The placeholders that are words; see :mod:`pipeline.ledgers.fill` for the count."""

_EVERYWHERE = "全部社区"
_NO_LISTS = (review.SHEET, SERVED_SHEET, untaught.SHEET)
"""What says what is to be done or looked into, and is not handed in."""


class Communities:
    """The communities' names, as the office has them and as people write them."""

    def __init__(self, forms: Forms, dictionaries: Dictionaries) -> None:
        self.listed = listed_communities(forms, dictionaries)
        named = [dictionaries[n] for n in role_dictionaries(forms, "community") if n in dictionaries]
        self._spellings = {spelt: name for dictionary in named for spelt, name in dictionary.spellings.items()}

    def name(self, written: str, tables: Mapping[str, Table]) -> str:
        """The name that rows go by. Raises :class:`TemplateError` for one that is neither listed nor met with."""
        name = self._spellings.get(written, written)
        columns = (table.frame[place] for table in tables.values() if (place := _place_of(table)) is not None)
        met = {str(place) for column in columns for place in column.dropna()}
        if name not in self.listed and name not in met:
            known = "、".join([*self.listed, *sorted(met - set(self.listed))])
            raise TemplateError(f"没有社区“{written}”。已有的：{known}。")
        return name


def fill_out(
    books: Mapping[str, Sequence[SheetPlan]], template: Path, folder: Path, communities: Communities, community: str
) -> Filled:
    """Fill ``template`` into ``folder``, with the rows of one ``community`` or (``""``) all.

    Raises :class:`TemplateError` and :class:`pipeline.ledgers.atomic.CannotWriteError`.
    """
    plans = (plan for plans in books.values() for plan in plans)
    registers = {p.name: p.tables[0] for p in plans if len(p.tables) == 1 and _is_list(p)}
    name = communities.name(community, registers) if community else ""
    if name:
        registers = {
            sheet: table.only(table.frame[place] == name)
            for sheet, table in registers.items()
            if (place := _place_of(table)) is not None
        }
    today = date.today()
    words = {DATE: f"{today.year}年{today.month}月{today.day}日", COMMUNITY: name or _EVERYWHERE}
    target = folder / workbook_file(f"{template.stem}_{name}" if name else template.stem)
    if target.resolve() == template.resolve():
        raise TemplateError(f"模板 {template} 就在存放结果的文件夹中，会被覆盖。请把它移到别处。")
    return fill_template(template, target, registers, words)


def _is_list(plan: SheetPlan) -> bool:
    table = plan.tables[0]
    return plan.name == needs.SHEET or (table.keyed and bool(table.name) and plan.name not in _NO_LISTS)


def _place_of(table: Table) -> str | None:
    """The column by which a table's rows belong to a community, where they do."""
    return next((key for key in (PLACE, "community") if any(column.key == key for column in table.columns)), None)
