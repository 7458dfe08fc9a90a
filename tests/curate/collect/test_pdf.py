"""The text of a PDF is what its author wrote, in the order in which it is read."""

import json

import pytest

from curate.collect.pdf import read
from schemas.rows import Document
from tests.curate.collect.pdf_writer import Text, column, pdf

LEFT = [
    "Water carries the heat of the lake to its outer",
    "shore, where the stones give it back at night. A",
    "second source is the wind, which stirs the upper",
    "layers of the lake until the warm and the cold wa-",
    "ter are the same. We call this a state-of-the-",
    "art mixture because nobody has seen a better one",
    "in the field, and the temper-",
    "ature of it was measured every hour of the",
    "summer by the people of the village near the",
]
RIGHT = [
    "northern shore. Their notes are kept in the town",
    "hall and were read by two of us, who found that",
    "the temperature falls when the water is mixed by",
    "the wind. Nothing else explains the numbers that",
    "were written down in these fourteen years by all",
    "of the people who took part in the work there.",
]
TITLE = [Text(100, 720, "On the warmth of small lakes in summer", 18, "Helvetica-Bold")]


def one(data: bytes) -> Document:
    (found,) = read(data, "file:a.pdf")
    assert isinstance(found, Document), found
    return found


def paper(*, foot: bool = True) -> bytes:
    """Three pages of two columns with a running head, page numbers and a reference list."""
    first = [
        *TITLE,
        Text(200, 700, "Anna Berg, Carl Dorn and Eva Falk", 11),
        Text(60, 670, "Abstract", 12, "Helvetica-Bold"),
        *column(
            60, 655, ["Small lakes are warm. We say why, and what it means for the fish in them."]
        ),
        Text(60, 620, "1 Introduction", 12, "Helvetica-Bold"),
        *column(60, 600, LEFT),
        *column(320, 600, RIGHT),
    ]
    second = [
        Text(60, 720, "2 Methods", 12, "Helvetica-Bold"),
        *column(
            60,
            700,
            [
                "We read all of the notes twice and wrote the",
                "numbers into one table for each year.",
            ],
        ),
        Text(60, 650, "2.1 Instruments", 10, "Helvetica-Bold"),
        *column(
            60, 635, ["One thermometer was used in all of these years", "and it was never lost."]
        ),
        *column(60, 590, ["Figure 1: The lake from above, as the eagle sees it."], 9, "Helvetica"),
    ]
    third = [
        Text(60, 720, "References", 12, "Helvetica-Bold"),
        *column(
            60,
            700,
            [
                "[1] Berg, A. (1999). Lakes of the north and of the",
                "south. Journal of Lakes 3, 4-5.",
            ],
        ),
        *column(60, 676, ["[2] Dorn, C. (2001). Notes. doi:10.1234/Notes.7"]),
        *column(60, 664, ["[3] Falk, E. (2003). More notes on the same lakes."]),
    ]
    pages = [first, second, third]
    if foot:
        for number, page in enumerate(pages, 11):
            page += [Text(60, 765, "Berg et al. Warm lakes", 8), Text(300, 30, str(number), 8)]
    return pdf(pages)


def test_columns_are_read_one_after_the_other() -> None:
    assert "village near the northern shore." in one(paper()).text


def test_a_word_broken_at_a_line_end_is_whole_again() -> None:
    text = one(paper()).text

    assert "cold water are" in text
    assert "the temperature of it" in text


def test_a_hyphen_of_the_word_itself_stays() -> None:
    assert "a state-of-the-art mixture" in one(paper()).text


def test_running_heads_and_page_numbers_are_left_out() -> None:
    text = one(paper()).text

    assert "Berg et al." not in text
    assert not {"11", "12", "13"} & set(text.split())
    assert text == one(paper(foot=False)).text


def test_sections_have_the_levels_of_their_numbers() -> None:
    document = one(paper())

    assert [(section.heading, section.level) for section in document.sections] == [
        ("Abstract", 1),
        ("1 Introduction", 1),
        ("2 Methods", 1),
        ("2.1 Instruments", 2),
    ]
    section = document.sections[3]
    assert document.text[section.start :].startswith("One thermometer was used")


def test_title_and_authors_are_columns_not_text() -> None:
    document = one(paper())

    assert document.title == "On the warmth of small lakes in summer"
    assert document.authors == ["Anna Berg", "Carl Dorn", "Eva Falk"]
    assert "Anna" not in document.text
    assert document.text.startswith("# Abstract\n\nSmall lakes are warm.")


def test_references_are_split_off_with_their_dois() -> None:
    document = one(paper())

    assert [(one.text[:9], one.doi) for one in document.references] == [
        ("Berg, A. ", None),
        ("Dorn, C. ", "10.1234/notes.7"),
        ("Falk, E. ", None),
    ]
    assert "Journal of Lakes" not in document.text
    assert document.references[0].text.endswith("north and of the south. Journal of Lakes 3, 4-5.")


def test_a_caption_is_a_block() -> None:
    document = one(paper())

    (block,) = document.blocks
    assert block.kind == "figure"
    assert document.text[block.start : block.end].startswith("Figure 1: The lake")


def test_what_a_column_of_the_content_mixes_is_parted_again() -> None:
    rows = [
        text
        for pair in zip(column(60, 600, LEFT), column(320, 600, [*RIGHT, *RIGHT[:3]]), strict=True)
        for text in pair
    ]

    assert "village near the northern shore." in one(pdf([[*TITLE, *rows]])).text


def test_a_turned_page_is_read_upright() -> None:
    turned = [Text(620 - line.y, line.x, line.text, turned=True) for line in column(60, 600, LEFT)]

    assert "the cold water are the same" in one(pdf([turned], rotate=90)).text


def test_numbers_above_the_line_are_citations_where_the_list_is_numbered() -> None:
    body = [
        *TITLE,
        *column(60, 600, LEFT),
        Text(60, 480, "Others have shown"),
        Text(131, 484, "1,2", 6),
        Text(140, 480, " that lakes of 5 m"),
        Text(209.3, 484, "2", 6),
        Text(212.5, 480, " are the warmest of all of them."),
    ]
    cited = [
        Text(60, 720, "References", 12, "Helvetica-Bold"),
        *column(
            60, 700, [f"{number}. Somebody. A work of many words, 1999." for number in (1, 2, 3)]
        ),
    ]

    text = one(pdf([body, cited])).text
    assert "shown [1,2] that" in text
    assert "5 m2 are" in text


def test_the_stamp_of_arxiv_gives_its_id() -> None:
    stamp = Text(30, 200, "arXiv:2104.01234v2 [cs.CL] 3 Apr 2021", 18, turned=True)

    document = one(pdf([[*TITLE, stamp, *column(60, 600, LEFT)]]))
    assert document.arxiv_id == "2104.01234v2"
    assert "arXiv" not in document.text


@pytest.mark.parametrize(
    ("printed", "license_"),
    [
        ("This work is licensed under https://creativecommons.org/licenses/by/4.0/.", "CC-BY-4.0"),
        ("Open access under CC BY-NC-ND 4.0.", "CC-BY-NC-ND-4.0"),
        ("Creative Commons Attribution-NonCommercial 4.0 International License.", "CC-BY-NC-4.0"),
    ],
)
def test_a_licence_that_is_printed_is_told(printed: str, license_: str) -> None:
    document = one(pdf([[*TITLE, *column(60, 600, LEFT), Text(60, 60, printed, 8)]]))

    assert document.license == license_
    assert "license" not in json.loads(document.metadata)


def test_a_licence_without_a_version_is_kept_as_it_is_said() -> None:
    said = "Distributed under the Creative Commons Attribution License."
    document = one(pdf([[*TITLE, *column(60, 600, LEFT), Text(60, 60, said, 8)]]))

    assert document.license is None
    assert "Creative Commons Attribution" in json.loads(document.metadata)["license"]


def test_a_doi_is_in_small_letters_without_an_address() -> None:
    printed = Text(60, 770, "https://doi.org/10.5555/ABC.2020.7", 8)

    assert one(pdf([[*TITLE, printed, *column(60, 600, LEFT)]])).doi == "10.5555/abc.2020.7"


def test_numbers_of_lines_are_left_out() -> None:
    numbers = [Text(30, 600 - 12 * n, str(n + 1), 8) for n in range(len(LEFT))]
    text = one(pdf([[*TITLE, *numbers, *column(60, 600, LEFT)]])).text

    assert not any(word.isdigit() for word in text.split())


def test_a_table_is_a_block_with_its_cells() -> None:
    cells = [
        [("Lake", 60), ("Depth", 200), ("Warmth", 300)],
        [("Small", 60), ("5", 200), ("20", 300)],
        [("Large", 60), ("50", 200), ("14", 300)],
    ]
    rows = [Text(x, 420 - 12 * n, text, 8) for n, row in enumerate(cells) for text, x in row]
    page = [
        *TITLE,
        *column(60, 600, LEFT),
        Text(60, 440, "Table 1. Lakes and what they are.", 8),
        *rows,
    ]

    document = one(pdf([page]))
    (block,) = document.blocks
    assert block.kind == "table"
    assert "| Small | 5 | 20 |" in document.text[block.start : block.end]


def test_reading_twice_gives_the_same() -> None:
    assert one(paper()) == one(paper())
