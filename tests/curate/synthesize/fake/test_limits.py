"""What is too much is refused, with headers that say what is left and when there is more."""

import time
from contextlib import ExitStack

import openai
import pytest

from curate.synthesize.fake.limits import Limits, Window, duration
from curate.synthesize.fake.server import Serving, serving
from curate.synthesize.fake.settings import FakeSettings
from tests.curate.synthesize.fake.asking import ask, body, call, chat, connect, said

CHAT = "/v1/chat/completions"


def test_a_window_holds_its_limit_and_slides() -> None:
    window = Window(3, 10)
    for now in (0.0, 1.0, 2.0):
        assert window.wait(now, 1) == 0
        window.add(now, 1)

    assert window.wait(2, 1) == 8
    assert window.wait(2, 2) == 9
    assert window.wait(2, 4) == 10
    assert window.wait(10, 1) == 0
    assert window.headers(10.5, "requests") == {
        "x-ratelimit-limit-requests": "3",
        "x-ratelimit-remaining-requests": "1",
        "x-ratelimit-reset-requests": "1.5s",
    }


def test_what_one_limit_refuses_uses_nothing_of_the_other() -> None:
    limits = Limits(rpm=10, tpm=100, seconds=60)

    assert limits.refuses(0, 90) is None
    assert limits.refuses(1, 20) == ("tokens", 59)
    assert limits.windows["requests"].used == 1
    limits.wrote(2, 50)
    assert limits.windows["tokens"].used == 140


@pytest.mark.parametrize(
    ("seconds", "told"), [(0, "0ms"), (0.12, "120ms"), (1.5, "1.5s"), (7, "7s"), (360, "6m0s")]
)
def test_durations_are_written_as_openai_does(seconds: float, told: str) -> None:
    assert duration(seconds) == told


def test_rpm_refuses_the_next_request_until_the_wait_is_over() -> None:
    with serving(FakeSettings(rpm=120, window=1)) as fake:
        first = call(fake, "POST", CHAT, body(1))
        second = call(fake, "POST", CHAT, body(2))
        third = call(fake, "POST", CHAT, body(3))
        assert [one[0] for one in (first, second, third)] == [200, 200, 429]
        assert [one[1]["x-ratelimit-remaining-requests"] for one in (first, second)] == ["1", "0"]
        assert first[1]["x-ratelimit-limit-requests"] == "2"
        assert third[2]["error"]["code"] == "rate_limit_exceeded"
        time.sleep(float(third[1]["retry-after"]))
        assert call(fake, "POST", CHAT, body(3))[0] == 200

    assert fake.stats()["refused"] == {"rpm": 1}
    assert fake.stats()["too_early"] == 0


def test_tpm_counts_what_is_read_and_written() -> None:
    with serving(FakeSettings(tpm=300)) as fake:
        usage = ask(fake, body()).usage
        status, headers, told = call(fake, "POST", CHAT, body(text="x" * 1200))

    assert (status, told["error"]["type"]) == (429, "tokens")
    assert headers["x-ratelimit-limit-tokens"] == "300"
    assert headers["x-ratelimit-remaining-tokens"] == str(300 - usage.total_tokens)
    assert "x-ratelimit-limit-requests" not in headers


def burst(fake: Serving, n: int) -> list[int]:
    """Statuses of so many requests at once, each on a connection of its own."""
    with ExitStack() as connections:
        opened = [connections.enter_context(connect(fake)) for _ in range(n)]
        for number, connection in enumerate(opened):
            connection.sendall(chat(body(number)))
        return [int(connection.recv(65536).split()[1]) for connection in opened]


def test_capacity_bounds_what_is_in_flight() -> None:
    with serving(FakeSettings(capacity=3, latency=0.4)) as fake:
        statuses = burst(fake, 8)

    assert sorted(statuses) == [200] * 3 + [429] * 5
    assert fake.stats()["max_in_flight"] == 3
    assert fake.stats()["refused"] == {"capacity": 5}


def test_what_is_in_flight_is_counted() -> None:
    with serving(FakeSettings(latency=0.4)) as fake:
        assert burst(fake, 12) == [200] * 12

    assert (fake.stats()["max_in_flight"], fake.stats()["in_flight"]) == (12, 0)


def test_an_outage_is_switched_on_and_off() -> None:
    with serving() as fake:
        assert call(fake, "POST", "/outage", {"on": True})[2] == {"on": True}
        with pytest.raises(openai.InternalServerError) as down:
            ask(fake, body())
        assert down.value.status_code == 503
        assert call(fake, "POST", "/outage", {"on": "no"})[0] == 400
        fake.outage(on=False)
        assert said(fake, body())

    assert fake.stats()["refused"] == {"outage": 1}


def test_an_outage_has_its_time() -> None:
    with serving(FakeSettings(outage=(0, 0.5))) as fake:
        assert call(fake, "POST", CHAT, body())[0] == 503
        time.sleep(0.51)
        assert call(fake, "POST", CHAT, body())[0] == 200


def test_refused_requests_are_no_attempts() -> None:
    settings = FakeSettings.model_validate({"faults": {"server_error": 1.0}})
    with serving(settings) as fake:
        fake.outage(on=True)
        assert call(fake, "POST", CHAT, body())[0] == 503
        fake.outage(on=False)
        assert [call(fake, "POST", CHAT, body())[0] for _ in range(2)] == [500, 200]
