"""The OCR weights: where they come from, whether they are intact, and how they are laid out."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pipeline.errors import SetupError
from pipeline.reading.prepared import cache_root
from pipeline.reading.weights import (
    ModelEntry,
    alphabet_of,
    file_sha256,
    load_manifest,
    model_folder,
    weights_of,
)
from pipeline.settings import ROOT

OCR = ROOT / "models" / "ocr"


def entry_of(role: str) -> ModelEntry:
    return next(e for e in load_manifest(OCR) if e.tier == "small" and e.role == role)


DETECTION, RECOGNITION = entry_of("detection"), entry_of("recognition")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder of the user's."""
    folder = tmp_path / "cache"
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


def test_the_shipped_manifest_names_two_models_a_tier() -> None:
    entries = load_manifest(OCR)
    assert {(e.tier, e.role) for e in entries} == {
        (tier, role) for tier in ("small", "medium") for role in ("detection", "recognition")
    }
    assert all(len(e.sha256) == 64 for e in entries)
    assert all(e.package or e.url for e in entries)


def test_the_small_tier_comes_with_an_installed_package_and_is_intact() -> None:
    for entry in (DETECTION, RECOGNITION):
        assert file_sha256(weights_of(entry, OCR)) == entry.sha256


def test_a_model_that_was_fetched_comes_before_the_packaged_one(tmp_path: Path) -> None:
    fetched = tmp_path / f"{DETECTION.name}.onnx"
    fetched.write_bytes(b"weights")
    assert weights_of(DETECTION, tmp_path) == fetched


def test_a_missing_package_is_to_be_installed_again() -> None:
    for changed in ({"package": "no_such_package_here"}, {"path": "models/nothing.onnx"}):
        with pytest.raises(SetupError) as caught:
            weights_of(dataclasses.replace(DETECTION, **changed), OCR)  # type: ignore[arg-type]
        assert DETECTION.name in caught.value.message
        assert "make install" in caught.value.message


def test_a_model_that_no_package_carries_is_to_be_fetched(tmp_path: Path) -> None:
    entry = dataclasses.replace(DETECTION, tier="medium", name="larger", package=None, path=None)
    with pytest.raises(SetupError) as caught:
        weights_of(entry, tmp_path)
    assert "models fetch medium" in caught.value.message
    assert str(tmp_path / "larger.onnx") in caught.value.message  # or put there by hand


@pytest.mark.parametrize("damage", ["cut", "changed"])
def test_damaged_weights_are_refused(tmp_path: Path, damage: str, cache: Path) -> None:
    data = weights_of(DETECTION, OCR).read_bytes()
    file = tmp_path / f"{DETECTION.name}.onnx"
    file.write_bytes(data[: len(data) // 2] if damage == "cut" else data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(SetupError) as caught:
        model_folder(DETECTION, tmp_path)
    assert DETECTION.name in caught.value.message
    assert str(file) in caught.value.message
    assert not list(cache.rglob("*.onnx"))  # nothing is left that could be taken for a model


def test_a_model_folder_as_paddleocr_wants_it(cache: Path) -> None:
    folder = model_folder(RECOGNITION, OCR)
    assert folder.is_relative_to(cache)
    assert sorted(p.name for p in folder.iterdir()) == ["characters.txt", "inference.onnx", "inference.yml"]
    assert file_sha256(folder / "inference.onnx") == RECOGNITION.sha256
    config = (folder / "inference.yml").read_text(encoding="utf-8")
    assert f"model_name: {RECOGNITION.name}\n" in config
    alphabet = alphabet_of(folder)
    assert (len(alphabet), alphabet[0], alphabet[-1]) == (18_710, "", " ")
    listed = config.partition("character_dict:\n")[2].splitlines()
    assert len(listed) == 18_708
    for char in ("洸", "兖", "〇", "X"):
        assert listed[alphabet.index(char) - 1].strip() == f"- {char}"
    assert [p.name for p in (cache_root() / "ocr").iterdir()] == [folder.name]  # no temporary folder is left


def test_a_prepared_folder_is_used_again() -> None:
    folder = model_folder(DETECTION, OCR)
    before = (folder / "inference.onnx").stat().st_mtime_ns
    assert model_folder(DETECTION, OCR) == folder
    assert (folder / "inference.onnx").stat().st_mtime_ns == before


@pytest.mark.parametrize("lost", ["characters.txt", "inference.yml", "inference.onnx"])
def test_a_folder_that_lost_a_part_is_made_anew(lost: str) -> None:
    folder = model_folder(RECOGNITION, OCR)
    (folder / lost).unlink()
    assert model_folder(RECOGNITION, OCR) == folder
    assert (folder / lost).is_file()
    assert len(alphabet_of(folder)) == 18_710


def test_another_version_of_a_model_has_a_folder_of_its_own(tmp_path: Path) -> None:
    one = model_folder(DETECTION, OCR)
    shutil.copyfile(weights_of(RECOGNITION, OCR), tmp_path / f"{DETECTION.name}.onnx")
    newer = dataclasses.replace(DETECTION, sha256=RECOGNITION.sha256)
    other = model_folder(newer, tmp_path)
    assert other != one
    assert file_sha256(one / "inference.onnx") == DETECTION.sha256
    assert file_sha256(other / "inference.onnx") == RECOGNITION.sha256


PREPARE = """
import sys, time
from pathlib import Path
from pipeline.reading.weights import file_sha256, load_manifest, model_folder
ocr, ready, go = map(Path, sys.argv[1:])
entry = next(e for e in load_manifest(ocr) if e.tier == "small" and e.role == "detection")
ready.touch()
while not go.exists():
    time.sleep(0.001)
folder = model_folder(entry, ocr)
assert (folder / "inference.yml").is_file()
assert file_sha256(folder / "inference.onnx") == entry.sha256
print(folder)
"""


def test_two_processes_that_start_at_once_both_get_the_whole_model(tmp_path: Path, cache: Path) -> None:
    go = tmp_path / "go"
    marks = [tmp_path / "ready1", tmp_path / "ready2"]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PREPARE, str(OCR), str(mark), str(go)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for mark in marks
    ]
    patience = threading.Event()
    while not all(mark.exists() for mark in marks):
        assert all(p.poll() is None for p in processes)
        patience.wait(0.01)
    go.touch()
    answers = [p.communicate(timeout=60) for p in processes]
    assert [p.returncode for p in processes] == [0, 0], answers
    folders = {out.strip() for out, _ in answers}
    assert len(folders) == 1
    assert [p.name for p in (cache_root() / "ocr").iterdir()] == [Path(folders.pop()).name]
    assert cache_root().is_relative_to(cache)


def test_threads_that_start_at_once_all_get_the_whole_model() -> None:
    barrier = threading.Barrier(4)
    found: list[Path] = []

    def prepare() -> None:
        barrier.wait()
        folder = model_folder(DETECTION, OCR)
        assert file_sha256(folder / "inference.onnx") == DETECTION.sha256
        found.append(folder)

    threads = [threading.Thread(target=prepare) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1


@pytest.mark.parametrize(
    "text",
    ["", "tiers: 3\n", "models: {}\n", "tiers:\n  small:\n    detection: {name: x}\n", "tiers:\n  small:\n"],
)
def test_a_manifest_that_lacks_something_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SetupError, match=r"manifest\.yaml"):
        load_manifest(tmp_path)


def test_a_missing_manifest_is_named(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"manifest\.yaml"):
        load_manifest(tmp_path)
