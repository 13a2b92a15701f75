"""What the office's workbooks show besides the records, put together from the store in one place."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from pipeline.batch.ink import InkCabinet
from pipeline.batch.looks_kept import kept_looks
from pipeline.definitions import Forms
from pipeline.dictionaries import Dictionaries
from pipeline.intake import archive
from pipeline.ledgers.export import Ledgers
from pipeline.ledgers.office import Office, no_pictures
from pipeline.ledgers.readback import Plans
from pipeline.settings import Settings
from pipeline.store import Store


def office_of(store: Store, settings: Settings, *, tidy: bool = False) -> Office:
    """The originals' places, what people wrote and decided, and how they arranged the sheets.

    ``tidy`` where the outputs are about to show it: see :class:`InkCabinet`.
    """
    originals = {
        original.sha256: f"{archive.FOLDER}/{original.sha256[:2]}/{original.sha256}{original.suffix}"
        for original in store.archived_originals()
    }
    notes: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for note in store.notes():
        notes[note.row_key][note.heading] = note.text
    return Office(
        audit_url=settings.report.audit_url,
        columns=settings.ledgers.office_columns,
        by_community=settings.ledgers.community_sheets,
        cut=InkCabinet(settings.path("outputs"), settings.limits, tidy=tidy).cut,
        pictures=settings.ledgers.pictures,
        originals=originals,
        notes=notes,
        added=store.added_rows(),
        kept=kept_looks(store),
        decisions=store.claim_decisions(),
    )


def plans_of(store: Store, forms: Forms, dictionaries: Dictionaries, settings: Settings) -> Plans:
    """The sheets that the workbooks would have now; where pictures would stand they have nothing."""
    ledgers = Ledgers(forms, dictionaries, replace(office_of(store, settings), cut=no_pictures))
    for record in store.records(reading=False):
        ledgers.add(record)
    return ledgers.plans()
