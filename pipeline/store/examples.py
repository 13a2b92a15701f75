"""What people's corrections and confirmations say of the reading: examples to calibrate on."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from sqlalchemy import Connection, func, select

from pipeline.records import Evidence, FieldStatus, Value
from pipeline.store.nouns import Example
from pipeline.store.schema import FieldRow

_LOOKED_AT = FieldRow.own_status == FieldStatus.CORRECTED.value


def labelled(connection: Connection) -> Iterator[Example]:
    """See :meth:`HistoryStore.examples`."""
    field = FieldRow
    query = select(field.document_id, field.value, field.as_read, field.evidence)
    query = query.where(_LOOKED_AT, field.evidence.is_not(None)).order_by(field.document_id, field.position)
    for row in connection.execute(query.execution_options(yield_per=500)):
        right = _comparable(row.as_read) == _comparable(row.value)
        yield Example(row.document_id, Evidence.from_dict(row.evidence), right)


def without_evidence(connection: Connection) -> int:
    """See :meth:`HistoryStore.corrected_without_evidence`."""
    query = select(func.count()).select_from(FieldRow).where(_LOOKED_AT, FieldRow.evidence.is_(None))
    return connection.execute(query).scalar_one()


def _comparable(value: Value) -> str:
    """A value as far as it matters: a person's full-width digits or stray spaces are no misreading."""
    text = "、".join(value) if isinstance(value, list) else "" if value is None else str(value)
    return "".join(unicodedata.normalize("NFKC", text).split())
