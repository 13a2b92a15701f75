"""Turns drawn glyphs into pen strokes: thinning, tracing, joining at crossings.

A stroke is an (n, 2) float array in a square of side ``EM``; the pen redraws it with its own width, slant and shake,
so that one font gives several hands that share no outline with it.
"""

from __future__ import annotations

import functools

import cv2
import numpy as np
from PIL import Image, ImageDraw

from .fonts import face

EM = 112
PAD = 40
SIDE = EM + 2 * PAD
Stroke = np.ndarray


@functools.lru_cache(maxsize=16384)
def glyph_mask(font: str, char: str) -> tuple[np.ndarray, float]:
    """The glyph as an alpha mask of SIDE × SIDE (its em box PAD inside) and its advance, both in EM units."""
    drawn = face(font).at(EM)
    image = Image.new("L", (SIDE, SIDE), 0)
    ascent, descent = drawn.getmetrics()
    top = PAD + (EM - (ascent + descent)) / 2
    ImageDraw.Draw(image).text((PAD, top), char, font=drawn, fill=255)
    mask = np.asarray(image, np.float32) / 255
    return mask, float(drawn.getlength(char))


def thin(binary: np.ndarray) -> np.ndarray:
    """Zhang-Suen thinning of a boolean picture."""
    img = np.pad(binary.astype(np.uint8), 1)
    while True:
        changed = False
        for step in (0, 1):
            p2, p3, p4 = img[:-2, 1:-1], img[:-2, 2:], img[1:-1, 2:]
            p5, p6, p7 = img[2:, 2:], img[2:, 1:-1], img[2:, :-2]
            p8, p9 = img[1:-1, :-2], img[:-2, :-2]
            ring = np.stack([p2, p3, p4, p5, p6, p7, p8, p9, p2]).astype(np.int8)
            count = ring[:8].sum(0)
            turns = ((ring[:-1] == 0) & (ring[1:] == 1)).sum(0)
            first, second = (p2 * p4 * p6, p4 * p6 * p8) if step == 0 else (p2 * p4 * p8, p2 * p6 * p8)
            drop = (img[1:-1, 1:-1] == 1) & (count >= 2) & (count <= 6) & (turns == 1) & (first == 0) & (second == 0)
            if drop.any():
                img[1:-1, 1:-1][drop] = 0
                changed = True
        if not changed:
            return img[1:-1, 1:-1].astype(bool)


def _neighbours(pixel: tuple[int, int], pixels: set[tuple[int, int]]) -> list[tuple[int, int]]:
    """Pixels that touch this one; diagonal ones only where no straight step leads there."""
    y, x = pixel
    found = [n for n in ((y - 1, x), (y, x - 1), (y, x + 1), (y + 1, x)) if n in pixels]
    for dy in (-1, 1):
        for dx in (-1, 1):
            if (y + dy, x + dx) in pixels and (y + dy, x) not in pixels and (y, x + dx) not in pixels:
                found.append((y + dy, x + dx))
    return found


def _segments(skeleton: np.ndarray) -> list[list[tuple[int, int]]]:
    """Paths between ends and crossings of a one pixel wide skeleton."""
    pixels = {(int(y), int(x)) for y, x in np.argwhere(skeleton)}
    degree = {p: len(_neighbours(p, pixels)) for p in pixels}
    nodes = {p for p, d in degree.items() if d != 2}
    used: set[frozenset[tuple[int, int]]] = set()
    found = []
    for node in sorted(nodes):
        for step in _neighbours(node, pixels):
            if frozenset((node, step)) in used:
                continue
            path = [node, step]
            used.add(frozenset((node, step)))
            while path[-1] not in nodes:
                ahead = [n for n in _neighbours(path[-1], pixels) if frozenset((path[-1], n)) not in used]
                ahead = [n for n in ahead if n != path[-2]]
                if not ahead:
                    break
                used.add(frozenset((path[-1], ahead[0])))
                path.append(ahead[0])
            found.append(path)
    seen = {p for path in found for p in path}
    for start in sorted(pixels - seen):  # closed rings have no node
        if start in seen:
            continue
        path = [start]
        seen.add(start)
        while True:
            ahead = [n for n in _neighbours(path[-1], pixels) if n not in seen]
            if not ahead:
                break
            path.append(ahead[0])
            seen.add(ahead[0])
        found.append([*path, start])
    return found


def _tail(path: np.ndarray, at_start: bool) -> np.ndarray:
    """Unit direction in which the path leaves its end."""
    part = path[:9] if at_start else path[::-1][:9]
    way = part[-1] - part[0]
    unit: np.ndarray = way / (np.hypot(*way) or 1.0)
    return unit


def _join(paths: list[np.ndarray]) -> list[np.ndarray]:
    """Joins paths that run straight on through a crossing: the straightest pairs of ends first, each end once."""
    ends = [(i, first) for i in range(len(paths)) for first in (True, False)]
    points = np.array([paths[i][0] if first else paths[i][-1] for i, first in ends], np.float64).reshape(-1, 2)
    ways = np.array([_tail(paths[i], first) for i, first in ends], np.float64).reshape(-1, 2)
    near = np.abs(points[:, None] - points[None]).sum(-1) <= 6
    straight = np.where(near, -(ways @ ways.T), -1)
    pairs = [(float(straight[a, b]), a, b) for a, b in np.argwhere(np.triu(straight > 0.72, 1)) if a // 2 != b // 2]
    partner: dict[int, int] = {}
    for _, a, b in sorted(pairs, reverse=True):
        if a not in partner and b not in partner:
            partner[a], partner[b] = b, a
    done: set[int] = set()
    found = []
    starts = [e for e in range(len(ends)) if e not in partner] + list(range(len(ends)))
    for start in starts:
        if start // 2 in done:
            continue
        chain, end = [], start
        while end // 2 not in done:
            done.add(end // 2)
            path = paths[end // 2]
            chain.append(path if end % 2 == 0 else path[::-1])
            if (end ^ 1) not in partner:
                break
            end = partner[end ^ 1]
        found.append(np.concatenate(chain))
    return found


def smooth(path: np.ndarray, every: float = 3.0) -> np.ndarray:
    """The path with a point every few units and the stair steps of pixels taken out."""
    if len(path) < 3:
        return path.astype(np.float32)
    kernel = np.ones(5) / 5
    ends = path[0], path[-1]
    padded = np.pad(path.astype(np.float64), ((2, 2), (0, 0)), mode="edge")
    even = np.stack([np.convolve(padded[:, k], kernel, "valid") for k in (0, 1)], axis=1)
    even[0], even[-1] = ends
    length = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(even, axis=0).T))])
    at = np.linspace(0, length[-1], max(2, int(length[-1] / every) + 1))
    return np.stack([np.interp(at, length, even[:, k]) for k in (0, 1)], axis=1).astype(np.float32)


def _lengthen(path: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """Thinning shortens strokes by half their width: gives that back at ends that lie in ink of some width."""
    if np.hypot(*(path[0] - path[-1])) < 2 and len(path) > 4:
        return path
    ends = []
    for end, before in ((path[0], path[min(3, len(path) - 1)]), (path[-1], path[max(-4, -len(path))])):
        way = end - before
        size = np.hypot(*way)
        way = way / size if size > 0.5 else np.array([0.6, 0.8])
        x, y = np.clip(np.round(end + PAD).astype(int), 0, SIDE - 1)
        ends.append(end + way * max(0.0, float(reach[y, x]) - 1) * 0.8)
    return np.concatenate([ends[:1], path, ends[1:]]).astype(np.float32)


@functools.lru_cache(maxsize=16384)
def glyph_strokes(font: str, char: str) -> tuple[tuple[Stroke, ...], float]:
    """The glyph's strokes as (x, y) in em units (0..EM inside the em box), roughly in writing order."""
    mask, advance = glyph_mask(font, char)
    skeleton = thin(mask > 0.5)
    paths = [np.array(p, np.float32)[:, ::-1] - PAD for p in _segments(skeleton)]
    ends: dict[tuple[float, float], int] = {}
    for p in paths:
        for e in (tuple(p[0]), tuple(p[-1])):
            ends[e] = ends.get(e, 0) + 1
    kept = []
    for p in paths:
        loose = (ends[tuple(p[0])] == 1) != (ends[tuple(p[-1])] == 1)
        bridge = ends[tuple(p[0])] > 1 and ends[tuple(p[-1])] > 1 and len(p) <= 3
        if len(paths) > 2 and (bridge or (len(p) < 0.06 * EM and loose)):
            continue
        kept.append(p)
    found = []
    reach = cv2.distanceTransform((mask > 0.5).astype(np.uint8), cv2.DIST_L2, 3)
    for p in _join(kept):
        path = _lengthen(smooth(p), reach)
        if (path[0] @ (1.0, 0.8)) > (path[-1] @ (1.0, 0.8)):
            path = path[::-1]
        found.append(path)
    found.sort(key=lambda p: float(p[0] @ (0.45, 1.0)))
    return tuple(found), advance
