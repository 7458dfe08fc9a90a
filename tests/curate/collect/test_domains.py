"""A document's field follows from its headings; where they say nothing, none is made up."""

import gzip
import json
import statistics
import time
from collections import Counter
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from curate.collect.domains import Domain, derive
from curate.collect.domains.arxiv import CATEGORIES, DIFFERENT, SUBCLASSES
from curate.collect.domains.phrases import lexicon, stem

FIELDS = set(get_args(Domain))


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (["Biology and Life Sciences/Genetics", "Research Article"], "biology"),
        (["Ecology and Environmental Sciences", "Plant Ecology"], "biology"),
        (["Pharmacology", "Cytokines"], "biomedicine"),
        (["Case Report"], "clinical"),
        (["Public Health and Epidemiology"], "clinical"),
        (["Physical Sciences/Mathematics/Algebra"], "mathematics"),
        (["Earth Sciences/Geology"], "geoscience"),
        (["Organic Chemistry"], "chemistry"),
        (["Marine and Aquatic Sciences"], "ocean science"),
        (["Physics and Astronomy"], "physics"),
        (["Computer and information sciences"], "computing"),
        (["Multidisciplinary"], "multi-domain"),
        (["News"], "general"),
        (["Science education"], "general"),
    ],
)
def test_subject_groups_name_a_field(terms: list[str], field: str) -> None:
    assert derive(terms) == field


@pytest.mark.parametrize(
    ("headings", "field"),
    [
        ("Neoplasms/genetics; Mice; Cell Line, Tumor; Antineoplastic Agents", "biomedicine"),
        ("Humans; Male; Female; Adult; Middle Aged; Treatment Outcome; Asthma", "clinical"),
        ("Animals; Hemodynamics; Rats; Disease Models, Animal", "biomedicine"),
        ("Humans; Appendectomy; Postoperative Complications", "clinical"),
        ("Arabidopsis; Gene Expression Regulation, Plant; Plant Proteins", "biology"),
    ],
)
def test_mesh_headings_tell_patients_from_mechanisms_and_organisms(
    headings: str, field: str
) -> None:
    assert derive(headings.split("; ")) == field


@pytest.mark.parametrize(
    ("category", "field"),
    [
        ("cond-mat.soft", "physics"),
        ("math.NA", "mathematics"),
        ("cs.NA", "mathematics"),
        ("q-bio.GN", "biology"),
        ("q-bio.TO", "biomedicine"),
        ("physics.ao-ph", "geoscience"),
        ("physics.geo-ph", "geoscience"),
        ("physics.chem-ph", "chemistry"),
        ("cs.LG", "computing"),
        ("stat.ML", "computing"),
        ("stat.ME", "mathematics"),
        ("eess.SP", "computing"),
        ("astro-ph.GA", "physics"),
        ("math-ph", "mathematics"),
        ("hep-th", "physics"),
        ("cmp-lg", "computing"),
        ("Machine Learning (cs.LG)", "computing"),
        ("econ", None),
        ("q-fin.GN", None),
        ("q-fin.MF", "mathematics"),
    ],
)
def test_an_arxiv_category_has_a_field(category: str, field: str | None) -> None:
    assert derive([category]) == field


def test_the_table_holds_all_of_arxivs_categories_and_no_other() -> None:
    merged_before_2008 = 18
    with_classes = set(SUBCLASSES)

    categories = [name for name in CATEGORIES if name not in with_classes]

    assert len(categories) - merged_before_2008 == 155
    assert set(DIFFERENT) <= set(CATEGORIES)
    assert {field for fields in CATEGORIES.values() for field in fields} <= FIELDS


def test_a_title_turns_atmospheric_and_oceanic_physics_to_the_ocean() -> None:
    assert derive(["physics.ao-ph"], None, "Ocean circulation below the sea ice") == "ocean science"


def test_the_primary_category_outweighs_two_cross_lists() -> None:
    assert derive(["hep-ph", "cs.LG", "stat.ML"]) == "physics"


@pytest.mark.parametrize(
    ("journal", "field"),
    [
        ("PLOS Computational Biology", "biology"),
        ("Frontiers in Marine Science", "ocean science"),
        ("BMC Bioinformatics", "biology"),
        ("Journal of Open Source Education", "general"),
        ("Journal of Open Source Software", "computing"),
        ("Journal of Surgical Case Reports", "clinical"),
        ("Frontiers in Pharmacology", "biomedicine"),
        ("Physical Review E", "physics"),
        ("PLoS ONE", None),
        ("Scientific Reports", None),
    ],
)
def test_a_journals_name_is_enough_where_it_names_a_field(journal: str, field: str | None) -> None:
    assert derive(["Research Article"], journal) == field


def test_headings_outvote_the_journal() -> None:
    assert derive(["Epidemiology", "Public Health"], "Journal of Chemistry") == "clinical"


def test_one_word_of_a_title_is_not_enough() -> None:
    assert derive([], None, "Teaching a model to fish") is None


def test_three_fields_evenly_are_several_domains() -> None:
    assert derive(["Chemistry", "Physics", "Mathematics"]) == "multi-domain"


def test_biology_biomedicine_and_clinical_together_are_one_field_of_three() -> None:
    assert derive(["Genetics", "Pharmacology", "Surgery", "Physics", "Chemistry"]) == "biology"


def test_two_fields_are_not_several_domains() -> None:
    assert derive(["Chemistry", "Physics"]) in {"chemistry", "physics"}


@pytest.mark.parametrize(
    "terms", [[], ["Research Article"], [""], ["/"], ["Social Sciences"], ["Sociology"], ["1506"]]
)
def test_what_says_nothing_gives_none(terms: list[str]) -> None:
    assert derive(terms) is None
    assert derive(terms, "", "") is None


def test_a_title_about_news_is_not_for_general_interest() -> None:
    assert derive([], None, "News, news and science education: classifying news") != "general"


def test_every_listed_phrase_votes_for_known_fields_only() -> None:
    votes = [pair for pairs in lexicon().phrases.values() for pair in pairs]

    assert {field for field, _ in votes} == FIELDS
    assert all(0 < n <= 1 for _, n in votes)


@pytest.mark.parametrize(
    ("word", "bare"),
    [("genes", "gene"), ("studies", "study"), ("virus", "virus"), ("mass", "mass")],
)
def test_a_plural_is_its_word(word: str, bare: str) -> None:
    assert stem(word) == bare


@given(st.lists(st.text()), st.none() | st.text(), st.none() | st.text())
def test_any_text_has_a_known_field_or_none_and_the_same_each_time(
    terms: list[str], journal: str | None, title: str | None
) -> None:
    field = derive(terms, journal, title)

    assert field is None or field in FIELDS
    assert derive(terms, journal, title) == field


def test_a_hostile_heading_takes_no_time() -> None:
    began = time.perf_counter()

    derive(["plant " * 1_000_000, "a/" * 1_000_000, "(" * 1_000_000 + ")"], "x" * 1_000_000)

    assert time.perf_counter() - began < 2


def front(path: Path) -> tuple[list[str], str | None, str | None]:
    """Subjects, journal and title of a JATS article."""
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False)
    article = etree.parse(path, parser).getroot()
    subjects = ["".join(node.itertext()) for node in article.iterfind("front//subject")]
    journal = article.find("front//journal-title")
    title = article.find("front//article-title")
    return (
        [" ".join(subject.split()) for subject in subjects],
        None if journal is None else "".join(journal.itertext()),
        None if title is None else "".join(title.itertext()),
    )


@pytest.mark.shared_data
def test_papers_about_crops_are_mostly_biology_and_few_stay_unknown(shared_data: Path) -> None:
    files = sorted((shared_data / "jats_epmc_crops" / "xml").glob("*.xml"))[::4]
    fields = Counter(derive(*front(file)) for file in files)

    assert fields["biology"] / len(files) > 0.55
    assert fields[None] / len(files) < 0.2
    assert fields["computing"] + fields["physics"] + fields["mathematics"] == 0


@pytest.mark.shared_data
def test_mesh_headings_of_questions_about_patients_are_clinical_or_biomedical(
    shared_data: Path,
) -> None:
    held = json.loads((shared_data / "science/pubmedqa/pqal_train500.json").read_text("utf-8"))
    fields = Counter(derive(record["MESHES"]) for record in held.values())

    assert (fields["clinical"] + fields["biomedicine"]) / len(held) > 0.9


@pytest.mark.shared_data
def test_every_real_category_is_known_and_a_call_is_fast(shared_data: Path) -> None:
    with gzip.open(shared_data / "arxiv_abstracts" / "arxiv_abstracts.jsonl.gz", "rt") as lines:
        rows = [json.loads(line) for line in lines][::10]
    listed = [row for row in rows if row["category"]]
    seconds = []
    for row in listed:
        began = time.perf_counter()
        derive([row["category"]], "Physical Review E", row["title"])
        seconds.append(time.perf_counter() - began)

    assert {row["category"] for row in listed} <= set(CATEGORIES)
    # Some 30 µs where nothing else runs; the machine may be shared.
    assert statistics.median(seconds) < 500e-6
