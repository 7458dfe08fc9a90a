"""A vector as the ledger keeps it: JSON with the numbers as base64 of little-endian float32.

That is what `encoding_format: base64` gives, a quarter of the same numbers as decimals. A list of
numbers is packed likewise; anything else is kept as it came, and found to be no vector later.
"""

import base64
import binascii
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

FLOAT = np.dtype("<f4")


def listed(found: Any, n: int) -> list[dict[str, Any]] | None:  # noqa: ANN401  JSON
    """The items of an answer in the order of its inputs; None where it is not one for n inputs.

    https://platform.openai.com/docs/api-reference/embeddings: `data` has an item for each input,
    with its number in `index`, which some servers leave out.
    """
    data = found.get("data") if isinstance(found, dict) else None
    if not isinstance(data, list) or len(data) != n:
        return None
    if not all(isinstance(one, dict) for one in data):
        return None
    places = [one.get("index", place) for place, one in enumerate(data)]
    if any(type(place) is not int for place in places) or sorted(places) != list(range(n)):
        return None
    return [data[place] for place in np.argsort(places)]


def stored(item: dict[str, Any], model: object) -> str:
    """An item as the ledger keeps it.

    Args:
        item: as the server gave it.
        model: what the server says that it is.
    """
    told = {"object": "embedding", "embedding": _packed(item.get("embedding"))}
    return json.dumps({**told, "model": model if isinstance(model, str) else None})


def _packed(embedding: Any) -> Any:  # noqa: ANN401  JSON
    if not isinstance(embedding, list) or not all(type(one) in (int, float) for one in embedding):
        return embedding
    with np.errstate(over="ignore"):
        try:
            numbers = np.array(embedding, np.float64).astype(FLOAT)
        except OverflowError:  # a whole number beyond any float
            return embedding
    return base64.b64encode(numbers.tobytes()).decode("ascii")


def read(reply: str) -> NDArray[np.float32]:
    """(dimensions,) the vector in a stored reply.

    Raises:
        ValueError: says in one line why it holds none that can be compared.
    """
    try:
        embedding = json.loads(reply)["embedding"]
        data = base64.b64decode(embedding, validate=True)
    except (KeyError, TypeError, ValueError, RecursionError, binascii.Error):
        raise ValueError("the reply holds no vector") from None
    if not data or len(data) % FLOAT.itemsize:
        raise ValueError(f"the vector has {len(data)} bytes, which are no float32 numbers")
    vector = np.frombuffer(data, FLOAT).astype(np.float32)
    if not np.isfinite(vector).all():
        raise ValueError("the vector holds what is no number")
    if not vector.any():
        raise ValueError("the vector is all zeros, which points nowhere")
    return vector
