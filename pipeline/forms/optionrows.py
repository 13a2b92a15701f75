"""Check boxes in rows of their own outside tables, and the label that stands over them."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pipeline.forms.labels import plain
from pipeline.forms.layout import Layout, Line
from pipeline.forms.options import find_options
from pipeline.forms.place import Place, piece
from pipeline.forms.printed import Sense, clean_label
from pipeline.sheets import Box

_BRACKET = re.compile(r"[(（]")
_LONGEST = 24  # characters of a label with its instruction: 服务意向（请在□内打“√”）
_LABEL = -1.0  # nats; a line right above check boxes is mostly their label, whatever its wording
_OPTION = 10  # characters of an option that stands alone
_INSTRUCTION = re.compile(r"请在|[打划画]\s*[“\"']?\s*[√✓vV勾对]")  # the box in it is none to tick
_BOX_READ = re.compile(r"^[□☐☑☒■○口囗回√✓\s]+|[□☐☑☒■○口囗回√✓\s]+$")
_LEVEL = 2.0  # times its height that an option may stand left or right of the one above


@dataclass(frozen=True, slots=True)
class OptionRows:
    """Rows of check boxes: their label ("" without one), the options in printed order, and where they stand."""

    label: str
    options: list[str]
    place: Place


def option_rows(layout: Layout, taken: Collection[int], sense: Sense) -> list[OptionRows]:
    """The groups of rows outside tables in which nothing but check boxes with their options stands.

    ``taken`` are the ids of lines that belong to other values; the label stands in the row above.
    """
    found: list[OptionRows] = []
    group: list[list[Line]] = []
    above: list[Line] = []
    before: list[Line] = []
    for row in [*layout.rows, []]:
        lines = [line for line in row if line.ink]
        told = any(_INSTRUCTION.search(line.text) for line in lines)
        free = bool(lines) and not told and not any(id(line) in taken for line in lines)
        if free and (find_options(layout, lines) is not None or (group and _goes_on(group[-1], lines))):
            above = above if group else before
            group.append(lines)
        elif group:
            found.append(_grouped(layout, group, above, sense))
            group = []
        before = lines
    return found


def _goes_on(above: Sequence[Line], row: Sequence[Line]) -> bool:
    """Whether a row has its texts right below those of a row of options, though no box was found in it."""
    if len(above) < 2 or not 2 <= len(row) <= len(above) or any(len(plain(x.text)) > _OPTION for x in row):
        return False
    return all(abs(a.box.x0 - b.box.x0) < _LEVEL * a.box.height for a, b in zip(above, row, strict=False))


def _grouped(layout: Layout, group: Sequence[Sequence[Line]], above: Sequence[Line], sense: Sense) -> OptionRows:
    lines = [line for row in group for line in row]
    region = Box.around([line.box for line in lines])
    label = ""
    box = region
    if len(above) == 1 and 2 <= len(plain(above[0].text)) <= _LONGEST:
        bracket = _BRACKET.search(above[0].text)
        own = piece(above[0], 0, bracket.start() if bracket else len(above[0].text))
        told = _INSTRUCTION.search(above[0].text) is not None
        if plain(own.text) and (told or sense([own]) > _LABEL):
            label, box = clean_label(own.text), above[0].box
    options: list[str] = []
    for row in group:
        options += [option for option in _options(layout, row) if option not in options]
    return OptionRows(label, options, Place("", layout, box, region, lines, 1.0))


def _options(layout: Layout, row: Sequence[Line]) -> list[str]:
    """The options of one row; where each stands on a line of its own, also those whose box was not found."""
    found = find_options(layout, row)
    if found is not None and len(row) < 2:
        return found.options
    known = found.options if found is not None else []
    out: list[str] = []
    for line in row:
        own = [option for option in known if plain(option) in plain(line.text)]
        alone = _BOX_READ.sub("", line.text).strip()
        out += own or ([alone] if 1 <= len(plain(alone)) <= _OPTION else [])
    return out
