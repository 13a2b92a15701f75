"""A real browser for the tests of the audit page: the machine's own Chromium, or one that can be installed.

``python -m tests.support.browser`` installs one where there is none: with the rights to do so from the
distribution, else Playwright's own. Without any, the tests that need one are skipped and say so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from playwright.sync_api import Browser, BrowserType, Error, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
_PACKAGES = ("chromium", "fonts-noto-cjk")
_SECONDS = 600
_TEST_SECONDS = 240.0


class Browsers:
    """The browser the tests share, opened anew once it is gone.

    Playwright waits without end for the answer to a key press or a script. A browser that has not been
    done with a test in ``seconds`` is killed, which ends every wait with "… has been closed".
    """

    def __init__(self, kind: BrowserType, path: str, seconds: float = _TEST_SECONDS) -> None:
        self.kind = kind
        self.path = path
        self._seconds = seconds
        self._open: Browser | None = None

    @contextmanager
    def watched(self) -> Iterator[Browser]:
        if self._open is None or not self._open.is_connected():
            self._open = self.kind.launch(executable_path=self.path, args=["--no-sandbox"])
        watch = threading.Timer(self._seconds, _kill_browsers)
        watch.daemon = True
        watch.start()
        try:
            yield self._open
        finally:
            watch.cancel()

    def close(self) -> None:
        if self._open is not None:
            self._open.close()


def _kill_browsers() -> None:
    for process in psutil.Process().children(recursive=True):
        try:
            if "--no-sandbox" in process.cmdline():
                process.kill()
        except psutil.Error:
            continue  # it ended by itself


def find_browser() -> str | None:
    """The path of a Chromium on this machine."""
    for name in _NAMES:
        found = shutil.which(name)
        if found:
            return found
    return _of_playwright()


def _of_playwright() -> str | None:
    try:
        with sync_playwright() as playwright:
            path = playwright.chromium.executable_path
    except Error:
        return None
    return path if path and Path(path).is_file() else None


def install() -> bool:
    """Install a browser where there is none; whether there is one now."""
    if find_browser():
        return True
    for command in _ways():
        print("+", " ".join(command), flush=True)
        try:
            subprocess.run(command, check=False, timeout=_SECONDS)
        except (OSError, subprocess.TimeoutExpired) as error:
            print(error)
        if find_browser():
            return True
    return False


def _ways() -> list[list[str]]:
    ways = []
    if shutil.which("apt-get"):
        rights = [] if os.geteuid() == 0 else ["sudo", "-n"]
        ways += [
            [*rights, "apt-get", "update", "-q"],
            [*rights, "apt-get", "install", "-y", "-q", "--no-install-recommends", *_PACKAGES],
        ]
    return [*ways, [sys.executable, "-m", "playwright", "install", "chromium"]]


if __name__ == "__main__":
    if not install():
        print("No Chromium could be installed: the tests that need a browser will be skipped.")
