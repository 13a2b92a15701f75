"""Settings: the file, the environment over it, and errors that say what is allowed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from pipeline.errors import SetupError
from pipeline.settings import ENV_PREFIX, ROOT, Settings, load_settings


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment of the test run sets is not the tests' business."""
    for name in list(os.environ):
        if name.upper().startswith(ENV_PREFIX):
            monkeypatch.delenv(name)


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Settings]:
    """Load settings from a file with the given text."""

    def _load(text: str = "", encoding: str = "utf-8", **overrides: dict[str, object]) -> Settings:
        file = tmp_path / "pipeline.toml"
        file.write_text(text, encoding=encoding)
        return load_settings(file, **overrides)

    return _load


def message(load: Callable[..., Settings], text: str) -> str:
    with pytest.raises(SetupError) as caught:
        load(text)
    return caught.value.message


def test_an_empty_file_means_the_defaults(load: Callable[..., Settings]) -> None:
    settings = load()
    assert settings.reading.engine == "auto"
    assert settings.limits.max_pages == 100
    assert settings.acceptance.strict > settings.acceptance.target


def test_the_file_is_read(load: Callable[..., Settings]) -> None:
    settings = load('# 注释\n[limits]\nmax_pages = 7\n[reading]\nengine = "onnxruntime"\nthreads = 2\n')
    assert settings.limits.max_pages == 7
    assert settings.limits.max_bytes == 200_000_000  # what is not given keeps its default
    assert (settings.reading.engine, settings.reading.threads) == ("onnxruntime", 2)


def test_the_file_that_is_shipped_is_valid() -> None:
    settings = load_settings(ROOT / "pipeline.toml")
    assert settings == Settings()  # it shows the defaults


def test_a_wrong_key_is_named_with_the_allowed_ones(load: Callable[..., Settings]) -> None:
    text = message(load, "[limits]\nmax_page = 5\n")
    assert "pipeline.toml" in text
    assert "limits.max_page：" in text
    for key in ("max_bytes", "max_pixels", "max_pages", "pdf_dpi"):
        assert key in text


def test_a_wrong_section_is_named_with_the_allowed_ones(load: Callable[..., Settings]) -> None:
    text = message(load, "[limit]\nmax_pages = 5\n")
    assert "limit：" in text
    for section in Settings.model_fields:
        assert section in text


def test_every_wrong_key_is_named_at_once(load: Callable[..., Settings]) -> None:
    text = message(load, "[limits]\nmax_page = 5\n[readin]\n[acceptance]\ntarget = 2\n")
    assert all(part in text for part in ("limits.max_page", "readin", "acceptance.target"))


@pytest.mark.parametrize(
    ("text", "key", "value", "allowed"),
    [
        ('[reading]\nengine = "tesseract"', "reading.engine", "'tesseract'", "'openvino' or 'paddleocr'"),
        ('[reading]\ntier = "huge"', "reading.tier", "'huge'", "'small' or 'medium'"),
        ("[reading]\nthreads = 0", "reading.threads", "0", "1"),
        ("[reading]\ndetection_side = 1000", "reading.detection_side", "1000", "32"),
        ("[limits]\nmax_pages = 0", "limits.max_pages", "0", "1"),
        ("[limits]\npdf_dpi = 1000", "limits.pdf_dpi", "1000", "600"),
        ("[acceptance]\ntarget = 1.5", "acceptance.target", "1.5", "1.0"),
        ("[acceptance]\nstrict = -0.1", "acceptance.strict", "-0.1", "0.0"),
        ("[batch]\nworkers = 1000", "batch.workers", "1000", "256"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(
    load: Callable[..., Settings], text: str, key: str, value: str, allowed: str
) -> None:
    error = message(load, text)
    line = next(line for line in error.splitlines() if key in line)
    assert f"{key} = {value}" in line
    assert allowed in line.replace(f"{key} = {value}", "")


@pytest.mark.parametrize("value", ['"many"', "5.5", "[5]", "{a = 1}"])
def test_a_value_of_the_wrong_type_is_named(load: Callable[..., Settings], value: str) -> None:
    assert "limits.max_pages" in message(load, f"[limits]\nmax_pages = {value}\n")


@pytest.mark.parametrize("text", ["[limits\n", "max_pages 5\n", "[limits]\nmax_pages = 5\nmax_pages = 6\n"])
def test_a_file_that_is_no_toml_is_named(load: Callable[..., Settings], text: str) -> None:
    assert "pipeline.toml" in message(load, text)
    assert "TOML" in message(load, text)


def test_a_file_in_another_encoding_is_named(load: Callable[..., Settings]) -> None:
    with pytest.raises(SetupError, match=r"pipeline\.toml"):
        load("# 设置\n", encoding="gb18030")


def test_a_file_that_was_asked_for_must_exist(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"elsewhere\.toml"):
        load_settings(tmp_path / "elsewhere.toml")


def test_the_environment_wins_over_the_file(load: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIPELINE_LIMITS__MAX_PAGES", "9")
    monkeypatch.setenv("PIPELINE_DATABASE__URL", "postgresql+psycopg://office@db/records")
    settings = load("[limits]\nmax_pages = 5\nmax_bytes = 1000\n")
    assert settings.limits.max_pages == 9
    assert settings.limits.max_bytes == 1000  # the rest of the section stands
    assert settings.database.url == "postgresql+psycopg://office@db/records"


def test_the_command_line_wins_over_both(load: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIPELINE_BATCH__WORKERS", "3")
    settings = load("[batch]\nworkers = 2\nrecycle_after = 50\n", batch={"workers": 4})
    assert settings.batch.workers == 4
    assert settings.batch.recycle_after == 50


def test_a_wrong_value_of_the_command_line_is_named(load: Callable[..., Settings]) -> None:
    with pytest.raises(SetupError, match="workers = -1"):
        load(batch={"workers": -1})


def test_a_misspelt_variable_does_not_pass_in_silence(
    load: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIPELINE_LIMITS__MAX_PAGE", "9")
    text = message(load, "")
    assert "PIPELINE_LIMITS__MAX_PAGE" in text
    assert "max_pages" in text


def test_a_variable_of_no_section_is_named(load: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIPELINE_LIMIT__MAX_PAGES", "9")
    text = message(load, "")
    assert "PIPELINE_LIMIT__MAX_PAGES" in text
    assert "limits" in text


@pytest.mark.parametrize("value", ["many", "", "-1"])
def test_a_wrong_value_of_a_variable_is_named(
    load: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("PIPELINE_LIMITS__MAX_PAGES", value)
    assert f"limits.max_pages = {value!r}" in message(load, "")


def test_relative_folders_are_taken_from_the_root_whatever_the_working_folder(
    load: Callable[..., Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load('[folders]\nscans = "in/scans"\n')
    assert settings.path("scans") == ROOT / "in" / "scans"
    assert settings.path("outputs") == ROOT / "outputs"
    assert settings.path("forms").is_dir()


def test_absolute_folders_stand(load: Callable[..., Settings], tmp_path: Path) -> None:
    settings = load(f"[folders]\nscans = '{tmp_path / 'drop'}'\n")
    assert settings.path("scans") == tmp_path / "drop"


def test_settings_do_not_change_under_way(load: Callable[..., Settings]) -> None:
    settings = load()
    with pytest.raises(ValidationError):
        settings.limits.max_pages = 3  # type: ignore[misc]
    with pytest.raises(ValidationError):
        settings.limits = settings.limits  # type: ignore[misc]
