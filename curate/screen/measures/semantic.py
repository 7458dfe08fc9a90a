"""Near duplicates by meaning: from the texts of rows to pairs of rows whose embeddings are near.

Reads what `duplicates` compares; each different text is embedded once, by a teacher behind
`/v1/embeddings` or by a local model, which is passed in. Blank texts, and those that got no vector,
resemble nothing.
"""

import hashlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field, model_validator

from curate.screen import semantic
from curate.screen.bands import GROUP_NEAR
from curate.screen.shingles import Rows
from curate.screen.sketches import Collection, Texts, changed
from schemas.errors import RecipeError
from schemas.settings import Settings
from schemas.teachers import NameOrModel

if TYPE_CHECKING:
    from curate.synthesize.embedding.embed import Embedded
    from curate.synthesize.estimate import Estimate
    from curate.synthesize.taught import School

VERSION = 1
REFERENCES = "against"
COLUMNS = {
    "id": ("string", "a row"),
    "other": ("string", "an earlier row, or one of a reference, that means much the same"),
    "field": ("string", "semantic"),
    "similarity": ("double", "cosine of their embeddings"),
    "match": ("string", "semantic"),
    "reference": ("string", "the reference that other is a row of; null for none"),
    "position": ("int64", "row number of id, from 0"),
    "other_position": ("int64", "row number of other, from 0, in its reference if it has one"),
}

Embedder = Callable[[Sequence[str]], tuple[NDArray[np.float32], int]]
"""Texts -> (texts, dimensions) vectors, and how many of the texts were cut."""
EMBEDDED_AT_ONCE = 1_024
"""Texts that a local model is given; it puts those of like length together."""


class Params(Settings):
    """Pairs of rows whose embeddings have a cosine of `floor` or more."""

    text: str = "text"
    """Column that is embedded: `text`, `instruction`, `response`, or another one."""
    against: tuple[str, ...] = ()
    """Files and table folders whose rows count as rows that came before."""
    model: str | None = None
    """Folder of a local model, as sentence-transformers saves it; needs the extra `train`."""
    teacher: NameOrModel | None = None
    """Who embeds, in place of a local model: the name of one of `synthesize.teachers`, or a block
    as there, `{kind: openai, model: …, base_url: …}`. It is paid from `synthesize.budget`."""
    floor: float = Field(0.95, ge=0.5, le=1)
    """Cosine from which pairs are stored. What a cosine means differs from model to model: look at
    pairs before a threshold is chosen."""
    longest: int = Field(8_000, ge=100, le=1_000_000)
    """Characters of a text that are embedded. A server that reads fewer tokens than these have may
    refuse the text, which then has no vector; a local model cuts it."""
    at_once: int = Field(64, ge=1, le=2_048)
    """Texts in one request to a teacher."""
    group_limit: int = Field(semantic.GROUP_LIMIT, ge=4 * GROUP_NEAR)
    """Earlier near rows with all of which a row is paired; of more, with the first and last few."""
    most_rows: int = Field(semantic.MOST_ROWS, ge=1)
    """Different texts, those of references too, that are compared all with all."""

    @model_validator(mode="after")
    def _one_of_both(self) -> "Params":
        if (self.model is None) == (self.teacher is None):
            what = "neither model nor teacher is" if self.model is None else "model and teacher are"
            raise ValueError(f"{what} named; name one, which makes the embeddings")
        return self


@dataclass(frozen=True, slots=True)
class Meant:
    """Pairs of rows that mean much the same, and how they were found."""

    pairs: pa.Table
    """Columns of PAIRS, sorted by position, then other_position, references first."""
    facts: dict[str, int | float]
    """Those of `semantic.similar`, and `n_empty` rows without text, references aside, `n_texts`
    different ones, `n_texts_cut` of them, `n_texts_failed` that got no vector."""
    embedded: "Embedded | None"
    """How asking a teacher went: failures, calls, dollars; None where nobody was asked."""


@dataclass(frozen=True, slots=True)
class Distinct:
    """The different texts of rows."""

    collections: Sequence[Texts]
    longest: int
    of_row: Rows
    """(rows,) number of its text, through all collections; -1 for a blank one."""
    first: Rows
    """(texts,) the row in which each comes first; ascending."""
    n_cut: int
    ids: pa.Array
    """(rows,)"""
    begins: Rows
    """(collections + 1,) number of each collection's first row, and how many rows there are."""

    def texts(self) -> Iterator[tuple[str, str]]:
        """(id of its first row, the text as it is embedded), read anew.

        Raises:
            TableError: rows are gone since the first reading.
        """
        rows = ((id_, text) for id_, text, _ in _rows(self.collections, self.longest))
        before = 0
        for row in self.first.tolist():
            found = next(itertools.islice(rows, row - before, None), None)
            if found is None:
                raise changed()
            yield found
            before = row + 1


def distinct(collections: Sequence[Collection], longest: int, where: str) -> Distinct:
    """Find the different texts of all rows; the rows that are measured are the last collection.

    Raises:
        RecipeError: a reference holds no texts.
        TableError: a column is missing, or holds no text.
    """
    texts: list[Texts] = []
    for one in collections:
        if not isinstance(one, Texts):
            raise RecipeError(
                f"{where}: the index {one.name} holds no texts that could be embedded. Compare "
                f"with the table that it was made of."
            )
        texts.append(one)
    known: dict[bytes, int] = {}
    first: list[int] = []
    of_row: list[int] = []
    ids: list[str] = []
    begins, n_cut = [0], 0
    for one in texts:
        for id_, text, is_cut in _rows([one], longest):
            number = -1
            if text and not text.isspace():
                digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
                number = known.setdefault(digest, len(known))
                if number == len(first):
                    first.append(len(of_row))
                    n_cut += is_cut
            of_row.append(number)
            ids.append(id_)
        begins.append(len(of_row))
    numbers = np.array(of_row, np.int64), np.array(first, np.int64)
    return Distinct(texts, longest, *numbers, n_cut, pa.array(ids, pa.string()), np.array(begins))


def _rows(collections: Sequence[Texts], longest: int) -> Iterator[tuple[str, str, bool]]:
    """(id, text, whether it is cut) of every row."""
    for collection in collections:
        for piece in collection.pieces():
            ids = piece.ids(np.arange(piece.n_rows)).to_pylist()
            texts = piece.excerpts(longest + 1).to_pylist()
            for id_, text in zip(ids, texts, strict=True):
                yield id_, text[:longest], len(text) > longest


def measure_meaning(
    collections: Sequence[Collection],
    params: Params,
    where: str,
    school: "School | None" = None,
    embedder: Embedder | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> Meant:
    """The pairs of rows with earlier rows, and with those of references.

    Args:
        collections: of references, then of the rows that are measured; each is read twice or more.
        params: which pairs.
        where: place in the recipe, for messages.
        school: the teacher with its budget and ledger, where one is asked.
        embedder: a local model, where none is.
        tell: shows progress.

    Raises:
        RecipeError: more different texts than `most_rows`, a reference without texts, a key is
            missing, or a teacher that works in batches.
        TableError: a column is missing or holds no text, or rows differ between two readings.
        WorkError: the ledger cannot be written.
    """
    found = distinct(collections, params.longest, where)
    semantic.check_size(len(found.first), params.most_rows, where)
    embedded: Embedded | None = None
    of_text, n_cut = np.arange(len(found.first)), found.n_cut
    if school is not None:
        from curate.synthesize.embedding.embed import embed

        embedded = embed(found.texts, school, tell, params.at_once)
        vectors, of_text = semantic.unit(embedded.vectors), embedded.of_text
    elif embedder is not None:
        vectors, n_cut_by_model = _embedded_here(found, embedder)
        n_cut += n_cut_by_model
    else:
        raise RecipeError(f"{where}: nobody is there to embed. Name a model or a teacher.")
    of_row = np.where(found.of_row >= 0, np.append(of_text, -1)[found.of_row], -1)
    names = [one.name for one in found.collections]
    similar = semantic.similar(
        found.ids, vectors, of_row, found.begins, names, params.floor, params.group_limit
    )
    facts = {
        **similar.facts,
        "n_empty": int((found.of_row[found.begins[-2] :] < 0).sum()),
        "n_texts": len(found.first),
        "n_texts_cut": n_cut,
        "n_texts_failed": int((of_text < 0).sum()),
    }
    return Meant(similar.pairs, facts, embedded)


def _embedded_here(found: Distinct, embedder: Embedder) -> tuple[semantic.Vectors, int]:
    """Vectors of all texts by a local model, and how many of them it cut."""
    vectors = np.empty((0, 0), np.float32)
    done = n_cut = 0
    texts = (text for _, text in found.texts())
    while some := list(itertools.islice(texts, EMBEDDED_AT_ONCE)):
        part, n_cut_here = embedder(some)
        if not done:
            vectors = np.empty((len(found.first), part.shape[1]), np.float32)
        vectors[done : done + len(some)] = semantic.unit(part)
        done, n_cut = done + len(some), n_cut + n_cut_here
    return vectors, n_cut


def foreseen(
    collections: Sequence[Collection], params: Params, where: str, school: "School"
) -> "Estimate":
    """What asking a teacher will take, before anything is sent.

    Raises:
        RecipeError: more different texts than `most_rows`.
    """
    from curate.synthesize.embedding.embed import estimate

    found = distinct(collections, params.longest, where)
    semantic.check_size(len(found.first), params.most_rows, where)
    return estimate(found.texts, school)
