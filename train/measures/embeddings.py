"""Embeddings of texts by a local model. Reads a folder as sentence-transformers saves it.

Nothing is fetched, no code of the folder is run, and weights are read from safetensors only. What
a model's tokenizer cuts is counted.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schemas.errors import RecipeError
from train.runtime import device, first_line, quiet

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MODULES = "modules.json"
OWN = "sentence_transformers."
"""How the class of every module begins; any other is code of somebody else's."""
PICKLED = ("*.bin", "*.pt", "*.pth", "*.pkl", "*.ckpt")
AT_ONCE = 32
"""Texts in one forward pass; sentence-transformers puts those of like length together."""

Embedder = Callable[[Sequence[str]], "tuple[NDArray[np.float32], int]"]
"""Texts -> (texts, dimensions) vectors of length 1, and how many of the texts were cut."""


def embedder(folder: Path, where: str, at_once: int = AT_ONCE) -> Embedder:
    """A model, loaded once, that embeds as many texts as it is given.

    Texts should come a few hundred or more at once. Equal texts may differ in the last bits when
    they are padded to other lengths; give each but once.

    Args:
        folder: as `SentenceTransformer.save` writes it.
        where: the key that named it, for messages.
        at_once: texts in one forward pass.

    Raises:
        RecipeError: it is no such folder, wants code of its own run, or cannot be loaded.
    """
    check(folder, where)
    with quiet():
        model = _load(folder, where)

    def embed(texts: Sequence[str]) -> "tuple[NDArray[np.float32], int]":
        import numpy as np

        with quiet():
            n_cut = _n_cut(model, texts)
            found = model.encode(
                list(texts),
                batch_size=at_once,
                show_progress_bar=False,
                convert_to_numpy=True,
                normalize_embeddings=True,
            )
        return np.ascontiguousarray(found, np.float32), n_cut

    return embed


def check(folder: Path, where: str) -> None:
    """Refuse a folder that cannot be loaded safely.

    Raises:
        RecipeError: says what is missing and what to do.
    """
    try:
        told = json.loads((folder / MODULES).read_text(encoding="utf-8"))
        kinds = [str(one["type"]) for one in told]
        parts = [folder / str(one["path"]) for one in told]
    except OSError as error:
        raise RecipeError(
            f"{where}: {folder} is no model for embeddings, {MODULES} cannot be read "
            f"({error.strerror}). Name a folder as SentenceTransformer.save writes it."
        ) from error
    except (ValueError, TypeError, KeyError) as error:
        raise RecipeError(
            f"{where}: {folder / MODULES} is not a list of modules with type and path. Save the "
            f"model again."
        ) from error
    foreign = [kind for kind in kinds if not kind.startswith(OWN)]
    if foreign:
        raise RecipeError(
            f"{where}: {folder} wants to run code of its own ({foreign[0]}), which is never done. "
            f"Name a model of sentence-transformers' own modules."
        )
    for part in parts:
        pickled = [path for pattern in PICKLED for path in part.glob(pattern)]
        if pickled and not any(part.glob("*.safetensors")):
            raise RecipeError(
                f"{where}: {pickled[0]} is pickled, which can run code, and is not read. Save the "
                f"model again, as safetensors."
            )


def _load(folder: Path, where: str) -> Any:  # noqa: ANN401  a SentenceTransformer
    import torch

    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise RecipeError(
            f"{where}: a local model for embeddings needs sentence-transformers: "
            f"pip install 'retort[train]'."
        ) from error
    try:
        model = SentenceTransformer(
            str(folder.resolve()),
            device=device(),
            local_files_only=True,
            trust_remote_code=False,  # its default, said where it matters
            model_kwargs={"use_safetensors": True, "dtype": torch.float32},
        )
    except Exception as error:  # whatever the libraries' many classes raise
        raise RecipeError(f"{where}: {folder} cannot be loaded ({first_line(error)}).") from error
    return model.eval()


def _n_cut(model: Any, texts: Sequence[str]) -> int:  # noqa: ANN401
    """Texts with more tokens than the model reads."""
    longest, tokenizer = model.max_seq_length, getattr(model, "tokenizer", None)
    if longest is None or not callable(tokenizer):
        return 0
    ids = tokenizer(list(texts), truncation=False, padding=False)["input_ids"]
    return sum(len(one) > longest for one in ids)
