"""The blocks of a recipe that are about models: the base, how it is tuned, what is asked of it."""

import math
from typing import Annotated, Literal

from pydantic import Field, model_validator

from schemas.settings import Name, Settings

Method = Literal["full", "lora", "qlora"]


class Pretrain(Settings):
    """A small Llama trained from scratch, so that a study needs no download."""

    layers: int = Field(4, ge=1, le=128)
    """Transformer blocks."""
    width: int = Field(160, ge=16, le=16_384)
    """Size of the hidden states; a multiple of twice the heads."""
    heads: int = Field(4, ge=1, le=128)
    """Attention heads."""
    vocab: int = Field(4_096, ge=320, le=200_000)
    """Tokens that the byte-level BPE tokenizer may have; all 256 bytes are among them."""
    context: int = Field(512, ge=32, le=131_072)
    """Longest sequence, in tokens."""
    tokens: int = Field(2_000_000, ge=1_000)
    """Tokens to train on; the text is gone over again where there are fewer."""
    batch_tokens: int = Field(4_096, ge=32)
    """Tokens of one step."""
    learning_rate: float = Field(3e-3, gt=0, le=1)
    """Highest, after 5 % of the steps; it falls to a tenth of itself along a cosine."""
    parts: list[Name] = Field(default=["general"], min_length=1)
    """Parts whose training documents and kept training examples are read."""

    @model_validator(mode="after")
    def _heads_divide_the_width(self) -> "Pretrain":
        if self.width % (2 * self.heads):
            raise ValueError(
                f"width {self.width} is not a multiple of twice the heads ({2 * self.heads})"
            )
        if self.batch_tokens < self.context:
            raise ValueError(
                f"batch_tokens {self.batch_tokens} is less than context {self.context}, "
                f"so a step would hold no whole sequence"
            )
        return self


class Base(Settings):
    """The model to be tuned: one of path, hub, pretrain."""

    path: str | None = None
    """Folder of a model in the layout of `save_pretrained`."""
    hub: str | None = Field(None, pattern=r"^[\w.-]+(/[\w.-]+)?$")
    """Name on the model hub, `owner/model`."""
    revision: str | None = Field(None, pattern=r"^[\w./-]+$")
    """Branch, tag or commit on the hub; what it was when it was first fetched is kept."""
    pretrain: Pretrain | None = None
    """Train one from scratch."""
    template: str | None = None
    """Chat template: a Jinja file, or `plain` for the one that ships. For models without one."""

    @model_validator(mode="after")
    def _is_one_of_three(self) -> "Base":
        given = [name for name in ("path", "hub", "pretrain") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(
                f"needs one of path, hub and pretrain, has {', '.join(given) or 'none of them'}"
            )
        if self.revision is not None and self.hub is None:
            raise ValueError("revision goes with hub")
        if self.template is not None and self.pretrain is not None:
            raise ValueError("template goes with path or hub; a pretrained base has its own")
        return self


class Tune(Settings):
    """How the base is tuned on the mixture."""

    method: Method = "lora"
    """All weights, adapters on all linear layers, or the same on a base in 4 bit (NF4)."""
    rank: int = Field(16, ge=1, le=1_024)
    """Of the adapters."""
    alpha: float | None = Field(None, gt=0)
    """Scale of the adapters is alpha / rank; alpha is twice the rank by default."""
    dropout: float = Field(0.0, ge=0, lt=1)
    """Share of an adapter's inputs that is dropped in training."""
    learning_rate: float | None = Field(None, gt=0, le=1)
    """Highest; 2e-4 for adapters and 2e-5 for all weights by default."""
    schedule: Literal["cosine", "linear", "constant"] = "cosine"
    """How the learning rate falls after the warm-up."""
    warmup: Annotated[float, Field(ge=0, lt=1)] = 0.03
    """Share of the steps in which the learning rate rises."""
    weight_decay: float = Field(0.0, ge=0)
    """Of AdamW."""
    epochs: float = Field(2, gt=0, le=100)
    """Times that the training rows are gone through."""
    batch: int = Field(16, ge=1)
    """Rows of one step; the loss of a step is the mean over its answers' tokens."""
    micro_batch: int | None = Field(None, ge=1)
    """Rows that are in memory at once, a divisor of batch; all of them by default."""
    max_length: int | None = Field(None, ge=8)
    """Tokens of prompt and answer; a longer row is set aside, never cut. By default the base's
    context, 2,048 at most."""
    evaluations: int = Field(5, ge=1, le=1_000)
    """Checkpoints, each with the loss on valid rows; the best of them is the result."""
    valid_rows: int = Field(256, ge=0)
    """Valid rows that are looked at for that; the last checkpoint is the result where 0."""
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    """Of the base's weights under adapters; auto: bfloat16 on a GPU that has it, else float32."""
    activation_checkpointing: bool | None = None
    """Recompute activations to save memory; by default on a GPU, from 1e9 parameters up."""

    def rows_seen(self, n_rows: int) -> int:
        """Rows that the epochs go through, repetitions counted; one at least."""
        return max(1, math.ceil(round(self.epochs * n_rows, 6)))

    @model_validator(mode="after")
    def _micro_batches_fill_a_batch(self) -> "Tune":
        if self.micro_batch is not None and self.batch % self.micro_batch:
            raise ValueError(f"micro_batch {self.micro_batch} does not divide batch {self.batch}")
        return self


class Evaluate(Settings):
    """What the tuned model is asked, and what it is compared with."""

    general: Name = "general"
    """The part that stands for general ability: its change is the forgetting, and the control is
    tuned on it alone for as many steps."""
    control: bool = True
    """Whether the control is tuned, where the part is there."""
    samples: int = Field(4, ge=0, le=100)
    """Test rows of each part that every model answers, for the report."""
    new_tokens: int = Field(64, ge=1, le=4_096)
    """Tokens of such an answer at most."""
    draws: int = Field(4_000, ge=100, le=1_000_000)
    """Resamplings of the paired bootstrap over documents."""
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    """Of the intervals."""
