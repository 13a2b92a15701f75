"""The same PP-OCRv6 weights run by ONNX Runtime alone, without PaddleOCR around them.

Starts in half a second instead of four; pre- and post-processing follow PaddleOCR's
(``DetResizeForTest``, ``DBPostProcess``, ``RecResizeImg``).
"""

from __future__ import annotations

import ctypes
import math
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
import pyclipper
from numpy.typing import NDArray

from pipeline.reading.ctc import greedy, sparse_steps
from pipeline.reading.engine import HEIGHT, SNUG
from pipeline.reading.weights import alphabet_of, model_folder, models_of
from pipeline.settings import ReadingSettings
from pipeline.sheets import Box, Image, Reading, Steps

_MAX_WIDTH = 3200
_SLOWER = ["MatmulTransposeFusion"]
"""Rewritings of a graph that cost more than they save: the recogniser's widest product takes a few hundredths longer
with its input turned in it than turned before it, to the same last digit."""
_M_ARENA_MAX = -8  # mallopt(3)
_MEAN = np.array([0.485, 0.456, 0.406], dtype=np.float32)
_STD = np.array([0.229, 0.224, 0.225], dtype=np.float32)


class OnnxEngine:
    """:class:`~pipeline.reading.engine.TextEngine` over bare ONNX Runtime sessions."""

    def __init__(self, settings: ReadingSettings, models: Path) -> None:
        entries = models_of(settings.tier, models)
        self._side = settings.detection_side
        # The sessions set how the thread that makes them treats subnormal numbers: one of their own, so that all other
        # arithmetic of the process stays as IEEE 754 has it.
        _share_heap()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="onnx")
        self._detector = self._made(model_folder(entries["detection"], models), settings.threads)
        self._recogniser = self._made(model_folder(entries["recognition"], models), settings.threads)
        self._alphabet = alphabet_of(self._recogniser)

    def detect(self, gray: Image, *, page_side: int = 0) -> list[Box]:
        h, w = gray.shape[:2]
        scale = min(1.0, self._side / max(h, w, page_side))
        width, height = max(1, round(w * scale)), max(1, round(h * scale))
        # Filled up with white to the network's grid, where stretching would press the lines of a low strip flat.
        small = np.full((_on_grid(height), _on_grid(width)), 255, dtype=np.uint8)
        small[:height, :width] = cv2.resize(gray, (width, height))
        tensor = ((cv2.cvtColor(small, cv2.COLOR_GRAY2RGB).astype(np.float32) / 255 - _MEAN) / _STD).transpose(2, 0, 1)
        heat = self._run(self._detector, tensor[None])
        boxes = _boxes(heat[0, 0], w / width, h / height)
        return [box.clipped(Box(0, 0, w, h)) for box in boxes if box.x0 < w and box.y0 < h]

    def recognise(self, crops: Sequence[Image], *, least: int = SNUG) -> list[Reading]:
        return [self._line(crop, least) for crop in crops]

    def _line(self, crop: Image, least: int) -> Reading:
        """One crop at a time: on a CPU, padding crops of different widths to one batch costs more than it saves."""
        width = min(_MAX_WIDTH, max(1, math.ceil(HEIGHT * crop.shape[1] / crop.shape[0])))
        picture = np.asarray(cv2.resize(crop, (width, HEIGHT)), dtype=np.uint8)
        return greedy(self._steps(picture, least), width / max(least, width))

    def _steps(self, picture: Image, least: int) -> Steps:
        """The step probabilities of a line ``(HEIGHT, w)``, padded to the right to the least width."""
        width = picture.shape[1]
        tensor = np.zeros((1, 3, HEIGHT, max(least, width)), dtype=np.float32)
        tensor[0, :, :, :width] = picture.astype(np.float32) / 127.5 - 1.0
        return sparse_steps(self._run(self._recogniser, tensor)[0], self._alphabet)

    def _made(self, folder: Path, threads: int) -> onnxruntime.InferenceSession:
        return self._thread.submit(_session, folder, threads).result()

    def _run(self, session: onnxruntime.InferenceSession, tensor: NDArray[Any]) -> NDArray[np.float32]:
        """The only output of a model for its only input."""
        (out,) = self._thread.submit(session.run, None, {"x": tensor}).result()
        return np.asarray(out, dtype=np.float32)


def _share_heap() -> None:
    """Threads that start from now on allocate memory where all others do.

    The C library of Linux gives every thread a heap of its own, which keeps what the models once needed and lends it to
    nobody: a tenth of a worker's memory. Elsewhere nothing is done.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(_M_ARENA_MAX, 1)


def _session(folder: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Every width of a line is another shape: an arena keeps the largest blocks of all of them for good.
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    # The detector's last 1 x 1 convolutions meet subnormal numbers, which cost an AVX-512 core a hundred times the
    # work of others: a page of 960 x 672 pixels took 0.91 s instead of 0.29.
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    return onnxruntime.InferenceSession(
        str(folder / "inference.onnx"),
        sess_options=options,
        providers=["CPUExecutionProvider"],
        disabled_optimizers=_SLOWER,
    )


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
