"""Sections follow from heading lines alone."""

from curate.collect.outline import Heading, sections

TEXT = "Before.\n\nOne\n\nfirst words\n\nOne a\ninner words  \n\nTwo\n\n"


def heading(text: str, level: int) -> Heading:
    start = TEXT.index(f"\n{text}\n") + 1
    return Heading(text, level, start, start + len(text))


def test_text_before_the_first_heading_is_a_section_without_one() -> None:
    first = sections(TEXT, [heading("One", 1)])[0]

    assert (first.heading, TEXT[first.start : first.end]) == ("", "Before.")


def test_a_section_holds_its_subsections_and_no_white_space_around_them() -> None:
    found = sections(TEXT, [heading("One", 1), heading("One a", 2), heading("Two", 1)])

    texts = {one.heading: TEXT[one.start : one.end] for one in found}
    assert texts["One"] == "first words\n\nOne a\ninner words"
    assert texts["One a"] == "inner words"


def test_a_heading_without_text_is_kept_as_an_empty_section() -> None:
    last = sections(TEXT, [heading("Two", 1)])[-1]

    assert (last.heading, last.start == last.end) == ("Two", True)


def test_text_without_words_has_no_section() -> None:
    assert sections(" \n ", []) == []
