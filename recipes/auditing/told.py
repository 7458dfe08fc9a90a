"""What a reviewer is told of a drawn row: its verdict, why, and the text to judge it by."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from curate.screen.rules import UNIQUE, check
from curate.screen.view import SEPARATOR, taken
from recipes import why_twin
from recipes.auditing.population import Gate, with_ids
from recipes.auditing.sheet import shown
from recipes.auditing.strata import Drawn
from schemas.errors import RetortError

AROUND = 160
"""Characters of the source that are shown on each side of a quote."""
VALUE = 200
"""Characters of a measured value."""
ANSWERS = ("correct", "should_fail", "comment")
"""Columns that the reviewer fills in."""
COLUMNS = (
    *("id", "gate", "verdict", "failed", "rule", "rule_says", "values", "question", "answer"),
    *("text", "evidence", "source", "title", "twin", "twin_text", *ANSWERS),
    *("stratum", "weight", "check"),
)
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Known:
    """All that is known of the drawn rows of a gate: position or id -> row."""

    rows: Mapping[int, Row]
    verdicts: Mapping[int, Row]
    values: Mapping[int, Row]
    documents: Mapping[str, Row]
    twins: Mapping[str, Row]


def told(gates: Sequence[Gate], drawn: Sequence[Drawn]) -> list[dict[str, str]]:
    """Cells by COLUMNS for each drawn row, in their order; nothing is cut."""
    known = [
        _look_up(gate, sorted({one.position for one in drawn if one.stratum.gate == number}))
        for number, gate in enumerate(gates)
    ]
    return [_cells(gates[one.stratum.gate], known[one.stratum.gate], one) for one in drawn]


def checked(cells: Mapping[str, str]) -> str:
    """A few letters that follow from what a reviewer must not change."""
    fixed = ("id", "gate", "verdict", "failed", "rule", "stratum")
    text = "\x1f".join(" ".join(shown(cells[name], "").split()) for name in fixed)
    return "k" + hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


def _look_up(gate: Gate, positions: Sequence[int]) -> _Known:
    rows, verdicts = (taken(one.batches(), positions) for one in (gate.rows, gate.verdicts))
    values: dict[int, dict[str, Any]] = {position: {} for position in positions}
    for table in gate.measured:
        for position, found in taken(table.batches(), positions).items():
            values[position] |= found
    ids = [row.get("document_id") for row in rows.values()]
    documents = with_ids(gate.run.table("collect"), ids) if gate.run else {}
    near = [row.get("duplicate_of") for row in verdicts.values() if not row.get("reference")]
    return _Known(rows, verdicts, values, documents, with_ids(gate.rows, near))


def _cells(gate: Gate, known: _Known, one: Drawn) -> dict[str, str]:
    row, verdict = known.rows[one.position], known.verdicts[one.position]
    document = known.documents.get(row.get("document_id") or "", {})
    question, answer = _turns(row)
    own = question or answer
    text = row.get("context") if own else row.get("text")
    cells = dict.fromkeys(COLUMNS, "") | {
        "id": str(row["id"]),
        "gate": gate.name,
        "verdict": one.stratum.values[0],
        "failed": ", ".join(verdict["failed"] or ()),
        "rule": one.stratum.values[1],
        "rule_says": "\n".join(_says(gate, name) for name in verdict["failed"] or ()),
        "values": _values(gate, known, one.position, document),
        "question": question,
        "answer": answer,
        "text": str(text or ""),
        "evidence": "\n\n".join(_quoted(quote, row, document) for quote in _evidence(row)),
        "source": str(row.get("source") or document.get("source") or ""),
        "title": str(row.get("title") or document.get("title") or ""),
        "stratum": f"{one.stratum.label} ({one.n_drawn} of {one.stratum.n_rows})",
        "weight": f"{one.weight:.6g}",
    }
    if verdict.get("duplicate_of"):
        cells |= _twin(gate, known, row, verdict)
    by = {name: value for name, value in one.stratum.columns if name not in COLUMNS}
    return cells | by | {"check": checked(cells)}


def _turns(row: Row) -> tuple[str, str]:
    """Question and answer of an example; empty where a row is none."""
    if not isinstance(row.get("messages"), list):
        return str(row.get("instruction") or ""), str(row.get("response") or "")
    turns = [(turn["role"], turn["content"] or "") for turn in row["messages"]]
    asked = SEPARATOR.join(content for role, content in turns if role != "assistant")
    return asked, SEPARATOR.join(content for role, content in turns if role == "assistant")


def _evidence(row: Row) -> list[Row]:
    found = row.get("evidence")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _says(gate: Gate, name: str) -> str:
    """A rule in its own words."""
    if name == UNIQUE and gate.unique is not None:
        return f"{name}: repeats a kept row, similarity {gate.unique['threshold']} or more"
    if name not in gate.keep:
        return name
    rule = gate.keep[name]
    return f"{name}: {rule['sql']}" + (f" ({rule['reason']})" if rule.get("reason") else "")


def _values(gate: Gate, known: _Known, position: int, document: Row) -> str:
    """The columns that the failed rules name, or all rules for a kept row, as they were seen."""
    verdict = known.verdicts[position]
    seen = {f"document_{name}": value for name, value in document.items()}
    seen |= {name: value for name, value in known.values[position].items() if name != "id"}
    seen |= {"text": why_twin.text(dict(known.rows[position])) if document else None}
    seen |= known.rows[position]
    rules = [name for name in verdict["failed"] or gate.keep if name in gate.keep]
    names = sorted({name for rule in rules for name in _named(gate.keep[rule]["sql"])})
    if "contaminated" in names:
        names += [name for name in seen if name.startswith("contaminated_")]
    if not gate.keep:  # a plain file's rules are not written down, so all that was measured is told
        names = [name for name in known.values[position] if name != "id"]
    if verdict.get("similarity") is not None:
        seen["similarity"] = verdict["similarity"]
        names.append("similarity")
    return "\n".join(f"{name} = {seen.get(name)!r:.{VALUE}}" for name in names)


@cache
def _named(sql: str) -> frozenset[str]:
    """Columns that a rule names; it was checked when it was applied."""
    return check("rule", sql).columns


def _quoted(quote: Row, row: Row, document: Row) -> str:
    """A quote between what stands around it in its source."""
    words, text = str(quote.get("quote") or ""), document.get("text")
    start = quote.get("start")
    if text is None:
        text = str(row.get("context") or "")
        start = text.find(words)
    if quote.get("match") == "none" or start is None or start < 0:
        return f"«{words}» (not in the source)"
    end = start + len(words) if "text" not in document else quote.get("end") or start
    place = f"characters {start}-{end}" if "text" in document else "in the passage"
    before, after = text[max(0, start - AROUND) : start], text[end : end + AROUND]
    return f"…{before}«{words}»{after}… ({place})"


def _twin(gate: Gate, known: _Known, row: Row, verdict: Row) -> dict[str, str]:
    """The row that a duplicate repeats, and its text where it is at hand."""
    twin = known.twins.get(verdict["duplicate_of"])
    if twin is not None:
        asked = SEPARATOR.join(filter(None, _turns(twin)))
        return {"twin": str(twin["id"]), "twin_text": asked or str(twin.get("text") or "")}
    named = f"{verdict['duplicate_of']} of {verdict.get('reference') or 'another file'}"
    return {"twin": named, "twin_text": _outside(gate, row, verdict)}


def _outside(gate: Gate, row: Row, verdict: Row) -> str:
    """The text of a row of a reference; empty where it is no longer at hand."""
    if gate.run is None or gate.level is None:
        return ""
    try:
        found = why_twin.twin(gate.run, gate.level, dict(row), dict(verdict))
    except RetortError:
        return ""
    return str(found["its_text"] or "")
