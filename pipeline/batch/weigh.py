"""Readings weighed in the light of all documents: what others say changes how sure a value is.

Values stay as they were read; confidences, codes and statuses follow.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Sequence

from pipeline.batch.echoes import Echoes
from pipeline.batch.facts import PERSON, renew_facts
from pipeline.batch.office import calibration_in_use, load_rules
from pipeline.definitions import FormDefinition, Forms
from pipeline.dictionaries import Dictionaries
from pipeline.ledgers.gist import ITEMS
from pipeline.reading.calibration import Calibration
from pipeline.records import Record
from pipeline.settings import Acceptance, Settings
from pipeline.store import Store
from pipeline.validation.document import validate_document
from pipeline.validation.echoes import Counts, count_echoes

_TOGETHER = 200  # documents


@dataclasses.dataclass(frozen=True, slots=True)
class Rules:
    """What a stored reading is judged by."""

    forms: Forms
    dictionaries: Dictionaries
    acceptance: Acceptance
    calibration: Calibration
    today: datetime.date


def rules_in_force(settings: Settings, today: datetime.date) -> Rules:
    """The rules of these settings as of ``today``. Raises :class:`SetupError`."""
    forms, dictionaries = load_rules(settings)
    return Rules(forms, dictionaries, settings.acceptance, calibration_in_use(settings).calibration, today)


def judge_by(rules: Rules) -> Callable[[Record], None]:
    """Judges a stored reading as a fresh one would be; what has no evidence keeps its confidence.

    Left alone are documents of no form, or of a definition that has changed since: they need reading again.
    """

    def judge(record: Record) -> None:
        form = rules.forms.get(record.doc_type)
        if form is None or not fits(record, form):
            return
        rules.calibration.judge(record)
        validate_document(record, form, rules.dictionaries, rules.acceptance, rules.today)

    return judge


def weigh(records: Sequence[Record], rules: Rules) -> None:
    """Weigh the readings of these records by one another, in place."""
    judge = judge_by(rules)
    counts = count_echoes(records, rules.forms)
    for record in records:
        if _hear(record, counts):
            judge(record)


def weigh_stored(store: Store, rules: Rules) -> int:
    """The same for the documents of the store, all as one; only what changed is written. How many documents changed.

    Looked at are the documents that changed since the last time, and those that say, or come near to, what more or
    fewer documents say now.
    """
    renew_facts(store, rules.forms)
    changed, touched = store.due("unweighed"), store.touched_facts(PERSON, ITEMS, like=False)
    if not changed and not touched:
        return 0
    echoes = Echoes(store, rules.forms)
    concerned = sorted(changed.keys() | echoes.concerned_by(touched))
    judge = judge_by(rules)

    def hear_and_judge(record: Record) -> None:
        if _hear(record, echoes.of(record)):
            judge(record)

    count = 0
    for start in range(0, len(concerned), _TOGETHER):
        some = concerned[start : start + _TOGETHER]
        echoes.look_up(some)
        count += store.rejudge(hear_and_judge, some)
    store.see_facts(touched)
    store.settle("unweighed", changed)
    return count


def fits(record: Record, form: FormDefinition) -> bool:
    """Whether every field of the record is one that the form has today."""
    known = {field.key for field in form.fields}
    of_rows = {field.key for field in form.row_fields}
    return known.issuperset(record.fields) and all(of_rows.issuperset(row) for row in record.rows)


def _hear(record: Record, counts: Counts) -> bool:
    """Put into each value's evidence what other documents say; whether that is news."""
    news = False
    for path, value in record.all_fields():
        if value.evidence is None:
            continue
        echoes, rivals = counts.get((record.document_id, path), (0, 0))
        if (value.evidence.echoes, value.evidence.rivals) != (echoes, rivals):
            value.evidence = dataclasses.replace(value.evidence, echoes=echoes, rivals=rivals)
            news = True
    return news
