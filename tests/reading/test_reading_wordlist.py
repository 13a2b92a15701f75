"""The word list as it is prepared once a machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.reading.language import Lexicon
from pipeline.reading.prepared import cache_root
from pipeline.reading.wordlist import load_words, with_prefixes


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder of the user's."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    return tmp_path


def test_words_beginnings_and_nothing(cache: Path) -> None:
    words = load_words()
    assert (words.get("公安局") or 0) > 100
    assert words.get("共产主") == 0  # begins words and is none
    assert words.get("洸癀癀") is None
    assert words.get("") is None
    assert words.total > 10_000_000
    assert len(words.names) > 10_000
    assert cache_root().is_relative_to(cache)


def test_they_are_prepared_once_and_again_where_a_part_is_lost() -> None:
    load_words()
    (folder,) = (cache_root() / "words").iterdir()
    file = folder / "words.marisa"
    made = file.stat().st_mtime_ns
    load_words()
    assert file.stat().st_mtime_ns == made
    file.unlink()
    assert load_words().get("公安局")
    assert [p.name for p in (cache_root() / "words").iterdir()] == [folder.name]


def test_stored_words_count_as_listed_ones_do() -> None:
    some = {"公安局": 600, "公安": 900, "工": 50}
    listed = with_prefixes(some)
    assert listed == {"公": 0, "公安": 900, "公安局": 600, "工": 50}
    assert Lexicon(some).log("公安局") > Lexicon({}).log("公安局")
    assert Lexicon(load_words()).log("公安局") > Lexicon(load_words()).log("工安局")
