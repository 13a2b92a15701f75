"""The office's own additions to its lists, and what people's corrections suggest to add.

They lie in ``dictionaries`` among the outputs, in files like the shipped ones, and take effect with the next
reading.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import FileLock
from rapidfuzz import fuzz

from pipeline.batch.office import load_rules, office_lists
from pipeline.definitions import FieldType, Forms
from pipeline.dictionaries import Dictionaries, Dictionary, Entries, load_entries
from pipeline.errors import PipelineError
from pipeline.settings import Settings
from pipeline.store import Correction, Store

_DISMISSED = "dismissed_suggestions"
_ALIKE = 50.0  # of 100; what is less like the name was a misreading, or another name altogether
_UNFIT = re.compile(r"[\x00-\x1f\x7f|]|^[=+\-@]")  # parts aliases, or would be a formula where the file is opened
_LONGEST = 100


class ListError(PipelineError):
    """A name cannot be added to a list."""

    code = "list"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What might be added: a ``name``, or, where that is in the list, an ``alias`` of it.

    People left it so in ``count`` fields of ``documents``.
    """

    dictionary: str
    name: str
    alias: str | None
    count: int
    documents: tuple[str, ...]


def add_to_list(settings: Settings, dictionary: str, name: str, alias: str | None = None) -> None:
    """Add a name to the office's additions of a dictionary, or an alias of a name.

    Raises :class:`ListError` for what cannot be added, :class:`SetupError` where a list is at fault, and
    :class:`~pipeline.ledgers.atomic.CannotWriteError`.
    """
    known = load_rules(settings)[1].get(dictionary)
    if known is None:
        raise ListError(f"没有名单“{dictionary}”。")
    name, alias = name.strip(), (alias or "").strip()
    for text in (name, alias):
        if _UNFIT.search(text) or len(text) > _LONGEST:
            raise ListError(f"“{text[:_LONGEST]}”不能加入名单：含有不允许的字符，或超过 {_LONGEST} 字。")
    if not name or name == alias:
        raise ListError("名称不能为空，别名不能与名称相同。")
    if alias and known.spellings.get(alias) == alias:
        raise ListError(f"“{alias}”本身是名单中的名称，不能作为“{name}”的别名。")
    folder = office_lists(settings)
    path = folder / f"{dictionary}.csv"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock"):
            _write(path, _with(load_entries(path) if path.exists() else [], name, alias))
    except OSError as error:
        raise ListError(f"无法写入 {folder}：{error.strerror}。请检查磁盘空间和文件夹权限。") from error


def suggestions(store: Store, forms: Forms, dictionaries: Dictionaries) -> list[Suggestion]:
    """What people's corrections suggest, what they left most often first; nothing that was dismissed.

    A value they left that is in no list is a name to add. Where they put a name of the list for something much
    like it, that may be how people write the name: whether it stood so on paper only they can say.
    """
    found: dict[tuple[str, str, str | None], list[str]] = defaultdict(list)
    for correction in _latest(store):
        form = forms.get(correction.doc_type)
        try:
            field = form.field_at(correction.path) if form else None
        except KeyError:
            continue  # a field that the form had once
        dictionary = dictionaries.get(field.dictionary or "") if field else None
        if field is None or dictionary is None:
            continue
        for old, new in _pairs(correction, parted=field.type is FieldType.LIST):
            if new not in dictionary:
                found[dictionary.name, new, None].append(correction.document_id)
            elif _may_be_alias(old, new, dictionary):
                found[dictionary.name, dictionary.canonical(new), old].append(correction.document_id)
    dismissed = _dismissed(store)
    out = [
        Suggestion(*key, len(documents), tuple(dict.fromkeys(documents)))
        for key, documents in found.items()
        if key not in dismissed
    ]
    return sorted(out, key=lambda s: (-s.count, s.dictionary, s.name, s.alias or ""))


def dismiss_suggestion(store: Store, dictionary: str, name: str, alias: str | None = None) -> None:
    """Suggest this no more."""
    dismissed = _dismissed(store) | {(dictionary, name, alias)}
    store.keep(_DISMISSED, [list(key) for key in sorted(dismissed, key=lambda key: (*key[:2], key[2] or ""))])


def _dismissed(store: Store) -> set[tuple[str, str, str | None]]:
    return {(dictionary, name, alias) for dictionary, name, alias in store.recall(_DISMISSED) or ()}


def _latest(store: Store) -> Iterable[Correction]:
    """What people last said of each field of the documents that stand in the lists, against what was read there."""
    gone = store.superseded_documents()
    last: dict[tuple[str, str], Correction] = {}
    for correction in store.corrections():
        if not correction.withdrawn and correction.document_id not in gone:
            key = correction.document_id, correction.path
            read = last[key].old_value if key in last else correction.old_value
            last[key] = replace(correction, old_value=read)
    return last.values()


def _pairs(correction: Correction, *, parted: bool) -> Iterator[tuple[str, str]]:
    """Each thing that a person left with what had been in its place, empty where that cannot be told."""
    old, new = correction.old_value, correction.new_value
    if not isinstance(new, str):
        return
    before = old if isinstance(old, str) else ""
    if not parted:
        olds, news = [before], [new]
    else:
        olds, news = before.split("、"), new.split("、")
    if len(olds) != len(news):
        olds = [""] * len(news)
    yield from ((o.strip(), n.strip()) for o, n in zip(olds, news, strict=True) if n.strip())


def _may_be_alias(old: str, new: str, dictionary: Dictionary) -> bool:
    return bool(old) and old not in dictionary and fuzz.ratio(old, dictionary.canonical(new)) >= _ALIKE


def _with(entries: Entries, name: str, alias: str) -> Entries:
    """The entries with one more name or alias; an alias stands with one name alone."""
    out = [(n, [a for a in aliases if a != alias]) for n, aliases in entries]
    if name not in [n for n, _ in out]:
        out.append((name, []))
    return [(n, [*aliases, alias] if alias and n == name else aliases) for n, aliases in out]


def _write(path: Path, entries: Entries) -> None:
    from pipeline.ledgers.atomic import replacing  # slow to import

    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["name", "aliases"])
    writer.writerows([name, "|".join(aliases)] for name, aliases in entries)
    with replacing(path) as written:
        # With a BOM, or a spreadsheet takes it for another encoding.
        written.temp.write_bytes(b"\xef\xbb\xbf" + text.getvalue().encode("utf-8"))
