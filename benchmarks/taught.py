"""Field accuracy of taught forms beside the built-in ones: ``python -m benchmarks.taught [--copies N] [--errors]``.

Each held-out form of ``benchmarks.drafting`` is drafted from a blank; then at most five corrections are made as a
person would make them (a label added or removed, a type or its options changed), each counted. Filled copies are read
with that definition. Beside it stand as many documents of the built-in forms, in layouts those were not developed
on, written by the same hands and captured in the same ways, copy for copy.

A list has several times the fields of a card, and whose hand and capture fall to the lists decides a good deal of a
share of all fields. So the built-in figure is given a second time with each document weighing as much as its taught
copy: the same hands and captures in the same shares on both sides. ``--errors`` names every wrong field of the taught
copies, with its hand and capture, and ``place`` where what was read stands outside the field's place (else it is the
reading).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import drafting
from benchmarks.drafting import Job, writer_of
from benchmarks.labelled import Labelled, figures, pairs
from pipeline.definitions import FieldType
from pipeline.flow import read_documents
from pipeline.forms.labels import plain
from pipeline.intake.pages import read_pages
from pipeline.records import FieldValue, Record
from pipeline.settings import load_settings
from pipeline.teaching import draft_form, try_definition
from pipeline.teaching.draft import Draft, DraftField
from pipeline.teaching.scoring import Score, Tally, is_right, tally
from tests.synthesis.__main__ import build
from tests.synthesis.catalogue import layout_names
from tests.synthesis.taught import Drawn, Printed

_MOST = 5  # corrections a form
_COPIES = 2  # filled copies of each drafted form


@dataclass
class Compared:
    """One drafted form: corrections made, and the tallies of its copies and of as many built-in documents.

    ``copies`` and ``built_in`` have the fields written and read right of each document, pair by pair.
    """

    name: str
    corrections: list[str]
    taught: Tally
    kinds: dict[str, Tally]
    copies: list[tuple[int, int]] = field(default_factory=list)
    built_in: list[tuple[int, int]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--copies", type=int, default=_COPIES)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--group", choices=("development", "heldout"), default="heldout")
    parser.add_argument("--errors", action="store_true")
    arguments = parser.parse_args()
    jobs = [(job, arguments.copies) for job in drafting.jobs_of(arguments.group, arguments.seed, 1)]
    with ProcessPoolExecutor(arguments.workers, initializer=drafting.start) as executor:
        found = list(executor.map(measure, jobs))
    written, right = (sum(getattr(c.taught, name) for c in found) for name in ("written", "right"))
    made = [len(c.corrections) for c in found]
    print(f"taught: {right}/{written} fields right ({right / written:.3f}), "
          f"{sum(made)} corrections in {len(found)} forms, {max(made)} at most")  # fmt: skip
    kinds: dict[str, Tally] = {}
    for c in found:
        for kind, one in c.kinds.items():
            into = kinds.setdefault(kind, Tally())
            into.written, into.right = into.written + one.written, into.right + one.right
    for kind, total in sorted(kinds.items()):
        print(f"  {kind:11} {total.right}/{total.written} ({total.exact:.3f})")
    built = [entry for c in found for entry in c.built_in]
    of, fine = sum(n for n, _ in built), sum(n for _, n in built)
    print(f"built in: {fine}/{of} fields right ({fine / of:.3f}), {len(built)} documents, same hands and captures")
    print(f"built in, each document weighing as its taught copy: {_weighed(found):.3f}")
    for c in found:
        print(f"  {c.name}: {c.taught.right}/{c.taught.written}; {'; '.join(c.corrections) or '-'}")
        if arguments.errors:
            print(*(f"    {line}" for line in c.wrong), sep="\n")


def _weighed(found: Sequence[Compared]) -> float:
    """The share of the fields of built-in documents that were right, each document as heavy as its taught copy."""
    pairs_of = [(taught[0], n, right) for c in found for taught, (n, right) in zip(c.copies, c.built_in, strict=True)]
    pairs_of = [(weight, n, right) for weight, n, right in pairs_of if n]
    return sum(weight * right / n for weight, n, right in pairs_of) / sum(weight for weight, _, _ in pairs_of)


def measure(task: tuple[Job, int]) -> Compared:
    """Draft, correct, and read copies of one form, and as many documents of built-in ones."""
    job, copies = task
    assert drafting._TERMS is not None
    assert drafting._TOOLS is not None
    blank = drafting.scans_of(job, 0, 1, blank=True)
    draft = draft_form(drafting.read(blank), drafting._TERMS, job[0].name)
    corrections = corrected(draft, blank[0])
    drawn = drafting.scans_of(job, 0, copies, blank=False)
    truth = [{"fields": d.values, "rows": d.rows} for d in drawn]
    keys = {plain(label): f.key for f in (*draft.fields, *draft.rows) for label in f.labels}
    records = [
        record for d in drawn for record in try_definition(draft.definition(), drafting.read([d]), drafting._TOOLS)
    ]

    def key_of(label: str) -> str:
        return keys.get(plain(label), "")

    score = tally(truth, records, job[0].name, key_of)
    compared = Compared(f"{job[0].name} {job[1]}", corrections, score.total, _by_kind(score, blank[0]))
    for k, (d, entry, record) in enumerate(zip(drawn, truth, records, strict=True)):
        one = tally([entry], [record], job[0].name, key_of).total
        compared.copies.append((one.written, one.right))
        writer = " ".join(writer_of(job, k, blank=False))
        compared.wrong += [f"{writer}: {line}" for line in _wrong(d, record, key_of)]
    compared.built_in = [_built_in(job, k) for k in range(copies)]
    return compared


def corrected(draft: Draft, truth: Drawn) -> list[str]:
    """At most five corrections of the draft, in place, the gravest first; what was done."""
    done: list[str] = []
    for fields, printed in ((draft.fields, truth.printed), (draft.rows, truth.columns)):
        known = {plain(label): f for f in fields for label in f.labels}
        for p in printed:
            if plain(p.label) not in known and len(done) < _MOST:
                fields.append(_field(p, len(done)))
                done.append(f"+{p.label}")
    for fields, printed in ((draft.fields, truth.printed), (draft.rows, truth.columns)):
        wanted = {plain(p.label): p for p in printed}
        for f in list(fields):
            true = next((wanted[plain(label)] for label in f.labels if plain(label) in wanted), None)
            if len(done) >= _MOST:
                break
            if true is None:
                fields.remove(f)
                done.append(f"-{f.title}")
            elif f.type.value != true.type or (true.options and tuple(f.options) != true.options):
                f.type, f.options = FieldType(true.type), list(true.options) or _options(true)
                done.append(f"{f.title}={true.type}")
    return done


def _field(printed: Printed, number: int) -> DraftField:
    options = list(printed.options) or _options(printed)
    return DraftField(f"added_{number}", printed.label, FieldType(printed.type), [printed.label], options)


def _options(printed: Printed) -> list[str]:
    return ["男", "女"] if printed.type == "choice" else []


def _wrong(drawn: Drawn, record: Record, key_of: Callable[[str], str]) -> Iterator[str]:
    """What was read wrong of one copy, a line a field."""
    printed = {p.label: p for p in (*drawn.printed, *drawn.columns)}
    parts = [("", drawn.values, record.fields)]
    for i, row in enumerate(drawn.rows):
        parts.append((f"{i + 1}.", row, record.rows[i] if i < len(record.rows) else {}))
    for prefix, wanted, got in parts:
        for label, want in wanted.items():
            value = got.get(key_of(label)) or FieldValue()
            if want in ("", None, []) or is_right(value.value, want):
                continue
            at = value.quad
            placed = at is not None and drafting._inside(drafting._middle(at), printed[label].quad)
            yield f"{prefix}{label} ({printed[label].type}{'' if placed else ', place'}) {want!r}: {value.value!r}"


def _by_kind(score: Score, drawn: Drawn) -> dict[str, Tally]:
    kind_of = {p.label: p.type for p in drawn.printed} | {f"rows.{p.label}": p.type for p in drawn.columns}
    kinds: dict[str, Tally] = {}
    for label, one in score.fields.items():
        into = kinds.setdefault(kind_of[label], Tally())
        into.written, into.right = into.written + one.written, into.right + one.right
    return kinds


def _built_in(job: Job, copy: int) -> tuple[int, int]:
    """Fields written and read right of a document of a built-in form, by the hand and capture of a taught copy."""
    _, _, _, seed, number = job
    layouts, (hand, profile) = layout_names(["heldout"]), writer_of(job, copy, blank=False)
    at = 3 * number + copy
    options = argparse.Namespace(
        group=["heldout"], layout=layouts[at % len(layouts)], hand=hand, profile=profile, distract=False
    )
    truth, files = build(seed, 1000 + at, options)
    record = _read(files, truth)
    of = figures(pairs([Labelled(Path("built-in"), truth, record)]))
    return (of.fields, round(of.exact * of.fields)) if of else (0, 0)


def _read(files: list[tuple[str, bytes]], truth: dict[str, Any]) -> Any:
    assert drafting._TOOLS is not None
    limits = load_settings().limits
    with TemporaryDirectory() as folder:
        names = [f"syn{suffix}" for suffix, _ in files]
        for name, (_, content) in zip(names, files, strict=True):
            (Path(folder) / name).write_bytes(content)
        scans = (page for name in names for page in read_pages(Path(folder) / name, name, limits))
        found = list(read_documents(scans, {name: name for name in names}, drafting._TOOLS))
    return next((r for r in found if r.doc_type == truth["doc_type"]), found[0] if found else None)


if __name__ == "__main__":
    main()
