"""A base that exists: a folder of a model, or one on the hub. What it must have, where it lies.

Nothing of a model's own code is ever run, and weights are read from safetensors only: pickled
weights can run code.
"""

import json
import shutil
from pathlib import Path
from typing import Any

from schemas.errors import RecipeError
from schemas.training import Base
from train.runtime import first_line

WANTED = ("*.safetensors", "*.json", "*.jinja", "tokenizer.model", "*.txt")
"""Files that are fetched from the hub."""
TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")
CARRIED = ("config.json", "generation_config.json")
"""Beside the tokenizer: they name the context and the tokens that stop generation."""


def check(folder: Path, where: str) -> None:
    """Refuse a folder that is no causal language model which can be loaded without its own code.

    Args:
        folder: what was named.
        where: the key that named it, for the message.

    Raises:
        RecipeError: says what is missing and what to do.
    """
    if not (folder / "config.json").is_file():
        raise RecipeError(
            f"{where}: {folder} is no model, it has no config.json. Name a folder as "
            f"save_pretrained writes it."
        )
    try:
        told = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        kind = told.get("model_type")
    except (ValueError, AttributeError) as error:
        raise RecipeError(f"{where}: {folder / 'config.json'} is not JSON of a model.") from error
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

    if kind not in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES:
        code = " and wants to run code of its own" if told.get("auto_map") else ""
        raise RecipeError(
            f"{where}: {folder} is of the kind {kind}{code}, which transformers does not know as a "
            f"causal language model. Remote code is never run; name another model."
        )
    if not any(folder.glob("*.safetensors")):
        raise RecipeError(
            f"{where}: {folder} has no weights in safetensors. Pickled weights can run code and "
            f"are not read; convert them with save_pretrained."
        )


def files(folder: Path) -> list[Path]:
    """The files that make the model, by name; hidden ones are not among them."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and path.suffix in (".safetensors", ".json", ".jinja", ".model", ".txt")
    )


def fetch(base: Base) -> tuple[Path, str]:
    """(folder, commit) of a model on the hub, downloaded if it is not in the hub's own cache.

    Raises:
        RecipeError: there is no such model, or the hub cannot be reached.
    """
    import huggingface_hub
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    named = f"base.hub: {base.hub}" + (f" at {base.revision}" if base.revision else "")
    try:
        folder = huggingface_hub.snapshot_download(
            str(base.hub), revision=base.revision, allow_patterns=list(WANTED)
        )
    except LocalEntryNotFoundError as error:
        raise RecipeError(
            f"{named} is not in the cache and the hub cannot be reached ({first_line(error)}). "
            f"Connect, or download it elsewhere and use base.path."
        ) from error
    except (HfHubHTTPError, OSError) as error:
        raise RecipeError(
            f"{named} cannot be fetched ({first_line(error)}). Correct the name or the revision; a "
            f"gated model needs HF_TOKEN."
        ) from error
    return Path(folder), Path(folder).name


def save_tokenizer(folder: Path, template: str | None, out: Path, where: str) -> None:
    """Write a base's tokenizer in the form that counting and tuning both read.

    Args:
        folder: the model's.
        template: text of a chat template to use in place of its own, or None.
        out: an existing folder.
        where: the key that named the base, for the message.

    Raises:
        RecipeError: the tokenizer cannot be read without its own code, or has no template.
    """
    from transformers import AutoTokenizer

    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(
            str(folder), local_files_only=True, trust_remote_code=False
        )
    except Exception as error:  # transformers raises what its many classes raise
        raise RecipeError(
            f"{where}: the tokenizer of {folder} cannot be read ({first_line(error)}). Code of "
            f"its own is never run; save it as tokenizer.json."
        ) from error
    if template is not None:
        tokenizer.chat_template = template
    if tokenizer.chat_template is None:
        raise RecipeError(
            f"{where}: the tokenizer of {folder} has no chat template, so nothing says how a "
            f"conversation is written. Name one with base.template: a Jinja file, or plain for the "
            f"one that ships."
        )
    if tokenizer.eos_token is None:
        raise RecipeError(
            f"{where}: the tokenizer of {folder} has no end token (eos_token), so no answer could "
            f"end. Add one to its tokenizer_config.json."
        )
    tokenizer.save_pretrained(str(out))
    for path in out.iterdir():
        if path.name not in TOKENIZER_FILES:
            path.unlink()
    if not (out / "tokenizer.json").is_file():
        raise RecipeError(
            f"{where}: the tokenizer of {folder} cannot be saved as tokenizer.json. Name another "
            f"model."
        )
    for name in CARRIED:
        if (folder / name).is_file():
            shutil.copyfile(folder / name, out / name)
