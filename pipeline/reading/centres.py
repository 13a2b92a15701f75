"""Where the characters of a text stand, told from where those of another reading of the same line do."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz.distance import Levenshtein

_LEAST = 0.5  # of the characters that must be shared by two texts to be readings of one line


def carried_over(text: str, centres: Sequence[float], other: str) -> list[float]:
    """Where each character of ``other`` stands along the line that was read as ``text``, whose places are known.

    Characters that the two share, or that face each other, stand where those of ``text`` do; one that ``text``
    lacks stands between its neighbours. Nothing where the two have too little in common to tell.
    """
    if not other or len(centres) != len(text):
        return []
    if len(text) == len(other):
        return list(centres)
    if Levenshtein.normalized_similarity(text, other) < _LEAST:
        return []
    out: list[float] = []
    for edit in Levenshtein.opcodes(text, other):
        here, wanted = centres[edit.src_start : edit.src_end], edit.dest_end - edit.dest_start
        if len(here) == wanted:
            out += here
            continue
        before = centres[edit.src_start - 1] if edit.src_start else 0.0
        after = centres[edit.src_end] if edit.src_end < len(centres) else 1.0
        out += [before + (after - before) * (i + 1) / (wanted + 1) for i in range(wanted)]
    return out
