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
HAN_DIGITS = {"〇": "0", "○": "0", "零": "0", "一": "1", "二": "2", "三": "3", "四": "4", "五": "5", "六": "6", "七": "7",
              "八": "8", "九": "9"}  # fmt: skip
DIGIT_LOOKALIKES = {"O": "0", "o": "0", "Q": "0", "D": "0", "〇": "0", "○": "0", "l": "1", "I": "1", "|": "1", "i": "1",
                    "!": "1", "丨": "1", "]": "1", "[": "1", "Z": "2", "z": "2", "乙": "2", "S": "5", "s": "5", "b": "6",
                    "G": "6", "T": "7", "?": "7", "B": "8", "&": "8", "g": "9", "q": "9"}  # fmt: skip


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


def is_han(char: str) -> bool:
    """Whether ``char`` is a CJK ideograph."""
    return "\u3400" <= char <= "\u9fff" or "\U00020000" <= char <= "\U0003ffff" or char == "〇"
