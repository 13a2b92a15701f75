"""A file of records in which some lines are new: all others are copied as they stand, in stretches, without a look
at what they say."""

from __future__ import annotations

import errno
import json
import mmap
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from pipeline.errors import PipelineError
from pipeline.ledgers.atomic import replacing
from pipeline.ledgers.jsonl import line
from pipeline.records import Record

_HEAD = b'{"document_id": "'
_PIECE = 1 << 22  # bytes copied at once
_TOGETHER = 400  # documents asked for at once
_NO_WAY = {errno.EXDEV, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP}
"""What systems answer that cannot copy between two files, or not between these."""

Key = tuple[Any, ...]
"""Where a document stands in the order of records; see :meth:`pipeline.store.Store.places`."""


class CannotSpliceError(PipelineError):
    """The file is not as it was written, and has to be written as a whole."""

    code = "cannot_splice"


def splice_records(
    path: Path,
    changed: Collection[str],
    records: Iterable[Record],
    places: Callable[[Sequence[str]], dict[str, Key]],
) -> Path:
    """Write ``path`` anew where documents ``changed``; the same bytes as all records written in their order would be.

    ``records`` are those of the changed documents that still stand in the file, ``places`` gives the place of any of
    its documents. Raises :class:`CannotSpliceError` where the file is none of ours, and
    :class:`~pipeline.ledgers.atomic.CannotWriteError`.
    """
    with _opened(path) as old:
        lines = _lines(old)
    kept = [one for one in lines if one[0] not in changed]
    known, new = _Places(places), list(records)
    known.look_up(record.document_id for record in new)
    new.sort(key=lambda record: known.of(record.document_id))
    if len(kept) == len(lines) and not new:
        return path
    where = _where([document for document, _, _ in kept], [known.of(record.document_id) for record in new], known)
    with replacing(path) as written, path.open("rb") as old, written.temp.open("wb") as out:
        done = 0
        for here, record in zip(where, new, strict=True):
            _copy(old, out, kept[done:here])
            out.write(line(record))
            done = here
        _copy(old, out, kept[done:])
        out.flush()
    return written.path


class _Places:
    """The places of documents, each asked for once and many at a time."""

    def __init__(self, places: Callable[[Sequence[str]], dict[str, Key]]) -> None:
        self._places = places
        self._known: dict[str, Key] = {}

    def look_up(self, documents: Iterable[str]) -> None:
        """Ask for the places of these. Raises :class:`CannotSpliceError` where one has none."""
        new = sorted(set(documents) - self._known.keys())
        for start in range(0, len(new), _TOGETHER):
            self._known |= self._places(new[start : start + _TOGETHER])
        for document in new:
            if document not in self._known:
                raise CannotSpliceError(f"records.jsonl 中的文档 {document} 不在数据库中。")

    def of(self, document: str) -> Key:
        """The place of one that was asked for."""
        return self._known[document]


def _where(ids: Sequence[str], wanted: Sequence[Key], known: _Places) -> list[int]:
    """Before which of ``ids``, which are in order, each of these places comes; the searches halve what is left side by
    side, so that there are few questions, however many searches."""
    low, high = [0] * len(wanted), [len(ids)] * len(wanted)
    while middles := {i: (low[i] + high[i]) // 2 for i in range(len(wanted)) if low[i] < high[i]}:
        known.look_up(ids[middle] for middle in middles.values())
        for i, middle in middles.items():
            if known.of(ids[middle]) < wanted[i]:
                low[i] = middle + 1
            else:
                high[i] = middle
    return low


_Line = tuple[str, int, int]  # the document's id, where its line begins, where the next one does


@contextmanager
def _opened(path: Path) -> Iterator[mmap.mmap | bytes]:
    """The bytes of a file; they are not all in memory."""
    try:
        with path.open("rb") as stream:
            if not path.stat().st_size:
                yield b""  # nothing can be mapped
                return
            with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
                yield mapped
    except FileNotFoundError as error:
        raise CannotSpliceError(f"{path} 不存在。") from error


def _lines(old: mmap.mmap | bytes) -> list[_Line]:
    found, start, size = [], 0, len(old)
    while start < size:
        end = old.find(b"\n", start) + 1
        if not end or old[start : start + len(_HEAD)] != _HEAD:
            raise CannotSpliceError("records.jsonl 不是本程序写成的样子。")
        close = old.find(b'"', start + len(_HEAD), end)
        found.append((_text(old[start + len(_HEAD) : close]), start, end))
        start = end
    return found


def _text(quoted: bytes) -> str:
    """What stands between two quotes in JSON; as it stands in all but a few, and there are many."""
    return str(json.loads(b'"%b"' % quoted)) if b"\\" in quoted else quoted.decode()


def _copy(old: IO[bytes], out: IO[bytes], lines: Sequence[_Line]) -> None:
    """The lines, as few stretches as may be."""
    start = end = 0
    for _, begins, ends in lines:
        if begins != end:
            _stretch(old, out, start, end)
            start = begins
        end = ends
    _stretch(old, out, start, end)


def _stretch(old: IO[bytes], out: IO[bytes], start: int, end: int) -> None:
    """The bytes from ``start`` to ``end``; the system copies them itself where it can."""
    out.flush()
    while start < end and (done := _copied_by_system(old, out, start, end - start)):
        start += done
    old.seek(start)
    while start < end:
        if not (some := old.read(min(_PIECE, end - start))):
            raise CannotSpliceError("records.jsonl 在复制时变短了。")
        out.write(some)
        start += len(some)


def _copied_by_system(old: IO[bytes], out: IO[bytes], start: int, count: int) -> int:
    """How many bytes the system copied from one file to the other; 0 where it has no way to, as between some shares."""
    if not hasattr(os, "copy_file_range"):
        return 0
    try:
        return os.copy_file_range(old.fileno(), out.fileno(), count, start)
    except OSError as error:
        if error.errno in _NO_WAY:
            return 0
        raise
