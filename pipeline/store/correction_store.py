"""What people say of documents: corrections, rows, proposals, duplicates, settled codes; and what came of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from pipeline.records import Record, Value
from pipeline.store import amending, audit, corrections, duplicates, examples, inheriting, life, proposals, rows
from pipeline.store.amending import Change
from pipeline.store.audit import Action
from pipeline.store.judging import Judge
from pipeline.store.nouns import Correction, Example, Place
from pipeline.store.overlay import with_corrections
from pipeline.store.people import LifeEvent, Proposal, ProposalState
from pipeline.store.transactions import Transactions


class CorrectionStore(Transactions):
    """The part of the store that people change.

    Who changes a document names the revision they saw. Each such method raises :class:`ConflictError` if the
    document is no longer at it and :class:`NotFoundError` if what is to be changed is not there, and returns the new
    revision. ``judge`` is run on the changed document, as :meth:`Store.rejudge` does, so that the codes and statuses
    of its other fields follow.
    """

    def correct(
        self,
        document_id: str,
        path: str,
        new_value: Value,
        actor: str,
        expected_revision: int,
        *,
        issues: Sequence[str] = (),
        judge: Judge | None = None,
        place: Place | None = None,
        add: bool = False,
    ) -> int:
        """Change a field, or confirm it by giving the value it has.

        ``issues`` are the codes that still hold for the new value, where there is no ``judge`` to say so.
        ``place`` is where a person says that the value stands. With that, or with ``add``, the field may be one that
        the document lacks. The document is accepted once no field and no code of it is left to ask about.
        """
        change = Change(path, new_value, actor, issues, place, add)
        with self.writing() as connection:
            return amending.correct(connection, document_id, change, expected_revision, judge)

    def withdraw(
        self, document_id: str, path: str, actor: str, expected_revision: int, *, judge: Judge | None = None
    ) -> int:
        """Take back what was said last of a field, a row (``rows.N``) or a code (``!CODE``) and still stands.

        The correction before it holds again, or what was read, which without ``judge`` a person has to look at.
        """
        with self.writing() as connection:
            return amending.withdraw(connection, document_id, path, actor, expected_revision, judge)

    def add_row(
        self,
        document_id: str,
        actor: str,
        expected_revision: int,
        *,
        keys: Sequence[str],
        judge: Judge | None = None,
    ) -> int:
        """Add an empty row with these fields at the end of a list. Later readings do not remove it."""
        with self.writing() as connection:
            return rows.add(connection, document_id, actor, expected_revision, keys, judge)

    def remove_row(
        self, document_id: str, index: int, actor: str, expected_revision: int, *, judge: Judge | None = None
    ) -> int:
        """Remove a row of a list; those below it move up. Later readings do not bring it back."""
        with self.writing() as connection:
            return rows.remove(connection, document_id, index, actor, expected_revision, judge)

    def relabel(self, document_id: str, path: str, label: str, actor: str, expected_revision: int) -> int:
        """Say what the label beside the field at ``path`` is, on a document of no known form; of a cell, the heading of
        its column. The path stays, and so does what was said of the value; later readings do not undo it."""
        with self.writing() as connection:
            return amending.relabel(connection, document_id, path, label, actor, expected_revision)

    def acknowledge(self, document_id: str, code: str, actor: str, expected_revision: int) -> int:
        """Let a code of the whole document stand that a person has looked into: it asks no more, now and later."""
        with self.writing() as connection:
            return amending.acknowledge(connection, document_id, code, actor, expected_revision)

    def acknowledged(self, document_ids: Collection[str] | None = None) -> dict[str, frozenset[str]]:
        """The codes that people settled, by document; of all documents, or of a few hundred."""
        with self.reading() as connection:
            return corrections.acknowledged(connection, document_ids)

    def propose(
        self,
        document_id: str,
        path: str,
        new_value: Value,
        actor: str,
        expected_revision: int,
        *,
        place: Place | None = None,
        add: bool = False,
    ) -> int:
        """Ask a second person to agree to a change, in place of what was asked before; the proposal's number.

        The document and its revision stay as they are.
        """
        with self.writing() as connection:
            return proposals.propose(connection, document_id, path, new_value, actor, expected_revision, place, add)

    def proposals(self, document_id: str | None = None, state: ProposalState = "open") -> list[Proposal]:
        """The proposals of a state, oldest first; open ones only of current documents."""
        with self.reading() as connection:
            return proposals.found(connection, document_id, state)

    def decide(
        self, proposal_id: int, approve: bool, actor: str, *, issues: Sequence[str] = (), judge: Judge | None = None
    ) -> int | None:
        """Agree to a proposal, which makes the correction, or refuse it; the document's new revision, if it has one.

        Raises :class:`ConflictError` where somebody has decided, and for who agrees to what they proposed
        themselves, or to a change of a field that has changed since. Who refuses what they proposed takes it back.
        """
        with self.writing() as connection:
            proposal = proposals.to_decide(connection, proposal_id)
            if not approve:
                proposals.refuse(connection, proposal, actor)
                return None
            place = proposals.check_agreement(connection, proposal, actor)
            proposals.agree(connection, proposal, actor)
            change = Change(proposal.path, proposal.new_value, actor, issues, place, True, proposal.actor)
            return amending.correct(connection, proposal.document_id, change, None, judge)

    def mark_duplicate(self, document_id: str, of: str, actor: str, expected_revision: int) -> int:
        """Let the document ``of``, another sheet of the same content, stand for this one.

        Raises :class:`ConflictError` where either is a duplicate already, or stands for no list.
        """
        with self.writing() as connection:
            return duplicates.mark(connection, document_id, of, actor, expected_revision)

    def unmark_duplicate(self, document_id: str, actor: str) -> int:
        """Let a document that a person marked stand for itself again."""
        with self.writing() as connection:
            return duplicates.unmark(connection, document_id, actor)

    def corrections(self, document_id: str | None = None) -> Iterator[Correction]:
        """What stands of what people said, oldest first: all, or of one document.

        Of fields in most; see :mod:`pipeline.store.overlay` for what else.
        """
        with self.reading() as connection:
            yield from corrections.everything(connection, document_id)

    def with_corrections(self, record: Record, replaced: Mapping[str, str] | None = None) -> Record:
        """A fresh reading with what people said of it before, so that it can be validated as such.

        ``replaced`` are the documents that it and those read with it are going to stand for, old id to new id.
        """
        with self.reading() as connection:
            return with_corrections(record, inheriting.for_reading(connection, record, replaced or {}))

    def examples(self) -> Iterator[Example]:
        """Every reading that a person corrected or confirmed, and whether it was right.

        A reading is right where it equals what the person left there. Fields that nobody looked at are
        no examples (they would teach that what is accepted is right), nor are those without evidence.
        """
        with self.reading() as connection:
            yield from examples.labelled(connection)

    def corrected_without_evidence(self) -> int:
        """How many fields people looked at that are no examples: marks, boxes, readings of an older program."""
        with self.reading() as connection:
            return examples.without_evidence(connection)

    def life(self, document_id: str, path: str | None = None) -> list[LifeEvent]:
        """Everything that happened to a document, or to one of its fields, oldest first.

        Of the exports, those that were the first to show a change.
        """
        with self.reading() as connection:
            return life.events(connection, document_id, path)

    def note_opened(self, document_id: str, actor: str) -> None:
        """Note that somebody opened a document and saw what is masked elsewhere."""
        with self.writing() as connection:
            audit.append(connection, Action.DOCUMENT_OPENED, actor, document_id=document_id)

    def note_shown(self, document_ids: Collection[str], actor: str, detail: str) -> None:
        """Note that somebody saw unmasked values of documents, each of which gets a line; ``detail`` says what in
        (free of personal data)."""
        with self.writing() as connection:
            for document_id in dict.fromkeys(document_ids):
                audit.append(connection, Action.VALUES_SHOWN, actor, document_id=document_id, detail={"in": detail})
