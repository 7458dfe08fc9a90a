"""The rows of an export that may not be in its release: how many, which, why.

Rulings are asked for once a distinct licence, terms and `trainable`; the rest is Arrow's.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from curate.export.described import Release
from curate.export.license_table import Table
from curate.export.rulings import LEVELS, UNSTATED, Judged, judge, shown

SHOWN = 3
"""Reasons that a message names."""
LONGEST_RULE = 300
"""Characters of a rule that a message proposes."""
REFUSED = pa.schema(
    [
        pa.field("id", pa.string(), metadata={"doc": "the row"}),
        pa.field("source", pa.string(), metadata={"doc": "where its document came from"}),
        pa.field("reason", pa.string(), metadata={"doc": "why it may not be in the release"}),
    ]
)
Combination = tuple[str | None, str | None, bool]


@dataclass(frozen=True, slots=True)
class Refused:
    """What a release may not hold."""

    n_rows: int
    """Rows that were looked at."""
    reasons: dict[str, int]
    """Reason -> rows, the most first."""
    rows: pa.Table
    """As REFUSED, in the order of the rows."""
    licenses: dict[str | None, int]
    """SPDX expression of the rows that may be in it, without OR -> rows, the most first."""
    message: str | None
    """For a user, on one line; None where nothing is refused."""

    @property
    def ids(self) -> list[str]:
        """Of every refused row."""
        found: list[str] = self.rows.column("id").to_pylist()
        return found


def refused(rows: pa.Table | Iterable[pa.RecordBatch], release: Release, table: Table) -> Refused:
    """Hold rows against a release.

    Args:
        rows: with `id` and `license`; where they have them, `source`, `teacher_license` and
            `trainable`, as `curate.export.rows.ROWS`.
        release: for whom the data are.
        table: what licences and terms allow.
    """
    counts: Counter[Combination] = Counter()
    found: list[pa.RecordBatch] = []
    for batch in rows.to_batches() if isinstance(rows, pa.Table) else rows:
        distinct, which = _combinations(batch)
        for value in pc.value_counts(which):
            counts[distinct[value["values"].as_py()]] += value["counts"].as_py()
        found += _refused_of(batch, distinct, which, release, table)
    judged = {one: judge(*one, table) for one in counts}
    return _told(counts, judged, pa.Table.from_batches(found, REFUSED), release)


def _combinations(batch: pa.RecordBatch) -> tuple[list[Combination], pa.Array]:
    """The distinct combinations of a batch, and (n_rows,) which of them each row has."""
    license_ = _coded(batch, "license", pa.string())
    terms = _coded(batch, "teacher_license", pa.string())
    trainable = _coded(batch, "trainable", pa.bool_())
    sizes = [len(one.dictionary) for one in (license_, terms, trainable)]
    code = license_.indices.cast(pa.int64())
    for one, size in ((terms, sizes[1]), (trainable, sizes[2])):
        code = pc.add(pc.multiply(code, size), one.indices.cast(pa.int64()))
    coded = code.dictionary_encode()
    values = [one.dictionary.to_pylist() for one in (license_, terms, trainable)]
    distinct = []
    for number in coded.dictionary.to_pylist():
        rest, third = divmod(number, max(sizes[2], 1))
        first, second = divmod(rest, max(sizes[1], 1))
        may = values[2][third]
        distinct.append((values[0][first], values[1][second], True if may is None else may))
    return distinct, coded.indices


def _coded(batch: pa.RecordBatch, name: str, kind: pa.DataType) -> pa.DictionaryArray:
    held = name in batch.schema.names
    column = batch.column(name).cast(kind) if held else pa.nulls(len(batch), kind)
    return column.dictionary_encode(null_encoding="encode")


def _refused_of(
    batch: pa.RecordBatch,
    distinct: list[Combination],
    which: pa.Array,
    release: Release,
    table: Table,
) -> list[pa.RecordBatch]:
    """The refused rows of a batch, where it has any."""
    levels = [judge(*one, table).found for one in distinct]
    reasons = [one.reason if one.level > LEVELS[release] else None for one in levels]
    if not any(reasons):
        return []
    reason = pa.array(reasons, pa.string()).take(which)
    held = "source" in batch.schema.names
    source = batch.column("source") if held else pa.nulls(len(batch), pa.string())
    columns = [batch.column("id").cast(pa.string()), source.cast(pa.string()), reason]
    return [pa.record_batch(columns, schema=REFUSED).filter(reason.is_valid())]


def _told(
    counts: Counter[Combination],
    judged: dict[Combination, Judged],
    rows: pa.Table,
    release: Release,
) -> Refused:
    reasons: Counter[str] = Counter()
    licenses: Counter[str | None] = Counter()
    refusals: dict[Combination, Judged] = {}
    for one, n in counts.items():
        if judged[one].found.level <= LEVELS[release]:
            licenses[judged[one].license] += n
        else:
            reasons[judged[one].found.reason or ""] += n
            refusals[one] = judged[one]
    ranked = dict(sorted(reasons.items(), key=lambda one: (-one[1], one[0])))
    n_rows = counts.total()
    message = _message(n_rows, ranked, rows, refusals, release) if refusals else None
    by_rows = sorted(licenses.items(), key=lambda one: (-one[1], one[0] or ""))
    return Refused(n_rows, ranked, rows, dict(by_rows), message)


def _message(
    n_rows: int,
    reasons: dict[str, int],
    rows: pa.Table,
    refusals: Mapping[Combination, Judged],
    release: Release,
) -> str:
    named = [_because(reason, n, rows) for reason, n in list(reasons.items())[:SHOWN]]
    rest = list(reasons.values())[SHOWN:]
    if rest:
        other = "another reason" if len(rest) == 1 else f"{len(rest):,} other reasons"
        named.append(f"{sum(rest):,} for {other}")
    return (
        f"release {release}: {rows.num_rows:,} of {n_rows:,} rows may not be in it: "
        f"{'; '.join(named)}. {_advice(refusals)}"
    )


def _because(reason: str, n: int, rows: pa.Table) -> str:
    """One reason with the first row that it is for."""
    place = pc.index(rows.column("reason"), reason).as_py()
    first = rows.slice(place, 1).to_pylist()[0]
    known = [shown(str(one)) for one in (first["id"], first["source"]) if one]
    return f"{n:,} because {reason} (id {', '.join(known)})"


def _advice(refusals: Mapping[Combination, Judged]) -> str:
    about = {one.found.about for one in refusals.values()}
    terms = {one[1] or "" for one, told in refusals.items() if told.found.about == "terms"}
    unstated = UNSTATED in terms
    terms -= {UNSTATED}
    rules = ["licensed: license_allowed"] * ("licence" in about)
    rules += [_on_terms(terms)] * bool(terms)
    rules += ["trainable: trainable"] * ("training" in about)
    steps = ["state output_license of the teacher in the recipe and run again"] * unstated
    if rules:
        steps.append(
            f"Set them aside with a rule (screen.examples.keep: {{{', '.join(rules)}}}) and run "
            "again"
        )
    if terms or not all(one.found.listed for one in refusals.values()):
        steps.append("say in a file of your own what they allow (--policy FILE)")
    worst = max(one.found.level for one in refusals.values())
    wider = [name for name, level in LEVELS.items() if level == worst]
    steps += [f"export with --release {name}" for name in wider]
    told = ", or ".join(filter(None, [", ".join(steps[:-1]), steps[-1]]))
    return f"{told[0].upper()}{told[1:]}."


def _on_terms(names: set[str]) -> str:
    """A rule that sets aside what was written under these terms."""
    listed = ", ".join("'" + name.replace("'", "''") + "'" for name in sorted(names))
    rule = f"coalesce(teacher_license, '') not in ({listed})"
    if len(rule) > LONGEST_RULE or not rule.isprintable() or set(rule) & set('"\\'):
        return "terms: a rule on teacher_license"
    return f'terms: "{rule}"'
