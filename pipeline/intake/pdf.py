"""Pages out of PDF files through PDFium: scans at their own resolution, drawn pages at the set one."""

from __future__ import annotations

import ctypes
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from pipeline import sheets
from pipeline.intake.faults import fault
from pipeline.intake.scanned_pdf import POINTS_PER_INCH, Scan, find_scan
from pipeline.settings import Limits

_MIN_DPI, _MAX_DPI = 100.0, 400.0
_POOREST_DPI = 72.0
_HAIR = 1e-5  # 0.04 pixel over a whole page
_PAPER_POINTS = 1700.0  # the long side of A2; a larger "sheet" is a photo put in at one point a pixel
_PDFIUM = threading.RLock()  # PDFium may be in one thread at a time


@dataclass(frozen=True, slots=True)
class Raster:
    """The pixel grid a page is rendered to; ``dpi`` 0 where the page's size on paper makes no sense."""

    width: int
    height: int
    dpi: float


def pdf_pages(stream: BinaryIO, limits: Limits, first: int = 1) -> Iterator[tuple[sheets.Image, float]]:
    """Each page from ``first`` on as displayed, ``(BGR uint8 (h, w, 3), dpi)``, rendered one at a time.

    Raises ``FileError`` with ``password_protected``, ``too_many_pages`` (before anything is rendered),
    ``too_many_pixels``, ``corrupt_file``; ``PdfiumError`` for damage that PDFium reports.
    """
    with _opened(stream, limits) as document:
        for index in range(first - 1, len(document)):
            yield _page(document, index, limits)


def count_pdf_pages(stream: BinaryIO, limits: Limits) -> int:
    """How many pages the PDF has. Raises as :func:`pdf_pages`, as far as that shows without rendering."""
    with _opened(stream, limits) as document:
        return len(document)


@contextmanager
def _opened(stream: BinaryIO, limits: Limits) -> Iterator[Any]:
    stream.seek(0)
    with _PDFIUM:
        try:
            document = pdfium.PdfDocument(stream)
        except pdfium.PdfiumError as error:
            if error.err_code in (pdfium_c.FPDF_ERR_PASSWORD, pdfium_c.FPDF_ERR_SECURITY):
                raise fault("password_protected") from error
            raise
    try:
        with _PDFIUM:
            document.init_forms()
            if len(document) > limits.max_pages:
                raise fault("too_many_pages", limit=limits.max_pages)
        yield document
    finally:
        with _PDFIUM:
            document.close()


def _page(document: Any, index: int, limits: Limits) -> tuple[sheets.Image, float]:
    with _PDFIUM:
        page = document[index]
        try:
            scan = find_scan(page, index + 1, limits)
            raster = _raster(page.get_size(), scan, index + 1, limits)
            pixels = _rendered(page, document.formenv, raster)
            if scan and pixels.min() == pixels.max():
                _check_images(scan)
            return pixels, raster.dpi
        finally:
            page.close()


def _raster(size: tuple[float, float], scan: Scan | None, number: int, limits: Limits) -> Raster:
    """The pixel grid for a page of ``size`` (width, height) points as displayed.

    A pure scan keeps its own pixels (between 100 and 400 dpi); with things drawn over it, it gets at least
    the set resolution. A page over the limit is rendered coarser, but not below 72 dpi.
    """
    across = down = float(limits.pdf_dpi)
    on_paper = max(size) <= _PAPER_POINTS
    if scan:
        lowest = (_MIN_DPI if scan.pure else limits.pdf_dpi) if on_paper else 0.0
        native = max(scan.across, scan.down)
        factor = min(max(native, lowest), max(_MAX_DPI, lowest)) / native
        across, down = scan.across * factor, scan.down * factor
    width, height = size[0] * across / POINTS_PER_INCH, size[1] * down / POINTS_PER_INCH
    fit = min(1.0, math.sqrt(limits.max_pixels / max(width * height, 1.0)))
    dpi = across * fit
    if fit < 1.0:
        if dpi < _POOREST_DPI:
            raise fault(
                "too_many_pixels", page=number, width=round(width), height=round(height), limit=limits.max_pixels
            )
        width, height = math.floor(width * fit), math.floor(height * fit)
    known = on_paper or dpi >= _MIN_DPI
    return Raster(max(1, round(width)), max(1, round(height)), round(dpi, 2) if known else 0.0)


def _rendered(page: Any, formenv: Any, raster: Raster) -> sheets.Image:
    """The page with its annotations and filled-in form fields, on white, in a grid of exactly that size.

    A scan at its own resolution comes out pixel for pixel. For that the scale must not be too large by even
    a rounding error, or PDFium spreads the image over one pixel more and blurs it.
    """
    width, height = raster.width, raster.height
    pixels = np.full((height, width, 3), 255, np.uint8)
    buffer = (ctypes.c_ubyte * pixels.nbytes).from_buffer(pixels.data)
    bitmap = pdfium.PdfBitmap.new_native(width, height, pdfium_c.FPDFBitmap_BGR, buffer=buffer)
    try:
        across, down = (n / size * (1 - _HAIR) for n, size in zip((width, height), page.get_size(), strict=True))
        matrix = pdfium_c.FS_MATRIX(across, 0, 0, down, 0, 0)
        clip = pdfium_c.FS_RECTF(0, 0, width, height)
        pdfium_c.FPDF_RenderPageBitmapWithMatrix(bitmap, page, matrix, clip, pdfium_c.FPDF_ANNOT)
        if formenv:
            pdfium_c.FPDF_FFLDraw(formenv, bitmap, page, 0, 0, width, height, 0, pdfium_c.FPDF_ANNOT)
    finally:
        bitmap.close()
    return pixels


def _check_images(scan: Scan) -> None:
    """PDFium leaves an image it cannot decode blank without a word; raises ``corrupt_file`` for such."""
    for image in scan.images:
        try:
            image.get_bitmap().close()
        except pdfium.PdfiumError as error:
            raise fault("corrupt_file", detail="其中的扫描图像") from error
