"""In which language a text is written. Reads a text column, looks no further than its beginning.

Numbers, formulae and identifiers are no language. A variety counts as the language that
ISO 639-3 lists it under: Egyptian Arabic is Arabic, Cantonese is Chinese. Sources are named in
`curate/screen/language_model.py`.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict, Field

from curate.screen.kernels import Bytes, Counts, Offsets, buffers, compiled, on_threads
from curate.screen.language_model import NO_LANGUAGE, Classes, likeliest, model
from curate.screen.readable import readable
from curate.screen.words import IGNORED, SEPARATOR, Kinds, decoded, tables
from schemas.errors import RecipeError

VERSION = 1
COLUMNS = {
    "language_found": (
        "string",
        "ISO 639-1 code of the language, ISO 639-3 where it has none; null where the text has too "
        "few letters or is no language",
    ),
    "language_confidence": (
        "double",
        "how much of the evidence speaks for it, among all languages that are looked for, 0 to 1",
    ),
}


class Params(BaseModel):
    """What is read, and which languages are looked for."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    text: str = "text"
    """Column that holds the text."""
    languages: tuple[str, ...] = ()
    """Codes of the languages to choose from; by default all that the model knows."""
    max_characters: int = Field(10_000, ge=100)
    """Characters from the beginning that are read."""
    min_letters: int = Field(20, ge=1)
    """Letters below which no language is told, each counted as often as it has bytes in UTF-8: a
    Greek or Arabic letter twice, one of Hindi, Korean or Chinese three times."""
    min_confidence: float = Field(0.1, ge=0, le=1)
    """Confidence below which no language is told: of sentences, fewer than half are right there.
    Most of what falls below are tables of numbers."""


def measure(rows: pa.RecordBatch, params: Params) -> pa.RecordBatch:
    """One row of COLUMNS per row of the batch, in its order.

    Raises:
        RecipeError: a language that the model does not know.
    """
    known = model()
    text = _prepared(rows.column(params.text), params.max_characters)
    names, class_of = _chosen(known.languages, params.languages)
    best, confidence = likeliest(*buffers(text), known, class_of, len(names))
    told = (_n_letters(text) >= params.min_letters) & (best != names.index(NO_LANGUAGE))
    told &= confidence >= params.min_confidence
    found = pc.if_else(pa.array(told), pa.array(names).take(pa.array(best)), None)
    return pa.record_batch([found, pa.array(confidence, mask=~told)], names=list(COLUMNS))


def _prepared(column: pa.Array, max_characters: int) -> pa.Array:
    """The beginnings of the texts, composed; what is all in capitals, in small letters."""
    text = readable(column)
    start = pc.utf8_slice_codeunits(text.fill_null(""), 0, max_characters)
    lowered = pc.if_else(pc.utf8_is_upper(start), pc.utf8_lower(start), start)
    return pc.utf8_normalize(lowered, form="NFC")


def _chosen(known: Sequence[str], wanted: Sequence[str]) -> tuple[list[str], Classes]:
    """The languages to choose from, and for each class of the model which of them it is, or -1."""
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        raise RecipeError(
            f"language.languages: {', '.join(unknown)} is not known; known are "
            f"{', '.join(sorted(set(known) - {NO_LANGUAGE}))}."
        )
    names = sorted({*wanted, NO_LANGUAGE} if wanted else set(known))
    place = {name: number for number, name in enumerate(names)}
    return names, np.array([place.get(name, -1) for name in known])


def _n_letters(text: pa.Array) -> Counts:
    """(n_rows,) letters, each as often as it has bytes."""
    content, offsets = buffers(text)
    counts = np.empty(len(text), np.int32)
    on_threads(_count_letters, len(text), content, offsets, tables().kinds, counts)
    return counts


@compiled
def _count_letters(
    begin: int, end: int, text: Bytes, offsets: Offsets, kinds: Kinds, counts: Counts
) -> None:
    for row in range(begin, end):
        n_letters = np.int32(0)
        place = offsets[row]
        while place < offsets[row + 1]:
            byte = text[place]
            if byte < 0x80:
                n_letters += np.int32(65 <= byte & 0xDF <= 90)
                place += 1
                continue
            code, n_bytes = decoded(text, place, offsets[row + 1])
            kind = kinds[code] if code < len(kinds) else SEPARATOR
            if kind != SEPARATOR and kind != IGNORED:
                n_letters += np.int32(n_bytes)
            place += n_bytes
        counts[row] = n_letters
