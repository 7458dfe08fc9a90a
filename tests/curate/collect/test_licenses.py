"""A licence is named only where it is certain."""

import pytest

from curate.collect import licenses
from schemas.errors import RecipeError

BSD = """Redistribution and use in source and binary forms, with or without modification, are
permitted provided that the following conditions are met: {}"""
NO_ENDORSEMENT = "Neither the name of the project nor of its people may be used to endorse it."
MIT = """Permission is hereby granted, free of charge, to any person obtaining a copy, to deal in it
without restriction, provided that this notice shall be included in all copies."""


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("mit", "MIT"),
        ("mit and apache-2.0", "MIT AND Apache-2.0"),
        ("BSD-3-Clause OR (MIT AND ISC)", "BSD-3-Clause OR (MIT AND ISC)"),
        ("BSD", None),
        ("(MIT", None),
        ("MIT OR", None),
        ("free for all", None),
        ("", None),
        ("(" * 5000, None),
    ],
)
def test_an_expression_is_normalised_or_refused(written: str, normal: str | None) -> None:
    assert licenses.spdx(written) == normal


@pytest.mark.parametrize(
    ("address", "identifier"),
    [
        ("https://creativecommons.org/licenses/by/4.0/", "CC-BY-4.0"),
        ("http://creativecommons.org/licenses/by-nc-nd/3.0", "CC-BY-NC-ND-3.0"),
        ("https://creativecommons.org/licenses/by-nc-sa/4.0/legalcode", "CC-BY-NC-SA-4.0"),
        ("http://creativecommons.org/licenses/by/3.0/igo/", "CC-BY-3.0-IGO"),
        ("http://creativecommons.org/licenses/by/2.5/ca/", "CC-BY-2.5"),
        ("http://creativecommons.org/licenses/by-nc-nd/3.0/us/", "CC-BY-NC-ND-3.0"),
        ("http://creativecommons.org/licenses/by-nd-nc/1.0/", "CC-BY-NC-ND-1.0"),
        ("https://creativecommons.org/licenses/by/4.0?ref=chooser", "CC-BY-4.0"),
        ("http://creativecommons.org/licenses/publicdomain/", "CC-PDDC"),
        ("https://creativecommons.org/licenses/by/5.0/", None),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("https://example.org/licenses/by/4.0/", None),
        ("https://creativecommons.org/licenses/by/4.0.example.org", None),
    ],
)
def test_a_creative_commons_address(address: str, identifier: str | None) -> None:
    assert licenses.creative_commons(address) == identifier


def test_a_licence_field_may_be_written_with_spaces() -> None:
    assert licenses.of_value("CC BY 4.0") == "CC-BY-4.0"


@pytest.mark.parametrize(
    ("text", "identifier"),
    [
        (MIT, "MIT"),
        (BSD.format(""), "BSD-2-Clause"),
        (BSD.format(NO_ENDORSEMENT), "BSD-3-Clause"),
        (f"{BSD.format('')} This binary distribution of X bundles Y: {MIT}", "BSD-2-Clause"),
        (f"{BSD.format('')} {MIT}", None),
        ("All rights reserved.", None),
    ],
)
def test_a_text_is_told_by_its_phrases_up_to_what_is_bundled(
    text: str, identifier: str | None
) -> None:
    assert licenses.of_text(text) == identifier


@pytest.mark.parametrize(
    ("name", "identifier"),
    [
        ("numpy", "BSD-3-Clause AND 0BSD AND MIT AND Zlib AND CC0-1.0"),
        ("scipy", "BSD-3-Clause"),
        ("numba", "BSD-2-Clause"),
        ("duckdb", "MIT"),
        ("python", "PSF-2.0"),
    ],
)
def test_the_licence_of_an_installed_distribution(name: str, identifier: str) -> None:
    assert licenses.of_distribution(name) == identifier


def test_a_setting_that_is_no_licence_is_an_error_that_says_what_is() -> None:
    with pytest.raises(RecipeError, match=r"'open' is not an SPDX expression.*CC-BY-4.0"):
        licenses.of_setting("open")
