"""The worst errors with the ink they were read from: wrong values that were believed most."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from benchmarks.labelled import Labelled, Pair, pairs
from pipeline.intake.pages import read_pages
from pipeline.settings import load_settings

_COUNT = 20
_HEIGHT = 56  # px of a crop in the report
_MARGIN = 0.25  # of the quad's height


def write_worst(documents: Sequence[Labelled], folder: Path) -> str:
    """Markdown of the worst errors, their crops beside it under ``accuracy/``; older crops are removed."""
    wrong = sorted((p for p in pairs(documents) if not p.right), key=lambda p: -p.got.confidence)[:_COUNT]
    crops = folder / "accuracy"
    shutil.rmtree(crops, ignore_errors=True)
    crops.mkdir(parents=True)
    lines = [
        "Wrong values by falling confidence. The people, numbers and units are invented.\n",
        "| ink | field | written | read | confidence | hand, capture |",
        "|---|---|---|---|---:|---|",
    ]
    for i, pair in enumerate(wrong, start=1):
        name = f"{i:02d}.png"
        picture = f"![](accuracy/{name})" if _crop(pair, crops / name) else "not located"
        truth = pair.document.truth
        lines.append(
            f"| {picture} | {truth['doc_type']} {pair.path} | {_cell(pair.want)} | {_cell(pair.got.value)} | "
            f"{pair.got.confidence:.3f}{' accepted' if pair.accepted else ''} | {truth['hand']}, {truth['profile']} |"
        )
    return "\n".join(lines) + "\n"


def _cell(value: object) -> str:
    return str("" if value is None else value).replace("|", "\\|").replace("\n", " ") or "–"


def _crop(pair: Pair, path: Path) -> bool:
    """The value's place on the scan, turned upright and brought to one height; whether there is one."""
    got = pair.got
    if got.quad is None:
        return False
    limits = load_settings().limits
    scans = pair.document.corpus / "scans"
    page = next((p for p in read_pages(scans / got.file, got.file, limits) if p.number == got.page), None)
    if page is None:
        return False
    quad = np.array(got.quad, dtype=np.float32)
    width, height = float(np.linalg.norm(quad[1] - quad[0])), float(np.linalg.norm(quad[3] - quad[0]))
    pad = _MARGIN * min(width, height)
    scale = _HEIGHT / (height + 2 * pad)
    size = (min(900, round((width + 2 * pad) * scale)), _HEIGHT)
    inner = np.array(
        [[pad, pad], [pad + width, pad], [pad + width, pad + height], [pad, pad + height]], dtype=np.float32
    )
    matrix = cv2.getPerspectiveTransform(quad, inner * np.float32(scale))
    picture = cv2.warpPerspective(page.pixels, matrix, size, flags=cv2.INTER_AREA, borderValue=(255, 255, 255))
    return bool(cv2.imwrite(str(path), picture))
