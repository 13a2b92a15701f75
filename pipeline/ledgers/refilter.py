"""The filters that people had chosen in a ledger, set again in the tables of the one written anew."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lxml import etree

from pipeline.ledgers.atomic import replacing
from pipeline.ledgers.criteria import Filter
from pipeline.ledgers.draft import Draft
from pipeline.ledgers.opc import MAIN, PARSING, Element, Package

Filters = Mapping[str, Mapping[str, Filter]]
"""The criteria by sheet and heading."""


def set_filters(path: Path, filters: Filters) -> None:
    """Write the criteria into the tables of a workbook; the rows they leave out are hidden already.

    Those by colour are left out: the colours are the program's. Raises
    :class:`~pipeline.ledgers.opc.CannotKeepError` and :class:`~pipeline.ledgers.atomic.CannotWriteError`.
    """
    if not any(filters.values()):
        return
    with replacing(path) as written, Package(path) as package:
        draft = Draft(package)
        for entry in package.sheets(draft.tree(draft.workbook)):
            chosen = filters.get(entry.name, {})
            for relationship in package.relationships(entry.part) if chosen else ():
                if relationship.kind == "table":
                    _choose(draft.tree(relationship.target), chosen)
        draft.save(written.temp)


def _choose(table: Element, chosen: Mapping[str, Filter]) -> None:
    area = table.find(f"{{{MAIN}}}autoFilter")
    if area is None:
        return
    for number, column in enumerate(table.iterfind(f"{{{MAIN}}}tableColumns/{{{MAIN}}}tableColumn")):
        criterion = chosen.get(column.get("name", ""))
        text = criterion.xml(number) if criterion else ""
        if text:
            within = etree.fromstring(f'<f xmlns="{MAIN}">{text}</f>'.encode(), etree.XMLParser(**PARSING))
            area.append(within[0])
