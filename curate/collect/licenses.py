"""Licences as SPDX expressions: from an expression, an address, or an installed distribution.

Reads the metadata and licence files of installed distributions. What is not certain is None: a
licence that is guessed wrong lets a document pass that must not.
"""

import functools
import re
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from curate.collect.packages import PYTHON
from schemas.errors import RecipeError

CREATIVE_COMMONS = re.compile(
    r"(?:https?://)?(?:www\.)?creativecommons\.org/"
    r"(?:licen[sc]es/(?:cc-)?(?P<kind>by(?:-nc)?(?:-sa|-nd)?|by-nd-nc)"
    r"/(?P<version>[1-4]\.\d)(?:/(?P<port>[a-z]{2,3})(?=[/.?#]|$))?"
    r"|publicdomain/(?P<public>zero|mark)/1\.0|(?P<dedicated>licen[sc]es/publicdomain))"
    r"(?:[/?#].*)?",
    re.IGNORECASE,
)

PORTS = {
    "BY-2.5": {"AU"}, "BY-3.0": {"AT", "AU", "DE", "IGO", "NL", "US"}, "BY-NC-3.0": {"DE"},
    "BY-NC-ND-3.0": {"DE", "IGO"}, "BY-NC-SA-2.0": {"DE", "FR", "UK"},
    "BY-NC-SA-3.0": {"DE", "IGO"}, "BY-ND-3.0": {"DE"}, "BY-SA-2.0": {"UK"}, "BY-SA-2.1": {"JP"},
    "BY-SA-3.0": {"AT", "DE", "IGO"},
}  # fmt: skip
"""Ported licences that SPDX lists. Another port is a translation of the licence of its version into
a country's law: it has the identifier of that one, since it permits the same."""

BUNDLED = re.compile(
    r"this binary distribution of|repository and source distributions bundle"
    r"|the following software may be included in this product|this product bundles"
)
"""Where a licence file goes on to the licences of other people's code inside the package."""

LICENSE_FILE = re.compile(r"(?:LICEN[CS]E|COPYING)(?:\.(?:txt|md|rst))?", re.IGNORECASE)

Test = Callable[[str], bool]


def _has(*phrases: str) -> Test:
    return lambda text: all(phrase in text for phrase in phrases)


REDISTRIBUTION = "redistribution and use in source and binary forms"
NO_ENDORSEMENT = re.compile(r"neither the names? of|names? of .{0,200}? may not be used to endorse")

TEXTS: dict[str, Test] = {
    "MIT": _has(
        "permission is hereby granted, free of charge, to any person obtaining a copy",
        "without restriction",
        "shall be included in all copies",
    ),
    "ISC": _has(
        "permission to use, copy, modify, and/or distribute this software for any purpose with or "
        "without fee is hereby granted",
        "above copyright notice and this permission notice",
    ),
    "BSD-3-Clause": lambda text: REDISTRIBUTION in text and bool(NO_ENDORSEMENT.search(text)),
    "BSD-2-Clause": lambda text: REDISTRIBUTION in text and not NO_ENDORSEMENT.search(text),
    "Apache-2.0": _has("apache license", "version 2.0, january 2004"),
    "PSF-2.0": _has("python software foundation license version 2"),
    "MPL-2.0": _has("mozilla public license", "version 2.0", "covered software"),
    "LGPL-2.1-only": _has("gnu lesser general public license", "version 2.1, february 1999"),
    "LGPL-3.0-only": _has("gnu lesser general public license", "version 3, 29 june 2007"),
    "GPL-2.0-only": _has("gnu general public license", "version 2, june 1991"),
    "GPL-3.0-only": lambda text: (
        text.lstrip().startswith("gnu general public license") and "version 3, 29 june 2007" in text
    ),
}
"""SPDX identifier -> whether a licence text, in small letters and single spaces, is that one.

A text does not say whether later versions are allowed too, so the identifier is the narrow one."""

CLASSIFIERS = {
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "MIT No Attribution License (MIT-0)": "MIT-0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
    "GNU General Public License v2 (GPLv2)": "GPL-2.0-only",
    "GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    "GNU General Public License v3 (GPLv3)": "GPL-3.0-only",
    "GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
}
"""Trove classifier -> SPDX identifier; those that name no version or variant are left out."""


@functools.lru_cache(maxsize=4096)
def spdx(expression: str) -> str | None:
    """An SPDX expression in its normal form: `mit and apache-2.0` -> `MIT AND Apache-2.0`.

    None where it does not parse or names a licence that is not known.
    """
    if not expression.strip() or len(expression) > 1000:
        return None
    from license_expression import ExpressionError

    try:
        parsed = _licensing().parse(expression, validate=True, strict=True)
    except (ExpressionError, RecursionError):
        return None
    return None if parsed is None else str(parsed.render())


@functools.cache
def _licensing() -> Any:  # noqa: ANN401  the library ships no types
    """The parser with SPDX's list; loading it takes a sixth of a second."""
    from license_expression import get_spdx_licensing

    return get_spdx_licensing()


def creative_commons(address: str) -> str | None:
    """The SPDX identifier of a Creative Commons address, in any version or port; else None.

    `https://creativecommons.org/licenses/by/3.0/igo/` -> `CC-BY-3.0-IGO`, and
    `https://creativecommons.org/licenses/by/2.5/ca/` -> `CC-BY-2.5`.
    """
    match = CREATIVE_COMMONS.fullmatch(address.strip().rstrip(".,;"))
    if match is None:
        return None
    if match["dedicated"]:
        return "CC-PDDC"
    if match["public"]:
        return {"zero": "CC0-1.0", "mark": "CC-PDM-1.0"}[match["public"].lower()]
    kind = match["kind"].upper().replace("BY-ND-NC", "BY-NC-ND")
    name = f"{kind}-{match['version']}"
    port = (match["port"] or "").upper()
    return spdx(f"CC-{name}-{port}" if port in PORTS.get(name, set()) else f"CC-{name}")


def of_value(value: str) -> str | None:
    """What a file's licence field means: an SPDX expression, `CC BY 4.0`, or its address."""
    return creative_commons(value) or spdx(value) or spdx("-".join(value.split()))


def of_setting(value: str | None) -> str | None:
    """The licence that a recipe gives, in its normal form.

    Raises:
        RecipeError: it is not an SPDX expression.
    """
    if value is None:
        return None
    expression = spdx(value)
    if expression is None:
        raise RecipeError(
            f"collect.license: {value!r} is not an SPDX expression of known licences. "
            "Write one (CC-BY-4.0, MIT OR Apache-2.0), or leave it out."
        )
    return expression


def of_distribution(name: str) -> str | None:
    """The licence of an installed distribution itself, without what it bundles where that is told.

    Asked in this order: the expression in its metadata, the licence field as an identifier, then as
    a text, its licence file, its classifier. `python` is the standard library.
    """
    if name == PYTHON:
        return "PSF-2.0"
    installed = metadata.distribution(name)
    fields = installed.metadata.json
    field = str(fields.get("license", ""))
    return (
        spdx(str(fields.get("license_expression", "")))
        or spdx(field)
        or of_text(field)
        or of_text(_license_file(installed))
        or _of_classifiers(installed.metadata.get_all("Classifier") or [])
    )


def of_text(text: str) -> str | None:
    """The identifier of a licence text, told by its phrases; None where none or several fit."""
    plain = " ".join(text.lower().split())
    bundled = BUNDLED.search(plain)
    own = plain[: bundled.start()] if bundled else plain
    fitting = [identifier for identifier, fits in TEXTS.items() if fits(own)]
    return fitting[0] if len(fitting) == 1 else None


def _license_file(installed: metadata.Distribution) -> str:
    """The distribution's own licence file, empty where it has none or several."""
    found = [
        file
        for file in installed.files or []
        if LICENSE_FILE.fullmatch(file.name)
        and file.parts[0].endswith(".dist-info")
        and file.parts[1:-1] in ((), ("licenses",))
    ]
    if len(found) != 1:
        return ""
    try:
        return Path(str(found[0].locate())).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _of_classifiers(classifiers: Sequence[str]) -> str | None:
    """The identifier of the only licence classifier, where it names one licence."""
    names = [line.rpartition(" :: ")[2] for line in classifiers if line.startswith("License ::")]
    return CLASSIFIERS.get(names[0]) if len(names) == 1 else None
