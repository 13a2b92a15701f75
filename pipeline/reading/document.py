"""All values of one document, read together: each on its own, then in the light of one another.

What decides is kept: a value that was settled by the writer's other digits, by agreeing with another
field, or by a signature or seal that says the same, says so in its evidence.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from pipeline.definitions import FieldDefinition, FieldType, FormDefinition
from pipeline.reading.agreement import settle
from pipeline.reading.answer import Answer
from pipeline.reading.decode import Knowledge, decode, latest_day
from pipeline.reading.grammar import ID_NUMBER, PHONE, USCC
from pipeline.reading.numbers import is_code, is_date
from pipeline.reading.style import learn
from pipeline.reading.witness import Witness, hear
from pipeline.sheets import Reading

_PLAIN_PROOF = {FieldType.ID_NUMBER: ID_NUMBER, FieldType.USCC: USCC, FieldType.PHONE: PHONE}


@dataclass(slots=True)
class Written:
    """A value as it stands on the paper: its field path and definition, and how to read its lines.

    ``look_again`` takes another look at the lines; the readings it gives hold both looks.
    """

    path: str
    field: FieldDefinition
    readings: list[Reading]
    look_again: Callable[[], list[Reading]]


def decode_document(
    values: Sequence[Written],
    form: FormDefinition,
    knowledge: Knowledge,
    needed: Callable[[FieldDefinition], float],
    witnesses: Mapping[str, Witness] | None = None,
) -> list[Answer]:
    """An answer for each of the document's values, in order; ``needed`` is the confidence that is enough.

    ``witnesses`` are places other than values, by field, that may say again what a value says. Evidence is
    final, confidences are those of a first look and still to be judged by it.
    """
    answers = []
    for value in values:
        answer = decode(value.field, value.readings, knowledge)
        if answer.value is not None and answer.confidence < needed(value.field):
            value.readings = value.look_again()
            answer = decode(value.field, value.readings, knowledge)
        answers.append(answer)
    _in_one_hand(values, answers, knowledge)
    by_path = {value.path: answer for value, answer in zip(values, answers, strict=True)}
    settle(by_path, form)
    fields = {value.path: value for value in values}

    def sure(path: str) -> bool:
        evidence = by_path[path].evidence
        return evidence is None or knowledge.calibration.probability(evidence) >= needed(fields[path].field)

    hear(by_path, form, {**{path: partial(_readings, v) for path, v in fields.items()}, **(witnesses or {})}, sure)
    return answers


def _readings(value: Written) -> list[Reading]:
    return value.readings


def _in_one_hand(values: Sequence[Written], answers: list[Answer], knowledge: Knowledge) -> None:
    """Read again, in place, the digits that this document's writer is known to be misread in."""
    rules = [(answer, rule) for value, answer in zip(values, answers, strict=True) if (rule := _rule(value, knowledge))]
    hand = learn(rules)
    if not hand:
        return
    for i, value in enumerate(values):
        old = answers[i]
        if old.evidence is None or not any(hand.misreads(r) for r in value.readings):
            continue
        new = decode(value.field, [hand.adapt(r) for r in value.readings], knowledge)
        if new.evidence is None:
            continue
        decided = new.value != old.value
        new.evidence = dataclasses.replace(new.evidence, doubt=new.evidence.doubt or decided, hand=decided)
        new.raw = old.raw
        answers[i] = new


def _rule(value: Written, knowledge: Knowledge) -> Callable[[str], bool] | None:
    """What may be written in the field at all, where that proves digits."""
    if value.field.type is FieldType.DATE:
        latest = latest_day(value.field, knowledge)
        return lambda text: is_date(text, latest)
    if value.field.type is FieldType.CODE:
        return lambda text: is_code(text, knowledge.today)
    grammar = _PLAIN_PROOF.get(value.field.type)
    return grammar.accepts if grammar else None
