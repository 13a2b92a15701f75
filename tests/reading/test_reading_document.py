"""All values of one document: which are looked at again, and what is kept of it."""

from __future__ import annotations

import pytest
from reading_documents import ENOUGH
from reading_steps import looked, spelled
from reading_values import KNOWLEDGE, evidence

from pipeline.definitions import FormDefinition, Forms
from pipeline.reading.document import Written, decode_document
from pipeline.sheets import Reading

CLEAR = spelled("13812345678", sure=0.9999)
SHAKY = spelled("73812345678", {0: {"7": 0.6, "1": 0.3}, 5: {"2": 0.5, "3": 0.3}})
AGAIN = looked(SHAKY, CLEAR, CLEAR, CLEAR)


@pytest.fixture(scope="module")
def form(forms: Forms) -> FormDefinition:
    return forms["unit_registration"]


def read(form: FormDefinition, needed: float = ENOUGH, **written: Reading) -> tuple[dict[str, str | None], list[str]]:
    """The values, and the fields that were looked at again."""
    looked_at: list[str] = []

    def value(path: str, reading: Reading) -> Written:
        def again() -> list[Reading]:
            looked_at.append(path)
            return [AGAIN]

        return Written(path, form.field_at(path), [reading], again)

    answers = decode_document([value(p, r) for p, r in written.items()], form, KNOWLEDGE, lambda field: needed)
    return {path: answer.value for path, answer in zip(written, answers, strict=True)}, looked_at


def test_what_is_sure_is_not_looked_at_again(form: FormDefinition) -> None:
    assert read(form, phone=CLEAR) == ({"phone": "13812345678"}, [])


def test_what_is_unsure_is_looked_at_once_more(form: FormDefinition) -> None:
    assert read(form, phone=SHAKY) == ({"phone": "13812345678"}, ["phone"])


def test_nothing_written_is_not_looked_at_again(form: FormDefinition) -> None:
    assert read(form, phone=spelled("")) == ({"phone": None}, [])


def test_how_sure_is_sure_enough_is_asked_for_each_field(form: FormDefinition) -> None:
    asked = []

    def needed(field: object) -> float:
        asked.append(field)
        return 0.0 if field is form.field("phone") else 1.1

    looked_at: list[str] = []

    def look_again() -> list[Reading]:
        looked_at.append("secretary")
        return [spelled("王建国")]

    written = [
        Written("phone", form.field("phone"), [SHAKY], lambda: pytest.fail("sure enough")),
        Written("secretary", form.field("secretary"), [spelled("王建国")], look_again),
    ]
    decode_document(written, form, KNOWLEDGE, needed)
    assert looked_at == ["secretary"]
    assert set(map(id, asked)) == {id(form.field("phone")), id(form.field("secretary"))}


def test_further_looks_are_kept_with_the_value_and_make_it_surer(form: FormDefinition) -> None:
    once = Written("phone", form.field("phone"), [SHAKY], lambda: [SHAKY])
    more = Written("phone", form.field("phone"), [SHAKY], lambda: [AGAIN])
    [unsure] = decode_document([once], form, KNOWLEDGE, lambda field: 1.1)
    [sure] = decode_document([more], form, KNOWLEDGE, lambda field: 1.1)
    assert more.readings == [AGAIN]
    assert evidence(sure).agreement > evidence(unsure).agreement
    assert sure.confidence > unsure.confidence


def test_a_document_without_values(form: FormDefinition) -> None:
    assert decode_document([], form, KNOWLEDGE, lambda field: 1.0) == []
