"""Docstrings become readable text, and every offset counts characters of that text."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.collect.numpydoc import render
from schemas.rows import Block, Section

DOCSTRING = r"""Cool a sample.

    It keeps the :class:`~lab.cold.Sample` at :math:`T = 4` K; see [1]_ and
    `the manual <https://example.org/cold>`_ for ``rate``.

    Parameters
    ----------
    rate : float
        Kelvin per minute, as in

        .. math:: \dot T = -r

    .. versionadded:: 1.2

    Notes
    -----
    .. warning::
        Below :attr:`floor` it stops.

    The log looks like this::

        12:00 cooling
        12:05 done

    References
    ----------
    .. [1] A. Person, "Cold", 1999.

    Examples
    --------
    >>> cool(3)
    2.5
    >>> cool(4)
    3.5

    That was it.
    """

PIECES = st.sampled_from(
    [
        "Words of prose.", "Notes", "-----", "=====", "~~~", ".. math::", ".. note:: Hold.", "..",
        "    indented", "\tx", ">>> f(1)", "1", "ends with::", ".. [1] A book.", "``", "`", "::",
        ":math:`x", ":func:`~a.b`", ":x:", "== ==", "+--+", "| a |", "", " ", "é\u2028", "f(x)",
        "    x = 1", ".. code-block:: python", "   :option: x", "__all__", "\\*args",
    ]
)  # fmt: skip


def heading_of(sections: list[Section], text: str) -> dict[str, str]:
    return {one.heading: text[one.start : one.end] for one in sections}


def blocks_of(blocks: list[Block], text: str) -> list[tuple[str, str]]:
    return [(one.kind, text[one.start : one.end]) for one in blocks]


@given(st.lists(PIECES | st.text(max_size=20), max_size=30).map("\n".join))
def test_any_docstring_gives_offsets_inside_the_text(docstring: str) -> None:
    text, sections, blocks = render(docstring)

    offsets = [(one.start, one.end) for one in sections]
    for start, end in offsets + [(one.start, one.end) for one in blocks]:
        assert 0 <= start <= end <= len(text)
        stretch = text[start:end]
        assert stretch == stretch.strip()
    assert all(one.start < one.end for one in blocks)


@given(st.lists(PIECES, max_size=30).map("\n".join))
def test_sections_are_ordered_and_nested_and_blocks_do_not_overlap(docstring: str) -> None:
    _, sections, blocks = render(docstring)

    for earlier, later in itertools.pairwise(sections):
        assert earlier.start <= later.start
        assert earlier.end <= later.start or later.end <= earlier.end
    for first, second in itertools.pairwise(blocks):
        assert first.end <= second.start


@given(
    st.lists(
        st.tuples(
            st.from_regex(r"[A-Z][a-z]{2,9}( [a-z]{2,9})?", fullmatch=True),
            st.sampled_from("=-~*^"),
            st.from_regex(r"[a-z]{2,9}( [a-z]{2,9}){0,5}\.", fullmatch=True),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_every_underlined_heading_is_found_with_its_words(
    parts: list[tuple[str, str, str]],
) -> None:
    lines = [f"{title}\n{mark * len(title)}\n{words}\n" for title, mark, words in parts]

    text, sections, _ = render("Summary.\n\n" + "\n".join(lines))

    assert [one.heading for one in sections] == ["", *(title for title, _, _ in parts)]
    for section, (_, _, words) in zip(sections[1:], parts, strict=True):
        assert text[section.start :].startswith(words)


def test_headings_lose_their_underline_and_keep_their_text() -> None:
    text, sections, _ = render(DOCSTRING)

    assert [one.heading for one in sections] == [
        "", "Parameters", "Notes", "References", "Examples",
    ]  # fmt: skip
    assert "---" not in text
    assert heading_of(sections, text)["Parameters"].startswith("rate : float")


def test_inline_markup_reads_as_a_person_would_write_it() -> None:
    text, _, _ = render(DOCSTRING)

    assert "It keeps the `Sample` at $T = 4$ K; see [1] and\nthe manual for `rate`." in text


def test_versionadded_goes_and_a_warning_stays_as_a_paragraph() -> None:
    text, sections, _ = render(DOCSTRING)

    assert "1.2" not in text
    assert heading_of(sections, text)["Notes"].startswith("Below `floor` it stops.")


def test_a_footnote_stays_as_text() -> None:
    text, sections, _ = render(DOCSTRING)

    assert heading_of(sections, text)["References"] == '[1] A. Person, "Cold", 1999.'


def test_formulae_doctests_and_literals_are_blocks() -> None:
    text, _, blocks = render(DOCSTRING)

    assert blocks_of(blocks, text) == [
        ("equation", "$$\n    \\dot T = -r\n    $$"),
        ("code", "12:00 cooling\n    12:05 done"),
        ("code", ">>> cool(3)\n2.5\n>>> cool(4)\n3.5"),
    ]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (":func:`a.b.c`", "`a.b.c`"),
        (":func:`~a.b.c`", "`c`"),
        (":py:meth:`~a.b.c`", "`c`"),
        (":func:`the other <a.b>`", "`the other`"),
        ("`~a.b.c`", "`c`"),
        (":ref:`a guide <guide>`", "a guide"),
        (":pep:`8`", "PEP 8"),
        ("``a`` and ``b c``", "`a` and `b c`"),
        ("`page <http://x.org>`__", "page"),
        (":math:`\\alpha\n  + 1`", "$\\alpha + 1$"),
        ("see [2]_.", "see [2]."),
        ("\\*args", "*args"),
        ("a*b and `c`", "a*b and `c`"),
    ],
)
def test_a_role_or_link(written: str, read: str) -> None:
    assert render(f"Is {written}")[0] == f"Is {read}"


def test_a_table_is_a_block_and_not_a_heading() -> None:
    text, sections, blocks = render(
        "Sizes.\n\n==== ====\nname size\n==== ====\na    1\n==== ====\n"
    )

    assert [one.heading for one in sections] == [""]
    assert blocks_of(blocks, text) == [("table", text.removeprefix("Sizes.\n\n"))]


def test_the_signature_that_a_compiled_function_begins_with_is_code() -> None:
    text, _, blocks = render("cos(x, /, out=None, *, where=True[, signature])\n\nCosine.")

    assert blocks_of(blocks, text) == [("code", "cos(x, /, out=None, *, where=True[, signature])")]


def test_a_sentence_with_brackets_is_no_signature() -> None:
    assert render("open(path) gives a file. Close it (soon).")[2] == []


def test_overlined_titles_are_the_level_above() -> None:
    _, sections, _ = render("=====\nTitle\n=====\n\nWords.\n\nPart\n====\n\nMore.")

    assert [(one.heading, one.level) for one in sections] == [("Title", 1), ("Part", 2)]


def test_an_unclosed_literal_costs_no_text() -> None:
    assert render("A stray `` and a ` remain.")[0] == "A stray `` and a ` remain."
