"""Further looks at a value's lines, by a recogniser that counts how often it is asked."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from reading_steps import spelled

from pipeline.flow import look_again
from pipeline.forms.layout import Line
from pipeline.reading.engine import ROOMY, SNUG
from pipeline.sheets import Box, Image, Reading
from tests.support.layouts import white_sheet

SURE, UNSURE = spelled("洸河社区", sure=0.999), spelled("科苑社区", sure=0.6)


class Recogniser:
    """Reads every picture alike."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def detect(self, gray: Image, *, page_side: int = 0) -> list[Box]:
        raise AssertionError("lines are known")

    def recognise(self, crops: Sequence[Image], *, least: int = SNUG) -> list[Reading]:
        assert least == ROOMY
        self.asked.append(len(crops))
        return [spelled("科苑社区") for _ in crops]


def line(reading: Reading | None, y: float = 100) -> Line:
    copied = Reading(reading.text, reading.probs, reading.centres, reading.steps) if reading else None
    return Line(Box(100, y, 300, y + 40), copied)


@pytest.fixture
def recogniser() -> Recogniser:
    return Recogniser()


def looks_of(made: Line) -> int:
    assert made.reading is not None
    return len(made.reading.looks)


def test_only_unsure_lines_are_looked_at_again(recogniser: Recogniser) -> None:
    sure, unsure = line(SURE), line(UNSURE, 200)
    look_again(white_sheet(), [sure, unsure], recogniser)
    assert recogniser.asked == [1]
    assert (looks_of(sure), looks_of(unsure)) == (0, 1)


def test_where_every_line_is_sure_and_the_value_is_not_all_are(recogniser: Recogniser) -> None:
    lines = [line(SURE), line(SURE, 200)]
    look_again(white_sheet(), lines, recogniser)
    assert all(looks_of(made) == 1 for made in lines)


def test_no_line_is_looked_at_a_third_time(recogniser: Recogniser) -> None:
    made = line(UNSURE)
    for _ in range(2):
        look_again(white_sheet(), [made], recogniser)
    assert len(recogniser.asked) == 1


def test_lines_that_were_not_read_are_passed_over(recogniser: Recogniser) -> None:
    look_again(white_sheet(), [line(None)], recogniser)
    look_again(white_sheet(), [], recogniser)
    assert recogniser.asked == []
