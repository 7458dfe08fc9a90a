"""What an article says of itself: title, people, dates, kind, relations; sets and sub-articles."""

import json

import pytest

from curate.collect import jats
from curate.collect.jats.kinds import kind_of
from schemas.rows import Document, Failure

META = """
<journal-meta><journal-title-group><journal-title>Mud Letters</journal-title></journal-title-group>
<publisher><publisher-name>Silt</publisher-name></publisher></journal-meta>
<article-meta>
 <article-id pub-id-type="pmid">123</article-id><article-id pub-id-type="pmc">456</article-id>
 <article-id pub-id-type="doi">10.1000/MUD</article-id>
 <article-categories><subj-group subj-group-type="heading"><subject>Research Article</subject>
 </subj-group><subj-group><subject>Geology</subject><subj-group><subject>Sediment</subject></subj-group>
 </subj-group></article-categories>
 <title-group><article-title>On <italic>mud</italic><xref ref-type="fn"
 rid="f">*</xref></article-title>
 <subtitle>A study</subtitle></title-group>
 <contrib-group>
  <contrib
 contrib-type="author"><name><surname>Doe</surname><given-names>Jane</given-names></name></contrib>
  <contrib contrib-type="author"><collab>The Mud Group<contrib-group><contrib><name>
   <surname>In</surname></name></contrib></contrib-group></collab></contrib>
  <contrib
 contrib-type="author"><name-alternatives><name><surname>Li</surname><given-names>Wei</given-names>
   </name><name xml:lang="zh"><surname>李</surname></name></name-alternatives></contrib>
  <contrib
 contrib-type="editor"><name><surname>Roe</surname><given-names>R</given-names></name></contrib>
 </contrib-group>
 <pub-date pub-type="ppub"><month>12</month><year>2011</year></pub-date>
 <pub-date pub-type="epub"><day>5</day><month>3</month><year>2012</year></pub-date>
 <pub-date pub-type="pmc-release"><day>1</day><month>1</month><year>2010</year></pub-date>
 <kwd-group><kwd>mud</kwd><kwd>silt</kwd></kwd-group>
 <kwd-group kwd-group-type="abbreviations"><kwd>M, mud</kwd></kwd-group>
</article-meta>
"""


def documents(source: str) -> list[Document]:
    found = list(jats.read(source.encode(), "file:a.xml"))
    assert all(isinstance(one, Document) for one in found), found
    return [one for one in found if isinstance(one, Document)]


def test_the_front_matter_fills_the_columns() -> None:
    (found,) = documents(
        f'<article article-type="research-article" xml:lang="en-GB"><front>{META}</front></article>'
    )

    assert found.title == "On mud: A study"
    assert found.authors == ["Jane Doe", "The Mud Group", "Wei Li"]
    assert (found.doi, found.pmcid, found.language) == ("10.1000/mud", "PMC456", "en")
    assert (found.published, found.kind, found.form) == ("2012-03-05", "research", "jats")
    assert json.loads(found.metadata) == {
        "journal": "Mud Letters", "publisher": "Silt", "pmid": "123", "subjects": "Geology; "
        "Sediment",
        "keywords": "mud; silt", "article_type": "research-article",
    }  # fmt: skip


def test_feeds_with_a_namespace_are_read() -> None:
    (found,) = documents(
        "<OAI-PMH xmlns='http://www.openarchives.org/OAI/2.0/'><ListRecords><record><metadata>"
        "<article xmlns='https://jats.nlm.nih.gov/ns/archiving/1.3/'><front><article-meta>"
        "<article-id pub-id-type='pmc'>7</article-id></article-meta></front><body><p>Mud.</p>"
        "</body>"
        "</article></metadata></record></ListRecords></OAI-PMH>"
    )

    assert (found.text, found.source) == ("Mud.", "file:a.xml#PMC7")


def test_a_set_gives_one_document_an_article_and_tells_where_it_breaks() -> None:
    whole = "".join(f"<article><body><p>{text}</p></body></article>" for text in ("A.", "B."))
    found = list(jats.read(f"<articles>{whole}<article><body>".encode(), "s"))

    assert [one.text for one in found if isinstance(one, Document)] == ["A.", "B."]
    assert isinstance(found[-1], Failure)
    assert found[-1].reason == "unreadable"


def test_reviews_replies_and_translations_are_documents_of_their_own() -> None:
    main, letter, reply, other = documents(
        f"<article><front>{META}</front><body><p>Main.</p></body><back><ref-list><ref id='r1'>"
        "<mixed-citation>Doe.</mixed-citation></ref></ref-list></back>"
        "<sub-article id='s1' article-type='decision-letter'><front-stub><article-id "
        "pub-id-type='doi'>"
        "10.1000/s1</article-id></front-stub><body><p>No.</p></body></sub-article>"
        "<response response-type='reply' id='s2'><body><p>Yes.</p></body></response>"
        "<sub-article article-type='translation' xml:lang='es'><body><p>Lodo [<xref rid='r1'>"
        "1</xref>]"
        "</p></body></sub-article></article>"
    )

    assert (main.source, main.text) == ("file:a.xml", "Main.")
    assert (letter.source, letter.kind, letter.doi) == ("file:a.xml#s1", "letter", "10.1000/s1")
    assert json.loads(letter.metadata)["part_of"] == "10.1000/mud"
    assert (reply.source, reply.kind, reply.published) == ("file:a.xml#s2", "letter", "2012-03-05")
    assert (other.language, other.references) == ("es", main.references)


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("retracted-article", "retracts"),
        ("corrected-article", "corrects"),
        ("commentary-article", "comments_on"),
    ],
)
def test_an_article_names_the_one_that_it_is_about(kind: str, key: str) -> None:
    (found,) = documents(
        "<article xmlns:xlink='http://www.w3.org/1999/xlink'><front><article-meta><title-group>"
        f"<article-title>T</article-title></title-group><related-article "
        f"related-article-type='{kind}' "
        "ext-link-type='doi' xlink:href='info:doi/10.1000/OLD'/></article-meta></front></article>"
    )

    assert json.loads(found.metadata)[key] == "10.1000/old"


@pytest.mark.parametrize(
    ("article_type", "subjects", "title", "kind"),
    [
        ("research-article", [], "On mud", "research"),
        ("review-article", [], "On mud", "review"),
        ("case-report", [], "", "case-report"),
        ("retraction", [], "", "retraction"),
        ("research-article", ["Retraction"], "", "retraction"),
        ("other", [], "Retraction: On mud", "retraction"),
        ("research-article", [], "Correction to: On mud", "correction"),
        ("other", [], "Erratum for Doe", "correction"),
        ("research-article", [], "Correction of anaemia in mice", "research"),
        ("research-article", [], "RETRACTED: On mud", "research"),
        ("other", [], "Expression of Concern: On mud", "concern"),
        ("expression-of-concern", [], "", "concern"),
        ("other", ["Editorial"], "", "editorial"),
        ("", ["Letter to the Editor"], "", "letter"),
        ("research-article", ["Perspective"], "", "research"),
        ("other", [], "", "other"),
        ("", [], "", "research"),
        ("book-review", [], "", "book-review"),
        ("reply", [], "", "letter"),
        ("meeting-abstract", [], "", "abstract"),
    ],
)
def test_a_kind_comes_from_type_then_subjects_then_title(
    article_type: str, subjects: list[str], title: str, kind: str
) -> None:
    assert kind_of(article_type, subjects, title) == kind


@pytest.mark.parametrize(
    ("dates", "published"),
    [
        ("<pub-date><season>Spring</season><year>2001</year></pub-date>", "2001"),
        ("<pub-date><month>Sept</month><year>2001</year></pub-date>", "2001-09"),
        ("<pub-date iso-8601-date='2001-02-03'/>", "2001-02-03"),
        ("<permissions><copyright-year>1999</copyright-year></permissions>", "1999"),
        ("<history><date date-type='received'><year>1998</year></date></history>", None),
    ],
)
def test_a_date_is_as_precise_as_known(dates: str, published: str | None) -> None:
    (found,) = documents(
        "<article><front><article-meta><title-group><article-title>T</article-title></title-group>"
        f"{dates}</article-meta></front></article>"
    )

    assert found.published == published
