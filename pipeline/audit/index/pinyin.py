"""How Chinese is typed in Latin letters: initials (``zjl``) and whole syllables (``zhangjianlin``)."""

from __future__ import annotations

import os
import unicodedata
from functools import cache
from itertools import product

# Only the table of single characters is used: the phrases take 50 MB, and a person who searches for a name
# types any of its characters' readings.
os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")
from pypinyin.pinyin_dict import pinyin_dict

_READINGS = 2  # of a character, the usual ones first
_FIRST_READINGS = 4  # of the first, which may be a surname: 单, 解, 仇
_SPELLINGS = 8  # of a text
_LONGEST = 40  # characters; what is longer is no name


def spellings(text: str) -> list[tuple[str, str]]:
    """The ways to spell a name, the usual first: initials and whole. Empty for text with nothing Chinese in it.

    Latin letters and digits stand for themselves.
    """
    readings = [_readings(char) for char in text[:_LONGEST]]
    if not any(len(r) and r[0] != char.casefold() for r, char in zip(readings, text, strict=False)):
        return []
    limited = [r[: _READINGS if i else _FIRST_READINGS] for i, r in enumerate(readings) if r]
    ways = 1
    for i, options in enumerate(limited):
        if ways * len(options) > _SPELLINGS:
            limited[i] = options[:1]
        ways *= len(limited[i])
    found = {("".join(s[0] for s in way), "".join(way)): None for way in product(*limited)}
    return list(found)


@cache
def _readings(char: str) -> tuple[str, ...]:
    if char.isascii():
        return (char.casefold(),) if char.isalnum() else ()
    readings = pinyin_dict.get(ord(char), "")
    return tuple(dict.fromkeys(_plain(reading) for reading in readings.split(",") if reading))


def _plain(syllable: str) -> str:
    """Without its tone; ü is typed v."""
    parts = unicodedata.normalize("NFD", syllable).replace("u\u0308", "v")
    return "".join(c for c in parts if not unicodedata.combining(c))
