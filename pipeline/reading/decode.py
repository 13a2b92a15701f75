"""From readings to values: what a field's type says about the characters it can hold.

Each decoder keeps the plain reading as ``raw`` and weighs every other answer against the ink: a valid
string is taken only where the recogniser gives it a fair probability, and a value that fits no grammar
stays as read, for a person to look at.
"""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz.distance import Levenshtein
from stdnum.cn import uscc

from pipeline import identity
from pipeline.definitions import FieldDefinition, FieldType
from pipeline.dictionaries import Dictionaries, Dictionary
from pipeline.reading.calibration import Calibration, kind_of
from pipeline.reading.characters import DIGIT_LOOKALIKES, DIGITS, is_han
from pipeline.reading.ctc import beam, log_probability
from pipeline.reading.dates import parse_date
from pipeline.reading.language import Corrected, Lexicon
from pipeline.records import Evidence, Reading, Steps

_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_SEPARATORS = re.compile(r"[、,,;;/]+|。(?=.)")
_STRAY_STOPS = frozenset("。.,o0O")
_ROUND_STOP = re.compile(r"(?<=[\u4e00-\u9fff])[oO]$")  # 。 written as a ring
_THOUSANDS = re.compile(r"(?<=\d)[,，](?=\d{3}(?!\d))")
_LIKELY_SINCE = "1935"
_SHORT_YEAR = 4.0  # nats against a year of two digits: 20.9.5 is more often 2019.5 with a stroke lost
_TWO_DIGITS = re.compile(r"\D*\d{2}\D")
_SURE = 12.0  # nats; a lead beyond this says nothing more
_BEND = 7.0  # nats a differing character: how much less likely than the plain reading an entry may be


@dataclass(slots=True)
class Decoded:
    """A value, the recogniser's own text, what speaks for the value, and the probability that it is right."""

    value: str | None
    raw: str
    evidence: Evidence | None
    confidence: float = 1.0


def join(readings: Sequence[Reading]) -> Reading:
    """The lines of one value as one reading, in order."""
    if len(readings) == 1:
        return readings[0]
    n = len(readings)
    steps = None
    parts = [r.steps for r in readings if r.steps is not None]
    if len(parts) == n and n:
        steps = Steps(
            np.concatenate([p.classes for p in parts]),
            np.concatenate([p.probs for p in parts]),
            float(np.mean([p.floor for p in parts])),
            parts[0].alphabet,
        )
    return Reading(
        "".join(r.text for r in readings),
        [p for r in readings for p in r.probs],
        [(i + c) / n for i, r in enumerate(readings) for c in r.centres],
        steps,
    )


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is known beyond the ink: the office's lists, the language's words, and the day of reading.

    ``today`` bounds the dates that are likely: what was filled in lies behind it, and a term that runs
    ahead does not run ahead far.
    """

    dictionaries: Dictionaries
    lexicon: Lexicon
    calibration: Calibration
    today: datetime.date


def decode(field: FieldDefinition, readings: Sequence[Reading], knowledge: Knowledge) -> Decoded:
    """The value of ``field`` from the lines it was written on; no lines, or empty ones, give ``None``."""
    readings = [r for r in readings if r.text.strip()]
    wordy = field.type in (FieldType.LIST, FieldType.DICTIONARY, FieldType.TEXT)
    if wordy and len(readings) > 1 and readings[-1].text.strip() in _STRAY_STOPS:
        readings = readings[:-1]  # a full stop that did not fit on the line
    if not readings:
        return Decoded(None, "", None)
    decoded = _decode(field, join(readings), knowledge)
    if decoded.evidence is not None:
        closed = field.closed or field.type is FieldType.CHOICE
        decoded.evidence = dataclasses.replace(decoded.evidence, kind=kind_of(field.type, closed=closed))
        decoded.confidence = knowledge.calibration.probability(decoded.evidence)
    return decoded


def _decode(field: FieldDefinition, reading: Reading, knowledge: Knowledge) -> Decoded:
    dictionary = knowledge.dictionaries.get(field.dictionary) if field.dictionary else None
    if field.type is FieldType.CHOICE:
        dictionary = Dictionary.of(field.key, [(option, ()) for option in field.options])
    if dictionary is not None and (field.closed or field.type is FieldType.CHOICE):
        return _closed(reading, dictionary)
    if field.type in (FieldType.LIST, FieldType.DICTIONARY, FieldType.TEXT):
        words = knowledge.lexicon.correct(reading)
        if field.type is FieldType.LIST:
            return _list(reading, words, dictionary)
        return _text(reading, words) if dictionary is None else _open(reading, words, dictionary)
    if field.type is FieldType.DATE:
        today = knowledge.today
        return _date(reading, today.replace(year=today.year + 12, day=1) if field.future else today)
    return _BY_TYPE[field.type](reading)


def _text(reading: Reading, words: Corrected) -> Decoded:
    value = _ROUND_STOP.sub("。", words.text.strip().strip("_|").lstrip(":"))
    return _decoded(value, reading, margin=words.margin, doubt=words.text != reading.text)


def _name(reading: Reading) -> Decoded:
    value = "".join(c for c in reading.text if is_han(c) or c == "·")
    return _decoded(value, reading, doubt=len(value) < 2 or len(value) != len(reading.text.strip()))


def _code(reading: Reading) -> Decoded:
    value = re.sub(r"\s+", "", reading.text).strip(":_.,").replace("—", "-").replace("一", "-")
    return _decoded(value.upper(), reading)


def _number(reading: Reading) -> Decoded:
    plain = _THOUSANDS.sub("", _digits(reading.text))
    found = re.search(r"\d+(?:\.\d+)?", plain)
    if found is None:
        strings = [s for s, _ in _beam(reading, DIGITS) if s]
        return _decoded(strings[0] if strings else reading.text.strip(), reading, doubt=True)
    value = found.group()
    left_over = any(c.isdigit() for c in plain.replace(value, "", 1))
    written = _THOUSANDS.sub("", reading.text).strip()
    return _decoded(value, reading, doubt=left_over or not written.startswith(value))


def _date(reading: Reading, latest: datetime.date) -> Decoded:
    plain = parse_date(_digits(reading.text, keep="年月日.-/"))
    likely = _LIKELY_SINCE, latest.isoformat()
    ranked = [
        (iso, logp - (_SHORT_YEAR if _TWO_DIGITS.match(s) else 0.0))
        for s, logp in _beam(reading, "0123456789年月日.-/。〇一二三四五六七八九十")
        if (iso := parse_date(s)) and likely[0] <= iso <= likely[1]
    ]
    if not ranked:
        return _decoded(plain or reading.text.strip(), reading, doubt=True, known=plain is not None)
    value, margin = _most_probable(ranked)
    if plain != value and max(logp for _, logp in ranked) < _log(reading, reading.text) - _BEND:
        # The ink speaks clearly for what was read: an unlikely or impossible date is for a person to judge.
        return _decoded(plain or reading.text.strip(), reading, doubt=True, known=plain is not None)
    return _decoded(value, reading, margin=margin, doubt=plain != value, known=True)


def _id_number(reading: Reading) -> Decoded:
    plain = _digits(reading.text, keep="xX").upper().replace(" ", "")
    return _checked(reading, plain, "0123456789X", identity.is_valid)


def _uscc(reading: Reading) -> Decoded:
    plain = re.sub(r"[^0-9A-Z]", "", reading.text.upper()).replace("O", "0").replace("I", "1")
    return _checked(reading, plain, _USCC_ALPHABET, uscc.is_valid)


def _phone(reading: Reading) -> Decoded:
    plain = re.sub(r"[^\d-]", "", _digits(reading.text, keep="-")).strip("-")
    if re.fullmatch(r"0\d{2,3}-?\d{7,8}", plain):
        return _decoded(plain, reading, known=True)
    return _checked(reading, plain.replace("-", ""), "0123456789", lambda s: bool(re.fullmatch(r"1[3-9]\d{9}", s)))


def _checked(reading: Reading, plain: str, alphabet: str, valid: Callable[[str], bool]) -> Decoded:
    """A string with a grammar: the plain reading if valid, else the likeliest valid one near it.

    A checksum picks among readings, and is thereby used up as a detector of errors, so an answer that
    differs from the plain reading is marked as doubtful.
    """
    ranked = [(s, logp) for s, logp in _beam(reading, alphabet) if valid(s)]
    if valid(plain):
        best, margin = _most_probable(ranked) if ranked else (plain, _SURE)
        return _decoded(plain, reading, margin=margin if best == plain else 0.0, doubt=best != plain, known=True)
    if not ranked:
        return _decoded(plain or reading.text.strip(), reading, doubt=True)
    value, margin = _most_probable(ranked)
    if Levenshtein.distance(value, plain) > 2:
        return _decoded(plain, reading, doubt=True)
    return _decoded(value, reading, margin=margin, doubt=True, known=True)


def _closed(reading: Reading, dictionary: Dictionary) -> Decoded:
    """The most probable entry of a complete list; text that the ink holds apart from all of them stays as read."""
    text = reading.text.strip()
    scored = [(spelling, _log(reading, spelling)) for spelling, _ in dictionary.nearest(text, 12)]
    if not scored:
        return _decoded(text, reading, doubt=True)
    best, margin = _most_probable(scored)
    if text in dictionary:
        return _decoded(text, reading, margin=margin if best == text else 0.0, known=True)
    distance = Levenshtein.distance(best, text)
    lead = _BEND * distance - (_log(reading, text) - _log(reading, best))
    if distance > max(1, round(0.6 * len(best))) or lead < 0:
        return _decoded(text, reading, doubt=True)
    return _decoded(best, reading, margin=min(margin, lead), doubt=True, known=True)


def _open(reading: Reading, words: Corrected, dictionary: Dictionary) -> Decoded:
    """An entry of an incomplete list where the ink speaks for it, else the text as read."""
    text = words.text.strip().lstrip(":")
    entry, lead = _entry(reading, text, text, dictionary)
    known = entry in dictionary
    margin = _SURE if known and entry == text == reading.text.strip() else min(words.margin, lead)
    return _decoded(entry, reading, margin=margin, doubt=entry != reading.text.strip().lstrip(":"), known=known)


def _list(reading: Reading, words: Corrected, dictionary: Dictionary | None) -> Decoded:
    """Several things in one blank, joined with 、; each weighed against the dictionary on its own."""
    text = words.text.strip().lstrip(":").rstrip("。.")
    items = [item for part in _SEPARATORS.split(text) if part for item in _parted(part, dictionary)]
    leads: list[float] = []
    if dictionary is not None:
        for i, item in enumerate(items):
            items[i], lead = _entry(reading, "、".join(items), item, dictionary)
            leads.append(lead)
    known = dictionary is not None and bool(items) and all(item in dictionary for item in items)
    value = "、".join(items)
    plain = "、".join(x for x in _SEPARATORS.split(reading.text.strip().lstrip(":").rstrip("。.")) if x)
    margin = min([_SURE if known and value == plain else words.margin, *leads])
    return _decoded(value, reading, margin=margin, doubt=value != plain, known=known)


def _parted(text: str, dictionary: Dictionary | None) -> list[str]:
    """Things written one after another without 、 between them, parted where an entry begins or ends."""
    if dictionary is None or text in dictionary:
        return [text]
    for spelling in sorted(dictionary.spellings, key=len, reverse=True):
        at = text.find(spelling)
        if at >= 0 and len(spelling) >= 4 and len(text) - len(spelling) >= 4:
            parts = [text[:at], spelling, text[at + len(spelling) :]]
            return [x for part in parts if part for x in _parted(part, dictionary)]
    return [text]


def _entry(reading: Reading, whole: str, item: str, dictionary: Dictionary) -> tuple[str, float]:
    """The dictionary's spelling that ``item`` within ``whole`` most likely is, or ``item`` itself.

    With it comes how far, in nats, it was from being left as read.

    An entry replaces what was read only if it differs in few characters, and putting it in its place
    makes the whole no less likely than :data:`_BEND` allows: the ink decides, not the list.
    """
    if item in dictionary:
        return item, _SURE
    best, best_loss, lead = item, np.inf, _SURE
    plain = _log(reading, whole)
    for spelling, distance in dictionary.nearest(item):
        if distance > 0.4 * max(len(spelling), len(item)):
            continue
        loss = plain - _log(reading, whole.replace(item, spelling, 1))
        if loss <= _BEND * distance and loss < best_loss:
            best, best_loss, lead = spelling, loss, _BEND * distance - loss
    return best, lead


def _digits(text: str, keep: str = "") -> str:
    """Characters that are digits to a person who knows that digits stand here."""
    return "".join(c if c in keep else DIGIT_LOOKALIKES.get(c, c) for c in text)


def _beam(reading: Reading, alphabet: str | frozenset[str]) -> list[tuple[str, float]]:
    return beam(reading.steps, frozenset(alphabet)) if reading.steps is not None else []


def _log(reading: Reading, text: str) -> float:
    return log_probability(reading.steps, text) if reading.steps is not None else 0.0


def _most_probable(ranked: Sequence[tuple[str, float]]) -> tuple[str, float]:
    """The value with most probability in total, and by how many nats it leads the others together."""
    totals: dict[str, float] = {}
    top = max(logp for _, logp in ranked)
    for value, logp in ranked:
        totals[value] = totals.get(value, 0.0) + float(np.exp(logp - top))
    best = max(totals, key=lambda v: totals[v])
    rest = sum(totals.values()) - totals[best]
    return best, float(min(_SURE, np.log(totals[best] / max(rest, 1e-12))))


def _decoded(
    value: str, reading: Reading, *, margin: float | None = None, doubt: bool = False, known: bool = False
) -> Decoded:
    probs = np.clip(reading.probs or [1e-3], 1e-3, 1.0)
    evidence = Evidence(
        kind="",
        weakest=float(probs.min()),
        mean=float(np.exp(np.log(probs).mean())),
        length=len(reading.text),
        margin=_SURE if margin is None else float(np.clip(margin, -_SURE, _SURE)),
        doubt=doubt,
        known=known,
    )
    return Decoded(value or None, reading.text, evidence)


_BY_TYPE: dict[FieldType, Callable[[Reading], Decoded]] = {
    FieldType.NAME: _name,
    FieldType.ID_NUMBER: _id_number,
    FieldType.USCC: _uscc,
    FieldType.PHONE: _phone,
    FieldType.NUMBER: _number,
    FieldType.CODE: _code,
}
