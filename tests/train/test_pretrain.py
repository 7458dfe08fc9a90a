"""A base from scratch learns, is the same twice, and knows the template."""

import itertools
import math
import random
from pathlib import Path

import numpy as np
import pytest

from schemas.errors import SourceError
from tests.train.conftest import SETTINGS, Made, chats
from train.pretrain import encode, learning_rate, pretrain, sequences
from train.runtime import load_tokenizer, quiet
from train.tokenizer import END, PAD, SPECIAL, train_tokenizer

pytest.importorskip("torch")


def trained(folder: Path, tokenizer: Path, seed: int = 1) -> list[float]:
    folder.mkdir()
    seen = chats(200, seed=9)
    texts = ["\n".join(turn["content"] for turn in one) for one in seen]
    with quiet():
        rows, _ = pretrain(texts, seen, tokenizer, SETTINGS, seed, folder, lambda line: None)
    return [row["loss"] for row in rows]


def test_two_trainings_end_with_the_same_bytes_and_another_seed_with_others(
    made_base: Made, tmp_path: Path
) -> None:
    one = trained(tmp_path / "one", made_base.tokenizer)
    other = trained(tmp_path / "other", made_base.tokenizer)
    third = trained(tmp_path / "third", made_base.tokenizer, seed=2)

    assert one == other != third
    files = [{p.name: p.read_bytes() for p in (tmp_path / n).iterdir()} for n in ("one", "other")]
    assert files[0] == files[1]
    assert one[-1] < 0.7 * one[0] and one[0] == pytest.approx(math.log(400), abs=0.2)


def test_a_tokenizer_has_all_bytes_and_its_control_tokens_first(made_base: Made) -> None:
    tokenizer = load_tokenizer(made_base.tokenizer)
    text = "é \x00 漢字 🙂 <|end|"

    assert tokenizer.decode(tokenizer(text, add_special_tokens=False)["input_ids"]) == text
    assert [tokenizer.convert_tokens_to_ids(token) for token in SPECIAL] == [0, 1, 2, 3, 4]
    assert (tokenizer.pad_token, tokenizer.eos_token) == (PAD, END)


def test_the_same_texts_make_the_same_tokenizer(tmp_path: Path) -> None:
    texts = [" ".join(f"w{number % 97}" for number in range(n, n + 50)) for n in range(200)]
    for name in "ab":
        (tmp_path / name).mkdir()
        assert train_tokenizer(iter(texts), 500, 128, tmp_path / name) <= 500

    files = [{p.name: p.read_bytes() for p in (tmp_path / n).iterdir()} for n in "ab"]
    assert files[0] == files[1]


def test_documents_end_with_the_end_token_and_chats_are_in_the_template(made_base: Made) -> None:
    tokenizer = load_tokenizer(made_base.tokenizer)
    document, conversation = encode(tokenizer, ["The lattice."], chats(1))

    assert document[-1] == tokenizer.eos_token_id
    assert tokenizer.decode(conversation).count("<|end|>") == 2
    assert tokenizer.decode(conversation).startswith("<|user|>What does the")


def test_texts_follow_each_other_without_a_gap_and_come_once_before_they_come_again() -> None:
    draw = random.Random(1)
    texts = [np.full(draw.randint(1, 40), number, np.int32) for number in range(50)]
    n_tokens = sum(map(len, texts))
    stream = sequences(texts, 4 * n_tokens // 32, 32, seed=3).reshape(-1)

    counts = np.bincount(stream[:n_tokens], minlength=50)
    assert (counts == [len(text) for text in texts]).all()
    assert (sequences(texts, 20, 32, 3) != sequences(texts, 20, 32, 4)).any()


def test_the_learning_rate_rises_and_falls_to_a_tenth() -> None:
    rates = [learning_rate(step, 400, 1e-3) for step in range(400)]

    assert rates.index(max(rates)) in (19, 20) and max(rates) == pytest.approx(1e-3)
    assert rates[-1] == pytest.approx(1e-4, rel=0.01)
    assert all(a >= b for a, b in itertools.pairwise(rates[20:]))


def test_a_base_without_text_is_refused(made_base: Made, tmp_path: Path) -> None:
    with quiet(), pytest.raises(SourceError, match=r"base\.pretrain: its parts hold no"):
        pretrain([], [], made_base.tokenizer, SETTINGS, 1, tmp_path, lambda line: None)
