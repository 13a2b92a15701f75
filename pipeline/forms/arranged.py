"""Pages that a person arranged to one document, held until the last of them has come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

from pipeline.records import Arrangement


class Numbered(Protocol):
    """A page by its file and its number in it, from 1."""

    file: str
    number: int


Page = TypeVar("Page", bound=Numbered)


class Gathering(Generic[Page]):
    """Gathers the pages of arrangements; ``sha256`` gives each file's content hash."""

    def __init__(self, arrangements: Sequence[Arrangement], sha256: Mapping[str, str]) -> None:
        self._sha256 = sha256
        self._of = {page: arrangement for arrangement in arrangements for page in arrangement.pages}
        self._held: dict[str, dict[tuple[str, int], Page]] = {}

    def of(self, page: Page) -> Arrangement | None:
        """The arrangement that a page is in."""
        return self._of.get(self._key(page))

    def add(self, page: Page) -> list[Page]:
        """Hold a page of an arrangement; all its pages in their order where this was the last one."""
        arrangement = self._of[self._key(page)]
        held = self._held.setdefault(arrangement.id, {})
        held[self._key(page)] = page
        if len(held) < len(arrangement.pages):
            return []
        del self._held[arrangement.id]
        return [held[key] for key in arrangement.pages]

    def rest(self) -> Iterator[list[Page]]:
        """What there is of arrangements of which some pages have not come."""
        for held in self._held.values():
            order = self._of[next(iter(held))].pages
            yield [held[key] for key in order if key in held]

    def _key(self, page: Page) -> tuple[str, int]:
        return self._sha256[page.file], page.number
