"""A field's place on a page, and the parts of lines that places are made of."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.forms.labels import plain
from pipeline.forms.layout import CellBlock, Layout, Line
from pipeline.sheets import Box, Reading


@dataclass(slots=True)
class Place:
    """Where a field's value is: its lines, and the region it may stand in.

    ``label`` is the box of the label's print, ``cell`` the cell that holds the value where there is one.
    Lines without a reading were cut out of longer ones and are still to be read.
    """

    key: str
    layout: Layout
    label: Box
    region: Box
    lines: list[Line]
    score: float
    cell: CellBlock | None = None


def start_of(text: str, begin: int, end: int, length: int) -> int:
    """Where the last ``length`` word characters of ``text[begin:end]`` start."""
    at = end
    while at > begin and length > 0:
        at -= 1
        if plain(text[at]):
            length -= 1
    return at


def piece(line: Line, begin: int, end: int) -> Line:
    """Part of a line, from character ``begin`` to before ``end``, as a line still to be read."""
    reading = line.said
    if reading is None or (begin == 0 and end >= len(reading.text)):
        return line
    centres = reading.centres
    left = 0.0 if begin == 0 else (centres[begin - 1] + centres[min(begin, len(centres) - 1)]) / 2
    right = 1.0 if end >= len(centres) else (centres[end - 1] + centres[end]) / 2
    if begin >= len(centres):
        left = min(1.0, centres[-1] + 0.5 * line.box.height / max(line.box.width, 1.0))
    width = line.box.width
    box = Box(line.box.x0 + left * width, line.box.y0, line.box.x0 + max(right, left) * width, line.box.y1)
    span = max(right - left, 1e-6)
    draft = Reading(reading.text[begin:end], reading.probs[begin:end], [(c - left) / span for c in centres[begin:end]])
    return Line(box, None, line.blank, draft=draft)


def beside(label: Box, after: list[Line], layout: Layout) -> Box:
    """The empty room right of a label, up to the next print on the row."""
    edge = after[0].box.x0 if after else layout.sheet.frame.x1
    return Box(label.x1, label.y0, max(label.x1 + 1, min(edge, label.x1 + 7 * label.height)), label.y1)
