"""Labelled documents read, weighed by one another and judged: what the accuracy figures are made of.

A corpus is a folder with ``scans/`` and ``truth.json`` (documents with ``files``, ``doc_type``, ``fields``,
``rows``, ``marks``, and which ``hand``, ``layout`` and ``profile``). What the recogniser says is kept by
content under ``.cache/``, so that reading the same pages in another way is quick; nothing here is timed.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from rapidfuzz.distance import Levenshtein

from pipeline.batch.office import load_rules
from pipeline.batch.tools import know
from pipeline.batch.weigh import Rules, judge_by, weigh
from pipeline.flow import Tools, read_documents
from pipeline.intake.pages import read_pages
from pipeline.reading.calibration import fit, load_calibration
from pipeline.records import Evidence, FieldStatus, FieldValue, Record
from pipeline.settings import Settings, load_settings
from pipeline.teaching.scoring import comparable
from pipeline.terms import load_terms
from tests.support.engine import open_cached_engine

Arrange = Callable[[Tools], Tools]
"""Takes something away from the tools, to see what it was worth."""


@dataclasses.dataclass(slots=True)
class Labelled:
    """One document with its truth and what was read of it (``None`` where nothing was)."""

    corpus: Path
    truth: dict[str, Any]
    record: Record | None

    @property
    def hand(self) -> str:
        return str(self.truth["hand"])

    @property
    def layout(self) -> str:
        return str(self.truth["layout"])


@dataclasses.dataclass(frozen=True, slots=True)
class Pair:
    """One field: what should have been read and what was."""

    document: Labelled
    path: str
    want: Any
    got: FieldValue

    @property
    def empty(self) -> bool:
        return self.want in ("", None)

    @property
    def right(self) -> bool:
        blank = self.got.value in ("", None, [])
        return blank if self.empty else not blank and comparable(self.got.value) == comparable(self.want)

    @property
    def cer(self) -> float:
        """Character error rate, at most 1; 0 for a right value."""
        if self.right:
            return 0.0
        want, got = (
            str(comparable("、".join(v) if isinstance(v, list) else v or "")) for v in (self.want, self.got.value)
        )
        return min(1.0, Levenshtein.distance(want, got) / max(1, len(want)))

    @property
    def accepted(self) -> bool:
        return self.got.status is FieldStatus.ACCEPTED

    @property
    def kind(self) -> str:
        """The kind of field, as figures are given by."""
        if isinstance(self.want, bool):
            return "mark"
        return _KIND_OF.get(self.path.rsplit(".", 1)[-1], "text")


_KINDS = {
    "id": "id_number uscc",
    "phone": "phone party_a_phone party_b_phone",
    "date": "birth_date party_join_date report_date term_start term_end sign_date date deadline service_date "
    "feedback_date",
    "name": "name secretary contact party_a_contact party_b_contact leader",
    "enum": "gender ethnicity education community list_kind completion satisfaction status",
    "choice": "service_intents",
    "number": "member_count participants hours seq agreement_no",
    "free text": "content community_feedback unit_opinion community_opinion home_address place resources",
}
_KIND_OF = {key: kind for kind, keys in _KINDS.items() for key in keys.split()}


def read_corpora(corpora: Sequence[Path], arrange: Arrange | None = None, workers: int = 2) -> list[Labelled]:
    """Every document of the corpora, read as a batch of its corpus reads it."""
    jobs = _jobs(corpora)
    with ProcessPoolExecutor(workers, initializer=_start, initargs=(arrange,)) as executor:
        documents = list(executor.map(_read, jobs, chunksize=4))
    rules = shipped_rules()
    for corpus in corpora:
        weigh([d.record for d in documents if d.corpus == corpus and d.record is not None], rules)
    return documents


def read_apart(
    corpora: Sequence[Path], arrange: Arrange | None = None, workers: int = 2
) -> list[tuple[dict[str, Any], list[Record]]]:
    """The truth of every labelled document with all records that its files gave, not weighed by one another."""
    jobs = _jobs(corpora)
    with ProcessPoolExecutor(workers, initializer=_start, initargs=(arrange,)) as executor:
        found = list(executor.map(_read_all, jobs, chunksize=4))
    return [(truth, records) for (_, truth), records in zip(jobs, found, strict=True)]


def _jobs(corpora: Sequence[Path]) -> list[tuple[Path, dict[str, Any]]]:
    return [(c, t) for c in corpora for t in json.loads((c / "truth.json").read_text(encoding="utf-8"))]


def shipped_rules() -> Rules:
    """What a batch with the shipped calibration judges by."""
    settings = load_settings()
    forms, dictionaries = load_rules(settings)
    calibration = load_calibration(settings.path("calibration"))
    return Rules(forms, dictionaries, settings.acceptance, calibration, datetime.date.today())


@dataclasses.dataclass(frozen=True, slots=True)
class Figures:
    """Of ``fields`` written: the shares read right, and accepted and right; of all ``accepted``, the wrong ones."""

    fields: int
    exact: float
    auto: float
    silent: int
    accepted: int


def figures(some: Iterable[Pair]) -> Figures | None:
    """The figures of some fields; ``None`` where nothing was written in any of them."""
    every = list(some)
    written = [pair for pair in every if not pair.empty]
    if not written:
        return None
    accepted = [pair for pair in every if pair.accepted]
    return Figures(
        len(written),
        float(np.mean([pair.right for pair in written])),
        float(np.mean([pair.accepted and pair.right for pair in written])),
        sum(not pair.right for pair in accepted),
        len(accepted),
    )


def pairs(documents: Sequence[Labelled]) -> Iterator[Pair]:
    """Every field and mark of the truth with what was read."""
    for document in documents:
        truth, record = document.truth, document.record
        fields = record.fields if record else {}
        rows = record.rows if record else []
        for path, want in {**truth["fields"], **truth["marks"]}.items():
            yield Pair(document, path, want, fields.get(path) or FieldValue())
        for i, wanted in enumerate(truth["rows"]):
            row = rows[i] if i < len(rows) else {}
            for key, want in wanted.items():
                yield Pair(document, f"rows.{i}.{key}", want, row.get(key) or FieldValue())


def examples(documents: Sequence[Labelled]) -> list[tuple[Evidence, bool, Pair]]:
    """What a calibration is fitted on: each value's evidence, and whether it was right."""
    found = [(pair.got.evidence, pair.right, pair) for pair in pairs(documents)]
    return [(evidence, right, pair) for evidence, right, pair in found if evidence is not None]


def judge_held_out(documents: Sequence[Labelled], group_of: Callable[[Labelled], str]) -> None:
    """Judge each document, in place, by a calibration that never saw its group (its writer, its layout)."""
    known = examples(documents)
    rules = shipped_rules()
    for group in sorted({group_of(d) for d in documents}):
        others = fit((e, right) for e, right, pair in known if group_of(pair.document) != group)
        judge = judge_by(dataclasses.replace(rules, calibration=others))
        for document in documents:
            if group_of(document) == group and document.record is not None:
                judge(document.record)


_TOOLS: Tools | None = None
_SETTINGS: Settings | None = None


def _start(arrange: Arrange | None) -> None:
    global _TOOLS, _SETTINGS
    _SETTINGS = load_settings()
    settings = _SETTINGS
    forms, dictionaries = load_rules(settings)
    engine = open_cached_engine(settings)
    tools = Tools(
        forms,
        engine,
        know(settings, dictionaries, datetime.date.today()),
        settings.acceptance,
        load_terms(settings.path("terms")),
    )
    _TOOLS = arrange(tools) if arrange else tools


def _read(job: tuple[Path, dict[str, Any]]) -> Labelled:
    corpus, truth = job
    found = _read_all(job)
    record = next((r for r in found if r.doc_type == truth["doc_type"]), found[0] if found else None)
    return Labelled(corpus, truth, record)


def _read_all(job: tuple[Path, dict[str, Any]]) -> list[Record]:
    """Every document that was found in the files of one labelled document."""
    corpus, truth = job
    assert _TOOLS is not None
    assert _SETTINGS is not None
    scans = (page for f in truth["files"] for page in read_pages(corpus / "scans" / f, f, _SETTINGS.limits))
    hashes = {f: f"{corpus.name}/{f}" for f in truth["files"]}
    return list(read_documents(scans, hashes, _TOOLS))
