"""Bytes of a page -> characters, as browsers decide it. Reads and writes nothing.

Order: byte order mark, then UTF-8 where every byte is valid and some are beyond ASCII (a declared
encoding lies more often than bytes do by chance), then what the page declares in its first bytes
(WHATWG names, https://encoding.spec.whatwg.org), then a guess from the bytes.
"""

import codecs
import re

from curate.collect.html.silence import silent

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
DECLARED = re.compile(
    rb"""<meta[^>]{0,200}?\bcharset\s*=\s*["']?\s*([\w.:+-]{2,40})|<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:+-]{2,40})""",
    re.IGNORECASE,
)
HEAD_BYTES = 4096
GUESS_BYTES = 65_536

AS_BROWSERS = {
    "iso8859-1": "cp1252", "latin-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254",
    "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949",
    "tis-620": "cp874", "mac-cyrillic": "cp1251",
    "utf-16": "utf-8", "utf-16-le": "utf-8", "utf-16-be": "utf-8",
}  # fmt: skip
"""Python's name of a declared encoding -> the one that browsers take; UTF-16 cannot be declared."""


def decode(data: bytes) -> str:
    """The page's characters; bytes that are invalid become U+FFFD."""
    for mark, marked in MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(marked, "replace")
    if _is_utf8(data):
        return data.decode("utf-8")
    name = declared(data[:HEAD_BYTES])
    if name is None or (name == "utf-8" and not _is_mostly_utf8(data)):
        name = guessed(data[:GUESS_BYTES])
    try:
        return data.decode(name, "replace")
    except (LookupError, UnicodeError):
        return data.decode("cp1252", "replace")


def declared(head: bytes) -> str | None:
    """Python's name of the encoding that the page's head names; None where it names none."""
    match = DECLARED.search(head)
    if match is None:
        return None
    try:
        found = codecs.lookup((match[1] or match[2]).decode("ascii"))
    except (LookupError, UnicodeDecodeError):
        return None
    if not getattr(found, "_is_text_encoding", True):
        return None
    return AS_BROWSERS.get(found.name, found.name)


def guessed(head: bytes) -> str:
    """What the bytes look like; zero bytes in every other place are UTF-16 without mark."""
    even, odd = head[0:4000:2].count(0), head[1:4000:2].count(0)
    if max(even, odd) * 3 > len(head[:4000]):
        return "utf-16-be" if even > odd else "utf-16-le"
    import chardet

    with silent():
        name = chardet.detect(head)["encoding"] or "cp1252"
    try:
        name = codecs.lookup(name).name
    except LookupError:
        return "cp1252"
    return AS_BROWSERS.get(name, "cp1252" if name.startswith("utf") else name)


def _is_utf8(data: bytes) -> bool:
    """Whether it is valid UTF-8 text; zero bytes are another encoding's."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return b"\0" not in data[:HEAD_BYTES]


def _is_mostly_utf8(data: bytes) -> bool:
    """Whether more than half of what is beyond ASCII is valid UTF-8."""
    text = data[:GUESS_BYTES].decode("utf-8", "replace")
    beyond = sum(1 for sign in text if not sign.isascii())
    return text.count("\ufffd") * 2 < beyond
