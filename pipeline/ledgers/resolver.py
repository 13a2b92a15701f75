"""From names as written to keys that compare: aliases, party organisations, short forms, other words and slips.

A resolver serves one role (employer, community, project). It never changes a record: what it concludes
is used to match and is explained beside the match. Where a name may stand for several, or the likeness is weak,
it is settled as itself, and what it may stand for is kept beside it for others to weigh (:mod:`links`).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.dictionaries import Dictionary
from pipeline.ledgers.bodies import Bodies, Communities
from pipeline.ledgers.deeds import Deeds, Meanings
from pipeline.ledgers.likeness import SLIP, Kind, Likeness
from pipeline.ledgers.names import squash, without_decoration, without_party

# A whole paragraph read into a name field is a short form of nothing, and nothing of it.
_LONGEST = 64
_WELL_ATTESTED = 3  # documents: such names are settled first, whole names before their short forms
_REPEATED_SLIP = 0.6  # what it costs to take for a slip what two documents spell alike
_JOINTS = re.compile(r"以及|和(?![谐睦平])|(?<!参)与|(?<![普以])及|[/／+＋&\s]")  # not in 和谐, 参与, 普及
_SHORTEST_PART = 2


@dataclass(frozen=True, slots=True)
class Role:
    """How names of a kind are compared.

    ``stem`` takes off what does not tell them apart, ``stem_shown`` says that what is left is the proper name.
    ``contained``: a name of the list that stands inside another is meant by it. ``several``: a text may be names
    joined by a word. A likeness is taken for the same where it costs ``firm`` at most and ``margin`` less than any
    other; up to ``far`` it is kept as possible, up to ``attested`` where several documents write the name alike. Up to
    ``utmost`` it may be the same if it stands in the other's place again and again.
    """

    word: str
    kind: Callable[[Meanings], Kind]
    stem: Callable[[str], str]
    stem_shown: bool
    contained: bool
    several: bool
    firm: float
    margin: float
    far: float
    attested: float
    utmost: float


EMPLOYER = Role("单位", lambda _: Bodies(), without_party, True, False, False, 1.3, 0.3, 2.4, 1.9, 2.4)
COMMUNITY = Role("社区", lambda _: Communities(), without_party, True, True, False, 1.0, 0.2, 1.0, 1.0, 1.0)
PROJECT = Role("项目", Deeds, without_decoration, False, False, True, 0.8, 0.2, 1.8, 1.25, 2.3)

ROLES = (PROJECT, EMPLOYER, COMMUNITY)
"""In the order of a claim's names."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """``key`` compares, ``name`` is shown, ``how`` says in Chinese what was concluded (empty: nothing).

    ``near`` holds the keys it may stand for besides, where it could not be settled.
    """

    key: str
    name: str
    how: str = ""
    near: tuple[tuple[str, Likeness], ...] = ()


class Resolver:
    """Learns the names of a batch, then answers for each."""

    def __init__(self, role: Role, dictionaries: Sequence[Dictionary] = (), meanings: Meanings | None = None) -> None:
        self._role = role
        self._kind = role.kind(meanings or {})
        self._entries: dict[str, str] = {}  # the lists' spellings, squashed -> key
        self.possible: dict[str, tuple[tuple[str, Likeness], ...]] = {}  # what own names may stand for at all
        self._own: dict[str, str] = {}  # stems of the batch that stand in no list -> key
        self._names: dict[str, str] = {}  # key -> name as shown
        self._roots: list[tuple[str, str]] = []  # spelling and key of all that others are compared with
        self._by_token: defaultdict[str, list[int]] = defaultdict(list)
        self._seen: dict[tuple[str, bool], Resolved] = {}
        stems: dict[str, set[str]] = {}
        for dictionary in dictionaries:
            for spelling, entry in dictionary.spellings.items():
                key = squash(entry)
                self._names.setdefault(key, entry)
                self._entries.setdefault(squash(spelling), key)
                stems.setdefault(role.stem(squash(spelling)), set()).add(key)
        self._stems = {stem: keys.pop() for stem, keys in stems.items() if len(keys) == 1}

    def learn(self, counts: Mapping[tuple[str, bool], int]) -> None:
        """Take in the names of a batch: in how many documents each ``(text, surely read)`` stands.

        All are known before the first is settled, so that the order of documents does not matter.
        Among names in no list the frequent are settled before the rare (a slip is rare), and then the
        longer before the shorter (which may be their short forms).
        """
        stems = {text: self._role.stem(squash(text)) for text, _ in counts}
        self._kind.learn([*self._entries, *(s for s in stems.values() if len(s) <= _LONGEST)])
        for spelling, key in self._entries.items():
            self._add_root(spelling, key)
        times: Counter[str] = Counter()
        for (text, _), n in counts.items():
            times[stems[text]] += n

        def order(item: tuple[str, bool]) -> tuple[bool, int, int, int, bool, bool, str]:
            text, sure = item
            stem = stems[text]
            known = times[stem] >= _WELL_ATTESTED
            return (
                not known,
                -len(stem) if known else -times[stem],
                -times[stem],
                -len(stem),
                squash(text) != stem,
                not sure,
                text,
            )

        for text, sure in sorted(counts, key=order):
            if not self._joined(text):
                self._seen[text, sure] = self._settle(text, sure, times[stems[text]])

    def resolve(self, text: str, sure: bool = True) -> Resolved:
        """The key of a name; one that was not learnt is settled now."""
        if (text, sure) not in self._seen:
            self._seen[text, sure] = self._settle(text, sure)
        return self._seen[text, sure]

    def parts(self, text: str, sure: bool) -> list[str]:
        """The several names written as one, joined by a word such as 和, if each is known; else the one."""
        found: list[tuple[str, str]] = []
        for joint, part, key in self._parts(self._joined(text), sure):
            if found and found[-1][1] == key:  # 图书捐赠和读书角建设 is one project
                found[-1] = (found[-1][0] + joint + part, key)
            else:
                found.append((part, key))
        return [part for part, _ in found] if len({key for _, key in found}) == len(found) > 1 else [text]

    def _parts(self, pieces: Sequence[str], sure: bool, joint: str = "") -> list[tuple[str, str, str]]:
        """Names with their keys, and the joints before them, out of both by turns; none where one is not known."""
        for end in range(len(pieces), 0, -2):
            name = "".join(pieces[:end])
            key = self._listed_key(name) if end > 1 else self._known_key(name, sure)
            if key and end == len(pieces):
                return [(joint, name, key)]
            if key and (rest := self._parts(pieces[end + 1 :], sure, pieces[end])):
                return [(joint, name, key), *rest]
        return []

    def _joined(self, text: str) -> list[str]:
        """Names and the joints between them by turns; nothing where the text is one of the list or has no joint."""
        if not self._role.several or not _JOINTS.search(text) or self._listed_key(text) or len(text) > _LONGEST:
            return []
        pieces, last = [], 0
        for joint in _JOINTS.finditer(text):
            pieces += [text[last : joint.start()], joint[0]]
            last = joint.end()
        pieces.append(text[last:])
        return pieces if all(len(p) >= _SHORTEST_PART for p in pieces[::2]) else []

    def _known_key(self, text: str, sure: bool) -> str | None:
        if key := self._listed_key(text) or self._own.get(self._role.stem(squash(text))):
            return key
        found = self._firm(self._candidates(text, sure, False))
        return found[0] if found else None

    def name(self, key: str) -> str:
        """A key's name as shown."""
        return self._names[key]

    def listed(self, text: str) -> str | None:
        """The list's entry that ``text`` is, is an alias of, or contains; no guesses are made."""
        key = self._listed_key(text)
        return self._names[key] if key else None

    def _listed_key(self, text: str) -> str | None:
        name = squash(text)
        stem = self._role.stem(name)
        return self._entries.get(name) or self._entries.get(stem) or self._stems.get(stem) or self._contained(name)

    def _contained(self, name: str) -> str | None:
        """The longest entry whose spelling stands inside ``name``, for roles where that is meant."""
        if not self._role.contained:
            return None
        inside = [s for s in self._entries if s and s in name]
        longest = max(map(len, inside), default=0)
        keys = {self._entries[s] for s in inside if len(s) == longest}
        return keys.pop() if len(keys) == 1 else None

    def _settle(self, text: str, sure: bool, times: int = 1) -> Resolved:
        stem = self._role.stem(squash(text))
        if key := self._listed_key(text) or self._own.get(stem):
            return self._said(text, key, "即")
        attested = times >= _WELL_ATTESTED
        possible = self._candidates(text, sure, attested)
        near = tuple((key, likeness) for key, likeness in possible if likeness.cost <= self._role.far)
        if found := self._firm(near):
            if attested and sure:  # what others of its kind are slips of
                self._add_root(stem, found[0])
            return self._said(text, found[0], found[1].how)
        self._own[stem] = stem
        self.possible[stem] = possible
        if attested:
            near = tuple((key, likeness) for key, likeness in near if likeness.cost <= self._role.attested)
        if not self._joined(text):
            self._add_root(stem, stem)
        self._names.setdefault(stem, stem if self._role.stem_shown and squash(text) != stem else text)
        said = self._said(text, stem, "即")
        return Resolved(said.key, said.name, said.how, near)

    def _said(self, text: str, key: str, verb: str) -> Resolved:
        name = self._names[key]
        return Resolved(key, name, "" if squash(text) == squash(name) else f"{self._role.word}“{text}”{verb}“{name}”")

    def _add_root(self, spelling: str, key: str) -> None:
        if len(spelling) > _LONGEST:
            return
        for token in self._kind.tokens(spelling):
            self._by_token[token].append(len(self._roots))
        self._roots.append((spelling, key))

    def _candidates(self, text: str, sure: bool, repeated: bool) -> tuple[tuple[str, Likeness], ...]:
        """What a name may stand for, likeliest first."""
        name = squash(text)
        if len(name) > _LONGEST:
            return ()
        tokens = self._kind.tokens(name)
        shared = Counter(i for token in tokens for i in self._by_token.get(token, ()))
        best: dict[str, Likeness] = {}
        for i, times in shared.items():
            spelling, key = self._roots[i]
            if times < min(2, len(tokens)):
                continue
            found = self._kind.compare(name, spelling, sure)
            if found is None:
                continue
            if repeated and found.how == SLIP and spelling not in self._entries:
                found = Likeness(found.cost + _REPEATED_SLIP, found.how)
            if found.cost <= self._role.utmost and (key not in best or found.cost < best[key].cost):
                best[key] = found
        return tuple(sorted(best.items(), key=lambda item: (item[1].cost, item[0])))

    def _firm(self, near: Sequence[tuple[str, Likeness]]) -> tuple[str, Likeness] | None:
        """The likeliest, where it is likely enough by itself and nothing else comes near."""
        if not near or near[0][1].cost > self._role.firm:
            return None
        if len(near) > 1 and near[1][1].cost - near[0][1].cost < self._role.margin:
            return None
        return near[0]
