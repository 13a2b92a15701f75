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


def load_dictionaries(folder: Path, required: Iterable[str] = ()) -> dict[str, Dictionary]:
    """Every CSV file of ``folder`` by its stem.

    UTF-8 (with or without BOM) and GB 18030 are read, as spreadsheets save either. Raises
    :class:`SetupError` naming file and line, also where a ``required`` dictionary has no file.
    """
    found = {path.stem: _load(path) for path in sorted(folder.glob("*.csv"))}
    missing = sorted(set(required) - set(found))
    if missing:
        raise SetupError(
            f"缺少词典文件：{'、'.join(str(folder / f'{m}.csv') for m in missing)}。请新建，首行为 name,aliases。"
        )
    return found


def _load(path: Path) -> Dictionary:
    data = path.read_bytes()
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
    return Dictionary.of(path.stem, entries)
