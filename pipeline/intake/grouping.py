"""Pages of one document that lie in several files: ``agreement_1.jpg``, ``agreement_2.jpg``.

Names only make a *candidate*; whether the pages belong together is for their content to say. Because
scanners and cameras number separate documents too (``IMG_0001``, ``scan_0012``), only a single digit or an
outspoken page mark (``p2``, ``第2页``) counts as a page number.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

_CHINESE_DIGITS = {digit: value for value, digit in enumerate("一二三四五六七八九十", 1)}
_DIGIT = r"(?P<number>[1-9])"
_STYLES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("page", re.compile(r"(?P<base>.*?)[\s_-]*第\s*(?P<number>[1-9][0-9]?|[一二三四五六七八九十])\s*页", re.DOTALL)),
    ("p", re.compile(r"(?P<base>.+?)[\s_-]+p(?P<number>[1-9][0-9]?)", re.IGNORECASE | re.DOTALL)),
    ("brackets", re.compile(rf"(?P<base>.+?)\s*[(（]{_DIGIT}[)）]", re.DOTALL)),
    ("_", re.compile(rf"(?P<base>.+)_{_DIGIT}", re.DOTALL)),
    ("-", re.compile(rf"(?P<base>.+)-{_DIGIT}", re.DOTALL)),
)
_RUNNING_NUMBER = {
    "brackets": re.compile(r"(?P<base>.+?)\s*[(（][0-9]{2,}[)）]", re.DOTALL),
    "_": re.compile(r"(?P<base>.+)_[0-9]{2,}", re.DOTALL),
    "-": re.compile(r"(?P<base>.+)-[0-9]{2,}", re.DOTALL),
}


class _Series(NamedTuple):
    """What the pages of one document have in common: folder, name before the number, way of numbering."""

    folder: str
    base: str
    style: str


def group_files(paths: Sequence[str]) -> list[list[str]]:
    """Candidate groups, each a list of paths in page order; every path is in exactly one group.

    ``paths`` are relative with forward slashes. Files of the same folder and stem numbered 1, 2, … n
    without a gap form one group; everything else is a group of one. Groups stand in the order of their
    first page in ``paths``.
    """
    stems: dict[tuple[str, str], list[str]] = defaultdict(list)
    series: dict[_Series, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    counters: set[_Series] = set()
    for path in paths:
        pure = PurePosixPath(path)
        folder = str(pure.parent)
        stems[folder, pure.stem].append(path)
        numbered = _numbered(pure.stem)
        if numbered:
            style, base, number = numbered
            series[_Series(folder, base, style)][number].append(path)
        for style, pattern in _RUNNING_NUMBER.items():
            match = pattern.fullmatch(pure.stem)
            if match:
                counters.add(_Series(folder, match["base"], style))

    group_of: dict[str, list[str]] = {}
    for key, pages in series.items():
        # A tenth file means a running number; `form (1)` next to `form` is a second copy, not a page.
        if key in counters or (key.style == "brackets" and (key.folder, key.base) in stems):
            continue
        for run in _runs(pages):
            for path in run:
                group_of[path] = run

    groups: list[list[str]] = []
    done: set[str] = set()
    for path in paths:
        if path not in done:
            group = group_of.get(path, [path])
            groups.append(group)
            done.update(group)
    return groups


def _numbered(stem: str) -> tuple[str, str, int] | None:
    """``(style, base, number)`` where a file name ends in a page number."""
    for style, pattern in _STYLES:
        match = pattern.fullmatch(stem)
        if match:
            text = match["number"]
            return style, match["base"], _CHINESE_DIGITS.get(text) or int(text)
    return None


def _runs(pages: dict[int, list[str]]) -> list[list[str]]:
    """Runs 1, 2, … of two or more files; where a number is taken twice, each file type makes its own."""
    if all(len(files) == 1 for files in pages.values()):
        candidates = [{number: files[0] for number, files in pages.items()}]
    else:
        by_type: dict[str, dict[int, str]] = defaultdict(dict)
        for number, files in pages.items():
            for file in files:
                by_type[PurePosixPath(file).suffix.lower()].setdefault(number, file)
        candidates = list(by_type.values())
    runs = []
    for numbers in candidates:
        run: list[str] = []
        while len(run) + 1 in numbers:
            run.append(numbers[len(run) + 1])
        if len(run) > 1:
            runs.append(run)
    return runs
