"""Connected components of a sheet that is mostly empty."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.sheets import Image


def sparse_components(mask: Image) -> Iterator[tuple[int, int, NDArray[np.bool_]]]:
    """The 8-connected components of ``mask`` ``(h, w)``, from top to bottom.

    Each is given as left, top, and which pixels of its bounding box belong to it, ``(bh, bw)``. Where little of the
    sheet is set, following outlines (Suzuki and Abe, 1985) is several times as quick as labelling every pixel.
    """
    contours, hierarchy = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    outlines = [c for c, links in zip(contours, hierarchy[0], strict=True) if links[3] < 0] if len(contours) else []
    for (x, y, w, h), outline in sorted(
        ((cv2.boundingRect(outline), outline) for outline in outlines), key=lambda found: (found[0][1], found[0][0])
    ):
        _, labels = cv2.connectedComponents(np.ascontiguousarray(mask[y : y + h, x : x + w]), connectivity=8)
        at_x, at_y = outline[0, 0]
        yield x, y, labels == labels[at_y - y, at_x - x]
