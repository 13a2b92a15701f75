"""The same words elsewhere on the document: a signature, a seal's legend, another field that names the unit.

What stands a second time, from other ink, tells between the readings that the first leaves open. The
witness need not say the same in full: 济宁高新区人民医院 stands in the legend
中共济宁高新区人民医院支部委员会, and of that legend only the characters that face the value's count.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from pipeline.definitions import FormDefinition, Repeats
from pipeline.reading.answer import Answer
from pipeline.reading.ink import Ink
from pipeline.reading.looks import SURE, join
from pipeline.sheets import Reading

Witness = Callable[[], list[Reading]]
"""Reads the lines of a place where a value may stand again; called where the value is in doubt only."""

_WEIGHT = 0.5  # of the witness's ink against the value's own
_MOST = 12.0  # nats that one witness may speak against a value
_ALIKE = 0.5  # of a value's characters that must stand in the witness for it to be about the value at all
_SAME = 2.0  # nats short of the witness's own likeliest text up to which it says the same, and least lead


def hear(
    answers: Mapping[str, Answer], form: FormDefinition, witnesses: Mapping[str, Witness], sure: Callable[[str], bool]
) -> None:
    """Weigh answers again, in place, by what stands elsewhere under the form's ``repeats`` rules.

    ``sure`` says of a field that its answer is not in doubt and needs no witness.
    """
    for rule in form.rules:
        if not isinstance(rule, Repeats) or rule.field not in answers or sure(rule.field):
            continue
        answer = answers[rule.field]
        for key in rule.also:
            if key in witnesses and answer.value is not None and answer.evidence is not None:
                _weigh(answer, witnesses[key]())


def _weigh(answer: Answer, readings: Sequence[Reading]) -> None:
    assert answer.value is not None
    assert answer.evidence is not None
    choices = [(answer.value, 0.0), *answer.alternatives]
    short = falls_short([value for value, _ in choices], readings)
    if short is None:
        return
    totals = {v: d + _WEIGHT * min(float(s), _MOST) for (v, d), s in zip(choices, short, strict=True)}
    best = min(totals, key=totals.__getitem__)
    at = [v for v, _ in choices].index(best)
    behind = sorted(((v, t - totals[best]) for v, t in totals.items() if v != best), key=lambda item: item[1])
    told_apart = float(np.delete(short, at).min(initial=np.inf)) - float(short[at]) >= _SAME
    says = 1.0 if short[at] <= _SAME else _shared(best, readings) if told_apart else 0.0
    answer.evidence = dataclasses.replace(
        answer.evidence,
        margin=min([SURE, *(d for _, d in behind)]) if behind and says else answer.evidence.margin,
        doubt=answer.evidence.doubt or best != answer.value,
        support=max(answer.evidence.support, says),
    )
    answer.value, answer.alternatives = best, behind


def falls_short(values: Sequence[str], readings: Sequence[Reading]) -> NDArray[np.float64] | None:
    """For each value, how many nats less likely than its own text the witness finds it, ``(len(values),)``.

    ``None`` where the witness cannot be read, or is about something else than the first value.
    """
    readings = [reading for reading in readings if reading.text.strip()]
    if not readings:
        return None
    witness = join(readings)
    if witness.steps is None:
        return None
    told = [_told_by(witness.text, value) for value in values]
    if told[0] is None:
        return None
    logs = Ink(witness.steps).log([witness.text, *(text or "" for text in told)])
    short = np.maximum(logs[0] - logs[1:], 0.0)
    return np.where([text is None for text in told], _MOST, short)


def _shared(value: str, readings: Sequence[Reading]) -> float:
    """The share of the value's characters that stand in the witness, in order."""
    edits = Levenshtein.editops("".join(reading.text for reading in readings), value)
    return 1 - sum(edit.tag != "delete" for edit in edits) / len(value)


def _told_by(witness: str, value: str) -> str | None:
    """The witness's text if ``value`` stood in it: its characters where the two face each other."""
    edits = Levenshtein.editops(witness, value)
    replaced = [edit for edit in edits if edit.tag == "replace"]
    facing = len(value) - sum(edit.tag == "insert" for edit in edits)
    if facing - len(replaced) < _ALIKE * len(value):
        return None
    chars = list(witness)
    for edit in replaced:
        chars[edit.src_pos] = value[edit.dest_pos]
    return "".join(chars)
