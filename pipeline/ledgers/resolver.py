"""From names as written to keys that compare: aliases, party organisations, short forms and slips.

A resolver serves one role (employer, community, project). It never changes a record: what it concludes
is used to match and is explained beside the match.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from pipeline.dictionaries import Dictionary
from pipeline.ledgers.names import adds_nothing, slips, squash, tolerance, without_decoration, without_party

# A whole paragraph read into a name field has no short form.
_LONGEST = 64


class Short(Enum):
    """Which part of a name people use as its short form."""

    END = auto()  # 财政金融局
    EITHER = auto()  # 健康义诊, 法律咨询
    WITHIN = auto()  # 科苑, and the other way round: 中共…科苑社区委员会


@dataclass(frozen=True, slots=True)
class Role:
    """How names of a kind vary.

    ``stem`` takes off what does not tell them apart, ``stem_shown`` says that what is left is the
    proper name; ``shortest`` is the number of characters a short form must have.
    """

    word: str
    stem: Callable[[str], str]
    stem_shown: bool
    short: Short
    shortest: int


EMPLOYER = Role("单位", without_party, True, Short.END, 4)
COMMUNITY = Role("社区", without_party, True, Short.WITHIN, 2)
PROJECT = Role("项目", without_decoration, False, Short.EITHER, 4)


@dataclass(frozen=True, slots=True)
class Resolved:
    """``key`` compares, ``name`` is shown, ``how`` says in Chinese what was concluded (empty: nothing)."""

    key: str
    name: str
    how: str = ""


class _Known:
    """Spellings with the keys they stand for, and the short forms that they have."""

    def __init__(self, role: Role) -> None:
        self._role = role
        self.keys: dict[str, str] = {}
        self._shorts: dict[str, set[str]] = {}

    def add(self, spelling: str, key: str) -> None:
        if spelling in self.keys:
            return
        self.keys[spelling] = key
        if len(spelling) > _LONGEST:
            return
        for short in self._short_forms(spelling):
            self._shorts.setdefault(short, set()).add(key)

    def _short_forms(self, spelling: str) -> Iterator[str]:
        length, least = len(spelling), self._role.shortest
        for size in range(least, length):
            yield spelling[length - size :]
            if self._role.short is Short.EITHER:
                yield spelling[:size]
            elif self._role.short is Short.WITHIN:
                yield from (spelling[start : start + size] for start in range(length - size))

    def short_of(self, name: str) -> set[str]:
        """The names that ``name`` is a short form of."""
        return self._shorts.get(name, set())

    def within(self, name: str, sure: bool) -> str | None:
        """The longest known spelling that ``name`` merely adds a stray character or two to."""
        for short in sorted(self._short_forms(name), key=len, reverse=True):
            if short in self.keys and adds_nothing(name.replace(short, "", 1), sure):
                return self.keys[short]
        return None


class Resolver:
    """Learns the names of a batch, then answers for each."""

    def __init__(self, role: Role, dictionaries: Sequence[Dictionary] = ()) -> None:
        self._role = role
        self._entries = _Known(role)  # the lists' spellings, squashed
        self._own = _Known(role)  # names of the batch that stand in no list, as stems
        self._names: dict[str, str] = {}  # key -> name as shown
        self._seen: dict[tuple[str, bool], Resolved] = {}
        stems: dict[str, set[str]] = {}
        for dictionary in dictionaries:
            for spelling, entry in dictionary.spellings.items():
                key = squash(entry)
                self._names.setdefault(key, entry)
                self._entries.add(squash(spelling), key)
                stems.setdefault(role.stem(squash(spelling)), set()).add(key)
        self._ending = _common_ending([squash(name) for name in self._names.values()])
        self._stems = {stem: keys.pop() for stem, keys in stems.items() if len(keys) == 1}

    def learn(self, texts: Iterable[tuple[str, bool]]) -> None:
        """Take in the names of a batch, ``(text, surely read)`` once a document that writes it.

        All are known before the first is settled, so that the order of documents does not matter.
        Among names in no list the frequent are settled before the rare (a slip is rare), and then the
        longer before the shorter (which may be their short forms).
        """
        counts = Counter(texts)
        stems = {text: self._role.stem(squash(text)) for text, _ in counts}
        times: Counter[str] = Counter()
        for (text, _), n in counts.items():
            times[stems[text]] += n

        def order(item: tuple[str, bool]) -> tuple[int, int, bool, bool, str]:
            text, sure = item
            stem = stems[text]
            return -times[stem], -len(stem), squash(text) != stem, not sure, text

        for text, sure in sorted(counts, key=order):
            # A name that two documents spell alike is no slip.
            self._seen[text, sure] = self._settle(text, sure, times[stems[text]] > 1)

    def resolve(self, text: str, sure: bool = True) -> Resolved:
        """The key of a name; one that was not learnt is settled now."""
        if (text, sure) not in self._seen:
            self._seen[text, sure] = self._settle(text, sure, False)
        return self._seen[text, sure]

    def listed(self, text: str) -> str | None:
        """The list's entry that ``text`` is, is an alias of, or contains; no guesses are made."""
        key = self._listed_key(text)
        return self._names[key] if key else None

    def _listed_key(self, text: str) -> str | None:
        name = squash(text)
        stem = self._role.stem(name)
        keys = self._entries.keys
        return keys.get(name) or keys.get(stem) or self._stems.get(stem) or self._contained(name)

    def _settle(self, text: str, sure: bool, repeated: bool) -> Resolved:
        name = squash(text)
        stem = self._role.stem(name)
        key = self._listed_key(text) or self._own.keys.get(stem)
        if key:
            return self._said(text, key, "即")
        whole = self._entries.short_of(stem) | self._own.short_of(stem)
        if len(whole) == 1:
            return self._said(text, next(iter(whole)), "疑为简称，按")
        for known in (self._entries, self._own):
            if key := known.within(stem, sure):
                return self._said(text, key, "疑有多余的字，按")
            if repeated and known is self._own:
                continue
            if key := self._slip_of({name, stem}, sure, known):
                return self._said(text, key, "疑为误写或误识，按")
        self._own.add(stem, stem)
        self._names.setdefault(stem, stem if self._role.stem_shown and name != stem else text)
        return self._said(text, stem, "即")

    def _said(self, text: str, key: str, verb: str) -> Resolved:
        name = self._names[key]
        return Resolved(key, name, "" if squash(text) == squash(name) else f"{self._role.word}“{text}”{verb}“{name}”")

    def _contained(self, name: str) -> str | None:
        """The longest entry whose spelling stands inside ``name``, for roles where that is meant."""
        if self._role.short is not Short.WITHIN:
            return None
        inside = [s for s in self._entries.keys if s and s in name]
        longest = max(map(len, inside), default=0)
        keys = {self._entries.keys[s] for s in inside if len(s) == longest}
        return keys.pop() if len(keys) == 1 else None

    def _slip_of(self, names: set[str], sure: bool, known: _Known) -> str | None:
        """The one known name nearest to any of ``names`` (or to a stretch of one) within the tolerance."""
        best: dict[str, int] = {}
        for candidate, spelling in (pair for name in names for pair in self._near(name, sure, known)):
            distance = slips(candidate, spelling, tolerance(spelling, sure))
            if distance is not None:
                key = known.keys[spelling]
                best[key] = min(distance, best.get(key, distance))
        least = min(best.values(), default=0)
        keys = [key for key, distance in best.items() if distance == least]
        return keys[0] if len(keys) == 1 else None

    def _near(self, name: str, sure: bool, known: _Known) -> Iterator[tuple[str, str]]:
        """Pairs of the name (or a stretch of it) and a known spelling worth comparing closely."""
        limit = tolerance(name, sure)
        if limit:
            found = process.extract(name, list(known.keys), scorer=Levenshtein.distance, score_cutoff=limit, limit=None)
            yield from ((name, spelling) for spelling, _, _ in found)
        if self._role.short is Short.WITHIN and known is self._entries:
            if self._ending and not name.endswith(self._ending):  # 黄金水崖, for 黄金水岸社区
                yield from ((name + self._ending, spelling) for spelling in known.keys)
            for spelling in known.keys:
                for start in range(len(name) - len(spelling) + 1):  # 中共…科宛社区委员会
                    yield name[start : start + len(spelling)], spelling


def _common_ending(names: Sequence[str]) -> str:
    """What all names of a list end with (社区), which people leave out."""
    if len(names) < 2:
        return ""
    ending = min(names, key=len)
    while not all(name.endswith(ending) for name in names):
        ending = ending[1:]
    return ending
