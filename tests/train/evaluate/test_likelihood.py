"""A likelihood is the model's own, whatever shares the batch, of the answer and its end alone."""

import math
from pathlib import Path

import pytest

from schemas.rows import LIKELIHOODS
from schemas.tables import Table
from schemas.training import Tune
from tests.train.conftest import Made, Mixing, chats
from train import runtime
from train.encode import encode
from train.evaluate.likelihood import answer, likelihoods, negative_log_likelihoods
from train.runtime import Loaded, load, quiet
from train.tune import tune

torch = pytest.importorskip("torch")


@pytest.fixture
def loaded(made_base: Made) -> Loaded:
    with quiet():
        return load(made_base.model, made_base.tokenizer, None, "lora", "auto")


def test_it_is_the_sum_over_the_answers_tokens_one_by_one(
    loaded: Loaded, made_base: Made, mixing: Mixing
) -> None:
    table = Table(mixing(chats(60)).folder, "train")
    rows = encode(table, loaded.tokenizer, "mixture")
    found = negative_log_likelihoods(rows, loaded, lambda line: None)
    for row, nll in zip(rows[:10], found, strict=False):
        with torch.no_grad():
            logits = loaded.model(input_ids=torch.tensor([row.ids])).logits[0].double()
        chances = logits.log_softmax(-1)
        expected = -sum(
            float(chances[place - 1, row.ids[place]]) for place in range(row.n_prompt, len(row.ids))
        )
        assert nll == pytest.approx(expected, rel=1e-4)
    assert all(math.isfinite(nll) and nll > 0 for nll in found)


def test_rows_come_in_the_tables_order_and_the_first_of_each_part_are_answered(
    loaded: Loaded, mixing: Mixing
) -> None:
    table = Table(mixing(chats(60)).folder, "test")
    told = likelihoods(table, loaded, 2, 5, lambda line: None)

    assert [set(row) for row in told[:1]] == [set(LIKELIHOODS.names)]
    assert [row["example_id"] for row in told] == table.read(["example_id"])[
        "example_id"
    ].to_pylist()
    assert [row["answer"] is None for row in told] == [False, False, True, True, True, True]
    assert [row["document_id"] for row in told] == table.read()["document_id"].to_pylist()
    answers = [row["completion"][-1]["content"] for row in table.read(["completion"]).to_pylist()]
    assert [row["n_bytes"] for row in told] == [len(text.encode()) for text in answers]


def test_a_model_that_learnt_to_stop_stops(made_base: Made, mixing: Mixing, tmp_path: Path) -> None:
    same = [
        [
            {"role": "user", "content": f"Say it, number {number}."},
            {"role": "assistant", "content": "heat"},
        ]
        for number in range(60)
    ]
    table = mixing(same).folder
    out = tmp_path / "model"
    out.mkdir()
    settings = Tune(method="full", learning_rate=3e-3, batch=8, epochs=8, valid_rows=0)
    with quiet():
        tune(
            *(Table(table, "train"), Table(table, "valid"), made_base.sources, settings, 1, out),
            *(tmp_path / "scratch", lambda line: None),
        )
        tuned = load(made_base.model, made_base.tokenizer, out, "full", "auto")
    row = encode(Table(table, "test"), tuned.tokenizer, "mixture")[0]

    assert answer(row, tuned, 50) == "heat"


def test_the_bases_own_stop_tokens_end_an_answer_too(made_base: Made, loaded: Loaded) -> None:
    tokenizer = runtime.load_tokenizer(made_base.tokenizer)

    assert loaded.stops == [tokenizer.eos_token_id] == [1]
