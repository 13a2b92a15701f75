"""Whether a worker's memory stays flat: ``python -m benchmarks.memory [PAGES] [CORPUS]``.

One process, as a worker of a batch is one, reads the corpus over and over. Printed are its memory after every
fifty pages, its peak, and the slope over the second half in MB a thousand pages.
"""

from __future__ import annotations

import datetime
import itertools
import json
import os
import sys
from pathlib import Path

import numpy as np
import psutil

from benchmarks.pages import CORPUS, peak_megabytes
from pipeline.batch.tools import load_tools
from pipeline.flow import read_documents
from pipeline.intake.pages import read_pages
from pipeline.settings import load_settings

_EVERY = 50  # pages
_PEAK = 600.0  # MB a worker may need
_SLOPE = 50.0  # MB a thousand pages; workers are recycled after two hundred documents


def main() -> int:
    pages = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    corpus = Path(sys.argv[2]) if len(sys.argv) > 2 else CORPUS
    os.environ["OMP_NUM_THREADS"] = "1"
    settings = load_settings()
    tools = load_tools(settings, datetime.date.today())
    documents = json.loads((corpus / "truth.json").read_text(encoding="utf-8"))
    seen, memory = 0, []
    for truth in itertools.cycle(documents):
        files = [read_pages(corpus / "scans" / file, file, settings.limits) for file in truth["files"]]
        scans = itertools.chain.from_iterable(files)
        records = list(read_documents(scans, dict.fromkeys(truth["files"], "0" * 64), tools))
        before = seen
        seen += sum(len(numbers) for record in records for numbers in record.pages)
        memory.append((seen, psutil.Process().memory_info().rss / 1e6))
        if seen // _EVERY > before // _EVERY:
            recent = [rss for at, rss in memory if at > seen - _EVERY]
            print(f"{seen:6} pages  {np.mean(recent):6.0f} MB  peak {peak_megabytes():6.0f} MB", flush=True)
        if seen >= pages:
            break
    at, rss = np.array([m for m in memory if m[0] > seen / 2]).T
    slope = float(np.polyfit(at, rss, 1)[0]) * 1000
    print(f"slope over the second half: {slope:+.1f} MB a thousand pages")
    return int(peak_megabytes() > _PEAK or slope > _SLOPE)


if __name__ == "__main__":
    sys.exit(main())
