"""A real spreadsheet program for the tests of the workbooks: LibreOffice, without a window.

``python -m tests.support.libreoffice`` installs its spreadsheet part where there is none and the rights to do
so are given. Without one, the tests marked :data:`needs_libreoffice` are skipped and say so.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import pytest
from openpyxl import load_workbook

_NAMES = ("soffice", "libreoffice")
_PACKAGES = ("libreoffice-calc", "fonts-noto-cjk", "poppler-utils")
_INSTALL_SECONDS = 900
_SECONDS = 180
# CSV: comma, quotes, UTF-8, from line 1; quoted fields are guessed at too, as Excel does
_CSV = "CSV:44,34,76,1,,0,false,true"
_FILTERS = {"xlsx": "xlsx:Calc MS Excel 2007 XML", "pdf": "pdf:calc_pdf_Export"}

# Formulas of files that LibreOffice did not write are taken at their cached values, unless told otherwise.
_RECALCULATE_ALWAYS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""


def find_libreoffice() -> str | None:
    """The path of LibreOffice on this machine."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


needs_libreoffice = pytest.mark.skipif(
    find_libreoffice() is None, reason="no LibreOffice here; python -m tests.support.libreoffice installs one"
)
needs_pdftoppm = pytest.mark.skipif(
    shutil.which("pdftoppm") is None, reason="no pdftoppm here; python -m tests.support.libreoffice installs it"
)


class LibreOfficeError(Exception):
    """LibreOffice did not do what it was asked; the message is what it printed."""


def convert(path: Path, to: Literal["xlsx", "pdf"], folder: Path) -> Path:
    """``path`` as LibreOffice saves or prints it, in ``folder`` (not the file's own where the suffix is the same)."""
    return _convert(path, to, folder, recalculate=False)


def recalculated(path: Path, folder: Path) -> Path:
    """``path`` with every formula computed anew by LibreOffice, saved in ``folder``."""
    return _convert(path, "xlsx", folder, recalculate=True)


def error_cells(path: Path) -> list[tuple[str, str, str]]:
    """Sheet, cell and error (``#REF!`` …) of every cell that shows one, as the file was last calculated."""
    book = load_workbook(path, read_only=True, data_only=True)
    try:
        return [
            (sheet.title, cell.coordinate, str(cell.value))
            for sheet in book.worksheets
            for row in sheet.iter_rows()
            for cell in row
            if cell.data_type == "e"
        ]
    finally:
        book.close()


def pdf_pages(path: Path, folder: Path, *, dpi: int = 80) -> list[Path]:
    """The pages of a PDF as PNG pictures in ``folder``, in order."""
    folder.mkdir(parents=True, exist_ok=True)
    _run(["pdftoppm", "-png", "-r", str(dpi), str(path), str(folder / path.stem)])
    # pdftoppm pads the numbers to one length, so that the names sort by page
    return sorted(folder.glob(f"{path.stem}-*.png"))


def _convert(path: Path, to: str, folder: Path, *, recalculate: bool) -> Path:
    program = find_libreoffice()
    if program is None:
        raise LibreOfficeError("no LibreOffice on this machine")
    target = folder / f"{path.stem}.{to}"
    if target.resolve() == path.resolve():
        raise ValueError(f"{path} would be written over itself")
    folder.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    # A profile of its own: two LibreOffices on one profile hand their work to each other.
    with tempfile.TemporaryDirectory(prefix="libreoffice-", ignore_cleanup_errors=True) as profile:
        if recalculate:
            settings = Path(profile, "user", "registrymodifications.xcu")
            settings.parent.mkdir()
            settings.write_text(_RECALCULATE_ALWAYS, encoding="utf-8")
        options = ["--headless", "--norestore", "--nolockcheck", f"-env:UserInstallation={Path(profile).as_uri()}"]
        options += [f"--infilter={_CSV}"] if path.suffix == ".csv" else []
        said = _run([program, *options, "--convert-to", _FILTERS[to], "--outdir", str(folder), str(path)])
    if not target.is_file():  # its exit status is 0 whatever happens
        raise LibreOfficeError(f"{path} was not converted: {said}")
    return target


def _run(command: Sequence[str]) -> str:
    """What the command printed; after ``_SECONDS`` its group is stopped: soffice is a script around the program."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True
    )
    try:
        said, _ = process.communicate(timeout=_SECONDS)
    except subprocess.TimeoutExpired as error:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise LibreOfficeError(f"{command[0]} took longer than {_SECONDS} s") from error
    if process.returncode:
        raise LibreOfficeError(f"{command[0]} failed with {process.returncode}: {said}")
    return said


def install() -> bool:
    """Install LibreOffice where there is none; whether there is one now."""
    if _complete():
        return True
    if shutil.which("apt-get"):
        rights = [] if os.geteuid() == 0 else ["sudo", "-n"]
        for command in (
            [*rights, "apt-get", "update", "-q"],
            [*rights, "apt-get", "install", "-y", "-q", "--no-install-recommends", *_PACKAGES],
        ):
            print("+", " ".join(command), flush=True)
            try:
                subprocess.run(command, check=False, timeout=_INSTALL_SECONDS)
            except (OSError, subprocess.TimeoutExpired) as error:
                print(error)
    return _complete()


def _complete() -> bool:
    return find_libreoffice() is not None and shutil.which("pdftoppm") is not None


if __name__ == "__main__" and not install():
    print("No LibreOffice could be installed: the tests that need one will be skipped.")
