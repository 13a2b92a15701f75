"""The figures of a day, from what its batches said and what the database holds now."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pipeline.definitions import Forms
from pipeline.ledgers.codes import describe, type_name
from pipeline.ledgers.naming import workbook_file
from pipeline.records import DocumentStatus
from pipeline.reports import batches as batch
from pipeline.reports.figures import (
    CameIn,
    Failed,
    FailedRow,
    Figures,
    FormRow,
    Link,
    Notice,
    ReasonRow,
    Review,
    ReviewRow,
    SlowRow,
    TakenIn,
)
from pipeline.reports.reasons import COSTLIEST, cost, key_fields
from pipeline.reports.text import plain
from pipeline.store import BatchInfo, FileState, Store
from pipeline.store.counts import TimedDocument

REVIEW_SHOWN, FILES_SHOWN, SLOW_SHOWN, NOTICES_SHOWN = 50, 100, 10, 50
TREND_BATCHES = 14
_NO_CODE = "未注明原因"


def gather(store: Store, forms: Forms, outputs: Path, day: datetime.date, audit_url: str) -> Figures:
    """Everything the report of ``day`` says. ``audit_url`` is where the audit page answers."""
    return _Day(store, forms, outputs, day, audit_url.rstrip("/")).figures()


class _Day:
    def __init__(self, store: Store, forms: Forms, outputs: Path, day: datetime.date, audit_url: str) -> None:
        self._store = store
        self._forms = forms
        self._titles = {doc_type: form.title for doc_type, form in forms.items()}
        self._outputs = outputs
        self._day = day
        self._audit_url = audit_url
        start, self._end = _midnight(day), _midnight(day + datetime.timedelta(days=1))
        newest = store.batches(newest=1)
        self._newest = newest[-1].id if newest else None
        self._infos = store.batches_started(start, self._end)
        known = store.batch_counts([info.id for info in self._infos])
        self._batches = [batch.figures_of(info, known[info.id], last=self._is_last(info)) for info in self._infos]

    def figures(self) -> Figures:
        quarantined, retried = self._troubled()
        trend = self._store.batches_before(self._end, newest=TREND_BATCHES)
        return Figures(
            day=self._day,
            generated=datetime.datetime.now().astimezone().replace(microsecond=0),
            batches=self._batches,
            came_in=self._came_in(quarantined.total, retried.total),
            taken_in=self._taken_in(),
            review=self._review(),
            quarantined=quarantined,
            retried=retried,
            quarantine=Link("quarantine", "../quarantine/") if (self._outputs / "quarantine").is_dir() else None,
            quarantine_total=self._store.status_summary().quarantined,
            slow=self._slow(),
            notices=[
                Notice(info.id, plain(text, 400)) for info in self._infos for text in info.summary.get("notices", ())
            ][:NOTICES_SHOWN],
            trend=[batch.trend_point(info, last=self._is_last(info)) for info in trend],
            workbooks=self._workbooks(),
            suggestions=[plain(text, 400) for text in _last_given(self._infos, "suggestions", ())],
        )

    def _is_last(self, info: BatchInfo) -> bool:
        return info.id == self._newest

    def _came_in(self, failed: int, retried: int) -> CameIn:
        waiting = _last_given(self._infos, "waiting", ())
        taken = sum(b.taken for b in self._batches)
        duplicates = sum(b.duplicates for b in self._batches)
        return CameIn(
            seen=taken + duplicates + failed + retried + len(waiting),
            taken=taken,
            duplicates=duplicates,
            failed=failed,
            retried=retried,
            waiting=len(waiting),
            waiting_files=[plain(path) for path in waiting[:FILES_SHOWN]],
            unchanged=self._batches[-1].unchanged if self._batches else 0,
            delayed=self._batches[-1].delayed if self._batches else 0,
        )

    def _taken_in(self) -> TakenIn:
        documents = batch.added(self._batches)
        timed = [b for b in self._batches if b.seconds is not None]
        seconds = sum(b.seconds or 0.0 for b in timed) if timed else None
        timed_pages = sum(b.pages for b in timed)
        return TakenIn(
            documents=batch.count(documents),
            forms=[self._form_row(doc_type, by_status) for doc_type, by_status in sorted(documents.items())],
            accepted_share=batch.accepted_share(documents),
            pages=sum(b.pages for b in self._batches),
            blank_pages=sum(b.blank_pages for b in self._batches),
            superseded=sum(b.superseded for b in self._batches),
            archived=sum(b.archived for b in self._batches),
            seconds=seconds,
            seconds_a_page=seconds / timed_pages if seconds is not None and timed_pages else None,
        )

    def _form_row(self, doc_type: str, by_status: Mapping[str, int]) -> FormRow:
        numbers = (by_status.get(status.value, 0) for status in DocumentStatus)
        return FormRow(doc_type, self._form(doc_type), *numbers)

    def _review(self) -> Review:
        keys = key_fields(self._forms)
        found = self._store.in_review(REVIEW_SHOWN, key_fields=keys, order=COSTLIEST)
        reasons = sorted(
            found.reasons, key=lambda r: (not r.code, *cost(r.code, key_field=r.key_field), -r.documents, r.code)
        )
        by_type = self._store.status_summary().documents
        return Review(
            documents=batch.count(by_type, DocumentStatus.REVIEW),
            reasons=[
                ReasonRow(r.code, _name(r.code), describe(r.code).advice, r.key_field, r.documents) for r in reasons
            ],
            listed=[
                ReviewRow(
                    document.document_id,
                    document.doc_type,
                    self._form(document.doc_type),
                    plain(document.file),
                    document.files,
                    [_name(code) for code in document.codes or ("",)],
                    self._url(document.document_id),
                )
                for document in found.first
            ],
        )

    def _troubled(self) -> tuple[Failed, Failed]:
        """The files in quarantine and those to be tried again, as the day's last word on each has it.

        What the batches said is set against the database: a file may have been read since, and a batch that
        was killed said nothing.
        """
        quarantined: dict[str, FailedRow] = {}
        retried: dict[str, FailedRow] = {}
        for info in self._infos:
            for entry in info.summary.get("failed", ()):
                retried.pop(entry["file"], None)
                quarantined[entry["file"]] = _row(entry)
            for entry in info.summary.get("retried", ()):
                quarantined.pop(entry["file"], None)
                retried[entry["file"]] = _row(entry)
        for path in self._store.settled_paths([*quarantined, *retried]):
            quarantined.pop(path, None)
            retried.pop(path, None)
        for file in self._store.troubled_files([info.id for info in self._infos]):
            again = file.state is FileState.RETRY
            (quarantined if again else retried).pop(file.path, None)
            when = file.retry_at.astimezone() if file.retry_at else None
            (retried if again else quarantined)[file.path] = FailedRow(
                plain(file.path), plain(file.code), plain(file.message, 400), file.attempts, when
            )
        return _listed(quarantined.values()), _listed(retried.values())

    def _slow(self) -> list[SlowRow]:
        timed: dict[str, TimedDocument] = {}
        for info in self._infos:
            if "slow" in info.summary:
                rows = [
                    TimedDocument(e["document_id"], e["doc_type"], e["pages"], e["seconds"])
                    for e in info.summary["slow"]
                ]
            else:
                rows = self._store.slowest(info.id, limit=SLOW_SHOWN)
            timed.update((row.document_id, row) for row in rows)
        slowest = sorted(timed.values(), key=lambda row: -row.seconds)[:SLOW_SHOWN]
        files = self._store.files_of([row.document_id for row in slowest])
        return [
            SlowRow(
                row.document_id,
                row.doc_type,
                self._form(row.doc_type),
                plain((files[row.document_id] or [""])[0]),
                row.pages,
                row.seconds,
                self._url(row.document_id),
            )
            for row in slowest
        ]

    def _workbooks(self) -> list[Link]:
        """Those that are there: of the forms, and any written beside one that was open in Excel."""
        names = [workbook_file(form.ledger.workbook) for form in self._forms.values()]
        names += [Path(path).name for path in _last_given(self._infos, "outputs", ()) if path.endswith(".xlsx")]
        there = [name for name in dict.fromkeys(names) if (self._outputs / name).is_file()]
        return [Link(plain(name), f"../{quote(name)}") for name in there]

    def _form(self, doc_type: str) -> str:
        return plain(type_name(doc_type, self._titles))

    def _url(self, document_id: str) -> str:
        return f"{self._audit_url}/documents/{quote(document_id, safe='')}"


def _name(code: str) -> str:
    return plain(describe(code).name) if code else _NO_CODE


def _row(entry: Mapping[str, Any]) -> FailedRow:
    return FailedRow(
        plain(entry["file"]),
        plain(entry.get("code", "")),
        plain(entry.get("message", ""), 400),
        entry.get("attempts", 0),
        batch.retry_time(entry),
    )


def _listed(rows: Iterable[FailedRow]) -> Failed:
    every = list(rows)
    return Failed(len(every), every[:FILES_SHOWN])


def _last_given(infos: Sequence[BatchInfo], key: str, default: Sequence[str]) -> Sequence[str]:
    """What the last batch that gave it says under ``key``."""
    return next((info.summary[key] for info in reversed(infos) if key in info.summary), default)


def _midnight(day: datetime.date) -> datetime.datetime:
    """The beginning of a day by this machine's clock."""
    return datetime.datetime.combine(day, datetime.time()).astimezone()
