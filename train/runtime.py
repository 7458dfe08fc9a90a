"""What a model runs on: device, number format, silence; and how a model is loaded.

transformers and its neighbours talk a lot on standard error; a run says one line of progress and
its errors, so they are told to be quiet.
"""

import contextlib
import ctypes
import logging
import os
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from schemas.errors import RecipeError

if TYPE_CHECKING:
    import torch

ADAPTER = "adapter_config.json"
LARGE = 1_000_000_000
"""Parameters from which activation checkpointing is on by default on a GPU."""
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
"""Of mallopt, in glibc's malloc.h."""
REMARKS = (
    "`is_gradient_checkpointing` is deprecated",  # PEFT 0.21 asks transformers by an old name
    "fan_in_fan_out is set to False",  # PEFT sets it right itself, for layers as GPT-2 has them
    "The following (rank|alpha)_pattern keys did not match",  # PEFT's own, of experts
)
"""Beginnings of what libraries tell each other and no user can act on."""
TALKERS = (
    *("transformers", "trl", "peft", "accelerate", "bitsandbytes", "datasets", "torch"),
    "sentence_transformers",
)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model in memory, in evaluation mode, with its tokenizer."""

    model: Any
    tokenizer: Any
    device: str
    stops: list[int]
    """Tokens that end an answer: the tokenizer's end token and those that the base names."""


def first_line(error: Exception) -> str:
    """What a library's error says, as much of it as fits into a sentence."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0].rstrip(".") if lines else type(error).__name__


def device() -> str:
    """`cuda` where there is one, else `cpu`."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def number_format(asked: Literal["auto", "float32", "bfloat16"]) -> "torch.dtype":
    """The type of a base's frozen weights."""
    import torch

    if asked != "auto":
        return torch.float32 if asked == "float32" else torch.bfloat16
    fits = torch.cuda.is_available() and torch.cuda.is_bf16_supported()
    return torch.bfloat16 if fits else torch.float32


def keep_freed_memory() -> None:
    """Let the allocator keep what a step frees for the next one, where it is glibc's.

    Otherwise each step's activations go back to the system and are faulted in again: pretraining a
    model of 1.9 million parameters on 150,000 tokens took 25.9 s with it and 22.2 s without (two
    cores, November 2026, each twice).
    """
    with contextlib.suppress(OSError, AttributeError):
        allocator = ctypes.CDLL(None)
        allocator.mallopt(MMAP_THRESHOLD, 1 << 30)
        allocator.mallopt(TRIM_THRESHOLD, (1 << 31) - 1)


def on_one_gpu() -> None:
    """Show torch the first GPU alone, unless a launcher started several processes.

    Within one process the trainer would split batches over all of them, which TRL refuses. Works
    before torch is first used; `CUDA_VISIBLE_DEVICES` says which GPU is the first.
    """
    if "WORLD_SIZE" not in os.environ:
        shown = os.environ.get("CUDA_VISIBLE_DEVICES", "0")
        os.environ["CUDA_VISIBLE_DEVICES"] = shown.partition(",")[0]


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep the libraries' remarks off the terminal; their errors still arrive as exceptions."""
    keep_freed_memory()
    on_one_gpu()
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    loggers = [logging.getLogger(name) for name in TALKERS]
    before = [one.level for one in loggers]
    import datasets
    import transformers

    shown = datasets.utils.logging.is_progress_bar_enabled()
    datasets.disable_progress_bars()
    transformers.utils.logging.disable_progress_bar()
    for one in loggers:
        one.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            for message in REMARKS:
                warnings.filterwarnings("ignore", message=message)
            yield
    finally:
        for one, level in zip(loggers, before, strict=True):
            one.setLevel(level)
        if shown:
            datasets.enable_progress_bars()


def four_bit(dtype: "torch.dtype") -> Any:  # noqa: ANN401  transformers' configuration
    """NF4 with double quantisation (QLoRA, arXiv 2305.14314), computing in `dtype`."""
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
    )


def load_base(folder: Path, dtype: "torch.dtype", in_four_bit: bool) -> Any:  # noqa: ANN401
    """A causal language model from a folder; code in it is never run.

    Args:
        folder: in the layout of `save_pretrained`.
        dtype: of its weights, and of the arithmetic of a base in 4 bit.
        in_four_bit: whether its linear layers are quantised to NF4.

    Raises:
        RecipeError: it cannot be loaded.
    """
    from transformers import AutoModelForCausalLM

    try:
        model = AutoModelForCausalLM.from_pretrained(
            str(folder),
            dtype=dtype,
            quantization_config=four_bit(dtype) if in_four_bit else None,
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,  # left out, transformers asks at the terminal
            device_map={"": 0} if in_four_bit and device() == "cuda" else None,
        )
    except (OSError, ValueError, ImportError, RuntimeError) as error:
        raise RecipeError(f"base: {folder} cannot be loaded ({first_line(error)}).") from error
    keep_training_layout(model)
    return model


def keep_training_layout(model: Any) -> None:  # noqa: ANN401
    """Keep 4-bit layers from being repacked for inference, which later training would use.

    On processors with AVX512-BF16 bitsandbytes 0.50 repacks a layer at the first forward pass
    without gradient; training then goes through a path that has none.
    """
    for module in model.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False


def load_tokenizer(folder: Path) -> Any:  # noqa: ANN401
    """The tokenizer that the mixture was counted with; it pads on the right."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(
        str(folder), local_files_only=True, trust_remote_code=False
    )
    tokenizer.padding_side = "right"
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token  # labels are masked by place, never by this token
    return tokenizer


def load(base: Path, tokenizer: Path, tuned: Path | None, method: str, dtype: str) -> Loaded:
    """A base, or a tuned model, ready to be asked.

    Args:
        base: folder of the base.
        tokenizer: folder of the tokenizer.
        tuned: folder of an adapter, or of a whole model; None for the base as it is.
        method: how it was tuned; an adapter of `qlora` goes on the base in 4 bit.
        dtype: as in the recipe.
    """
    format_ = number_format(dtype)  # type: ignore[arg-type]  # checked by the recipe
    if tuned is None or (tuned / ADAPTER).is_file():
        model = load_base(base, format_, tuned is not None and method == "qlora")
    else:
        model = load_base(tuned, format_, False)
    if tuned is not None and (tuned / ADAPTER).is_file():
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, str(tuned))
    where = device()
    loaded = load_tokenizer(tokenizer)
    named = model.generation_config.eos_token_id
    stops = {loaded.eos_token_id, *(named if isinstance(named, list) else [named])} - {None}
    if not getattr(model, "is_loaded_in_4bit", False):
        model = model.to(where)
    return Loaded(model.eval(), loaded, where, sorted(stops))
