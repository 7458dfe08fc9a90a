"""Which numbers of answers their sources have. Reads answers, questions, contexts and quotes.

A number is in a text if its value is there, with its unit if it has one: an answer's `5 mg` is not
borne out by `5 g` or by a bare 5, its bare 5 is by any of them. In `5-10 mg`, `5 ± 2 mg` and
`5, 10 and 20 mg` a text has each of the numbers with the unit. A minus sign must be there too.
A text's `six patients` bears out `6 patients`; number words of an answer are not checked.

The evidence is the quotes, where there are any, and else the context. Beside quotes, a number that
they do not have is borne out where both the question and the context have it, and a name with
digits (IL-6) where either has it; a question that shows its source is as good as a context.
Numbers of a list (1., 2., 3.) claim nothing.

DuckDB finds the stretches with digits; each different one is read once (`numbers.py`).
"""

from collections.abc import Sequence
from typing import NamedTuple

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from curate.screen.grounding.numbers import Claim, Key, borne_out, claimed
from curate.screen.grounding.units import JOINING, MULTIPLIERS, NUMBERS, UNITS

Flags = NDArray[np.bool_]
Places = NDArray[np.int64]

SHOWN = 5
"""Unsupported numbers of a row that are told."""
_WORDS = sorted({*JOINING, *MULTIPLIERS, *UNITS, "per", "cent", "Celsius", "C"}, key=len)[::-1]
_WORD = "|".join(rf"{word}\b" if word.isascii() and word[-1] != "%" else word for word in _WORDS)
_UNIT = rf"(?:{_WORD}|[μµ][A-Za-z]+\b|℃)"
_TAIL = rf"\\\S*|[(\[]?{_UNIT}(?:[/·⋅×.*]{_UNIT})*[.,;:)\]]*|[-+–−±×·⋅*xX/=<>≤≥~,;:]+"
_CHUNK = r"\S*[\p{Nd}⁰¹²³⁴-⁹₀-₉]\S*"
_SPELT = "|".join(sorted(NUMBERS.keys() - {"one"}, key=len)[::-1])
_SPELT = rf"(?i:\b(?:{_SPELT})\b)[-\S]*"
_COUNTED = r"(?:\s{1,2}\p{L}+)?"
IN_ANSWER = rf"{_CHUNK}(?:\s{{1,2}}(?:{_CHUNK}|{_TAIL}))*{_COUNTED}"
"""A stretch with digits, and the word behind it, in RE2's language."""
IN_SOURCE = rf"(?:{_CHUNK}|{_SPELT})(?:\s{{1,2}}(?:{_CHUNK}|{_SPELT}|{_TAIL}))*{_COUNTED}"
_LISTED = r"(?m)^[ \t]*\d{1,2}[.)][ \t]"
_BRACKETED = r"\(\d{1,2}\)[ \t]"
_ANSWER = rf"""
    case when regexp_matches(answer, '(?m)^[ \t]*1[.)][ \t]')
         then regexp_replace(answer, '{_LISTED}', chr(10), 'g')
         when contains(answer, '(1) ') and contains(answer, '(2) ')
         then regexp_replace(answer, '{_BRACKETED}', '', 'g')
         else answer end
"""
HAS_DIGIT = r"[\p{Nd}⁰¹²³⁴-⁹₀-₉]"


class Checked(NamedTuple):
    """What was found for the rows of one batch."""

    n: NDArray[np.int32]
    """(rows,) numbers, and names with digits, in the answer."""
    n_supported: NDArray[np.int32]
    n_asked: NDArray[np.int32]
    """(rows,) of those that are not supported, the ones that the question has."""
    unsupported: pa.StringArray
    """(rows,) the first few of those that are not supported, as written; null for none."""


class _Stretches(NamedTuple):
    """The stretches with digits of some rows, each different one once."""

    rows: Places
    """(stretches,) row of each."""
    numbers: Places
    """(stretches,) which of `texts` it is."""
    texts: list[str]


def check(
    database: duckdb.DuckDBPyConnection,
    answers: pa.Array,
    questions: pa.Array,
    contexts: pa.Array,
    quotes: pa.Array,
    shows_source: pa.Array,
) -> Checked:
    """Hold the numbers of answers against their sources.

    Args:
        database: where stretches with digits are found.
        answers: (rows,) texts, as all of these.
        questions: what was asked.
        contexts: what the answers are from.
        quotes: what of it supports them, or empty.
        shows_source: (rows,) whether the question holds its source.
    """
    texts = pa.table(
        {
            "row": np.arange(len(answers)),
            **{"answer": answers, "question": questions, "context": contexts, "quotes": quotes},
            "shows_source": shows_source,
        }
    )
    database.register("texts", texts)
    database.execute(
        f"""create or replace temp table texts_with_numbers as
            select *, quotes <> '' as is_quoted from texts
            where regexp_matches(answer, '{HAS_DIGIT}') order by row"""
    )
    database.unregister("texts")
    said = _stretches(database, _ANSWER, IN_ANSWER, "true")
    claims = [claimed(text) for text in said.texts]
    keys = {key for one in claims for claim in one for key in (claim.key, claim.spelt)}
    ids = {key: number for number, key in enumerate(keys)}
    rows, claim_ids, shown = _exploded(said, claims, ids)

    def has(text: str, condition: str) -> Flags:
        found = _stretches(database, text, IN_SOURCE, condition)
        return _held(found, ids, rows, claim_ids)

    in_evidence = has("case when is_quoted then quotes else context end", "true")
    in_question = has("question", "true")
    in_context = has("context", "is_quoted") | (
        in_evidence & ~_rows_where(database, "is_quoted", rows)
    )
    in_context |= _rows_where(database, "shows_source", rows)
    names = np.array([claim.is_name for claim in shown], np.bool_)
    supported = in_evidence | (in_question & in_context) | (names & (in_question | in_context))
    return Checked(
        np.bincount(rows, minlength=len(answers)).astype(np.int32),
        np.bincount(rows[supported], minlength=len(answers)).astype(np.int32),
        np.bincount(rows[in_question & ~supported], minlength=len(answers)).astype(np.int32),
        _told(rows, supported, shown, len(answers)),
    )


def _stretches(
    database: duckdb.DuckDBPyConnection, text: str, pattern: str, condition: str
) -> _Stretches:
    """The stretches of a text of each row that match a pattern."""
    found = database.sql(
        f"""select row, unnest(regexp_extract_all({text}, $pattern)) as stretch
            from texts_with_numbers where {condition}""",
        params={"pattern": pattern},
    ).to_arrow_table()
    coded = found["stretch"].combine_chunks().dictionary_encode()
    return _Stretches(
        found["row"].to_numpy(),
        coded.indices.to_numpy().astype(np.int64),
        coded.dictionary.to_pylist(),
    )


def _rows_where(database: duckdb.DuckDBPyConnection, condition: str, rows: Places) -> Flags:
    """(claims,) whether the row of each claim meets a condition."""
    found = database.sql(f"select row from texts_with_numbers where {condition}").to_arrow_table()
    return np.isin(rows, found["row"].to_numpy())


def _exploded(
    said: _Stretches, claims: Sequence[Sequence[Claim]], ids: dict[Key, int]
) -> tuple[Places, Places, list[Claim]]:
    """(row, numbers of both keys, claim) of each claim, in the order of the rows."""
    order = np.argsort(said.rows, kind="stable")
    rows, numbers = said.rows[order], said.numbers[order]
    lengths = np.array([len(one) for one in claims], np.int64)
    flat = [claim for one in claims for claim in one]
    places = _gathered(lengths, numbers)
    key_ids = np.array([(ids[one.key], ids[one.spelt]) for one in flat], np.int64).reshape(-1, 2)
    return np.repeat(rows, lengths[numbers]), key_ids[places], [flat[place] for place in places]


def _gathered(lengths: Places, numbers: Places) -> Places:
    """Where the items of lists, which lie one after the other, stand for a choice of lists."""
    starts = np.cumsum(lengths) - lengths
    chosen = lengths[numbers]
    within = np.arange(chosen.sum()) - np.repeat(np.cumsum(chosen) - chosen, chosen)
    places: Places = np.repeat(starts[numbers], chosen) + within
    return places


def _held(source: _Stretches, ids: dict[Key, int], rows: Places, claim_ids: Places) -> Flags:
    """(claims,) whether the row's text bears it out."""
    offered = [[ids[key] for key in borne_out(text) if key in ids] for text in source.texts]
    lengths = np.array([len(one) for one in offered], np.int64)
    flat = np.array([number for one in offered for number in one], np.int64)
    places = _gathered(lengths, source.numbers)
    there = np.repeat(source.rows, lengths[source.numbers]) * len(ids) + flat[places]
    asked = pa.array((rows[:, None] * len(ids) + claim_ids).ravel(), pa.int64())
    held = pc.is_in(asked, value_set=pa.array(there, pa.int64()))
    either: Flags = held.to_numpy(zero_copy_only=False).reshape(-1, 2).any(axis=1)
    return either


def _told(rows: Places, supported: Flags, shown: Sequence[Claim], n_rows: int) -> pa.StringArray:
    """(rows,) what is not supported, as written."""
    lists: dict[int, list[str]] = {}
    for place in np.flatnonzero(~supported).tolist():
        listed = lists.setdefault(int(rows[place]), [])
        if len(listed) < SHOWN and shown[place].written not in listed:
            listed.append(shown[place].written)
    told = pa.array(["; ".join(listed) for listed in lists.values()], pa.string())
    places = np.full(n_rows, -1, np.int64)
    places[list(lists)] = np.arange(len(lists))
    return told.take(pa.array(places, mask=places < 0))
