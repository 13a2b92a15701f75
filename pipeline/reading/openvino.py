"""Networks run by OpenVINO in bfloat16, on processors that multiply such numbers (AVX-512 BF16, AMX).

There a line costs a third to a half less than ONNX Runtime needs for it in single precision. On others OpenVINO
computes in single precision too and is no quicker.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import SetupError
from pipeline.reading.engine import WIDEST
from pipeline.reading.heap import give_back, keep_apart

# Every shape of a tensor has code of its own, 6 to 9 MB a width of a line. oneDNN keeps it by itself beside OpenVINO's
# own cache, and reads how much when it is first used: only OpenVINO's bound shall count.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "16")

try:
    import openvino
except ImportError as error:
    raise SetupError(f"无法载入 openvino：{error}。请运行 make install 重新安装。") from error

_WIDTHS = (96, 160, 240, 320, 432, 624, 880, 1232, 1728, 2432, WIDEST)
"""Pixels, about 320, the width the recogniser was trained on. Lines are a tenth dearer than at their own widths, as
half of what a short one costs does not depend on its width."""

_WIDE = 432
_BIG = 2 << 20  # bytes: pictures of pages, and little of what a line needs
_KEPT = 180
"""Pieces of code kept, of which a width of a line needs some twenty."""


@cache
def multiplies_bfloat16() -> bool:
    """Whether the processor multiplies numbers in bfloat16, which is what OpenVINO is used for."""
    return "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


class OpenVinoNetwork:
    """:class:`~pipeline.reading.bare.Network` over a model that OpenVINO compiled."""

    def __init__(self, folder: Path, threads: int) -> None:
        # A width's code and the models' buffers stay for long: between them, pictures of pages would leave holes.
        keep_apart(_BIG)
        core = openvino.Core()
        self._model = core.compile_model(
            core.read_model(folder / "inference.onnx"),
            "CPU",
            {
                "INFERENCE_NUM_THREADS": threads,
                "NUM_STREAMS": 1,
                "INFERENCE_PRECISION_HINT": "bf16" if multiplies_bfloat16() else "f32",
                # Workers know nothing of one another: bound to a core, all would be bound to the same.
                "ENABLE_CPU_PINNING": False,
                "CPU_RUNTIME_CACHE_CAPACITY": _KEPT,
            },
        )
        self._request = self._model.create_infer_request()

    def width(self, least: int) -> int:
        """One of few widths, as each is compiled for itself, when it is first met, in some 40 ms."""
        return next(width for width in _WIDTHS if width >= least)

    def __call__(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        out = np.array(self._request.infer({0: tensor}, share_inputs=True, share_outputs=True)[0])
        if tensor.shape[3] > _WIDE:
            # What the widest line needed would be kept for good.
            self._model.release_memory()
            give_back()
        return out
