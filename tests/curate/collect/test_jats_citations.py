"""Citations point into the list of references, in brackets that are never doubled."""

import pytest

from curate.collect import jats
from curate.collect.jats.references import doi_in
from schemas.rows import Document

REFS = "".join(
    f"<ref id='b{n}'><mixed-citation>Author {n}. Work {n}.</mixed-citation></ref>"
    for n in range(1, 10)
)


def link(number: int, text: str) -> str:
    return f"<xref ref-type='bibr' rid='b{number}'>{text}</xref>"


def one(body: str, refs: str = REFS) -> Document:
    source = f"<article><body>{body}</body><back><ref-list>{refs}</ref-list></back></article>"
    (found,) = jats.read(source.encode(), "file:a.xml")
    assert isinstance(found, Document), found
    return found


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (f"mud [{link(3, '3')}].", "mud [3]."),
        (f"mud {link(3, '[3]')}.", "mud [3]."),
        (f"mud ({link(3, '3')}).", "mud [3]."),
        (f"mud ([{link(3, '3')}]).", "mud [3]."),
        (f"mud\xa0\n({link(3, '3')}, {link(5, '5')})silt", "mud [3,5] silt"),
        (f"mud<sup>{link(3, '3')}</sup>.", "mud [3]."),
        (f"mud.<sup>{link(3, '3')},{link(5, '5')}</sup> Silt", "mud. [3,5] Silt"),
        (f"mud [{link(3, '3')}, {link(5, '5')}]", "mud [3,5]"),
        (f"mud {link(3, '[3]')}, {link(5, '[5]')}", "mud [3,5]"),
        (f"mud [{link(3, '3')}–{link(7, '7')}]", "mud [3]–[7]"),
        (f"mud ({link(3, 'Doe et al., 2008')})", "mud (Doe et al., 2008 [3])"),
        (f"Doe ({link(3, '2008')})", "Doe (2008 [3])"),
        ("mud [<xref ref-type='bibr' rid='b3 b4'>3, 4</xref>]", "mud [3,4]"),
        ("mud <xref rid='nothing'>7</xref>", "mud 7"),
        ("mud [<xref rid='b2'>2</xref>]", "mud [2]"),
    ],
)
def test_a_citation_is_a_number_in_brackets(source: str, text: str) -> None:
    assert one(f"<p>{source}</p>").text == text


def test_a_number_is_the_place_in_the_list_whatever_was_printed() -> None:
    assert one(f"<p>mud [{link(3, '17')}]</p>").text == "mud [3]"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (
            "<element-citation><person-group person-group-type='author'><name><surname>"
            "Doe</surname>"
            "<given-names>J</given-names></name><name><surname>Roe</surname><given-names>R</given-names>"
            "</name><etal/></person-group><article-title>On mud</article-title><source>J "
            "Mud</source>"
            "<year>2008</year><volume>3</volume><fpage>1</fpage><lpage>9</lpage></element-citation>",
            "Doe J, Roe R, et al. (2008). On mud. J Mud 3:1–9.",
        ),
        (
            "<mixed-citation><name><surname>Doe</surname><given-names>J</given-names></name>,"
            " <year>2008</year> <article-title>On H<sub>2</sub>O</article-title>. <source>J "
            "Mud</source>"
            " <pub-id pub-id-type='pmid'>123</pub-id></mixed-citation>",
            "Doe J, 2008 On H2O. J Mud",
        ),
        (
            "<citation-alternatives><element-citation><year>1</year></element-citation>"
            "<mixed-citation>As printed.</mixed-citation></citation-alternatives>",
            "As printed.",
        ),
        ("<note><p>A remark.</p></note>", "A remark."),
    ],
)
def test_a_reference_reads_as_printed(source: str, text: str) -> None:
    assert one("<p>x</p>", f"<ref id='b1'>{source}</ref>").references[0].text == text


@pytest.mark.parametrize(
    "source",
    [
        "<element-citation><source>J</source><pub-id pub-id-type='doi'>10.1000/AbC</pub-id>"
        "</element-citation>",
        "<mixed-citation>Doe. Mud. doi: 10.1000/abc.</mixed-citation>",
        "<mixed-citation xmlns:xlink='http://www.w3.org/1999/xlink'>Doe. Mud. <ext-link "
        "xlink:href='https://doi.org/10.1000/abc'>link</ext-link></mixed-citation>",
    ],
)
def test_a_reference_has_its_doi(source: str) -> None:
    assert one("<p>x</p>", f"<ref>{source}</ref>").references[0].doi == "10.1000/abc"


@pytest.mark.parametrize(
    ("text", "doi"),
    [
        ("https://doi.org/10.1016/S0140-6736(05)67728-8).", "10.1016/s0140-6736(05)67728-8"),
        ("(doi:10.1000/xyz)", "10.1000/xyz"),
        ("10.1000/xyz.", "10.1000/xyz"),
        ("10.1000/xyzPMID:123", "10.1000/xyz"),
        ("10.1000/xyz.Epub2010", "10.1000/xyz"),
        ("10.1000/xyz&gt", "10.1000/xyz"),
        ("version 10.4", None),
    ],
)
def test_a_doi_ends_where_its_sentence_goes_on(text: str, doi: str | None) -> None:
    assert doi_in(text) == doi
