"""What the store takes and gives of the people who work with it: accounts, sessions, proposals, what happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from pipeline.records import Value
from pipeline.store.nouns import Anchor


class Role(StrEnum):
    """What somebody may do; each role may do all that the ones before it may."""

    CLERK = "clerk"
    REVIEWER = "reviewer"
    ADMIN = "admin"

    @property
    def rank(self) -> int:
        """From 0; a higher one may do more."""
        return list(Role).index(self)

    @property
    def title(self) -> str:  # type: ignore[override]  # what staff call it, and not str.title
        return {Role.CLERK: "录入", Role.REVIEWER: "审核", Role.ADMIN: "管理"}[self]


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may sign in, while ``active`` and not locked."""

    name: str
    role: Role
    password_hash: str = field(repr=False)
    active: bool
    failures: int
    locked_until: datetime | None
    created: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in; ``seen`` is when they last asked for anything, to within half a minute."""

    user: User
    created: datetime
    seen: datetime
    expires: datetime


ProposalState = Literal["open", "approved", "refused", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change that holds once a second person agrees; ``placed`` is where they say that the value stands."""

    id: int
    document_id: str
    doc_type: str
    path: str
    old_value: Value
    new_value: Value
    actor: str
    time: datetime
    state: ProposalState
    decided_by: str | None
    decided_at: datetime | None
    placed: Anchor | None = None


@dataclass(frozen=True, slots=True)
class LifeEvent:
    """One thing that happened to a document, or to one of its fields where ``path`` is given.

    ``kind`` is the action in the audit log; ``old`` and ``new`` are values, where it changed one and they are
    still kept.
    """

    time: datetime
    actor: str
    kind: str
    path: str | None = None
    old: Value = None
    new: Value = None
    detail: Mapping[str, Any] = field(default_factory=dict)
