"""A thousand random mixtures: shares, repetition, nesting, splits and bytes are as promised."""

import hashlib
from collections import Counter
from random import Random
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from curate.mix import SPLITS
from curate.mix.draw import mix
from schemas.errors import RecipeError
from schemas.ids import fraction, identity
from schemas.mixing import Mix
from schemas.rows import EXAMPLES, MIXTURE, TOKENS, VERDICTS

PARTS = ("a", "b", "c")
TURNS = [{"role": "user", "content": "?"}, {"role": "assistant", "content": "yes"}]
SEEDS = st.integers(0, 2**32 - 1)


class Pool(NamedTuple):
    """Made-up examples with their verdicts and tokens."""

    examples: pa.Table
    verdicts: pa.Table
    tokens: pa.Table


class Drawn(NamedTuple):
    """A mixture, read back."""

    rows: dict[str, list[dict[str, Any]]]
    passes: dict[str, float]
    bytes: str


def pool_of(seed: int) -> Pool:
    """Up to 120 examples in three parts, of documents that are held out by their ids."""
    random = Random(seed)
    rows, verdicts, tokens = [], [], []
    for part in PARTS:
        per_document = random.randint(1, 6)
        for number in range(random.randint(3, 40)):
            document = identity(part, number // per_document)
            one = identity(part, number, "example")
            cut = fraction(document)
            rows.append(
                {
                    "id": one,
                    "part": part,
                    "split": "test" if cut < 0.1 else "valid" if cut < 0.15 else "train",
                    "messages": TURNS,
                    "task": f"task {number % 3}",
                    "domain": random.choice(["x", "y", "z", None]),
                    "document_id": document,
                }
            )
            kept = random.random() < 0.9
            verdicts.append({"id": one, "kept": kept, "failed": [] if kept else ["short"]})
            n = random.randint(2, 60)
            tokens.append({"id": one, "n_tokens": n, "n_loss_tokens": n // 2, "problem": None})
    return Pool(
        pa.Table.from_pylist(rows, schema=EXAMPLES),
        pa.Table.from_pylist(verdicts, schema=VERDICTS),
        pa.Table.from_pylist(tokens, schema=TOKENS),
    )


caps = st.one_of(st.none(), st.integers(1, 8))


@st.composite
def mixtures(draw: st.DrawFn) -> Mix:
    parts = draw(st.lists(st.sampled_from(PARTS), min_size=1, max_size=3, unique=True))
    weights = [draw(st.integers(1, 20)) for _ in parts]
    unit = draw(st.sampled_from(["rows", "tokens", "loss_tokens"]))
    by_count = draw(st.booleans())
    shares = {
        part: {"count": weight * 2} if by_count else {"share": weight / sum(weights)}
        for part, weight in zip(parts, weights, strict=True)
    }
    for part in parts:
        if draw(st.booleans()):
            shares[part]["epochs"] = draw(st.integers(1, 4))
    return Mix.model_validate(
        {
            "parts": shares,
            "size": None if by_count else draw(st.one_of(st.none(), st.integers(1, 400))),
            "unit": unit,
            "shortage": draw(st.sampled_from(["strict", "repeat", "shrink"])),
            "temperature": draw(st.one_of(st.none(), st.floats(1, 10))),
            "caps": {name: draw(caps) for name in ("document", "task", "domain")},
        }
    )


def drawn(pool: Pool, asked: Mix, seed: int) -> Drawn:
    digest = hashlib.sha256()
    with mix(pool.examples, pool.verdicts, asked, seed, tokens=pool.tokens) as mixed:
        rows = {}
        for split in SPLITS:
            table = pa.Table.from_batches(mixed.batches(split), schema=MIXTURE)
            sink = pa.BufferOutputStream()
            pq.write_table(table, sink)
            digest.update(sink.getvalue())
            rows[split] = table.to_pylist()
        return Drawn(rows, mixed.passes, digest.hexdigest())


def amount(row: dict[str, Any], unit: str) -> int:
    return 1 if unit == "rows" else int(row[f"n_{unit}"])


def multiset(rows: list[dict[str, Any]], part: str) -> Counter[str]:
    return Counter(row["example_id"] for row in rows if row["part"] == part)


@settings(max_examples=40, deadline=None)
@given(SEEDS, mixtures(), SEEDS)
def test_a_mixture_is_as_it_was_asked_for(pool: int, asked: Mix, seed: int) -> None:
    check(pool_of(pool), asked, seed)


@pytest.mark.slow
@settings(max_examples=1_000, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(SEEDS, mixtures(), SEEDS)
def test_a_thousand_mixtures_are_as_they_were_asked_for(pool: int, asked: Mix, seed: int) -> None:
    check(pool_of(pool), asked, seed)


def check(pool: Pool, asked: Mix, seed: int) -> None:
    """All promises at once; a mixture that cannot be is refused in one line and counts for none."""
    try:
        whole = drawn(pool, asked, seed)
    except RecipeError as error:
        assert str(error).startswith("mix.parts."), error
        assume(False)
    assert_shares_are_exact(whole, asked)
    assert_nothing_repeats_in_an_epoch(whole, asked)
    assert_no_document_in_two_splits(whole)
    assert_caps_hold(whole, asked, pool)
    assert drawn(pool, asked, seed).bytes == whole.bytes
    assert_half_is_inside(pool, asked, seed, whole)


def assert_shares_are_exact(whole: Drawn, asked: Mix) -> None:
    """Each part within one row, or one row's tokens, of its share of what was asked."""
    train = whole.rows["train"]
    largest = {"rows": 1, "tokens": 60, "loss_tokens": 30}[asked.unit]
    sums = {
        part: sum(amount(row, asked.unit) for row in train if row["part"] == part)
        for part in asked.parts
    }
    if asked.asked is not None and asked.shortage != "shrink":
        size = asked.asked
    else:  # as large as the part allows that limits it
        size = min((sums[part] + largest) / float(share) for part, share in asked.shares.items())
        assert asked.asked is None or sum(sums.values()) <= asked.asked
        for part, share in asked.shares.items():
            assert sums[part] <= float(share) * size + largest
        return
    for part, share in asked.shares.items():
        wanted = float(share) * size
        assert abs(sums[part] - wanted) < largest + 1e-6
        assert asked.unit == "rows" or sums[part] <= wanted + 1e-6


def assert_nothing_repeats_in_an_epoch(whole: Drawn, asked: Mix) -> None:
    for split in SPLITS:
        seen = Counter((row["example_id"], row["epoch"]) for row in whole.rows[split])
        assert max(seen.values(), default=1) == 1
    for part in asked.parts:
        epochs = [row["epoch"] for row in whole.rows["train"] if row["part"] == part]
        assert max(epochs, default=0) < asked.epochs(part)
        times = Counter(row["example_id"] for row in whole.rows["train"] if row["part"] == part)
        assert max(times.values(), default=0) - min(times.values(), default=0) <= 1
    positions = [row["position"] for row in whole.rows["train"]]
    assert positions == list(range(len(positions)))


def assert_no_document_in_two_splits(whole: Drawn) -> None:
    of = {(row["document_id"], split) for split in SPLITS for row in whole.rows[split]}
    assert len(of) == len({document for document, _ in of})


def assert_caps_hold(whole: Drawn, asked: Mix, pool: Pool) -> None:
    about = {row["id"]: row for row in pool.examples.to_pylist()}
    columns = {"document": "document_id", "task": "task", "domain": "domain"}
    for name, column in columns.items():
        limit = getattr(asked.caps, name)
        first = [row for row in whole.rows["train"] if row["epoch"] == 0]
        counts = Counter((row["part"], about[row["example_id"]][column]) for row in first)
        for (_, value), n in counts.items():
            assert limit is None or value is None or n <= limit


def assert_half_is_inside(pool: Pool, asked: Mix, seed: int, whole: Drawn) -> None:
    """The mixture of half the size is, part by part, in this one."""
    if asked.size is None or asked.size < 2:
        return
    half = asked.model_copy(update={"size": asked.size // 2})
    try:
        smaller = drawn(pool, half, seed)
    except RecipeError as error:  # less than the first row of every part
        assert "nothing would be trained on" in str(error)
        return
    for part in asked.parts:
        inner, outer = (multiset(one.rows["train"], part) for one in (smaller, whole))
        assert not inner - outer
