"""Column types that behave alike on SQLite and PostgreSQL.

A scan's text and a file's name may hold anything. PostgreSQL refuses NUL in text, and neither database
takes lone surrogates (which Python uses for file names that are not UTF-8), so :class:`PlainText`
escapes both and gives back exactly what was stored.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, Row, Text
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    AnyRow = Row[*tuple[Any, ...]]
else:
    AnyRow = Row
"""A row of a query whose columns are not spelt out."""

ESCAPE = "\x10"  # DLE, "data link escape": made for this and absent from real text
_UNSAFE = re.compile("[\x00\x10\ud800-\udfff]")
_ESCAPED = re.compile("\x10([0-9a-f]{4})")

BigId = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit key; SQLite numbers rows by itself only where the type is spelt INTEGER."""


def escape(text: str) -> str:
    """``text`` with NUL, DLE and lone surrogates as DLE and four hex digits; other text as it is."""
    return _UNSAFE.sub(lambda m: f"{ESCAPE}{ord(m[0]):04x}", text)


def unescape(text: str) -> str:
    """The inverse of :func:`escape`."""
    return _ESCAPED.sub(lambda m: chr(int(m[1], 16)), text) if ESCAPE in text else text


class PlainText(TypeDecorator[str]):
    """Text of any content and length."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else escape(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else unescape(value)


class JsonText(TypeDecorator[Any]):
    """A value as JSON in a text column; ``None`` is JSON's ``null``, or NULL with ``none_as_null``.

    Text and not the databases' own JSON types: the bytes are then the same on both, Chinese stays
    readable to a plain search, and PostgreSQL's ``jsonb`` would refuse NUL.
    """

    impl = Text
    cache_ok = True

    def __init__(self, *, none_as_null: bool = False) -> None:
        super().__init__()
        self.none_as_null = none_as_null

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        if value is None and self.none_as_null:
            return None
        return escape(json.dumps(value, ensure_ascii=False, separators=(",", ":")))

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else json.loads(unescape(value))


class UtcTime(TypeDecorator[datetime]):
    """A moment, aware of its zone; SQLite keeps none, so all are stored in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time needs a time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)
