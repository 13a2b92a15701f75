"""Which characters sound alike, and which edits between two names may be slips."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Collection
from functools import cache

from rapidfuzz.distance import Levenshtein

# The table of single characters is enough; pypinyin's phrases take 50 MB.
os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")


@cache
def sounds(character: str) -> frozenset[str]:
    """The character's syllables without tones; empty for what is not Chinese."""
    from pypinyin.pinyin_dict import pinyin_dict  # late: only slips ask for it

    return frozenset(_toneless(s) for s in pinyin_dict.get(ord(character), "").split(",") if s)


def sound_alike(a: str, b: str) -> bool:
    return not sounds(a).isdisjoint(sounds(b))


def _toneless(syllable: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", syllable) if not unicodedata.combining(c))


def edits(a: str, b: str, limit: int, telling: Collection[str]) -> list[tuple[str, str]] | None:
    """What is written in ``a`` for what in ``b``, character by character; one of a pair is empty where one is lost.

    ``None`` where there are more than ``limit``, or where an edit puts one ``telling`` character for another, or
    adds or drops one.
    """
    if Levenshtein.distance(a, b, score_cutoff=limit) > limit:
        return None
    found = []
    for edit in Levenshtein.editops(a, b):
        before = a[edit.src_pos] if edit.tag != "insert" else ""
        after = b[edit.dest_pos] if edit.tag != "delete" else ""
        if all(c in telling for c in (before, after) if c):
            return None
        found.append((before, after))
    return found
