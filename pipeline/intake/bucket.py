"""Scans in a bucket of S3-compatible storage, through fsspec.

The storage's address and credentials are those of the environment (``AWS_ENDPOINT_URL``, ``AWS_ACCESS_KEY_ID``,
``AWS_SECRET_ACCESS_KEY`` …), on every machine that reads; they are in no setting, message or log.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import os
import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.errors import FileError, SetupError
from pipeline.intake.faults import fault
from pipeline.intake.folder import FoundFile, Listing, RefusedEntry, is_clutter, natural_key
from pipeline.intake.hash_notes import HashNotes
from pipeline.intake.settle import Settled

_CHUNK = 1 << 20
_AT_ONCE = 16  # objects hashed side by side: a request is mostly waiting
_OF_ONE_PAGE = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})
_BYTES_A_PAGE = 20_000  # a scanned page has more
_TIMEOUTS = {"connect_timeout": 10, "read_timeout": 60, "retries": {"max_attempts": 4, "mode": "standard"}}


class BucketScans:
    """The objects of a bucket below a prefix; ``path`` is what follows the prefix.

    An object is put whole or not at all, so it is always at rest. Its state is its size and entity tag; the tag
    stands, hashed, where a file has its time. What is fetched lies in ``outputs`` until :meth:`release`.
    """

    def __init__(self, place: str, outputs: Path) -> None:
        """``place`` is ``s3://bucket/prefix``. Raises :class:`SetupError` where s3fs is not installed."""
        self._place = place.rstrip("/")
        self._root = self._place.removeprefix("s3://") + "/"
        self._outputs = outputs
        self._spool = outputs / f".bucket.{os.getpid()}.part"
        self._storage = _open_storage()

    def list(self, exclude: Collection[Path] = ()) -> Listing:
        try:
            # The bucket first: an absent one and an empty prefix look alike in a listing.
            self._storage.call_s3("head_bucket", Bucket=self._root.partition("/")[0])
            objects = self._storage.find(self._root, detail=True, refresh=True)
        except Exception as error:
            raise SetupError(f"无法列出存储桶 {self._place}：{_why(error)}。") from error
        files: list[FoundFile] = []
        refused: list[RefusedEntry] = []
        skipped: list[str] = []
        for key, info in objects.items():
            path = key.removeprefix(self._root)
            parts = path.split("/")
            if info.get("type") != "file" or not parts[-1]:
                continue  # the marker of a folder
            if any(is_clutter(part) for part in parts):
                skipped.append(path)
            elif not all(parts) or {".", ".."} & set(parts):
                refused.append(RefusedEntry(path, "bad_name", fault("bad_name").message))
            else:
                files.append(_found(path, info))
        with HashNotes(self._outputs) as notes:
            notes.keep_only({found.path for found in files})
        return Listing(
            files=tuple(sorted(files, key=lambda f: natural_key(f.path))),
            refused=tuple(sorted(refused, key=lambda r: natural_key(r.path))),
            skipped=tuple(sorted(skipped, key=natural_key)),
        )

    def settle(self, files: Sequence[FoundFile], seconds: float) -> Settled:
        return Settled(tuple(files), ())

    def hashes(self, files: Sequence[FoundFile]) -> Iterator[tuple[FoundFile, str | FileError | None]]:
        """As of a folder; a hash is noted down, so that an object is read for it once while it is unchanged."""
        with HashNotes(self._outputs) as notes, ThreadPoolExecutor(_AT_ONCE, "hash") as threads:
            known = {found: notes.get(found) for found in files}
            for found, digest in known.items():
                if digest is not None:
                    yield found, digest
            for found, outcome in threads.map(self._hash, [found for found, digest in known.items() if digest is None]):
                if isinstance(outcome, str):
                    notes.add(found, outcome)
                yield found, outcome

    def look(self, path: str) -> FoundFile | None:
        try:
            return _found(path, self._storage.info(self._root + path, refresh=True))
        except FileNotFoundError:
            return None
        except Exception as error:
            raise _unreadable(error) from error

    def locate(self, found: FoundFile, sha256: str) -> Path | None:
        target = self._spool / (sha256 or "unknown")
        if not target.exists():
            try:
                digest = self._fetch(found.path, target)
            except FileNotFoundError:
                return None
            if digest != sha256:
                target.unlink()
                return None
        return target

    def source(self, path: str, sha256: str) -> Path:
        target = self._spool / (sha256 or "unknown")
        if not target.exists():
            with contextlib.suppress(FileError, FileNotFoundError):
                self._fetch(path, target)
        return target

    def pages_at_most(self, found: FoundFile, limit: int) -> int | None:
        """By its name and size: to open it, it would have to be fetched."""
        if not found.size:
            return None  # nothing to go by: of this machine's archive, or of no pages
        if PurePosixPath(found.path).suffix.lower() in _OF_ONE_PAGE:
            return 1
        return max(1, min(limit, found.size // _BYTES_A_PAGE))

    def release(self) -> None:
        shutil.rmtree(self._spool, ignore_errors=True)

    def _hash(self, found: FoundFile) -> tuple[FoundFile, str | FileError | None]:
        try:
            state, digest = self._read(found.path, lambda chunk: None)
            return found, digest if state == found else None
        except FileNotFoundError:
            return found, fault("unreadable_file", detail="文件已不在原处")
        except FileError as error:
            return found, error

    def _fetch(self, path: str, target: Path) -> str:
        """Fetch an object; the hash of what came."""
        self._spool.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = target.with_name(target.name + ".tmp")
        with partial.open("wb") as stream:
            _, digest = self._read(path, stream.write)
        partial.replace(target)
        return digest

    def _read(self, path: str, take: Callable[[bytes], object]) -> tuple[FoundFile, str]:
        """Read an object through; its state and hash. Raises ``FileNotFoundError``, ``FileError unreadable_file``."""
        digest = hashlib.sha256()
        try:
            # Read ahead, so that but for very large scans one request brings all of it.
            with self._storage.open(self._root + path, "rb", block_size=8 * _CHUNK, cache_type="readahead") as stream:
                state = _found(path, stream.details)
                while chunk := stream.read(_CHUNK):
                    digest.update(chunk)
                    take(chunk)
        except FileNotFoundError:
            raise
        except Exception as error:
            raise _unreadable(error) from error
        return state, digest.hexdigest()


def _open_storage() -> Any:
    try:
        s3fs: Any = importlib.import_module("s3fs")
    except ImportError as error:
        raise SetupError("读取存储桶需要另外安装组件：在程序文件夹中运行 pip install '.[cluster]'。") from error
    # One of its own: fsspec would give the one that was made for what the environment said before.
    return s3fs.S3FileSystem(config_kwargs=_TIMEOUTS, use_listings_cache=False, skip_instance_cache=True)


def _found(path: str, info: dict[str, Any]) -> FoundFile:
    tag = hashlib.sha256(str(info.get("ETag", "")).encode()).digest()
    return FoundFile(path, int(info["size"]), int.from_bytes(tag[:8], "big") >> 1)


def _unreadable(error: Exception) -> FileError:
    return fault("unreadable_file", detail=f"存储桶：{_why(error)}")


def _why(error: Exception) -> str:
    """What is wrong, in words that hold neither a key nor what the storage said."""
    if isinstance(error, FileNotFoundError):
        return "没有这个存储桶，请检查地址"
    if isinstance(error, PermissionError) or type(error).__name__ in ("NoCredentialsError", "PartialCredentialsError"):
        return "没有读取权限，请检查环境变量 AWS_ACCESS_KEY_ID、AWS_SECRET_ACCESS_KEY"
    if isinstance(error, TimeoutError) or "Endpoint" in type(error).__name__ or "Timeout" in type(error).__name__:
        return "存储服务没有应答，请检查环境变量 AWS_ENDPOINT_URL 和网络"
    return f"存储服务出错（{type(error).__name__}）"
