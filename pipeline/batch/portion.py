"""What of some files is to be read, and what people said of how their pages belong together."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.records import Arrangement


@dataclass(frozen=True, slots=True)
class Portion:
    """``pages`` are the page numbers to read of each content, by hash; a content that is not named is read whole."""

    arrangements: tuple[Arrangement, ...] = ()
    pages: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


WHOLE = Portion()
"""All pages, their content deciding what belongs together."""


def touching(arrangements: Sequence[Arrangement], contents: Collection[str]) -> tuple[Arrangement, ...]:
    """The arrangements that have a page of any of these contents."""
    return tuple(a for a in arrangements if any(sha256 in contents for sha256, _ in a.pages))
