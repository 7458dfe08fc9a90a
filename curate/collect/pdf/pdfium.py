"""pdfium's handles as context managers, and the few questions that are asked once a file or page.

Reads the bytes of a PDF. Every handle is closed when its block is left, whatever happens in it.
"""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from schemas.rows import Failure

MAX_PAGES = 5_000
"""More than any paper or book has; our own limit."""

Handle = Any
"""A pointer of pdfium's, as ctypes holds it."""


@cache
def library() -> Any:  # noqa: ANN401  ctypes functions
    """The C functions of pdfium, which is started by the first call."""
    import pypdfium2
    import pypdfium2.raw

    return pypdfium2.raw


@contextmanager
def document(data: bytes, name: str) -> Iterator[Handle | Failure]:
    """An open file, or why it cannot be opened. A broken cross-reference table is repaired."""
    raw = library()
    handle = raw.FPDF_LoadMemDocument64(data, len(data), None)
    if not handle:
        yield _refused(raw.FPDF_GetLastError(), name)
        return
    try:
        yield handle
    finally:
        raw.FPDF_CloseDocument(handle)


def _refused(code: int, name: str) -> Failure:
    raw = library()
    if code in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY):
        return Failure(name, "encrypted", "it opens only with a password")
    return Failure(name, "unreadable", "pdfium finds no PDF in it that can be repaired")


@dataclass(frozen=True, slots=True)
class Page:
    """One page, open."""

    page: Handle
    text: Handle
    n_characters: int


@contextmanager
def page(file: Handle, number: int) -> Iterator[Page | None]:
    """Page `number` (from 0) and its text; None where pdfium cannot load it."""
    raw = library()
    handle = raw.FPDF_LoadPage(file, number)
    if not handle:
        yield None
        return
    text = raw.FPDFText_LoadPage(handle)
    try:
        yield Page(handle, text, max(raw.FPDFText_CountChars(text), 0)) if text else None
    finally:
        if text:
            raw.FPDFText_ClosePage(text)
        raw.FPDF_ClosePage(handle)


def n_pages(file: Handle) -> int:
    """How many pages the file says it has."""
    return int(library().FPDF_GetPageCount(file))


def has_image(handle: Handle) -> bool:
    """Whether an image lies on a page, among its first objects."""
    raw = library()
    for number in range(min(raw.FPDFPage_CountObjects(handle), 100)):
        kind = raw.FPDFPageObj_GetType(raw.FPDFPage_GetObject(handle, number))
        if kind in (raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_FORM):
            return True
    return False


def meta(file: Handle, key: str) -> str:
    """A value of the information dictionary; empty where there is none."""
    raw = library()
    size = raw.FPDF_GetMetaText(file, key.encode(), None, 0)
    if not 2 < size < 20_000:
        return ""
    buffer = ctypes.create_string_buffer(size)
    raw.FPDF_GetMetaText(file, key.encode(), buffer, size)
    return buffer.raw[: size - 2].decode("utf-16-le", "replace").strip()


def box(handle: Handle) -> tuple[float, float, float, float]:
    """(left, bottom, right, top) of what is shown of a page, in points."""
    raw = library()
    rectangle = raw.FS_RECTF()
    if not raw.FPDF_GetPageBoundingBox(handle, rectangle):
        return 0.0, 0.0, 612.0, 792.0
    return rectangle.left, rectangle.bottom, rectangle.right, rectangle.top
