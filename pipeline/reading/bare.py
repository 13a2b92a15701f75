"""The same PP-OCRv6 weights without PaddleOCR around them.

Starts in half a second instead of four; pre- and post-processing follow PaddleOCR's
(``DetResizeForTest``, ``DBPostProcess``, ``RecResizeImg``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import pyclipper
from numpy.typing import NDArray

from pipeline.reading.ctc import greedy, sparse_steps
from pipeline.reading.engine import HEIGHT, SNUG, WIDEST, engine_in_use
from pipeline.reading.heap import share_heap
from pipeline.reading.onnx import OnnxNetwork
from pipeline.reading.weights import alphabet_of, model_folder, models_of
from pipeline.settings import ReadingSettings
from pipeline.sheets import Box, Image, Reading

_MEAN = np.array([0.485, 0.456, 0.406], dtype=np.float32)
_STD = np.array([0.229, 0.224, 0.225], dtype=np.float32)


class Network(Protocol):
    """A model of one input and one output, as some runtime runs it."""

    def width(self, least: int) -> int:
        """The width, not below ``least`` pixels, of a picture that the runtime takes willingly."""
        ...

    def __call__(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]: ...


class BareEngine:
    """:class:`~pipeline.reading.engine.TextEngine` over two networks and nothing else.

    Text is always found by ONNX Runtime; ``recogniser`` reads it.
    """

    def __init__(self, settings: ReadingSettings, models: Path) -> None:
        entries = models_of(settings.tier, models)
        detection, recognition = (model_folder(entries[role], models) for role in ("detection", "recognition"))
        self._side = settings.detection_side
        share_heap()
        # Runtimes set how the thread that makes a network treats subnormal numbers: one of their own, so that all
        # other arithmetic of the process stays as IEEE 754 has it.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="models")
        self._detector: Network = self._made(OnnxNetwork, detection, settings.threads)
        self.recogniser: Network
        if engine_in_use(settings) == "openvino":
            from pipeline.reading.openvino import OpenVinoNetwork

            self.recogniser = self._made(OpenVinoNetwork, recognition, settings.threads)
        else:
            self.recogniser = self._made(OnnxNetwork, recognition, settings.threads)
        self._alphabet = alphabet_of(recognition)

    def detect(self, gray: Image, *, page_side: int = 0) -> list[Box]:
        h, w = gray.shape[:2]
        scale = min(1.0, self._side / max(h, w, page_side))
        width, height = max(1, round(w * scale)), max(1, round(h * scale))
        # Filled up with white to the network's grid, where stretching would press the lines of a low strip flat.
        small = np.full((_on_grid(height), _on_grid(width)), 255, dtype=np.uint8)
        small[:height, :width] = cv2.resize(gray, (width, height))
        picture = cv2.cvtColor(small, cv2.COLOR_GRAY2RGB).astype(np.float32)
        tensor = np.asarray((picture / 255 - _MEAN) / _STD, dtype=np.float32).transpose(2, 0, 1)
        heat = self._run(self._detector, tensor[None])
        boxes = _boxes(heat[0, 0], w / width, h / height)
        return [box.clipped(Box(0, 0, w, h)) for box in boxes if box.x0 < w and box.y0 < h]

    def recognise(self, crops: Sequence[Image], *, least: int = SNUG) -> list[Reading]:
        return [self._line(crop, least) for crop in crops]

    def _line(self, crop: Image, least: int) -> Reading:
        """One crop at a time: on a CPU, padding crops of different widths to one batch costs more than it saves."""
        width = min(WIDEST, max(1, math.ceil(HEIGHT * crop.shape[1] / crop.shape[0])))
        picture = np.asarray(cv2.resize(crop, (width, HEIGHT)), dtype=np.uint8)
        padded = self.recogniser.width(max(least, width))
        tensor = np.zeros((1, 3, HEIGHT, padded), dtype=np.float32)
        tensor[0, :, :, :width] = picture.astype(np.float32) / 127.5 - 1.0
        steps = sparse_steps(self._run(self.recogniser, tensor)[0], self._alphabet)
        return greedy(steps, width / padded)

    def _made(self, kind: Callable[[Path, int], Network], folder: Path, threads: int) -> Network:
        return self._thread.submit(kind, folder, threads).result()

    def _run(self, network: Network, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        return self._thread.submit(network, tensor).result()


def _on_grid(length: int) -> int:
    """The least multiple of 32 px, by which the detector shrinks a picture, that is not below ``length``."""
    return -(-length // 32) * 32


def _boxes(heat: NDArray[np.float32], scale_x: float, scale_y: float) -> list[Box]:
    """Differentiable Binarization post-processing (Liao et al., AAAI 2020), upright boxes only."""
    contours, _ = cv2.findContours((heat > 0.3).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    boxes = []
    for contour in contours[:1000]:
        x, y, w, h = cv2.boundingRect(contour)
        if min(w, h) < 3:
            continue
        inside = np.zeros((h, w), dtype=np.uint8)
        cv2.fillPoly(inside, [contour - np.array([[x, y]])], (1,))
        if cv2.mean(heat[y : y + h, x : x + w], inside)[0] < 0.6:
            continue
        corners = cv2.boxPoints(cv2.minAreaRect(contour))
        area, length = cv2.contourArea(corners), cv2.arcLength(corners, True)
        offset = pyclipper.PyclipperOffset()
        offset.AddPath(corners.round().astype(int).tolist(), pyclipper.JT_ROUND, pyclipper.ET_CLOSEDPOLYGON)
        grown = offset.Execute(area * 1.5 / max(length, 1e-6))
        if not grown:
            continue
        points = np.array(grown[0], dtype=np.float64)
        (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
        box = Box(x0 * scale_x, y0 * scale_y, x1 * scale_x, y1 * scale_y)
        boxes.append(box.clipped(Box(0, 0, heat.shape[1] * scale_x, heat.shape[0] * scale_y)))
    return boxes
