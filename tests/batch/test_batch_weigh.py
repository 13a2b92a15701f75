"""All documents weighed together: what others say changes how sure a value is, and never the value."""

from __future__ import annotations

import copy
import dataclasses

import pytest

from pipeline.batch.weigh import Rules, weigh, weigh_stored
from pipeline.definitions import Forms
from pipeline.dictionaries import Dictionaries
from pipeline.reading.calibration import fit
from pipeline.records import Evidence, FieldStatus, FieldValue, Record
from pipeline.settings import Acceptance
from pipeline.store import Store
from tests.conftest import TODAY
from tests.support.folders import Folders, record_of, save

UNIT, SLIP = "济宁高新区养护中心", "济宁高新区养扩中心"
CALIBRATION = fit([])  # what is expected of evidence


@pytest.fixture
def measure(forms: Forms, dictionaries: Dictionaries) -> Rules:
    return Rules(forms, dictionaries, Acceptance(target=0.9, strict=0.99), CALIBRATION, TODAY)


def member(folders: Folders, number: int, employer: str = UNIT) -> Record:
    """A registration whose employer is a value of middling sureness."""
    record = record_of("member_registration", folders.put(f"{number}.jpg", str(number)), employer=employer)
    evidence = Evidence("open", weakest=0.6, mean=0.8, length=9, margin=1.0, doubt=False, known=False)
    value = record.fields["employer"]
    value.evidence, value.confidence, value.status = evidence, CALIBRATION.probability(evidence), FieldStatus.REVIEW
    return record


def members(folders: Folders, *employers: str) -> list[Record]:
    return [member(folders, number, employer) for number, employer in enumerate(employers)]


def keep(folders: Folders, store: Store, records: list[Record]) -> None:
    for record in records:
        save(store, folders.stat(record.files[0]), record=record)


def stored(store: Store, record: Record) -> FieldValue:
    found = store.record(record.document_id)
    assert found is not None
    return found.fields["employer"]


def heard(value: FieldValue) -> tuple[int, int]:
    assert value.evidence is not None
    return value.evidence.echoes, value.evidence.rivals


# --- records in hand -----------------------------------------------------------------------------------------------


def test_a_value_that_others_have_too_is_surer(folders: Folders, measure: Rules) -> None:
    records = members(folders, UNIT, UNIT, UNIT, "山东公用集团")
    before = [r.fields["employer"].confidence for r in records]
    weigh(records, measure)
    after = [r.fields["employer"].confidence for r in records]
    assert [a > b for a, b in zip(after, before, strict=True)] == [True, True, True, False]
    assert [heard(r.fields["employer"]) for r in records] == [(2, 0), (2, 0), (2, 0), (0, 0)]


def test_the_more_echoes_the_surer(folders: Folders, measure: Rules) -> None:
    confidences = []
    for count in (1, 2, 3, 6):
        records = [member(folders, number) for number in range(count)]
        weigh(records, measure)
        confidences.append(records[0].fields["employer"].confidence)
    assert confidences == sorted(set(confidences))


def test_a_likely_slip_is_less_sure_and_stays_as_read(folders: Folders, measure: Rules) -> None:
    records = members(folders, UNIT, UNIT, UNIT, SLIP)
    before = records[3].fields["employer"].confidence
    weigh(records, measure)
    slip = records[3].fields["employer"]
    assert slip.value == SLIP
    assert heard(slip) == (0, 3)
    assert slip.confidence < before


def test_statuses_and_codes_follow(folders: Folders, measure: Rules) -> None:
    pair = members(folders, UNIT, UNIT)
    weigh(pair, measure)
    enough = dataclasses.replace(
        measure, acceptance=Acceptance(target=pair[0].fields["employer"].confidence, strict=1.0)
    )
    for others, accepted in (([UNIT], True), ([UNIT, UNIT], True), ([UNIT, SLIP, SLIP], False)):
        records = members(folders, UNIT, *others)
        value = records[0].fields["employer"]
        value.issues = ["low_confidence"]
        weigh(records, enough)
        assert (value.status is FieldStatus.ACCEPTED) is accepted
        assert ("low_confidence" not in value.issues) is accepted


def test_what_has_no_evidence_keeps_its_confidence(folders: Folders, measure: Rules) -> None:
    records = members(folders, UNIT, UNIT)
    records[0].fields["employer"].evidence = None
    records[0].fields["employer"].confidence = 0.42
    weigh(records, measure)
    assert records[0].fields["employer"].confidence == 0.42
    assert heard(records[1].fields["employer"]) == (1, 0)  # it is an echo all the same


def test_weighing_twice_is_weighing_once(folders: Folders, measure: Rules) -> None:
    records = members(folders, UNIT, UNIT, SLIP)
    weigh(records, measure)
    once = copy.deepcopy(records)
    weigh(records, measure)
    assert records == once


def test_a_document_that_is_gone_is_no_longer_heard(folders: Folders, measure: Rules) -> None:
    records = members(folders, UNIT, UNIT)
    before = records[0].fields["employer"].confidence
    weigh(records, measure)
    weigh(records[:1], measure)
    assert heard(records[0].fields["employer"]) == (0, 0)
    assert records[0].fields["employer"].confidence == before


# --- in the store --------------------------------------------------------------------------------------------------


def test_stored_documents_are_weighed_and_values_never_change(folders: Folders, store: Store, measure: Rules) -> None:
    records = members(folders, UNIT, UNIT, UNIT, SLIP, "山东公用集团")
    keep(folders, store, records)
    assert weigh_stored(store, measure) == 4
    for record in records:
        assert stored(store, record).value == record.fields["employer"].value
    assert [heard(stored(store, r)) for r in records] == [(2, 0), (2, 0), (2, 0), (0, 3), (0, 0)]
    assert stored(store, records[0]).confidence > records[0].fields["employer"].confidence
    assert stored(store, records[3]).confidence < records[3].fields["employer"].confidence


def test_a_second_time_changes_nothing(folders: Folders, store: Store, measure: Rules) -> None:
    keep(folders, store, members(folders, UNIT, UNIT, SLIP))
    assert weigh_stored(store, measure) > 0
    before = list(store.records())
    assert weigh_stored(store, measure) == 0
    assert list(store.records()) == before


def test_a_document_that_comes_later_is_heard_by_those_before(folders: Folders, store: Store, measure: Rules) -> None:
    first, second = members(folders, UNIT, UNIT)
    keep(folders, store, [first])
    assert weigh_stored(store, measure) == 0
    keep(folders, store, [second])
    assert weigh_stored(store, measure) == 2
    assert heard(stored(store, first)) == (1, 0)


def test_a_corrected_field_stays_and_speaks_for_others(folders: Folders, store: Store, measure: Rules) -> None:
    read, corrected = members(folders, UNIT, SLIP)
    keep(folders, store, [read, corrected])
    store.correct(corrected.document_id, "employer", UNIT, "李核对", 1)
    before = stored(store, corrected)
    assert weigh_stored(store, measure) > 0
    after = stored(store, corrected)
    assert (after.value, after.status, after.confidence) == (UNIT, FieldStatus.CORRECTED, before.confidence)
    assert after.as_read == SLIP
    assert heard(stored(store, read)) == (1, 0)
    assert weigh_stored(store, measure) == 0


def test_nothing_stored_is_nothing_to_weigh(store: Store, measure: Rules) -> None:
    assert weigh_stored(store, measure) == 0
