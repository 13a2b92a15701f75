"""Check boxes in rows of their own outside tables, and the label that stands over them."""

from __future__ import annotations

import re
from collections.abc import Collection

from pipeline.forms.labels import plain
from pipeline.forms.layout import Layout, Line
from pipeline.forms.options import find_options
from pipeline.forms.place import Place, piece
from pipeline.forms.printed import Sense, clean_label
from pipeline.records import Box

_INSTRUCTION = re.compile(r"请在|[打划画]\s*[“\"']?\s*[√✓vV勾对]")  # 请在□内打“√”: the box in it is none to tick
_BRACKET = re.compile(r"[(（]")
_LONGEST = 24  # characters of a label with its instruction: 服务意向（请在□内打“√”）


def option_rows(layout: Layout, taken: Collection[int], sense: Sense) -> list[tuple[str, Place]]:
    """The groups of rows outside tables in which nothing but check boxes with their options stands, with the label in
    the row above, or "". ``taken`` are the ids of lines that belong to other values.
    """
    found: list[tuple[str, Place]] = []
    group: list[Line] = []
    above: list[Line] = []
    before: list[Line] = []
    for row in [*layout.rows, []]:
        lines = [line for line in row if line.ink]
        free = bool(lines) and not any(id(line) in taken for line in lines)
        told = any(_INSTRUCTION.search(line.text) for line in lines)
        if free and not told and find_options(layout, lines) is not None:
            above = above if group else before
            group += lines
        elif group:
            found.append(_grouped(layout, group, above, sense))
            group = []
        before = lines
    return found


def _grouped(layout: Layout, group: list[Line], above: list[Line], sense: Sense) -> tuple[str, Place]:
    region = Box.around([line.box for line in group])
    label = ""
    box = region
    if len(above) == 1 and 2 <= len(plain(above[0].text)) <= _LONGEST:
        bracket = _BRACKET.search(above[0].text)
        own = piece(above[0], 0, bracket.start() if bracket else len(above[0].text))
        if plain(own.text) and sense([own]) > 0:
            label, box = clean_label(own.text), above[0].box
    return label, Place("", layout, box, region, group, 1.0)
