"""A better scan of the same paper: the new reading stands for the old one, which is kept.

Scanners number their files from 1 again, so the same name proves nothing, and what a file held before
must not be lost when another paper takes its name. What the readings say decides.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from rapidfuzz.distance import Levenshtein

from pipeline.definitions import FieldType, FormDefinition, Forms
from pipeline.records import UNKNOWN_TYPE, Code, FieldStatus, FieldValue, Record

_ALIKE = 0.75  # how alike two readings of one field are, a bad scan being one of them
_MOST = 0.6  # share of the fields that both have, which must be alike
_ENOUGH = 3  # such fields
_SLIPS = 1  # fields that both readings are sure of and that differ all the same
_SURE = (FieldStatus.ACCEPTED, FieldStatus.CORRECTED)
# Colleagues' forms are alike but for these: the same employer, community and date stand on forty of them.
_TELLING = (FieldType.NAME, FieldType.ID_NUMBER, FieldType.PHONE, FieldType.USCC, FieldType.CODE)


def superseded(
    earlier: Sequence[Record], new: Sequence[Record], forms: Forms, replaced: Collection[str] = ()
) -> Mapping[str, str]:
    """Which of the ``earlier`` documents a new one stands for from now on, old id to new id.

    Those that hold a page of a new one (a page that was missing has come, or the pages are now told apart
    otherwise), and those that say the same. ``replaced`` are the ids of those whose file was overwritten:
    where nothing could be made of such a scan, whoever scanned again meant that one.
    """
    found = {}
    for old in earlier:
        overwritten = old.document_id in replaced
        heir = _with_most_of_its_pages(old, new) or next(
            (r for r in new if same_paper(old, r, forms.get(r.doc_type)) or (overwritten and is_hopeless(old, r))),
            None,
        )
        if heir is not None:
            found[old.document_id] = heir.document_id
    return found


def same_paper(old: Record, new: Record, form: FormDefinition | None) -> bool:
    """Whether two readings from different scans are of the same filled-in form."""
    if form is None or old.doc_type != new.doc_type:
        return False
    ours, theirs = _texts(old), _texts(new)
    shared = ours.keys() & theirs.keys()
    if len(shared) < _ENOUGH:
        return False
    alike = {path for path in shared if _alike(str(ours[path].value), str(theirs[path].value))}
    sure = {path for path in shared if ours[path].status in _SURE and theirs[path].status in _SURE}
    if len(sure - alike) > _SLIPS or len(alike) < _MOST * len(shared):
        return False
    types = {field.key: field.type for field in (*form.fields, *form.row_fields)}
    telling = {path for path in shared if types.get(path.rpartition(".")[2]) in _TELLING}
    if any(ours[path].value != theirs[path].value for path in telling & sure):
        return False
    return bool(alike & telling) if telling else alike == shared


def is_hopeless(old: Record, new: Record) -> bool:
    """Whether too little could be made of the old scan to tell it from the new one."""
    if old.doc_type == UNKNOWN_TYPE:
        return True
    enough = len(_texts(old).keys() & _texts(new).keys()) >= _ENOUGH
    return not enough and (Code.UNREADABLE_PAGE.value in old.issues or len(_texts(old)) < _ENOUGH)


def _with_most_of_its_pages(old: Record, new: Sequence[Record]) -> Record | None:
    pages = set(old.every_page())
    heir = max(new, key=lambda record: len(pages.intersection(record.every_page())), default=None)
    return heir if heir is not None and pages.intersection(heir.every_page()) else None


def _texts(record: Record) -> dict[str, FieldValue]:
    return {path: field for path, field in record.all_fields() if isinstance(field.value, str) and field.value}


def _alike(one: str, other: str) -> bool:
    return Levenshtein.normalized_similarity(one, other) >= _ALIKE
