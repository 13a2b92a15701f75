"""What people said of documents, written down for good."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from pipeline.records import FieldValue, Record, Value
from pipeline.sheets import as_quad
from pipeline.store.cells import finite
from pipeline.store.columns import AnyRow, now
from pipeline.store.nouns import CROSS_DOCUMENT_CODES, Anchor, Correction, Place
from pipeline.store.overlay import LABEL, SETTLED
from pipeline.store.schema import CorrectionRow, DocumentRow, IssueRow

_STANDING = CorrectionRow.withdrawn.is_(False)


def of_document(connection: Connection, document_id: str, *, withdrawn: bool = False) -> list[Correction]:
    """What stands of what people said of one document, oldest first; with ``withdrawn`` also what was taken back."""
    query = select(CorrectionRow.__table__).where(CorrectionRow.document_id == document_id)
    if not withdrawn:
        query = query.where(_STANDING)
    return [as_correction(row._asdict()) for row in connection.execute(query.order_by(CorrectionRow.id))]


def everything(connection: Connection, document_id: str | None) -> Iterator[Correction]:
    """What stands of what people said, of one document or of all, oldest first."""
    query = select(CorrectionRow.__table__).where(_STANDING)
    if document_id is not None:
        query = query.where(CorrectionRow.document_id == document_id)
    for row in connection.execute(query.order_by(CorrectionRow.id).execution_options(yield_per=500)):
        yield as_correction(row._asdict())


def acknowledged(connection: Connection, ids: Collection[str] | None = None) -> dict[str, frozenset[str]]:
    """The codes that people settled, by document; of all documents, or of a few hundred."""
    row = CorrectionRow
    query = select(row.document_id, row.path).where(row.path.startswith(SETTLED), _STANDING)
    if ids is not None:
        query = query.where(row.document_id.in_(ids))
    found: dict[str, set[str]] = defaultdict(set)
    for document_id, path in connection.execute(query):
        found[document_id].add(path.removeprefix(SETTLED))
    return {document_id: frozenset(codes) for document_id, codes in found.items()}


def labels(connection: Connection, ids: Collection[str]) -> dict[str, dict[str, str]]:
    """What people say that labels are, by document and place (:func:`pipeline.records.label_place`)."""
    row = CorrectionRow
    query = select(row.document_id, row.path, row.new_value).where(
        row.document_id.in_(ids), row.path.startswith(LABEL), _STANDING
    )
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for document_id, path, label in connection.execute(query.order_by(row.id)):
        found[document_id][path.removeprefix(LABEL)] = label
    return found


def write(
    connection: Connection,
    record: Record,
    path: str,
    old_value: Value,
    new_value: Value,
    actor: str,
    *,
    field: FieldValue | None = None,
    issues: Sequence[str] = (),
    placed: Place | None = None,
    before: Mapping[str, Any] | None = None,
    at: str = "",
) -> int:
    """Write down one thing that a person said of a document; its number. ``field`` is what had been read, ``at`` the
    path of the field on whose page it is, where that is not ``path``."""
    anchor = anchor_of(record, at or path)
    place = placed and {"file": record.files.index(placed.file), "page": placed.page, "quad": placed.quad}
    values = {
        "document_id": record.document_id,
        "doc_type": record.doc_type,
        "path": path,
        "old_value": old_value,
        "new_value": new_value,
        "raw": field.raw if field else "",
        "confidence": finite(field.confidence) if field else 0.0,
        "issues": list(issues),
        "anchor": anchor,
        "actor": actor,
        "time": now(),
        "placed": place,
        "before": before,
    }
    number: int = connection.execute(insert(CorrectionRow).values(values).returning(CorrectionRow.id)).scalar_one()
    return number


def latest(connection: Connection, document_id: str, path: str) -> AnyRow | None:
    """The row of what was said last under a path of a document, and stands."""
    row = CorrectionRow
    query = select(row.__table__).where(row.document_id == document_id, row.path == path, _STANDING)
    return connection.execute(query.order_by(row.id.desc()).limit(1)).first()


def withdraw(connection: Connection, numbers: Collection[int], *, again: bool = False) -> None:
    """Let corrections hold no more; or hold ``again``."""
    connection.execute(update(CorrectionRow).where(CorrectionRow.id.in_(numbers)).values(withdrawn=not again))


def renumber(connection: Connection, paths: Mapping[int, str]) -> None:
    """Give corrections, by number, the paths that they have now."""
    for number, path in paths.items():
        connection.execute(update(CorrectionRow).where(CorrectionRow.id == number).values(path=path))


def set_issues(connection: Connection, number: int, issues: Sequence[str]) -> None:
    """The codes that hold for what a correction says."""
    connection.execute(update(CorrectionRow).where(CorrectionRow.id == number).values(issues=list(issues)))


def replace_issues(connection: Connection, document_id: str, path: str, issues: Sequence[str]) -> None:
    """Own codes of a field, or of the document where ``path`` is empty; those from other documents are for
    :mod:`pipeline.store.findings`."""
    issue = IssueRow
    connection.execute(
        delete(issue).where(
            issue.document_id == document_id, issue.path == path, issue.code.not_in(CROSS_DOCUMENT_CODES)
        )
    )
    rows = [
        {"document_id": document_id, "path": path, "code": code, "position": i}
        for i, code in enumerate(dict.fromkeys(issues))
        if code not in CROSS_DOCUMENT_CODES
    ]
    if rows:
        connection.execute(insert(issue), rows)


def anchor_of(record: Record, path: str) -> dict[str, Any] | None:
    """Where a field stands, or else another field of its row; ``None`` where neither was found."""
    place = record.fields.get(path)
    near = [place] if place else []
    if path.startswith("rows."):
        index, _, key = path.removeprefix("rows.").partition(".")
        row = record.rows[int(index)] if index.isdigit() and int(index) < len(record.rows) else {}
        near = [field for _, field in sorted(row.items(), key=lambda item: item[0] != key)]
    found = next((field for field in near if field.quad), None)
    if found is None:
        return None
    file = record.files.index(found.file) if found.file in record.files else 0
    return {"file": file, "page": found.page, "quad": found.quad}


def as_anchor(stored: Mapping[str, Any] | None) -> Anchor | None:
    """A place as it is stored, with the number of the file."""
    return Anchor(stored["file"], stored["page"], as_quad(stored["quad"])) if stored else None


def is_known(connection: Connection, document_id: str) -> bool:
    """Whether there is such a document, current or superseded."""
    return connection.scalar(select(DocumentRow.revision).where(DocumentRow.document_id == document_id)) is not None


def as_correction(stored: Mapping[str, Any]) -> Correction:
    """A correction from the columns of its row; the number is 0 for one that is not written yet."""
    values = {"id": 0, **stored}
    del values["before"]
    places = {name: as_anchor(values[name]) for name in ("anchor", "placed")}
    return Correction(**{**values, **places, "issues": tuple(values["issues"])})
