"""From paper to a draft: blank and filled copies of one form become fields with labels, places and types."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from rapidfuzz.distance import Levenshtein

from pipeline.flow import ReadPage
from pipeline.forms.labels import plain
from pipeline.forms.layout import Line
from pipeline.forms.printed import Printed, Sense, find_printed, find_title, is_furniture
from pipeline.forms.sense import blank_sense, page_sense
from pipeline.teaching.copies import Copy, copies_sense
from pipeline.teaching.draft import Draft, DraftPage
from pipeline.teaching.fields import draft_fields, draft_rows
from pipeline.teaching.merging import merged
from pipeline.terms import Terms

_EMPTY = 0.75  # share of the places with nothing in them from which a copy is blank
_FEW = 3  # places are too few to say so by


def draft_form(pages: Iterable[ReadPage], terms: Terms, name: str = "") -> Draft:
    """A draft of the one form that all ``pages`` are copies of, each read in full (``scans.fully_read``).

    A blank copy says best what is printed, filled ones say more of types; either alone will do, and of filled
    ones two or more are better. A page without the title goes on with the copy before it. ``name`` becomes the
    form's type; without it, one is made of the title.
    """
    copies = _copies(list(pages))
    sheets = [page for copy in copies for page in copy]
    index = {id(page): i for i, page in enumerate(sheets)}
    blank = {id(page): _is_blank(page, terms) for page in sheets}
    seen: list[tuple[list[ReadPage], list[Printed]]] = []
    for number in range(max((len(copy) for copy in copies), default=0)):
        group = [copy[number] for copy in copies if number < len(copy)]
        blanks = [page for page in group if blank[id(page)]]
        base = blanks or group
        seen.append(
            (
                base,
                [
                    find_printed(page.layout, sense)
                    for page, sense in zip(base, _senses(base, bool(blanks), terms), strict=True)
                ],
            )
        )
    draft = Draft("", "", [])
    draft.pages = [DraftPage(p.file, p.number, *_size(p), blank=blank[id(p)]) for p in sheets]
    title = _title([found.title for _, many in seen[:1] for found in many])
    draft.title, draft.titles, draft.max_pages = title, [title] if title else [], max(map(len, copies), default=1)
    draft.type = name or (terms.key_of(title) if title else "new_form")
    for number, (base, found) in enumerate(seen):
        others = [copy[number] for copy in copies if number < len(copy)]
        sightings = [s for s in merged(base, found) if not _alike(plain(s.text), title)]
        draft.fields += draft_fields(draft, sightings, others, terms, lambda page: index[id(page)])
        if not draft.rows:
            draft.rows = draft_rows(base, found, terms, lambda page: index[id(page)])
    _say_what_is_unsure(draft, any(blank.values()), len(copies))
    return draft


def _copies(pages: Sequence[ReadPage]) -> list[list[ReadPage]]:
    """The copies that pages belong to: one begins with each file, and with each page that carries the title again."""
    copies: list[list[ReadPage]] = []
    titles: list[str] = []
    for page in pages:
        title = plain(find_title(page.layout)[0])
        again = bool(titles) and _alike(title, titles[0])
        if not copies or page.file != copies[-1][0].file or again:
            copies.append([])
        copies[-1].append(page)
        titles.append(title)
    return copies


def _alike(a: str, b: str) -> bool:
    return bool(a) and bool(b) and Levenshtein.normalized_similarity(a, b) >= 0.7


def _senses(pages: Sequence[ReadPage], blanks: bool, terms: Terms) -> list[Sense]:
    if blanks:
        return [blank_sense() for _ in pages]
    known = [Copy.of(page.layout) for page in pages]
    return [copies_sense(copy, [c for c in known if c is not copy], terms.weight) for copy in known]


def _is_blank(page: ReadPage, terms: Terms) -> bool:
    """Whether next to nothing stands in the places of what are surely labels."""
    found = find_printed(page.layout, page_sense(page.layout, terms.weight))
    sure = [p for p in found.pairs if terms.weight(p.text) > 0]
    cells = [c for some in found.lists for column in some.columns if not column.numbered for c in column.cells if c]
    filled = [bool(plain("".join(x.text for x in p.place.lines))) and not _is_print(p.place.lines) for p in sure]
    filled += [bool(c.lines) for c in cells]
    return len(filled) >= _FEW and 1 - float(np.mean(filled)) >= _EMPTY


def _is_print(lines: Sequence[Line]) -> bool:
    text = "".join(line.text for line in lines)
    return is_furniture(text) or sum(c in "□☐口○" for c in text) >= 2


def _title(titles: Sequence[str]) -> str:
    """The title that most copies agree on, else the one most like the others."""
    said = [plain(t) for t in titles if plain(t)]
    alike = {t: sum(Levenshtein.normalized_similarity(t, other) for other in said) for t in said}
    return max(said, key=lambda t: (said.count(t), alike[t]), default="")


def _size(page: ReadPage) -> tuple[int, int]:
    quad = page.layout.sheet.quad_of(page.layout.sheet.frame)
    return round(max(x for x, _ in quad)), round(max(y for _, y in quad))


def _say_what_is_unsure(draft: Draft, has_blank: bool, copies: int) -> None:
    if not draft.title:
        draft.notes.append("没有找到标题，请填写 title 和 titles。")
    if not draft.fields and not draft.rows:
        draft.notes.append("没有找到任何标签，请检查扫描件是否清楚、是否放正。")
    if not has_blank and copies == 1:
        draft.notes.append("只有一份填好的表：印刷文字和填写内容可能混淆，再给一份或一张空白表会更准。")
