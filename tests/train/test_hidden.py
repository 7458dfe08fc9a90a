"""What a base says of whole conversations: vectors, and how hard answers are."""

import random
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

pytest.importorskip("torch")
import torch

from schemas.selected import DIFFICULTY
from train.encode import tokens
from train.measures import difficulty as measure_difficulty
from train.measures.difficulty import NO_INSTRUCTION, before_any_answer, difficulty
from train.measures.hidden import hidden, of_conversations, schema
from train.measures.reading import NO_ANSWER, REFUSED, TOO_LONG, alike
from train.runtime import Loaded, load, quiet

SUBJECTS = "lattice membrane catalyst estuary spectrum residue kernel plasma".split()
Chat = list[dict[str, str | None]]


def chats(n: int, seed: int = 1) -> list[Chat]:
    draw = random.Random(seed)
    return [
        [
            {"role": "user", "content": f"What is {draw.choice(SUBJECTS)} {number}?"},
            {"role": "assistant", "content": " ".join(draw.choices(SUBJECTS, k=1 + number % 9))},
        ]
        for number in range(n)
    ]


@pytest.fixture(scope="module")
def model(model_folder: Path) -> Loaded:
    with quiet():
        return load(model_folder, model_folder, None, "full", "float32")


def batch(conversations: list[Chat]) -> pa.RecordBatch:
    n = len(conversations)
    return pa.RecordBatch.from_pydict(
        {
            "id": [f"e{number}" for number in range(n)],
            "part": ["domain"] * n,
            "split": ["train"] * n,
            "messages": conversations,
        }
    )


def silent(line: str) -> None: ...


def test_a_vector_is_the_position_weighted_mean_of_the_last_states(model: Loaded) -> None:
    conversations = chats(20)
    there, found = of_conversations(conversations, model, 256, Counter())

    assert there == list(range(20))
    for place in (0, 8, 19):
        ids, _ = tokens(model.tokenizer, conversations[place][:1], conversations[place][1:])
        with torch.no_grad():
            told = model.model(torch.tensor([ids]), output_hidden_states=True)
        states = told.hidden_states[-1][0].double().numpy()
        weights = np.arange(1, len(ids) + 1)
        mean = (states * weights[:, None]).sum(0) / weights.sum()
        assert np.allclose(found[place], mean / np.linalg.norm(mean), atol=2e-6)


def test_vectors_have_length_one_and_do_not_depend_on_their_neighbours(model: Loaded) -> None:
    conversations = chats(30)
    _, together = of_conversations(conversations, model, 256, Counter())
    _, alone = of_conversations(conversations, model, 256, Counter(), batch_tokens=8)

    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-6)
    assert np.allclose(together, alone, atol=2e-6)


def test_rows_that_cannot_be_read_whole_are_skipped_with_their_reason(model: Loaded) -> None:
    good = chats(2)
    long: Chat = [{"role": "user", "content": "word " * 400}, {"role": "assistant", "content": "a"}]
    rows = [good[0], long, [], good[1]]
    skipped: Counter[str] = Counter()
    (found,) = hidden(iter([batch(rows)]), model, 256, skipped, silent)

    assert found.column("id").to_pylist() == ["e0", "e3"]
    assert skipped == {TOO_LONG: 1, NO_ANSWER: 1}
    assert found.schema == schema(model)


def test_turns_that_a_template_refuses_are_skipped(model: Loaded) -> None:
    template = model.tokenizer.chat_template
    model.tokenizer.chat_template = "{{ raise_exception('no') }}"
    skipped: Counter[str] = Counter()
    try:
        there, _ = of_conversations(chats(3), model, 256, skipped)
    finally:
        model.tokenizer.chat_template = template

    assert there == [] and skipped == {REFUSED: 3}


def test_control_characters_are_read_and_a_null_turn_is_skipped(model: Loaded) -> None:
    rows: list[Chat] = [
        [{"role": "user", "content": ""}, {"role": "assistant", "content": "a\x00\x07 b"}],
        [{"role": "user", "content": None}, {"role": "assistant", "content": "a"}],
        [{"role": "user", "content": "?"}, {"role": "assistant", "content": "\u202e\ufffd"}],
    ]
    skipped: Counter[str] = Counter()
    there, found = of_conversations(rows, model, 256, skipped)

    assert there == [0, 2] and np.isfinite(found).all()
    assert skipped == {REFUSED: 1}


def test_a_model_that_gives_no_numbers_gives_no_vector(model_folder: Path) -> None:
    with quiet():
        broken = load(model_folder, model_folder, None, "full", "float32")
    with torch.no_grad():
        broken.model.base_model.norm.weight.fill_(float("nan"))
    skipped: Counter[str] = Counter()

    assert of_conversations(chats(3), broken, 256, skipped)[0] == []
    assert sum(skipped.values()) == 3


def nll(model: Loaded, ids: list[int], first: int) -> float:
    """Mean nats of the tokens from `first` on."""
    with torch.no_grad():
        logits = model.model(torch.tensor([ids])).logits[0].double()
    chosen = torch.log_softmax(logits, -1)[torch.arange(first - 1, len(ids) - 1), ids[first:]]
    return -float(chosen.mean())


def test_difficulty_is_the_loss_with_the_instruction_over_that_without(model: Loaded) -> None:
    conversations = chats(12)
    (found,) = difficulty(iter([batch(conversations)]), model, 256, Counter(), silent)
    head = before_any_answer(model.tokenizer)

    assert head and found.schema == DIFFICULTY
    for row in (0, 5, 11):
        ids, n_prompt = tokens(model.tokenizer, conversations[row][:1], conversations[row][1:])
        given, alone = (
            nll(model, ids, n_prompt),
            nll(model, [*head, *ids[n_prompt:]], len(head)),
        )
        told = found.slice(row, 1).to_pylist()[0]
        assert told["nll_given"] == pytest.approx(given, rel=1e-4)
        assert told["nll_alone"] == pytest.approx(alone, rel=1e-4)
        assert told["ifd"] == pytest.approx(given / alone, rel=1e-4)


def test_the_cue_to_answer_is_what_the_template_writes_before_an_answer(model: Loaded) -> None:
    head = before_any_answer(model.tokenizer)
    ids, n_prompt = tokens(model.tokenizer, *(chats(1)[0][:1], chats(1)[0][1:]))

    assert ids[:n_prompt][-1] == head[-1]


def test_without_a_cue_the_first_token_counts_in_neither_loss(
    model: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measure_difficulty, "before_any_answer", lambda tokenizer: [])
    conversations = chats(1)
    ((given, alone),) = filter(
        None, measure_difficulty.of_conversations(conversations, model, 256, Counter())
    )
    ids, n_prompt = tokens(model.tokenizer, conversations[0][:1], conversations[0][1:])

    assert given == pytest.approx(nll(model, ids, n_prompt + 1), rel=1e-4)
    assert alone == pytest.approx(nll(model, ids[n_prompt:], 1), rel=1e-4)


def test_an_answer_to_nothing_has_no_difficulty(model: Loaded) -> None:
    skipped: Counter[str] = Counter()
    rows: list[Chat] = [[{"role": "assistant", "content": "So it is."}]]
    (found,) = difficulty(iter([batch(rows)]), model, 256, skipped, silent)

    assert len(found) == 0 and skipped == {NO_INSTRUCTION: 1}


def test_batches_of_like_length_hold_every_row_once_within_their_tokens() -> None:
    lengths = [5, 900, 3, 3, 40, 41, 5000, 1]
    batches = alike(lengths, 100)

    assert sorted(place for one in batches for place in one) == list(range(8))
    for one in batches:
        assert len(one) == 1 or len(one) * max(lengths[place] for place in one) <= 100
