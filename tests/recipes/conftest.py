"""A base in a folder of its own, for recipes that name one."""

import random
from pathlib import Path

import pytest

from schemas.training import Pretrain
from tests.conftest import sentence


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Llama as save_pretrained writes it; tests copy it before a change."""
    pytest.importorskip("torch")
    from train.pretrain import pretrain
    from train.runtime import quiet
    from train.tokenizer import train_tokenizer

    folder = tmp_path_factory.mktemp("model")
    draw = random.Random(4)
    texts = [" ".join(sentence(draw) for _ in range(5)) for _ in range(80)]
    settings = Pretrain(
        layers=1, width=32, heads=2, vocab=400, context=256, tokens=10_000, batch_tokens=1_024
    )
    train_tokenizer(texts, settings.vocab, settings.context, folder)
    with quiet():
        pretrain(texts, [], folder, settings, 1, folder, lambda line: None)
    return folder
