"""What a page says of itself fills a document's columns; what it does not say leaves them empty."""

import json

import pytest

from curate.collect.html import read
from curate.collect.html.dates import published
from schemas.rows import Document

BODY = (
    "<p>The kernel of the catalyst absorbs carbon under load, which no one had seen before.</p>" * 5
)


def one(head: str = "", body: str = "", html: str = "<html>") -> Document:
    page = f"<!DOCTYPE html>{html}<head>{head}</head><body>{BODY}{body}</body></html>"
    (found,) = read(page.encode(), "file:page.html")
    assert isinstance(found, Document), found
    return found


def ld(**fields: object) -> str:
    return f'<script type="application/ld+json">{json.dumps(fields)}</script>'


def test_a_page_that_says_nothing_has_empty_columns() -> None:
    found = one()

    assert (found.title, found.authors, found.doi, found.published) == (None, [], None, None)
    assert (found.license, found.language, found.domain, found.metadata) == (None, None, None, "{}")
    assert found.kind == "other"


def test_json_ld_gives_title_authors_date_and_licence() -> None:
    found = one(
        ld(**{
            "@context": "https://schema.org",
            "@graph": [
                {"@type": "Organization", "name": "The Post"},
                {
                    "@type": ["NewsArticle"],
                    "headline": "Carbon under load",
                    "author": [{"@type": "Person", "name": "Mara Quill"}, {"name": "Jo Reed"}],
                    "datePublished": "2022-02-03T10:00:00+01:00",
                    "license": "https://creativecommons.org/licenses/by-sa/4.0/",
                    "publisher": {"name": "The Post"},
                    "keywords": ["carbon", "load"],
                },
            ],
        })
    )  # fmt: skip

    assert (found.title, found.authors) == ("Carbon under load", ["Mara Quill", "Jo Reed"])
    assert (found.published, found.license, found.kind) == ("2022-02-03", "CC-BY-SA-4.0", "news")
    assert json.loads(found.metadata) == {
        "publisher": "The Post",
        "keywords": "carbon; load",
        "article_type": "NewsArticle",
    }


@pytest.mark.parametrize(
    "script",
    [
        "{",
        "[" * 100_000,
        '{"@type": "Article", "author": 3, "headline": {"x": []}}',
        "null",
        "1" * 9999,
    ],
)
def test_json_ld_of_any_shape_is_harmless(script: str) -> None:
    assert one(f'<script type="application/ld+json">{script}</script>').authors == []


def test_dublin_core_is_read() -> None:
    found = one(
        '<meta name="DC.Title" content="On load"><meta name="dc.creator" content="Reed, Jo">'
        '<meta name="DC.Date" content="2011-05">'
        '<meta name="dc.identifier" content="doi:10.1000/X.y">'
        '<meta name="DCTERMS.language" content="de">'
    )

    assert (found.title, found.authors, found.published) == ("On load", ["Jo Reed"], "2011-05")
    assert (found.doi, found.language) == ("10.1000/x.y", "de")


@pytest.mark.parametrize(
    ("head", "body", "license_"),
    [
        (
            '<link rel="license" href="https://creativecommons.org/licenses/by/4.0/">',
            "",
            "CC-BY-4.0",
        ),
        (
            "",
            '<a rel="license" href="http://creativecommons.org/licenses/by-nc/3.0/">x</a>',
            "CC-BY-NC-3.0",
        ),
        (
            "",
            '<p class="license">Under <a href="//creativecommons.org/licenses/by/4.0">CC</a></p>',
            None,
        ),
        (
            "",
            '<p class="license"><a href="https://creativecommons.org/publicdomain/zero/1.0/">0</a></p>',
            "CC0-1.0",
        ),
        ('<meta name="dc.rights" content="MIT">', "", "MIT"),
        (
            "",
            '<p><a href="https://creativecommons.org/licenses/by/4.0/">a photo of mine</a></p>',
            None,
        ),
    ],
)
def test_a_licence_is_spdx_where_the_page_states_it(
    head: str, body: str, license_: str | None
) -> None:
    assert one(head, body).license == license_


def test_a_licence_that_is_not_understood_is_kept_as_it_says() -> None:
    found = one('<meta name="dc.rights" content="All rights  reserved, ask us">')

    assert found.license is None
    assert json.loads(found.metadata)["license"] == "All rights reserved, ask us"


def test_licences_that_contradict_each_other_are_none() -> None:
    found = one(
        '<link rel="license" href="https://creativecommons.org/licenses/by/4.0/">',
        '<a rel="license" href="https://creativecommons.org/licenses/by-nc/4.0/">x</a>',
    )

    assert found.license is None
    assert "by-nc/4.0" in json.loads(found.metadata)["license"]


def test_citation_references_are_references_where_the_page_prints_no_list() -> None:
    found = one(
        '<meta name="citation_title" content="T">'
        '<meta name="citation_reference" content="citation_title=Engines;'
        " citation_author=C. Babbage;"
        ' citation_doi=10.1/ENG">'
        '<meta name="citation_reference" content="Byron A. Notes. 1843.">'
    )

    assert [(one.text, one.doi) for one in found.references] == [
        ("C. Babbage. Engines", None),
        ("Byron A. Notes. 1843.", None),
    ]


@pytest.mark.parametrize(
    ("raw", "kind"),
    [("Review Article", "review"), ("Correction", "correction"), ("Retraction Note", "retraction"),
     ("Case Report", "case-report"), ("Original Paper", "research")],
)  # fmt: skip
def test_kind_is_the_publishers_type_of_a_paper(raw: str, kind: str) -> None:
    head = '<meta name="citation_title" content="T">'
    head += f'<meta name="citation_article_type" content="{raw}">'

    assert one(head).kind == kind


@pytest.mark.parametrize(
    ("text", "date"),
    [("2020", "2020"), ("2020/3", "2020-03"), ("2020/3/5", "2020-03-05"), ("2020-13-05", None),
     ("5 March 2020", "2020-03-05"), ("Mar 2020", "2020-03"), ("March 5th, 2020", "2020-03-05"),
     ("Thursday, March 5, 2020", "2020-03-05"), ("2020-03-05T10:00:00Z", "2020-03-05"),
     ("soon", None),
     ("31 Foo 2020", None), ("0000", None)],
)  # fmt: skip
def test_a_date_is_as_precise_as_it_is_written(text: str, date: str | None) -> None:
    assert published(text) == date
