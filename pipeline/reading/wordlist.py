"""jieba's dictionary, laid out so that a worker need not read it: a trie mapped into memory.

As a ``dict`` its half a million words and beginnings of words take 100 MB and most of a second of every worker; as a
MARISA trie (Yata 2011), made once a machine, 3 MB that all workers share, and no time.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
from pathlib import Path

import marisa_trie

from pipeline.errors import SetupError
from pipeline.reading.characters import HAN
from pipeline.reading.prepared import cache_root, prepared

LONGEST = 8
"""Characters of the longest words that count."""

_LISTED = re.compile(rf"^([{HAN}]{{1,{LONGEST}}}) (\d+) (\w+)$", re.MULTILINE)
"""A line of the dictionary: a word, how often it comes, and what it is."""
_LAYOUT = 1  # of what is prepared; another one is another folder
_COUNT = "<I"


class WordList:
    """How often words come. ``names`` are the people's names among them, ``total`` is the sum of all counts."""

    def __init__(self, folder: Path) -> None:
        self._trie = marisa_trie.RecordTrie(_COUNT).mmap(str(folder / "words.marisa"))
        about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
        self.total: int = about["total"]
        self.names: list[str] = about["names"]

    def get(self, word: str) -> int | None:
        """As of a dict made by :func:`with_prefixes`."""
        found = self._trie.get(word)
        return found[0][0] if found else None


def with_prefixes(counts: dict[str, int]) -> dict[str, int]:
    """The counts as jieba keeps them: every prefix of a word is a key, with 0 unless it is a word itself."""
    longest = max(map(len, counts), default=0)
    out = dict.fromkeys((word[:n] for n in range(1, longest) for word in counts if len(word) > n), 0)
    out.update(counts)
    return out


def load_words() -> WordList:
    """The 349,000 words of jieba's dictionary, of which those of Han characters alone are kept.

    Raises :class:`SetupError` where the package is not installed.
    """
    spec = importlib.util.find_spec("jieba")
    if spec is None or spec.origin is None:
        raise SetupError("缺少软件包 jieba（词频表）：请运行 make install 重新安装。")
    content = (Path(spec.origin).parent / "dict.txt").read_bytes()
    target = cache_root() / "words" / f"{hashlib.sha256(content).hexdigest()[:12]}-{_LAYOUT}"
    files = ("words.marisa", "about.json")
    return WordList(
        prepared(target, lambda: all((target / file).is_file() for file in files), lambda made: _make(content, made))
    )


def _make(content: bytes, folder: Path) -> None:
    listed = _LISTED.findall(content.decode())
    counts = {word: int(count) for word, count, _ in listed}
    words = marisa_trie.RecordTrie(_COUNT, ((word, (count,)) for word, count in with_prefixes(counts).items()))
    words.save(str(folder / "words.marisa"))
    about = {"total": sum(counts.values()), "names": [word for word, _, tag in listed if tag == "nr"]}
    (folder / "about.json").write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")
