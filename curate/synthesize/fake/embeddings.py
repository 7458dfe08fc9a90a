"""Embeddings: vectors from hashed word counts, so that texts which share words are near.

https://platform.openai.com/docs/api-reference/embeddings. A word adds 1 or -1 to one of
`dimensions` numbers, by its hash, and the vector is brought to length 1: the hashing trick
(Weinberger and others, ICML 2009). Of the faults of content these leave a mark: `schema_mismatch`
gives a vector too few, `truncated` half of the first one, `empty` nothing of it.
"""

import array
import base64
import hashlib
import math
import re
import sys
from typing import Any

from curate.synthesize.fake.answers import n_tokens
from curate.synthesize.fake.api import Api
from curate.synthesize.fake.replies import Reply, error, unknown_model
from curate.synthesize.fake.settings import FakeSettings, Fault

DIMENSIONS = 256
"""Where a request does not say."""
MOST_DIMENSIONS = 4096
MOST_INPUTS = 2048
_WORD = re.compile(r"\w+")


def vector(text: str, dimensions: int) -> list[float]:
    """The vector of a text; a text without words points along the first axis."""
    numbers = [0.0] * dimensions
    for word in _WORD.findall(text.casefold()):
        mixed = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "big")
        numbers[(mixed >> 1) % dimensions] += 1 - 2 * (mixed & 1)
    length = math.hypot(*numbers)
    if not length:
        return [1.0, *numbers[1:]]
    return [number / length for number in numbers]


def _texts(body: dict[str, Any]) -> list[str]:
    given = body["input"]
    return [given] if isinstance(given, str) else given


def _wrong(body: dict[str, Any], settings: FakeSettings) -> Reply | None:
    model, given = body.get("model"), body.get("input")
    if not isinstance(model, str) or not model:
        return error(400, "you must provide a model parameter", param="model")
    if settings.models and model not in settings.models:
        return unknown_model(model)
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not texts or not all(isinstance(one, str) for one in texts):
        return error(400, "input: give a text or a list of texts.", param="input")
    if "" in texts:
        return error(400, "input cannot be an empty string.", param="input")
    if len(texts) > MOST_INPUTS:
        return error(400, f"input: at most {MOST_INPUTS} texts (got {len(texts)}).", param="input")
    dimensions = body.get("dimensions", DIMENSIONS)
    if type(dimensions) is not int or not 1 <= dimensions <= MOST_DIMENSIONS:
        return error(400, f"dimensions: 1 to {MOST_DIMENSIONS}.", param="dimensions")
    if body.get("encoding_format", "float") not in ("float", "base64"):
        return error(400, "encoding_format: float or base64.", param="encoding_format")
    most = max(map(n_tokens, texts))
    if settings.context_tokens is not None and most > settings.context_tokens:
        message = (
            f"This model's maximum context length is {settings.context_tokens} tokens, however "
            f"you requested {most} tokens. Please reduce your prompt."
        )
        return error(400, message, code="context_length_exceeded", param="input")
    return None


def _prompt_tokens(body: dict[str, Any]) -> int:
    return sum(map(n_tokens, _texts(body)))


def _answer(
    body: dict[str, Any], settings: FakeSettings, request: bytes, fault: Fault | None, now: int
) -> dict[str, Any]:
    dimensions = body.get("dimensions", DIMENSIONS)
    vectors = [vector(text, dimensions) for text in _texts(body)]
    match fault:
        case "schema_mismatch":
            vectors.pop()
        case "truncated":
            vectors[0] = vectors[0][: dimensions // 2]
        case "empty":
            vectors[0] = []
    packed = body.get("encoding_format") == "base64"
    data = [
        {
            "object": "embedding",
            "index": index,
            "embedding": _packed(one) if packed else one,
        }
        for index, one in enumerate(vectors)
    ]
    n = _prompt_tokens(body)
    usage = {"prompt_tokens": n, "total_tokens": n}
    return {"object": "list", "data": data, "model": body["model"], "usage": usage}


def _packed(numbers: list[float]) -> str:
    """The numbers as base64 of little-endian float32."""
    floats = array.array("f", numbers)
    if sys.byteorder == "big":
        floats.byteswap()
    return base64.b64encode(floats.tobytes()).decode("ascii")


EMBEDDINGS = Api(_wrong, _prompt_tokens, lambda body: (), _answer)
