"""The table of what licences and teachers' terms allow: licences.yaml, and a user's own file.

An entry of a user's file comes before what ships; within a file an id comes before a family.
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from curate.export.expressions import FAMILY, listed, named
from schemas import strict_yaml
from schemas.errors import RecipeError
from schemas.settings import Settings

SHIPPED = Path(__file__).with_name("licences.yaml")
LATER = "later"
"""In `also`: every version and port of the same licence from its own on."""


Short = Annotated[str, Field(min_length=1, max_length=200)]
Right = Literal["redistribute", "adapt", "commercial"]
Duty = Literal["attribution", "share_alike"]


class License(Settings):
    """What one licence, or a family of its versions, allows and asks for."""

    ids: list[Short] = Field(min_length=1)
    """SPDX ids, `LicenseRef-…`, or a family: `CC-BY-NC-*`."""
    may: frozenset[Right]
    """What everybody may do."""
    asks: frozenset[Duty] = frozenset()
    """What has to be done by those who do it."""
    also: list[Short] = Field(default_factory=list)
    """Further licences under which what is made of it may be passed on; `later`."""
    reason: Short
    """What it says, as a clause behind its id."""
    source: str = Field(min_length=1, max_length=300)
    """Where it says so."""


class Terms(Settings):
    """What the terms of a teacher leave open."""

    names: list[Short] = Field(min_length=1)
    """As recipes give them."""
    releases: list[Literal["open", "research"]]
    """Releases of training data that they allow."""
    condition: str | None = Field(None, max_length=300)
    """What whoever trains on the rows has to do."""
    reason: Short
    """What they say, as a clause behind their name."""
    source: str = Field(min_length=1, max_length=300)
    """Where they say so."""


class File(Settings):
    """A file of the table."""

    licenses: list[License] = Field(default_factory=list)
    """Licences of documents, and of what teachers write."""
    terms: list[Terms] = Field(default_factory=list)
    """Teachers' terms that SPDX has no id for."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One file, ready to be asked."""

    exact: dict[str, License]
    families: dict[str, License]
    terms: dict[str, Terms]


@dataclass(frozen=True, eq=False)
class Table:
    """What licences and terms allow; compared by identity, so that rulings can be kept."""

    layers: tuple[Layer, ...]


def table(own: Path | None = None) -> Table:
    """The table that ships, before it the entries of a file of the user's.

    Raises:
        RecipeError: the file cannot be read, or holds something else.
    """
    return _shipped() if own is None else Table((_layer(own), *_shipped().layers))


@cache
def _shipped() -> Table:
    return Table((_layer(SHIPPED),))


def entry(known: Table, version: str) -> License | None:
    """The entry of a licence, by `expressions.Licence.version`; None where there is none."""
    match = FAMILY.fullmatch(version)
    family = match["family"] if match else None
    for layer in known.layers:
        found = layer.exact.get(version) or (layer.families.get(family) if family else None)
        if found is not None:
            return found
    return None


def terms(known: Table, name: str) -> Terms | None:
    """The entry of a teacher's terms, by their name; None where there is none."""
    plain = _plain(name)
    return next((layer.terms[plain] for layer in known.layers if plain in layer.terms), None)


def source(found: License, spelled: str) -> str:
    """Where a licence says what its entry says."""
    identifier = spelled.split(" ")[0].removesuffix("+")
    match = FAMILY.fullmatch(identifier.lower())
    version = f"{match['version']}{match['rest'].replace('-', '/')}" if match else ""
    return found.source.replace("{id}", identifier).replace("{version}", version)


def _plain(name: str) -> str:
    """A name of terms without what people write one way or another."""
    words = name.casefold().replace("-", " ").replace("_", " ").split()
    return " ".join(words[:-1] if len(words) > 1 and words[-1] == "agreement" else words)


def _layer(path: Path) -> Layer:
    read = _file(path)
    layer = Layer({}, {}, {})
    for position, one in enumerate(read.licenses):
        for also in one.also:
            if also != LATER:
                _known(also, f"{path}: licenses.{position}.also")
        for identifier in one.ids:
            _add(layer, identifier, one, f"{path}: licenses.{position}.ids")
    for position, known in enumerate(read.terms):
        for name in known.names:
            _put(layer.terms, _plain(name), known, name, f"{path}: terms.{position}.names")
    return layer


def _file(path: Path) -> File:
    try:
        given = strict_yaml.read(path, "a table of licences")
    except OSError as error:
        raise RecipeError(f"{path}: {error.strerror}. Name a file that can be read.") from error
    try:
        return File.model_validate(given)
    except ValidationError as error:
        raise _refusal(error, path) from error


def _refusal(error: ValidationError, path: Path) -> RecipeError:
    first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
    place = ".".join(str(step) for step in first["loc"])
    if first["type"] == "extra_forbidden":
        fields: dict[str, Sequence[str]] = {"licenses": [*License.model_fields]}
        fields["terms"] = [*Terms.model_fields]
        allowed = fields.get(str(first["loc"][0]), [*File.model_fields])
        return RecipeError(f"{path}: {place} is not a field; there are {', '.join(allowed)}.")
    got = repr(first["input"])
    got = got if len(got) <= 60 else got[:59] + "…"
    return RecipeError(f"{path}: {place}: {first['msg']} (got {got}). Correct it.")


def _add(layer: Layer, identifier: str, one: License, where: str) -> None:
    family = identifier.lower()
    if not family.endswith("-*"):
        _put(layer.exact, _known(identifier, where), one, identifier, where)
        return
    if not any(name.startswith(family[:-1]) for name in listed()):
        raise RecipeError(f"{where}: {identifier} is a family of no SPDX id. Correct it.")
    _put(layer.families, family[:-1], one, identifier, where)


def _put(into: dict[str, Any], key: str, one: License | Terms, name: str, where: str) -> None:
    if key in into:
        raise RecipeError(f"{where}: {name} a second time. Leave one of them.")
    into[key] = one


def _known(identifier: str, where: str) -> str:
    """The version of an id.

    Raises:
        RecipeError: it is none.
    """
    found = named(identifier.split())
    if found is None or (" " in found.spelled and " " not in found.version):
        near = difflib.get_close_matches(identifier.lower(), listed(), 1)
        hint = f" Did you mean {listed()[near[0]][0]}?" if near else ""
        raise RecipeError(
            f"{where}: {identifier!r} is not the SPDX id of a licence, nor LicenseRef-….{hint}"
        )
    return found.version
