"""The stages of a base and of what its tokenizer counts: base.tokenizer, base, tokens, mix.

`base.tokenizer` is a stage of its own, so that a mixture depends on how text is tokenized and not
on weights.
"""

import hashlib
import importlib.util
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from recipes.loader import Loaded
from recipes.mixing_stage import mix_stage
from recipes.stage import Inputs, Stage
from recipes.work import Hashes
from schemas.errors import RecipeError
from schemas.manifest import Part
from schemas.training import Base, Pretrain
from train.tokenizer import template_text

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from schemas.tables import Writer

NEEDED = ("torch", "transformers", "trl", "peft", "datasets", "accelerate")


def base_stages(loaded: Loaded, hashes: Hashes, gate: Sequence[Stage]) -> list[Stage]:
    """The mixture, and where there is a base, the base and the tokens of every kept example.

    A base that is trained here comes behind the mixture, which needs its tokenizer alone: up to the
    mixture no recipe needs torch, unless it names a model or selects by one.

    Args:
        loaded: the recipe.
        hashes: content of the base's files.
        gate: the stages of the examples' gate.

    Raises:
        RecipeError: a folder or a template that is not there, or a selection that cannot be.
    """
    recipe = loaded.recipe
    chosen = _chosen(loaded, hashes, gate)
    mixture = [*chosen, mix_stage(recipe, "mix", recipe.mix, selected=bool(chosen))]
    if recipe.base is None:
        return mixture
    if recipe.base.pretrain is not None:
        tokenizer, base = _pretrained(recipe.base.pretrain, recipe.seed)
        if any("base" in stage.parents for stage in chosen):
            return [tokenizer, _tokens(), base, *mixture]
        return [tokenizer, _tokens(), *mixture, base]
    return [*_found(loaded, recipe.base, hashes), _tokens(), *mixture]


def _chosen(loaded: Loaded, hashes: Hashes, gate: Sequence[Stage]) -> list[Stage]:
    """The stages of the selection, where the recipe has one."""
    if loaded.recipe.select is None:
        return []
    from recipes.selecting_stage import selecting

    return selecting(loaded.recipe.select, loaded, hashes, gate)


def _pretrained(settings: Pretrain, seed: int) -> tuple[Stage, Stage]:
    """Tokenizer and weights, trained from scratch on training documents and kept examples."""

    def make_tokenizer(out: "Writer", inputs: Inputs) -> None:
        from schemas.rows import CHECKPOINTS
        from train.tokenizer import train_tokenizer

        out.schema = CHECKPOINTS
        chats = (
            "\n".join(turn["content"] or "" for turn in chat)
            for chat in _chats(inputs, settings.parts)
        )
        texts = (text for source in (_texts(inputs, settings.parts), chats) for text in source)
        out.facts["vocab"] = train_tokenizer(
            texts, settings.vocab, settings.context, out.attach("model")
        )

    def make_base(out: "Writer", inputs: Inputs) -> None:
        require("base.pretrain")
        from schemas.rows import CHECKPOINTS
        from train.pretrain import pretrain
        from train.runtime import quiet

        out.schema = CHECKPOINTS
        with quiet():
            rows, facts = pretrain(
                _texts(inputs, settings.parts),
                _chats(inputs, settings.parts),
                inputs["base.tokenizer"].folder / "model",
                settings,
                seed,
                out.attach("model"),
                out.tell,
            )
        out.write(rows)
        out.facts |= facts

    read = ("collect", "synthesize", "screen.examples")
    words = {"parts": settings.parts, "vocab": settings.vocab, "context": settings.context}
    told = {**settings.model_dump(mode="json"), "seed": seed}
    return (
        Stage("base.tokenizer", "base.tokenizer", 1, words, read, make_tokenizer),
        Stage("base", "base", 1, {"pretrain": told}, (*read, "base.tokenizer"), make_base),
    )


def _texts(inputs: Inputs, parts: Sequence[str]) -> Iterator[str]:
    """Training documents of these parts."""
    for batch in inputs["collect"].batches(["part", "split", "text"]):
        yield from _training(batch, parts).column("text").to_pylist()


def _chats(inputs: Inputs, parts: Sequence[str]) -> Iterator[list[dict[str, str]]]:
    """Kept training examples of these parts."""
    from curate.screen.kept import kept

    columns = ["part", "split", "messages"]
    for batch in kept(inputs["synthesize"], inputs["screen.examples"], columns):
        yield from _training(batch, parts).column("messages").to_pylist()


def _training(batch: "pa.RecordBatch", parts: Sequence[str]) -> "pa.RecordBatch":
    import pyarrow as pa
    import pyarrow.compute as pc

    named = pc.is_in(batch.column("part"), pa.array(parts, pa.string()))
    return batch.filter(pc.and_(named, pc.equal(batch.column("split"), "train")))


def _found(loaded: Loaded, base: Base, hashes: Hashes) -> list[Stage]:
    """A model in a folder or on the hub, and its tokenizer with the template that is used."""
    where = "base.path" if base.path is not None else "base.hub"
    folder = loaded.resolve(base.path) if base.path is not None else None
    listed = _listed(folder, hashes) if folder is not None else []

    def make_base(out: "Writer", inputs: Inputs) -> None:
        require(where)
        from schemas.rows import CHECKPOINTS
        from train.base import check, fetch
        from train.runtime import quiet

        out.schema = CHECKPOINTS
        with quiet():
            place, commit = (folder, None) if folder is not None else fetch(base)
            check(place, where)
        files = listed or _listed(place, hashes)
        out.link("model", place, files)
        out.facts |= {"commit": commit, "files": len(files)}

    template = template_text(base.template, loaded.resolve)

    def make_tokenizer(out: "Writer", inputs: Inputs) -> None:
        require(where)
        from curate.chat import Chat
        from schemas.rows import CHECKPOINTS
        from train.base import save_tokenizer
        from train.runtime import quiet

        out.schema = CHECKPOINTS
        with quiet():
            save_tokenizer(inputs["base"].folder / "model", template, out.attach("model"), where)
        out.facts["stops"] = sorted(Chat(out.attach("model")).stops)

    told: dict[str, Any] = {"hub": base.hub, "revision": base.revision}
    if folder is not None:
        told = {"files": [[one.file, one.content] for one in listed]}
    chat = {"template": template and hashlib.sha256(template.encode()).hexdigest()}
    return [
        Stage("base", "base", 1, told, (), make_base),
        Stage("base.tokenizer", "base.tokenizer", 1, chat, ("base",), make_tokenizer),
    ]


def _listed(folder: "Path", hashes: Hashes) -> list[Part]:
    """The files of a model, hashed unless they were before."""
    from train.base import files

    if not (folder / "config.json").is_file():
        raise RecipeError(
            f"base: {folder} is no model, it has no config.json. Name a folder as save_pretrained "
            f"writes it."
        )
    return [
        Part(
            file=f"model/{path.name}",
            rows=0,
            n_bytes=path.stat().st_size,
            content=hashes.of(path),
        )
        for path in files(folder)
    ]


def _tokens() -> Stage:
    """Tokens of every kept example, counted once for all mixtures."""

    def make(out: "Writer", inputs: Inputs) -> None:
        from curate.chat import Chat
        from curate.screen.kept import kept
        from schemas.rows import TOKENS

        out.schema = TOKENS
        chat = Chat(inputs["base.tokenizer"].folder / "model")
        rows = kept(inputs["synthesize"], inputs["screen.examples"], ["id", "messages"])
        for batch in chat.batches(rows):
            out.write(batch)

    parents = ("synthesize", "screen.examples", "base.tokenizer")
    return Stage("tokens", "tokens", 1, {}, parents, make)


def require(where: str, method: str | None = None) -> None:
    """Refuse to go on without the extra that brings torch.

    Args:
        where: what needs it, for the message.
        method: of tuning; one in 4 bit needs more.

    Raises:
        RecipeError: a package is missing.
    """
    wanted = (*NEEDED, "bitsandbytes") if method == "qlora" else NEEDED
    missing = [name for name in wanted if importlib.util.find_spec(name) is None]
    if missing:
        raise RecipeError(
            f"{where}: needs {', '.join(missing)}, not installed here. Install the extra: "
            f"pip install 'retort[train]'. What comes before, up to a mixture, needs none of it."
        )
