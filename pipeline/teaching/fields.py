"""Drafted fields out of printed labels: keys, titles, types, options, seals beside opinions, dates inside them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from pipeline.definitions import FieldType
from pipeline.flow import ReadPage
from pipeline.forms.labels import plain
from pipeline.forms.lists import PrintedList
from pipeline.forms.marks import is_date_line
from pipeline.forms.options import PrintedOptions, find_options
from pipeline.forms.printed import PlaceKind, Printed, PrintedPair, is_furniture, mark_words
from pipeline.sheets import Box, Quad
from pipeline.teaching.draft import Draft, DraftField
from pipeline.teaching.kinds import guess
from pipeline.teaching.merging import Sighting
from pipeline.terms import Terms

_MANY = 5  # options from which several may well be ticked
_SEVERAL = re.compile(r"多选|可多项|多项")
_ROW_TYPES = (FieldType.SIGNATURE, FieldType.SEAL, FieldType.CHECKBOXES)

PageIndex = Callable[[ReadPage], int]


def draft_fields(
    draft: Draft, sightings: Sequence[Sighting], copies: Sequence[ReadPage], terms: Terms, index: PageIndex
) -> list[DraftField]:
    """The fields of one page's labels, with keys that the draft does not have yet."""
    taken = {f.key for f in draft.fields}
    titles = {f.title for f in draft.fields}
    fields: list[DraftField] = []
    last: DraftField | None = None
    for sighting in sightings:
        field = _field(sighting, copies, terms, index)
        if field is None:
            continue
        if field.type is FieldType.SEAL and last is not None and sighting.best[1].kind is PlaceKind.MARK:
            field.near = last.key if last.type is FieldType.TEXT else None
        if field.title in titles and last is not None:
            field.notes.append(f"表上不止一处“{field.labels[0]}”，请核对各是谁的。")
            field.title = f"{last.title}{field.title}" if last.title != field.title else field.title + "二"
        field.key = _fresh(field.key, taken)
        titles.add(field.title)
        fields.append(field)
        fields += _dates_inside(field, sighting, taken, titles, index)
        if not field.type.is_mark:
            last = field
    return fields


def _field(sighting: Sighting, copies: Sequence[ReadPage], terms: Terms, index: PageIndex) -> DraftField | None:
    page, pair = sighting.best
    name = (
        plain(pair.group) + plain(sighting.text)
        if pair.group and not plain(sighting.text).startswith(plain(pair.group))
        else plain(sighting.text)
    )
    if not name:
        return None
    values = [_said(p) for _, p in sighting.pairs]
    options = _usual([o for pg, p in sighting.pairs if (o := _options_of(pg, p)) is not None])
    sheet = page.layout.sheet
    field = DraftField(
        terms.key_of(name), name, FieldType.TEXT, [name],
        page=index(page), label_quad=sheet.quad_of(pair.place.label), value_quad=sheet.quad_of(pair.place.region),
        values=[v for v in values if v],
    )  # fmt: skip
    if pair.group and name != plain(sighting.text):
        field.labels.append(plain(sighting.text))
    mark = mark_words(sighting.text)
    if options is not None:
        field.type, field.options = FieldType.CHECKBOXES, options.options
        field.multiple = bool(_SEVERAL.search(sighting.text)) or len(options.options) >= _MANY
        if len(options.options) >= _MANY:
            field.notes.append("可能允许选几项（multiple），请核对。")
    elif mark or (pair.kind is PlaceKind.MARK and _has_seal(page, pair)):
        field.type = FieldType.SIGNATURE if mark == "signature" else FieldType.SEAL
    else:
        found = guess(name, field.values, terms)
        field.type, field.options, field.sureness = found.type, list(found.options), found.sureness
        if found.note:
            field.notes.append(found.note)
    if sighting.log_odds < 1.0:
        field.sureness = min(field.sureness, 0.4)
        field.notes.append("不一定是印刷的标签，请核对。")
    return field


def _usual(seen: Sequence[PrintedOptions]) -> PrintedOptions | None:
    """The options that most copies agree on, option by option; marks hide some of them."""
    said = [set(some.options) for some in seen]

    def agreed(some: PrintedOptions) -> int:
        own = set(some.options)
        return sum(2 * len(own & other) - len(own | other) for other in said if other is not own)

    return max(seen, key=agreed, default=None)


def _said(pair: PrintedPair) -> str:
    lines = [x for x in pair.place.lines if not is_furniture(x.text) and not mark_words(x.text)]
    return "".join(line.text for line in lines).strip()


def _options_of(page: ReadPage, pair: PrintedPair) -> PrintedOptions | None:
    lines = pair.place.cell.lines if pair.kind is PlaceKind.RIGHT and pair.place.cell else pair.place.lines
    return find_options(page.layout, lines) if lines else None


def _has_seal(page: ReadPage, pair: PrintedPair) -> bool:
    return any(pair.place.region.distance(s.x, s.y) < s.radius for s in page.layout.seals)


def _dates_inside(
    host: DraftField, sighting: Sighting, taken: set[str], titles: set[str], index: PageIndex
) -> list[DraftField]:
    """The date at the foot of an opinion's cell, which has no label of its own."""
    page, pair = sighting.best
    cell = pair.place.cell
    if host.type is not FieldType.TEXT or cell is None or pair.kind not in (PlaceKind.RIGHT, PlaceKind.INSIDE):
        return []
    dated = [line for line in cell.lines[1:] if is_date_line(line.text)]
    if not dated:
        return []
    title = f"{host.title}日期"
    titles.add(title)
    sheet = page.layout.sheet
    key = _fresh(f"{host.key}_date", taken)
    box = sheet.quad_of(dated[-1].box)
    return [
        DraftField(
            key, title, FieldType.DATE, [title], inside=host.key, page=index(page), label_quad=box, value_quad=box
        )
    ]


def _fresh(key: str, taken: set[str]) -> str:
    """``key``, with a number where it is taken, which it then is."""
    found, n = key, 1
    while found in taken:
        n += 1
        found = f"{key}_{n}"
    taken.add(found)
    return found


def draft_rows(pages: Sequence[ReadPage], found: Sequence[Printed], terms: Terms, index: PageIndex) -> list[DraftField]:
    """The columns of the form's list, by the copy that shows most of it; none where no copy shows one."""
    lists = [(page, some) for page, printed in zip(pages, found, strict=True) for some in printed.lists]
    if not lists:
        return []
    page, best = max(lists, key=lambda entry: (len(entry[1].columns), entry[1].rows, entry[0].layout.sheet.quality))
    same = [some for _, some in lists if len(some.columns) == len(best.columns)]
    fields: list[DraftField] = []
    taken: set[str] = set()
    for n, column in enumerate(best.columns):
        readings = [plain(some.columns[n].text) for some in same if plain(some.columns[n].text)]
        name = max(readings, key=lambda t: (readings.count(t), terms.weight(t)), default="")
        if not name:
            continue
        values = [c.text for some in same for c in some.columns[n].cells if c is not None and c.lines]
        guessed = guess(name, values, terms)
        kind = guessed.type
        field = DraftField(_fresh(terms.key_of(name), taken), name, kind, [name], list(guessed.options))
        field.values, field.sureness, field.page = values[:8], guessed.sureness, index(page)
        if kind in _ROW_TYPES:
            field.type = FieldType.TEXT
            field.notes.append("行内不能是签名、印章或勾选，暂按文字处理。")
        elif guessed.note:
            field.notes.append(guessed.note)
        if column.numbered:
            field.type, field.printed, field.notes = FieldType.NUMBER, True, []
        field.label_quad = page.layout.sheet.quad_of(column.heading.box)
        field.value_quad = _column_quad(page, best, n)
        fields.append(field)
    return fields if sum(not f.printed for f in fields) >= 1 else []


def _column_quad(page: ReadPage, some: PrintedList, n: int) -> Quad:
    cells = [c.box for c in some.columns[n].cells if c is not None]
    return page.layout.sheet.quad_of(Box.around(cells or [some.columns[n].heading.box]))
