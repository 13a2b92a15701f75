"""Which form a page is: by its title, and by how many of a form's labels it carries."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz import fuzz

from pipeline.definitions import FieldDefinition, FormDefinition, Forms
from pipeline.forms.labels import labels_of, plain, plain_forms, similarity
from pipeline.forms.layout import Layout

_TITLE_SURE = 0.8
_TITLE_PART = 0.55  # a title half lost still counts where the labels agree
_LABELS_SURE = 0.5
_LABELS_ALONE = 0.3  # under no known title: so many of the form's labels, and
_LABELS_CLEAR = 2.0  # so many times as many as, or as great a share as, of any other form
_LABELS_LEAST = 5
_NUMBER = re.compile(r"^\s*(?:[一二三四五六七八九十]+、|\d+[.、])")
_COLON = re.compile(r"[:：]")


@dataclass(frozen=True, slots=True)
class PageType:
    """What a page seems to be: the form (``None`` if unknown), whether it opens a document, its title's text."""

    form: str | None
    opens: bool
    title: str
    score: float


def classify_page(layout: Layout, forms: Forms) -> PageType:
    """The form of one page read so far. A page may be unknown: that is an honest answer."""
    titles = [t for t in _title_candidates(layout) if not any(_is_field(t, form) for form in forms.values())]
    texts = [form for block in layout.cells for form in plain_forms(block.text)]
    texts += [form for block in layout.cells if len(block.lines) > 1 for form in plain_forms(block.lines[0].text)]
    # A label stands before its colon, also where what was written follows on the same line.
    lines = [line.text for row in layout.rows for line in row]
    said = texts + [plain(part) for text in lines for part in _labels_said(text)]
    texts += [plain(text) for text in lines]
    best: tuple[float, float, str, str] | None = None
    for form in forms.values():
        title_score, title = max((_title_similarity(t, form), t) for t in titles) if titles else (0.0, "")
        if title_score < _TITLE_PART and label_share(texts, form) < _LABELS_SURE:
            continue
        labels = label_share([*texts, *said], form)
        if title_score < _TITLE_SURE and labels < 0.3:
            continue
        rank = title_score + 0.6 * labels
        if best is None or rank > best[0]:
            best = (rank, title_score, form.type, title)
    if best is None:
        fitting = _fitting(said, forms)
        if fitting is not None:
            # It opens a document unless it may be a later page of one.
            form, share = fitting
            opens = not form.rows and not continues(layout, form)
            return PageType(form.type, opens, titles[0] if titles else "", share)
        return PageType(None, False, titles[0] if titles else "", 0.0)
    rank, title_score, form_type, title = best
    return PageType(form_type, title_score >= _TITLE_PART, title, min(1.0, rank / 1.3))


def continues(layout: Layout, form: FormDefinition) -> bool:
    """Whether a page without a title carries words that later pages of ``form`` are known by."""
    text = plain("".join(line.text for line in layout.lines()))
    return any(fuzz.partial_ratio(plain(clue), text) >= 85 for clue in form.page_clues)


def label_share(texts: list[str], form: FormDefinition) -> float:
    """The share of the form's fields (or row headings) of which a label stands among ``texts``."""
    fields = tuple((str(i), f.labels) for i, f in enumerate(_all(form)) if f.labels)
    labels = labels_of(fields)
    hits = {number for text in dict.fromkeys(texts) if text for number in labels.named(text)}
    return len(hits) / len(fields) if fields else 0.0


def _fitting(texts: list[str], forms: Forms) -> tuple[FormDefinition, float] | None:
    """The form that the labels on a page fit so much better than any other that its title need not be known."""
    if not forms:
        return None
    shares = {key: label_share(texts, form) for key, form in forms.items()}
    hits = {key: round(s * sum(bool(f.labels) for f in _all(forms[key]))) for key, s in shares.items()}
    best = max(shares, key=lambda key: (shares[key], hits[key]))
    if shares[best] < _LABELS_ALONE or hits[best] < _LABELS_LEAST:
        return None
    rivals = [key for key in shares if key != best]
    clear = any(all(of[best] >= _LABELS_CLEAR * of[key] for key in rivals) for of in (shares, hits))
    return (forms[best], shares[best]) if clear else None


def _all(form: FormDefinition) -> tuple[FieldDefinition, ...]:
    return (*form.fields, *form.row_fields)


def _labels_said(text: str) -> list[str]:
    """The parts of a line that may be or end in a label: what stands before each colon, else the line."""
    colons = [m.start() for m in _COLON.finditer(text)]
    return [text[max(0, colon - 14) : colon] for colon in colons] or [text]


def _is_field(text: str, form: FormDefinition) -> bool:
    """Whether a row above the form is a label with its value, 服务项目名称：…, which is no title."""
    head, colon, value = text.replace("：", ":").partition(":")
    if not colon or not plain(value):
        return False
    head = _NUMBER.sub("", head)
    return labels_of(tuple((f.key, f.labels) for f in _all(form))).whole(head) is not None


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
