"""What the sample scans say, held against what was read: compared as ``shared/records.md`` says."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from pipeline.records import FieldValue, Record
from pipeline.sheets import Quad

SAMPLES: list[dict[str, Any]] = json.loads(
    (Path(__file__).resolve().parent.parent / "samples.json").read_text(encoding="utf-8")
)


@dataclass(frozen=True, slots=True)
class Expected:
    """One value of a sample: its path as in :meth:`Record.all_fields`, and the box of its writing, if any.

    ``file`` and ``page`` say which page the box is on, ``page`` counted from 1 within the file.
    """

    path: str
    value: Any
    file: str = ""
    page: int = 0
    box: Quad | None = None


def plain(value: Any) -> Any:
    """Text NFKC and without white space, lists as sets, marks and blanks as they are."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, list):
        return frozenset(plain(item) for item in value)
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", str(value)))
    return text.rstrip("。.") or None


def same(read: Any, written: Any) -> bool:
    return bool(plain(read) == plain(written))


def expected_values(sample: dict[str, Any]) -> list[Expected]:
    """Every value of the sample but its marks, with where it stands."""
    boxes = {box["field"]: box for box in sample["boxes"]}
    pairs = list(sample["fields"].items())
    for i, row in enumerate(sample["rows"]):
        pairs += [(f"rows.{i}.{key}", value) for key, value in row.items()]
    out = []
    for path, value in pairs:
        box = boxes.get(path)
        if box is None:
            out.append(Expected(path, value))
            continue
        several = len(sample["files"]) > 1
        file, page = (sample["files"][box["page"]], 1) if several else (sample["files"][0], box["page"] + 1)
        quad = tuple((float(x), float(y)) for x, y in box["quad"])
        out.append(Expected(path, value, file, page, quad))  # type: ignore[arg-type]
    return out


def values_of(record: Record) -> dict[str, FieldValue]:
    return dict(record.all_fields())


def holds_centre(quad: Quad, box: Quad) -> bool:
    """Whether the centre of ``box`` lies in ``quad``."""
    x, y = (sum(point[i] for point in box) / 4 for i in (0, 1))
    return cv2.pointPolygonTest(np.array(quad, dtype=np.float32), (x, y), False) >= 0
