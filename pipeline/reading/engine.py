"""The small interface behind which an OCR engine stands.

Detection and recognition are separately usable: a ruled cell needs no detector.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from pipeline.records import Box, Image, Reading
from pipeline.settings import ReadingSettings


class TextEngine(Protocol):
    """Finds and reads lines of text in gray pictures ``(h, w)`` uint8, dark on light."""

    def detect(self, gray: Image) -> list[Box]:
        """Upright boxes of the lines of text, in pixels of ``gray``, in no particular order."""
        ...

    def recognise(self, crops: Sequence[Image]) -> list[Reading]:
        """What each crop of one line says, with the step probabilities, in the order given."""
        ...


def open_engine(settings: ReadingSettings, models: Path) -> TextEngine:
    """The engine and tier that the settings name. Raises :class:`SetupError` where weights are missing."""
    if settings.engine == "paddleocr":
        from pipeline.reading.paddle import PaddleEngine

        return PaddleEngine(settings, models)
    from pipeline.reading.onnx import OnnxEngine

    return OnnxEngine(settings, models)
