"""What a person states of a file replaces what was found; what is not understood is an error."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.collect import records
from curate.collect.sidecar import Sidecar, apply, load
from schemas.errors import SourceError
from schemas.rows import Document, Section

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str | bytes, name: str = "papers.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def said(sidecar: Sidecar, source: str, doi: str | None = None) -> dict[str, Any]:
    values = sidecar.of(source, doi)
    assert values is not None
    return dict(values)


def refused(path: Path) -> str:
    with pytest.raises(SourceError) as error:
        load(path)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 1000 + len(str(path))
    return str(error.value).replace(str(path), path.name)


def test_a_row_of_a_table_is_a_documents_columns(write: Write) -> None:
    path = write(
        "File,DOI,Title,Authors,Licence,Domain,Language,Year,"
        "Journal,Kind,PMCID,arXiv-ID,Keywords,Lab\n"
        "a.pdf,https://doi.org/10.1000/AbC,On lattices,Jane Smith; Bo Li,CC BY 4.0,physics,en-GB,"
        '2021,J. Latt.,review,77,arXiv:2101.00001,"glass, spin ",B12\n'
    )

    assert said(load(path), "file:a.pdf") == {
        "doi": "10.1000/abc", "title": "On lattices", "authors": ["Jane Smith", "Bo Li"],
        "license": "CC-BY-4.0", "domain": "physics", "language": "en", "published": "2021",
        "kind": "review", "pmcid": "PMC77", "arxiv_id": "2101.00001",
        "journal": "J. Latt.", "keywords": "glass; spin", "Lab": "B12",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("file\ttitle\na.pdf\tOn: glass, 2; more\n", "a.tsv"),
        ('file;title\na.pdf;"On: glass, 2; more"\n', "a.csv"),
        ('\ufefffile,title\r\n\r\na.pdf,"On: glass, 2; more"\r\n', "a.csv"),
    ],
)
def test_separators_marks_and_line_ends_of_spreadsheets_are_read(
    write: Write, text: str, name: str
) -> None:
    assert said(load(write(text, name)), "file:a.pdf") == {"title": "On: glass, 2; more"}


def test_a_spreadsheets_unicode_text_is_read(write: Write) -> None:
    path = write("file\ttitle\na.pdf\tÜber Glas\n".encode("utf-16"), "a.tsv")

    assert said(load(path), "file:a.pdf") == {"title": "Über Glas"}


def test_an_empty_cell_says_nothing(write: Write) -> None:
    assert said(load(write("file,title,doi,license\na.pdf, ,,\n")), "file:a.pdf") == {}


def test_of_two_dates_the_more_telling_column_counts(write: Write) -> None:
    assert said(load(write("file,year,date\na.pdf,2020,2020-03-04\n")), "file:a.pdf") == {
        "published": "2020-03-04", "year": "2020",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("Smith, Jane; Li, Bo", ["Jane Smith", "Bo Li"]),
        ("Jane Smith and Bo Li", ["Jane Smith", "Bo Li"]),
        ("Jane Smith, Bo Li, Ada B. Roe", ["Jane Smith", "Bo Li", "Ada B. Roe"]),
        ("Smith, Jane", ["Jane Smith"]),
        ("van der Berg, Anna Maria", ["Anna Maria van der Berg"]),
        ("Jane Smith", ["Jane Smith"]),
    ],
)
def test_authors_are_told_apart(write: Write, cell: str, names: list[str]) -> None:
    assert said(load(write(f'file,authors\na.pdf,"{cell}"\n')), "file:a.pdf")["authors"] == names


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("file,license\na.pdf,MIT\nb.pdf,free\n", "papers.csv line 3: license is 'free'"),
        ("file,kind\na.pdf,poem\n", "papers.csv line 2: kind is 'poem'; allowed are research"),
        ("file,date\na.pdf,soon\n", "papers.csv line 2: the date is 'soon'"),
        ("file,date\na.pdf,2020-13\n", "papers.csv line 2: the date is '2020-13'"),
        ("file,doi\na.pdf,n/a\n", "papers.csv line 2: doi is 'n/a'"),
        ("file,language\na.pdf,Elvish\n", "papers.csv line 2: language is 'Elvish'"),
        ('file,authors\na.pdf,"Li, B., Roe, C."\n', "papers.csv line 2: authors is"),
        ("file,doi\n,\n,10.1000/1\ntitle,\n,,x\n", "papers.csv line 5: 3 cells"),
        ("file,title\n,On glass\n", "papers.csv line 2: names neither a file nor a DOI"),
        ("title,year\nOn glass,2020\n", "papers.csv line 1: no column says which file"),
        ("file,title,Title\na.pdf,x,y\n", "papers.csv line 1: 'title' names two columns"),
        ('file,title\na.pdf,"x"y\n', "papers.csv line 2: not a table"),
        ('file,title\na.pdf,"x\n', "papers.csv line 2: not a table"),
        (
            "file,title\na.pdf,x\nb.pdf,z\na.pdf,y\n",
            "papers.csv: lines 2 and 4 are both about 'a.pdf' and differ (title: 'x' and 'y')",
        ),
        (b"file,title\na.pdf,caf\xe9\n", "papers.csv line 2: byte 0xe9 is not UTF-8"),
        (b"file\0\n", "papers.csv line 1: holds a NUL"),
        ("", "papers.csv: holds nothing"),
        (" \n", "papers.csv: holds nothing"),
    ],
)
def test_what_is_not_understood_names_its_line(write: Write, table: str | bytes, told: str) -> None:
    assert refused(write(table)).startswith(told)


def test_a_repeated_row_that_says_the_same_is_one(write: Write) -> None:
    assert len(load(write("file,title\na.pdf,x\na.pdf,x\n"))) == 1


def test_a_row_after_a_cell_of_several_lines_has_its_own_line(write: Write) -> None:
    path = write('file,title,license\na.pdf,"On\nglass",MIT\nb.pdf,x,free\n')

    assert refused(path).startswith("papers.csv line 4: license")


@pytest.mark.parametrize("name", ["papers.xlsx", "papers"])
def test_another_form_is_refused(write: Write, name: str) -> None:
    assert "one of .csv, .tsv, .bib" in refused(write("file\n", name))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert "No such file" in refused(tmp_path / "absent.csv")


@pytest.mark.parametrize(
    "text",
    [
        b"file," + b"x," * 1_000_000 + b"y\n",
        b"file,title\na.pdf," + b"x" * 10_000_000,
        b"x" * 200_000_000,
        b"file,title\n" + b'"' * 1_000_001,
    ],
    ids=["columns", "cell", "line", "marks"],
)
def test_a_hostile_table_is_one_line_of_error_and_fast(write: Write, text: bytes) -> None:
    path = write(text)
    began = time.perf_counter()

    refused(path)

    assert time.perf_counter() - began < 10


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


def test_a_name_fits_any_folder_and_the_longest_path_counts(write: Write) -> None:
    sidecar = load(write("path,title\na.pdf,any\nsub/a.pdf,sub\n./sub\\b.pdf,b\n"))

    assert said(sidecar, "file:a.pdf")["title"] == "any"
    assert said(sidecar, "file:papers/other/a.pdf")["title"] == "any"
    assert said(sidecar, "file:papers/sub/a.pdf")["title"] == "sub"
    assert said(sidecar, "file:papers/sub/b.pdf")["title"] == "b"


def test_a_path_in_another_folder_is_another_file(write: Write) -> None:
    assert load(write("path,title\nx/a.pdf,x\n")).of("file:y/a.pdf", None) is None


def test_a_path_from_the_root_was_another_machines(write: Write) -> None:
    sidecar = load(write("path,title\n/home/li/a.pdf,x\nC:\\papers\\b.pdf,y\n"))

    assert said(sidecar, "file:papers/a.pdf")["title"] == "x"
    assert said(sidecar, "file:b.pdf")["title"] == "y"


def test_case_counts_first_and_is_then_let_go(write: Write) -> None:
    sidecar = load(write("file,title\nA.pdf,upper\na.pdf,lower\nB.PDF,b\n"))

    assert said(sidecar, "file:a.pdf")["title"] == "lower"
    assert said(sidecar, "file:A.pdf")["title"] == "upper"
    assert said(sidecar, "file:b.pdf")["title"] == "b"
    assert sidecar.of("file:A.PDF", None) is None


def test_a_name_without_suffix_is_enough(write: Write) -> None:
    sidecar = load(write("name,title\nsmith 2020. On glass,x\n"))

    assert said(sidecar, "file:Smith 2020. On glass.pdf")["title"] == "x"


def test_composed_and_decomposed_letters_are_one(write: Write) -> None:
    sidecar = load(write("file,title\nm\u00fcller.pdf,x\n"))

    assert said(sidecar, "file:mu\u0308ller.pdf")["title"] == "x"


def test_a_doi_is_tried_last_and_in_any_form(write: Write) -> None:
    sidecar = load(write("file,doi,title\nb.pdf,10.1000/X,x\n"))

    assert said(sidecar, "file:z.pdf", "https://doi.org/10.1000/x")["title"] == "x"
    assert said(sidecar, "hub:dataset#3", "10.1000/x")["title"] == "x"
    assert sidecar.of("file:z.pdf", None) is None
    assert sidecar.of("pkg:b.pdf", None) is None


def test_a_doi_of_two_files_tells_neither(write: Write) -> None:
    sidecar = load(write("file,doi,title\na.pdf,10.1000/1,x\nb.pdf,10.1000/1,y\n"))

    assert sidecar.of("file:z.pdf", "10.1000/1") is None
    assert said(sidecar, "file:b.pdf", "10.1000/1")["title"] == "y"


def test_rows_that_no_file_asked_for_are_told_and_the_others_once(write: Write) -> None:
    sidecar = load(write("file,title\na.pdf,x\nb.pdf,y\n"))
    sidecar.of("file:p/a.pdf", None)
    sidecar.of("file:q/a.pdf", None)
    sidecar.of("file:c.pdf", None)

    assert sidecar.unused() == ["b.pdf (line 3)"]
    assert sidecar.newly_used() == ["a.pdf (line 2)"]
    assert sidecar.newly_used() == []


def test_other_bytes_are_another_content(write: Write) -> None:
    one = load(write("file,title\na.pdf,x\n")).content
    same = load(write("file,title\na.pdf,x\n", "b.csv")).content
    other = load(write("file,title\na.pdf,y\n")).content

    assert one == same != other
    assert len(one) == 64


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


def test_nothing_is_logged(write: Write, caplog: pytest.LogCaptureFixture) -> None:
    refused(write("@article{a, title {x}}", "a.bib"))
    load(write("@article{a, title = {\\frac}}", "a.bib"))

    assert not caplog.records


DOCUMENT = Document(
    source="file:a.pdf",
    form="pdf",
    text="Glass flows.",
    title="untitled",
    language="en",
    sections=[Section("", 1, 0, 12)],
    authors=["admin"],
    metadata='{"n_pages": 3, "license": "free for friends", "journal": "?"}',
)


def test_what_was_stated_replaces_what_was_found_and_nothing_else() -> None:
    values = {
        "title": "On glass",
        "authors": ["Jane Smith"],
        "license": "MIT",
        "journal": "J.",
        "x": "1",
    }
    changed = apply(DOCUMENT, values)

    assert (changed.title, changed.authors, changed.license) == ("On glass", ["Jane Smith"], "MIT")
    assert json.loads(changed.metadata) == {"n_pages": 3, "journal": "J.", "x": "1"}
    assert (changed.id, changed.sections) == (DOCUMENT.id, DOCUMENT.sections)
    assert changed.language == "en"
    assert json.loads(DOCUMENT.metadata)["license"] == "free for friends"


def test_nothing_stated_changes_nothing() -> None:
    assert apply(DOCUMENT, {}) == DOCUMENT


TEXTS = st.text(st.sampled_from('@{}(),=#"\\;:\n\t abfile.doi$%~10/é')) | st.text()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXTS, st.sampled_from(["a.csv", "a.tsv", "a.bib"]))
def test_any_text_is_rows_or_one_line_of_error(write: Write, text: str, name: str) -> None:
    path = write(text.encode("utf-8", "surrogatepass"), name)
    try:
        sidecar = load(path)
    except SourceError as error:
        assert "\n" not in str(error)
    else:
        assert len(sidecar.unused()) == len(sidecar)


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
