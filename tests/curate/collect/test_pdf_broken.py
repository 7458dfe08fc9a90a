"""A file that cannot be read is a failure that says why, never an exception."""

import hashlib
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.collect.pdf import docling, read
from schemas.errors import RecipeError
from schemas.rows import Document, Failure
from tests.curate.collect.pdf_writer import IMAGE, assemble, column, content, pdf

WORDS = [
    "The lake is warm in summer and cold in winter,",
    "and nobody knows why this should be so.",
]
PLAIN = pdf([column(60, 700, WORDS)])
PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")


def only(data: bytes) -> Document | Failure:
    (found,) = read(data, "file:a.pdf")
    return found


def rc4(key: bytes, data: bytes) -> bytes:
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    i, j, out = 0, 0, bytearray()
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


def encrypted(password: bytes) -> bytes:
    """A page under 40-bit RC4, as ISO 32000-1, 7.6 describes it (revision 2)."""
    padded = (password + PADDING)[:32]
    owner = rc4(hashlib.md5((b"owner" + PADDING)[:32]).digest()[:5], padded)
    key = hashlib.md5(padded + owner + (0xFFFFFFFC).to_bytes(4, "little") + b"0" * 16).digest()[:5]
    stream = content(column(60, 700, WORDS))
    stream = rc4(hashlib.md5(key + (4).to_bytes(3, "little") + b"\0\0").digest()[:10], stream)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R"
        b"/Resources<</Font<</F2 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Times-Roman>>",
        b"<</Filter/Standard/V 1/R 2/P -4/O<%s>/U<%s>>>"
        % (owner.hex().encode(), rc4(key, PADDING).hex().encode()),
    ]
    named = (b"0" * 16).hex().encode()
    return assemble(objects, b"/Encrypt 6 0 R/ID[<%s><%s>]" % (named, named))


def test_a_user_password_is_a_failure() -> None:
    found = only(encrypted(b"secret"))

    assert isinstance(found, Failure)
    assert (found.what, found.reason) == ("file:a.pdf", "encrypted")


def test_an_empty_user_password_opens() -> None:
    found = only(encrypted(b""))

    assert isinstance(found, Document)
    assert "The lake is warm" in found.text


def test_pages_that_are_images_are_a_scan() -> None:
    found = only(pdf([[], []], extra=IMAGE))

    assert isinstance(found, Failure)
    assert found.reason == "scanned"
    assert "2 of 2 pages" in found.detail


def test_a_page_without_text_among_others_is_counted() -> None:
    found = only(pdf([column(60, 700, WORDS * 4)] * 5 + [[]], extra=IMAGE))

    assert isinstance(found, Document)
    assert '"n_scanned_pages": 1' in found.metadata


def test_an_empty_page_has_no_text() -> None:
    found = only(pdf([[]]))

    assert isinstance(found, Failure)
    assert found.reason == "no-text"


def test_a_broken_table_of_places_is_repaired() -> None:
    found = only(PLAIN.replace(b"startxref\n", b"startxref\n9"))

    assert isinstance(found, Document)
    assert "The lake is warm" in found.text


@pytest.mark.parametrize("data", [b"not a PDF", b"%PDF-1.7\n", b"%PDF-1.4\n%%EOF", b"\0" * 100])
def test_what_is_no_pdf_is_unreadable(data: bytes) -> None:
    found = only(data)

    assert isinstance(found, Failure)
    assert found.reason == "unreadable"


def test_a_file_of_too_many_pages_is_refused() -> None:
    pages = b"3 0 R " * 5001
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[%s]/Count 5001>>" % pages,
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]>>",
    ]
    found = only(assemble(objects))

    assert isinstance(found, Failure)
    assert found.reason == "too-large"


@given(st.integers(0, len(PLAIN) - 1), st.integers(1, 60), st.binary(min_size=1, max_size=8))
def test_a_damaged_file_gives_one_thing_and_no_exception(
    start: int, length: int, other: bytes
) -> None:
    assert len(list(read(PLAIN[:start] + other + PLAIN[start + length :], "file:a.pdf"))) == 1


@given(st.integers(1, len(PLAIN)))
def test_a_file_that_was_cut_gives_one_thing_and_no_exception(length: int) -> None:
    assert len(list(read(PLAIN[:length], "file:a.pdf"))) == 1


def test_docling_that_is_not_there_is_told_in_one_line() -> None:
    try:
        import docling as installed  # noqa: F401
    except ImportError:
        with pytest.raises(RecipeError, match=r"docling.*pip install") as told:
            list(docling.read_with_docling(PLAIN, "file:a.pdf"))
        assert "\n" not in str(told.value)
    else:
        pytest.skip("docling is installed")


@pytest.mark.slow
@pytest.mark.parametrize("locators", ["", "UserProvidedCacheLocator"], ids=["other", "none"])
def test_kernels_need_no_folder_that_can_be_written(locators: str) -> None:
    """Without the folder asked for numba takes another; without any it compiles each time."""
    code = "import sys; from curate.collect.pdf import read; "
    code += "print(*(one.text for one in read(sys.stdin.buffer.read(), 'a')))"
    set_ = {"NUMBA_CACHE_DIR": os.devnull + "/a", "NUMBA_CACHE_LOCATOR_CLASSES": locators}
    done = subprocess.run(
        [sys.executable, "-c", code], input=PLAIN, env=os.environ | set_, capture_output=True
    )
    assert done.stdout.decode().split() == " ".join(WORDS).split(), done.stderr.decode()
