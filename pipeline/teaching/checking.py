"""Definitions held against one another: what would confuse two forms, and what a form lacks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from rapidfuzz import fuzz

from pipeline.definitions import FieldType, FormDefinition, Forms, load_form
from pipeline.dictionaries import load_dictionaries
from pipeline.errors import SetupError
from pipeline.forms.labels import labels_of, plain, similarity

_TITLE_ALIKE = 0.8  # a title as like as this is taken for another form's when a page is classified
_LABELS_ALIKE = 0.6  # share of a form's labels that another form has too
_LABELS_LEAST = 4


class Level(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a form, in Chinese; ``form`` is its type, or the file's name where it could not be loaded."""

    form: str
    level: Level
    message: str


def check_forms(folder: Path, dictionaries: Path, names: Sequence[str] = ()) -> list[Finding]:
    """What is wrong with the definitions of a folder, or with those of ``names`` (types, or names of files).

    Collisions are looked for with all forms of the folder. Raises :class:`SetupError` for a name that is not there.
    """
    findings: list[Finding] = []
    forms: Forms = {}
    files: dict[str, str] = {}
    for path in sorted(folder.glob("*.yaml")):
        try:
            form = load_form(path)
        except SetupError as error:
            if not names or path.stem in names:
                findings.append(Finding(path.stem, Level.ERROR, error.message))
            continue
        if form.type in forms:
            findings.append(
                Finding(path.stem, Level.ERROR, f"类型 {form.type} 已在 {files[form.type]}.yaml 中定义，请改名。")
            )
            continue
        forms[form.type], files[form.type] = form, path.stem
    known = {*forms, *files.values(), *(f.form for f in findings)}
    missing = [name for name in names if name not in known]
    if missing:
        raise SetupError(f"没有表单“{'、'.join(missing)}”，可用：{'、'.join(sorted(forms))}。")
    for key, form in forms.items():
        if names and key not in names and files[key] not in names:
            continue
        others = [other for other in forms.values() if other is not form]
        findings += [Finding(key, Level.WARNING, text) for text in _collisions(form, others)]
        findings += [Finding(key, Level.WARNING, text) for text in _shortcomings(form)]
        try:
            load_dictionaries(dictionaries, {f.dictionary for f in (*form.fields, *form.row_fields) if f.dictionary})
        except SetupError as error:
            findings.append(Finding(key, Level.ERROR, error.message))
    return findings


def _collisions(form: FormDefinition, others: Sequence[FormDefinition]) -> list[str]:
    said = []
    for other in others:
        for title in form.titles:
            twin = next((t for t in other.titles if _titles_alike(title, t)), None)
            if twin is not None:
                said.append(f"标题“{title}”与“{other.title}”的标题“{twin}”太像，两种表可能认错。")
        shared = _shared_labels(form, other)
        fields = [f for f in (*form.fields, *form.row_fields) if f.labels]
        if len(shared) >= _LABELS_LEAST and len(shared) >= _LABELS_ALIKE * len(fields):
            some = "、".join(shared[:5])
            said.append(f"有 {len(shared)} 个标签与“{other.title}”相同（{some}…），标题看不清时两种表可能认错。")
        if _sheets(form) & _sheets(other):
            names = "、".join(sheet for _, sheet in sorted(_sheets(form) & _sheets(other)))
            said.append(f"工作表“{names}”也是“{other.title}”的，请在 ledger 中改名。")
    return said


def _titles_alike(a: str, b: str) -> bool:
    a, b = plain(a), plain(b)
    shorter, longer = sorted((a, b), key=len)
    part = fuzz.partial_ratio(shorter, longer) / 100 * (0.9 + 0.1 * len(shorter) / max(1, len(longer)))
    return max(similarity(a, b), part if len(longer) <= 4 * len(shorter) else 0.0) >= _TITLE_ALIKE


def _shared_labels(form: FormDefinition, other: FormDefinition) -> list[str]:
    theirs = labels_of(tuple((f.key, f.labels) for f in (*other.fields, *other.row_fields)))
    shared = []
    for field in (*form.fields, *form.row_fields):
        hit = next((label for label in field.labels if (m := theirs.whole(label)) is not None and m.score == 1), None)
        if hit is not None:
            shared.append(hit)
    return shared


def _sheets(form: FormDefinition) -> set[tuple[str, str]]:
    sheets = [form.ledger.sheet] if form.ledger.sheet else list(form.ledger.sheets.values())
    return {(form.ledger.workbook, sheet) for sheet in sheets if sheet}


def _shortcomings(form: FormDefinition) -> list[str]:
    said = []
    labels = Counter(plain(label) for f in form.fields if not f.within and not f.after for label in f.labels[:1])
    for label, count in labels.items():
        if count > 1:
            said.append(f"{count} 个字段的第一个标签都是“{label}”，请写出各自更完整的叫法，或用 within 指明归属。")
    for field in (*form.fields, *form.row_fields):
        short = [label for label in field.labels if len(plain(label)) < 2]
        if short and field.type is not FieldType.SEAL and not field.inside:
            said.append(f"{field.key} 的标签“{short[0]}”只有一个字，容易认错，请写更长的叫法。")
    titles = Counter(f.title for f in (*form.fields, *form.row_fields))
    doubled = [title for title, count in titles.items() if count > 1]
    if doubled:
        said.append(f"列名重复：{'、'.join(doubled)}。")
    if not any(len(plain(title)) >= 4 for title in form.titles):
        said.append("标题不到四个字，只能靠标签认这种表。")
    return said
