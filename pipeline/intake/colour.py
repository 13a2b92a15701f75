"""Pillow images of any mode as BGR pixels: depth to 8 bits, paper white behind transparency, colour to sRGB."""

from __future__ import annotations

import io
from collections.abc import Callable

import cv2
import numpy as np
from PIL import Image, ImageCms

from pipeline import sheets

_STRIP_PIXELS = 4_000_000  # converted at a time, so that a large page is not held three times over
_SRGB = ImageCms.createProfile("sRGB")
_Strip = Callable[[Image.Image], Image.Image]


def to_bgr(picture: Image.Image) -> sheets.Image:
    """The pixels of a decoded picture of any mode as BGR uint8 ``(height, width, 3)``.

    Gray and float depths above 8 bits are scaled down, transparency is laid over white, CMYK, Lab and
    RGB with an embedded profile become sRGB; a profile that cannot be used is passed over.
    """
    width, height = picture.size
    converted = _converter(picture)
    out = np.empty((height, width, 3), np.uint8)
    rows = max(1, _STRIP_PIXELS // width)
    for top in range(0, height, rows):
        bottom = min(height, top + rows)
        part = picture if bottom - top == height else picture.crop((0, top, width, bottom))
        strip = np.asarray(converted(part))
        code = cv2.COLOR_GRAY2BGR if strip.ndim == 2 else cv2.COLOR_RGB2BGR
        cv2.cvtColor(strip, code, dst=out[top:bottom])
    return out


def _converter(picture: Image.Image) -> _Strip:
    """A function from a strip of ``picture`` to 8-bit gray (``L``) or ``RGB``."""
    mode = picture.mode
    if mode in ("F", "I") or mode.startswith("I;16"):
        return _depth_converter(picture)
    if mode == "LAB":
        lab = ImageCms.buildTransform(ImageCms.createProfile("LAB"), _SRGB, "LAB", "RGB")
        return lambda strip: _applied(lab, strip)
    profile = _profile_transform(picture)
    if mode == "CMYK":
        return lambda strip: _applied(profile, strip) if profile else strip.convert("RGB")
    if mode in ("1", "L"):
        return lambda strip: _on_white(strip) if strip.has_transparency_data else strip.convert("L")

    def colour(strip: Image.Image) -> Image.Image:
        rgb = _on_white(strip) if strip.has_transparency_data else _rgb(strip)
        return _applied(profile, rgb) if profile else rgb

    return colour


def _rgb(strip: Image.Image) -> Image.Image:
    return strip if strip.mode == "RGB" else strip.convert("RGB")  # converting to the same mode would copy


def _on_white(strip: Image.Image) -> Image.Image:
    rgba = strip.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")


def _depth_converter(picture: Image.Image) -> _Strip:
    """Gray of 12, 16 or 32 bits or floats, to 8 bits.

    16 bits are taken at full scale, 12-bit TIFFs at 4095; for 32-bit integers and floats, which carry no
    scale of their own, white is the next usual maximum above the brightest pixel (1, 255, 65535).
    """
    tags = getattr(picture, "tag_v2", {})  # TIFF only
    if picture.mode.startswith("I;16"):
        white = 4095.0 if tags.get(258) == (12,) else 65535.0
    else:
        extrema = picture.getextrema()
        brightest = float(extrema[1])  # type: ignore[arg-type]  # a single band has a (min, max) pair of numbers
        scales = (1.0, 255.0, 65535.0) if picture.mode == "F" else (255.0, 65535.0)
        white = next((scale for scale in scales if brightest <= scale), brightest)
    inverted = tags.get(262) == 0 and picture.mode.startswith("I;16")  # WhiteIsZero: Pillow leaves it as it is

    def gray(strip: Image.Image) -> Image.Image:
        values = np.clip(np.nan_to_num(np.asarray(strip).astype(np.float32)) * (255.0 / white), 0, 255)
        return Image.fromarray((255 - values if inverted else values).round().astype(np.uint8))

    return gray


def _profile_transform(picture: Image.Image) -> ImageCms.ImageCmsTransform | None:
    """From the picture's embedded ICC profile to sRGB; ``None`` where that is not needed or not possible."""
    data = picture.info.get("icc_profile")
    if not isinstance(data, bytes) or not data or picture.mode in ("1", "L", "LA", "La"):
        return None
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
        space = profile.profile.xcolor_space.strip()
        if space != ("CMYK" if picture.mode == "CMYK" else "RGB"):
            return None
        if space == "RGB" and "srgb" in ImageCms.getProfileDescription(profile).lower():
            return None
        return ImageCms.buildTransform(profile, _SRGB, "CMYK" if space == "CMYK" else "RGB", "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _applied(transform: ImageCms.ImageCmsTransform, strip: Image.Image) -> Image.Image:
    converted = ImageCms.applyTransform(strip, transform)
    assert converted is not None  # only None where it works in place
    return converted
