"""Texts that share words have near vectors; form, faults, limits, usage are a server's."""

import base64
from typing import Any

import numpy as np
import openai
import pytest

from curate.synthesize.fake.server import Serving, serving
from curate.synthesize.fake.settings import FakeSettings
from tests.curate.synthesize.fake.asking import call, client_of

PATH = "/v1/embeddings"


def embedded(fake: Serving, texts: list[str], **more: int) -> np.ndarray:
    """Vectors, by OpenAI's own client, which asks for base64."""
    with client_of(fake) as client:
        answer = client.embeddings.create(model="any", input=texts, **more)
    assert [one.index for one in answer.data] == list(range(len(texts)))
    return np.array([one.embedding for one in answer.data])


def test_texts_that_share_words_are_near() -> None:
    texts = [
        "The enzyme binds oxygen in the dark.",
        "the ENZYME binds, in the dark, more oxygen",
        "Sediment of the estuary stores carbon.",
        "!?",
    ]
    with serving() as fake:
        vectors = embedded(fake, texts)
        again = embedded(fake, texts[1:])

    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert vectors[0] @ vectors[1] > 0.9 > 0.6 > vectors[0] @ vectors[2]
    assert np.array_equal(vectors[1:], again)


def test_numbers_are_the_same_in_both_encodings() -> None:
    with serving() as fake:
        packed = embedded(fake, ["one two"], dimensions=32)
        status, _, told = call(
            fake, "POST", PATH, {"model": "any", "input": "one two", "dimensions": 32}
        )

    assert (status, told["object"], packed.shape) == (200, "list", (1, 32))
    np.testing.assert_allclose(told["data"][0]["embedding"], packed[0], atol=1e-7)
    assert told["usage"] == {"prompt_tokens": 2, "total_tokens": 2}


def test_answers_and_their_tokens_are_counted() -> None:
    with serving() as fake:
        embedded(fake, ["word " * 8, "word " * 4])
        stats = fake.stats()

    assert (stats["requests"], stats["answered"], stats["completion_tokens"]) == (1, 1, 0)
    assert stats["prompt_tokens"] == 10 + 5


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"input": []}, "input"),
        ({"input": ["a", 1]}, "input"),
        ({"input": ["a", ""]}, "empty string"),
        ({"input": ["a"] * 2049}, "2048"),
        ({"dimensions": 0}, "dimensions"),
        ({"encoding_format": "int8"}, "encoding_format"),
        ({"input": "word " * 100}, "maximum context length is 50 tokens"),
        ({"model": ""}, "model parameter"),
    ],
)
def test_what_cannot_be_embedded_is_refused(changed: dict[str, Any], said: str) -> None:
    with serving(FakeSettings(context_tokens=50)) as fake:
        status, _, told = call(fake, "POST", PATH, {"model": "m", "input": "a", **changed})

    assert status == 400
    assert said in told["error"]["message"]


def test_faults_limits_and_the_outage_hold_for_embeddings() -> None:
    settings = FakeSettings(faults={"server_error": 1.0}, fault_attempts=1)
    body = {"model": "m", "input": ["a", "b"]}
    with serving(settings) as fake:
        assert [call(fake, "POST", PATH, body)[0] for _ in range(2)] == [500, 200]
        fake.outage(True)
        assert call(fake, "POST", PATH, body)[0] == 503
        assert call(fake, "GET", PATH)[0] == 405
    with serving(FakeSettings(rpm=1)) as fake:
        assert [call(fake, "POST", PATH, body)[0] for _ in range(2)] == [200, 429]


@pytest.mark.parametrize(
    ("fault", "lengths"),
    [
        ("schema_mismatch", [256]),
        ("truncated", [128, 256]),
        ("empty", [0, 256]),
        ("refusal", [256, 256]),
    ],
)
def test_faults_of_content_leave_bad_vectors(fault: str, lengths: list[int]) -> None:
    settings = FakeSettings.model_validate({"faults": {fault: 1.0}})
    body = {"model": "m", "input": ["a", "b"], "encoding_format": "base64"}
    with serving(settings) as fake:
        _, _, told = call(fake, "POST", PATH, body)

    assert [len(base64.b64decode(one["embedding"])) // 4 for one in told["data"]] == lengths


def test_a_wrong_key_and_an_unknown_model_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVER_KEY", "right")
    with serving(FakeSettings(key_env="SERVER_KEY", models=("known",))) as fake:
        with client_of(fake, key="wrong") as client, pytest.raises(openai.AuthenticationError):
            client.embeddings.create(model="known", input="a")
        with client_of(fake, key="right") as client, pytest.raises(openai.NotFoundError):
            client.embeddings.create(model="any", input="a")
        assert fake.stats()["refused"] == {"invalid_api_key": 1, "model_not_found": 1}
