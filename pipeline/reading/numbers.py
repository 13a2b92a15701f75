"""Values made of digits: read under their grammar, and never forced into it.

The likeliest valid text is weighed against the plain reading, which may be what somebody really wrote. A
checksum picks among readings and is thereby used up as a detector of errors, so an answer that differs
from the plain reading is marked as doubtful.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable

from rapidfuzz.distance import Levenshtein

from pipeline.reading.answer import Answer
from pipeline.reading.characters import DIGIT_LOOKALIKES
from pipeline.reading.dates import parse_date
from pipeline.reading.grammar import DATE, ID_NUMBER, NUMBER, PHONE, USCC, Grammar
from pipeline.reading.ink import Alike
from pipeline.reading.language import one_other
from pipeline.reading.looks import SURE, Looks, lead, ranked

BEND = 7.0  # nats a differing character: how much less likely than the plain reading a valid text may be
_FAR = 3  # differing characters beyond which a valid text is not what was written
_LIKELY_SINCE = "1935"
_SHORT_YEAR = 4.0  # nats against a year of two digits: 20.9.5 is more often 2019.5 with a stroke lost
_TWO_DIGITS = re.compile(r"\D*\d{2}\D")
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
_FIRST_YEAR = 2000  # of the numbers that an office may have given
_NO_YEAR = 6.0  # nats against a group of four digits that is no year
_THOUSANDS = re.compile(r"(?<=\d)[,，](?=\d{3}(?!\d))")

_BEHIND_DIGIT = re.compile(r"(?<=\d)[A-Za-z]+")
_CODE_DIGITS = {c: digit for c, digit in DIGIT_LOOKALIKES.items() if c.isascii() and c.isalpha()}
_IN_DIGITS = Alike(DIGIT_LOOKALIKES)
_IN_DATES = Alike({c: d for c, d in DIGIT_LOOKALIKES.items() if c not in "〇○"})
_IN_ID = Alike({**DIGIT_LOOKALIKES, "x": "X"})
_IN_USCC = Alike({"O": "0", "o": "0", "I": "1", "l": "1", "|": "1", **{c: c.upper() for c in "abcdefghjkmnpqrtuwxy"}})


def is_date(text: str, latest: datetime.date) -> bool:
    """Whether ``text`` is a date that may have been written by ``latest``."""
    value = parse_date(text) if DATE.accepts(text) else None
    return value is not None and _LIKELY_SINCE <= value <= latest.isoformat()


def id_number(looks: Looks) -> Answer:
    return _grammatical(looks, ID_NUMBER, lambda t: re.sub(r"[^\dX]", "", t), _IN_ID)


def credit_code(looks: Looks) -> Answer:
    return _grammatical(looks, USCC, lambda t: re.sub(r"[^0-9A-Z]", "", t.upper()), _IN_USCC)


def phone(looks: Looks) -> Answer:
    def value_of(text: str) -> str:
        number = re.sub(r"[^\d-]", "", text).strip("-")
        return number if number.startswith("0") else number.replace("-", "")

    return _grammatical(looks, PHONE, value_of, _IN_DIGITS)


def number(looks: Looks) -> Answer:
    def value_of(text: str) -> str:
        found = re.search(r"\d+(?:\.\d+)?", _THOUSANDS.sub("", text))
        return found.group() if found else ""

    return _grammatical(looks, NUMBER, value_of, _IN_DIGITS)


def date(looks: Looks, latest: datetime.date) -> Answer:
    def value_of(text: str) -> str | None:
        return parse_date(text)

    def prior(value: str, written: str) -> float | None:
        if not _LIKELY_SINCE <= value <= latest.isoformat():
            return None
        return -_SHORT_YEAR if _TWO_DIGITS.match(written) else 0.0

    return _grammatical(looks, DATE, value_of, _IN_DATES, prior)


def code(looks: Looks, today: datetime.date) -> Answer:
    """A number that the office gave: as read, but for what the ink allows to be otherwise and codes seldom have.

    A group of four digits is mostly a year, and letters like digits right behind a digit are digits: TS8S445 is
    TS85445.
    """

    def value_of(text: str) -> str:
        return re.sub(r"\s+", "", text).strip(":_.,").replace("—", "-").replace("一", "-").upper()

    read = looks.text.strip()
    near = [*_with_years(read, today), *(text for look in looks.all for text in one_other(look))]
    near = [read, *near]
    tried = list(dict.fromkeys([*near, *map(_all_digits, near)]))
    logs = looks.log(tried)
    # What was read is itself a year, or is put in doubt by the years that it may be; and so with letters.
    burden = [(0.0 if is_code(text, today) else -_NO_YEAR) - BEND * _strays(text) for text in tried]
    order = ranked([(value_of(t), float(log) + b) for t, log, b in zip(tried, logs, burden, strict=True)])
    best = order[0][0]
    spelled = next(t for t in tried if value_of(t) == best)
    agreement = looks.agreement(best, value_of)
    return Answer(
        best,
        looks,
        margin=lead(order),
        doubt=best != value_of(read),
        known=_YEAR.search(best) is not None and is_code(best, today),
        agreement=agreement,
        alternatives=order,
        spelled=spelled,
    )


def is_code(text: str, today: datetime.date) -> bool:
    """Whether every group of four digits in ``text`` is a year until ``today``."""
    return all(_FIRST_YEAR <= int(year) <= today.year for year in _YEAR.findall(text))


def _strays(text: str) -> int:
    """How many letters stand where :func:`_all_digits` has digits."""
    return sum(a != b for a, b in zip(text, _all_digits(text), strict=True))


def _all_digits(text: str) -> str:
    """``text`` with letters right behind a digit as the digits they look like, where all of them do: not 2019GJ03."""

    def digits(match: re.Match[str]) -> str:
        letters = match.group()
        return "".join(_CODE_DIGITS[c] for c in letters) if all(c in _CODE_DIGITS for c in letters) else letters

    return _BEHIND_DIGIT.sub(digits, text)


def _with_years(text: str, today: datetime.date) -> list[str]:
    """``text`` with a group of four digits that is no year replaced by the years most like it."""
    found = _YEAR.search(text)
    if found is None or is_code(text, today):
        return []
    years = [str(year) for year in range(_FIRST_YEAR, today.year + 1)]
    near = [y for y in years if sum(a != b for a, b in zip(y, found.group(), strict=True)) <= 1]
    return [text[: found.start()] + year + text[found.end() :] for year in near]


def _grammatical(
    looks: Looks,
    grammar: Grammar,
    value_of: Callable[[str], str | None],
    alike: Alike,
    prior: Callable[[str, str], float | None] = lambda value, written: 0.0,
) -> Answer:
    """The likeliest valid value, or the plain reading where the ink holds it apart from all valid ones.

    ``value_of`` gives a written text's value, ``prior`` its log probability before the ink is looked at
    (``None`` for never).
    """

    def plainly(text: str) -> str | None:
        return value_of(alike.plain(text))

    written = alike.plain(looks.text.strip())
    plain = value_of(written)
    scored = []
    spelled: dict[str, str] = {}
    for text, logp in looks.beam(grammar, alike):
        value = value_of(text)
        weight = prior(value, text) if value else None
        if value and weight is not None:
            scored.append((value, logp + weight))
            spelled.setdefault(value, text)
    raw_value = plain or looks.text.strip()
    if not scored:
        return Answer(raw_value, looks, margin=0.0, doubt=True, agreement=looks.agreement(raw_value, plainly))
    order = ranked(scored)
    best = order[0][0]
    margin = lead(order)
    agreement = looks.agreement(best, plainly)
    if best != plain:
        distance = Levenshtein.distance(spelled[best], written)
        ahead = float(looks.log([written], alike)[0]) - max(s for _, s in scored)
        room = BEND * distance - ahead
        if distance > _FAR or room < 0:
            behind = [(value, nats + max(ahead, 0.0)) for value, nats in order]
            return Answer(raw_value, looks, margin=0.0, doubt=True, alternatives=behind)
        margin = min(margin, room)
    return Answer(
        best,
        looks,
        margin=min(margin, SURE),
        doubt=best != plain,
        known=True,
        agreement=agreement,
        alternatives=order,
        spelled=spelled[best],
    )
