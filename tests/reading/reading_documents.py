"""Whole documents, their values written by hand."""

from __future__ import annotations

from collections.abc import Mapping

from reading_steps import spelled
from reading_values import KNOWLEDGE

from pipeline.definitions import FormDefinition
from pipeline.reading.answer import Answer
from pipeline.reading.document import Written, decode_document
from pipeline.reading.witness import Witness
from pipeline.sheets import Reading

ENOUGH = 0.98
"""The confidence that needs no further look."""


def read_all(
    form: FormDefinition,
    values: Mapping[str, Reading | str],
    needed: float = 0.0,
    witnesses: Mapping[str, Witness] | None = None,
) -> dict[str, Answer]:
    """What the values of one document say, by field, judged by their final evidence.

    Nothing is looked at again, and no witness is heard, unless ``needed`` says so.
    """
    written = []
    for path, value in values.items():
        readings = [spelled(value) if isinstance(value, str) else value]
        written.append(Written(path, form.field_at(path), readings, lambda readings=readings: readings))
    answers = decode_document(written, form, KNOWLEDGE, lambda field: needed, witnesses)
    for answer in answers:
        if answer.evidence is not None:
            answer.confidence = KNOWLEDGE.calibration.probability(answer.evidence)
    return dict(zip(values, answers, strict=True))


def values_of(answers: Mapping[str, Answer]) -> dict[str, str | None]:
    return {path: answer.value for path, answer in answers.items()}
