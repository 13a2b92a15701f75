"""Seconds a page of this pipeline beside PaddleOCR's own, on the same pages in the same run.

Run with ``make bench``. The contenders take turns page by page, so that a machine whose speed drifts
drifts for all of them; what is printed last is the ratio. Each runs with one thread.
"""

from __future__ import annotations

import argparse
import datetime
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from pipeline.batch.worker import know, load_rules
from pipeline.flow import Tools, read_documents
from pipeline.intake.folder import list_scans
from pipeline.intake.pages import read_pages
from pipeline.reading.engine import open_engine
from pipeline.reading.weights import load_manifest, model_folder
from pipeline.records import PageImage
from pipeline.settings import Settings, load_settings

Contender = Callable[[PageImage], object]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--scans", type=Path, default=load_settings().path("scans"))
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    settings = load_settings()
    pages = [
        page
        for found in list_scans(arguments.scans).files
        for page in read_pages(arguments.scans / found.path, found.path, settings.limits)
    ]
    contenders: dict[str, Contender] = {
        "this pipeline": _ours(settings),
        "PaddleOCR, side 960": _paddle(settings, {"text_det_limit_side_len": 960, "text_det_limit_type": "max"}),
        "PaddleOCR, defaults": _paddle(settings, {"text_det_limit_side_len": 64, "text_det_limit_type": "min"}),
    }
    for contender in contenders.values():
        contender(pages[0])  # sessions allocate on first use
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(arguments.rounds):
        for page in pages:
            for name, contender in contenders.items():
                started = time.perf_counter()
                contender(page)
                seconds[name].append(time.perf_counter() - started)
    ours = statistics.median(seconds["this pipeline"])
    print(f"{len(pages)} pages, {arguments.rounds} rounds, {psutil.cpu_count()} cores, one thread each")
    for name, values in seconds.items():
        median = statistics.median(values)
        print(
            f"{name:22} median {median:6.2f} s a page, mean {statistics.mean(values):6.2f}, ratio {median / ours:5.2f}"
        )


def _ours(settings: Settings) -> Contender:
    forms, dictionaries = load_rules(settings)
    engine = open_engine(settings.reading, settings.path("ocr"))
    tools = Tools(forms, engine, know(settings, dictionaries, datetime.date.today()), settings.acceptance)
    return lambda page: list(read_documents([page], {page.file: "0" * 64}, tools))


def _paddle(settings: Settings, detection: dict[str, int | str]) -> Contender:
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
    return lambda page: list(ocr.predict(page.pixels))


if __name__ == "__main__":
    main()
