"""A bibliography says of its files what a table does; what is malformed names its line."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from curate.collect import records
from curate.collect.sidecar import apply, load
from schemas.errors import SourceError
from tests.curate.collect.sidecars import DOCUMENT, TEXTS, Write, refused, said

BIB = r"""
% Exported on a rainy day, jane@example.org
@comment{jabref-meta: databaseType:bibtex;}
@string{jl = "Journal of " # {Lattices}}
@preamble{"\newcommand{\x}{y}"}

@article{smith2020,
  title     = {On {G}lass: {\"U}ber die Gl\"aser, $\alpha$-decay \& 5% more},
  author    = {Smith, Jane and M{\"u}ller, J{\o}rg and {NASA Team}
               and van der Berg, Jr., Anna and others},
  journal   = jl,
  year      = 2020, month = may, day = {7},
  doi       = {https://doi.org/10.1000/A\_b},
  license   = {CC-BY-4.0},
  keywords  = {glass, spin},
  langid    = {english},
  eprint    = {2001.00001}, archiveprefix = {arXiv},
  abstract  = {Long.},
  note      = "He said {"}no{"}",
  file      = {Full Text:files/12/smith.pdf:application/pdf;Snapshot:files/13/x.html:text/html}
}

@misc(li2019, title = {Plain}, date = {2019-02-03/2019-04}, howpublished = {in press})
"""


def test_a_bibtex_entry_is_a_documents_columns(write: Write) -> None:
    sidecar = load(write(BIB, "refs.bib"))

    assert said(sidecar, "file:papers/smith.pdf") == {
        "title": r"On Glass: Über die Gläser, $\alpha$-decay & 5% more",
        "authors": ["Jane Smith", "Jørg Müller", "NASA Team", "Anna van der Berg Jr."],
        "journal": "Journal of Lattices", "published": "2020-05-07", "doi": "10.1000/a_b",
        "license": "CC-BY-4.0", "keywords": "glass; spin", "language": "en",
        "arxiv_id": "2001.00001", "archiveprefix": "arXiv", "note": 'He said "no"',
    }  # fmt: skip
    assert said(sidecar, "file:x.html") == said(sidecar, "file:smith.pdf")


def test_an_entry_without_files_is_found_by_its_key_or_doi(write: Write) -> None:
    sidecar = load(write(BIB, "refs.bib"))

    assert said(sidecar, "file:papers/Li2019.pdf")["published"] == "2019-02-03"
    assert said(sidecar, "file:z.pdf", "10.1000/a_B")["license"] == "CC-BY-4.0"
    assert sidecar.of("file:smith2020.pdf", None) is None
    assert sidecar.unused() == []


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("a.pdf", "a.pdf"),
        (":path/a.pdf:PDF", "path/a.pdf"),
        (":a.pdf:PDF;:b.pdf:PDF", "b.pdf"),
        ("Full Text:files/12/a.pdf:application/pdf", "files/12/a.pdf"),
        (r":C\:\\Users\\li\\a.pdf:PDF", "a.pdf"),
        ("Text:C:/Users/li/a.pdf:application/pdf", "a.pdf"),
        (r":a\;b\:c.pdf:PDF", "a;b:c.pdf"),
        (r":home/a{\_}b{\&}c.pdf:pdf", "a_b&c.pdf"),
        (r":home/M{\"{u}}ller.pdf:pdf", "Müller.pdf"),
        (":50%~a.pdf:pdf", "50%~a.pdf"),
    ],
)
def test_files_are_read_as_reference_managers_write_them(
    write: Write, field: str, name: str
) -> None:
    path = write(f"@misc{{k, title = {{x}}, file = {{{field}}}}}", "a.bib")

    assert said(load(path), f"file:{name}") == {"title": "x"}


@pytest.mark.parametrize(
    ("fields", "date"),
    [
        ("year = 2020", "2020"),
        ("year = {2020}, month = 3", "2020-03"),
        ("year = {2020}, month = sept", "2020-09"),
        ("year = {2020}, month = {March 5}", "2020-03-05"),
        ('year = "2020", month = "10~" # jan', "2020-01-10"),
        ("year = {2020}, month = {Spring}", "2020"),
        ("year = {2020 [Online]}", "2020"),
        ("date = {2020-05/2021}", "2020-05"),
        ("year = {in press}", None),
        ("year = {n.d.}", None),
    ],
)
def test_a_date_is_made_of_bibtexs_fields(write: Write, fields: str, date: str | None) -> None:
    values = said(load(write(f"@misc{{k, {fields}}}", "a.bib")), "file:k.pdf")

    assert values.get("published") == date


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("\n@article{a, title = {x}\n\n@misc{b, year = 1}", "a.bib line 2: the entry is not"),
        ("@article{a, title {x}}", "a.bib line 1: the entry is not BibTeX"),
        ("@article{a, title = {x", "a.bib line 1: the entry is not BibTeX"),
        ("@misc{b,}\n\n  @article a, title = x\n", "a.bib line 3: @article begins no entry"),
        ("@article{a,\n title = x}", "a.bib line 2 (a): 'x' stands without braces"),
        ("@article{a,\n title = {x} {y}}", "a.bib line 2 (a): '{y}' follows"),
        ("@misc{a,\n year = {soon}}", "a.bib line 1 (a): the date is 'soon'"),
        ("@misc{a, license = {free}}", "a.bib line 1 (a): license is 'free'"),
        ("@misc{a, kind = {poem}}", "a.bib line 1 (a): kind is 'poem'"),
        ("@misc{a, year = 1,\n year = 2}", "a.bib line 2 (a): year is stated twice"),
        (
            "@misc{a, file = {x.pdf}, title = {1}}\n@misc{b, file = {:x.pdf:PDF}, title = {2}}",
            "a.bib: lines 1 and 2 are both about 'x.pdf' and differ (title: '1' and '2')",
        ),
        ("@misc{a, title = {caf\xe9}}".encode("latin-1"), "a.bib line 1: byte 0xe9 is not UTF-8"),
    ],
)  # fmt: skip
def test_malformed_bibtex_names_its_line(write: Write, text: str | bytes, told: str) -> None:
    assert refused(write(text, "a.bib")).startswith(told)


def test_two_entries_of_one_key_tell_neither_and_are_told(write: Write) -> None:
    sidecar = load(write("@misc{a, title = {1}}\n@misc{a, title = {2}}\n", "a.bib"))

    assert sidecar.of("file:a.pdf", None) is None
    assert sidecar.unused() == ["a (line 1)", "a (line 2)"]


def test_what_is_no_language_or_doi_in_a_bibliography_is_kept_as_it_is(write: Write) -> None:
    path = write("@misc{a, language = {Elvish}, doi = {pending}}", "a.bib")
    changed = apply(DOCUMENT, said(load(path), "file:a.pdf"))

    assert (changed.language, changed.doi) == ("en", None)
    assert json.loads(changed.metadata)["stated_language"] == "Elvish"
    assert json.loads(changed.metadata)["stated_doi"] == "pending"


@pytest.mark.parametrize(
    "text",
    [
        "@a{" * 100_000,
        "@article{x, title={" + "{" * 300_000 + "}" * 300_000 + "}}",
        "@article{x, title={" + "\\emph{" * 1_500 + "}" * 1_500 + "}, file={a.pdf}}",
        "@article{x, title=" + "1 # " * 100_000 + "1}",
        "@article{x, title={" + "\\x " * 600_000 + "}}",
        "@article{" + "k" * 1_000_000 + ", title=}",
        "@" * 1_000_000 + "x",
    ],
    ids=["open", "braces", "macros", "joined", "commands", "key", "at"],
)
def test_hostile_bibtex_is_read_or_refused_fast(write: Write, text: str) -> None:
    path = write(text, "a.bib")
    began = time.perf_counter()

    try:
        load(path)
    except SourceError as error:
        assert "\n" not in str(error)
        assert len(str(error)) < 1000

    assert time.perf_counter() - began < 15


def test_nothing_is_logged(write: Write, caplog: pytest.LogCaptureFixture) -> None:
    refused(write("@article{a, title {x}}", "a.bib"))
    load(write("@article{a, title = {\\frac}}", "a.bib"))

    assert not caplog.records


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXTS)
def test_any_entry_with_braces_that_match_is_rows_or_one_line_of_error(
    write: Write, value: str
) -> None:
    fields = f"title = {{{value}}}, author = {{{value}}}, file = {{{value}}}, year = {{{value}}}"
    path = write(f"@misc{{k, {fields}}}".encode("utf-8", "surrogatepass"), "a.bib")
    try:
        load(path)
    except SourceError as error:
        assert "\n" not in str(error)


@pytest.mark.shared_data
def test_real_bibliographies_are_read_or_say_why_not(shared_data: Path) -> None:
    folders = (shared_data / "joss_md", shared_data / "latex_papers")
    paths = [path for folder in folders for path in sorted(folder.rglob("*.bib"))]
    read, told = [], []
    for path in paths:
        try:
            read.append(load(path))
        except SourceError as error:
            told.append(str(error))

    # One states two journals for an entry, one has `CC BY 4.0/MIT` for a licence.
    assert len(told) <= 2
    assert all("stated twice" in error or "license is" in error for error in told)
    rows = [row for sidecar in read for row in sidecar.unused()]
    assert len(rows) > 1500


@pytest.mark.shared_data
def test_real_entries_name_people_titles_and_dates(shared_data: Path) -> None:
    sidecar = load(shared_data / "joss_md" / "1vanjordanov+PyQMRI.bib")
    name = "Bredies, Kunisch, Pock - 2010 - Total Generalized Variation.pdf"
    values = said(sidecar, f"file:papers/{name}")

    assert values["authors"] == ["Kristian Bredies", "Karl Kunisch", "Thomas Pock"]
    assert values["title"] == "Total Generalized Variation"
    assert (values["published"], values["doi"]) == ("2010-01", "10.1137/090769521")
    assert set(values) & set(records.COLUMNS) == {
        "authors", "title", "published", "doi", "arxiv_id",
    }  # fmt: skip
