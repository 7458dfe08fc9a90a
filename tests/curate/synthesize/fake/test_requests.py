"""What a request may not be, each with the status and code that OpenAI has for it."""

import json
from typing import Any

import openai
import pytest

from curate.synthesize.fake.server import serving
from curate.synthesize.fake.settings import FakeSettings
from tests.curate.synthesize.fake.asking import ask, body, call, chat, client_of, parsed, said, send

CHAT = "/v1/chat/completions"


def test_a_wrong_key_is_refused_and_repeated_in_the_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FAKE_KEY", "sk-right")
    with serving(FakeSettings(key_env="FAKE_KEY")) as fake:
        with pytest.raises(openai.AuthenticationError, match="sk-wrong") as refused:
            ask(fake, body(), key="sk-wrong")
        assert (refused.value.status_code, refused.value.code) == (401, "invalid_api_key")
        for path in ("/v1/models", "/v1/batches"):
            assert call(fake, "GET", path)[0] == 401
        assert ask(fake, body(), key="sk-right").choices
        assert call(fake, "GET", "/stats")[2]["refused"] == {"invalid_api_key": 1}


def test_known_models_are_listed_and_others_refused() -> None:
    with serving(FakeSettings(models=("small", "large"))) as fake:
        with client_of(fake) as client:
            assert [model.id for model in client.models.list()] == ["small", "large"]
        with pytest.raises(openai.NotFoundError) as refused:
            ask(fake, body(model="huge"))
        assert refused.value.code == "model_not_found"
        assert ask(fake, body(model="large")).model == "large"


def test_a_server_without_structured_output_says_so() -> None:
    with serving(FakeSettings(structured=False)) as fake:
        with pytest.raises(openai.BadRequestError, match="response_format") as refused:
            ask(fake, body())
        assert refused.value.param == "response_format"
        plain = body()
        del plain["response_format"]
        assert said(fake, plain)


def test_what_is_too_long_for_the_context_is_refused() -> None:
    with serving(FakeSettings(context_tokens=150)) as fake:
        assert said(fake, body())
        for request in (body(max_tokens=100), body(text="long " * 200)):
            with pytest.raises(openai.BadRequestError) as refused:
                ask(fake, request)
            assert refused.value.code == "context_length_exceeded"

    assert fake.stats()["refused"] == {"context_length_exceeded": 2}


@pytest.mark.parametrize(
    "wrong",
    [
        {"model": None},
        {"messages": []},
        {"messages": "hello"},
        {"messages": [{"content": "hello"}]},
        {"messages": [{"role": "user", "content": 7}]},
        {"stream": True},
        {"n": 2},
        {"max_tokens": 0},
        {"max_tokens": "many"},
        {"response_format": "json"},
        {"response_format": {"type": "json_schema"}},
    ],
)
def test_a_request_of_another_form_is_refused(wrong: dict[str, Any]) -> None:
    with serving() as fake:
        status, _, told = call(fake, "POST", CHAT, {**body(), **wrong})

    assert status == 400
    assert set(told["error"]) == {"message", "type", "param", "code"}
    assert fake.stats()["refused"] == {"bad_request": 1}


@pytest.mark.parametrize("data", [b"", b"{", b"[1]", b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused(data: bytes) -> None:
    with serving() as fake:
        head = f"POST {CHAT} HTTP/1.1\r\nHost: f\r\nContent-Length: {len(data)}\r\n\r\n"
        assert parsed(send(fake, head.encode() + data))[0] == 400
        assert said(fake, body())


def test_other_addresses_and_methods_are_refused() -> None:
    with serving() as fake:
        assert call(fake, "GET", "/v1/nothing")[0] == 404
        assert call(fake, "GET", CHAT)[0] == 405
        assert call(fake, "POST", "/v1/models")[0] == 405
        assert call(fake, "PUT", "/v1/files")[0] == 405
        assert call(fake, "GET", "/v1/files/none")[0] == 404
        assert call(fake, "GET", "/v1/batches/none")[0] == 404
        assert call(fake, "POST", "/openai/deployments/x/chat/completions?v=1", body())[0] == 200


def test_an_answer_has_the_shape_that_openai_gives_it() -> None:
    with serving() as fake:
        status, headers, told = call(fake, "POST", CHAT, body())

    assert status == 200 and headers["x-request-id"].startswith("req_")
    assert set(told) == {"id", "object", "created", "model", "choices", "usage"}
    (choice,) = told["choices"]
    assert set(choice["message"]) == {"role", "content", "refusal"}
    assert json.loads(choice["message"]["content"])["pairs"]


def test_surrogates_and_other_scripts_come_through() -> None:
    text = "Die Gitterkonstante beträgt 5,43 Å bei 300 K — so heißt es. \ud800 之一 is odd."
    with serving() as fake:
        status, _, told = parsed(send(fake, chat(body(text=text))))

    pairs = json.loads(told["choices"][0]["message"]["content"])["pairs"]
    assert status == 200
    assert all(pair["quote"] in text for pair in pairs)
