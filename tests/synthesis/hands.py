"""The hands: a Chinese font, digits, a pen, and how the writer slants, jitters, joins and bends."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Hand:
    """What makes one writer. ``pen`` hands are redrawn as strokes, others keep the font's own outlines."""

    name: str
    fonts: tuple[str, ...]
    latin: str = "kalam"
    own_digits: int | None = None
    pen: bool = True
    width: float = 6.5  # pen width, EM = 112: some 0.3 mm
    weight: float = 0.0  # outlines: > 0 fatter, < 0 thinner, in EM units
    slant: float = 0.0
    squeeze: float = 1.0
    tracking: float = 1.0
    wander: float = 0.02  # base line, of an em
    size_jitter: float = 0.04
    turn: float = 2.0  # degrees a character
    elastic: float = 2.0  # how far points move each time
    habit: float = 3.0  # how far they move the same way for one writer and character
    joins: float = 0.0  # strokes joined inside a character
    links: float = 0.0  # characters joined
    digit_size: float = 0.72
    messy: bool = False
    mix: float = 0.0  # share of characters from the second font although the first has them
    inks: tuple[str, ...] = field(default=("blue", "black", "gray"))


MA, KUAI, SETO = ("ma-shan-zheng", "gyosho"), ("zcool-kuaile", "seto"), ("seto", "zcool-kuaile")
HANDS = {
    h.name: h
    for h in (
        Hand("brush_running", MA, "homemade-apple", pen=False, weight=-1.0, slant=0.06, wander=0.03),
        Hand(
            "brush_bold",
            MA,
            own_digits=64,
            pen=False,
            weight=0.8,
            slant=0.22,
            squeeze=0.86,
            size_jitter=0.1,
            wander=0.05,
            elastic=3.5,
        ),
        Hand("pen_running", MA, own_digits=11, width=6.5, slant=0.16, joins=0.25, squeeze=0.92),
        Hand(
            "pen_hasty",
            MA,
            own_digits=23,
            width=5.5,
            slant=0.34,
            joins=0.6,
            links=0.25,
            elastic=3.6,
            habit=5.5,
            wander=0.06,
            size_jitter=0.12,
            turn=5,
            tracking=0.86,
            messy=True,
        ),
        Hand(
            "pen_half_grass",
            ("ma-shan-zheng", "liu-jian-mao-cao"),
            own_digits=42,
            width=7.0,
            slant=0.2,
            joins=0.35,
            mix=0.16,
            wander=0.05,
            elastic=2.8,
            tracking=0.92,
            messy=True,
        ),
        Hand(
            "grass",
            ("liu-jian-mao-cao", "ma-shan-zheng"),
            "caveat",
            pen=False,
            weight=0.6,
            slant=0.05,
            tracking=0.9,
            messy=True,
        ),
        Hand("felt_round", KUAI, "gochi-hand", pen=False, weight=-2.6, elastic=3.0, tracking=1.04),
        Hand("pen_wide", KUAI, "indie-flower", width=8.0, squeeze=1.14, slant=-0.05, wander=0.05, turn=4),
        Hand("pen_child", SETO, own_digits=5, width=6.0, size_jitter=0.1, turn=4, habit=4.0, tracking=1.1),
        Hand("pen_fine", SETO, "reenie-beanie", width=5.0, slant=0.24, joins=0.3, squeeze=0.9, links=0.1),
        Hand(
            "pen_square",
            ("sans", "serif"),
            "nanum-pen-script",
            width=5.4,
            slant=0.05,
            elastic=3.2,
            habit=6.0,
            size_jitter=0.08,
        ),
        Hand(
            "pen_narrow",
            ("serif", "sans"),
            own_digits=97,
            width=5.2,
            slant=-0.16,
            squeeze=0.8,
            elastic=3.4,
            habit=6.5,
            joins=0.15,
            wander=0.04,
            tracking=1.04,
        ),
        Hand(
            "pen_back",
            KUAI,
            own_digits=131,
            width=5.0,
            slant=-0.26,
            squeeze=0.8,
            habit=6.0,
            elastic=3.4,
            joins=0.3,
            turn=4,
            size_jitter=0.1,
            tracking=1.04,
            messy=True,
        ),
    )
}
