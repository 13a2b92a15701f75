"""Records to store."""

from __future__ import annotations

import hashlib

from pipeline.records import DocumentStatus, FieldStatus, FieldValue, Record, document_id
from pipeline.scanned import FileStat
from pipeline.sheets import Quad


def sha(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def stat(path: str, content: str | None = None) -> FileStat:
    """A file whose content follows from its name unless given."""
    return FileStat(path, sha(path if content is None else content), size=1000, mtime_ns=1_700_000_000_123_456_789)


def box(x: float, y: float, w: float = 200.0, h: float = 40.0) -> Quad:
    return ((x, y), (x + w, y), (x + w, y + h), (x, y + h))


def value(text: str | bool | list[str] | None, file: str = "", **more: object) -> FieldValue:
    base = FieldValue(text, str(text), 0.97, FieldStatus.ACCEPTED, file, 1, box(10, 20))
    for name, item in more.items():
        setattr(base, name, item)
    return base


def registration(
    path: str = "scan_1.jpg", *, content: str | None = None, page: int = 1, name: str = "王建国"
) -> Record:
    """A member's registration of which the ID number is doubtful."""
    hashes, pages = [stat(path, content).sha256], [[page]]
    return Record(
        document_id(hashes, pages),
        "member_registration",
        [path],
        hashes,
        pages,
        DocumentStatus.REVIEW,
        {
            "name": value(name, path),
            "id_number": value("370811198003154510", path, status=FieldStatus.REVIEW, issues=["id_checksum"]),
            "service_intents": value(["政策宣传", "环境卫生"], path),
            "unit_seal": value(True, path),
            "phone": value(None, path, quad=None, confidence=0.5),
        },
    )


def item_list(path: str = "list.pdf", items: tuple[str, ...] = ("会议室", "义诊", "图书")) -> Record:
    """A list with a row every 60 pixels, the telephone numbers doubtful; row ``i`` starts at ``y = 100 + 60 i``."""
    hashes, pages = [stat(path).sha256], [[1]]
    rows = [
        {
            "item": value(item, path, quad=box(100, 100 + 60 * i)),
            "phone": value(f"1380000000{i}", path, quad=box(500, 100 + 60 * i), status=FieldStatus.REVIEW),
        }
        for i, item in enumerate(items)
    ]
    fields = {"list_kind": value("resource", path)}
    return Record(document_id(hashes, pages), "item_list", [path], hashes, pages, DocumentStatus.REVIEW, fields, rows)


def agreement(first: str = "agreement_1.jpg", second: str = "agreement_2.jpg") -> Record:
    """One document of two files."""
    hashes, pages = [stat(first).sha256, stat(second).sha256], [[1], [1]]
    fields = {"party_a": value("社区党委", first), "sign_date": value("2024-05-18", second)}
    record = Record(document_id(hashes, pages), "agreement", [first, second], hashes, pages, fields=fields)
    record.status = DocumentStatus.ACCEPTED
    return record
