"""From readings to values: what a field's type says about the text it can hold.

Each decoder keeps the plain reading as ``raw`` and weighs every other answer against the ink: a valid
text is taken only where the looks give it a fair probability, and a value that fits no grammar stays as
read, for a person to look at.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.definitions import FieldDefinition, FieldType
from pipeline.dictionaries import Dictionaries, Dictionary
from pipeline.reading import numbers, words
from pipeline.reading.answer import Answer
from pipeline.reading.calibration import Calibration, kind_of
from pipeline.reading.language import Lexicon
from pipeline.reading.looks import Looks
from pipeline.reading.names import NameModel
from pipeline.sheets import Reading

_STRAY_STOPS = frozenset("。.,o0O")
_AHEAD = 12  # years that a term may run ahead of the day of reading
_WORDY = frozenset({FieldType.LIST, FieldType.DICTIONARY, FieldType.TEXT})


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is known beyond the ink: the office's lists, the language's words and names, the day of reading.

    ``today`` bounds the dates that are likely: what was filled in lies behind it, and a term that runs
    ahead does not run ahead far.
    """

    dictionaries: Dictionaries
    lexicon: Lexicon
    names: NameModel
    calibration: Calibration
    today: datetime.date


def decode(field: FieldDefinition, readings: Sequence[Reading], knowledge: Knowledge) -> Answer:
    """The value of ``field`` from the lines it was written on; no lines, or empty ones, give ``None``."""
    readings = [r for r in readings if r.text.strip()]
    if field.type in _WORDY and len(readings) > 1 and readings[-1].text.strip() in _STRAY_STOPS:
        readings = readings[:-1]  # a full stop that did not fit on the line
    if not readings:
        return Answer(None, None)
    looks = Looks(readings, knowledge.lexicon.log) if field.type in _WORDY else Looks(readings)
    answer = _decode(field, looks, knowledge)
    if answer.evidence is not None:
        closed = field.closed or field.type is FieldType.CHOICE
        answer.evidence = dataclasses.replace(answer.evidence, kind=kind_of(field.type, closed=closed))
        answer.confidence = knowledge.calibration.probability(answer.evidence)
    return answer


def latest_day(field: FieldDefinition, knowledge: Knowledge) -> datetime.date:
    """The last day that a date in ``field`` may be."""
    today = knowledge.today
    return today.replace(year=today.year + _AHEAD, day=1) if field.future else today


def _decode(field: FieldDefinition, looks: Looks, knowledge: Knowledge) -> Answer:
    dictionary = knowledge.dictionaries.get(field.dictionary) if field.dictionary else None
    if field.type is FieldType.CHOICE:
        dictionary = Dictionary.of(field.key, [(option, ()) for option in field.options])
    if dictionary is not None and (field.closed or field.type is FieldType.CHOICE):
        return words.closed(looks, dictionary)
    match field.type:
        case FieldType.LIST:
            return words.entries(looks, knowledge.lexicon, dictionary)
        case FieldType.DICTIONARY | FieldType.TEXT:
            if dictionary is None:
                return words.text(looks, knowledge.lexicon)
            return words.entry(looks, knowledge.lexicon, dictionary)
        case FieldType.CODE:
            return numbers.code(looks, knowledge.today)
        case FieldType.NAME:
            return words.name(looks, knowledge.names)
        case FieldType.DATE:
            return numbers.date(looks, latest_day(field, knowledge))
        case _:
            return _BY_TYPE[field.type](looks)


_BY_TYPE: dict[FieldType, Callable[[Looks], Answer]] = {
    FieldType.ID_NUMBER: numbers.id_number,
    FieldType.USCC: numbers.credit_code,
    FieldType.PHONE: numbers.phone,
    FieldType.NUMBER: numbers.number,
}
