"""A file of records in which some lines are new: all others are copied as they stand, in stretches, without a look
at what they say."""

from __future__ import annotations

import errno
import json
import mmap
import os
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path
from typing import IO, Any

from pipeline.errors import PipelineError
from pipeline.ledgers.atomic import replacing
from pipeline.ledgers.jsonl import line
from pipeline.records import Record

_HEAD = b'{"document_id": "'
_PIECE = 1 << 22  # bytes copied at once
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
    known = _Places(places)
    new = sorted(((known.of(record.document_id), record) for record in records), key=itemgetter(0))
    if len(kept) == len(lines) and not new:
        return path
    ids = [document for document, _, _ in kept]
    with replacing(path) as written, path.open("rb") as old, written.temp.open("wb") as out:
        done = 0
        for place, record in new:
            here = bisect_left(ids, place, lo=done, key=known.of)
            _copy(old, out, kept[done:here])
            out.write(line(record))
            done = here
        _copy(old, out, kept[done:])
        out.flush()
    return written.path


class _Places:
    """The places of documents, each asked for once."""

    def __init__(self, places: Callable[[Sequence[str]], dict[str, Key]]) -> None:
        self._places = places
        self._known: dict[str, Key] = {}

    def of(self, document: str) -> Key:
        if document not in self._known:
            self._known |= self._places([document])
        if document not in self._known:
            raise CannotSpliceError(f"records.jsonl 中的文档 {document} 不在数据库中。")
        return self._known[document]


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
        found.append((json.loads(old[start + len(_HEAD) - 1 : close + 1]), start, end))
        start = end
    return found


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
