"""Score what is read of forms that nobody has taught: labels beside values, with all definitions taken away.

    python -m benchmarks.generic CORPUS... [--errors]

Each CORPUS is read as if ``models/forms`` were empty: no titles, no labels, no types. What comes out is compared,
pair by pair, with the truth: a pair is right where its label is the one printed and its value is the value written,
both after NFKC and without white space (values as ``shared/tools/score.py`` compares them). The truth has keys and
no printed labels; so a label counts as the printed one where it is among the wordings that the definition of the
form has for the field. The definitions serve the scorer alone.

What counts: every field and every cell of a list's rows that is written, ticked options as a set. What does not:
the kind of a list (it is no pair but a word of the title), marks, which have figures of their own below, and the
dates below opinions, which stand on the paper and not in the truth.
"""

from __future__ import annotations

import argparse
import dataclasses
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

from benchmarks.labelled import read_apart
from pipeline.definitions import FieldDefinition, FieldType, FormDefinition, Forms, load_forms
from pipeline.flow import Tools
from pipeline.forms.generic import dated_label
from pipeline.forms.labels import plain_forms
from pipeline.records import Record, is_label
from pipeline.settings import load_settings
from pipeline.teaching.scoring import comparable

_NUMBERED = re.compile(r"（\d+）$")


@dataclasses.dataclass(frozen=True, slots=True)
class Wanted:
    """A pair of the truth: the wordings its label may have, as they compare, and its value."""

    path: str
    labels: frozenset[str]
    value: Any


@dataclasses.dataclass(slots=True)
class Score:
    """Pairs of the truth, pairs read, and those of them that are right."""

    wanted: int = 0
    read: int = 0
    right: int = 0

    def add(self, other: Score) -> None:
        self.wanted, self.read, self.right = (
            self.wanted + other.wanted,
            self.read + other.read,
            self.right + other.right,
        )

    @property
    def precision(self) -> float:
        return self.right / self.read if self.read else 0.0

    @property
    def recall(self) -> float:
        return self.right / self.wanted if self.wanted else 0.0

    @property
    def f1(self) -> float:
        return 2 * self.right / (self.wanted + self.read) if self.wanted + self.read else 0.0


@dataclasses.dataclass(slots=True)
class Compared:
    """One document: its score in pairs, that of its signatures, and that of its seals, which are only counted."""

    pairs: Score
    signatures: Score
    seals: Score
    errors: list[str]


def without_forms(tools: Tools) -> Tools:
    """The tools of an office that knows no form at all."""
    return dataclasses.replace(tools, forms={})


def wanted_pairs(truth: Mapping[str, Any], form: FormDefinition) -> list[Wanted]:
    """What the truth of a document says, as pairs."""
    out = [
        Wanted(key, _wordings(form, form.field(key)), _value(value))
        for key, value in truth["fields"].items()
        if value not in ("", None, []) and form.field(key).type is not FieldType.TITLE_CHOICE
    ]
    for i, row in enumerate(truth["rows"]):
        out += [
            Wanted(f"rows.{i}.{key}", _wordings(form, form.field_of(key)), _value(value))
            for key, value in row.items()
            if value not in ("", None)
        ]
    return out


def read_pairs(records: Iterable[Record]) -> list[tuple[str, Any]]:
    """What was read of a document, as labels and values; without the pages' whole texts."""
    return [
        (_NUMBERED.sub("", path.rpartition(".")[2]), field.value)
        for record in records
        for path, field in record.all_fields()
        if is_label(path) and field.value not in (None, "", [], False)
    ]


def compare(truth: Mapping[str, Any], records: Sequence[Record], form: FormDefinition) -> Compared:
    """A document's truth against what was read of it."""
    wanted = wanted_pairs(truth, form)
    signed = [_labels(f) for f in form.fields if f.type is FieldType.SIGNATURE]
    undated = _undated(truth, form)
    left, errors = list(wanted), []
    pairs, signatures, seals = Score(wanted=len(wanted)), Score(), Score()
    for key, there in truth["marks"].items():
        score = signatures if form.field(key).type is FieldType.SIGNATURE else seals
        score.wanted += bool(there)
    for label, value in read_pairs(records):
        forms = plain_forms(label)
        found = next((w for w in left if forms & w.labels and _same(w.value, value)), None)
        if found is not None:
            left.remove(found)
            pairs.read += 1
            pairs.right += 1
        elif value is True and any(forms & labels for labels in signed):
            signatures.read += 1
        elif isinstance(value, bool):
            seals.read += 1
        elif forms & undated:
            continue
        else:
            pairs.read += 1
            errors.append(f"read    {label} = {value}")
    errors += [f"missed  {w.path} = {w.value}" for w in left]
    for score in (signatures, seals):
        score.right = min(score.wanted, score.read)
    return Compared(pairs, signatures, seals, errors)


def _labels(field: FieldDefinition) -> frozenset[str]:
    said = (label.removeprefix("_") for label in (*field.labels, field.title))
    return frozenset(form for label in said for form in plain_forms(label))


def _wordings(form: FormDefinition, field: FieldDefinition) -> frozenset[str]:
    """A field's own labels, and for a date below an opinion those of the opinion with what it is called there."""
    labels = _labels(field)
    if field.inside:
        labels |= _dated(form.field(field.inside))
    return labels


def _dated(host: FieldDefinition) -> frozenset[str]:
    return frozenset(form for label in _labels(host) for form in plain_forms(dated_label(label)))


def _undated(truth: Mapping[str, Any], form: FormDefinition) -> frozenset[str]:
    """The labels of dates below opinions of which the truth does not tell."""
    told = {f.inside for f in form.fields if f.inside and f.key in truth["fields"]}
    hosts = {f.near for f in form.fields if f.near} - told
    return frozenset(label for key in hosts for label in _dated(form.field(str(key))))


def _value(value: Any) -> Any:
    return comparable(value)


def _same(want: Any, got: Any) -> bool:
    """Whether a value is the one wanted; of ticked options one alone may be told as a text or as a list of one."""
    got = comparable(got)
    if isinstance(want, frozenset) != isinstance(got, frozenset):
        want, got = (v if isinstance(v, frozenset) else frozenset({v}) for v in (want, got))
    return bool(want == got)


def table(title: str, compared: Sequence[tuple[Mapping[str, Any], Compared]], group: Callable[[Any], str]) -> str:
    """Markdown: precision, recall and F1 by group, and of all."""
    groups: defaultdict[str, Score] = defaultdict(Score)
    every = Score()
    for truth, one in compared:
        groups[group(truth)].add(one.pairs)
        every.add(one.pairs)
    lines = [f"| {title} | pairs | read | precision | recall | F1 |", "|---|---:|---:|---:|---:|---:|"]
    for name, score in [*sorted(groups.items()), ("**all**", every)]:
        lines.append(
            f"| {name} | {score.wanted} | {score.read} | {score.precision:.3f} | {score.recall:.3f} | {score.f1:.3f} |"
        )
    return "\n".join(lines) + "\n"


def score_corpus(corpus: Path, forms: Forms) -> list[tuple[dict[str, Any], Compared]]:
    """Every document of a corpus with what became of its pairs."""
    return [(truth, compare(truth, records, forms[truth["doc_type"]])) for truth, records in _read(corpus)]


def _read(corpus: Path) -> list[tuple[dict[str, Any], list[Record]]]:
    return read_apart([corpus], without_forms)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path, nargs="+")
    parser.add_argument("--errors", action="store_true", help="list every pair that is wrong or missing")
    arguments = parser.parse_args()
    forms = load_forms(load_settings().path("forms"))
    for corpus in arguments.corpus:
        compared = score_corpus(corpus, forms)
        if arguments.errors:
            for truth, one in compared:
                for error in one.errors:
                    print(f"{truth['files'][0]}\t{truth['layout']}\t{truth['profile']}\t{error}")
        print(f"## `{corpus.name}`\n")
        for title in ("layout", "profile", "hand"):
            print(table(title, compared, itemgetter(title)))
        marks = (("signatures", [c.signatures for _, c in compared]), ("seals", [c.seals for _, c in compared]))
        for name, scores in marks:
            total = Score()
            for score in scores:
                total.add(score)
            print(f"{name}: {total.wanted} there, {total.read} read, F1 {total.f1:.3f}")
        print()


if __name__ == "__main__":
    main()
