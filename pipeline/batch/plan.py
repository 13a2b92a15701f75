"""What a batch has to do: which files are new, which came in twice, which pages belong together."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pipeline.batch.failures import is_due
from pipeline.batch.fellows import Documents, Group, groups_of
from pipeline.batch.portion import WHOLE, Portion, touching
from pipeline.errors import FileError
from pipeline.intake.archive import Archive
from pipeline.intake.folder import FoundFile, Listing, RefusedEntry
from pipeline.intake.quarantine import kept_copy
from pipeline.intake.scans import Scans, open_scans
from pipeline.records import Arrangement
from pipeline.scanned import FileStat
from pipeline.store import FileState, KnownFile

RETRIED = frozenset({"unreadable_file"})
"""Quarantine codes whose cause may have been mended: such files are tried again in every batch."""

LIMITED = frozenset({"too_many_bytes", "too_many_pages", "too_many_pixels"})
"""Quarantine codes that depend on the settings' limits: tried again when those change."""


class Contents(Documents, Protocol):
    """What the store knows of files and contents."""

    def known_files(self) -> dict[str, KnownFile]: ...

    def settled_contents(self, sha256s: Collection[str]) -> dict[str, str | None]: ...


@dataclass(frozen=True, slots=True)
class Work:
    """Files to be read together: one file, or the pages of one document in several files.

    ``fellows`` are read with them because people put pages of both into one document: contents that lie in the
    archive only.
    """

    files: tuple[FileStat, ...]
    portion: Portion = WHOLE
    fellows: tuple[FileStat, ...] = ()

    @property
    def every(self) -> tuple[FileStat, ...]:
        """All that is read."""
        return (*self.files, *self.fellows)

    @property
    def names(self) -> str:
        return "、".join(f.path for f in self.files)


@dataclass(slots=True)
class Plan:
    """What to do with the drop folder; ``unchanged`` files were dealt with in an earlier batch."""

    work: list[Work] = field(default_factory=list)
    duplicates: list[FileStat] = field(default_factory=list)  # their content is known, or another file's
    touched: list[FileStat] = field(default_factory=list)  # same content, new time stamp
    refused: list[RefusedEntry] = field(default_factory=list)
    unreadable: list[tuple[FileStat, FileError]] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)  # still being written
    delayed: list[str] = field(default_factory=list)  # failed, and not yet due for another try
    unchanged: int = 0
    known: Mapping[str, KnownFile] = field(default_factory=dict)

    @property
    def has_news(self) -> bool:
        """Whether there is anything to write down."""
        return bool(self.work or self.duplicates or self.refused or self.unreadable or self.gone)


@dataclass(frozen=True, slots=True)
class Looking:
    """How the folder is looked at.

    ``quarantine_codes`` gives the code of each quarantined path, ``retried`` the codes that are worth
    another try, ``settle`` how long, in seconds, a new file must have been left alone; ``force`` reads
    everything again. ``arrangements`` are what people said of which pages are one document. ``expect`` is told
    how many new files there seem to be, before they are given their time to come to rest.
    """

    now: datetime.datetime
    quarantine_codes: Mapping[str, str]
    retried: Collection[str] = RETRIED
    settle: float = 0.0
    force: bool = False
    arrangements: Sequence[Arrangement] = ()
    expect: Callable[[int], object] = lambda files: None


def make_plan(place: Path | str, outputs: Path, contents: Contents, looking: Looking) -> Plan:
    """Compare the folder, or the bucket, with what the store knows.

    Only files whose size or time changed are looked at twice and hashed. Raises :class:`SetupError` where
    the folder cannot be listed.
    """
    scans = open_scans(place, outputs)
    known = contents.known_files()
    listing = scans.list(exclude=(outputs,))
    # A link or device that was refused before is no news.
    refused = [r for r in listing.refused if looking.quarantine_codes.get(r.path) != r.code]
    plan = Plan(refused=refused, known=known)
    stats = _stats(scans, listing, plan, looking)
    present = {f.path for f in listing.files} | {r.path for r in listing.refused}
    _add_kept(plan, stats, present, outputs)
    plan.gone = sorted(p for p, k in known.items() if p not in present and k.state is not FileState.GONE)
    todo = set()
    for path, stat in stats.items():
        before = known.get(path)
        if before is not None and _is_put_off(stat, before, looking):
            plan.delayed.append(path)
        elif _is_due(stat, before, looking):
            todo.add(path)
    aside = _set_duplicates_aside(plan, stats, todo, contents, looking)
    todo -= aside
    at_hand = {path: stat for path, stat in stats.items() if path not in aside}
    for group in groups_of(at_hand, looking.arrangements, contents):
        if any(path in todo for path in group.paths):
            plan.work.append(_work(group, at_hand, looking, outputs))
    plan.touched = [
        s for p, s in stats.items()
        if p in known and p not in todo and p not in aside and known[p].mtime_ns != s.mtime_ns
    ]  # fmt: skip
    at_work = {stat.path for item in plan.work for stat in item.files}
    plan.delayed = [path for path in plan.delayed if path not in at_work]  # not if read with its fellows now
    plan.unchanged = len(stats.keys() - at_work - {stat.path for stat in plan.duplicates} - set(plan.delayed))
    return plan


def _work(group: Group, stats: Mapping[str, FileStat], looking: Looking, outputs: Path) -> Work:
    files = tuple(stats[path] for path in group.paths)
    archive = Archive(outputs)
    fellows = tuple(FileStat(path, s, 0, 0) for s, path in group.fellows.items() if archive.find(s))
    arranged = touching(looking.arrangements, {stat.sha256 for stat in (*files, *fellows)})
    return Work(files, Portion(arranged) if arranged else WHOLE, fellows)


def _stats(scans: Scans, listing: Listing, plan: Plan, looking: Looking) -> dict[str, FileStat]:
    """Every readable file at rest with its hash, taken from the store where the file has not changed since."""
    fresh = [f for f in listing.files if looking.force or not _as_before(f, plan.known.get(f.path))]
    put_off = {f.path for f in fresh if _could_not_be_read(f, plan.known.get(f.path), looking)}
    plan.delayed += sorted(put_off)
    fresh = [f for f in fresh if f.path not in put_off]
    looking.expect(len(fresh))
    settled = scans.settle(fresh, looking.settle)
    plan.waiting += settled.waiting
    hashes = _hash(scans, settled.files, plan, looking)
    stats: dict[str, FileStat] = {}
    looked_at = {f.path for f in fresh} | put_off
    for found in listing.files:
        before = plan.known.get(found.path)
        if found.path in hashes:
            stats[found.path] = _stat(found, hashes[found.path])
        elif before is not None and found.path not in looked_at:
            stats[found.path] = _stat(found, before.sha256)
    return stats


def _as_before(found: FoundFile, before: KnownFile | None) -> bool:
    return bool(before and before.sha256 and (before.size, before.mtime_ns) == (found.size, found.mtime_ns))


def _could_not_be_read(found: FoundFile, before: KnownFile | None, looking: Looking) -> bool:
    """Whether the file could not even be opened, is as it was then, and not due for another try."""
    if before is None or before.sha256 or before.state is not FileState.RETRY or looking.force:
        return False
    return (before.size, before.mtime_ns) == (found.size, found.mtime_ns) and not is_due(before, looking.now)


def _hash(scans: Scans, files: Sequence[FoundFile], plan: Plan, looking: Looking) -> dict[str, str]:
    """The hash of each file; what cannot be read, and what was written meanwhile, goes into the plan.

    A file in quarantine because it cannot be read, and still cannot, is no news.
    """
    hashes = {}
    for found, digest in scans.hashes(files):
        if isinstance(digest, FileError):
            known = looking.quarantine_codes.get(found.path) == digest.code
            if not known and scans.look(found.path) is not None:  # else it has just been taken away
                plan.unreadable.append((_stat(found, ""), digest))
        elif digest is None:
            plan.waiting.append(found.path)
        else:
            hashes[found.path] = digest
    return hashes


def _stat(found: FoundFile, digest: str) -> FileStat:
    return FileStat(found.path, digest, found.size, found.mtime_ns)


def _add_kept(plan: Plan, stats: dict[str, FileStat], present: set[str], outputs: Path) -> None:
    """Files that are to be read again, and lie in the archive or in quarantine only."""
    archive = Archive(outputs)
    for path, before in plan.known.items():
        if before.state is not FileState.RETRY or path in present:
            continue
        if archive.find(before.sha256) or kept_copy(path, before.sha256, outputs):
            stats[path] = FileStat(path, before.sha256, before.size, before.mtime_ns)
            present.add(path)


def _is_put_off(stat: FileStat, before: KnownFile, looking: Looking) -> bool:
    """Whether the file failed before and its next try is not due yet."""
    failed = before.state is FileState.RETRY and before.sha256 == stat.sha256
    return failed and not looking.force and not is_due(before, looking.now)


def _is_due(stat: FileStat, before: KnownFile | None, looking: Looking) -> bool:
    if before is None or looking.force or before.sha256 != stat.sha256:
        return True
    if before.state in (FileState.GONE, FileState.RETRY):
        return True
    return before.state is FileState.QUARANTINED and looking.quarantine_codes.get(stat.path) in looking.retried


def _set_duplicates_aside(
    plan: Plan, stats: Mapping[str, FileStat], todo: set[str], contents: Contents, looking: Looking
) -> set[str]:
    """Files with a known content: that of another file here, or one that was read, or purged, before."""
    owner: dict[str, str] = {}
    for path, stat in stats.items():
        before = plan.known.get(path)
        if before and before.state is FileState.PROCESSED and before.sha256 == stat.sha256:
            owner.setdefault(stat.sha256, path)
    again = {p for p in todo if (k := plan.known.get(p)) and k.state is FileState.RETRY}
    asked = {stats[p].sha256 for p in todo - again} - owner.keys()
    settled = contents.settled_contents(asked) if asked else {}
    if looking.force:  # reads again what was read, and never what was purged
        settled = {sha256: document for sha256, document in settled.items() if document is None}
    aside: set[str] = set()
    for path, stat in stats.items():
        before = plan.known.get(path)
        unchanged_copy = before is not None and before.state is FileState.DUPLICATE and path not in todo
        first = owner.setdefault(stat.sha256, path)
        read_before = path in todo and path not in again and stat.sha256 in settled
        if first == path and not read_before and not unchanged_copy:
            continue
        aside.add(path)
        # A copy that was dealt with as one before is no news, but is not read either.
        if path in todo or before is None or before.state is FileState.PROCESSED:
            plan.duplicates.append(stat)
    return aside
