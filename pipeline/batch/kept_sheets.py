"""What people did to the workbooks since they were written, kept before they are written anew.

A workbook is known to have been changed by its hash. Texts in people's own columns and rows they added go into the
database, widths and filters too, and sheets of theirs into the new file. Values that were changed but not imported do
not: the old file is then kept beside the new one.
"""

from __future__ import annotations

import re
import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.batch.looks_kept import Headings, headings_of, keep_looks, kept_filters
from pipeline.batch.office_view import plans_of
from pipeline.batch.sheet_changes import changes_in
from pipeline.definitions import Forms
from pipeline.dictionaries import Dictionaries
from pipeline.intake.folder import hash_file
from pipeline.ledgers.atomic import CannotWriteError, free_name, is_open
from pipeline.ledgers.export import output_names
from pipeline.ledgers.faults import FaultKind
from pipeline.ledgers.graft import graft
from pipeline.ledgers.handmade import place_of
from pipeline.ledgers.looks import Looks
from pipeline.ledgers.naming import workbook_file
from pipeline.ledgers.opc import CannotKeepError
from pipeline.ledgers.readback import BookBack, CannotReadBackError, Plans, read_back
from pipeline.ledgers.readback_rows import keys_of
from pipeline.ledgers.refilter import set_filters
from pipeline.ledgers.seen import read_looks
from pipeline.ledgers.table import SheetPlan
from pipeline.settings import Settings
from pipeline.store import Note, Store

WORKBOOK = "workbook"
"""Who wrote what was found in a workbook: it does not say."""

_STATE, _IMPORTED = "workbooks", "imported"
_ASIDE = "_未导入的修改"
_LOSES_NOTHING = frozenset({FaultKind.SHEET_MISSING, FaultKind.ROW_UNKNOWN})
_OF_DOCUMENT = re.compile(r"[#/-]")


@dataclass(frozen=True, slots=True)
class _Written:
    """A workbook as it was written last: its hash, when, the headings of its sheets, and how they looked."""

    sha256: str
    at: datetime
    headings: Headings
    looks: Looks

    def to_dict(self) -> dict[str, Any]:
        at = self.at.isoformat()
        return {"sha256": self.sha256, "at": at, "headings": self.headings, "looks": self.looks.to_json()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> _Written:
        at = datetime.fromisoformat(data["at"])
        return cls(data["sha256"], at, data["headings"], Looks.from_json(data["looks"]))


_NEVER = _Written("", datetime.min.replace(tzinfo=UTC), {}, Looks())


@dataclass(slots=True)
class KeptSheets:
    """The workbooks of one outputs folder while they are written anew: what was found in them, and is carried over.

    ``notices`` are for staff. ``imported`` is the hash of the workbook whose changes were taken last, all of them.
    """

    store: Store
    outputs: Path
    written: dict[str, _Written]
    imported: str = ""
    seen: dict[str, str] = field(default_factory=dict)
    unreadable: set[str] = field(default_factory=set)
    notices: list[str] = field(default_factory=list)

    def carry_over(self, file: str, new: Path) -> None:
        """Put into the ``new`` edition of a workbook, before it takes the place of the old one, people's filters and
        sheets."""
        set_filters(new, kept_filters(self.store, file))
        old = self.outputs / file
        if not old.is_file():
            return
        if hash_file(old) != self.seen.get(file):
            self._aside(old, "刚刚又被保存过")
        if file in self.unreadable:
            return
        try:
            graft(old, new, list(self.written.get(file, _NEVER).headings))
        except CannotKeepError as error:
            self._aside(old, "中人工添加的工作表没有带过来", error.message)

    def remember(self, written: Mapping[str, Sequence[SheetPlan]]) -> None:
        """Note how workbooks, by their file names, look now that they are written."""
        for file, sheets in written.items():
            sha256 = hash_file(self.outputs / file)
            if sha256 != self.written.get(file, _NEVER).sha256:
                looks = read_looks(self.outputs / file)
                self.written[file] = _Written(sha256, datetime.now(UTC), headings_of(sheets), looks)
        self.store.keep(_STATE, {file: written.to_dict() for file, written in self.written.items()})

    def take_in(self, path: Path, plans: Plans, forms: Forms) -> None:
        """Take into the database what people wrote into a workbook beside its values."""
        written = self.written.get(path.name, _NEVER)
        try:
            back = read_back(path, plans)
            keep_looks(self.store, path.name, back, written.headings, written.looks)
        except (CannotReadBackError, CannotKeepError) as error:
            self._aside(path, "读不出来", error.message)
            self.unreadable.add(path.name)
            return
        _take_notes(self.store, back, plans, written.at)
        found = changes_in(back, self.store, forms)
        # What was confirmed is no longer in the queue: the row that said so is unknown by now, and nothing is lost.
        harmless = _LOSES_NOTHING | ({FaultKind.KEY_UNKNOWN} if self.seen[path.name] == self.imported else set())
        lost = [fault for fault in found.faults if fault.kind not in harmless]
        left = len(found.changes) + len(found.conflicts) + len(lost)
        if left:
            self._aside(path, f"中有 {left} 处修改没有导入数据库，或是自己添加的列")

    def _aside(self, path: Path, why: str, more: str = "") -> None:
        """Keep the old file beside the new one, and say so; one that is open is not replaced, and stays itself."""
        if is_open(path):
            return
        kept = _same_aside(path) or free_name(path.with_name(path.stem + _ASIDE + path.suffix))
        try:
            if not kept.exists():
                shutil.copy2(path, kept)
        except OSError as error:
            raise CannotWriteError(f"无法把 {path} 另存为 {kept.name}：{error.strerror}。原文件未改动。") from error
        how = more or f"查看并导入：python run_pipeline.py import {kept}"
        self.notices.append(f"{path.name} {why}，原文件已另存为 {kept.name}。{how}")


def keep_sheets(store: Store, forms: Forms, dictionaries: Dictionaries, settings: Settings) -> KeptSheets:
    """Take into the database what people wrote into the workbooks since they were written.

    A workbook that nobody touched costs no more than its hash. Raises
    :class:`~pipeline.ledgers.atomic.CannotWriteError` where an old file cannot be kept.
    """
    outputs = settings.path("outputs")
    known = {file: _Written.from_dict(data) for file, data in (store.recall(_STATE) or {}).items()}
    kept = KeptSheets(store, outputs, known, store.recall(_IMPORTED) or "")
    plans: Plans | None = None
    for path in sorted(outputs / name for name in output_names(forms, dictionaries) if name.endswith(".xlsx")):
        if not path.is_file():
            continue
        kept.seen[path.name] = hash_file(path)
        if kept.seen[path.name] != known.get(path.name, _NEVER).sha256:
            plans = plans or plans_of(store, forms, dictionaries, settings)
            kept.take_in(path, plans, forms)
    return kept


def taken_in_full(store: Store, sha256: str) -> None:
    """Note that every change in the workbook with this hash is in the database."""
    store.keep(_IMPORTED, sha256)


def new_notes(store: Store, back: BookBack, plans: Plans) -> list[Note]:
    """What people wrote in a copy of a workbook where the database has nothing: what it has may be newer."""
    known = {(note.row_key, note.heading) for note in store.notes()}
    found = _notes(store, back, plans, datetime.now(UTC))
    return [note for note in found if note.text and (note.row_key, note.heading) not in known]


def _take_notes(store: Store, back: BookBack, plans: Plans, since: datetime) -> None:
    """Keep the texts and rows that differ from those in the database."""
    added = {place_of(table.sheet, table.table): table.added for table in back.tables if table.added is not None}
    known = store.added_rows()
    changed = {place: rows for place, rows in added.items() if rows != known.get(place, [])}
    notes = list(_notes(store, back, plans, since))
    store.take_notes(workbook_file(back.workbook), notes, changed, WORKBOOK)


def _notes(store: Store, back: BookBack, plans: Plans, since: datetime) -> Iterator[Note]:
    """What people wrote in their own columns. Where a row stands in two sheets with two texts, both are kept."""
    known = {(note.row_key, note.heading): note for note in store.notes()}
    rows = {key for sheets in plans.values() for plan in sheets for t in plan.tables if t.keyed for key in keys_of(t)}
    documents = {source.document_id for source in store.document_sources()}
    found: defaultdict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for table in back.tables:
        for row in table.rows:
            for heading, text in row.notes.items():
                before = known.get((row.key, heading))
                if text != (before.text if before else ""):
                    found[row.key, heading][text] = None
    for (key, heading), texts in found.items():
        document = _OF_DOCUMENT.split(key, maxsplit=1)[0]
        of = document if document in documents else None
        if of is None and key not in rows:
            continue  # of a document that is no more
        before, text = known.get((key, heading)), "；".join(filter(None, texts))
        if not text and before is not None and before.time is not None and before.time > since:
            continue  # written elsewhere since
        yield Note(key, heading, text, WORKBOOK, None, of)


def _same_aside(path: Path) -> Path | None:
    """Where the file lies beside itself already, as an export that failed later may have left it."""
    sha256 = hash_file(path)
    beside = sorted(path.parent.glob(f"{path.stem}{_ASIDE}_*{path.suffix}"))
    return next((p for p in beside if p.stat().st_size == path.stat().st_size and hash_file(p) == sha256), None)
