"""Writes a set of synthetic scans with their truth.

``python -m tests.synthesis OUT_DIR --count N --seed S [--group seen|heldout|fresh …]
[--layout NAME] [--hand NAME] [--profile NAME]``: groups of layouts, see catalogue.py; without any, "heldout".
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from .capture import PROFILES, capture, move_box
from .catalogue import GROUPS, LAYOUTS, layout_names
from .doc import Doc
from .fonts import FontMissingError, missing
from .hands import HANDS
from .values import Values
from .writer import Writer

#: PDFs carry a date: always this one.
EPOCH = time.gmtime(1_560_000_000)
#: How often each comes up, against the rest. Grass script is real, but hard to read even for people.
ODDS = {"grass": 1, "flatbed": 8, "copier": 4, "fax": 2, "photo": 3}


def deck(names: list[str], seed: int, usual: int = 5) -> list[str]:
    """The names, each as often as its odds, in the seed's order: documents take them in turn."""
    cards = [n for n in names for _ in range(ODDS.get(n, usual))]
    return [cards[int(i)] for i in np.random.default_rng([seed, len(cards)]).permutation(len(cards))]


def build(seed: int, number: int, a: argparse.Namespace) -> tuple[dict[str, Any], list[tuple[str, bytes]]]:
    """One document: its truth (without file names) and its files as (suffix, bytes)."""
    rng = np.random.default_rng([seed, number])
    layouts, hands, profiles = (
        deck(layout_names(a.group or ["heldout"]), seed, 1),
        deck(sorted(HANDS), seed),
        deck(list(PROFILES), seed),
    )
    layout = a.layout or layouts[number % len(layouts)]
    hand = a.hand or hands[number % len(hands)]
    profile = a.profile or profiles[number % len(profiles)]
    kind = LAYOUTS[layout].kind
    dpi = 200 if profile == "fax" else int(rng.choice([150, 200, 300], p=[0.22, 0.6, 0.18]))
    ppm = max(dpi, 200) / 25.4
    doc = Doc(
        kind,
        rng,
        Writer(HANDS[hand], rng),
        Values(rng),
        ppm,
        ink=str(rng.choice(HANDS[hand].inks, p=[0.4, 0.45, 0.15])),
        printed=bool(rng.random() < 0.08),
        serif=str(rng.choice(["serif", "song", "sans", "ming"], p=[0.4, 0.3, 0.2, 0.1])),
        mark_style=str(rng.choice(["tick", "cross", "fill", "dot", "ring"], p=[0.5, 0.18, 0.12, 0.1, 0.1])),
        distract=a.distract,
        seal_floor=0.75 if profile in ("copier", "fax") else 0.45,
    )
    LAYOUTS[layout].paint(doc)
    turn = int(rng.choice([0, 1, 2, 3], p=[0.93, 0.025, 0.02, 0.025]))
    images, matrices = [], []
    for page in doc.pages:
        image, matrix = capture(page.finish(rng), profile, dpi / 25.4 / ppm, rng, turn)
        images.append(image)
        matrices.append(matrix)
    boxes = [{"field": k, "page": n, "quad": move_box(b, matrices[n])} for k, n, b in doc.boxes]
    truth = {
        "doc_type": kind,
        "layout": layout,
        "pages": len(images),
        "profile": profile,
        "dpi": dpi,
        "turn": turn,
        "printed": doc.printed,
        "hand": hand,
        "fields": doc.fields,
        "rows": doc.rows,
        "marks": doc.marks,
        "boxes": boxes,
    }
    return truth, save(images, profile, dpi, rng)


def save(images: list[np.ndarray], profile: str, dpi: int, rng: np.random.Generator) -> list[tuple[str, bytes]]:
    """The pages as files: JPEG, PNG, TIFF or PDF; several pages as several pictures or one file."""
    pictures = [Image.fromarray(i) for i in images]
    if profile == "fax":
        pictures = [p.convert("1", dither=Image.Dither.NONE) for p in pictures]
        if len(pictures) == 1:
            return [(".png", _bytes(pictures[0], "PNG", dpi=(dpi, dpi)))]
        return [
            (
                ".tif",
                _bytes(
                    pictures[0], "TIFF", save_all=True, append_images=pictures[1:], compression="group4", dpi=(dpi, dpi)
                ),
            )
        ]
    quality = int(rng.integers(58, 90))
    kind = "jpg" if profile == "photo" else str(rng.choice(["jpg", "png", "tif", "pdf"], p=[0.6, 0.12, 0.12, 0.16]))
    if kind == "jpg" or (kind == "png" and len(pictures) > 1):
        parts = [_bytes(p, "JPEG", quality=quality, dpi=(dpi, dpi)) for p in pictures]
        return [(".jpg" if len(parts) == 1 else f"_{n + 1}.jpg", b) for n, b in enumerate(parts)]
    if kind == "png":
        return [(".png", _bytes(pictures[0], "PNG", dpi=(dpi, dpi)))]
    pictures = [Image.open(io.BytesIO(_bytes(p, "JPEG", quality=quality))) for p in pictures]
    if kind == "tif":
        return [
            (
                ".tif",
                _bytes(
                    pictures[0],
                    "TIFF",
                    save_all=True,
                    append_images=pictures[1:],
                    compression="tiff_lzw",
                    dpi=(dpi, dpi),
                ),
            )
        ]
    return [
        (
            ".pdf",
            _bytes(
                pictures[0],
                "PDF",
                save_all=True,
                append_images=pictures[1:],
                resolution=dpi,
                creationDate=EPOCH,
                modDate=EPOCH,
            ),
        )
    ]


def _bytes(picture: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def main() -> int:
    """Write the set."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.synthesis", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--group", choices=GROUPS, action="append", help="may be given several times")
    parser.add_argument("--layout", choices=sorted(LAYOUTS))
    parser.add_argument("--hand", choices=sorted(HANDS))
    parser.add_argument("--profile", choices=PROFILES)
    parser.add_argument(
        "--distract",
        action="store_true",
        help="stray lines at boxes nobody marked, and ticks crossed out (such a field is left out of the truth)",
    )
    a = parser.parse_args()
    if problems := missing():
        raise FontMissingError("\n".join(problems))
    scans = a.out / "scans"
    scans.mkdir(parents=True, exist_ok=True)
    for old in scans.glob("syn_*"):
        old.unlink()
    truth = []
    for number in range(a.count):
        record, files = build(a.seed, number, a)
        names = [f"syn_{number:03d}{suffix}" for suffix, _ in files]
        for name, (_, content) in zip(names, files, strict=True):
            (scans / name).write_bytes(content)
        truth.append({"files": names, **record})
    (a.out / "truth.json").write_text(json.dumps(truth, ensure_ascii=False), encoding="utf-8")
    print(f"{len(truth)} documents in {a.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
