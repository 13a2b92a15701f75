"""Fields that say the same thing twice, weighed together.

An ID number holds the date of birth and the gender that stand beside it (GB 11643-1999), and dates have
an order. The combination of the fields' alternatives that is likeliest as a whole is taken: what the ink
says of each, and how seldom people write down what contradicts itself.
"""

from __future__ import annotations

import dataclasses
import datetime
import itertools
import re
from collections.abc import Callable, Mapping, Sequence

from pipeline import identity
from pipeline.definitions import FormDefinition, IdMatches, Ordered, YearsApart
from pipeline.reading.answer import Answer
from pipeline.reading.looks import SURE

_CONTRADICTION = 5.0  # nats; one form in 150 contradicts itself on paper
_DISORDER = 3.0  # nats; dates out of order are more often written so
_ODD_TERM = 2.0  # nats; some terms end with the year, or when the work is done
_TRIED = 5  # values of a field
_ISO = re.compile(r"\d{4}-\d{2}(-\d{2})?")

Cost = Callable[[Sequence[str]], float | None]
"""How many nats a combination of values costs; ``None`` where they cannot be compared."""


def settle(answers: Mapping[str, Answer], form: FormDefinition) -> None:
    """Apply the form's rules to the answers, by field path, in place."""
    for rule in form.rules:
        match rule:
            case IdMatches():
                _agree(answers, [rule.id_number, rule.birth_date], _same_birth, support=1.0)
                # Half of all wrong numbers have the right gender.
                _agree(answers, [rule.id_number, rule.gender], _same_gender, support=0.3)
            case YearsApart():
                _agree(answers, [rule.earlier, rule.later], _in_order(rule.years), support=0.0)
            case Ordered():
                cost = _whole_years if rule.whole_years else _in_order(0)
                _agree(answers, [rule.earlier, rule.later], cost, support=0.0)
            case _:
                pass


def _same_birth(values: Sequence[str]) -> float | None:
    number, born = values
    date = identity.birth_date(number) if identity.has_checksum(number) else None
    if date is None or not _ISO.fullmatch(born):
        return None
    return 0.0 if date.isoformat().startswith(born) else _CONTRADICTION


def _same_gender(values: Sequence[str]) -> float | None:
    number, gender = values
    if not identity.has_checksum(number) or gender not in ("男", "女"):
        return None
    return 0.0 if identity.gender(number) == gender else _CONTRADICTION


def _in_order(years: int) -> Cost:
    def cost(values: Sequence[str]) -> float | None:
        first, second = values
        if not (_ISO.fullmatch(first) and _ISO.fullmatch(second)):
            return None
        least = f"{int(first[:4]) + years:04d}{first[4:]}"
        length = min(len(least), len(second))  # a date without a day may be any day of its month
        return 0.0 if least[:length] <= second[:length] else _DISORDER

    return cost


def _whole_years(values: Sequence[str]) -> float | None:
    disorder = _in_order(0)(values)
    if disorder != 0.0 or len(values[0]) < len("2019-05-18") or len(values[1]) < len("2019-05-18"):
        return disorder
    start, end = map(datetime.date.fromisoformat, values)
    days = {(day.month, day.day) for day in (end, end + datetime.timedelta(days=1))}
    return 0.0 if (start.month, start.day) in days else _ODD_TERM


def _agree(answers: Mapping[str, Answer], paths: Sequence[str | None], cost: Cost, *, support: float) -> None:
    """Take the likeliest combination of values under ``cost``; ``support`` is what agreement is worth."""
    members = [answers[p] for p in paths if p is not None and p in answers]
    if len(members) != len(paths) or any(m.value is None or m.evidence is None for m in members):
        return
    choices = [[(m.value or "", 0.0), *m.alternatives[: _TRIED - 1]] for m in members]
    combinations = [([v for v, _ in some], sum(behind for _, behind in some)) for some in itertools.product(*choices)]
    scored = sorted((behind + (cost(values) or 0.0), values) for values, behind in combinations)
    least, best = scored[0]
    verdict = cost(best)
    if verdict is None:
        return
    for i, member in enumerate(members):
        assert member.evidence is not None
        changed = best[i] != member.value
        behind = {v: min(c for c, values in scored if values[i] == v) - least for v, _ in choices[i] if v != best[i]}
        margin = min([member.evidence.margin + _CONTRADICTION, SURE, *behind.values()]) if behind else None
        total = member.evidence.support + (support if verdict < _DISORDER else -1.0)
        member.evidence = dataclasses.replace(
            member.evidence,
            margin=member.evidence.margin if margin is None else margin,
            doubt=member.evidence.doubt or changed,
            support=max(-1.0, min(1.0, total)),
        )
        member.value = best[i]
        member.alternatives = sorted(behind.items(), key=lambda item: item[1])
