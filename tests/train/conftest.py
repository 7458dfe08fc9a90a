"""What tests of models stand on: a tiny base made here, and mixtures that its tokenizer counted."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from curate.chat import Chat
from curate.mix.draw import mix
from schemas.ids import identity
from schemas.recipe import Mix
from schemas.rows import EXAMPLES, TOKENS, VERDICTS
from schemas.tables import Table, Writer
from schemas.training import Pretrain
from train.pretrain import pretrain
from train.runtime import quiet
from train.tokenizer import train_tokenizer
from train.tune import Sources

SUBJECTS = "lattice membrane catalyst estuary spectrum residue kernel plasma".split()
VERBS = "absorbs releases scatters stores filters amplifies carries slows".split()
THINGS = "heat water light charge carbon oxygen energy salt".split()


def chat(number: int, draw: random.Random) -> list[dict[str, str]]:
    """A question and an answer of varied length."""
    subject, verb, thing = draw.choice(SUBJECTS), draw.choice(VERBS), draw.choice(THINGS)
    more = " ".join(draw.choices(SUBJECTS + VERBS + THINGS, k=draw.randint(0, 25)))
    return [
        {"role": "user", "content": f"What does the {subject} number {number} do? {more}".strip()},
        {"role": "assistant", "content": f"It {verb} {thing} {more}.".replace(" .", ".")},
    ]


def chats(n: int, seed: int = 1) -> list[list[dict[str, str]]]:
    draw = random.Random(seed)
    return [chat(number, draw) for number in range(n)]


SETTINGS = Pretrain(
    layers=2, width=32, heads=2, vocab=400, context=256, tokens=40_000, batch_tokens=1_024
)


@dataclass(frozen=True)
class Made:
    """A base that was made for tests."""

    model: Path
    tokenizer: Path

    @property
    def sources(self) -> Sources:
        """As a tuning is told of it."""
        return Sources(self.model, self.tokenizer, "base")


@pytest.fixture(scope="session")
def made_base(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A Llama of 2 layers and 32 channels that has seen some chats; tests only read it."""
    folder = tmp_path_factory.mktemp("base")
    made = Made(folder / "model", folder / "tokenizer")
    made.model.mkdir()
    made.tokenizer.mkdir()
    seen = chats(200, seed=9)
    texts = ["\n".join(turn["content"] for turn in one) for one in seen]
    train_tokenizer(texts, SETTINGS.vocab, SETTINGS.context, made.tokenizer)
    with quiet():
        pretrain(texts, seen, made.tokenizer, SETTINGS, 1, made.model, lambda line: None)
    return made


def examples(conversations: Sequence[Sequence[dict[str, str]]], part: str = "domain") -> pa.Table:
    """EXAMPLES, of which every tenth is valid, every tenth is test."""
    rows = [
        {
            "id": identity(part, number),
            "part": part,
            "split": {8: "valid", 9: "test"}.get(number % 10, "train"),
            "messages": list(conversation),
            "document_id": identity("document", number // 3),
        }
        for number, conversation in enumerate(conversations)
    ]
    return pa.Table.from_pylist(rows, schema=EXAMPLES)


Mixing = Callable[..., Table]


@pytest.fixture
def mixing(tmp_path: Path, made_base: Made) -> Mixing:
    """Make a mixture of conversations, all of one part, counted by a base's tokenizer."""

    def run(
        conversations: Sequence[Sequence[dict[str, str]]],
        tokenizer: Path | None = None,
        max_length: int | None = None,
        name: str = "mixture",
        **settings: Any,  # noqa: ANN401
    ) -> Table:
        rows = examples(conversations)
        chat = Chat(tokenizer or made_base.tokenizer)
        counted = chat.batches(iter(rows.select(["id", "messages"]).to_batches()))
        tokens = pa.Table.from_batches(counted, schema=TOKENS)
        ids = rows["id"]
        kept = pa.table({"id": ids, "kept": pa.repeat(True, len(ids))})
        verdicts = pa.concat_tables([VERDICTS.empty_table(), kept], promote_options="default")
        drawn = mix(
            *(rows, verdicts, Mix(parts={"domain": 1.0}, **settings), 1),
            tokens=tokens,
            max_length=max_length,
        )
        with drawn as mixed, Writer(tmp_path / name) as out:
            mixed.write(out)
            out.finish(stage="mix", version=1, fingerprint="", parameters={}, parents=[], retort="")
        return Table(tmp_path / name)

    return run
