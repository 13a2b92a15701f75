"""Which form a page is: by its title, and by how many of a form's labels it carries."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz import fuzz

from pipeline.definitions import FormDefinition, Forms
from pipeline.forms.labels import Labels, plain, plain_forms, similarity
from pipeline.forms.layout import Layout

_TITLE_SURE = 0.8
_TITLE_PART = 0.55  # a title half lost still counts where the labels agree
_LABELS_SURE = 0.5


@dataclass(frozen=True, slots=True)
class PageType:
    """What a page seems to be: the form (``None`` if unknown), whether it opens a document, its title's text."""

    form: str | None
    opens: bool
    title: str
    score: float


def classify_page(layout: Layout, forms: Forms) -> PageType:
    """The form of one page read so far. A page may be unknown: that is an honest answer."""
    titles = _title_candidates(layout)
    texts = [form for block in layout.cells for form in plain_forms(block.text)]
    texts += [form for block in layout.cells if len(block.lines) > 1 for form in plain_forms(block.lines[0].text)]
    texts += [plain(line.text) for row in layout.rows for line in row]
    best: tuple[float, float, str, str] | None = None
    for form in forms.values():
        title_score, title = max((_title_similarity(t, form), t) for t in titles) if titles else (0.0, "")
        labels = label_share(texts, form)
        if title_score < _TITLE_PART and labels < _LABELS_SURE:
            continue
        if title_score < _TITLE_SURE and labels < 0.3:
            continue
        rank = title_score + 0.6 * labels
        if best is None or rank > best[0]:
            best = (rank, title_score, form.type, title)
    if best is None:
        return PageType(None, False, titles[0] if titles else "", 0.0)
    rank, title_score, form_type, title = best
    return PageType(form_type, title_score >= _TITLE_PART, title, min(1.0, rank / 1.3))


def continues(layout: Layout, form: FormDefinition) -> bool:
    """Whether a page without a title carries words that later pages of ``form`` are known by."""
    text = plain("".join(line.text for line in layout.lines()))
    return any(fuzz.partial_ratio(plain(clue), text) >= 85 for clue in form.page_clues)


def label_share(texts: list[str], form: FormDefinition) -> float:
    """The share of the form's fields (or row headings) of which a label stands among ``texts``."""
    fields = [f for f in (*form.fields, *form.row_fields) if f.labels]
    labels = [Labels([(f.key, f.labels)]) for f in fields]
    hits = 0
    for label in labels:
        hits += any((len(t) <= 14 and label.whole(t)) or label.ending(t[:14]) for t in texts if t)
    return hits / len(labels) if labels else 0.0


def _title_candidates(layout: Layout) -> list[str]:
    """The texts of the rows above the first table, or in the top third, each row as a whole."""
    limit = layout.sheet.ink.shape[0] * 0.4
    if layout.tables:
        limit = min(limit, layout.tables[0].box.y0 + 10)
    rows = ["".join(line.text for line in row) for row in layout.rows if row[0].box.y0 < limit]
    # A title set in two lines reads as one.
    pairs = [a + b for a, b in pairwise(rows)]
    # Some forms carry the title in a cell right across the top of the table.
    cells = [b.text for b in layout.cells if b.cell.row0 == 0 and b.box.width > 0.8 * layout.tables[b.table].box.width]
    return [t for t in (*rows, *pairs, *cells) if len(plain(t)) >= 4]


def _title_similarity(text: str, form: FormDefinition) -> float:
    """How well ``text`` holds one of the form's titles; words around the title cost a little."""
    text = plain(text)
    best = 0.0
    for title in map(plain, form.titles):
        whole = similarity(text, title)
        part = 0.0
        if len(text) >= len(title) and len(text) <= 4 * len(title):
            part = fuzz.partial_ratio(title, text) / 100 * (0.9 + 0.1 * len(title) / len(text))
        best = max(best, whole, part)
    return best
