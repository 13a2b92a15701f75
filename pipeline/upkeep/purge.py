"""Destroying what has been kept long enough, on the disk and not only out of sight."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from pipeline.batch.crosscheck import cross_check
from pipeline.batch.exports import export
from pipeline.batch.ink import FOLDER as INK
from pipeline.batch.lock import sole_batch
from pipeline.batch.office import load_rules
from pipeline.batch.run import open_database
from pipeline.definitions import Forms
from pipeline.dictionaries import Dictionaries
from pipeline.errors import SetupError
from pipeline.intake.archive import Archive
from pipeline.intake.quarantine import read_notes, release
from pipeline.intake.scans import open_scans
from pipeline.ledgers.atomic import CannotWriteError
from pipeline.reports.morning import FOLDER as REPORTS
from pipeline.settings import Settings
from pipeline.store import Store
from pipeline.store.retention import Expired
from pipeline.teaching.lessons import Lessons
from pipeline.upkeep.age import moment_before
from pipeline.upkeep.purge_copies import destroy_copies, editions_with


@dataclass(slots=True)
class PurgeReport:
    """What is too old (``done`` false), or what was destroyed.

    ``documents`` counts current ones by type; ``shared`` originals stay since a younger document needs
    them, ``in_review`` documents since a person has still to look at them. ``in_scans`` are files of the drop
    folder with a content that goes: they are left to staff. ``old_books`` are copies of workbooks beside those
    that are rewritten, ``left`` what could not be destroyed. ``editions`` lose rows and their workbooks, and ``copies``
    are other files made from the ledgers that went. ``scrubbed`` says that the database's files hold nothing of it any
    more.
    """

    before: datetime
    documents: dict[str, int]
    superseded: int
    oldest: datetime | None
    newest: datetime | None
    corrections: int
    originals: int
    shared: int
    in_review: int
    in_scans: list[str]
    done: bool = False
    quarantined: int = 0
    editions: list[str] = field(default_factory=list)
    copies: int = 0
    scrubbed: bool = False
    old_books: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    notice: str = ""

    @property
    def anything(self) -> bool:
        """Whether there is anything too old."""
        return bool(self.documents or self.superseded or self.corrections or self.originals)

    def to_dict(self) -> dict[str, Any]:
        times = {name: getattr(self, name) for name in ("before", "oldest", "newest")}
        return {**asdict(self), **{name: time.isoformat() if time else None for name, time in times.items()}}


def keep_from(settings: Settings, older_than: str | None) -> datetime:
    """The moment before which documents were read that have been kept long enough.

    Raises :class:`SetupError` where neither the command nor the settings say how long that is.
    """
    age = older_than or (f"{settings.retention.years}y" if settings.retention.years else "")
    if not age:
        raise SetupError(
            "没有设置保存期限（现为永久保存）。请用 --older-than 指定，例如 --older-than 5y，"
            "或在 pipeline.toml 的 [retention] 中设置 years。"
        )
    return moment_before(age, datetime.now(UTC))


def look_for_expired(settings: Settings, before: datetime, *, include_review: bool = False) -> PurgeReport:
    """What :func:`purge` would destroy. Nothing is changed."""
    with open_database(settings) as store:
        expired = store.expired(before, include_review=include_review)
        report = _report(expired, before, _in_scans(settings, store, expired.contents))
    report.editions = editions_with(settings.path("outputs"), {d.document_id for d in expired.documents})
    return report


def purge(settings: Settings, before: datetime, *, include_review: bool = False) -> PurgeReport:
    """Destroy documents first read before a moment, their originals, and what people said of them.

    The database comes first: what it no longer knows can be removed again by another run, if this one is
    interrupted. The outputs are then written anew.
    """
    forms, dictionaries = load_rules(settings)
    outputs = settings.path("outputs")
    with sole_batch(outputs), open_database(settings) as store:
        contents = store.expired(before, include_review=include_review).contents
        in_scans = _in_scans(settings, store, contents)
        report = _report(store.purge(before, include_review=include_review, present=in_scans), before, in_scans)
        report.done = True
        _destroy_files(outputs, store.purged_contents(), report)
        _export(store, forms, dictionaries, settings, report)
        copies = destroy_copies(store, outputs, before)
        copies.files += Lessons(outputs).end_begun_before(before)
        report.copies, report.editions, report.left = copies.files, copies.editions, [*report.left, *copies.left]
        report.scrubbed = store.scrub()
    return report


def _report(expired: Expired, before: datetime, in_scans: list[str]) -> PurgeReport:
    current = Counter(document.doc_type for document in expired.documents if not document.superseded)
    times = sorted(document.first_read for document in expired.documents)
    return PurgeReport(
        before=before,
        documents=dict(sorted(current.items())),
        superseded=len(expired.documents) - current.total(),
        oldest=times[0] if times else None,
        newest=times[-1] if times else None,
        corrections=expired.corrections,
        originals=len(expired.contents),
        shared=expired.shared,
        in_review=expired.in_review,
        in_scans=in_scans,
    )


def _in_scans(settings: Settings, store: Store, contents: Collection[str]) -> list[str]:
    """The files of the drop folder that hold one of these contents, under whatever name."""
    if not contents or (isinstance(settings.scans, Path) and not settings.scans.is_dir()):
        return []
    scans = open_scans(settings.scans, settings.path("outputs"))
    known = store.known_files()
    originals = [*store.archived_originals(), *store.pending_originals()]
    sizes = {original.size for original in originals if original.sha256 in contents}
    sizes |= {file.size for file in known.values() if file.sha256 in contents}
    listed = [file for file in scans.list(exclude=(settings.path("outputs"),)).files if file.size in sizes]
    hashes: dict[str, object] = {
        file.path: before.sha256
        for file in listed
        if (before := known.get(file.path)) and (before.size, before.mtime_ns) == (file.size, file.mtime_ns)
    }
    hashes |= {file.path: digest for file, digest in scans.hashes([f for f in listed if f.path not in hashes])}
    return [file.path for file in listed if hashes.get(file.path) in contents]


def _destroy_files(outputs: Path, purged: Collection[str], report: PurgeReport) -> None:
    """Remove contents from the archive, also what an interrupted run left there, and from quarantine; old reports."""
    originals = sorted(Archive(outputs).folder.glob("[0-9a-f][0-9a-f]/*"))
    over = [path for path in originals if path.name.lstrip(".")[:64] in purged]
    over += [path for path in sorted((outputs / INK).glob("[0-9a-f][0-9a-f]/*/*")) if path.parent.name in purged]
    # The morning reports name the files of their day.
    over += [path for path in sorted((outputs / REPORTS).glob("*")) if _is_of_before(path.name, report.before)]
    for path in over:
        try:
            if os.name == "nt":
                path.chmod(stat.S_IWRITE)  # Windows refuses to delete what is read-only
            path.unlink()
        except OSError as error:
            report.left.append(f"{path.relative_to(outputs).as_posix()}（{error.strerror}）")
    for note in read_notes(outputs):
        if note["sha256"] in purged:
            try:
                report.quarantined += release(note["file"], outputs)
            except OSError as error:
                report.left.append(f"quarantine/{note['file']}（{error.strerror}）")


def _is_of_before(name: str, before: datetime) -> bool:
    """Whether a report's name, ``2026-11-23.html``, is of a day before."""
    try:
        return date.fromisoformat(name.partition(".")[0]) < before.date()
    except ValueError:
        return False


def _export(store: Store, forms: Forms, dictionaries: Dictionaries, settings: Settings, report: PurgeReport) -> None:
    """Write the outputs without what went; workbooks of before that lie beside them are named."""
    cross_check(store, forms, dictionaries)
    try:
        written = export(store, forms, dictionaries, settings).paths
    except CannotWriteError as error:
        report.notice = error.message
        return
    names = {path.name for path in written}
    beside = settings.path("outputs").glob("*.xlsx")
    report.old_books = sorted(path.name for path in beside if path.name not in names)
