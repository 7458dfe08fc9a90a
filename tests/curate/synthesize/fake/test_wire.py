"""Whatever bytes come, the server answers or hangs up, and goes on serving."""

from collections.abc import Iterator

import pytest

from curate.synthesize.fake.server import Serving, serving
from curate.synthesize.fake.wire import LARGEST
from tests.curate.synthesize.fake.asking import body, connect, parsed, said, send

CHAT = b"POST /v1/chat/completions HTTP/1.1\r\nHost: f\r\n"


@pytest.fixture(scope="module")
def fake() -> Iterator[Serving]:
    with serving() as running:
        yield running


@pytest.mark.parametrize(
    "data",
    [
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 300,
        b"GET / HTTP/1.1\r\n\r\n",
        CHAT + b"Content-Length: -5\r\n\r\n",
        CHAT + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
        CHAT + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n",
        CHAT + b"X: " + b"y" * 1_000_000 + b"\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused(fake: Serving, data: bytes) -> None:
    status, _, told = parsed(send(fake, data))

    assert 400 <= status < 500
    assert "no HTTP request" in told["error"]["message"]
    assert said(fake, body())


@pytest.mark.parametrize("data", [b"", CHAT, CHAT + b"Content-Length: 10\r\n\r\nabc"])
def test_a_client_that_goes_away_costs_nothing(fake: Serving, data: bytes) -> None:
    send(fake, data)

    assert said(fake, body())


def test_a_body_that_is_too_large_is_refused_and_the_connection_goes_on(fake: Serving) -> None:
    size = LARGEST + 1
    large = CHAT + b"Content-Length: %d\r\n\r\n" % size + b" " * size
    answers = send(fake, large + b"GET /v1/models HTTP/1.1\r\nHost: f\r\n\r\n")

    assert parsed(answers)[0] == 413
    assert b"200" in answers.split(b"HTTP/1.1 ")[2][:4]


def test_requests_that_are_sent_at_once_are_answered_in_order(fake: Serving) -> None:
    models = b"GET /v1/models HTTP/1.1\r\nHost: f\r\n\r\n"
    stats = b"GET /stats HTTP/1.1\r\nHost: f\r\n\r\n"
    first, second, third = send(fake, models + stats + models).split(b"HTTP/1.1 ")[1:]

    assert b"owned_by" in first and b"owned_by" in third
    assert b"max_in_flight" in second


def test_a_chunked_body_and_one_that_waits_to_be_asked_for_are_read(fake: Serving) -> None:
    chunked = CHAT + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    assert parsed(send(fake, chunked))[0] == 400

    with connect(fake) as connection:
        connection.sendall(CHAT + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"{}")
        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")


def test_http_1_0_is_answered_and_hung_up_on(fake: Serving) -> None:
    answer = send(fake, b"GET /v1/models HTTP/1.0\r\n\r\n")

    assert parsed(answer)[0] == 200


@pytest.mark.parametrize("method", [b"HEAD", b"OPTIONS", b"CONNECT", b"PUT", b"BREW"])
def test_methods_of_other_servers_are_refused(fake: Serving, method: bytes) -> None:
    answer = send(fake, method + b" /v1/models HTTP/1.1\r\nHost: f\r\nUpgrade: h2c\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 405 ")
    assert said(fake, body())
