"""Signatures and seals: whether the mark is there, and whose it is."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pipeline.definitions import FieldType, FormDefinition
from pipeline.forms.inklines import ink_area
from pipeline.forms.labels import plain
from pipeline.forms.layout import Layout, Line
from pipeline.forms.place import Place
from pipeline.forms.seals import Seal
from pipeline.sheets import Box

_STAMP_WORDS = re.compile(r"[盖章]")
_SIGN_WORDS = re.compile(r"^[(\[]?(签字|签名|盖章|签章|签字盖章)[)\]]?[:：]?$")
_DATE_CHARS = re.compile(r"[\d年月日./\-_,:\s]")
_EMPTY_DATE = re.compile(r"^\s*\d{0,4}\s*年\s*\d{0,2}\s*月\s*\d{0,2}\s*日?\s*$")
_SIGNATURE_INK = 1.6  # mm²; a two-character signature with a fine pen covers some 6
_REACH = 80.0  # mm; a seal farther than this from where it belongs is not this party's


def is_stamp_word(text: str) -> bool:
    """Whether a line is the print that says where to stamp: (盖章), (公章)."""
    return len(plain(text)) <= 5 and bool(_STAMP_WORDS.search(text))


def is_date_line(text: str) -> bool:
    """Whether a line is a date and nothing else, filled in or not."""
    if _EMPTY_DATE.match(text):
        return True
    digits, dated = sum(c.isdigit() for c in text), len(_DATE_CHARS.findall(text))
    return len(text) <= 13 and digits >= 4 and dated >= 0.75 * len(text)


def written_lines(place: Place, *, dated: bool) -> list[Line]:
    """The lines of a value without the print around it: stamp words, and what is left of a copied seal.

    In a cell that is ``dated`` (an opinion with room for date and seal) the date is not part of it.
    """
    seals = [seal for seal in place.layout.seals if not seal.red]
    return [
        line
        for line in place.lines
        if not is_stamp_word(line.text)
        and not (dated and is_date_line(line.text))
        and not any(np.hypot(line.box.centre[0] - s.x, line.box.centre[1] - s.y) < s.radius for s in seals)
    ]


def signature_lines(place: Place) -> list[Line]:
    """The lines of a signature's place without print such as (签字), and without a date beside it."""
    return [x for x in place.lines if not _SIGN_WORDS.match(plain(x.text)) and not is_date_line(x.text)]


def has_signature(place: Place) -> tuple[bool, float]:
    """Whether ink stands where the label says, and how sure that is.

    Print such as (签字), and a date beside the signature, are not one.
    """
    lines = signature_lines(place)
    if place.lines and not lines:
        return False, 0.9
    layout = place.layout
    boxes = [x.box for x in lines] or [place.region]
    area = sum(ink_area(layout.mask, box, layout.unit) for box in boxes)
    if lines and area > _SIGNATURE_INK:
        return True, float(np.clip(area / (3 * _SIGNATURE_INK), 0.5, 1))
    if place.cell is None and not lines and area > 2 * _SIGNATURE_INK:
        return True, 0.6
    return False, float(np.clip(1 - area / (2 * _SIGNATURE_INK), 0.5, 1))


def assign_seals(
    form: FormDefinition, layouts: list[Layout], places: dict[str, Place]
) -> dict[str, tuple[Layout, Seal]]:
    """The seal of each seal field that has one: the nearest in total to where each field expects it."""
    keys = [f.key for f in form.fields if f.type is FieldType.SEAL]
    seals = [(layout, seal) for layout in layouts for seal in layout.seals]
    if not keys or not seals:
        return {}
    cost = np.full((len(keys), len(seals)), 1e6)
    for i, key in enumerate(keys):
        for j, (layout, seal) in enumerate(seals):
            distance = _distance(form, key, places, layout, seal)
            if distance is not None and distance < _REACH:
                cost[i, j] = distance
            elif len(keys) == 1:
                cost[i, j] = _REACH
    return {keys[i]: seals[j] for i, j in _least_in_total(cost) if cost[i, j] < 1e6}


def nearest_seals(layout: Layout, places: list[Place]) -> list[Seal | None]:
    """For each of some places on one page the seal that belongs there, in total the nearest, or ``None``."""
    found: list[Seal | None] = [None for _ in places]
    if not places or not layout.seals:
        return found
    reach = _REACH * layout.sheet.dpi / 25.4
    cost = np.array([[_from_place(place, seal, layout) for seal in layout.seals] for place in places])
    for i, j in _least_in_total(np.minimum(cost, reach)):
        if cost[i, j] < reach:
            found[i] = layout.seals[j]
    return found


def _least_in_total(cost: NDArray[np.float64]) -> Iterator[tuple[int, int]]:
    """The pairs of rows and columns, each in one pair at most, that cost least together."""
    from scipy.optimize import linear_sum_assignment  # a quarter of a second to import; not every page has seals

    rows, columns = linear_sum_assignment(cost)
    yield from zip(rows.tolist(), columns.tolist(), strict=True)


def _distance(form: FormDefinition, key: str, places: dict[str, Place], layout: Layout, seal: Seal) -> float | None:
    """Millimetres between a seal and where the field's definition and labels expect it."""
    field = form.field(key)
    millimetre = layout.sheet.dpi / 25.4
    options: list[float] = []
    host = places.get(field.near) if field.near else None
    if host is not None and host.layout is layout:
        options.append(_from_cell(host, seal))
    own = places.get(key)
    if own is not None and own.layout is layout:
        options.append(_from_place(own, seal, layout))
    return min(options) / millimetre if options else None


def _from_place(place: Place, seal: Seal, layout: Layout) -> float:
    return _from_cell(place, seal) if place.cell is not None else _from_label(place.label, seal, layout)


def _from_cell(place: Place, seal: Seal) -> float:
    """From the cell, and from the printed stamp word in it if there is one."""
    lines = place.cell.lines if place.cell else place.lines
    words = [x.box for x in lines if is_stamp_word(x.text)]
    distance = place.region.distance(seal.x, seal.y)
    if not words:
        return distance
    x, y = words[-1].centre
    return distance + 0.5 * float(np.hypot(seal.x - x, seal.y - y))


def _from_label(label: Box, seal: Seal, layout: Layout) -> float:
    """A seal stands right of its label or below it; left of it or above it belongs to another party."""
    dx, dy = seal.x - label.x1, seal.y - label.centre[1]
    behind = max(0.0, label.x0 - 0.3 * seal.radius - seal.x) * 3
    above = max(0.0, -dy - seal.radius) * 3
    return float(np.hypot(0.5 * max(dx, 0.0), 0.5 * dy) + behind + above)
