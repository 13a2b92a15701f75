"""Networks run by ONNX Runtime, on any processor."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

_SLOWER = ["MatmulTransposeFusion"]
"""Rewritings of a graph that cost more than they save: the recogniser's widest product takes a few hundredths longer
with its input turned in it than turned before it, to the same last digit."""


class OnnxNetwork:
    """:class:`~pipeline.reading.bare.Network` over an ONNX Runtime session."""

    def __init__(self, folder: Path, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Every width of a line is another shape: an arena keeps the largest blocks of all of them for good.
        options.enable_cpu_mem_arena = False
        options.enable_mem_pattern = False
        # The detector's last 1 x 1 convolutions meet subnormal numbers, which cost an AVX-512 core a hundred times the
        # work of others: a page of 960 x 672 pixels took 0.91 s instead of 0.29.
        options.add_session_config_entry("session.set_denormal_as_zero", "1")
        self._session = onnxruntime.InferenceSession(
            str(folder / "inference.onnx"),
            sess_options=options,
            providers=["CPUExecutionProvider"],
            disabled_optimizers=_SLOWER,
        )

    def width(self, least: int) -> int:
        return least

    def __call__(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        (out,) = self._session.run(None, {"x": tensor})
        return np.asarray(out, dtype=np.float32)
