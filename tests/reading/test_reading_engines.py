"""The engines run the same weights: on real lines they read the same. Each is opened once."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import SetupError
from pipeline.imaging.prepare import flatten
from pipeline.intake.pages import read_pages
from pipeline.reading.bare import BareEngine
from pipeline.reading.crops import another_look, crop_line
from pipeline.reading.engine import ROOMY, TextEngine, engine_in_use, open_engine
from pipeline.reading.onnx import OnnxNetwork
from pipeline.reading.openvino import OpenVinoNetwork
from pipeline.reading.paddle import PaddleEngine
from pipeline.settings import Limits, ReadingSettings, Settings
from pipeline.sheets import Box, Image, Sheet
from tests.conftest import SCANS

CPUINFO = Path("/proc/cpuinfo")
NAMES = ("paddleocr", "onnxruntime", "openvino")
TITLE = "在职党员到社区报到登记表"
Engines = dict[str, TextEngine]


@pytest.fixture(scope="module")
def engines(settings: Settings) -> Engines:
    folder = settings.path("ocr")
    return {name: open_engine(ReadingSettings(engine=name), folder) for name in NAMES}  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def sheet() -> Sheet:
    return flatten(next(read_pages(SCANS / "党员登记表_平板扫描.jpg", "page.jpg", Limits())))


@pytest.fixture(scope="module")
def found(engines: Engines, sheet: Sheet) -> dict[str, list[Box]]:
    return {name: engine.detect(sheet.ink) for name, engine in engines.items()}


@pytest.fixture(scope="module")
def title(found: dict[str, list[Box]]) -> Box:
    return min(found["paddleocr"], key=lambda box: box.y0)


def overlap(a: Box, b: Box) -> float:
    """Intersection over union."""
    common = a.clipped(b)
    both = common.width * common.height
    return both / (a.width * a.height + b.width * b.height - both)


def test_the_settings_choose_the_engine(engines: Engines) -> None:
    assert isinstance(engines["paddleocr"], PaddleEngine)
    for name, network in (("onnxruntime", OnnxNetwork), ("openvino", OpenVinoNetwork)):
        engine = engines[name]
        assert isinstance(engine, BareEngine)
        assert isinstance(engine.recogniser, network)


@pytest.mark.parametrize("name", NAMES)
def test_a_named_engine_is_used_on_any_processor(name: str) -> None:
    assert engine_in_use(ReadingSettings(engine=name)) == name  # type: ignore[arg-type]


@pytest.mark.skipif(not CPUINFO.exists(), reason="only Linux lists what the processor can do in a file")
def test_left_to_the_machine_openvino_reads_where_the_processor_has_bfloat16() -> None:
    able = {"avx512_bf16", "amx_bf16"} & set(CPUINFO.read_text(encoding="utf-8").split())
    assert engine_in_use(ReadingSettings()) == ("openvino" if able else "onnxruntime")


def test_a_missing_package_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "pipeline.reading.openvino")
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(SetupError, match=r"openvino.*make install"):
        engine_in_use(ReadingSettings())


def test_both_find_the_same_lines(found: dict[str, list[Box]], sheet: Sheet) -> None:
    one, other = found["paddleocr"], found["onnxruntime"]
    assert 30 < len(one) < 120
    assert len(other) == pytest.approx(len(one), abs=2)
    matched = sum(max(overlap(a, b) for b in other) > 0.7 for a in one)
    assert matched >= 0.95 * len(one)
    for box in (*one, *other):
        assert box.width > 0
        assert box.height > 0
        assert box.clipped(sheet.frame) == box


def test_all_read_a_printed_line_the_same(engines: Engines, title: Box, sheet: Sheet) -> None:
    crop = crop_line(sheet, title)
    readings = {name: engine.recognise([crop])[0] for name, engine in engines.items()}
    assert {reading.text for reading in readings.values()} == {TITLE}
    one = readings["paddleocr"]
    for name in ("onnxruntime", "openvino"):
        assert one.probs == pytest.approx(readings[name].probs, abs=0.05)
        assert one.centres == pytest.approx(readings[name].centres, abs=0.02)
    assert one.confidence > 0.95


@pytest.mark.parametrize("name", ["onnxruntime", "openvino"])
def test_a_page_is_read_nearly_as_by_paddleocr(
    engines: Engines, found: dict[str, list[Box]], sheet: Sheet, name: str
) -> None:
    boxes = sorted(found["onnxruntime"], key=lambda b: (b.y0, b.x0))[:9]
    crops = [crop_line(sheet, box) for box in boxes]
    one, other = engines["paddleocr"].recognise(crops), engines[name].recognise(crops)
    same = sum(a.text == b.text for a, b in zip(one, other, strict=True))
    assert same >= len(crops) - 1


def test_lines_come_back_in_the_order_given(engines: Engines, found: dict[str, list[Box]], sheet: Sheet) -> None:
    boxes = sorted(found["onnxruntime"], key=lambda b: (b.y0, b.x0))[:4]
    crops = [crop_line(sheet, box) for box in boxes]
    engine = engines["onnxruntime"]
    together = [r.text for r in engine.recognise(crops)]
    assert together == [engine.recognise([crop])[0].text for crop in crops]
    assert [r.text for r in engine.recognise(crops[::-1])] == together[::-1]


def test_centres_say_where_a_character_stands(engines: Engines, title: Box, sheet: Sheet) -> None:
    """A line cut between two centres ends with what stands to the right of the cut."""
    half = len(TITLE) // 2
    for engine in engines.values():
        centres = engine.recognise([crop_line(sheet, title)])[0].centres
        margin = crop_line(sheet, title).shape[1] / title.width
        cut = title.x0 + (centres[half - 1] + centres[half]) / 2 * title.width * margin
        right = engine.recognise([crop_line(sheet, Box(cut, title.y0, title.x1, title.y1))])[0].text
        assert right.endswith(TITLE[half + 1 :])
        assert not right.startswith(TITLE[: half - 1])


def blank(width: int, height: int) -> Image:
    return np.full((height, width), 255, dtype=np.uint8)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_found_or_read_where_nothing_stands(engines: Engines, name: str) -> None:
    assert engines[name].detect(blank(1240, 1754)) == []
    reading = engines[name].recognise([blank(300, 48)])[0]
    assert reading.text == ""
    assert reading.confidence == 0.0


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [(1, 1), (1, 48), (6, 300), (600, 8)])
def test_crops_of_any_shape_are_read(engines: Engines, name: str, size: tuple[int, int]) -> None:
    reading = engines[name].recognise([blank(*size)])[0]
    assert isinstance(reading.text, str)
    assert len(reading.probs) == len(reading.centres) == len(reading.text)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [(40, 40), (2000, 60), (60, 2000)])
def test_pages_of_any_shape_are_searched(engines: Engines, name: str, size: tuple[int, int]) -> None:
    assert engines[name].detect(blank(*size)) == []


@pytest.mark.parametrize("name", NAMES)
def test_no_crops_no_readings(engines: Engines, name: str) -> None:
    assert engines[name].recognise([]) == []


def test_crops_keep_a_margin_and_end_with_the_sheet(sheet: Sheet) -> None:
    h, w = sheet.ink.shape
    crop = crop_line(sheet, Box(100, 200, 300, 240))
    assert crop.shape[0] > 40
    assert crop.shape[1] > 200
    assert crop.flags.c_contiguous
    assert np.array_equal(crop_line(sheet, Box(-50, -50, w + 50, h + 50)), sheet.ink)
    assert crop_line(sheet, Box(w - 2, h - 2, w, h)).size > 0
    assert crop_line(sheet, Box(50, 60, 50, 60)).size > 0  # of no extent


@pytest.mark.parametrize("name", NAMES)
def test_an_engine_without_its_weights_says_how_to_get_them(
    settings: Settings, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    open_it: Callable[[], TextEngine] = lambda: open_engine(  # noqa: E731
        ReadingSettings(engine=name, tier="medium"),  # type: ignore[arg-type]
        settings.path("ocr"),
    )
    with pytest.raises(SetupError, match="models fetch medium"):
        open_it()


def test_another_look_is_another_picture_of_the_line(engines: Engines, title: Box, sheet: Sheet) -> None:
    usual, other = crop_line(sheet, title), another_look(sheet, title)
    assert other.shape[0] == usual.shape[0]
    assert other.shape[1] < usual.shape[1]
    assert engines["onnxruntime"].recognise([other], least=ROOMY)[0].text == TITLE


def test_another_look_at_next_to_nothing(sheet: Sheet) -> None:
    h, w = sheet.ink.shape
    for box in (Box(50, 60, 50, 60), Box(w - 2, h - 2, w, h), Box(-50, -50, w + 50, h + 50)):
        look = another_look(sheet, box)
        assert look.size > 0
        assert look.dtype == np.uint8


def test_arithmetic_outside_an_engine_keeps_subnormal_numbers(found: dict[str, list[Box]]) -> None:
    assert found["onnxruntime"]
    assert np.float64(5e-324) * np.float64(1.0) > 0


def test_openvino_reads_lines_of_any_width_by_few(engines: Engines, found: dict[str, list[Box]], sheet: Sheet) -> None:
    engine = engines["openvino"]
    assert isinstance(engine, BareEngine)
    widths = [engine.recogniser.width(least) for least in range(1, 3201)]
    assert all(width >= least for least, width in enumerate(widths, 1))
    assert len(set(widths)) < 16
    boxes = sorted(found["onnxruntime"], key=lambda b: (b.width, b.y0))
    crops = [crop_line(sheet, box) for box in (boxes[0], boxes[-1], boxes[len(boxes) // 2])]
    once, again = engine.recognise(crops), engine.recognise(crops[::-1])[::-1]
    # A wide line between them gives memory back, which changes no answer before or after.
    assert [(r.text, r.probs) for r in once] == [(r.text, r.probs) for r in again]
