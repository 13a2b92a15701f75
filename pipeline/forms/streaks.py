"""Streaks: what a scratched drum or a dirty glass draws down a page, across its tables as if it were a ruling.

All coordinates are in the frame of a flattened sheet, in pixels.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from pipeline.forms.rulings import REACH, Ruling, mend
from pipeline.sheets import Image

_PAST = 60  # px at 200 dpi; no ruling of a table runs on so far past its outermost level line
_NEAR = 4  # px at 200 dpi; a piece of a streak is no farther from its line
_THIN = 0.75  # of the thickness of a table's upright rulings
_FEWEST = 3  # other upright rulings that the lines of a table meet


def find_streaks(across: Sequence[Ruling], upright: Sequence[Ruling], unit: float) -> list[Ruling]:
    """Those upright rulings that are streaks: thinner than a table's, and running on past its edge, unlike those.

    Where most of a table's upright rulings run on so, its own edge was lost, and none of them is a streak. Each is
    given whole, also where it shows in pieces.
    """
    upright = mend(list(upright), unit)
    met = [[i for i, level in enumerate(across) if _meet(level, post, REACH * unit)] for post in upright]
    # An underline, or the rule below a page's head, meets no ruling but the streak itself.
    shared = {i for i in range(len(across)) if sum(i in levels for levels in met) > 1}
    kept = [[i for i in levels if i in shared] for levels in met]
    runs_on = [_runs_on(post, [across[i] for i in levels], unit) for post, levels in zip(upright, kept, strict=True)]
    streaks = []
    for n, post in enumerate(upright):
        if not runs_on[n]:
            continue
        others = [m for m, levels in enumerate(kept) if m != n and len(set(levels) & set(kept[n])) > 1]
        if len(others) < _FEWEST or 2 * sum(runs_on[m] for m in others) >= len(others):
            continue
        if post.thickness < _THIN * float(np.median([upright[m].thickness for m in others])):
            streaks.append(post)
    return streaks


def apart(upright: Sequence[Ruling], streaks: Sequence[Ruling], unit: float) -> list[Ruling]:
    """The upright rulings that are no pieces of streaks."""
    near = _NEAR * unit
    return [r for r in upright if not any(abs(s.at((r.start + r.end) / 2) - r.middle) <= near for s in streaks)]


def without_streaks(mask: Image, streaks: Sequence[Ruling]) -> Image:
    """``mask`` ``(h, w)`` with the streaks wiped out; itself where there are none."""
    if not streaks:
        return mask
    clean = mask.copy()
    for s in streaks:
        ends = (round(s.at_start), round(s.start)), (round(s.at_end), round(s.end))
        cv2.line(clean, *ends, (0,), max(1, round(s.thickness)) + 2)
    return clean


def _meet(level: Ruling, post: Ruling, reach: float) -> bool:
    x, y = post.middle, level.middle
    return level.start - reach <= x <= level.end + reach and post.start - reach <= y <= post.end + reach


def _runs_on(post: Ruling, levels: Sequence[Ruling], unit: float) -> bool:
    """Whether a ruling crosses the outermost of the level lines it meets, and goes on well past it."""
    if len(levels) < 2:
        return False
    heights = [level.at(post.middle) for level in levels]
    return max(min(heights) - post.start, post.end - max(heights)) > _PAST * unit
