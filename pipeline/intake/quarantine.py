"""Quarantine: what cannot be processed is copied aside, with a note beside it that says why and what to do."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import unicodedata
from datetime import datetime
from pathlib import Path

FOLDER = "quarantine"
_CHUNK = 1 << 20
NOTE_KEYS = ("file", "sha256", "code", "message", "time")
_NOT_COPIED = {"too_many_bytes", "link_refused", "special_file"}
_ONLY_NOTED = "（原文件未复制到隔离文件夹，仍在原处。）"
_STEM_CHARACTERS, _STEM_BYTES, _ENDING_CHARACTERS = 60, 150, 10
_FORBIDDEN = re.compile(r'[<>:"/\\|?*]')
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])", re.IGNORECASE)


def quarantine(source: Path, name: str, sha256: str, error_code: str, message: str, outputs: Path) -> Path:
    """Copy ``source`` into ``outputs/quarantine/`` and write its note; returns the note's path.

    ``name`` is the file's path relative to the drop folder: there is one note a name, and a later failure
    replaces it. The same name, content and code again changes nothing. What is too large, a link, not a
    regular file or gone is noted without a copy, and the message says so. The note is written last, so a
    note never stands without its copy. Raises ``OSError`` where the outputs folder cannot be written.
    """
    folder = outputs / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    note = _note_path(folder, name)
    copy = note.with_suffix("")
    known = _read_note(note)
    same = known is not None and (known["sha256"], known["code"]) == (sha256, error_code)
    if same and copy.exists():
        return note
    copied = error_code not in _NOT_COPIED and (_copy(source, copy) or _is_copied(known, sha256, copy))
    if known and same and not copied and known["message"].endswith(_ONLY_NOTED):
        return note
    if not copied:
        copy.unlink(missing_ok=True)
    content = {
        "file": name,
        "sha256": sha256,
        "code": error_code,
        "message": message if copied else message + _ONLY_NOTED,
        "time": datetime.now().astimezone().isoformat(timespec="seconds"),
    }
    partial = note.with_name(note.name + ".tmp")
    with partial.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
        json.dump(content, stream, ensure_ascii=False, indent=2)
        stream.write("\n")
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(note)
    return note


def read_notes(outputs: Path) -> list[dict[str, str]]:
    """All notes, in the order of their ``file``. What is not a whole note (a quarantined JSON file) is left out."""
    folder = outputs / FOLDER
    notes = []
    for path in sorted(folder.glob("*.json")):
        note = _read_note(path)
        if note and _is_name_of(path.name, note["file"]):
            notes.append(note)
    return sorted(notes, key=lambda note: note["file"])


def release(name: str, outputs: Path) -> bool:
    """Drop the note and copy of ``name``, which has been processed or is gone; whether there was a note."""
    note = _note_path(outputs / FOLDER, name)
    if _read_note(note) is None:
        return False
    note.with_suffix("").unlink(missing_ok=True)
    note.unlink(missing_ok=True)
    return True


def kept_copy(name: str, sha256: str, outputs: Path) -> Path | None:
    """The copy of ``name`` in quarantine if it has this content; ``None`` where there is none."""
    note = _note_path(outputs / FOLDER, name)
    known = _read_note(note)
    copy = note.with_suffix("")
    return copy if known is not None and known["sha256"] == sha256 and copy.is_file() else None


def safe_name(name: str, digits: int = 10) -> str:
    """A file name for ``name`` that any system takes, still readable, and different for different names.

    The last part of the path with what Windows forbids replaced and its length limited, then ``digits``
    hex digits of SHA-256 over the whole path, then the ending.
    """
    last = unicodedata.normalize("NFC", name.rsplit("/", 1)[-1])
    kinds = {"C": "_", "Z": " "}  # control characters and direction marks; spaces of any width
    last = "".join(kinds.get(unicodedata.category(c)[0], c) for c in _FORBIDDEN.sub("_", last))
    stem, dot, ending = last.rpartition(".")
    if not stem or not (ending.isascii() and ending.isalnum() and len(ending) <= _ENDING_CHARACTERS):
        stem, dot, ending = last, "", ""
    stem = stem[:_STEM_CHARACTERS].encode("utf-8")[:_STEM_BYTES].decode("utf-8", "ignore").strip(" .")
    if _RESERVED.fullmatch(stem.partition(".")[0].rstrip()):
        stem = "_" + stem
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{stem or 'file'}-{digest[:digits]}{dot}{ending}"


def _note_path(folder: Path, name: str) -> Path:
    """Where the note of ``name`` is or would be; the digest grows should another name have that place."""
    for digits in (10, 20, 40):
        path = folder / (safe_name(name, digits) + ".json")
        known = _read_note(path)
        if known is None or known["file"] == name:
            return path
    return folder / (safe_name(name, 64) + ".json")


def _is_name_of(note_name: str, name: str) -> bool:
    return any(note_name == safe_name(name, digits) + ".json" for digits in (10, 20, 40, 64))


def _read_note(path: Path) -> dict[str, str] | None:
    try:
        note = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(note, dict) or set(note) != set(NOTE_KEYS) or not all(isinstance(v, str) for v in note.values()):
        return None
    return note


def _is_copied(known: dict[str, str] | None, sha256: str, copy: Path) -> bool:
    """Whether the copy that is there has this content: it may be the only one left."""
    return bool(sha256) and known is not None and known["sha256"] == sha256 and copy.is_file()


def _copy(source: Path, target: Path) -> bool:
    """Copy a regular file in one step; false where it is none, or cannot be read (any more)."""
    partial = target.with_name(target.name + ".tmp")
    try:
        if not stat.S_ISREG(source.lstat().st_mode):
            return False
        reading = source.open("rb")
    except OSError:
        return False
    with reading, partial.open("wb") as writing:
        complete = False
        while True:
            try:
                chunk = reading.read(_CHUNK)
            except OSError:
                break
            if not chunk:
                complete = True
                break
            writing.write(chunk)
    if complete:
        partial.replace(target)
    else:
        partial.unlink()
    return complete
