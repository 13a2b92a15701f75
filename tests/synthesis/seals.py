"""Round office seals: ring, star and text on an arc, faint or partly inked."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image, ImageDraw

from .fonts import face


def _cloud(rng: np.random.Generator, side: int, cells: int) -> np.ndarray:
    """Soft noise between 0 and 1."""
    return cv2.resize(rng.random((cells, cells)).astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC)


def seal_mask(text: str, radius: float, rng: np.random.Generator, floor: float = 0.45) -> np.ndarray:
    """The seal as an alpha picture (0..1) of side about 2.2 × radius pixels; ``floor`` is the least inking."""
    big = 3  # drawn larger, then shrunk
    r = int(radius * big)
    side = int(2.2 * r)
    centre = side / 2
    image = Image.new("L", (side, side), 0)
    draw = ImageDraw.Draw(image)
    ring = max(3, int(r * rng.uniform(0.035, 0.06)))
    draw.ellipse((centre - r, centre - r, centre + r, centre + r), outline=255, width=ring)
    if rng.random() < 0.25:
        inner = r - 2 * ring
        draw.ellipse(
            (centre - inner, centre - inner, centre + inner, centre + inner), outline=255, width=max(2, ring // 3)
        )
    star = r * rng.uniform(0.27, 0.34)
    angles = np.deg2rad(-90 + 36 * np.arange(10))
    lengths = np.where(np.arange(10) % 2 == 0, star, star * 0.382)
    draw.polygon(
        [(centre + a * np.cos(t), centre + a * np.sin(t)) for a, t in zip(lengths, angles, strict=True)], fill=255
    )
    size = int(np.clip(4.1 * r / max(len(text), 10), r * 0.14, r * 0.27))
    font = face("serif-bold" if rng.random() < 0.6 else "song").at(size)
    sweep = min(np.deg2rad(285), len(text) * size * 1.25 / (r * 0.74))
    for i, char in enumerate(text):
        angle = -np.pi / 2 + sweep * ((i + 0.5) / len(text) - 0.5)
        tile = Image.new("L", (2 * size, 2 * size), 0)
        ImageDraw.Draw(tile).text((size, size), char, font=font, fill=255, anchor="mm")
        tile = tile.rotate(-np.rad2deg(angle) - 90, resample=Image.Resampling.BICUBIC)
        x, y = centre + 0.77 * r * np.cos(angle), centre + 0.77 * r * np.sin(angle)
        image.paste(255, (int(x - size), int(y - size)), tile)
    image = image.rotate(float(rng.uniform(-28, 28)), resample=Image.Resampling.BICUBIC)
    whole = np.asarray(image, np.float32) / 255
    mask = cv2.resize(whole, (side // big, side // big), interpolation=cv2.INTER_AREA)
    side = mask.shape[0]
    ink = 0.55 + 0.6 * _cloud(rng, side, 7)
    if rng.random() < 0.35:  # one side hardly touched the paper
        tilt = rng.uniform(0, 2 * np.pi)
        ys, xs = np.mgrid[0:side, 0:side] / side - 0.5
        ink *= np.clip(0.85 + 1.5 * (xs * np.cos(tilt) + ys * np.sin(tilt)), max(0.2, floor - 0.25), 1)
    grain = _cloud(rng, side, max(8, side // 3))
    ink *= np.where(grain < rng.uniform(0.02, 0.2), 0.35, 1.0)
    return np.clip(mask * ink, 0, 1) * rng.uniform(floor, 0.95)
