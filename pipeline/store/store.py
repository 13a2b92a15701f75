"""The database as the rest of the pipeline sees it."""

from __future__ import annotations

from pipeline.store.account_store import AccountStore
from pipeline.store.arrangement_store import ArrangementStore
from pipeline.store.claim_store import ClaimStore
from pipeline.store.correction_store import CorrectionStore
from pipeline.store.document_store import DocumentStore
from pipeline.store.engine import WAIT_SECONDS, connect, parse_url
from pipeline.store.fact_store import FactStore
from pipeline.store.faults import explaining
from pipeline.store.file_store import FileStore
from pipeline.store.history_store import HistoryStore
from pipeline.store.migrate import migrate
from pipeline.store.note_store import NoteStore
from pipeline.store.report_store import ReportStore
from pipeline.store.upkeep_store import UpkeepStore


class Store(
    FileStore,
    DocumentStore,
    CorrectionStore,
    ClaimStore,
    NoteStore,
    ArrangementStore,
    HistoryStore,
    FactStore,
    ReportStore,
    AccountStore,
    UpkeepStore,
):
    """Documents, files, corrections, accounts and the audit log.

    Each public method is one transaction (:meth:`update_issues` and :meth:`rejudge`: one for every few
    hundred documents): done when it returns, and as if never begun if it does not. Methods that read see
    one state of the database, beside whoever writes. Faults of the database are raised as
    :class:`SetupError`.
    """


def open_store(url: str, *, wait: float = WAIT_SECONDS) -> Store:
    """Open the database at ``url``, creating it or bringing its schema up to date.

    ``wait`` is how many seconds to wait for another writer. Raises :class:`SetupError` where the
    database cannot be opened, is locked, damaged, or made by a newer program.
    """
    parsed = parse_url(url)
    engine = connect(parsed, wait)
    try:
        with explaining(parsed):
            migrate(engine)
    except BaseException:
        engine.dispose()
        raise
    return Store(engine)
