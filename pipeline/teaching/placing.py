"""What a box that a person drew on a sample means: which label announces it, or which field it stands inside."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.definitions import FieldType
from pipeline.flow import Tools, read_lines
from pipeline.forms.boxed import box_on, lines_in_box
from pipeline.forms.labels import plain
from pipeline.forms.layout import Layout, Line
from pipeline.forms.options import find_options
from pipeline.forms.printed import clean_label
from pipeline.sheets import Box, Quad
from pipeline.teaching.draft import Draft, DraftField
from pipeline.teaching.kinds import guess
from pipeline.terms import Terms

_FAR = 9.0  # heights of a line by which a label may be away to the left
_FAR_ABOVE = 3.0
_COLON = re.compile(r"[:：]")
_PER_HEIGHT = 0.4  # nats that a label is less likely by each height of a line that it is away
_UPWARD = 1.0  # nats that a label above is less likely than one to the left


@dataclass(frozen=True, slots=True)
class Proposed:
    """A field as a drawn box suggests it; ``label`` is empty where nothing was found that announces it."""

    label: str
    label_quad: Quad | None
    value_quad: Quad | None
    inside: str | None
    key: str
    type: FieldType
    options: tuple[str, ...] = ()

    def shown(self) -> dict[str, Any]:
        """As plain data."""
        return dataclasses.asdict(self)


def propose_label(layout: Layout, quad: Quad, tools: Tools, terms: Terms) -> Proposed:
    """The label that stands in a box around it."""
    lines = lines_in_box(layout, box_on(layout.sheet, quad))
    read_lines(layout.sheet, lines, tools.engine)
    return _proposed(_label("".join(line.text for line in lines)), quad, None, None, "", terms)


def propose_place(
    layout: Layout, quad: Quad, draft: Draft, page: int, tools: Tools, terms: Terms, *, above: bool
) -> Proposed:
    """The label beside or over a box around a value's place; ``above``: of a column, whose heading stands over it.

    Where no label is near and the box lies in the place of a field of the draft, the value stands inside that.
    """
    box = box_on(layout.sheet, quad)
    lines = [line for line in layout.lines() if plain(line.text)]
    height = float(np.median([line.box.height for line in lines])) if lines else layout.unit * 10
    within = [line for line in lines_in_box(layout, box) if line.ink]
    read_lines(layout.sheet, within, tools.engine)
    said = "".join(line.text for line in within)
    first, colon, rest = _split(said)
    if colon and plain(first) and not above:
        return _with_options(_proposed(_label(first), quad, quad, None, rest, terms), layout, within)
    host = _host(layout, box, draft, page)
    found = _nearest(lines, box, height, terms, above)
    if host is not None and (found is None or not _box(layout, host).grown(height).contains(*found.box.centre)):
        title = f"{host.title}日期" if guess(host.title, [said], terms).type is FieldType.DATE else host.title
        proposed = _proposed(title, None, quad, host.key, said, terms)
        return _with_options(proposed, layout, within)
    if found is None:
        return _proposed("", None, quad, None, said, terms)
    label = _label(_split(found.text)[0])
    proposed = _proposed(label, layout.sheet.quad_of(found.box), quad, None, said, terms)
    return _with_options(proposed, layout, within)


def _proposed(
    label: str, label_quad: Quad | None, value_quad: Quad | None, inside: str | None, said: str, terms: Terms
) -> Proposed:
    found = guess(label, [said] if plain(said) else [], terms) if label else None
    kind = found.type if found else FieldType.TEXT
    key = terms.key_of(label) if label else "field"
    return Proposed(label, label_quad, value_quad, inside, key, kind, found.options if found else ())


def _with_options(proposed: Proposed, layout: Layout, within: Sequence[Line]) -> Proposed:
    """The printed check boxes that stand in the box make it one to tick."""
    options = find_options(layout, list(within)) if within else None
    if options is None:
        return proposed
    return Proposed(
        proposed.label, proposed.label_quad, proposed.value_quad, proposed.inside, proposed.key,
        FieldType.CHECKBOXES, tuple(options.options),
    )  # fmt: skip


def _nearest(lines: Sequence[Line], box: Box, height: float, terms: Terms, above: bool) -> Line | None:
    """The line that most likely announces a box: near, worded like a label, to the left rather than above."""
    best: tuple[float, Line] | None = None
    for line in lines:
        gap = _gap_left(line.box, box, height) if not above else None
        penalty = 0.0
        if gap is None:
            gap = _gap_above(line.box, box, height, _FAR if above else _FAR_ABOVE)
            penalty = _UPWARD
        if gap is None:
            continue
        odds = terms.weight(_label(_split(line.text)[0])) - penalty - _PER_HEIGHT * gap
        if best is None or odds > best[0]:
            best = odds, line
    return best[1] if best else None


def _gap_left(label: Box, box: Box, height: float) -> float | None:
    shared = min(label.y1, box.y1) - max(label.y0, box.y0)
    gap = (box.x0 - label.x1) / height
    return max(gap, 0.0) if shared >= 0.4 * min(label.height, box.height) and -1.0 <= gap <= _FAR else None


def _gap_above(label: Box, box: Box, height: float, most: float) -> float | None:
    shared = min(label.x1, box.x1) - max(label.x0, box.x0)
    gap = (box.y0 - label.y1) / height
    return max(gap, 0.0) if shared >= 0.4 * min(label.width, box.width) and -0.7 <= gap <= most else None


def _host(layout: Layout, box: Box, draft: Draft, page: int) -> DraftField | None:
    """The smallest place of a field of the draft that is clearly larger than the box and holds it."""
    size = box.width * box.height
    hosts = [
        (area.width * area.height, one)
        for one in draft.fields
        if one.page == page and one.value_quad and not one.type.is_mark and not one.inside
        if (area := _box(layout, one)).grown(layout.unit).contains(*box.centre)
        and area.width * area.height > 1.6 * size
    ]
    return min(hosts, key=lambda host: host[0])[1] if hosts else None


def _box(layout: Layout, one: DraftField) -> Box:
    assert one.value_quad is not None
    return box_on(layout.sheet, one.value_quad)


def _split(text: str) -> tuple[str, bool, str]:
    """What stands before the first colon, whether there is one, and what follows."""
    parts = _COLON.split(text, maxsplit=1)
    return parts[0], len(parts) > 1, parts[1] if len(parts) > 1 else ""


def _label(text: str) -> str:
    return clean_label(unicodedata.normalize("NFKC", text))
