"""Which claim a fulfilment answers, once the names are settled; what the names leave open is weighed together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from pipeline.ledgers.cells import as_date
from pipeline.ledgers.claims import Fulfilment
from pipeline.ledgers.decided import Decided
from pipeline.ledgers.likeness import Likeness
from pipeline.ledgers.matches import Claim, Decisions, Key, Matches, Named, Pair, claimed_since, names
from pipeline.ledgers.resolver import COMMUNITY, EMPLOYER, ROLES, Resolved

_FAR = 2.4  # what doubtful names may cost together, where all else agrees
_APART = 0.45  # and how much less than the next claim
_BETTER = 0.5  # by how much another name may be likelier than the claimed one
_CLOSE = 3  # claims named beside a fulfilment that is not matched


class _Candidates:
    """Claims by two of their three parts, and what doubtful names cost against each."""

    def __init__(self, claims: Sequence[tuple[Key, Named]]) -> None:
        self._claims = claims
        self._by_part: defaultdict[tuple[int, str], set[int]] = defaultdict(set)
        for i, (key, _) in enumerate(claims):
            for part in enumerate(key):
                self._by_part[part].add(i)

    def of(self, key: Key, named: Named, but: int = -1) -> list[tuple[float, int, list[tuple[int, Likeness]]]]:
        """Every claim that the names may mean: cost, claim, and the parts that differ, cheapest first."""
        pools = []
        for part, resolved in enumerate(named):
            if not key[part]:
                return []
            pool = set(self._by_part.get((part, key[part]), ()))
            for other, _ in resolved.near:
                pool |= self._by_part.get((part, other), set())
            pools.append(pool)
        found = []
        for i in set.intersection(*pools) - {but}:
            if (costs := self.costs(named, key, i)) is not None and sum(c.cost for _, c in costs) <= _FAR:
                found.append((sum(c.cost for _, c in costs), i, costs))
        return sorted(found, key=lambda x: (x[0], x[1]))

    def costs(self, named: Named, key: Key, claim: int) -> list[tuple[int, Likeness]] | None:
        """What it costs to take each differing name for the claim's; ``None`` where one cannot be."""
        out = []
        for part, (mine, theirs) in enumerate(zip(key, self._claims[claim][0], strict=True)):
            if mine == theirs:
                continue
            near = dict(named[part].near)
            if theirs not in near or near[theirs].cost > named[part].near[0][1].cost + _BETTER:
                return None
            out.append((part, near[theirs]))
        return out


def joined(claims: list[tuple[Claim, Named]]) -> list[Claim]:
    """Claims whose names are in doubt put to the one claim that they may be, if there is just one.

    Which of two goes into the other follows from their names and not from which was stated first.
    """
    candidates = _Candidates([(claim.key, named) for claim, named in claims])
    into: dict[int, int] = {}
    for i in sorted(range(len(claims)), key=lambda n: claims[n][0].key):
        claim, named = claims[i]
        if not any(r.near for r in named):
            continue
        found = [f for f in candidates.of(claim.key, named, but=i) if f[1] not in into]
        if chosen := _clear(found):
            into[i] = chosen[1]
            target = claims[chosen[1]][0]
            target.mentions += claim.mentions
            target.notes += [n for n in (*claim.notes, *_explained(claim, target, chosen[2])) if n not in target.notes]
    return [claim for i, (claim, _) in enumerate(claims) if i not in into]


_Found = tuple[float, int, list[tuple[int, Likeness]]]


def _clear(found: Sequence[_Found]) -> _Found | None:
    """The likeliest claim, if no other comes near."""
    if not found or (len(found) > 1 and found[1][0] - found[0][0] < _APART):
        return None
    return found[0]


def _explained(mine: Claim | Key, claim: Claim, costs: Iterable[tuple[int, Likeness]]) -> list[str]:
    notes = []
    for part, likeness in costs:
        role, attribute = ROLES[part], Key._fields[part]
        rest = "、".join(r.word for r in ROLES if r is not role)
        notes.append(
            f"{role.word}“{getattr(mine, attribute)}”{likeness.how}“{getattr(claim, attribute)}”（{rest}一致）"
        )
    return notes


class Pairing:
    """Finds the claim of every fulfilment. ``names_of`` settles its names."""

    def __init__(self, out: Matches, names_of: Callable[[Fulfilment], tuple[Key, Named]], decisions: Decisions) -> None:
        self._out, self._names_of = out, names_of
        self._decided = Decided(decisions, out.claims, out.fulfilments)
        self._index = {claim.key: i for i, claim in enumerate(out.claims)}
        blank = Resolved("", "")
        self._candidates = _Candidates([(claim.key, (blank, blank, blank)) for claim in out.claims])
        self._by_project: defaultdict[str, list[int]] = defaultdict(list)
        self._by_place: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        for i, claim in enumerate(out.claims):
            self._by_project[claim.key.project].append(i)
            self._by_place[claim.key.by, claim.key.community].append(i)

    def run(self) -> None:
        for number, fulfilment in enumerate(self._out.fulfilments):
            key, named = self._names_of(fulfilment)
            self._out.names.append(names(named))
            decision = self._decided.of(fulfilment)
            if decision is not None and decision.holds:
                self._out.decided.add(number)
                self._put(number, decision.claim, decision.note)
                continue
            notes = [decision.note] if decision else []
            notes += [r.how for r in named if r.how]
            claim, note = self._claim_of(number, key, named)
            if claim is None and not note:
                note = self._hint(number, key)
            self._put(number, claim, "；".join([*notes, *([note] if note else [])]))

    def _put(self, number: int, claim: int | None, note: str) -> None:
        if claim is None:
            self._out.unmatched.append(number)
            self._out.hints[number] = note
        else:
            self._out.pairs.append(Pair(claim, number, note))

    def _claim_of(self, number: int, key: Key, named: Named) -> tuple[int | None, str]:
        """The claim, or none; and why, where that does not follow from the names alone."""
        found, note = (self._index.get(key), "") if all(key) else self._only(key)
        if found is None:
            near = self._candidates.of(key, named)
            if chosen := _clear(near):
                found = chosen[1]
                claim = self._out.claims[found]
                note = "；".join(_explained(Key(*names(named)), claim, chosen[2]))
            elif near:
                close = [i for _, i, _ in near[:_CLOSE]]
                self._out.close[number] = close
                said = [f"{c.by}（{c.community}）{c.project}" for c in (self._out.claims[i] for i in close)]
                return None, f"与多条认领相近，未自动匹配：{'；'.join(said)}"
        if found is not None and (early := self._early(self._out.fulfilments[number], found)):
            self._out.close[number] = [found]
            return None, "；".join(n for n in (note, early) if n)
        return found, note

    def _early(self, fulfilment: Fulfilment, claim: int) -> str:
        since = claimed_since(self._out.claims[claim])
        done = as_date(fulfilment.date.text) if fulfilment.date.sure and fulfilment.date.mark is None else None
        if since is None or done is None or done >= since:
            return ""
        return f"服务日期{done:%Y-%m-%d}早于认领日期{since:%Y-%m-%d}，未计入该认领"

    def _only(self, key: Key) -> tuple[int | None, str]:
        """The one claim of the same project that agrees where both sides say something, and at least once."""
        fits = []
        for i in self._by_project.get(key.project, []) if key.project else []:
            other = self._out.claims[i].key
            blank = [not (a and b) for a, b in zip(key[1:], other[1:], strict=True)]
            same = [a == b for a, b in zip(key[1:], other[1:], strict=True)]
            if sum(blank) == 1 and all(b or s for b, s in zip(blank, same, strict=True)):
                fits.append(i)
        return (fits[0], _blanks(key, self._out.claims[fits[0]].key)) if len(fits) == 1 else (None, "")

    def _hint(self, number: int, key: Key) -> str:
        """What comes closest to an unmatched fulfilment."""
        claims = self._out.claims
        if key.by and key.community and (same := self._by_place.get((key.by, key.community))):
            self._out.close[number] = same[:_CLOSE]
            projects = list(dict.fromkeys(claims[i].project for i in same))
            return f"该单位在该社区认领的项目是：{'、'.join(projects)}"
        same = self._by_project.get(key.project, [])
        elsewhere = [i for i in same if key.by and claims[i].key.by == key.by and claims[i].community]
        if elsewhere:
            self._out.close[number] = elsewhere[:_CLOSE]
            return f"该单位认领了该项目，但社区为：{'、'.join(dict.fromkeys(claims[i].community for i in elsewhere))}"
        others = [i for i in same if key.community and claims[i].key.community == key.community and claims[i].by]
        if others:
            self._out.close[number] = others[:_CLOSE]
            return f"该社区的该项目由其他单位认领：{'、'.join(dict.fromkeys(claims[i].by for i in others))}"
        return "没有找到相近的认领"


def _blanks(key: Key, other: Key) -> str:
    word = EMPLOYER.word if not (key.by and other.by) else COMMUNITY.word
    side = "反馈" if not (key.by and key.community) else "认领"
    return f"{side}未写明{word}，按其余两项唯一对应"
