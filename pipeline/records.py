"""The nouns of the pipeline: what flows from the drop folder to the ledgers.

Everything here is plain, typed and serialisable, and depends on no stage. Coordinates are pixels with
the origin at the top left, x to the right and y down; a *quad* is four points clockwise from the top
left. Unless a docstring says otherwise, a quad is in the frame of **the page as scanned**: before any
deskew or turn, in the orientation the file shows it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from enum import StrEnum
from typing import Any

from pipeline.sheets import Quad, as_quad

Value = str | bool | list[str] | None


class FieldStatus(StrEnum):
    """What became of a field."""

    ACCEPTED = "accepted"  # no person needs to look
    REVIEW = "review"
    MISSING = "missing"  # required and empty
    CORRECTED = "corrected"  # a person changed or confirmed it


class DocumentStatus(StrEnum):
    """What became of a document."""

    ACCEPTED = "accepted"
    REVIEW = "needs_review"
    FAILED = "failed"


class Code(StrEnum):
    """The validation codes of the record contract, for fields and documents."""

    REQUIRED_MISSING = "required_missing"
    ID_CHECKSUM = "id_checksum"
    ID_REGION = "id_region"
    ID_BIRTH_MISMATCH = "id_birth_mismatch"
    ID_GENDER_MISMATCH = "id_gender_mismatch"
    PHONE_FORMAT = "phone_format"
    USCC_CHECKSUM = "uscc_checksum"
    DATE_IMPOSSIBLE = "date_impossible"
    DATE_IN_FUTURE = "date_in_future"
    DATE_ORDER = "date_order"
    NOT_IN_DICTIONARY = "not_in_dictionary"
    SEAL_MISSING = "seal_missing"
    SIGNATURE_MISSING = "signature_missing"
    DUPLICATE_PERSON = "duplicate_person"
    DUPLICATE_DOCUMENT = "duplicate_document"
    CLAIM_WITHOUT_PROJECT = "claim_without_project"
    FEEDBACK_WITHOUT_CLAIM = "feedback_without_claim"
    LOW_CONFIDENCE = "low_confidence"
    UNREADABLE_PAGE = "unreadable_page"
    UNKNOWN_DOCUMENT = "unknown_document"
    PAGE_MISSING = "page_missing"


ADVISORY_DOCUMENT_CODES = frozenset({Code.DUPLICATE_DOCUMENT.value})
"""Document codes that inform and do not question: the document may still be accepted."""

UNKNOWN_TYPE = "unknown"
"""The type of a document of no known form. The keys of its fields are labels as printed, but for these:"""

TITLE_KEY = "title"
"""What is printed as its title, and"""

_PAGE_TEXT = re.compile(r"text_(\d+)")
"""the whole text of its pages."""

_CELL = re.compile(r"rows\.\d+\.")


def page_text(key: str) -> int:
    """The page, from 1, whose whole text a field of a document of no known form is; 0 for other fields."""
    match = _PAGE_TEXT.fullmatch(key)
    return int(match[1]) if match else 0


def is_label(key: str) -> bool:
    """Whether the key of a field of a document of no known form is a label of the paper."""
    return key != TITLE_KEY and not page_text(key)


def label_place(path: str) -> str:
    """Where the label of the field at ``path`` stands among :attr:`Record.labels`: all cells of a column share one."""
    found = _CELL.match(path)
    return f"rows.{path[found.end() :]}" if found else path


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of the drop folder: ``path`` relative to it with forward slashes, ``size`` in bytes."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Arrangement:
    """A person's word that these pages, in this order, are one document.

    ``pages`` are content hashes with page numbers from 1; ``doc_type`` is the form it is to be read as,
    ``None`` where its content decides. Pages of no arrangement are grouped by content.
    """

    id: str
    pages: tuple[tuple[str, int], ...]
    doc_type: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for a decoded value.

    ``weakest`` and ``mean`` (geometric) are the recogniser's character probabilities, ``length`` the
    number of characters read, ``margin`` the lead in nats over the likeliest other value, ``doubt``
    whether the value differs from the plain reading, ``known`` whether it is in a dictionary or
    satisfies a grammar, ``agreement`` the share of looks at the line that, taken alone, say the same.
    ``gap`` is the widest step from one character to the next against the usual one (a lost character leaves
    a gap). ``support`` is from 1 where another field of the document says the same to -1 where it contradicts.
    ``hand`` says that the writer's other digits decided.
    ``echoes`` is in how many other documents the same value stands, ``rivals`` in how many a value that it
    may be a slip of. ``kind`` names the calibration model that judges it.
    """

    kind: str
    weakest: float
    mean: float
    length: int
    margin: float
    doubt: bool
    known: bool
    agreement: float = 1.0
    gap: float = 1.0
    support: float = 0.0
    hand: bool = False
    echoes: int = 0
    rivals: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Plain values (readings give numpy's), unrounded: judged again, they give the same confidence."""
        return {name: plain(getattr(self, name)) for name, plain in _PARTS.items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Evidence:
        """Evidence that another version of the program may have stored.

        What this version does not know is passed over; what that one did not know is its default, or
        nothing (0, ``False``, ``""``).
        """
        return cls(**_LACKING | {name: data[name] for name in _PARTS if name in data})


_PLAIN: Mapping[str, Callable[..., Any]] = {"str": str, "float": float, "int": int, "bool": bool}
_PARTS = {f.name: _PLAIN[str(f.type)] for f in fields(Evidence)}
_LACKING = {f.name: _PARTS[f.name]() for f in fields(Evidence) if f.default is MISSING}


@dataclass(slots=True)
class FieldValue:
    """What was read for one field, and where.

    ``value`` is normalised as the record contract says, ``raw`` is the recogniser's own text,
    ``confidence`` the probability that ``value`` is right. ``page`` counts from 1 within ``file``;
    ``quad`` is in the pixels of that page as scanned, ``None`` where the field was not found.
    ``evidence`` is what the confidence was judged by, and ``as_read`` what had been read where a person's
    value now stands (status ``corrected``). ``alternatives`` is what else may stand there, best first, each
    with the nats it is behind. ``centres`` is where each character of what was read stands, as a fraction 0..1
    of the way along the quad's top edge; empty where that is not known. These belong to the reading: they
    outlast a correction and are not exported.
    """

    value: Value = None
    raw: str = ""
    confidence: float = 0.0
    status: FieldStatus = FieldStatus.REVIEW
    file: str = ""
    page: int = 1
    quad: Quad | None = None
    issues: list[str] = field(default_factory=list)
    evidence: Evidence | None = None
    as_read: Value = None
    alternatives: list[tuple[str, float]] = field(default_factory=list)
    centres: list[float] = field(default_factory=list)

    def flag(self, code: Code) -> None:
        """Attach a validation code once."""
        if code.value not in self.issues:
            self.issues.append(code.value)

    def to_dict(self) -> dict[str, Any]:
        return {
            "value": self.value,
            "raw": self.raw,
            "confidence": round(self.confidence, 4),
            "status": self.status.value,
            "file": self.file,
            "page": self.page,
            "quad": [[round(x, 1), round(y, 1)] for x, y in self.quad] if self.quad else None,
            "issues": list(self.issues),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> FieldValue:
        quad = data.get("quad")
        return cls(
            value=data.get("value"),
            raw=data.get("raw") or "",
            confidence=float(data.get("confidence") or 0.0),
            status=FieldStatus(data.get("status", FieldStatus.REVIEW)),
            file=data.get("file") or "",
            page=int(data.get("page") or 1),
            quad=as_quad(quad) if quad else None,
            issues=list(data.get("issues") or ()),
        )


@dataclass(slots=True)
class Record:
    """One document: its source, its type, its fields and rows, and what is wrong with it.

    ``pages[i]`` are the page numbers (from 1) of ``files[i]`` that belong to the document;
    ``duplicates`` names further files of the drop folder with the same content; ``blank`` are the empty
    pages, ``(file, number)``, that were dropped. ``reading`` is the reading beneath, where what people said
    was laid over one and is not stored yet. ``labels`` are those of a document of no known form that people
    corrected, by :func:`label_place`; paths stay as they were read.
    """

    document_id: str
    doc_type: str
    files: list[str]
    sha256: list[str]
    pages: list[list[int]]
    status: DocumentStatus = DocumentStatus.REVIEW
    fields: dict[str, FieldValue] = field(default_factory=dict)
    rows: list[dict[str, FieldValue]] = field(default_factory=list)
    issues: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)
    blank: list[tuple[str, int]] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    reading: Record | None = field(default=None, compare=False, repr=False)

    def flag(self, code: Code) -> None:
        """Attach a document-level code once."""
        if code.value not in self.issues:
            self.issues.append(code.value)

    def all_fields(self) -> list[tuple[str, FieldValue]]:
        """Every field with its path: ``key`` for fields, ``rows.INDEX.key`` for the rows of a list."""
        out = list(self.fields.items())
        for i, row in enumerate(self.rows):
            out += [(f"rows.{i}.{key}", value) for key, value in row.items()]
        return out

    def field_at(self, path: str) -> FieldValue | None:
        """The field at a path (see :meth:`all_fields`), ``None`` where there is none."""
        return dict(self.all_fields()).get(path)

    def content_of(self, file: str) -> str:
        """The SHA-256 of one of the document's files. Raises ``ValueError`` for any other."""
        return self.sha256[self.files.index(file)]

    def every_page(self) -> list[tuple[str, int]]:
        """Every page as its file's SHA-256 and number from 1: the written ones in order, then the blank ones."""
        written = [(sha256, n) for sha256, numbers in zip(self.sha256, self.pages, strict=True) for n in numbers]
        return written + [(self.content_of(file), number) for file, number in self.blank]

    def to_dict(self) -> dict[str, Any]:
        source: dict[str, Any] = {"files": self.files, "sha256": self.sha256, "pages": self.pages}
        if self.duplicates:
            source["duplicates"] = self.duplicates
        return {
            "document_id": self.document_id,
            "source": source,
            "doc_type": self.doc_type,
            "status": self.status.value,
            "fields": {key: value.to_dict() for key, value in self._labelled(self.fields, "").items()},
            "rows": [
                {key: value.to_dict() for key, value in self._labelled(row, "rows.").items()} for row in self.rows
            ],
            "issues": list(self.issues),
        }

    def _labelled(self, fields: dict[str, FieldValue], within: str) -> dict[str, FieldValue]:
        """Some fields under their labels as people corrected them; one that is there already gets a number."""
        names = {key: self.labels.get(within + key, key) for key in fields}
        taken = {key for key, name in names.items() if key == name}
        out: dict[str, FieldValue] = {}
        for key, value in fields.items():
            name, number = names[key], 1
            while name != key and name in taken:
                number += 1
                name = f"{names[key]}（{number}）"
            taken.add(name)
            out[name] = value
        return out

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Record:
        source = data["source"]
        return cls(
            document_id=data["document_id"],
            doc_type=data["doc_type"],
            files=list(source["files"]),
            sha256=list(source["sha256"]),
            pages=[list(p) for p in source["pages"]],
            status=DocumentStatus(data["status"]),
            fields={k: FieldValue.from_dict(v) for k, v in data["fields"].items()},
            rows=[{k: FieldValue.from_dict(v) for k, v in row.items()} for row in data["rows"]],
            issues=list(data["issues"]),
            duplicates=list(source.get("duplicates") or ()),
        )


def document_id(sha256: list[str], pages: list[list[int]]) -> str:
    """A name for a document that follows from its content alone, so that re-runs agree.

    The first 16 hex digits of SHA-256 over the content hashes and page numbers, in order.
    """
    digest = hashlib.sha256()
    for file_hash, numbers in zip(sha256, pages, strict=True):
        digest.update(f"{file_hash}:{','.join(map(str, numbers))};".encode())
    return digest.hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class ClaimReference:
    """Which claim a person means, so that it is found again after documents were read anew.

    ``document_id``, ``row`` (from 1, 0 outside of lists) and ``stated`` (the project as written) are where it is
    first claimed; ``project``, ``by`` and ``community`` the names it was shown with.
    """

    document_id: str
    row: int
    stated: str
    project: str
    by: str
    community: str

    def to_list(self) -> list[str]:
        return [self.document_id, str(self.row), self.stated, self.project, self.by, self.community]

    @classmethod
    def from_list(cls, texts: list[str]) -> ClaimReference:
        document, row, stated, project, by, community = texts
        return cls(document, int(row), stated, project, by, community)


def served_key(document_id: str, project: str) -> str:
    """A name for one thing served, a project as a feedback document states it: 8 hex digits of its SHA-256 behind the
    document's id."""
    return f"{document_id}-{hashlib.sha256(project.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
