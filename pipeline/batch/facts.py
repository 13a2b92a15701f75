"""The facts that work across documents goes by, brought up to date with the documents that changed."""

from __future__ import annotations

import hashlib
from importlib.metadata import version

from pipeline.definitions import Forms
from pipeline.ledgers import gist
from pipeline.ledgers.stated import stated_of, to_json
from pipeline.records import Record
from pipeline.store import RENEWED, DocumentFacts, Fact, Store
from pipeline.validation.across import persons_of
from pipeline.validation.echoes import items_of

PERSON = "person:"
"""Begins the kind of a person's number on a form; the form's type follows."""

_TOGETHER = 200  # documents
_MADE = "2"  # another number where other facts are made of the same documents: all are then made anew


def renew_facts(store: Store, forms: Forms) -> None:
    """Bring the facts up to date. What it costs grows with what changed; where there are none yet, or the definitions
    changed, all are made.
    """
    by = _fingerprint(forms)
    last = store.recall(RENEWED)
    if last is None or last["by"] != by:
        store.clear_facts()
        last = None
    line = store.change_number()
    if last is not None and last["line"] == line:
        return
    changed = store.without_facts(last["line"] if last else None)
    ids, judged = list(changed), {document for document, weigh in changed.items() if not weigh}
    for start in range(0, len(ids), _TOGETHER):
        some = ids[start : start + _TOGETHER]
        records = {record.document_id: record for record in store.records_named(some, findings=False)}
        facts = {i: facts_of(records[i], forms) if i in records else None for i in some}
        store.take_facts(facts, line, judged)
    store.keep(RENEWED, {"line": line, "by": by})


def facts_of(record: Record, forms: Forms) -> DocumentFacts:
    """What is kept of one document."""
    said = {Fact(kind, value) for _, _, items in items_of(record, forms) for kind, value in items}
    said.update(Fact(PERSON + record.doc_type, number, shown=False) for number in persons_of(record, forms))
    stated = stated_of(record, forms)
    said.update(Fact(kind, value) for kind, value in gist.items_of(stated))
    return DocumentFacts(frozenset(said), tuple(record.duplicates), to_json(stated))


def _fingerprint(forms: Forms) -> str:
    """What facts depend on besides the documents."""
    digest = hashlib.sha256(f"{version('shuangbaodao-pipeline')} {_MADE}".encode())
    for name, form in sorted(forms.items()):
        digest.update(f"{name}{form.model_dump_json()}".encode())
    return digest.hexdigest()
