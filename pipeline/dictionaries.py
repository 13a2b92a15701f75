"""The office's own lists: names with the other ways people write them, kept in plain CSV files.

A file has the columns ``name`` and ``aliases`` (separated by ``|``). A dictionary is evidence, never a
mould: a name in no list is read as written.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from pipeline.errors import SetupError


@dataclass(slots=True)
class Dictionary:
    """One list. ``spellings`` maps every name and alias to the name it stands for."""

    name: str
    spellings: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, entries: Iterable[tuple[str, Iterable[str]]]) -> Dictionary:
        spellings: dict[str, str] = {}
        for entry, aliases in entries:
            spellings[entry] = entry
            for alias in aliases:
                spellings.setdefault(alias, entry)
        return cls(name, spellings)

    def __contains__(self, text: object) -> bool:
        return text in self.spellings

    def canonical(self, text: str) -> str:
        """The entry that ``text`` is a spelling of, or ``text`` itself."""
        return self.spellings.get(text, text)

    def nearest(self, text: str, limit: int = 3) -> list[tuple[str, int]]:
        """The spellings nearest to ``text`` with their Levenshtein distances, nearest first."""
        found = process.extract(text, list(self.spellings), scorer=Levenshtein.distance, limit=limit)
        return [(spelling, int(distance)) for spelling, distance, _ in found]


Dictionaries = Mapping[str, Dictionary]
Entries = list[tuple[str, list[str]]]
"""Names, each with its aliases, as a file has them."""


def load_dictionaries(
    folder: Path, required: Iterable[str] = (), additions: Path | None = None
) -> dict[str, Dictionary]:
    """Every CSV file of ``folder`` by its stem, with what the files of ``additions`` say besides.

    An addition names another entry, or further aliases of one; where an alias is another entry's so far, it is
    the addition's from now on. UTF-8 (with or without BOM) and GB 18030 are read, as spreadsheets save either.
    Raises :class:`SetupError` naming file and line, also where a ``required`` dictionary has no file.
    """
    found = {path.stem: Dictionary.of(path.stem, load_entries(path)) for path in sorted(folder.glob("*.csv"))}
    for path in sorted(additions.glob("*.csv")) if additions else ():
        _add(found.setdefault(path.stem, Dictionary(path.stem)), load_entries(path))
    missing = sorted(set(required) - set(found))
    if missing:
        raise SetupError(
            f"缺少词典文件：{'、'.join(str(folder / f'{m}.csv') for m in missing)}。请新建，首行为 name,aliases。"
        )
    return found


def _add(dictionary: Dictionary, entries: Entries) -> None:
    spellings = dictionary.spellings
    for name, _ in entries:
        spellings[name] = name
    for name, aliases in entries:
        for alias in aliases:
            if spellings.get(alias) != alias:  # an entry is itself, even where it is called another one's alias
                spellings[alias] = name


def load_entries(path: Path) -> Entries:
    """The entries of one file, in its order. Raises :class:`SetupError` naming the line."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SetupError(f"无法读取词典 {path}：{error.strerror}。请检查文件权限。") from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError as error:
            raise SetupError(f"词典 {path} 的编码无法识别，请另存为 CSV UTF-8。") from error
    rows = csv.DictReader(io.StringIO(text, newline=""))
    if not rows.fieldnames or "name" not in rows.fieldnames:
        raise SetupError(f"词典 {path} 第 1 行：首行应为 name,aliases。")
    entries = []
    for row in rows:
        name = (row.get("name") or "").strip()
        if None in row:
            raise SetupError(f"词典 {path} 第 {rows.line_num} 行：列数过多；别名之间请用 | 分隔。")
        if not name:
            if any((v or "").strip() for v in row.values()):
                raise SetupError(f"词典 {path} 第 {rows.line_num} 行：缺少名称（name）。")
            continue
        entries.append((name, [a.strip() for a in (row.get("aliases") or "").split("|") if a.strip()]))
    return entries
