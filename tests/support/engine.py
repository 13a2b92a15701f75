"""The real OCR engine, with what it read kept by content, so that a second test run is quick."""

from __future__ import annotations

import dataclasses
import hashlib
import pickle
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pipeline.reading.engine import SNUG, TextEngine, engine_in_use, open_engine
from pipeline.reading.weights import load_manifest
from pipeline.settings import Settings
from pipeline.sheets import Box, Image, Reading

ROOT = Path(__file__).resolve().parents[2]


def open_cached_engine(settings: Settings) -> CachedEngine:
    """The engine the settings name; answers are kept in ``.cache`` by content.

    How crops are prepared and answers kept is part of the answer: a change there starts afresh.
    """
    folder = settings.path("ocr")
    hashes = "+".join(e.sha256[:12] for e in load_manifest(folder) if e.tier == settings.reading.tier)
    recipe = hashlib.sha256()
    for name in ("bare", "onnx", "openvino", "paddle", "ctc", "weights", "engine", "characters"):
        recipe.update((ROOT / "pipeline" / "reading" / f"{name}.py").read_bytes())
    version = f"{engine_in_use(settings.reading)}:{settings.reading.detection_side}:{hashes}:{recipe.hexdigest()[:12]}"
    return CachedEngine(lambda: open_engine(settings.reading, folder), ROOT / ".cache" / "ocr.db", version)


class CachedEngine:
    """A :class:`TextEngine` that asks the engine proper once for each picture.

    The key is the picture's content and ``version``, which names engine, model and everything else the
    answer depends on.
    """

    def __init__(self, make: Callable[[], TextEngine], path: Path, version: str) -> None:
        self._make = make
        self._engine: TextEngine | None = None
        self._version = version
        self._alphabet: list[str] | None = None
        path.parent.mkdir(parents=True, exist_ok=True)
        self._store = sqlite3.connect(path, timeout=60)
        self._store.execute("PRAGMA journal_mode=WAL")
        self._store.execute("CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, answer BLOB)")

    def close(self) -> None:
        self._store.close()

    def detect(self, gray: Image, *, page_side: int = 0) -> list[Box]:
        what = f"detect {page_side}" if page_side else "detect"
        boxes: list[Box] = self._kept(what, gray, lambda engine: engine.detect(gray, page_side=page_side))
        return boxes

    def recognise(self, crops: Sequence[Image], *, least: int = SNUG) -> list[Reading]:
        return [self._line(crop, least) for crop in crops]

    def _line(self, crop: Image, least: int) -> Reading:
        reading: Reading = self._kept(
            f"recognise {least}", crop, lambda engine: engine.recognise([crop], least=least)[0]
        )
        return reading

    def _kept(self, what: str, picture: Image, ask: Callable[[TextEngine], Any]) -> Any:
        digest = hashlib.sha256(f"{self._version}:{what}:{picture.shape}:".encode() + picture.tobytes()).hexdigest()
        row = self._store.execute("SELECT answer FROM answers WHERE key = ?", (digest,)).fetchone()
        if row is None:
            if self._engine is None:
                self._engine = self._make()
            answer = ask(self._engine)
            self._keep(digest, answer)
            return answer
        return self._completed(pickle.loads(row[0]))

    def _keep(self, digest: str, answer: Any) -> None:
        """Store an answer; the recogniser's 18,710 characters are kept once, not with every line."""
        if isinstance(answer, Reading) and answer.steps is not None:
            self._insert(f"{self._version}:alphabet", list(answer.steps.alphabet))
            answer = dataclasses.replace(answer, steps=dataclasses.replace(answer.steps, alphabet=()))
        self._insert(digest, answer)
        self._store.commit()

    def _completed(self, answer: Any) -> Any:
        if isinstance(answer, Reading) and answer.steps is not None:
            if self._alphabet is None:
                key = f"{self._version}:alphabet"
                row = self._store.execute("SELECT answer FROM answers WHERE key = ?", (key,)).fetchone()
                self._alphabet = pickle.loads(row[0])
            answer.steps.alphabet = self._alphabet
            # Kept as it was when it was read; a Reading may have gained parts since.
            return Reading(answer.text, answer.probs, answer.centres, answer.steps)
        return answer

    def _insert(self, key: str, answer: Any) -> None:
        self._store.execute("INSERT OR IGNORE INTO answers VALUES (?, ?)", (key, pickle.dumps(answer)))
