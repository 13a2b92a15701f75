"""What the values of a row were when it was written, so that a change made in the sheet is known as one.

The check of a row is a string of short digests, one for every value that people may correct. A cell whose digest is not
among them has been changed since; it does not matter where its row or its column stands by now. So a workbook says by
itself what was changed in it, also one that was copied, sorted, or written months ago.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from datetime import date, datetime

from pipeline.ledgers.table import CellValue, Formula, Link, Picture
from pipeline.ledgers.text import stands

_CHECK = re.compile(r"[A-Za-z0-9_-]+")
_LENGTH = 6  # of a digest: 36 bits, so that a change passes for none once in two thousand million cells


def canonical(value: CellValue | bool) -> str:
    """A cell's value as text that does not depend on who saved it last: ISO days, numbers without a trailing zero."""
    match value:
        case None | Picture():
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case datetime():
            return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(" ")
        case date():
            return value.isoformat()
        case int() | float():
            return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))
        case Link():
            return value.text
        case Formula():
            return value.text
        case _:
            return stands(value).strip()


def digest(key: str, text: str) -> str:
    """The digest of one cell: of the column's key and the canonical text."""
    hashed = hashlib.sha256(f"{key}\0{text}".encode("utf-8", "surrogatepass")).digest()
    return base64.urlsafe_b64encode(hashed)[:_LENGTH].decode("ascii")


def row_check(values: Iterable[tuple[str, CellValue]]) -> str:
    """The check of a row, from the keys of its columns with what was written under them."""
    return "".join(digest(key, canonical(value)) for key, value in values)


def digests_of(check: str) -> frozenset[str]:
    """The digests in a row's check."""
    return frozenset(check[i : i + _LENGTH] for i in range(0, len(check), _LENGTH))


def check_is_whole(check: str, least: int) -> bool:
    """Whether a row's check is one, with at least so many digests: it may be of more columns than are shown."""
    return _CHECK.fullmatch(check) is not None and len(check) % _LENGTH == 0 and len(check) >= least * _LENGTH
