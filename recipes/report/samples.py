"""The few rows that are shown: which ones, and each with what it rests on.

The choice is the rows' own: within a group those with the lowest ids, and ids are hashes, so a
choice is as good as drawn and the same in every run. Duplicates are shown from the least alike
upwards, where a mistake would lie.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from recipes.report.text import Piece, differences, marked, shortened
from schemas.tables import Table

PER_FAMILY = 2
PER_RULE = 2
PAIRS = 3
MOST_FAMILIES = 12
TEXT, LINE = 1_200, 240
"""Characters of a stretch of text, and of a label, that are shown."""
OF_FAMILIES = """
    select task, id from
        (select task, id, row_number() over (partition by task order by id) as place
         from examples where kept is not false)
    where place <= ? order by task, id
"""
OF_RULES = """
    select rule, id from
        (select rule, id, row_number() over (partition by rule order by id) as place
         from (select unnest(failed) as rule, id from {0} where duplicate_of is null))
    where place <= ? order by rule, id
"""
TWINS = """
    select id, duplicate_of, similarity from {0}
    where duplicate_of is not null and reference is null
    order by similarity, id limit ?
"""
ROWS = "select {0} from {1} where id in (select unnest(?))"
COLUMNS = {
    "segment": 'id, part, split, title, section, source, license, start, "end", text',
    "synthesize": (
        "id, part, split, task, messages, context, passage_id, evidence, teacher, source, license"
    ),
}
Found = Mapping[str, dict[str, Any]]
"""Id -> row."""


@dataclass(frozen=True, slots=True)
class Card:
    """One example or passage, as it is shown."""

    id: str
    where: str
    """Part and split."""
    turns: list[tuple[str, str]]
    """(role, text) of an example; empty for a passage."""
    passage_id: str | None
    pieces: list[Piece]
    """The passage's text, the evidence marked; empty where there is none."""
    teacher: str
    """Who wrote an example; empty for a passage."""
    missing: list[str]
    """Quotes that its teacher gave and that are not in the source."""
    misplaced: list[str]
    """Quotes that do not stand in the passage at the offsets that are given for them."""
    title: str
    section: str
    source: str
    license: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A row that was set aside and the kept row that it repeats."""

    similarity: float
    gone: Card
    stayed: Card
    gone_pieces: list[Piece]
    """Its text, the words marked that the other does not have."""
    stayed_pieces: list[Piece]


@dataclass(frozen=True, slots=True)
class Samples:
    """Everything that is shown of the rows themselves."""

    families: dict[str, list[Card]]
    set_aside: dict[str, dict[str, list[Card]]]
    """Gate -> rule -> rows."""
    pairs: dict[str, list[Pair]]
    """Gate -> pairs."""


def choose(
    database: duckdb.DuckDBPyConnection, families: Sequence[str], tables: Mapping[str, Table]
) -> Samples:
    """Read the rows that are shown.

    Args:
        database: holds the narrow tables, and the stages' own under their names.
        families: tasks in the order in which they are shown.
        tables: stages that were made.
    """
    by_family = _grouped(database, OF_FAMILIES, PER_FAMILY)
    by_rule = {
        gate: _grouped(database, OF_RULES.format(gate), PER_RULE)
        for gate in ("passages", "examples")
    }
    twins = {
        gate: database.execute(TWINS.format(gate), [PAIRS]).fetchall()
        for gate in ("passages", "examples")
    }
    shown = list(families)[:MOST_FAMILIES]
    wanted = {
        gate: [id_ for ids in by_rule[gate].values() for id_ in ids]
        + [id_ for one, other, _ in twins[gate] for id_ in (one, other)]
        for gate in ("passages", "examples")
    }
    wanted["examples"] += [id_ for family in shown for id_ in by_family.get(family, [])]
    examples = _rows(database, "synthesize", wanted["examples"], tables)
    parents = [row["passage_id"] for row in examples.values() if row["passage_id"]]
    passages = _rows(database, "segment", wanted["passages"] + parents, tables)
    cards = {
        "passages": {id_: _passage(row) for id_, row in passages.items()},
        "examples": {id_: _example(row, passages) for id_, row in examples.items()},
    }
    texts = {
        "passages": {id_: row["text"] for id_, row in passages.items()},
        "examples": {id_: _text(row) for id_, row in examples.items()},
    }
    return Samples(
        families={
            family: [cards["examples"][id_] for id_ in by_family[family]]
            for family in shown
            if family in by_family
        },
        set_aside={
            gate: {rule: [cards[gate][id_] for id_ in ids] for rule, ids in groups.items()}
            for gate, groups in by_rule.items()
        },
        pairs={
            gate: [_pair(pair, cards[gate], texts[gate]) for pair in pairs]
            for gate, pairs in twins.items()
        },
    )


def _grouped(database: duckdb.DuckDBPyConnection, query: str, most: int) -> dict[str, list[str]]:
    """Label -> ids."""
    groups: dict[str, list[str]] = {}
    for label, id_ in database.execute(query, [most]).fetchall():
        groups.setdefault(label, []).append(id_)
    return groups


def _rows(
    database: duckdb.DuckDBPyConnection,
    stage: str,
    ids: Sequence[str],
    tables: Mapping[str, Table],
) -> dict[str, dict[str, Any]]:
    if stage not in tables or not ids:
        return {}
    query = ROWS.format(COLUMNS[stage], f'"{stage}"')
    rows = database.sql(query, params=[list(ids)]).to_arrow_table().to_pylist()
    return {row["id"]: row for row in rows}


def _passage(row: Mapping[str, Any], quotes: Sequence[Mapping[str, Any]] = ()) -> Card:
    """A passage with the quotes marked that stand in it at their offsets."""
    text, start = row["text"], row["start"]
    spans = [(quote["start"] - start, quote["end"] - start) for quote in quotes]
    stands = [
        0 <= first <= last <= len(text) and text[first:last] == quote["quote"]
        for (first, last), quote in zip(spans, quotes, strict=True)
    ]
    return Card(
        id=row["id"],
        where=f"{row['part']}, {row['split']}",
        turns=[],
        passage_id=row["id"],
        pieces=marked(text, [span for span, good in zip(spans, stands, strict=True) if good], TEXT),
        teacher="",
        missing=[],
        misplaced=[
            shortened(quote["quote"], LINE)
            for quote, good in zip(quotes, stands, strict=True)
            if not good
        ],
        title=shortened(row["title"] or "", LINE),
        section=shortened(" › ".join(row["section"] or []), LINE),
        source=shortened(row["source"], LINE),
        license=shortened(row["license"], LINE),
    )


def _example(row: Mapping[str, Any], passages: Found) -> Card:
    """An example with its passage; the context alone where the passage is not in the tables."""
    quotes = [one for one in row["evidence"] or [] if one["match"] != "none"]
    missing = [one for one in row["evidence"] or [] if one["match"] == "none"]
    passage = passages.get(row["passage_id"])
    under = _passage(passage, quotes) if passage is not None else None
    context = [Piece(shortened(row["context"], TEXT), False)] if row["context"] else []
    return Card(
        id=row["id"],
        where=f"{row['part']}, {row['split']}",
        turns=[(turn["role"], shortened(turn["content"], TEXT)) for turn in row["messages"]],
        passage_id=row["passage_id"],
        pieces=under.pieces if under else context,
        teacher=row["teacher"],
        missing=[shortened(one["quote"].strip(), LINE) for one in missing],
        misplaced=under.misplaced if under else [shortened(one["quote"], LINE) for one in quotes],
        title=under.title if under else "",
        section=under.section if under else "",
        source=shortened(row["source"], LINE),
        license=shortened(row["license"], LINE),
    )


def _text(row: Mapping[str, Any]) -> str:
    """An example's turns, as duplicates are compared."""
    return "\n\n".join(turn["content"] or "" for turn in row["messages"])


def _pair(
    pair: tuple[str, str, float], cards: Mapping[str, Card], texts: Mapping[str, str]
) -> Pair:
    gone, stayed, similarity = pair
    pieces = differences(texts[gone], texts[stayed], TEXT)
    return Pair(similarity, cards[gone], cards[stayed], *pieces)
