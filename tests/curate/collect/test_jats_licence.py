"""What an article may be used for: certain, or left open with what it says."""

import json

import pytest

from curate.collect import jats
from curate.collect.jats.licence import expression
from schemas.rows import Document

BY = "http://creativecommons.org/licenses/by/4.0/"


def one(permissions: str) -> Document:
    source = (
        "<article xmlns:xlink='http://www.w3.org/1999/xlink' "
        "xmlns:ali='http://www.niso.org/schemas/ali/1.0/'><front><article-meta><title-group>"
        f"<article-title>T</article-title></title-group>{permissions}</article-meta></front></article>"
    )
    (found,) = jats.read(source.encode(), "file:a.xml")
    assert isinstance(found, Document), found
    return found


@pytest.mark.parametrize(
    ("address", "identifier"),
    [
        (BY, "CC-BY-4.0"),
        ("https://creativecommons.org/licenses/by/4.0", "CC-BY-4.0"),
        ("https://creativecommons.org/licenses/by/4.0/legalcode", "CC-BY-4.0"),
        ("https://creativecommons.org/licenses/by-nc/4.0/deed.en", "CC-BY-NC-4.0"),
        ("HTTP://WWW.CREATIVECOMMONS.ORG/LICENSES/BY-NC-ND/3.0/.", "CC-BY-NC-ND-3.0"),
        ("creativecommons.org/licenses/by/3.0/igo/", "CC-BY-3.0-IGO"),
        ("http://creativecommons.org/licenses/by/4", "CC-BY-4.0"),
        ("http://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("http://creativecommons.org/licenses/by", None),
        ("http://creativecommons.org/licenses/by/9.0/", None),
        ("https://www.elsevier.com/open-access/userlicense/1.0/", None),
    ],
)
def test_an_address_is_a_licence(address: str, identifier: str | None) -> None:
    assert expression([address], "") == identifier


@pytest.mark.parametrize(
    ("text", "identifier"),
    [
        ("Creative Commons Attribution License 4.0 International", "CC-BY-4.0"),
        ("a Creative Commons Attribution 4.0 International License", "CC-BY-4.0"),
        (
            "the Creative Commons Attribution-NonCommercial-NoDerivs 3.0 Unported License",
            "CC-BY-NC-ND-3.0",
        ),
        ("licensed CC BY 4.0.", "CC-BY-4.0"),
        ("licensed CC-BY-NC-SA 4.0", "CC-BY-NC-SA-4.0"),
        ("under CC BY 3.0 IGO", "CC-BY-3.0-IGO"),
        ("the Creative Commons CC0 public domain dedication", "CC0-1.0"),
        (f"see {BY}.", "CC-BY-4.0"),
        ("the Creative Commons Attribution License, which permits any use", None),
        ("a Creative Commons licence", None),
        ("All rights reserved.", None),
    ],
)
def test_words_with_a_version_are_a_licence(text: str, identifier: str | None) -> None:
    assert expression([], text) == identifier


@pytest.mark.parametrize(
    ("address", "text", "identifier"),
    [
        (BY, "the Creative Commons Attribution License", "CC-BY-4.0"),
        (BY, "the Creative Commons Attribution-NonCommercial License", None),
        (
            BY,
            "Creative Commons Attribution-NonCommercial 4.0 (CC BY-NC 4.0)",
            "CC-BY-4.0 AND CC-BY-NC-4.0",
        ),
        (BY, "see http://creativecommons.org/licenses/by/3.0/", "CC-BY-3.0 AND CC-BY-4.0"),
    ],
)
def test_statements_have_to_agree(address: str, text: str, identifier: str | None) -> None:
    assert expression([address], text) == identifier


def test_a_waiver_for_the_data_is_not_the_articles_licence() -> None:
    found = one(
        f"<permissions><license><license-p>Creative Commons Attribution 4.0 International License ("
        f"<ext-link xlink:href='{BY}'>{BY}</ext-link>), which permits use. The Creative "
        f"Commons Public "
        "Domain Dedication waiver (<ext-link xlink:href='http://creativecommons.org/publicdomain/zero/"
        "1.0/'>http://creativecommons.org/publicdomain/zero/1.0/</ext-link>) applies to the "
        "data made "
        "available in this article.</license-p></license></permissions>"
    )

    assert found.license == "CC-BY-4.0"


@pytest.mark.parametrize(
    "permissions",
    [
        f"<permissions><license xlink:href='{BY}'><license-p>Free.</license-p></license>"
        f"</permissions>",
        f"<permissions><license><ali:license_ref>{BY}</ali:license_ref></license></permissions>",
        f"<permissions><ali:license_ref>{BY}</ali:license_ref></permissions>",
        "<copyright-statement>Doe. Creative Commons Attribution 4.0 License.</copyright-statement>",
    ],
)
def test_a_licence_is_found_wherever_it_stands(permissions: str) -> None:
    assert one(permissions).license == "CC-BY-4.0"


def test_what_is_not_understood_is_told() -> None:
    found = one(
        "<permissions><license><p>Free to\n read "
        + "and think " * 99
        + "</p></license></permissions>"
    )

    assert found.license is None
    said = json.loads(found.metadata)["license"]
    assert said.startswith("Free to read and think")
    assert len(said) <= 500


def test_a_plain_copyright_is_no_licence_statement() -> None:
    found = one("<permissions><copyright-statement>© 2012 Doe</copyright-statement></permissions>")

    assert "license" not in json.loads(found.metadata)
