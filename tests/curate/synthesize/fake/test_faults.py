"""A fault is a function of request and attempt; each does what its name says, and is counted."""

import asyncio
import json
import time

import openai
import pytest

from curate.synthesize.fake.faults import digest, drawn
from curate.synthesize.fake.server import Serving, serving
from curate.synthesize.fake.settings import CONTENT, FAULTS, TRANSPORT, FakeSettings, Fault
from tests.curate.synthesize.fake.asking import TEXT, ask, body, call, client_of, said


def only(fault: Fault, **others: object) -> FakeSettings:
    return FakeSettings.model_validate({"faults": {fault: 1.0}, **others})


@pytest.mark.parametrize(
    ("fault", "error", "status", "code"),
    [
        ("rate_limited", openai.RateLimitError, 429, "rate_limit_exceeded"),
        ("retry_after", openai.RateLimitError, 429, "rate_limit_exceeded"),
        ("insufficient_quota", openai.RateLimitError, 429, "insufficient_quota"),
        ("server_error", openai.InternalServerError, 500, None),
        ("server_down", openai.InternalServerError, 503, None),
    ],
)
def test_a_refusal_meets_the_first_attempt_and_not_the_second(
    fault: Fault, error: type[openai.APIStatusError], status: int, code: str | None
) -> None:
    with serving(only(fault)) as fake:
        with pytest.raises(error) as refused:
            ask(fake, body())
        assert (refused.value.status_code, refused.value.code) == (status, code)
        assert json.loads(said(fake, body()))["pairs"]

    stats = fake.stats()
    assert stats["faults"] == {fault: 1}
    assert (stats["requests"], stats["answered"], stats["in_flight"]) == (2, 1, 0)


def test_a_fault_can_hit_every_attempt() -> None:
    with serving(only("server_error", fault_attempts=10**9)) as fake:
        for _ in range(3):
            with pytest.raises(openai.InternalServerError):
                ask(fake, body())


def test_a_bare_429_says_nothing_of_when_to_come_back() -> None:
    with serving(only("rate_limited")) as fake:
        _, headers, _ = call(fake, "POST", "/v1/chat/completions", body())

    assert not {name for name in headers if "retry" in name or "ratelimit" in name}


def test_retry_after_says_when_and_who_comes_too_early_is_counted() -> None:
    with serving(only("retry_after", retry_after=0.4, fault_attempts=2)) as fake:
        _, headers, _ = call(fake, "POST", "/v1/chat/completions", body())
        assert (headers["retry-after"], headers["retry-after-ms"]) == ("0.4", "400")
        call(fake, "POST", "/v1/chat/completions", body())
        assert fake.stats()["too_early"] == 1
        time.sleep(0.41)
        call(fake, "POST", "/v1/chat/completions", body())

    assert fake.stats()["too_early"] == 1


def test_slow_is_an_answer_that_comes_late() -> None:
    with serving(only("slow", slow_seconds=0.3)) as fake:
        begun = time.monotonic()
        first = said(fake, body())
        assert time.monotonic() - begun >= 0.3
        assert said(fake, body()) == first


def test_who_did_not_wait_for_a_slow_answer_was_not_answered() -> None:
    with serving(only("slow", slow_seconds=0.3)) as fake:
        with client_of(fake, timeout=0.1) as client, pytest.raises(openai.APITimeoutError):
            client.chat.completions.create(**body())
        while fake.stats()["in_flight"]:
            time.sleep(0.01)
        assert (fake.stats()["answered"], fake.stats()["abandoned"]) == (0, 1)
        said(fake, body())

    assert (fake.stats()["answered"], fake.stats()["answered_again"]) == (1, 0)


def test_cut_ends_the_connection_in_the_middle_of_the_body() -> None:
    with serving(only("cut")) as fake:
        with pytest.raises(openai.APIConnectionError):
            ask(fake, body())
        assert fake.stats()["answered"] == 0
        said(fake, body())

    assert (fake.stats()["answered"], fake.stats()["answered_again"]) == (1, 0)


def test_faults_of_content_stay_with_the_request() -> None:
    for fault in CONTENT:
        with serving(only(fault)) as fake:
            first, second = ask(fake, body()), ask(fake, body())
            assert first.choices == second.choices
            assert fake.stats()["faults"] == {fault: 2}
            assert (fake.stats()["answered"], fake.stats()["answered_again"]) == (2, 1)


@pytest.fixture(scope="module")
def sound() -> str:
    with serving() as fake:
        return said(fake, body())


def choice(fault: Fault) -> tuple[str | None, str | None, str]:
    with serving(only(fault)) as fake:
        found = ask(fake, body()).choices[0]
    return found.message.content, found.message.refusal, found.finish_reason


def test_invalid_json_holds_no_json_however_it_is_read() -> None:
    content, _, finish = choice("invalid_json")

    assert content and finish == "stop"
    assert not set(content) & set("{}[]")


def test_broken_json_lacks_its_end(sound: str) -> None:
    content, _, finish = choice("broken_json")

    assert content and sound.startswith(content) and finish == "stop"
    with pytest.raises(ValueError):
        json.loads(content)


def test_schema_mismatch_is_json_with_other_fields() -> None:
    content, _, _ = choice("schema_mismatch")

    assert "pairs" not in json.loads(content or "")


def test_wrong_quotes_are_not_in_the_passage_and_all_else_is_as_it_was(sound: str) -> None:
    content, _, _ = choice("wrong_quotes")
    spoilt, good = json.loads(content or "")["pairs"], json.loads(sound)["pairs"]

    assert all(pair["quote"] not in TEXT for pair in spoilt)
    assert [pair["answer"] for pair in spoilt] == [pair["answer"] for pair in good]


def test_empty_truncated_refused_and_filtered(sound: str) -> None:
    assert choice("empty") == ("", None, "stop")
    assert choice("truncated") == (sound[: len(sound) // 2], None, "length")
    assert choice("content_filter") == ("", None, "content_filter")
    content, refusal, finish = choice("refusal")
    assert content is None and refusal and finish == "stop"


def corrected() -> dict[str, object]:
    request = body()
    turns = [{"role": "assistant", "content": "?"}, {"role": "user", "content": "Correct that."}]
    return {**request, "messages": [*request["messages"], *turns]}


def test_corrections_meet_no_fault_of_content_unless_told() -> None:
    with serving(only("empty")) as fake:
        assert said(fake, corrected())
    with serving(only("empty", first_only=False)) as fake:
        assert said(fake, corrected()) == ""
    with serving(only("server_error")) as fake, pytest.raises(openai.InternalServerError):
        ask(fake, corrected())


def test_shares_are_kept_to_and_depend_on_the_seed_alone() -> None:
    faults = dict.fromkeys(FAULTS, 0.05)
    requests = [body(n) for n in range(4000)]

    def met(seed: int) -> list[str | None]:
        settings = FakeSettings.model_validate({"faults": faults, "seed": seed})
        return [drawn(settings, digest(one, seed)) for one in requests]

    first = met(1)
    assert first == met(1) != met(2)
    for fault in FAULTS:
        assert 0.035 <= first.count(fault) / len(requests) <= 0.065
    assert len(TRANSPORT) + len(CONTENT) == len(FAULTS) == 15


def test_the_same_json_is_the_same_request_however_it_is_written() -> None:
    request = body()
    backwards = dict(reversed(request.items()))

    assert digest(request, 0) == digest(backwards, 0) != digest(request, 1)


def test_order_and_concurrency_change_no_fault() -> None:
    settings = FakeSettings.model_validate({"faults": dict.fromkeys(CONTENT, 0.08)})

    async def all_of(fake: Serving, numbers: list[int]) -> dict[int, str]:
        bare = openai.DefaultAsyncHttpxClient(verify=False, trust_env=False)
        async with openai.AsyncOpenAI(
            base_url=fake.url, api_key="any", max_retries=0, http_client=bare
        ) as client:
            replies = await asyncio.gather(
                *(client.chat.completions.create(**body(n)) for n in numbers)
            )
        return {n: one.choices[0].to_json() for n, one in zip(numbers, replies, strict=True)}

    with serving(settings) as fake:
        first = asyncio.run(all_of(fake, list(range(40))))
    with serving(settings) as fake:
        second = asyncio.run(all_of(fake, list(reversed(range(40)))))

    assert first == second
    assert len(set(first.values())) > 5
