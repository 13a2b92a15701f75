"""Many short texts to be searched at once: one long string, which is searched at the speed of memory."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

_TAIL = 2000  # texts that may wait to be put into the long string
WHOLE, START, INSIDE = range(3)
"""Where in a line the needle was found."""


class Haystack:
    """Lines, each with the text that it stands for. What has gone stays until it is most of what there is."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._owners: list[str] = []
        self._blob = "\n"
        self._starts: list[int] = []

    def add(self, line: str, owner: str) -> None:
        self._lines.append(line)
        self._owners.append(owner)

    def __len__(self) -> int:
        return len(self._lines)

    def find(self, needle: str, *, at_end: bool = False) -> Iterator[tuple[int, str]]:
        """The texts with ``needle`` in one of their lines, each with where it stands; only at the end if so asked."""
        if len(self._lines) - len(self._starts) > _TAIL or not self._starts:
            self._fold()
        if not needle or "\n" in needle:
            return
        yield from self._in_blob(needle, at_end)
        for number in range(len(self._starts), len(self._lines)):
            line = self._lines[number]
            if line.endswith(needle) if at_end else needle in line:
                yield _where(line, needle), self._owners[number]

    def _in_blob(self, needle: str, at_end: bool) -> Iterator[tuple[int, str]]:
        wanted = needle + "\n" if at_end else needle
        at = self._blob.find(wanted)
        while at >= 0:
            number = bisect_right(self._starts, at) - 1
            yield _where(self._lines[number], needle), self._owners[number]
            at = self._blob.find(wanted, self._starts[number] + len(self._lines[number]))

    def _fold(self) -> None:
        self._blob = "\n".join(self._lines) + "\n"
        self._starts = list(accumulate((len(line) + 1 for line in self._lines[:-1]), initial=0)) if self._lines else []


def _where(line: str, needle: str) -> int:
    return WHOLE if line == needle else START if line.startswith(needle) else INSIDE
