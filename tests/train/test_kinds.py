"""Models of several kinds can be tuned by every method and asked afterwards."""

from pathlib import Path
from typing import Any

import pytest

from schemas.tables import Table
from schemas.training import Tune
from tests.train.conftest import SETTINGS, Made, Mixing, chats
from train.evaluate.likelihood import likelihoods
from train.runtime import load, quiet
from train.tune import tune

transformers = pytest.importorskip("transformers")
SAME: dict[str, Any] = {
    "vocab_size": SETTINGS.vocab,
    "bos_token_id": None,
    "eos_token_id": 1,
    "pad_token_id": 0,
}
SHAPE: dict[str, Any] = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "max_position_embeddings": 256,
}
GROUPED: dict[str, Any] = {**SHAPE, "num_key_value_heads": 1, "head_dim": 32}
KINDS = {
    "GPTNeoX": SHAPE,
    "GPT2": {"n_embd": 64, "n_layer": 2, "n_head": 2, "n_positions": 256},
    "Qwen3": GROUPED,
    "Gemma2": GROUPED,  # caps its logits
    "Mixtral": {**GROUPED, "intermediate_size": 64, "num_local_experts": 4},
}


@pytest.mark.slow
@pytest.mark.parametrize("method", ["lora", "qlora", "full"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_model_of_another_kind_is_tuned_and_asked(
    made_base: Made, mixing: Mixing, tmp_path: Path, kind: str, method: str
) -> None:
    name = "GPT2LMHeadModel" if kind == "GPT2" else f"{kind}ForCausalLM"
    base, out = tmp_path / "base", tmp_path / "model"
    out.mkdir()
    table = mixing(chats(80)).folder
    settings = Tune(method=method, learning_rate=5e-3, batch=8, epochs=3, evaluations=1)  # type: ignore[arg-type]
    with quiet():
        transformers.set_seed(1)
        configuration = getattr(transformers, f"{kind}Config")(**SAME, **KINDS[kind])
        getattr(transformers, name)(configuration).save_pretrained(str(base))
        tuned = tune(
            *(Table(table, "train"), Table(table, "valid")),
            *(Made(base, made_base.tokenizer).sources, settings, 1, out),
            *(tmp_path / "scratch", lambda line: None),
        )
        before, after = (
            likelihoods(
                Table(table, "test"),
                load(base, made_base.tokenizer, model, method, "auto"),
                *(1, 4, lambda line: None),
            )
            for model in (None, out)
        )
    losses = [row["loss"] for row in tuned.rows if row["split"] == "train"]

    assert losses[-1] < losses[0]
    assert sum(row["nll"] for row in after) < sum(row["nll"] for row in before)
    assert after[0]["answer"] is not None
