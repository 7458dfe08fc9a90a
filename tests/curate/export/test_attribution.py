"""Every source is named once under its licence, and nothing of a title is Markdown."""

import re
import time
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from curate.export.attribution import attribution
from curate.export.license_links import links
from curate.export.markdown import escape, escaped
from curate.export.rows import SOURCES
from curate.export.whole import Whole


def source(**said: object) -> dict[str, Any]:
    blank: dict[str, Any] = dict.fromkeys(SOURCES.names)
    return (
        blank | {"document_id": "a", "source": "file:a.xml", "n_rows": 1, "kind": "research"} | said
    )


def page(whole: Whole, *said: dict[str, Any]) -> str:
    return attribution(pa.Table.from_pylist(list(said), schema=SOURCES), whole)


def lines(content: str) -> list[str]:
    return [line for line in content.splitlines() if line.startswith("- ")]


def test_every_document_of_the_sources_is_named(sources: pa.Table, whole: Whole) -> None:
    content = attribution(sources, whole)

    for name in sources["source"].to_pylist():
        assert name.partition("#")[0] in content
    n_papers = sum("#" not in name for name in sources["source"].to_pylist())
    assert len(lines(content)) == n_papers + len(
        {one["license"] for one in sources.to_pylist() if "#" in one["source"]}
    )


def test_a_line_has_authors_year_title_doi_licence_and_rows(whole: Whole) -> None:
    authors = ["A. B", "C. D", "E. F", "G. H"]
    content = page(
        whole,
        source(title="On heat", authors=authors, published="2021-03-04", doi="10.1000/x(1)/y",
               license="CC-BY-4.0", n_rows=1200),
    )  # fmt: skip

    assert lines(content) == [
        "- “On heat”. A. B, C. D, E. F et al. 2021. "
        "[doi:10.1000/x(1)/y](<https://doi.org/10.1000/x%281%29/y>). file:a.xml. 1,200 rows."
    ]
    assert "[CC-BY-4.0](<https://spdx.org/licenses/CC-BY-4.0.html>)" in content


def test_what_is_not_known_is_left_out(whole: Whole) -> None:
    content = page(whole, source(title="", authors=[], doi="not a doi"))

    assert lines(content) == ["- “Untitled”. not a doi. file:a.xml. 1 row."]
    assert "## No known licence" in content


def test_changes_are_stated(whole: Whole) -> None:
    content = page(whole, source())

    assert "Changes: passages were cut" in content
    assert "another form" in content


def test_records_of_a_package_and_of_a_set_share_a_line(whole: Whole) -> None:
    content = page(
        whole,
        *(source(document_id=f"p{n}", source=f"pkg:scipy==1.17.1/scipy.f{n}", kind="reference",
                 title=f"scipy.f{n}", license="BSD-3-Clause") for n in range(3)),
        *(source(document_id=f"i{n}", source=f"file:sets/a.json#{n}", kind="instructions",
                 license="MIT") for n in range(4)),
        *(source(document_id=f"t{n}", source=f"file:abstracts.csv#{n}", title=f"Abstract {n}")
          for n in range(2)),
        source(document_id="x", source="file:a#b.md", title="b"),
    )  # fmt: skip

    assert lines(content) == [
        "- file:sets/a.json: 4 records. 4 rows.",
        "- pkg:scipy==1.17.1: 3 records. 3 rows.",
        "- “b”. file:a#b.md. 1 row.",
        "- “Abstract 0”. file:abstracts.csv#0. 1 row.",
        "- “Abstract 1”. file:abstracts.csv#1. 1 row.",
    ]
    assert "4 records, 4 rows." in content
    assert "3 works, 3 rows." in content


@pytest.mark.parametrize(
    "text",
    ['<img src=x onerror="a()">', "[a](javascript:b)", "![a](http://x.test/b.png)", "a\n\n# b\n- c",
     "<!-- ", "```\ncode", "http://x.test", "www.x.test", "a | b", "&lt;b&gt;", "[a]: http://x.test"],
)  # fmt: skip
def test_what_data_say_is_shown_and_is_no_markdown(whole: Whole, text: str) -> None:
    from markdown_it import MarkdownIt

    content = page(whole, source(title=text, authors=[text], published=text, source=text, doi=text,
                                 license=text))  # fmt: skip
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(content)
    found = [inner for one in tokens for inner in (one, *(one.children or []))]
    said = "".join(one.content for one in found if one.type in ("text", "text_special"))

    assert {one.type for one in found} <= {
        "heading_open", "heading_close", "paragraph_open", "paragraph_close", "bullet_list_open",
        "bullet_list_close", "list_item_open", "list_item_close", "inline", "text", "softbreak",
        "text_special",
    }  # fmt: skip
    assert len(lines(content)) == 1
    assert " ".join(text.split()) in re.sub(r"\s+", " ", said)
    assert not re.search(r"(?<!\\)://|www\.", content)


def test_an_expression_links_each_of_its_licences() -> None:
    expression = "CC-BY-4.0 AND (MIT OR LicenseRef-x) AND GPL-2.0-only WITH Classpath-exception-2.0"

    assert list(links(expression)) == ["CC-BY-4.0", "MIT", "GPL-2.0-only"]


@pytest.mark.parametrize("broken", ["", "()", "AND", "MIT AND", "(" * 5000, "a b c", "\x00", None])
def test_a_broken_expression_has_no_link(broken: str | None) -> None:
    assert links(broken) == {}


def test_no_sources_give_a_page_without_lines(whole: Whole) -> None:
    assert lines(page(whole)) == []


def test_a_hundred_thousand_documents_take_seconds(sources: pa.Table, whole: Whole) -> None:
    n = 100_000
    papers = sources.filter(pa.array(["#" not in one for one in sources["source"].to_pylist()]))
    many = pa.concat_tables([papers] * (n // len(papers) + 1)).slice(0, n)
    many = many.set_column(0, "document_id", pa.array([f"d{i}" for i in range(n)]))
    many = many.set_column(1, "source", pa.array([f"file:papers/{i}.xml" for i in range(n)]))

    began = time.monotonic()
    content = attribution(many, whole)

    assert time.monotonic() - began < 20
    assert len(lines(content)) == n


@given(st.lists(st.text(max_size=40), min_size=1, max_size=20))
@example(["www.A.test WWW.b http://c", "\u3000a\u2003\u00a0b\x1c\x85", "a\\|b", "\x00<b>"])
def test_sql_escapes_as_python_does(texts: list[str]) -> None:
    with duckdb.connect() as database:
        database.register("texts", pa.table({"n": range(len(texts)), "t": texts}))
        found = database.sql(f"select {escaped('t')} from texts order by n").fetchall()

    assert [text for (text,) in found] == [escape(text) for text in texts]


def test_a_title_of_a_whole_book_is_cut(whole: Whole) -> None:
    (line,) = lines(page(whole, source(title="T" * 100_000, doi="10.1000/" + "z" * 9_000)))

    assert len(line) < 2_000


def test_one_work_is_counted_as_one(whole: Whole) -> None:
    assert "\n1 work, 1 row.\n" in page(whole, source(license="LicenseRef-x")).replace(
        "SPDX lists no such licence; its text is with the sources. ", ""
    )
