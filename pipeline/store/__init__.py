"""The database: documents, fields, corrections, who did what when."""

from pipeline.store.audit import Action
from pipeline.store.chain import ChainFault, ChainFaultKind
from pipeline.store.engine import sqlite_url
from pipeline.store.facts import MATCHED, RENEWED, WRITTEN, DocumentFacts, Fact, Touched
from pipeline.store.faults import ConflictError, NotFoundError
from pipeline.store.nouns import (
    CROSS_DOCUMENT_CODES,
    Anchor,
    AuditEntry,
    BatchInfo,
    Correction,
    Example,
    FileState,
    Findings,
    KnownClaim,
    KnownFile,
    Note,
    Original,
    Place,
    QuarantinedFile,
    Served,
    StatusSummary,
    StoredDocument,
)
from pipeline.store.people import LifeEvent, Proposal, Role, Session, User
from pipeline.store.store import Store, open_store
from pipeline.store.transactions import PIPELINE

__all__ = [
    "CROSS_DOCUMENT_CODES",
    "MATCHED",
    "PIPELINE",
    "RENEWED",
    "WRITTEN",
    "Action",
    "Anchor",
    "AuditEntry",
    "BatchInfo",
    "ChainFault",
    "ChainFaultKind",
    "ConflictError",
    "Correction",
    "DocumentFacts",
    "Example",
    "Fact",
    "FileState",
    "Findings",
    "KnownClaim",
    "KnownFile",
    "LifeEvent",
    "NotFoundError",
    "Note",
    "Original",
    "Place",
    "Proposal",
    "QuarantinedFile",
    "Role",
    "Served",
    "Session",
    "StatusSummary",
    "Store",
    "StoredDocument",
    "Touched",
    "User",
    "open_store",
    "sqlite_url",
]
