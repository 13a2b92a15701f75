"""How fast the audit page's index is: ``python -m benchmarks.audit_index [DOCUMENTS]`` (20,000 unless given).

A year of invented documents; times are of one request each, the first of a kind among them.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from pipeline.audit.index import Filter, Index
from pipeline.dictionaries import load_dictionaries
from pipeline.settings import ROOT
from pipeline.store import Store, open_store, sqlite_url
from tests.synthesis.office_year import fill, office_forms

_TIMES = 60
_SLOWEST_BUILD, _MOST_MEMORY, _SLOWEST_IDLE, _SLOWEST_ANSWER = 15.0, 300.0, 2.0, 200.0  # s, MB, ms, ms
_ANY = Filter()
_SEARCHES = ("张", "王建", "zjl", "zhangj", "社区", "税务局", "1234", "370811", "li", "环境卫生", "济宁高新区人民法院")


def main() -> int:
    documents = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with tempfile.TemporaryDirectory() as folder, open_store(sqlite_url(Path(folder) / "pipeline.db")) as store:
        started = time.monotonic()
        ids = fill(store, documents)
        print(f"{documents} documents made in {time.monotonic() - started:.1f} s")
        index = Index(store, office_forms(), load_dictionaries(ROOT / "models" / "dictionaries"))
        memory, started = _megabytes(), time.monotonic()
        index.wait()
        built, memory = time.monotonic() - started, _megabytes() - memory
        print(f"built in {built:.1f} s, {memory:.0f} MB")
        slowest = _ask(index, store, ids)
        idle = _timed("refresh, nothing new", index.refresh)[0]
        index.close()
    figures = (built, _SLOWEST_BUILD), (memory, _MOST_MEMORY), (idle, _SLOWEST_IDLE), (slowest, _SLOWEST_ANSWER)
    return int(any(found > most for found, most in figures))


def _ask(index: Index, store: Store, ids: list[str]) -> float:
    """Ask everything, after one correction each; the 95th percentile of the slowest kind."""
    rng = random.Random(5)
    total = index.queue(_ANY).total

    def correct() -> None:
        """What comes before each: somebody corrected a field."""
        document = store.stored_document(rng.choice(ids))
        if document is not None:
            path, value = rng.choice(document.record.all_fields())
            store.correct(document.record.document_id, path, value.value, "王芳", document.revision)

    asked: dict[str, Callable[[], object]] = {
        "queue": lambda: index.queue(_ANY, rng.randrange(total), 50),
        "queue, filtered": lambda: index.queue(Filter(doc_type="agreement", text="王"), 0, 50),
        "facets": lambda: index.facets(_ANY),
        "next document": lambda: index.next_document(_ANY, rng.choice(ids)),
        "documents": lambda: index.documents(_ANY, rng.randrange(1000), 50),
        "strip": lambda: index.strip("member_registration", "name", open_only=False, limit=40),
        "glyphs": lambda: index.glyphs(rng.choice("0123456789X"), limit=160),
        "search": lambda: index.search(rng.choice(_SEARCHES)),
    }

    def following(ask: Callable[[], object]) -> Callable[[], None]:
        """As pages ask: as of now."""

        def both() -> None:
            index.refresh()
            ask()

        return both

    _timed("refresh, one correction", index.refresh, correct)
    return max(_timed(name, following(ask), correct)[1] for name, ask in asked.items())


def _timed(name: str, ask: Callable[[], None], before: Callable[[], None] = lambda: None) -> tuple[float, float]:
    """The median and the 95th percentile, in milliseconds."""
    took = []
    for _ in range(_TIMES):
        before()
        started = time.perf_counter()
        ask()
        took.append((time.perf_counter() - started) * 1000)
    took.sort()
    half, most = took[_TIMES // 2], took[_TIMES * 95 // 100]
    print(f"{name}: p50 {half:.1f} ms, p95 {most:.1f} ms")
    return half, most


def _megabytes() -> float:
    """What the process has in memory now (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    sys.exit(main())
