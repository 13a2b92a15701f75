"""PaddleOCR's text detection and recognition on ONNX Runtime.

The recogniser's own post-processing keeps the best string only. Field-aware decoding needs the
probabilities, so the predictor's pre-processing and runner are used and the decoding is ours.
"""

from __future__ import annotations

import copy
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from pipeline.errors import SetupError
from pipeline.reading.ctc import greedy, sparse_steps
from pipeline.reading.engine import HEIGHT, ROOMY, SKIMMED, SNUG
from pipeline.reading.weights import model_folder, models_of
from pipeline.settings import ReadingSettings
from pipeline.sheets import Box, Image, Reading

# Read when paddlex is imported: without it, it looks for model hosts on the network.
os.environ.setdefault("PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK", "True")


class PaddleEngine:
    """:class:`~pipeline.reading.engine.TextEngine` over the ``paddleocr`` package."""

    def __init__(self, settings: ReadingSettings, models: Path) -> None:
        try:
            from paddleocr import TextDetection, TextRecognition
        except ImportError as error:
            raise SetupError(f"无法载入 paddleocr：{error}。请运行 make install 重新安装。") from error
        logging.getLogger("paddlex").setLevel(logging.WARNING)
        entries = models_of(settings.tier, models)
        self._side = settings.detection_side
        threads = {"intra_op_num_threads": settings.threads}
        detection, recognition = entries["detection"], entries["recognition"]
        self._detector = TextDetection(
            model_name=detection.name,
            model_dir=str(model_folder(detection, models)),
            engine="onnxruntime",
            engine_config=threads,
        )
        recogniser = TextRecognition(
            model_name=recognition.name,
            model_dir=str(model_folder(recognition, models)),
            engine="onnxruntime",
            engine_config=threads,
        )
        self._recogniser = recogniser.paddlex_predictor
        self._resize = {least: self._resizer(least) for least in (SKIMMED, SNUG, ROOMY)}
        self._alphabet = ["", *self._recogniser.post_op.character[1:]]

    def detect(self, gray: Image, *, page_side: int = 0) -> list[Box]:
        longest = max(gray.shape[:2])
        limit = max(32, self._side * longest // max(longest, page_side))
        picture = cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR)
        result = next(iter(self._detector.predict(picture, limit_side_len=limit, limit_type="max")))
        boxes = []
        for polygon in result["dt_polys"]:
            points = np.asarray(polygon, dtype=np.float64)
            (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
            boxes.append(Box(float(x0), float(y0), float(x1), float(y1)))
        return boxes

    def _resizer(self, least: int) -> Any:
        """The predictor's own resizing and normalisation, padding to another least width."""
        resizer = copy.copy(self._recogniser.pre_tfs["ReisizeNorm"])
        resizer.rec_image_shape = [3, HEIGHT, least]
        return resizer

    def recognise(self, crops: Sequence[Image], *, least: int = SNUG) -> list[Reading]:
        resize = self._resize[least]
        readings = []
        for crop in crops:
            # One crop at a time: padding crops of different widths to one batch costs more than it
            # saves on a CPU, and the step probabilities of a batch would be held all at once.
            prepared = resize(imgs=[cv2.cvtColor(crop, cv2.COLOR_GRAY2BGR)])
            (probs,) = self._recogniser.runner(x=self._recogniser.pre_tfs["ToBatch"](imgs=prepared))
            filled = min(prepared[0].shape[2], int(np.ceil(HEIGHT * crop.shape[1] / crop.shape[0])))
            readings.append(greedy(sparse_steps(probs[0], self._alphabet), filled / prepared[0].shape[2]))
        return readings
