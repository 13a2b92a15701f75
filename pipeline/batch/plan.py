"""What a batch has to do: which files are new, which came in twice, which pages belong together."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import FileError
from pipeline.intake.folder import FoundFile, Listing, RefusedEntry, hash_file, list_scans
from pipeline.intake.grouping import group_files
from pipeline.store import FileStat, FileState, KnownFile

RETRIED = frozenset({"unreadable_file", "worker_died"})
"""Quarantine codes whose cause may have passed: such files are tried again in every batch."""

LIMITED = frozenset({"too_many_bytes", "too_many_pages", "too_many_pixels"})
"""Quarantine codes that depend on the settings' limits: tried again when those change."""


@dataclass(frozen=True, slots=True)
class Work:
    """Files to be read together: one file, or the pages of one document in several files."""

    files: tuple[FileStat, ...]

    @property
    def names(self) -> str:
        return "、".join(f.path for f in self.files)


@dataclass(slots=True)
class Plan:
    """What to do with the drop folder; ``unchanged`` files were dealt with in an earlier batch."""

    work: list[Work] = field(default_factory=list)
    duplicates: list[tuple[FileStat, str]] = field(default_factory=list)  # file, path of its first copy
    touched: list[FileStat] = field(default_factory=list)  # same content, new time stamp
    refused: list[RefusedEntry] = field(default_factory=list)
    unreadable: list[tuple[FileStat, FileError]] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    unchanged: int = 0


def make_plan(
    scans: Path,
    outputs: Path,
    known: Mapping[str, KnownFile],
    quarantine_codes: Mapping[str, str],
    *,
    retried: Collection[str] = RETRIED,
    force: bool = False,
) -> Plan:
    """Compare the folder with what the store knows.

    Only files whose size or time changed are hashed. ``quarantine_codes`` gives the code of each
    quarantined path, ``retried`` the codes that are worth another try; ``force`` reads everything again.
    Raises :class:`SetupError` where the folder cannot be listed.
    """
    listing = list_scans(scans, exclude=(outputs,))
    # A link or device that was refused before is no news.
    plan = Plan(refused=[r for r in listing.refused if quarantine_codes.get(r.path) != r.code])
    stats = _stats(scans, listing, known, plan, force=force)
    present = {f.path for f in listing.files} | {r.path for r in listing.refused}
    plan.gone = sorted(p for p, k in known.items() if p not in present and k.state is not FileState.GONE)
    todo = {
        path
        for path, stat in stats.items()
        if _is_due(stat, known.get(path), quarantine_codes.get(path), retried, force=force)
    }
    aside = _set_duplicates_aside(plan, stats, todo, known)
    todo -= aside
    for group in group_files([path for path in stats if path not in aside]):
        if any(path in todo for path in group):
            plan.work.append(Work(tuple(stats[path] for path in group)))
    plan.touched = [
        s for p, s in stats.items()
        if p in known and p not in todo and p not in aside and known[p].mtime_ns != s.mtime_ns
    ]  # fmt: skip
    plan.unchanged = len(stats) - sum(len(w.files) for w in plan.work) - len(plan.duplicates)
    return plan


def _stats(
    scans: Path, listing: Listing, known: Mapping[str, KnownFile], plan: Plan, *, force: bool
) -> dict[str, FileStat]:
    """Every readable file with its hash, taken from the store where the file has not changed since."""
    stats: dict[str, FileStat] = {}
    for found in listing.files:
        before = known.get(found.path)
        if before and before.sha256 and not force and (before.size, before.mtime_ns) == (found.size, found.mtime_ns):
            digest = before.sha256
        else:
            try:
                digest = hash_file(scans / found.path)
            except FileError as error:
                plan.unreadable.append((_stat(found, ""), error))
                continue
        stats[found.path] = _stat(found, digest)
    return stats


def _stat(found: FoundFile, digest: str) -> FileStat:
    return FileStat(found.path, digest, found.size, found.mtime_ns)


def _is_due(
    stat: FileStat, before: KnownFile | None, code: str | None, retried: Collection[str], *, force: bool
) -> bool:
    if before is None or force or before.state is FileState.GONE or before.sha256 != stat.sha256:
        return True
    return before.state is FileState.QUARANTINED and code in retried


def _set_duplicates_aside(
    plan: Plan, stats: Mapping[str, FileStat], todo: set[str], known: Mapping[str, KnownFile]
) -> set[str]:
    """Files with the content of another one: the copy that was read stays, else the first by name."""
    owner: dict[str, str] = {}
    for path, stat in stats.items():
        before = known.get(path)
        if before and before.state is FileState.PROCESSED and before.sha256 == stat.sha256:
            owner.setdefault(stat.sha256, path)
    aside: set[str] = set()
    for path, stat in stats.items():
        first = owner.setdefault(stat.sha256, path)
        if first == path:
            continue
        aside.add(path)
        before = known.get(path)
        # A copy that was dealt with as one before is no news, but is not read either.
        if path in todo or before is None or before.state is FileState.PROCESSED:
            plan.duplicates.append((stat, first))
    return aside
