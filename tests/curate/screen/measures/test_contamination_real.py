"""Real benchmarks against real abstracts, planted items, and instruction files."""

import gzip
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from contamination.planted import lettered, plant, shuffled

from curate.screen.benchmarks import Item, load
from curate.screen.measures import contamination
from curate.screen.measures.contamination import Params, measure_with_references
from schemas.plain import open_rows

pytestmark = [pytest.mark.shared_data, pytest.mark.slow]


def paths(shared_data: Path, *names: str) -> tuple[str, ...]:
    return tuple(str(shared_data / "bench" / name) for name in names)


@pytest.fixture(scope="module")
def mmlu_and_arc(shared_data: Path) -> tuple[str, ...]:
    folder = "llm_foundry_gauntlet/world_knowledge"
    return paths(shared_data, "mmlu/test", folder)


@pytest.fixture(scope="module")
def abstracts(shared_data: Path) -> list[str]:
    with gzip.open(shared_data / "arxiv_abstracts/arxiv_abstracts.jsonl.gz", "rt") as lines:
        found = [json.loads(line)["abstract"] for line in lines]
    for path in sorted((shared_data / "ml_anthology/data/papers").glob("*.json.gz")):
        with gzip.open(path, "rt") as file:
            found += [row["abstract"] for row in json.load(file)["papers"] if row.get("abstract")]
    return found


def contaminated(texts: list[str], benchmarks: tuple[str, ...], **given: float) -> pa.Table:
    rows = pa.table({"text": pa.array(texts, pa.large_string())}).to_batches(max_chunksize=16_384)
    params = Params(benchmarks=benchmarks, **given)
    return pa.Table.from_batches(measure_with_references(lambda: iter(rows), params))


def share(found: pa.Table) -> float:
    return float(sum(found["contaminated"].to_pylist()) / len(found))


def items(benchmarks: tuple[str, ...]) -> Iterator[Item]:
    for benchmark in load(benchmarks):
        yield from benchmark.items


@pytest.mark.parametrize(
    "written",
    [lettered, shuffled, lambda item: lettered(item).upper(), lambda item: lettered(item).split()],
    ids=["verbatim", "shuffled", "in capitals", "respaced"],
)
def test_every_planted_item_is_found(
    mmlu_and_arc: tuple[str, ...], abstracts: list[str], written: Callable[[Item], str | list[str]]
) -> None:
    texts = [text if isinstance(text := written(one), str) else " \n\u2003".join(text)
             for one in items(mmlu_and_arc)]  # fmt: skip

    assert share(contaminated(plant(texts, abstracts, 7), mmlu_and_arc)) == 1


@pytest.mark.parametrize("part", ["first", "last"])
def test_halves_of_questions_are_found_from_sixteen_words(
    mmlu_and_arc: tuple[str, ...], abstracts: list[str], part: str
) -> None:
    halves = []
    for one in items(mmlu_and_arc):
        words = one.question.split(" ")
        if len(words) >= 16:
            middle = len(words) // 2
            halves.append(" ".join(words[:middle] if part == "first" else words[middle:]))

    assert len(halves) > 5_000
    assert share(contaminated(plant(halves, abstracts, 7), mmlu_and_arc)) > 0.998


def test_a_thousandth_of_unrelated_abstracts_is_taken_for_an_item_at_most(
    mmlu_and_arc: tuple[str, ...], abstracts: list[str]
) -> None:
    assert len(abstracts) > 30_000
    assert share(contaminated(abstracts, mmlu_and_arc)) <= 0.001


def test_training_problems_are_not_taken_for_test_problems(shared_data: Path) -> None:
    with (shared_data / "science/gsm8k/train.jsonl").open() as lines:
        train = [json.loads(line)["question"] for line in lines]
    test = paths(shared_data, "llm_foundry_gauntlet/symbolic_problem_solving")

    assert share(contaminated(train, test)) < 0.005
    assert share(contaminated(train, test, paraphrase=0.3)) < 0.005


def test_a_leak_is_found_whole_among_instructions(shared_data: Path, tmp_path: Path) -> None:
    folder = "llm_foundry_gauntlet/commonsense_reasoning"
    benchmarks = paths(shared_data, folder)
    own = open_rows(shared_data / "instruct/llama_factory_demo/alpaca_en_demo.json")
    clean = [
        {name: row[name] for name in ("instruction", "input", "output")}
        for batch in own.batches()
        for row in batch.to_pylist()
    ]
    leaked = [
        {
            "instruction": "Choose the best answer.",
            "input": shuffled(one),
            "output": one.answer,
        }
        for one in items(benchmarks)
    ]
    file = tmp_path / "alpaca.json"
    file.write_text(json.dumps([*clean, *leaked]))
    rows = open_rows(file)
    params = Params(benchmarks=benchmarks)
    columns = contamination.reads(params, rows.schema.names)
    found = pa.Table.from_batches(measure_with_references(lambda: rows.batches(columns), params))
    verdicts = found["contaminated"].to_pylist()

    assert columns == ["instruction", "input", "output"]
    assert all(verdicts[len(clean) :])
    assert sum(verdicts[: len(clean)]) <= 0.01 * len(clean)


def test_all_benchmarks_are_loaded_once_and_fast(shared_data: Path) -> None:
    everything = paths(shared_data, "")
    contaminated(["a first row compiles and loads"], everything)
    began = time.perf_counter()
    contaminated(["another row"], everything)
    assert time.perf_counter() - began < 1
    assert sum(map(len, (one.items for one in load(everything)))) > 18_000
