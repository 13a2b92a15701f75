"""Components by their outlines: the same as labelling every pixel gives."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.forms.components import sparse_components
from pipeline.sheets import Image


def labelled(mask: Image) -> set[tuple[int, int, bytes]]:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    found = set()
    for i in range(1, count):
        x, y, w, h, _ = (int(v) for v in stats[i])
        found.add((x, y, (labels[y : y + h, x : x + w] == i).tobytes()))
    return found


@pytest.mark.parametrize("share", [0.01, 0.2, 0.45])
def test_they_are_those_that_labelling_finds(share: float) -> None:
    mask = np.asarray((np.random.default_rng(5).random((60, 90)) < share) * np.uint8(255), dtype=np.uint8)
    assert {(x, y, part.tobytes()) for x, y, part in sparse_components(mask)} == labelled(mask)


def test_what_lies_within_a_ring_is_a_component_of_its_own() -> None:
    mask = np.zeros((50, 50), dtype=np.uint8)
    cv2.rectangle(mask, (5, 5), (44, 44), (255,), 2)
    cv2.rectangle(mask, (20, 20), (29, 29), (255,), -1)
    (_, top, ring), (left, _, block) = sparse_components(mask)
    assert (top, left) == (4, 20)
    assert not ring[20, 20]
    assert block.all()


def test_they_come_from_top_to_bottom_and_an_empty_sheet_has_none() -> None:
    mask = np.zeros((50, 50), dtype=np.uint8)
    assert list(sparse_components(mask)) == []
    for x, y in ((40, 30), (3, 10), (20, 10)):
        mask[y : y + 3, x : x + 3] = 255
    assert [(x, y) for x, y, _ in sparse_components(mask)] == [(3, 10), (20, 10), (40, 30)]
