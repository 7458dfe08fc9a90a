"""Plain text -> one document with one section. Reads bytes, writes nothing.

What every reader of text shares is here too: how bytes become characters, and which never reach a
document.
"""

import codecs
import json
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from curate.collect import outline
from schemas.rows import Document, Failure

UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
BYTES = re.compile("[\udc80-\udcff]")
SURROGATES = re.compile("[\ud800-\udfff]")
REPLACEMENT = "\ufffd"


def read(data: bytes, name: str) -> Iterator[Document | Failure]:
    """The whole text as one document, titled by its file's name."""
    loaded = load(data, name)
    if isinstance(loaded, Failure):
        yield loaded
        return
    text, notes = loaded
    yield Document(
        source=name,
        form="text",
        text=text,
        title=PurePosixPath(name.removeprefix("file:").removesuffix(".gz")).stem,
        sections=outline.sections(text, []),
        metadata=json.dumps(notes),
    )


def load(data: bytes, name: str) -> tuple[str, dict[str, str]] | Failure:
    """(text, what is to be said of its encoding) of these bytes, or why there is none."""
    text, note = decode(data)
    text = clean(text)
    if not any(character.isalnum() for character in text):
        return Failure(name, "no-text", "it holds no letter and no digit")
    return text, {"encoding": note} if note else {}


def encoding_of(start: bytes) -> tuple[str, str]:
    """(encoding, error handler) of a file that begins with these bytes."""
    if start.startswith(UTF_16_MARKS):
        return "utf-16", "replace"
    return "utf-8-sig", "surrogateescape"


def decode(data: bytes) -> tuple[str, str | None]:
    """Characters of these bytes, and a note where some of them were not valid."""
    encoding, errors = encoding_of(data)
    if encoding == "utf-8-sig":
        return mend(data.decode(encoding, errors))
    try:
        return data.decode(encoding), None
    except UnicodeDecodeError:
        return data.decode(encoding, errors), "utf-16 with invalid bytes replaced"


def mend(text: str) -> tuple[str, str | None]:
    """Replace bytes that were no UTF-8 and escaped into the text; the note says how many."""
    mended, n_replaced = BYTES.subn(REPLACEMENT, text)
    return mended, f"utf-8 with {n_replaced} bytes replaced" if n_replaced else None


def clean(text: str) -> str:
    """Line ends as line feeds, no NUL, no lone surrogate: what every table and tool can hold."""
    if "\r" in text or "\0" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return text if text.isascii() else SURROGATES.sub(REPLACEMENT, text)
