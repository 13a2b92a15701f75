"""Documents and files to be read again by the next batch; what people corrected stays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.batch.lock import sole_batch
from pipeline.batch.office import load_rules
from pipeline.batch.run import open_database
from pipeline.errors import SetupError
from pipeline.intake.archive import Archive
from pipeline.intake.quarantine import kept_copy
from pipeline.intake.scans import open_scans
from pipeline.records import UNKNOWN_TYPE
from pipeline.settings import Settings
from pipeline.store import Store
from pipeline.store.sources import DocumentSource

_TOGETHER = 500  # contents in one transaction: databases bound the parameters of a statement
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be read again: by name (a file of the drop folder, or a document's id), or by kind.

    ``outdated`` leaves of a ``doc_type`` those documents that were read with an older version of its definition.
    """

    names: tuple[str, ...] = ()
    quarantined: bool = False
    doc_type: str | None = None
    everything: bool = False
    outdated: bool = False


@dataclass(slots=True)
class RequeueReport:
    """How many contents, the files that hold them, and the documents that were read from them.

    ``lost`` are files that cannot be read again: neither the archive nor the drop folder has their content.
    """

    contents: int = 0
    documents: int = 0
    files: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        return {
            "contents": self.contents,
            "documents": self.documents,
            "files": self.files,
            "lost": self.lost,
        }


def requeue(settings: Settings, wanted: Wanted) -> RequeueReport:
    """Let the next batch read again what is ``wanted``.

    A document in several files is read with all of them, and all documents of a file are read with it.
    Raises :class:`SetupError` naming what there is not, and then nothing is queued.
    """
    with sole_batch(settings.path("outputs")), open_database(settings) as store:
        sources = store.document_sources()
        chosen = _chosen(settings, store, sources, wanted)
        contents = _with_their_documents(chosen, sources)
        return _queue(settings, store, contents, sources)


def _chosen(settings: Settings, store: Store, sources: list[DocumentSource], wanted: Wanted) -> set[str]:
    """The contents that are asked for."""
    current = [source for source in sources if source.superseded_by is None]
    if wanted.quarantined:
        # What could not even be read has no hash; it is tried in every batch anyway.
        return {file.sha256 for file in store.quarantined()} - {""}
    if wanted.everything:
        return _contents_of(current)
    if wanted.doc_type is not None:
        forms = load_rules(settings)[0]
        types = {*forms, UNKNOWN_TYPE, *(source.doc_type for source in current)}
        if wanted.doc_type not in types:
            raise SetupError(f"没有文档类型“{wanted.doc_type}”，可用：{'、'.join(sorted(types))}。")
        some = [source for source in current if source.doc_type == wanted.doc_type]
        if wanted.outdated:
            now = forms[wanted.doc_type].version if wanted.doc_type in forms else 1
            some = [source for source in some if _version(source) < now]
        return _contents_of(some)
    return _named(settings, store, sources, wanted.names)


def _version(source: DocumentSource) -> int:
    """The version of the definition a document was read with; the first, where that was not kept yet."""
    return int(source.form_version or 1)


def _named(settings: Settings, store: Store, sources: list[DocumentSource], names: Collection[str]) -> set[str]:
    """The contents that files and documents of these names have."""
    paths = _paths(store, sources)
    documents = {source.document_id: source for source in sources}
    current = _contents_of(source for source in sources if source.superseded_by is None)
    older = _contents_of(source for source in sources if source.superseded_by is not None) - current
    purged = store.purged_contents()
    chosen: set[str] = set()
    refused: dict[str, list[str]] = defaultdict(list)
    for name in dict.fromkeys(names):
        found = paths.get(name) or paths.get(_within(settings.scans, name))
        if not found and name in documents:
            found = set(documents[name].sha256s)
        if not found:
            refused["没有这个文件或文档"].append(name)
        elif found <= purged:
            refused["内容已按保存期限清除"].append(name)
        elif found <= older:
            refused["已被更好的扫描件取代，请改用取代它的文档"].append(name)
        else:
            chosen |= found - purged - older
    if refused:
        lines = [f"  {why}：{_listed(some)}" for why, some in refused.items()]
        raise SetupError("\n".join(["没有安排重新识别：", *lines, "文件名以扫描文件夹为准，例如 2024/登记表.pdf。"]))
    return chosen


def _paths(store: Store, sources: list[DocumentSource]) -> dict[str, set[str]]:
    """What each path holds, or held when a current document was read from it."""
    paths = {path: {sha256} for path, sha256 in store.known_paths().items() if sha256}
    for source in sources:
        if source.superseded_by is None:
            for path, sha256 in zip(source.paths, source.sha256s, strict=True):
                paths.setdefault(path, set()).add(sha256)
    return paths


def _within(scans: Path | str, name: str) -> str:
    """A path of the file system as the store names it; as given where it does not lie in the drop folder."""
    if isinstance(scans, str):
        return name.removeprefix(scans.rstrip("/") + "/")
    path = Path(name).absolute()
    return path.relative_to(scans).as_posix() if path.is_relative_to(scans) else name


def _contents_of(sources: Iterable[DocumentSource]) -> set[str]:
    return {sha256 for source in sources for sha256 in source.sha256s}


def _with_their_documents(chosen: set[str], sources: list[DocumentSource]) -> set[str]:
    """These contents, with all others that current documents of theirs were read from."""
    by_content: dict[str, list[DocumentSource]] = defaultdict(list)
    for source in sources:
        if source.superseded_by is None:
            for sha256 in source.sha256s:
                by_content[sha256].append(source)
    reached: set[str] = set()
    pending = list(chosen)
    while pending:
        sha256 = pending.pop()
        if sha256 not in reached:
            reached.add(sha256)
            pending.extend(other for source in by_content[sha256] for other in source.sha256s)
    return reached


def _queue(settings: Settings, store: Store, contents: set[str], sources: list[DocumentSource]) -> RequeueReport:
    outputs = settings.path("outputs")
    scans = open_scans(settings.scans, outputs)
    archive = Archive(outputs)
    holders: dict[str, list[str]] = defaultdict(list)
    for path, sha256 in sorted(store.known_paths().items()):
        holders[sha256].append(path)
    report = RequeueReport()
    at_hand = []
    for sha256 in sorted(contents):
        there = archive.find(sha256) is not None or any(
            scans.look(path) is not None or kept_copy(path, sha256, outputs) for path in holders[sha256]
        )
        if there:
            at_hand.append(sha256)
        else:
            report.lost += holders[sha256] or _last_paths(sha256, sources)
    queued: dict[str, str] = {}
    for start in range(0, len(at_hand), _TOGETHER):
        queued |= store.requeue(at_hand[start : start + _TOGETHER])
    report.files = sorted(queued.values())
    report.lost += [path for sha256 in at_hand if sha256 not in queued for path in _last_paths(sha256, sources)]
    report.contents = len(queued)
    report.documents = sum(s.superseded_by is None and not queued.keys().isdisjoint(s.sha256s) for s in sources)
    return report


def _last_paths(sha256: str, sources: list[DocumentSource]) -> list[str]:
    """Where a content lay whose path holds another one by now."""
    paths = (
        path for source in sources for path, held in zip(source.paths, source.sha256s, strict=True) if held == sha256
    )
    return sorted(set(paths))


def _listed(names: list[str]) -> str:
    more = f" 等 {len(names)} 个" if len(names) > _SHOWN else ""
    return "、".join(names[:_SHOWN]) + more
