"""How long workbooks of many registrations take, and how much memory: ``python -m benchmarks.ledgers [N]`` (20,000).

Beside it, in the same run, pandas' plain ``to_excel`` of the same rows by either of its engines: no styles, links,
notes, counts or charts. Each way runs in a process of its own, ``ROUNDS`` times by turns.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np

from pipeline.dictionaries import load_dictionaries
from pipeline.ledgers.export import Ledgers, write_all
from pipeline.ledgers.office import Office
from pipeline.ledgers.table import Link
from pipeline.records import Record
from tests.synthesis.office_year import documents_of, office_forms
from tests.synthesis.values import DICTIONARIES

_COUNT, _ROUNDS = 20_000, 3
_FORM = "member_registration"
_SECONDS, _MEGABYTES = 60.0, 1000.0
_WAYS = ("ledgers", "pandas openpyxl", "pandas xlsxwriter")


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else _COUNT
    times: dict[str, list[float]] = {way: [] for way in _WAYS}
    memory: dict[str, list[float]] = {way: [] for way in _WAYS}
    for _ in range(_ROUNDS):
        for way in _WAYS:
            command = [sys.executable, "-m", "benchmarks.ledgers", "--only", way, str(count)]
            said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
            times[way].append(float(said[0]))
            memory[way].append(float(said[1]))
    own = statistics.median(times["ledgers"])
    for way in _WAYS:
        seconds, megabytes = statistics.median(times[way]), statistics.median(memory[way])
        print(f"{way:<18} {seconds:6.1f} s  {megabytes:6.0f} MB  {own / seconds:5.2f} × its time", flush=True)
    return int(own > _SECONDS or statistics.median(memory["ledgers"]) > _MEGABYTES)


def only(way: str, count: int) -> None:
    """Run one way; print its seconds, without the making of records, and the process' peak memory in MB."""
    made, spent = 0.0, time.perf_counter()

    def records() -> Iterator[Record]:
        nonlocal made
        source = documents_of(_FORM, count, np.random.default_rng(1))
        while True:
            started = time.perf_counter()
            document = next(source, None)
            made += time.perf_counter() - started
            if document is None:
                return
            yield document.record

    forms, dictionaries = office_forms(), load_dictionaries(DICTIONARIES)
    with tempfile.TemporaryDirectory() as folder:
        office = Office(audit_url="http://127.0.0.1:8765", originals=_Originals())
        if way == "ledgers":
            write_all(records, forms, dictionaries, Path(folder), office=office)
        else:
            ledgers = Ledgers(forms, dictionaries, office)
            for record in records():
                ledgers.add(record)
            table = next(iter(ledgers.plans().values()))[0].tables[0]
            frame = table.frame.map(lambda value: value.text if isinstance(value, Link) else value)
            made, spent = 0.0, time.perf_counter()
            engine: Literal["openpyxl", "xlsxwriter"] = "openpyxl" if way.endswith("openpyxl") else "xlsxwriter"
            frame.to_excel(Path(folder) / "rows.xlsx", index=False, engine=engine)
    print(time.perf_counter() - spent - made, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


class _Originals(dict[str, str]):
    """Every content lies in the archive."""

    def get(self, sha256: str, default: Any = None) -> str:
        return f"archive/{sha256[:2]}/{sha256}.jpg"


if __name__ == "__main__":
    if sys.argv[1:2] == ["--only"]:
        only(sys.argv[2], int(sys.argv[3]))
    else:
        sys.exit(main())
