"""A byte-level BPE tokenizer trained on the base's own text, with the template that ships.

Reads texts; writes a folder in the layout of `save_pretrained`: `tokenizer.json`,
`tokenizer_config.json`, `chat_template.jinja`. Needs neither torch nor transformers.
"""

import json
from collections.abc import Callable, Iterable
from pathlib import Path

from schemas.errors import RecipeError

TEMPLATES = Path(__file__).parent / "templates"
PAD, END = "<|pad|>", "<|end|>"
SPECIAL = (PAD, END, "<|system|>", "<|user|>", "<|assistant|>")
"""Ids 0 to 4. `<|end|>` ends every turn and every document; padding is never the end token, or a
model would learn to go on for ever where its end token is masked with the padding."""
PLAIN = "plain"
"""The template that ships for models without one, as `base.template` names it."""
TEMPLATE = TEMPLATES / "retort.jinja"


def train_tokenizer(texts: Iterable[str], vocab: int, context: int, out: Path) -> int:
    """Train and save; gives the number of tokens, which is less than asked for if text is short.

    Args:
        texts: what merges are learnt from.
        vocab: tokens at most, the 256 bytes and SPECIAL among them.
        context: longest sequence of the model, in tokens.
        out: an existing folder.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.save(str(out / "tokenizer.json"))
    configuration = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "eos_token": END,
        "pad_token": PAD,
        "model_max_length": context,
        "clean_up_tokenization_spaces": False,
    }
    _write(out / "tokenizer_config.json", json.dumps(configuration, indent=1, sort_keys=True))
    _write(out / "chat_template.jinja", TEMPLATE.read_text(encoding="utf-8"))
    return int(tokenizer.get_vocab_size())


def template_text(named: str | None, resolve: Callable[[str], Path]) -> str | None:
    """Text of the chat template that `base.template` names, or None where it names none.

    Args:
        named: PLAIN or a file.
        resolve: where a file lies.

    Raises:
        RecipeError: the file cannot be read.
    """
    if named is None:
        return None
    path = TEMPLATES / "plain.jinja" if named == PLAIN else resolve(named)
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(
            f"base.template: {path} cannot be read as text. Name a Jinja file, or {PLAIN}."
        ) from error


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
