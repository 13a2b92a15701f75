"""A form scored on a corpus with its truth, by the rules of the corpus' own scorer.

A field is right when its value equals the truth after NFKC and without white space; dates compare as ISO, lists as
sets. A value counts as silent when it is reported as accepted, yet wrong.
"""

from __future__ import annotations

import dataclasses
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import SetupError
from pipeline.flow import Tools, read_documents
from pipeline.intake.pages import read_pages
from pipeline.records import FieldStatus, FieldValue, Record
from pipeline.settings import Limits


@dataclass(slots=True)
class Tally:
    """Fields with something written in them, how many of those are right, accepted and right, accepted and wrong."""

    written: int = 0
    right: int = 0
    auto: int = 0
    silent: int = 0

    @property
    def exact(self) -> float:
        """The share that is right; 0 where nothing was written."""
        return self.right / self.written if self.written else 0.0


@dataclass(slots=True)
class Score:
    """How a form did: documents found as its type, and fields by key. ``rows.`` keys stand for the columns of lists."""

    documents: int = 0
    typed: int = 0
    total: Tally = field(default_factory=Tally)
    fields: dict[str, Tally] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return {
            "documents": self.documents,
            "typed": self.typed,
            "exact": round(self.total.exact, 4),
            **dataclasses.asdict(self.total),
            "fields": {k: {"exact": round(t.exact, 4), **dataclasses.asdict(t)} for k, t in self.fields.items()},
        }


def load_truth(corpus: Path, doc_type: str) -> list[dict[str, Any]]:
    """The documents of ``doc_type`` in a corpus folder (``scans/`` and ``truth.json``). Raises :class:`SetupError`."""
    path = corpus / "truth.json"
    try:
        every = json.loads(path.read_text(encoding="utf-8"))
        truth = [entry for entry in every if entry["doc_type"] == doc_type]
    except OSError as error:
        raise SetupError(f"无法读取 {path}：{error.strerror}。语料文件夹应含 scans 文件夹和 truth.json。") from error
    except (ValueError, KeyError, TypeError) as error:
        raise SetupError(f"{path} 格式有误（{error}），应为列表，每份有 files、doc_type、fields。") from error
    if not truth:
        raise SetupError(f"{path} 中没有类型为 {doc_type} 的文档。")
    return truth


def score_form(doc_type: str, corpus: Path, tools: Tools, limits: Limits) -> Score:
    """Read the documents of one type in a corpus and score them. Raises :class:`SetupError`."""
    truth = load_truth(corpus, doc_type)

    def read(entry: dict[str, Any]) -> Record | None:
        files = entry["files"]
        pages = (page for f in files for page in read_pages(corpus / "scans" / f, f, limits))
        found = list(read_documents(pages, {f: f for f in files}, tools))
        return next((r for r in found if r.doc_type == doc_type), found[0] if found else None)

    return tally(truth, [read(entry) for entry in truth], doc_type)


def tally(
    truth: Sequence[dict[str, Any]],
    records: Iterable[Record | None],
    doc_type: str,
    name_of: Callable[[str], str] = lambda key: key,
) -> Score:
    """Truth against records, one for one; ``name_of`` gives the record's key for one of the truth."""
    score = Score()
    for entry, record in zip(truth, records, strict=True):
        score.documents += 1
        score.typed += record is not None and record.doc_type == doc_type
        fields = record.fields if record else {}
        rows = record.rows if record else []
        for key, want in {**entry["fields"], **entry.get("marks", {})}.items():
            _count(score, key, want, fields.get(name_of(key)))
        for i, wanted in enumerate(entry.get("rows", ())):
            row = rows[i] if i < len(rows) else {}
            for key, want in wanted.items():
                _count(score, f"rows.{key}", want, row.get(name_of(key)))
    return score


def _count(score: Score, key: str, want: Any, got: FieldValue | None) -> None:
    value = got.value if got is not None else None
    empty, right = want in _EMPTY, is_right(value, want)
    accepted = got is not None and got.status is FieldStatus.ACCEPTED
    for one in (score.total, score.fields.setdefault(key, Tally())):
        one.written += not empty
        one.right += right and not empty
        one.auto += right and accepted and not empty
        one.silent += accepted and not right


_EMPTY: tuple[Any, ...] = ("", None, [])


def is_right(value: Any, want: Any) -> bool:
    """Whether what was read is what was written; where nothing was, whether nothing was read."""
    if want in _EMPTY or value in _EMPTY:
        return want in _EMPTY and value in _EMPTY
    if isinstance(value, list) and isinstance(want, str):
        value = "、".join(value)
    return bool(comparable(value) == comparable(want))


def comparable(value: Any) -> Any:
    """Values compare without white space and full stops, in NFKC, lists as sets; marks as they are."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, (list, tuple)):
        return frozenset(comparable(item) for item in value)
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", str(value)))
    if re.fullmatch(r"[\d.\-]+", text):
        return text
    return text.replace(",", "、").replace(";", "、").replace("。", "").replace(".", "").upper()
