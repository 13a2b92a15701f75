"""What people changed in a workbook, held against the database: what may be taken, and what somebody has to look at.

A change is known from the row's check: the cell is not what was written. It is taken where the database still holds
what was written; where that has changed since as well, or another sheet says otherwise, nobody is believed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum

from pipeline.batch.amend import codes_with, field_of
from pipeline.batch.cell_values import cell_value_of
from pipeline.batch.typed import TypedError, like_before
from pipeline.batch.weigh import Rules
from pipeline.definitions import Forms
from pipeline.ledgers import feedback, review
from pipeline.ledgers.cells import cell_of, shown
from pipeline.ledgers.faults import Fault, FaultKind, place
from pipeline.ledgers.readback import BookBack, RowBack, TableBack
from pipeline.ledgers.reopened import Cell
from pipeline.ledgers.rowcheck import canonical
from pipeline.ledgers.text import clean, stands
from pipeline.records import ClaimReference, FieldStatus, Value
from pipeline.store import Store, StoredDocument
from pipeline.store.overlay import FULFILS, SETTLED

_CONFIRMING = frozenset("√✓✔vV是对")


class ChangeKind(StrEnum):
    """What a change does."""

    VALUE = "value"  # another value
    CONFIRM = "confirm"  # the value that stands is right
    SETTLE = "settle"  # a question of the whole document is settled
    CLAIM = "claim"  # what was served fulfils another claim, or none


@dataclass(frozen=True, slots=True)
class Where:
    """A cell of the workbook, ``row`` from 1."""

    sheet: str
    row: int
    column: str

    def __str__(self) -> str:
        return place(self.sheet, self.row, self.column)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing to be changed. ``path`` is as that of a correction (:mod:`pipeline.store.overlay`); ``before`` is what
    the database holds, ``after`` what the sheet says, of claims their numbers. ``revision`` is that of the document
    as it was looked at, ``codes`` what validation will say of the value.
    """

    where: Where
    kind: ChangeKind
    document_id: str
    path: str
    before: Value
    after: Value
    revision: int
    field_type: str = ""
    codes: tuple[str, ...] = ()
    reference: ClaimReference | None = None

    @property
    def subject(self) -> str:
        """What the path is about: a field, a code, a project as stated."""
        return self.path.removeprefix(SETTLED).removeprefix(FULFILS)


@dataclass(frozen=True, slots=True)
class Conflict:
    """A change that is not taken, and why."""

    change: Change
    message: str

    def __str__(self) -> str:
        return f"{self.change.where}：{self.message}"


@dataclass(slots=True)
class SheetChanges:
    """All that a workbook says, in its own order."""

    changes: list[Change] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def changes_in(back: BookBack, store: Store, forms: Forms) -> SheetChanges:
    """Hold what was read back against the store, where nothing is changed. The changes have no codes yet."""
    return _Examination(store, forms, list(back.faults)).of(back)


def with_codes(changes: Iterable[Change], store: Store, rules: Rules) -> list[Change]:
    """The changes with what validation will say of them, all those of a document made."""
    out, values = list(changes), defaultdict[str, dict[str, Value]](dict)
    for change in out:
        if change.kind in (ChangeKind.VALUE, ChangeKind.CONFIRM):
            values[change.document_id][change.path] = change.after
    codes: dict[str, dict[str, list[str]]] = {}
    for document_id, changed in values.items():
        record = store.record(document_id)
        codes[document_id] = codes_with(rules, record, changed) if record else {}
    return [replace(c, codes=tuple(codes.get(c.document_id, {}).get(c.path, ()))) for c in out]


class _Examination:
    def __init__(self, store: Store, forms: Forms, faults: list[Fault]) -> None:
        self._store, self._forms = store, forms
        self._found = SheetChanges(faults=faults)
        self._documents: dict[str, StoredDocument | None] = {}

    def of(self, back: BookBack) -> SheetChanges:
        wishes = [change for table in back.tables for row in table.rows for change in self._wishes(table, row)]
        together: defaultdict[tuple[str, str], list[Change]] = defaultdict(list)
        waiting = {(p.document_id, p.path): p.new_value for p in self._store.proposals()} if wishes else {}
        for wish in wishes:
            if waiting.get((wish.document_id, wish.path), wish.before) == wish.after != wish.before:
                continue  # said already: a second person is to agree
            together[wish.document_id, wish.path].append(wish)
        for alike in together.values():
            self._agree(alike)
        return self._found

    def _wishes(self, table: TableBack, row: RowBack) -> Iterator[Change]:
        for key, cell in row.changed.items():
            where = Where(table.sheet, row.number, table.column(key).title)
            try:
                if table.column(key).field is not None:
                    found = self._of_register(table, row, key, cell, where)
                elif key == review.VALUE:
                    found = self._of_queue(row, cell, where)
                elif key == review.CONFIRM:
                    found = self._confirmed(row, cell, where)
                else:
                    found = self._of_served(row, key, cell, where)
            except TypedError as error:
                self._fault(FaultKind.NO_VALUE, where, error.message)
                continue
            if found is not None:
                yield found

    def _of_register(self, table: TableBack, row: RowBack, key: str, cell: Cell, where: Where) -> Change | None:
        document_id, _, number = row.key.partition("#")
        part, _, name = key.partition(".")
        path = f"rows.{int(number) - 1}.{name}" if part == "rows" and number else name
        document = self._document(document_id, where)
        if document is None:
            return None
        definition = field_of(self._forms, document.record, path)
        present = document.record.field_at(path)
        written = canonical(cell_of(definition, present)) if definition else ""
        change = self._change(document, path, cell, where)
        if change is None:
            return None
        if part == "rows" and number and self._moved(document, table, row):
            self._conflict(change, "名单的行在数据库中已变动，这一行不再是原来那一行")
            return None
        return self._if_unchanged(change, row.was(key, written))

    def _of_queue(self, row: RowBack, cell: Cell, where: Where) -> Change | None:
        document_id, _, path = row.key.partition("/")
        if not path or path.startswith(SETTLED):
            raise TypedError("这一行说的是整份文件，没有可以更正的值")
        document = self._document(document_id, where)
        change = self._change(document, path, cell, where) if document else None
        return self._if_unchanged(change, row.was(review.VALUE, self._shown(change))) if change else None

    def _confirmed(self, row: RowBack, cell: Cell, where: Where) -> Change | None:
        document_id, _, path = row.key.partition("/")
        if cell.text and cell.text not in _CONFIRMING:
            raise TypedError(f"只能填“{review.CONFIRMED}”，或者不填")
        if not cell.text or review.VALUE in row.changed:  # who changes a value confirms it, too
            return None
        document = self._document(document_id, where)
        if document is None:
            return None
        if path.startswith(SETTLED):
            return self._settled(document, path, where)
        present = document.record.field_at(path)
        if present is None:
            raise TypedError("这一行说的是整份文件，请在核对页处理" if not path else "文件中已没有这个字段")
        if present.status is FieldStatus.CORRECTED:
            return None
        definition = field_of(self._forms, document.record, path)
        kind = definition.type.value if definition else ""
        change = Change(
            where, ChangeKind.CONFIRM, document_id, path, present.value, present.value, document.revision, kind
        )
        return self._if_unchanged(change, row.was(review.VALUE, self._shown(change)))

    def _settled(self, document: StoredDocument, path: str, where: Where) -> Change | None:
        code, document_id = path.removeprefix(SETTLED), document.record.document_id
        if code not in document.record.issues:
            return None
        if code in self._store.acknowledged([document_id]).get(document_id, ()):
            return None
        return Change(where, ChangeKind.SETTLE, document_id, path, None, True, document.revision)

    def _of_served(self, row: RowBack, key: str, cell: Cell, where: Where) -> Change | None:
        document_id = row.key.rpartition("-")[0]
        document = self._document(document_id, where)
        if document is None:
            return None
        served = next((s for s in self._store.served_of(document_id) if s.key == row.key), None)
        if served is None:
            self._fault(FaultKind.KEY_UNKNOWN, where, "数据库中已没有这项服务，可能被更正或重新识别过")
            return None
        number = cell.text.upper()
        claims = self._store.claims_numbered([number])
        if number != feedback.NO_CLAIM and number not in claims:
            raise TypedError(f"没有这个认领编号；请填反馈台账中的编号，不对应任何认领的填“{feedback.NO_CLAIM}”")
        before, reference = served.claim or feedback.NO_CLAIM, claims[number].reference if number in claims else None
        said = self._store.claim_decisions(document_id)
        # What was said since the last export is not in what that made of it.
        if number == before or said.get((document_id, served.project), before) == reference:
            return None
        path = FULFILS + served.project
        change = Change(
            where, ChangeKind.CLAIM, document_id, path, before, number, document.revision, reference=reference
        )
        return self._if_unchanged(change, row.was(key, before))

    def _change(self, document: StoredDocument, path: str, cell: Cell, where: Where) -> Change | None:
        """The change to the value in a cell; ``None`` where the database has it already."""
        record = document.record
        definition, present = field_of(self._forms, record, path), record.field_at(path)
        before = present.value if present else None
        text = shown(definition, before)
        if stands(text) != clean(text):
            raise TypedError("内容太长，表中只有一部分，请在核对页修改")
        after = like_before(cell_value_of(definition, cell), record, path)
        if after == before:
            return None
        if present is None and (definition is None or path.startswith("rows.")):
            self._fault(FaultKind.KEY_UNKNOWN, where, "数据库中已没有这一行或这个字段")
            return None
        kind = definition.type.value if definition else ""
        return Change(
            where, ChangeKind.VALUE, record.document_id, path, before, after, document.revision, field_type=kind
        )

    def _moved(self, document: StoredDocument, table: TableBack, row: RowBack) -> bool:
        """Whether a row of a list is by now another than the one that was written."""
        index = int(row.key.partition("#")[2]) - 1
        present = document.record.rows[index] if index < len(document.record.rows) else {}
        same = filled = 0
        for column in table.table.columns:
            if column.field is None or not column.key.startswith("rows."):
                continue
            text = canonical(cell_of(column.field, present.get(column.field.key)))
            filled += bool(text)
            same += bool(text) and row.was(column.key, text)
        return same * 2 < filled

    def _shown(self, change: Change) -> str:
        """What the database holds, as 待核对 shows it."""
        document = self._documents[change.document_id]
        definition = field_of(self._forms, document.record, change.path) if document else None
        return canonical(shown(definition, change.before))

    def _if_unchanged(self, change: Change, unchanged: bool) -> Change | None:
        if not unchanged:
            self._conflict(change, "这个值在台账生成之后已在数据库中改动过")
        return change if unchanged else None

    def _conflict(self, change: Change, message: str) -> None:
        self._found.conflicts.append(Conflict(change, message))

    def _agree(self, wishes: list[Change]) -> None:
        """Take what is said of one thing, wherever it is said, if it is the same."""
        first = wishes[0]
        if all((wish.kind, wish.after) == (first.kind, first.after) for wish in wishes):
            self._found.changes.append(first)
            return
        for wish in wishes:
            other = next(w for w in wishes if (w.kind, w.after) != (wish.kind, wish.after))
            self._conflict(wish, f"{other.where}对同一个值填得不一样")

    def _document(self, document_id: str, where: Where) -> StoredDocument | None:
        if document_id not in self._documents:
            self._documents[document_id] = self._store.stored_document(document_id)
        document = self._documents[document_id]
        if document is None or document.superseded_by is not None:
            self._fault(FaultKind.KEY_UNKNOWN, where, "数据库中没有这份文件，可能已被重新扫描的取代或清除")
            return None
        return document

    def _fault(self, kind: FaultKind, where: Where, message: str) -> None:
        self._found.faults.append(Fault(kind, where.sheet, message, where.row, where.column))
