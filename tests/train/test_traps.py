"""Traps in the versions that are pinned, each held shut by a test.

Where a trap can be shown to be there still, the test shows it: when it fails, the library has
changed and our way round it can go.
"""

import copy
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import RecipeError
from schemas.recipe import Recipe
from schemas.tables import Table
from schemas.training import Tune
from tests.train.conftest import Made, Mixing, chats
from train import runtime
from train.adapters import adapter
from train.encode import IGNORED, Row, encode
from train.runtime import quiet
from train.speed import Speed
from train.trainer import arguments, as_dataset, summed_loss, trainer

torch = pytest.importorskip("torch")
SETTINGS = Tune(learning_rate=1e-3, batch=4, evaluations=1, valid_rows=0, rank=4)


def rows_of(table: Table, base: Made) -> list[Row]:
    return encode(table, runtime.load_tokenizer(base.tokenizer), "mixture")


def made_trainer(
    base: Made,
    rows: Sequence[Row],
    folder: Path,
    settings: Tune = SETTINGS,
    valid: Sequence[Row] = (),
) -> Any:  # noqa: ANN401
    with quiet():
        model = runtime.load_base(base.model, torch.float32, settings.method == "qlora")
        tokenizer = runtime.load_tokenizer(base.tokenizer)
        told = arguments(settings, -(-len(rows) // settings.batch), 1, bool(valid), 1, folder)
        return trainer(model, tokenizer, rows, valid, settings, told, Speed(lambda line: None, 1))


def batch_of(made: Any, rows: Sequence[Row]) -> dict[str, Any]:  # noqa: ANN401
    batch: dict[str, Any] = made.data_collator(as_dataset(rows).to_list())
    return batch


def gradients(model: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        name: one.grad.clone() for name, one in model.named_parameters() if one.grad is not None
    }


def test_trap_1_on_a_processor_nothing_asks_for_bfloat16(tmp_path: Path) -> None:
    from trl import SFTConfig

    if not torch.cuda.is_available():
        with pytest.raises(ValueError, match="bf16"):
            SFTConfig(output_dir=str(tmp_path), activation_checkpointing=False)
    told = arguments(SETTINGS, 3, 1, False, 1, tmp_path)

    assert told.use_cpu is not torch.cuda.is_available()
    assert told.bf16 is torch.cuda.is_available()


def test_trap_2_an_evaluation_pass_leaves_the_gradients_of_4_bit_training_alone(
    made_base: Made, mixing: Mixing, tmp_path: Path
) -> None:
    rows = rows_of(mixing(chats(20)), made_base)
    found = []
    for evaluated in (False, True):
        made = made_trainer(made_base, rows, tmp_path, Tune(method="qlora", rank=4, batch=4))
        batch = batch_of(made, rows[:4])
        if evaluated:
            with torch.no_grad():
                made.model.eval()(batch["input_ids"])
            made.model.train()
        for module in made.model.modules():
            assert not getattr(module, "support_avx512bf16_for_cpu", False)
        made.compute_loss(made.model, batch, num_items_in_batch=100).backward()
        found.append(gradients(made.model))

    assert found[0].keys() == found[1].keys() and len(found[0]) == 28
    assert any(one.abs().max() > 0 for one in found[0].values())
    for name, one in found[0].items():
        assert torch.equal(one, found[1][name]), name


def test_trap_2_a_layer_that_would_be_repacked_is_told_not_to_be(made_base: Made) -> None:
    from bitsandbytes.nn import Linear4bit

    with quiet():
        model = runtime.load_base(made_base.model, torch.float32, True)
    layers = [module for module in model.modules() if isinstance(module, Linear4bit)]
    for layer in layers:
        layer.support_avx512bf16_for_cpu = True
    runtime.keep_training_layout(model)

    assert len(layers) == 14
    assert not any(layer.support_avx512bf16_for_cpu for layer in layers)


def test_trap_2_adapters_on_a_4_bit_base_keep_float32(
    made_base: Made, mixing: Mixing, tmp_path: Path
) -> None:
    rows = rows_of(mixing(chats(20)), made_base)
    made = made_trainer(made_base, rows, tmp_path, Tune(method="qlora", rank=4, batch=4))
    trained = [one for one in made.model.parameters() if one.requires_grad]

    assert trained and {one.dtype for one in trained} == {torch.float32}


def test_trap_3_adalora_under_the_trainer_never_moves_a_rank_so_it_is_not_offered(
    made_base: Made, mixing: Mixing, tmp_path: Path
) -> None:
    from peft import AdaLoraConfig
    from trl import SFTTrainer

    rows = rows_of(mixing(chats(40)), made_base)
    with quiet():
        told = arguments(SETTINGS, 8, 1, False, 1, tmp_path)
        told.save_strategy = "no"
        made = SFTTrainer(
            model=runtime.load_base(made_base.model, torch.float32, False),
            args=told,
            train_dataset=as_dataset(rows),
            processing_class=runtime.load_tokenizer(made_base.tokenizer),
            peft_config=AdaLoraConfig(
                task_type="CAUSAL_LM", init_r=6, target_r=2, tinit=1, tfinal=2, deltaT=1,
                total_step=8, target_modules="all-linear",
            ),
        )  # fmt: skip
        made.train()

    assert made.model.peft_config["default"].rank_pattern is None
    with pytest.raises(ValueError, match="'full', 'lora' or 'qlora'"):
        Tune(method="adalora")  # type: ignore[arg-type]


def test_trap_4_rows_that_trl_would_cut_or_drop_are_counted_and_set_aside(
    made_base: Made, mixing: Mixing, tmp_path: Path
) -> None:
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    long = [{"role": "user", "content": "Why? " * 90}, {"role": "assistant", "content": "So."}]
    cut = [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "It is so. " * 40}]
    table = mixing([long, cut, *chats(2)], max_length=64)
    kept = rows_of(table, made_base)
    raw = [
        {"prompt": one[:-1], "completion": one[-1:]}
        for one in ([long], [cut], *[[one] for one in chats(2)])
        for one in one
    ]
    with quiet():
        told = SFTConfig(
            output_dir=str(tmp_path),
            max_length=64,
            use_cpu=True,
            bf16=False,
            activation_checkpointing=False,
        )
        theirs = SFTTrainer(
            model=runtime.load_base(made_base.model, torch.float32, False),
            args=told,
            train_dataset=Dataset.from_list(raw),
            processing_class=runtime.load_tokenizer(made_base.tokenizer),
        ).train_dataset
    end = runtime.load_tokenizer(made_base.tokenizer).eos_token_id

    assert len(theirs) == 3  # one row is gone and nothing says so
    assert sum(end not in row["labels"] for row in theirs) == 1  # another has lost its end
    assert table.manifest.reasons == {"longer than max_length": 2}
    assert len(kept) == 2 and all(end in row.labels for row in kept)


def test_trap_5_the_loss_does_not_depend_on_marks_in_the_template(
    made_base: Made, mixing: Mixing
) -> None:
    tokenizer = runtime.load_tokenizer(made_base.tokenizer)
    rows = rows_of(mixing(chats(30)), made_base)
    for row, told in zip(
        rows, mixing(chats(30)).read(["prompt", "completion"]).to_pylist(), strict=False
    ):
        marked = tokenizer.apply_chat_template(
            [*told["prompt"], *told["completion"]], return_assistant_tokens_mask=True
        )["assistant_masks"]
        assert [label != IGNORED for label in row.labels] == [bool(one) for one in marked]
    unmarked = copy.deepcopy(tokenizer)
    unmarked.chat_template = tokenizer.chat_template.replace("{% generation %}", "").replace(
        "{% endgeneration %}", ""
    )
    assert "generation" not in unmarked.chat_template.replace("add_generation_prompt", "")
    again = encode(mixing(chats(30)), unmarked, "mixture")
    assert [row.labels for row in again] == [row.labels for row in rows]


def test_trap_5_the_end_token_is_learnt_also_where_it_is_the_padding(
    made_base: Made, mixing: Mixing, tmp_path: Path
) -> None:
    rows = rows_of(mixing(chats(20)), made_base)
    made = made_trainer(made_base, rows, tmp_path)
    made.data_collator.pad_token_id = made.processing_class.eos_token_id
    batch = batch_of(made, rows[:4])
    ends = (batch["labels"] == made.processing_class.eos_token_id).sum(1)

    assert (ends == 1).all()
    assert (batch["labels"][batch["attention_mask"] == 0] == IGNORED).all()


def test_trap_6_our_loss_and_gradients_are_those_of_trls_fused_loss(
    made_base: Made, mixing: Mixing, tmp_path: Path
) -> None:
    rows = rows_of(mixing(chats(20)), made_base)
    made = made_trainer(made_base, rows, tmp_path)
    batch = batch_of(made, rows[:5])
    n_tokens = sum(row.n_loss_tokens for row in rows[:5])
    fused = made.model(**batch, fused_lm_head=True)
    theirs = -fused.log_probs.sum() / n_tokens
    theirs.backward()
    expected = gradients(made.model)
    made.model.zero_grad()
    ours = summed_loss(made.model, batch) / n_tokens
    ours.backward()

    assert fused.label_mask.sum() == n_tokens
    assert torch.allclose(ours, theirs, rtol=1e-6)
    for name, one in gradients(made.model).items():
        assert torch.allclose(one, expected[name], rtol=1e-4, atol=1e-7), name


def test_trap_6_the_output_layer_gets_no_adapter(
    made_base: Made, mixing: Mixing, tmp_path: Path
) -> None:
    made = made_trainer(made_base, rows_of(mixing(chats(20)), made_base), tmp_path)
    trained = {name for name, one in made.model.named_parameters() if one.requires_grad}

    assert trained and not any("lm_head" in name or "embed" in name for name in trained)


def test_trap_9_numbers_are_loaded_in_the_format_that_was_asked_for(made_base: Made) -> None:
    for dtype in (torch.float32, torch.bfloat16):
        with quiet():
            plain = runtime.load_base(made_base.model, dtype, False)
            small = runtime.load_base(made_base.model, dtype, True)
        assert {one.dtype for one in plain.parameters()} == {dtype}
        assert small.config.quantization_config.bnb_4bit_compute_dtype == dtype
        assert small.config.quantization_config.bnb_4bit_quant_type == "nf4"


def test_trap_9_the_warm_up_is_a_share_of_the_steps(tmp_path: Path) -> None:
    told = arguments(Tune(warmup=0.1), 200, 1, False, 1, tmp_path)

    assert told.get_warmup_steps(200) == 20


def test_trap_11_a_row_is_the_same_alone_and_beside_others(
    made_base: Made, mixing: Mixing, tmp_path: Path
) -> None:
    rows = rows_of(mixing(chats(40)), made_base)
    made = made_trainer(made_base, rows, tmp_path)
    made.model.eval()
    with torch.no_grad():
        together = summed_loss(made.model, batch_of(made, rows[:8]))
        alone = sum(summed_loss(made.model, batch_of(made, [row])) for row in rows[:8])

    assert made.args.packing is made.args.padding_free is False
    assert torch.allclose(together, alone, rtol=1e-5)


def test_valid_loss_is_a_mean_over_tokens_whatever_the_batches(
    made_base: Made, mixing: Mixing, tmp_path: Path
) -> None:
    rows = rows_of(mixing(chats(60)), made_base)
    found = []
    for batch in (2, 7, 30):
        settings = Tune(batch=batch, rank=4)
        made = made_trainer(made_base, rows[:8], tmp_path, settings, valid=rows[8:41])
        with quiet():
            found.append(made.evaluate()["eval_loss"])
    made.model.eval()
    with torch.no_grad():
        whole = sum(float(summed_loss(made.model, batch_of(made, [row]))) for row in rows[8:41])
    expected = whole / sum(row.n_loss_tokens for row in rows[8:41])

    assert found == pytest.approx([expected] * 3, rel=1e-5)


def test_a_loss_that_is_no_number_stops_the_tuning(
    made_base: Made, mixing: Mixing, tmp_path: Path
) -> None:
    rows = rows_of(mixing(chats(40)), made_base)
    settings = Tune(method="full", learning_rate=1.0, schedule="constant", warmup=0, batch=4)
    made = made_trainer(made_base, rows * 20, tmp_path, settings)
    with torch.no_grad():
        made.model.lm_head.weight.mul_(1e30)

    with quiet(), pytest.raises(RecipeError, match=r"the loss is (nan|inf) at step \d+.*\(1\)"):
        made.train()


def test_every_linear_layer_gets_an_adapter_and_alpha_is_twice_the_rank() -> None:
    made = adapter(Tune(rank=8))

    assert (made.r, made.lora_alpha, made.target_modules) == (8, 16, "all-linear")
    assert adapter(Tune(alpha=4)).lora_alpha == 4
    assert adapter(Tune(method="full")) is None


def test_a_recipe_cannot_ask_for_remote_code() -> None:
    told = {"name": "x", "collect": {"a": []}, "base": {"path": "m", "trust_remote_code": True}}

    with pytest.raises(ValueError, match="trust_remote_code"):
        Recipe.model_validate(told)


def test_one_process_is_shown_one_gpu_unless_a_launcher_started_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    for given, shown in (("3,4", "3"), ("", ""), (None, "0")):
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        if given is not None:
            monkeypatch.setenv("CUDA_VISIBLE_DEVICES", given)
        runtime.on_one_gpu()
        assert os.environ["CUDA_VISIBLE_DEVICES"] == shown
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    runtime.on_one_gpu()
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "0,1"
