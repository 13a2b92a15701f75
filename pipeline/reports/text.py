"""Text from outside in a report: what cannot be seen is made visible, and numbers of people are covered."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 160
_ENDING = 24  # of a text that is cut: a file's ending, and the number before it, tell files apart
_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
_ID_NUMBER = r"(?<!\d)\d{17}[\dXxＸｘ](?!\d)"
_MOBILE = r"(?<!\d)[1１][3-9３-９]\d[- ]?\d{4}[- ]?\d{4}(?!\d)"
_PERSONAL = re.compile(f"{_ID_NUMBER}|{_MOBILE}")


def plain(text: object, longest: int = LONGEST) -> str:
    """``text`` fit for a report, on one line and at most ``longest`` characters before hidden ones are spelt out.

    Control characters, direction marks, lone surrogates and the like show as ``⟨U+202E⟩``: a file name must
    not turn or hide what stands beside it. Of an ID or mobile number in a file name the middle is starred.
    """
    covered = _PERSONAL.sub(_cover, str(text))
    if len(covered) > longest:
        covered = f"{covered[: longest - _ENDING - 1]}…{covered[-_ENDING:]}"
    return "".join(f"⟨U+{ord(c):04X}⟩" if unicodedata.category(c) in _HIDDEN else c for c in covered)


def _cover(match: re.Match[str]) -> str:
    number = match[0]
    return number[:3] + "*" * (len(number) - 5) + number[-2:]
