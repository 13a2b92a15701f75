"""This pipeline beside PaddleOCR's own and RapidOCR, on the same scans in the same run.

Run with ``make bench``. Each contender has as many processes as asked for, one thread each, and takes its turn
batch of documents by batch, so that a machine whose speed drifts drifts for all of them: what counts is the
ratios. A turn is as long as its processes read, on the clock, shared among them: that one of them waits at the end
of a turn for the other says how short turns are, and nothing of a night's batch. The peers only find and read
lines; a value counts as theirs where one of their lines holds it, which flatters them. This pipeline's must stand
in the right field.
"""

from __future__ import annotations

import argparse
import datetime
import json
import multiprocessing
import os
import platform
import re
import statistics
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from pipeline.batch.tools import load_tools
from pipeline.flow import read_documents
from pipeline.intake.pages import read_pages
from pipeline.reading.weights import load_manifest, model_folder, weights_of
from pipeline.records import Record
from pipeline.settings import Settings, load_settings
from pipeline.sheets import PageImage
from pipeline.teaching.scoring import comparable

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus" / "dev"
_BATCH = 6  # documents a turn
_DOCUMENTS = 30
_PACKAGES = ("onnxruntime", "paddleocr", "paddlex", "rapidocr", "numpy", "opencv-python-headless")
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)")

Truth = dict[str, Any]
Contender = Callable[[Truth], int]
"""Reads a document; gives how many of its true values it has right."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("corpus", type=Path, nargs="?", default=CORPUS, help="a folder with scans/ and truth.json")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--documents", type=int, default=_DOCUMENTS, help="a sample of so many, evenly drawn")
    parser.add_argument("--all", action="store_true", help="every document of the corpus")
    parser.add_argument("--only", nargs="+", choices=list(_CONTENDERS), default=list(_CONTENDERS))
    arguments = parser.parse_args()
    documents = json.loads((arguments.corpus / "truth.json").read_text(encoding="utf-8"))
    if not arguments.all:
        documents = documents[:: max(1, len(documents) // arguments.documents)][: arguments.documents]
    print(f"{len(documents)} documents, {arguments.processes} processes of one thread each")
    print(f"{_processor()}, {os.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GB")
    print(", ".join(f"{name} {version(name)}" for name in _PACKAGES))
    _report(measure(arguments.corpus, documents, arguments.only, arguments.processes))


@dataclass(slots=True)
class Tally:
    """What a contender needed: seconds of each turn a page, CPU seconds a page, peak memory of a process in MB."""

    turns: list[float] = field(default_factory=list)
    cpu: float = 0.0
    pages: int = 0
    peak: float = 0.0
    right: int = 0
    values: int = 0


def measure(corpus: Path, documents: Sequence[Truth], names: Sequence[str], processes: int) -> dict[str, Tally]:
    """All contenders on all documents, taking turns."""
    spawn = multiprocessing.get_context("spawn")
    pools = {
        name: ProcessPoolExecutor(processes, mp_context=spawn, initializer=_start, initargs=(name, corpus))
        for name in names
    }
    tallies = {name: Tally() for name in names}
    for pool in pools.values():  # sessions allocate on first use
        list(pool.map(_read, [documents[0]] * processes))
    for begin in range(0, len(documents), _BATCH):
        batch = documents[begin : begin + _BATCH]
        for name, pool in pools.items():
            answers = list(pool.map(_read, batch))
            seconds = sum(a.seconds for a in answers) / processes
            tally = tallies[name]
            pages = sum(a.pages for a in answers)
            tally.turns.append(seconds / pages)
            tally.pages += pages
            tally.cpu += sum(a.cpu for a in answers)
            tally.peak = max([tally.peak, *(a.peak for a in answers)])
            tally.right += sum(a.right for a in answers)
            tally.values += sum(len(list(_values(truth))) for truth in batch)
    for pool in pools.values():
        pool.shutdown()
    return tallies


def _report(tallies: dict[str, Tally]) -> None:
    ours = tallies.get("this pipeline")
    print(f"{'':22}{'pages/s':>9}{'CPU s/page':>12}{'peak MB':>9}{'values right':>14}{'ours faster by':>16}{'CPU':>8}")
    for name, tally in tallies.items():
        median = statistics.median(tally.turns)
        cpu = tally.cpu / tally.pages
        line = f"{name:22}{1 / median:9.2f}{cpu:12.2f}{tally.peak:9.0f}{tally.right / tally.values:14.1%}"
        if ours is not None:
            by_turn = [theirs / own for theirs, own in zip(tally.turns, ours.turns, strict=True)]
            line += f"{statistics.median(by_turn):15.2f}x{cpu / (ours.cpu / ours.pages):7.2f}x"
        print(line)


# --- in the processes


@dataclass(frozen=True, slots=True)
class _Answer:
    pages: int
    seconds: float
    cpu: float
    peak: float
    right: int


_CONTENDER: Contender | None = None


def _start(name: str, corpus: Path) -> None:
    global _CONTENDER
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = "1"
    import cv2

    cv2.setNumThreads(1)
    _CONTENDER = _CONTENDERS[name](load_settings(), corpus / "scans")


def _read(truth: Truth) -> _Answer:
    assert _CONTENDER is not None
    begun, cpu = time.perf_counter(), time.process_time()
    right = _CONTENDER(truth)
    return _Answer(_PAGES[-1], time.perf_counter() - begun, time.process_time() - cpu, peak_megabytes(), right)


_PAGES = [0]
"""How many pages the document in hand turned out to have."""


def _pages(truth: Truth, scans: Path, settings: Settings) -> Iterator[PageImage]:
    _PAGES[-1] = 0
    for name in truth["files"]:
        yield from map(_counted, read_pages(scans / name, name, settings.limits))


def _counted(page: PageImage) -> PageImage:
    _PAGES[-1] += 1
    return page


def _ours(settings: Settings, scans: Path) -> Contender:
    tools = load_tools(settings, datetime.date.today())

    def read(truth: Truth) -> int:
        hashes = dict.fromkeys(truth["files"], "0" * 64)
        records = list(read_documents(_pages(truth, scans, settings), hashes, tools))
        return sum(_holds(records, path, want) for path, want in _values(truth))

    return read


def _paddle(settings: Settings, scans: Path, **detection: int | str) -> Contender:
    os.environ.setdefault("PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK", "True")
    from paddleocr import PaddleOCR

    folder = settings.path("ocr")
    models = {e.role: e for e in load_manifest(folder) if e.tier == settings.reading.tier}
    ocr = PaddleOCR(
        engine="onnxruntime",
        engine_config={"intra_op_num_threads": 1},
        text_detection_model_name=models["detection"].name,
        text_detection_model_dir=str(model_folder(models["detection"], folder)),
        text_recognition_model_name=models["recognition"].name,
        text_recognition_model_dir=str(model_folder(models["recognition"], folder)),
        use_doc_orientation_classify=False,
        use_doc_unwarping=False,
        use_textline_orientation=False,
        **detection,
    )
    return _by_lines(lambda pixels: ocr.predict(pixels)[0]["rec_texts"], settings, scans)


def _paddle_tuned(settings: Settings, scans: Path) -> Contender:
    return _paddle(settings, scans, text_det_limit_side_len=960, text_det_limit_type="max")


def _rapid(settings: Settings, scans: Path) -> Contender:
    from rapidocr import RapidOCR
    from rapidocr.utils.output import RapidOCROutput

    models = {e.role: e for e in load_manifest(settings.path("ocr")) if e.tier == settings.reading.tier}
    ocr = RapidOCR(
        params={
            "Det.model_path": str(weights_of(models["detection"], settings.path("ocr"))),
            "Rec.model_path": str(weights_of(models["recognition"], settings.path("ocr"))),
            "Global.log_level": "warning",
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )

    def lines(pixels: Any) -> Sequence[str]:
        found = ocr(pixels)
        return found.txts or () if isinstance(found, RapidOCROutput) else ()

    return _by_lines(lines, settings, scans)


def _by_lines(lines: Callable[[Any], Sequence[str]], settings: Settings, scans: Path) -> Contender:
    def read(truth: Truth) -> int:
        said = [_plain(line) for page in _pages(truth, scans, settings) for line in lines(page.pixels)]
        return sum(any(s in line for s in _spellings(want) for line in said) for _, want in _values(truth))

    return read


_CONTENDERS: dict[str, Callable[[Settings, Path], Contender]] = {
    "this pipeline": _ours,
    "PaddleOCR, side 960": _paddle_tuned,
    "PaddleOCR, defaults": _paddle,
    "RapidOCR, defaults": _rapid,
}


# --- true values


def _values(truth: Truth) -> Iterator[tuple[str, str]]:
    """Every value that was written as text; marks and check boxes are none."""
    paths = [*truth["fields"].items()]
    paths += [(f"rows.{i}.{key}", want) for i, row in enumerate(truth["rows"]) for key, want in row.items()]
    yield from ((path, want) for path, want in paths if isinstance(want, str) and want)


def _holds(records: Sequence[Record], path: str, want: str) -> bool:
    found = (record.field_at(path) for record in records)
    return any(value is not None and comparable(value.value) == comparable(want) for value in found)


def _spellings(want: str) -> list[str]:
    """How a value may stand on paper: a date in any of the usual ways."""
    match = _ISO.fullmatch(want)
    if match is None:
        return [_plain(want)]
    year, month, day = match.groups()
    pairs = ((month, day), (str(int(month)), str(int(day))))
    return [f"{year}{a}{m}{b}{d}" for m, d in pairs for a, b in ("--", "//", "..", "年月")]


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).replace(",", "、").replace(";", "、").upper()


# --- the machine


def peak_megabytes() -> float:
    """The most memory this process has had, in MB."""
    info = psutil.Process().memory_info()
    if platform.system() == "Windows":
        return float(info.peak_wset) / 1e6  # type: ignore[attr-defined, unused-ignore]
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if platform.system() == "Darwin" else peak / 1e3


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())


if __name__ == "__main__":
    main()
