"""Which ink a character of a value was read from."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz.distance import Levenshtein

NO_INK = "\u00b7"
"""Stands for a character that is not on the paper: the 0 in 05 where somebody wrote 5."""


def sources(value: str, raw: str, places: int) -> list[int | None]:
    """For each character of ``value``, which of the ``places`` known is its own; ``None`` for one not on the paper.

    Places are those of the characters of ``raw``, the plain reading.
    """
    if not raw or places != len(raw):
        return list(range(places)) if places == len(value) else [None] * len(value)
    if raw == value:
        return list(range(places))
    found: list[int | None] = [None] * len(value)
    for edit in Levenshtein.opcodes(raw, value):
        if edit.tag not in ("equal", "replace"):
            continue
        for i in range(edit.dest_end - edit.dest_start):
            before, after = raw[edit.src_start + i], value[edit.dest_start + i]
            if before.isalnum() == after.isalnum():  # a full stop is no 0
                found[edit.dest_start + i] = edit.src_start + i
    return found


def inked(value: str, raw: str, places: int) -> str:
    """The value with :data:`NO_INK` for characters whose place is not known; itself where all are known."""
    of = sources(value, raw, places)
    if None not in of:
        return value
    return "".join(char if source is not None else NO_INK for char, source in zip(value, of, strict=True))


def centres(value: str, raw: str, known: Sequence[float]) -> list[float | None]:
    """Where each character of ``value`` stands along its line; ``None`` for one not on the paper."""
    return [None if source is None else known[source] for source in sources(value, raw, len(known))]
