"""PubMed's records: one document each, streamed, with what the National Library says of them."""

import json
import tracemalloc

from curate.collect import jats
from curate.collect.medline import kind_of
from schemas.rows import Document, Failure

CITATION = """
<MedlineCitation Status="MEDLINE"><PMID Version="1">{pmid}</PMID>
 <Article><Journal><JournalIssue><PubDate><Year>2019</Year><Month>May</Month></PubDate></JournalIssue>
  <Title>Mud letters</Title></Journal><ArticleTitle>On <i>mud</i> and H<sub>2</sub>O.</ArticleTitle>
  <ELocationID EIdType="doi" ValidYN="Y">10.1000/MUD</ELocationID>
  <Abstract><AbstractText Label="BACKGROUND">Mud is old.</AbstractText>
   <AbstractText Label="METHODS AND SITES">We dug.</AbstractText>
   <CopyrightInformation>Copyright 2019 Silt.</CopyrightInformation></Abstract>
  <AuthorList><Author><LastName>Doe</LastName><ForeName>Jane</ForeName></Author>
   <Author><CollectiveName>Mud Group</CollectiveName></Author></AuthorList>
  <Language>eng</Language><PublicationTypeList><PublicationType>Journal Article</PublicationType>
   <PublicationType>{type}</PublicationType></PublicationTypeList>
  <ArticleDate><Year>2019</Year><Month>04</Month><Day>02</Day></ArticleDate></Article>
 <CommentsCorrectionsList>{relations}</CommentsCorrectionsList>
 <MeshHeadingList><MeshHeading><DescriptorName>Soil</DescriptorName><QualifierName>x</QualifierName>
 </MeshHeading></MeshHeadingList><KeywordList><Keyword>mud</Keyword></KeywordList></MedlineCitation>
"""
DATA = """<PubmedData><ArticleIdList><ArticleId IdType="pmc">PMC9</ArticleId></ArticleIdList>
<ReferenceList><Reference><Citation>Doe. Silt.</Citation><ArticleIdList><ArticleId
 IdType="doi">10.1000/s
</ArticleId></ArticleIdList></Reference></ReferenceList></PubmedData>"""


def record(pmid: int = 1, kind: str = "Review", relations: str = "") -> str:
    citation = CITATION.format(pmid=pmid, type=kind, relations=relations)
    return f"<PubmedArticle>{citation}{DATA}</PubmedArticle>"


def read(source: str) -> list[Document | Failure]:
    return list(jats.read(source.encode(), "file:p.xml"))


def one(source: str) -> Document:
    (found,) = read(source)
    assert isinstance(found, Document), found
    return found


def test_a_record_fills_the_columns() -> None:
    found = one(f"<PubmedArticleSet>{record()}</PubmedArticleSet>")

    assert found.source == "file:p.xml#1"
    assert found.title == "On mud and H2O"
    assert found.text == (
        "# Abstract\n\n## Background\n\nMud is old.\n\n## Methods and sites\n\nWe dug."
    )
    assert [section.level for section in found.sections] == [1, 2, 2]
    assert found.authors == ["Jane Doe", "Mud Group"]
    assert (found.doi, found.pmcid, found.published) == ("10.1000/mud", "PMC9", "2019-04-02")
    assert (found.language, found.kind, found.form) == ("en", "review", "medline")
    assert found.references[0].doi == "10.1000/s"
    metadata = json.loads(found.metadata)
    assert (metadata["pmid"], metadata["subjects"], metadata["keywords"]) == ("1", "Soil", "mud")
    assert (metadata["journal"], metadata["license"]) == ("Mud letters", "Copyright 2019 Silt.")


def test_a_retraction_names_what_it_retracts() -> None:
    relation = (
        '<CommentsCorrections RefType="RetractionOf"><RefSource>Mud. doi: 10.1000/old</RefSource>'
        "<PMID>77</PMID></CommentsCorrections>"
    )
    found = one(record(1, "Retraction of Publication", relation))

    assert found.kind == "retraction"
    assert json.loads(found.metadata)["retracts"] == "10.1000/old"


def test_a_retracted_work_names_its_retraction() -> None:
    relation = '<CommentsCorrections RefType="RetractionIn"><PMID>78</PMID></CommentsCorrections>'
    found = one(record(1, "Retracted Publication", relation))

    assert found.kind == "research"
    assert json.loads(found.metadata)["retracted_by"] == "pmid:78"


def test_a_record_without_abstract_is_its_title() -> None:
    found = one(
        "<MedlineCitationSet><MedlineCitation><PMID>5</PMID><Article><ArticleTitle>[On mud.]"
        "</ArticleTitle><Language>fre</Language></Article></MedlineCitation></MedlineCitationSet>"
    )

    assert (found.text, found.title, found.language) == ("On mud", "On mud", "fr")


def test_a_broken_set_gives_the_records_before_the_break() -> None:
    found = read(f"<PubmedArticleSet>{record(1)}{record(2)}<PubmedArticle><Medl")

    assert [type(item) for item in found] == [Document, Document, Failure]


def test_types_tell_the_kind_by_weight() -> None:
    assert kind_of(["Journal Article"]) == "research"
    assert kind_of(["Letter", "Comment"]) == "letter"
    assert kind_of(["Case Reports", "Letter"]) == "case-report"
    assert kind_of(["Published Erratum"]) == "correction"
    assert kind_of(["Historical Article", "Comparative Study"]) == "research"


def test_a_large_set_is_not_held_in_memory() -> None:
    source = f"<PubmedArticleSet>{''.join(map(record, range(3000)))}</PubmedArticleSet>".encode()
    tracemalloc.start()
    n_records = sum(isinstance(item, Document) for item in jats.read(source, "file:p.xml"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert n_records == 3000
    assert peak < 20_000_000
