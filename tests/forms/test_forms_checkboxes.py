"""Printed boxes, ticked in the ways people tick them. Drawn, with the options' print as strokes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import pytest

from pipeline.forms.checkboxes import read_checkboxes
from pipeline.forms.layout import Line
from pipeline.sheets import Box, Image, Reading
from tests.support.layouts import layout
from tests.support.pages import INK, grainy, paper, sheet_of, write

OPTIONS = ["政策宣传", "法律咨询", "扶贫帮困", "文体活动", "环境卫生", "治安巡逻", "医疗健康", "其他"]
PEN = (120, 60, 30)  # blue-black
SIDE = 26  # px at 200 dpi: a □ of the size of the print beside it
LEFT, TOP, STEP = 150, 200, 330

Mark = Callable[[Image, int, int, int], None]


def tick(pixels: Image, x: int, y: int, side: int) -> None:
    points = [(x + 3, y + side // 2), (x + side // 2 - 1, y + side - 4), (x + side + 8, y - 6)]
    cv2.polylines(pixels, [np.array(points)], False, PEN, 4)


def cross(pixels: Image, x: int, y: int, side: int) -> None:
    cv2.line(pixels, (x + 3, y + 3), (x + side - 3, y + side - 3), PEN, 3)
    cv2.line(pixels, (x + side - 3, y + 3), (x + 3, y + side - 3), PEN, 3)


def filled(pixels: Image, x: int, y: int, side: int) -> None:
    for offset in range(4, side - 3, 3):
        cv2.line(pixels, (x + 4, y + offset), (x + side - 4, y + offset + 1), PEN, 3)


def circle_inside(pixels: Image, x: int, y: int, side: int) -> None:
    cv2.circle(pixels, (x + side // 2, y + side // 2), side // 2 - 5, PEN, 3)


def circle_around(pixels: Image, x: int, y: int, side: int) -> None:
    cv2.ellipse(pixels, (x + side // 2, y + side // 2), (round(side * 0.86), round(side * 0.8)), 8, 0, 360, PEN, 3)


MARKS: list[Mark] = [tick, cross, filled, circle_inside, circle_around]
each_mark = pytest.mark.parametrize("mark", MARKS, ids=[m.__name__ for m in MARKS])


def form(
    marked: Sequence[str], mark: Mark, options: Sequence[str] = OPTIONS, side: int = SIDE, a_row: int = 4
) -> tuple[Image, list[Line]]:
    """Rows of □ and option; the lines read as their print, boxes read as □."""
    pixels, lines = paper(height=500), []
    for first in range(0, len(options), a_row):
        y, text, centres = TOP + 70 * (first // a_row), "", []
        for i, option in enumerate(options[first : first + a_row]):
            x = LEFT + i * STEP
            cv2.rectangle(pixels, (x, y), (x + side, y + side), INK, 2)
            write(pixels, x + side + 10, y - 2, len(option), 30, seed=i)
            if option in marked:
                mark(pixels, x, y, side)
            text += "□" + option
            centres += [x + side / 2, *(x + side + 10 + 15 + 34.5 * k for k in range(len(option)))]
        box = Box(LEFT, y - 4, LEFT + a_row * STEP, y + 34)
        shares = [(c - box.x0) / box.width for c in centres]
        lines.append(Line(box, Reading(text, [0.98] * len(text), shares)))
    return pixels, lines


def marked_in(pixels: Image, lines: list[Line], options: Sequence[str] = OPTIONS) -> list[str]:
    boxes = read_checkboxes(layout(sheet=sheet_of(pixels)), lines, options)
    assert [box.option for box in boxes] == list(options)
    return [box.option for box in boxes if box.marked]


@each_mark
@pytest.mark.parametrize("marked", [["政策宣传"], ["法律咨询", "其他"], ["扶贫帮困", "文体活动", "环境卫生"]])
def test_what_is_marked_and_nothing_else(mark: Mark, marked: list[str]) -> None:
    pixels, lines = form(marked, mark)
    assert marked_in(pixels, lines) == marked


@each_mark
def test_on_a_noisy_scan(mark: Mark) -> None:
    pixels, lines = form(["法律咨询", "治安巡逻"], mark)
    assert marked_in(grainy(pixels, 10), lines) == ["法律咨询", "治安巡逻"]


@each_mark
@pytest.mark.parametrize("side", [20, 32])
def test_small_and_large_boxes(mark: Mark, side: int) -> None:
    pixels, lines = form(["法律咨询", "医疗健康"], mark, side=side)
    assert marked_in(pixels, lines) == ["法律咨询", "医疗健康"]


@each_mark
def test_on_a_fax(mark: Mark) -> None:
    pixels, lines = form(["法律咨询"], mark)
    binary = np.where(grainy(pixels, 14) < 150, 0, 255).astype(np.uint8)
    assert marked_in(binary, lines) == ["法律咨询"]


def test_nothing_marked() -> None:
    pixels, lines = form([], tick)
    assert marked_in(pixels, lines) == []


def test_everything_marked() -> None:
    pixels, lines = form(OPTIONS, tick)
    assert marked_in(pixels, lines) == OPTIONS


@each_mark
def test_options_that_contain_one_another(mark: Mark) -> None:
    options = ["满意", "基本满意", "不满意"]
    pixels, lines = form(["不满意"], mark, options, a_row=3)
    assert marked_in(pixels, lines, options) == ["不满意"]


@pytest.mark.parametrize("lean", [0, 6, -9])
def test_a_stray_line_through_the_row_is_not_a_tick(lean: int) -> None:
    """A fold, a scratch on the glass or a toner line runs through every box alike."""
    pixels, lines = form(["法律咨询"], cross)
    y = TOP + SIDE // 2
    cv2.line(pixels, (0, y - lean), (pixels.shape[1], y + lean), (110, 110, 110), 2)
    assert marked_in(pixels, lines) == ["法律咨询"]


def test_a_stray_upright_line_through_a_box_is_not_a_tick() -> None:
    pixels, lines = form(["法律咨询"], cross)
    x = LEFT + 2 * STEP + SIDE // 2
    cv2.line(pixels, (x, 0), (x, pixels.shape[0]), (110, 110, 110), 2)
    assert marked_in(pixels, lines) == ["法律咨询"]


def test_a_long_tick_does_not_mark_its_neighbour() -> None:
    """A tick flung out of its box, over the option's text, up into the row above."""
    pixels, lines = form([], tick)
    x, y = LEFT + STEP, TOP + 70
    points = np.array([(x + 2, y + 10), (x + 10, y + SIDE - 3), (x + 120, y - 60)])
    cv2.polylines(pixels, [points], False, PEN, 4)
    assert marked_in(pixels, lines) == ["治安巡逻"]


def test_a_ruling_close_by_is_not_a_mark() -> None:
    pixels, lines = form(["政策宣传"], tick)
    for y in (TOP - 12, TOP + SIDE + 12):
        cv2.line(pixels, (100, y), (1600, y), INK, 3)
    assert marked_in(pixels, lines) == ["政策宣传"]


def test_a_clear_mark_is_surer_than_a_faint_one() -> None:
    pixels, lines = form(["政策宣传"], filled)
    x = LEFT + STEP
    cv2.line(pixels, (x + 9, TOP + 10), (x + 14, TOP + 15), PEN, 2)  # a dot of the pen
    boxes = read_checkboxes(layout(sheet=sheet_of(pixels)), lines, OPTIONS)
    certain = {box.option: box.certainty for box in boxes}
    assert certain["政策宣传"] > certain["法律咨询"]
    assert certain["扶贫帮困"] > certain["法律咨询"]


def row_behind(options: Sequence[str], marked: str, mark: Mark) -> tuple[Image, list[Line]]:
    """One row of options, each with its box after it: 已完成□."""
    pixels, text, centres = paper(height=500), "", []
    x = LEFT
    for option in options:
        write(pixels, x, TOP, len(option), 30)
        text, centres = text + option, centres + [x + 34 * i + 15 for i in range(len(option))]
        x += 34 * len(option) + 8
        cv2.rectangle(pixels, (x, TOP + 2), (x + SIDE, TOP + 2 + SIDE), INK, 2)
        if option == marked:
            mark(pixels, x, TOP + 2, SIDE)
        x += SIDE + 30
    box = Box(LEFT, TOP - 2, x, TOP + 34)
    reading = Reading(text, [0.99] * len(text), [(c - box.x0) / box.width for c in centres])
    return pixels, [Line(box, reading)]


@each_mark
@pytest.mark.parametrize("marked", ["已完成", "进行中", "未完成", ""])
def test_boxes_after_their_options(mark: Mark, marked: str) -> None:
    pixels, lines = row_behind(["已完成", "进行中", "未完成"], marked, mark)
    boxes = read_checkboxes(layout(sheet=sheet_of(grainy(pixels))), lines, ["已完成", "进行中", "未完成"])
    assert [box.option for box in boxes if box.marked] == ([marked] if marked else [])


def row_bracketed(options: Sequence[str], marked: str, lost: str, *, behind: bool) -> tuple[Image, list[Line]]:
    """One row of options with brackets, ``( )``; of ``lost`` one bracket was not read."""
    pixels, text, centres = paper(height=500), "", []
    x = LEFT

    def say(said: str, at: list[float]) -> None:
        nonlocal text
        text += said
        centres.extend(at)

    def brackets(option: str) -> None:
        nonlocal x
        for edge, arc in ((x + 8, (90, 270)), (x + 56, (-90, 90))):
            cv2.ellipse(pixels, (edge, TOP + 16), (5, 16), 0, *arc, INK, 2)
        if option == marked:
            tick(pixels, x + 20, TOP + 4, SIDE)
        if option == lost:
            say(")" if not behind else "(", [x + 58 if not behind else x + 6])
        else:
            say("()", [x + 6, x + 58])
        x += 70

    for option in options:
        if not behind:
            brackets(option)
        write(pixels, x, TOP, len(option), 30)
        say(option, [x + 34 * i + 15 for i in range(len(option))])
        x += 34 * len(option) + 8
        if behind:
            brackets(option)
        x += 20
    box = Box(LEFT, TOP - 2, x, TOP + 34)
    reading = Reading(text, [0.99] * len(text), [(c - box.x0) / box.width for c in centres])
    return pixels, [Line(box, reading)]


@pytest.mark.parametrize("behind", [False, True])
@pytest.mark.parametrize(("marked", "lost"), [("已完成", "未完成"), ("未完成", "未完成"), ("已完成", "")])
def test_brackets_of_which_a_mark_hides_one(marked: str, lost: str, behind: bool) -> None:
    options = ["已完成", "进行中", "未完成"]
    pixels, lines = row_bracketed(options, marked, lost, behind=behind)
    assert marked_in(pixels, lines, options) == [marked]
