"""The small interface behind which an OCR engine stands.

Detection and recognition are separately usable: a ruled cell needs no detector.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Protocol

from pipeline.settings import ReadingSettings
from pipeline.sheets import Box, Image, Reading

HEIGHT = 48
"""Pixels; the height lines are brought to before recognition."""

WIDEST = 3200
"""Pixels; longer lines are pressed to this width."""

SKIMMED, SNUG, ROOMY = 48, 96, 320
"""Pixels; the least width of a line at that height: for print that is skimmed, for a first look, and for further ones,
at the width the recogniser was trained on, where it is often a little surer of short lines."""


class TextEngine(Protocol):
    """Finds and reads lines of text in gray pictures ``(h, w)`` uint8, dark on light."""

    def detect(self, gray: Image, *, page_side: int = 0) -> list[Box]:
        """Upright boxes of the lines of text, in pixels of ``gray``, in no particular order.

        Where ``gray`` is part of a page, ``page_side`` is the page's longer side: text is looked for in the part
        at the size it would be looked for in the whole.
        """
        ...

    def recognise(self, crops: Sequence[Image], *, least: int = SNUG) -> list[Reading]:
        """What each crop of one line says, with the step probabilities, in the order given.

        Lines that are narrower than ``least`` pixels at :data:`HEIGHT` are padded to it; ``SKIMMED``, ``SNUG`` and
        ``ROOMY`` are what it may be.
        """
        ...


def engine_in_use(settings: ReadingSettings) -> Literal["onnxruntime", "openvino", "paddleocr"]:
    """The engine that the settings name or, where they leave it to the machine, the quickest on its processor.

    Raises :class:`SetupError` where that cannot be told for want of a package.
    """
    if settings.engine != "auto":
        return settings.engine
    from pipeline.reading.openvino import multiplies_bfloat16

    return "openvino" if multiplies_bfloat16() else "onnxruntime"


def open_engine(settings: ReadingSettings, models: Path) -> TextEngine:
    """The engine and tier that the settings name. Raises :class:`SetupError` where weights are missing."""
    if engine_in_use(settings) == "paddleocr":
        from pipeline.reading.paddle import PaddleEngine

        return PaddleEngine(settings, models)
    from pipeline.reading.bare import BareEngine

    return BareEngine(settings, models)
