"""Colours of a workbook as red, green and blue, whatever they refer to."""

from __future__ import annotations

import colorsys

from pipeline.ledgers.opc import Element, Package, local

# ECMA-376 part 1, 18.8.27: the palette of `indexed`; 0 to 7 repeat 8 to 15.
_FIRST_EIGHT = "000000 FFFFFF FF0000 00FF00 0000FF FFFF00 FF00FF 00FFFF"
_PALETTE = tuple(
    f"{_FIRST_EIGHT} {_FIRST_EIGHT} "
    "800000 008000 000080 808000 800080 008080 C0C0C0 808080 9999FF 993366 FFFFCC CCFFFF 660066 FF8080 0066CC CCCCFF "
    "000080 FF00FF FFFF00 00FFFF 800080 800000 008080 0000FF 00CCFF CCFFFF CCFFCC FFFF99 99CCFF FF99CC CC99FF FFCC99 "
    "3366FF 33CCCC 99CC00 FFCC00 FF9900 FF6600 666699 969696 003366 339966 003300 333300 993300 993366 333399 333333 "
    "000000 FFFFFF".split()
)
# `theme` counts light before dark, other than the order of the scheme.
_THEME_ORDER = (1, 0, 3, 2, 4, 5, 6, 7, 8, 9, 10, 11)


class Colours:
    """What a workbook's themed and numbered colours stand for."""

    def __init__(self, package: Package) -> None:
        self.theme = _theme(package)
        self.palette = _palette(package)

    def rgb(self, colour: Element) -> str | None:
        """``RRGGBB`` of a colour element; none for automatic ones."""
        if colour.get("rgb"):
            base: str | None = colour.get("rgb")[-6:].upper()
        elif colour.get("theme") is not None:
            base = _at(self.theme, colour.get("theme"))
        elif colour.get("indexed") is not None:
            base = _at(self.palette, colour.get("indexed"))
        else:
            base = None
        return base and _tinted(base, float(colour.get("tint", "0")))


def _at(colours: tuple[str, ...], number: str) -> str | None:
    return colours[int(number)] if int(number) < len(colours) else None


def _theme(package: Package) -> tuple[str, ...]:
    part = package.related(package.workbook, "theme")
    if part is None:
        return ()
    schemes = [e for e in package.tree(part).iter() if local(e) == "clrScheme"]
    if not schemes:
        return ()
    written = [c[0].get("lastClr") or c[0].get("val", "000000") for c in schemes[0] if local(c) and len(c)]
    return tuple(written[i].upper() for i in _THEME_ORDER if i < len(written))


def _palette(package: Package) -> tuple[str, ...]:
    part = package.related(package.workbook, "styles")
    if part is None:
        return _PALETTE
    own = [e.get("rgb", "FF000000")[-6:].upper() for e in package.tree(part).iter() if local(e) == "rgbColor"]
    return (*own, *_PALETTE[len(own) :])


def _tinted(base: str, tint: float) -> str:
    """``tint`` darkens below zero and lightens above, by luminance (ECMA-376 part 1, 18.8.3)."""
    if not tint:
        return base
    red, green, blue = (int(base[i : i + 2], 16) / 255 for i in (0, 2, 4))
    hue, light, saturation = colorsys.rgb_to_hls(red, green, blue)
    light = light * (1 + tint) if tint < 0 else light * (1 - tint) + tint
    return "".join(f"{round(255 * part):02X}" for part in colorsys.hls_to_rgb(hue, light, saturation))
