"""What only shows across documents: set after a batch, taken back when it no longer holds.

The codes in :data:`CROSS_DOCUMENT_CODES` are replaced as a whole; every other code, every value and
every correction is left alone, and only what changed is written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, or_, select, update

from pipeline.records import ADVISORY_DOCUMENT_CODES, DocumentStatus, FieldStatus
from pipeline.store import audit, corrections
from pipeline.store.audit import Action
from pipeline.store.columns import AnyRow
from pipeline.store.faults import NotFoundError
from pipeline.store.nouns import CROSS_DOCUMENT_CODES, Findings
from pipeline.store.schema import DocumentRow, FieldRow, IssueRow

_AFTER_OWN = 1000  # a document's own codes come first

Codes = dict[str, list[str]]
"""Cross-document codes by field path; ``""`` is the document."""


def differing(connection: Connection, findings: Sequence[Findings]) -> list[Findings]:
    """Those findings that are not what the documents show. Nothing is locked or written."""
    known = _known(connection, findings, lock=False)
    return [f for f in findings if f.document_id in known and _difference(f, known[f.document_id]) is not None]


def write(connection: Connection, findings: Sequence[Findings], actor: str) -> int:
    """Write the findings of some documents; how many documents changed. Removed documents are passed over."""
    known = _known(connection, findings, lock=True)
    changed = 0
    for finding in findings:
        if finding.document_id not in known:
            continue
        difference = _difference(finding, known[finding.document_id])
        if difference is not None:
            _write_one(connection, finding.document_id, difference, actor)
            changed += 1
    return changed


def show(connection: Connection, document_id: str, own: DocumentStatus, acknowledged: Collection[str]) -> None:
    """Bring the statuses that are shown up to date with a document's own ones, which have just changed."""
    codes = _present_codes(connection, [document_id])[document_id]
    field = FieldRow
    accepted = (field.own_status == FieldStatus.ACCEPTED.value) & field.path.in_([path for path in codes if path])
    review = FieldStatus.REVIEW.value
    connection.execute(update(field).where(field.document_id == document_id, accepted).values(status=review))
    asked = bool(_questions(codes, acknowledged)) or bool(
        connection.scalar(select(field.path).where(field.document_id == document_id, field.status == review).limit(1))
    )
    status = DocumentStatus.REVIEW if own is DocumentStatus.ACCEPTED and asked else own
    here = DocumentRow.document_id == document_id
    connection.execute(update(DocumentRow).where(here).values(status=status.value))


@dataclass(frozen=True, slots=True)
class _Known:
    """A document as it stands: its statuses, its codes from other documents, the fields concerned, what is settled."""

    document: AnyRow
    present: Codes
    fields: dict[str, AnyRow]
    acknowledged: Collection[str]


@dataclass(frozen=True, slots=True)
class _Difference:
    """What is to be written: the codes, where they are others than before; fields' statuses; the document's."""

    wanted: Codes
    codes: bool
    fields: dict[str, FieldStatus]
    status: DocumentStatus
    moved: bool


def _known(connection: Connection, findings: Sequence[Findings], *, lock: bool) -> dict[str, _Known]:
    ids = sorted({f.document_id for f in findings})
    row = DocumentRow
    query = select(row.document_id, row.status, row.own_status).where(row.document_id.in_(ids))
    if lock:  # in one order, so that no correction comes between what is read here and written below
        query = query.order_by(row.document_id).with_for_update()
    documents = connection.execute(query).all()
    present = _present_codes(connection, ids)
    fields = _fields_concerned(connection, ids, findings)
    acknowledged = corrections.acknowledged(connection, ids)
    return {
        d.document_id: _Known(
            d, present[d.document_id], fields[d.document_id], acknowledged.get(d.document_id, frozenset())
        )
        for d in documents
    }


def _difference(finding: Findings, known: _Known) -> _Difference | None:
    fields = known.fields
    wanted = _wanted_codes(finding)
    missing = {path for path in (*wanted, *finding.statuses) if path} - set(fields)
    if missing:
        raise NotFoundError(f"文档 {finding.document_id} 中没有字段 {'、'.join(sorted(missing))}。")
    statuses = {path: _field_status(path, row, wanted, finding) for path, row in fields.items()}
    moved = {path: status for path, status in statuses.items() if status.value != fields[path].status}
    status = _document_status(known, wanted, statuses, finding)
    difference = _Difference(wanted, wanted != known.present, moved, status, status.value != known.document.status)
    return difference if difference.codes or difference.fields or difference.moved else None


def _write_one(connection: Connection, document_id: str, difference: _Difference, actor: str) -> None:
    if difference.codes:
        _replace_codes(connection, document_id, difference.wanted)
    for path, status in difference.fields.items():
        here = (FieldRow.document_id == document_id) & (FieldRow.path == path)
        connection.execute(update(FieldRow).where(here).values(status=status.value))
    if difference.moved:
        of_document = DocumentRow.document_id == document_id
        connection.execute(update(DocumentRow).where(of_document).values(status=difference.status.value))
    detail = {"issues": difference.wanted, "status": difference.status.value}
    audit.append(connection, Action.FINDINGS, actor, document_id=document_id, detail=detail)


def _wanted_codes(finding: Findings) -> Codes:
    wanted = {"": list(dict.fromkeys(finding.issues))}
    wanted |= {path: list(dict.fromkeys(codes)) for path, codes in finding.field_issues.items()}
    foreign = {code for codes in wanted.values() for code in codes} - CROSS_DOCUMENT_CODES
    if foreign:
        raise ValueError(f"not a cross-document code: {', '.join(sorted(foreign))}")
    return {path: codes for path, codes in wanted.items() if codes}


def _present_codes(connection: Connection, ids: Sequence[str]) -> dict[str, Codes]:
    issue = IssueRow
    query = select(issue.document_id, issue.path, issue.code)
    query = query.where(issue.document_id.in_(ids), issue.code.in_(CROSS_DOCUMENT_CODES)).order_by(issue.position)
    found: dict[str, Codes] = defaultdict(dict)
    for document_id, path, code in connection.execute(query):
        found[document_id].setdefault(path, []).append(code)
    return found


def _fields_concerned(
    connection: Connection, ids: Sequence[str], findings: Sequence[Findings]
) -> dict[str, dict[str, AnyRow]]:
    """Fields that carry, carried or may carry a finding; the many others are not even looked at."""
    paths = {path for finding in findings for path in (*finding.field_issues, *finding.statuses)}
    field = FieldRow
    query = select(field.document_id, field.path, field.status, field.own_status)
    query = query.where(field.document_id.in_(ids), or_(field.status != field.own_status, field.path.in_(paths)))
    found: dict[str, dict[str, AnyRow]] = defaultdict(dict)
    for row in connection.execute(query):
        found[row.document_id][row.path] = row
    return found


def _replace_codes(connection: Connection, document_id: str, wanted: Codes) -> None:
    issue = IssueRow
    connection.execute(delete(issue).where(issue.document_id == document_id, issue.code.in_(CROSS_DOCUMENT_CODES)))
    rows = [
        {"document_id": document_id, "path": path, "code": code, "position": _AFTER_OWN + i}
        for path, codes in wanted.items()
        for i, code in enumerate(codes)
    ]
    if rows:
        connection.execute(insert(issue), rows)


def _field_status(path: str, row: AnyRow, wanted: Codes, finding: Findings) -> FieldStatus:
    own = FieldStatus(row.own_status)
    if own is FieldStatus.CORRECTED:  # a person has spoken
        return own
    if path in finding.statuses:
        return finding.statuses[path]
    return FieldStatus.REVIEW if own is FieldStatus.ACCEPTED and path in wanted else own


def _document_status(
    known: _Known, wanted: Codes, statuses: dict[str, FieldStatus], finding: Findings
) -> DocumentStatus:
    if finding.status is not None:
        return finding.status
    own = DocumentStatus(known.document.own_status)
    asked = bool(_questions(wanted, known.acknowledged)) or any(
        statuses[path] is FieldStatus.REVIEW for path in wanted if path
    )
    return DocumentStatus.REVIEW if own is DocumentStatus.ACCEPTED and asked else own


def _questions(codes: Codes, acknowledged: Collection[str]) -> set[str]:
    """The codes of the document itself that a person has still to look at."""
    return set(codes.get("", ())) - ADVISORY_DOCUMENT_CODES - set(acknowledged)
