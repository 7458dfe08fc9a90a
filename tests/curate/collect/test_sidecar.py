"""What a person states of a file replaces what was found; what is not understood is an error."""

import csv
import json
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.collect.sidecar import apply, load
from schemas.errors import SourceError
from tests.curate.collect.sidecars import DOCUMENT, TEXTS, Write, refused, said


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


def test_a_cell_is_bounded_whatever_other_tables_allow(write: Write) -> None:
    before = csv.field_size_limit(1 << 27)
    try:
        refused(write("file,title\na.pdf," + "x" * 1_000_000))
        assert csv.field_size_limit() == 1 << 27
    finally:
        csv.field_size_limit(before)


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
