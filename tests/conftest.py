"""What tests share: the sample scans with their truth, the rules, and the real OCR engine."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from playwright.sync_api import Browser, sync_playwright

from pipeline.batch.office import load_rules
from pipeline.batch.tools import know
from pipeline.definitions import Forms
from pipeline.dictionaries import Dictionaries
from pipeline.flow import Tools
from pipeline.settings import Settings, load_settings
from pipeline.terms import load_terms
from tests.support.browser import Browsers, find_browser
from tests.support.engine import CachedEngine, open_cached_engine

ROOT = Path(__file__).resolve().parent.parent
SCANS = ROOT / "scans"
TODAY = datetime.date(2026, 11, 1)

# A loaded machine may take any time for an example; what is slow is measured in benchmarks.
hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test whose browser was given up as hung runs once more: a page that hangs does so again, and fails it."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.flaky(reruns=1, only_rerun="has been closed"))


@pytest.fixture(scope="session")
def settings() -> Settings:
    return load_settings()


@pytest.fixture(scope="session")
def rules(settings: Settings) -> tuple[Forms, Dictionaries]:
    return load_rules(settings)


@pytest.fixture(scope="session")
def forms(rules: tuple[Forms, Dictionaries]) -> Forms:
    return rules[0]


@pytest.fixture(scope="session")
def dictionaries(rules: tuple[Forms, Dictionaries]) -> Dictionaries:
    return rules[1]


@pytest.fixture(scope="session")
def engine(settings: Settings) -> Iterator[CachedEngine]:
    """The engine the settings name, on real pictures; answers are kept in ``.cache`` by content."""
    cached = open_cached_engine(settings)
    yield cached
    cached.close()


@pytest.fixture(scope="session")
def tools(forms: Forms, dictionaries: Dictionaries, engine: CachedEngine, settings: Settings) -> Tools:
    return Tools(
        forms, engine, know(settings, dictionaries, TODAY), settings.acceptance, load_terms(settings.path("terms"))
    )


@pytest.fixture(scope="session")
def samples() -> list[dict[str, Any]]:
    """The sample scans of ``scans/`` with what is written on them: ``files``, ``doc_type``, ``fields`` …"""
    return json.loads((Path(__file__).parent / "samples.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def browsers() -> Iterator[Browsers]:
    """One for all tests: two of Playwright's cannot run beside each other in a process."""
    path = find_browser()
    if path is None:
        pytest.skip("no Chromium on this machine: python -m tests.support.browser installs one")
    with sync_playwright() as playwright:
        yield (opened := Browsers(playwright.chromium, path))
        opened.close()


@pytest.fixture
def browser(browsers: Browsers) -> Iterator[Browser]:
    with browsers.watched() as opened:
        yield opened
