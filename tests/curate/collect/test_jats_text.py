"""An article's text: sections, paragraphs, lists, figures, code, raised and lowered signs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.collect import jats
from schemas.rows import Document

XLINK = 'xmlns:xlink="http://www.w3.org/1999/xlink"'


def one(body: str, back: str = "", more: str = "", meta: str = "") -> Document:
    """The document of a small article."""
    source = (
        f"<article {XLINK}><front><article-meta><title-group><article-title>On mud</article-title>"
        f"</title-group>{meta}</article-meta></front><body>{body}</body><back>{back}</back>{more}"
        "</article>"
    )
    (found,) = jats.read(source.encode(), "file:a.xml")
    assert isinstance(found, Document), found
    return found


def outline(document: Document) -> list[tuple[int, str]]:
    return [(section.level, section.heading) for section in document.sections]


def test_sections_nest_and_hold_their_own_text() -> None:
    found = one(
        "<sec><label>2</label><title>Methods</title><p>Whole.</p>"
        "<sec><title>Part <italic>in vitro</italic></title><p>Deep.</p></sec></sec>"
        "<sec><title>Results</title><p>End.</p></sec>"
    )

    assert outline(found) == [(1, "Methods"), (2, "Part in vitro"), (1, "Results")]
    assert found.text == "# Methods\n\nWhole.\n\n## Part in vitro\n\nDeep.\n\n# Results\n\nEnd."
    deep = found.sections[1]
    assert found.text[deep.start : deep.end] == "Deep."


def test_a_label_stands_in_for_a_missing_title() -> None:
    found = one("<sec><label>2.1</label><p>Text.</p></sec><sec><p>More.</p></sec>")

    assert outline(found) == [(1, "2.1")]
    assert found.text.endswith("More.")


def test_abstracts_come_first_under_their_headings() -> None:
    found = one(
        "<p>Body.</p>",
        meta="<abstract><sec><title>Aims</title><p>To know.</p></sec></abstract>"
        "<abstract abstract-type='graphical'><p>A picture.</p></abstract>"
        "<abstract abstract-type='executive-summary'><title>Digest</title><p>Short.</p></abstract>"
        "<trans-abstract xml:lang='pt'><title>Resumo</title><p>Lama.</p></trans-abstract>",
    )

    assert outline(found)[:5] == [
        (1, "Abstract"), (2, "Aims"), (1, "Graphical abstract"), (1, "Digest"), (1, "Resumo"),
    ]  # fmt: skip


def test_the_end_matter_is_kept_but_for_its_reference_lists() -> None:
    found = one(
        "<p>Body.</p>",
        back="<ack><p>Thanks.</p></ack><fn-group><title>Interests</title><fn><label>1</label>"
        "<p>None.</p></fn></fn-group><app-group><app><title>Proof</title><p>Q.</p></app></app-group>"
        "<notes><title>Data</title><p>Here.</p></notes>"
        "<ref-list><title>References</title><ref id='r'><mixed-citation>Doe 1999. Mud."
        "</mixed-citation></ref></ref-list>",
    )

    headings = [heading for _, heading in outline(found)]
    assert headings == ["", "Acknowledgements", "Interests", "Proof", "Data"]
    assert "1 None." in found.text
    assert "Doe" not in found.text
    assert found.references[0].text == "Doe 1999. Mud."


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("10<sup>6</sup> cells", "10^6 cells"),
        ("5 m<sup>2</sup>", "5 m^2"),
        ("cm<sup>−1</sup>", "cm^−1"),
        ("H<sub>2</sub>O", "H2O"),
        ("Ca<sup>2+</sup>", "Ca2+"),
        ("SO<sub>4</sub><sup>2−</sup>", "SO4^2−"),
        ("the 1<sup>st</sup> of May", "the 1st of May"),
        ("δ<sup>13</sup>C", "δ13C"),
        ("<sup>14</sup>C", "14C"),
        ("Mud<sup>®</sup>", "Mud®"),
        ("x1<sub>2</sub>", "x1_2"),
        ("at 5 <sup>o</sup>C", "at 5 °C"),
        ("so<xref ref-type='fn' rid='f'>1</xref> it is", "so^1 it is"),
    ],
)
def test_raised_numbers_do_not_become_other_numbers(source: str, text: str) -> None:
    assert one(f"<p>{source}</p>").text == text


def test_inline_elements_do_not_split_words_and_blocks_do_not_join_them() -> None:
    found = one(
        "<p>un<italic>do</italic>ing</p><p>next</p><list><list-item><p>a</p></list-item></list>"
        "<p>see\n    <bold>this</bold>\n  line</p>"
    )

    assert found.text == "undoing\n\nnext\n\n- a\n\nsee this line"


def test_lists_nest() -> None:
    found = one(
        "<p>Take:<list list-type='order'><list-item><p>soil</p><list><list-item><p>wet</p>"
        "</list-item><list-item><p>dry</p></list-item></list></list-item>"
        "<list-item><label>2.</label><p>water</p></list-item></list>and wait.</p>"
    )

    assert found.text == "Take:\n\n1. soil\n   - wet\n   - dry\n2. water\n\nand wait."


def test_definitions_quotations_and_verse() -> None:
    found = one(
        "<def-list><def-item><term>mud</term><def><p>wet earth</p></def></def-item></def-list>"
        "<disp-quote><p>All is mud.</p><attrib>Thales</attrib></disp-quote>"
        "<verse-group><verse-line>Mud, mud,</verse-line><verse-line>glorious</verse-line>"
        "</verse-group>"
    )

    assert found.text == ("- mud: wet earth\n\n> All is mud.\n\n> Thales\n\nMud, mud,\nglorious")


def test_a_caption_follows_its_label_and_is_a_block() -> None:
    found = one(
        "<p>Before <xref ref-type='fig' rid='f1'>Fig. 1</xref><fig id='f1'><label>Figure 1</label>"
        "<caption><title>Mud</title><p>Seen from above.</p></caption><graphic xlink:href='x'/>"
        "</fig>"
        " after.</p>"
    )

    assert found.text == "Before Fig. 1 after.\n\nFigure 1. Mud. Seen from above."
    (block,) = found.blocks
    assert found.text[block.start : block.end] == "Figure 1. Mud. Seen from above."
    assert block.kind == "figure"


def test_figures_from_the_end_of_a_file_follow_the_paragraph_that_cites_them() -> None:
    found = one(
        "<p>See <xref ref-type='fig' rid='f1'>Fig. 1</xref>.</p><p>Next.</p>",
        more="<floats-group><fig id='f1'><label>Figure 1</label><caption><p>Mud.</p></caption>"
        "</fig>"
        "<fig id='f2'><label>Figure 2</label><caption><p>Silt.</p></caption></fig></floats-group>",
    )

    assert found.text == "See Fig. 1.\n\nFigure 1. Mud.\n\nNext.\n\nFigure 2. Silt."


def test_code_is_fenced_and_keeps_its_lines() -> None:
    found = one("<code language='python'>for x in y:\n    pass  # ```\n</code>")

    assert found.text == "````python\nfor x in y:\n    pass  # ```\n````"
    assert found.blocks[0].kind == "code"


def test_a_box_is_a_section() -> None:
    found = one(
        "<sec><title>Main</title><boxed-text><label>Box 1</label><caption><title>Aside</title>"
        "</caption><p>In it.</p></boxed-text><p>Out.</p></sec>"
    )

    assert outline(found) == [(1, "Main"), (2, "Aside")]
    assert "Box 1.\n\nIn it.\n\nOut." in found.text


def test_a_note_inside_a_paragraph_follows_it() -> None:
    assert one("<p>One<fn><p>A note.</p></fn> two.</p>").text == "One two.\n\nA note."


def test_an_article_without_text_is_its_title() -> None:
    assert one("").text == "On mud"


TAGS = st.sampled_from(
    "p sec title label list list-item def-list def-item term def fig caption table-wrap table "
    "thead "
    "tbody tr td th sup sub xref fn boxed-text disp-quote disp-formula inline-formula tex-math "
    "alternatives statement speech code monospace ref ref-list mixed-citation "
    "element-citation name "
    "surname fig-group graphic supplementary-material verse-group verse-line floats-group unknown "
    "ack app notes fn-group abstract license contrib-group contrib collab pub-date year".split()
)
TREES = st.recursive(
    st.text("ab1 \n|$", max_size=8),
    lambda inner: st.tuples(TAGS, st.lists(inner, max_size=4)).map(
        lambda made: f"<{made[0]} id='i' rid='i' colspan='3'>{''.join(made[1])}</{made[0]}>"
    ),
    max_leaves=25,
)


@given(TREES, TREES, TREES)
def test_any_tree_gives_a_document_whose_ranges_hold(body: str, back: str, meta: str) -> None:
    found = one(f"<p>Mud.</p>{body}", back, meta=meta)

    assert found.text == found.text.strip("\n")
    for section in found.sections:
        assert 0 <= section.start <= section.end <= len(found.text)
        assert (
            found.text[section.start : section.end].strip()
            == found.text[section.start : section.end]
        )
    for block in found.blocks:
        assert 0 <= block.start < block.end <= len(found.text)
        assert not found.text[block.start].isspace()
