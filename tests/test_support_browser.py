"""The browser of the tests: a page that hangs costs its own test and no other."""

from __future__ import annotations

import pytest
from playwright.sync_api import Error

from tests.support.browser import Browsers


@pytest.mark.parametrize("script", ["for (;;);", "new Promise(() => {})"])
def test_a_page_that_hangs_ends_with_an_error_and_the_next_has_a_browser(browsers: Browsers, script: str) -> None:
    hasty = Browsers(browsers.kind, browsers.path, seconds=3)
    with hasty.watched() as browser, pytest.raises(Error, match="has been closed"):
        browser.new_page().evaluate(script)
    with hasty.watched() as browser:
        page = browser.new_page()
        page.goto("data:text/html,<p>there")
        assert page.inner_text("p") == "there"
    hasty.close()
