"""The characters people use: one form for each, simplified and half-width.

The recogniser's 18,708 classes mix traditional and simplified, full- and half-width forms, and hold
kana and symbols that no form of a Chinese office carries.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import opencc

_TO_SIMPLIFIED = opencc.OpenCC("t2s")

DIGITS = frozenset("0123456789")
HAN_DIGITS = {**{c: str(i) for i, c in enumerate("〇一二三四五六七八九")}, "○": "0", "零": "0"}
_LOOKALIKES = {"0": "OoQD〇○", "1": "lI|i!丨][", "2": "Zz乙", "5": "Ss", "6": "bG", "7": "T?", "8": "B&", "9": "gq"}
DIGIT_LOOKALIKES = {c: digit for digit, characters in _LOOKALIKES.items() for c in characters}
"""What a digit is misread as by a recogniser that does not know that digits stand there."""


@lru_cache(maxsize=32_768)
def fold(char: str) -> str:
    """One class's character in the form records use: NFKC, simplified.

    A character of GB 2312 stands as it is (乾, 著 and their like are simplified names too); others are
    simplified where OpenCC knows how, and characters outside both (洸, 兖) are kept.
    """
    folded = unicodedata.normalize("NFKC", char)
    if len(folded) != 1 or folded.isascii():
        return folded
    try:
        folded.encode("gb2312")
    except UnicodeEncodeError:
        return str(_TO_SIMPLIFIED.convert(folded))
    return folded


def fold_text(text: str) -> str:
    """Every character of ``text`` folded."""
    return "".join(fold(c) for c in text)


HAN = "\u3400-\u9fff\U00020000-\U0003ffff〇"
"""CJK ideographs, as a class of a regular expression."""


def is_han(char: str) -> bool:
    """Whether ``char`` is a CJK ideograph."""
    return "\u3400" <= char <= "\u9fff" or "\U00020000" <= char <= "\U0003ffff" or char == "〇"
