"""How much of an unseen form the drafting finds: ``python -m benchmarks.drafting [--group development|heldout]``.

Forms of domains that have nothing to do with 双报到 (``tests/synthesis/taught_specs.py``) are drawn in several layouts,
blank and filled in, through the capture profiles and hands of ``tests/synthesis``. Drafting was developed on the group
``development``; the group ``heldout`` has other domains and other print fonts, and its figures are the ones to quote.

- *labels*: printed labels that the draft has to the letter (NFKC, word characters), with their place;
- *places*: the middle of the true place lies in the drafted one, and of no other field's place;
- *types*: of the labels found, those with the right type (and for check boxes the right options).
"""

from __future__ import annotations

import argparse
import datetime
import itertools
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from pipeline.batch.office import load_rules
from pipeline.batch.tools import know
from pipeline.flow import ReadPage, Tools
from pipeline.forms.labels import plain
from pipeline.settings import load_settings
from pipeline.sheets import PageImage
from pipeline.teaching import draft_form
from pipeline.teaching.draft import Draft, DraftField
from pipeline.teaching.scans import fully_read
from pipeline.terms import Terms, load_terms
from tests.support.engine import open_cached_engine
from tests.synthesis.__main__ import deck
from tests.synthesis.capture import PROFILES
from tests.synthesis.hands import HANDS
from tests.synthesis.taught import Drawn, Printed, draw
from tests.synthesis.taught_specs import DEVELOPMENT, HELD_OUT, Spec

_FILLED = 3  # copies that a draft from filled copies alone is given
_COPIES = 2  # drafts of each form and layout, each with its own print and writers


@dataclass
class Found:
    """What a draft found of one form."""

    name: str
    blank: bool
    labels: int = 0
    places: int = 0
    types: int = 0
    of: int = 0
    extra: int = 0
    wrong: list[str] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--group", choices=("development", "heldout"), default="heldout")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--copies", type=int, default=_COPIES)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", help="a form's name")
    parser.add_argument("--errors", action="store_true")
    arguments = parser.parse_args()
    jobs = jobs_of(arguments.group, arguments.seed, arguments.copies, arguments.only)
    with ProcessPoolExecutor(arguments.workers, initializer=start) as executor:
        found = [f for some in executor.map(measure, jobs) for f in some]
    for blank in (True, False):
        some = [f for f in found if f.blank is blank]
        print(
            ("from a blank" if blank else f"from {_FILLED} filled copies") + f", {len(some)} drafts: {_figures(some)}"
        )
        for layout in sorted({f.name.rsplit(" ", 1)[1] for f in some}):
            print(f"  {layout:8} {_figures([f for f in some if f.name.endswith(layout)])}")
    if arguments.errors:
        for f in found:
            if f.wrong or f.extra:
                print(f.name, "blank" if f.blank else "filled", "; ".join(f.wrong))


Job = tuple[Spec, str, str, int, int]


def jobs_of(group: str, seed: int, copies: int, only: str | None = None) -> list[Job]:
    """Form, layout, group, seed and number of every draft of a group."""
    specs = DEVELOPMENT if group == "development" else HELD_OUT
    combined = [(s, layout) for s in specs if only in (None, s.name) for layout in s.layouts]
    return [(s, layout, group, seed, n) for n, (s, layout) in enumerate(itertools.chain(*[combined] * copies))]


def _figures(some: Sequence[Found]) -> str:
    of = sum(f.of for f in some) or 1
    labels, places, types = (sum(getattr(f, name) for f in some) for name in ("labels", "places", "types"))
    extra = sum(f.extra for f in some)
    return (
        f"labels {labels / of:.3f}, places {places / of:.3f}, types {types / max(1, labels):.3f} "
        f"({of} labels, {extra} drafted that are none)"
    )


_TOOLS: Tools | None = None
_TERMS: Terms | None = None


def start() -> None:
    """What a process needs, once."""
    global _TOOLS, _TERMS
    settings = load_settings()
    forms, dictionaries = load_rules(settings)
    engine = open_cached_engine(settings)
    _TERMS = load_terms(settings.path("terms"))
    knowledge = know(settings, dictionaries, datetime.date.today())
    _TOOLS = Tools(forms, engine, knowledge, settings.acceptance, _TERMS)


def read(drawn: Sequence[Drawn]) -> list[ReadPage]:
    """The pages of scans, read in full."""
    assert _TOOLS is not None
    pages = [PageImage(f"{n}.png", 1, _bgr(d.image), d.dpi) for n, d in enumerate(drawn)]
    return list(fully_read(pages, _TOOLS))


def scans_of(job: Job, first: int, count: int, *, blank: bool) -> list[Drawn]:
    """Copies of one form; blank ones are scanned or copied, filled ones come by every way."""
    spec, layout, group, seed, number = job
    written = [writer_of(job, k, blank=blank) for k in range(first, first + count)]
    return [
        draw(
            spec, layout, (seed, number, k, int(blank)), blank=blank, hand=hand, profile=profile, group=group,
            look=(seed, number),
        )
        for k, (hand, profile) in enumerate(written, start=first)
    ]  # fmt: skip


def writer_of(job: Job, copy: int, *, blank: bool) -> tuple[str, str]:
    """The hand and the capture of one copy of a form."""
    *_, seed, number = job
    hands, profiles = deck(sorted(HANDS), seed), deck(list(PROFILES), seed)
    if blank:
        profiles = [p for p in profiles if p in ("flatbed", "copier")]
    return hands[(3 * number + copy) % len(hands)], profiles[(3 * number + copy) % len(profiles)]


def measure(job: Job) -> list[Found]:
    """Both drafts of a form: from one blank, and from filled copies alone."""
    assert _TERMS is not None
    found = []
    for blank, count in ((True, 1), (False, _FILLED)):
        drawn = scans_of(job, 0, count, blank=blank)
        draft = draft_form(read(drawn), _TERMS, job[0].name)
        found.append(compare(draft, drawn, f"{job[0].name} {job[1]}", blank))
    return found


def compare(draft: Draft, drawn: Sequence[Drawn], name: str, blank: bool) -> Found:
    """A draft held against what is printed."""
    found = Found(name, blank)
    fields = [*draft.fields, *draft.rows]
    used: set[int] = set()
    count = Counter(plain(p.label) for p in drawn[0].printed)
    assert all(n == 1 for n in count.values())
    for listed, many in ((False, drawn[0].printed), (True, drawn[0].columns)):
        for i, truth in enumerate(many):
            found.of += 1
            pool = draft.rows if listed else draft.fields
            hit = next((f for f in pool if id(f) not in used and plain(truth.label) in map(plain, f.labels)), None)
            if hit is None:
                found.wrong.append(f"-{truth.label}")
                continue
            used.add(id(hit))
            found.labels += 1
            page = drawn[min(hit.page, len(drawn) - 1)]
            places = page.columns if listed else page.printed
            if _placed(places, i, hit):
                found.places += 1
            else:
                found.wrong.append(f"@{truth.label}")
            if hit.type.value == truth.type and (not truth.options or tuple(hit.options) == truth.options):
                found.types += 1
            else:
                found.wrong.append(f"{truth.label}:{truth.type}≠{hit.type.value}{hit.options}")
    rest = [f for f in fields if id(f) not in used]
    found.extra = len(rest)
    found.wrong += [f"+{f.labels[0]}({f.type.value})" for f in rest]
    return found


def _placed(places: Sequence[Printed], i: int, hit: DraftField) -> bool:
    quad = hit.value_quad
    return quad is not None and [n for n, p in enumerate(places) if _inside(_middle(p.quad), quad)] == [i]


def _middle(quad: Sequence[Sequence[float]]) -> tuple[float, float]:
    xs, ys = zip(*[(p[0], p[1]) for p in quad], strict=True)
    return sum(xs) / 4, sum(ys) / 4


def _inside(point: tuple[float, float], quad: Sequence[Sequence[float]]) -> bool:
    xs, ys = [p[0] for p in quad], [p[1] for p in quad]
    return min(xs) <= point[0] <= max(xs) and min(ys) <= point[1] <= max(ys)


def _bgr(image: np.ndarray) -> np.ndarray:
    if image.ndim == 2:
        return np.repeat(image[:, :, None], 3, axis=2)
    return np.ascontiguousarray(image[:, :, ::-1])


if __name__ == "__main__":
    main()
