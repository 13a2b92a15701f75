"""The tables. Migrations bring a database to this shape; a test holds the two together.

Long text (paths, values) is never in an index: PostgreSQL refuses index entries over 2,704 bytes, and
paths of Chinese folder names can be longer. Where a path must be found, its hash is the key.
"""

from pipeline.store.schema.across import ClaimRow, DocumentFactsRow, FactHolderRow, FactValueRow, ServedRow
from pipeline.store.schema.base import Base, path_key
from pipeline.store.schema.documents import DocumentFileRow, DocumentRow, FieldRow, IssueRow, PageRow, ReviewReasonsRow
from pipeline.store.schema.files import BatchRow, OriginalRow, SourceFileRow, StateRow
from pipeline.store.schema.people import AuditRow, SessionRow, UserRow
from pipeline.store.schema.said import AddedRow, ArrangedPageRow, CorrectionRow, NoteRow, ProposalRow

__all__ = [
    "AddedRow",
    "ArrangedPageRow",
    "AuditRow",
    "Base",
    "BatchRow",
    "ClaimRow",
    "CorrectionRow",
    "DocumentFactsRow",
    "DocumentFileRow",
    "DocumentRow",
    "FactHolderRow",
    "FactValueRow",
    "FieldRow",
    "IssueRow",
    "NoteRow",
    "OriginalRow",
    "PageRow",
    "ProposalRow",
    "ReviewReasonsRow",
    "ServedRow",
    "SessionRow",
    "SourceFileRow",
    "StateRow",
    "UserRow",
    "path_key",
]
