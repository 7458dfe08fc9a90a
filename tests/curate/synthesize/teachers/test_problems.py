"""What a server's error means is read from its status and its body, whoever wrote the server."""

import email.utils
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.synthesize.replies import OUTCOMES, RETRYABLE
from curate.synthesize.teachers.problems import (
    LONGEST_WAIT,
    Problem,
    of_connection,
    of_status,
    seconds_of,
    wait_of,
)


def problem(status: int, body: object, **headers: str) -> Problem:
    text = body if isinstance(body, str) else json.dumps(body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return of_status(status, text, named, "m at h")


def openai(message: str, code: str | None = None, kind: str = "invalid_request_error") -> object:
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def vllm(message: str, code: int, kind: str = "BadRequestError") -> object:
    return {"object": "error", "message": message, "type": kind, "param": None, "code": code}


GEMINI_MINUTE = [
    {
        "error": {
            "code": 429,
            "message": "You exceeded your current quota, please check your plan and billing "
            "details. * Quota exceeded for metric: requests, limit: 10\nPlease retry in 25.3s.",
            "status": "RESOURCE_EXHAUSTED",
        }
    }
]
HTML = (
    "<html><head><style>p {color: red}</style><title>502 Bad Gateway</title></head>"
    "<body><center><h1>502 Bad Gateway</h1></center><hr>nginx</body></html>"
)


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (401, openai("Incorrect API key provided", "invalid_api_key"), "fatal"),
        (401, {"detail": "Invalid token"}, "fatal"),
        (401, "Unauthorized", "fatal"),
        (402, {"error": {"message": "Insufficient Balance", "code": "invalid_request"}}, "fatal"),
        (403, {"error": "Forbidden"}, "fatal"),
        (404, openai("The model `x` does not exist", "model_not_found"), "fatal"),
        (404, vllm("The model `x` does not exist.", 404, "NotFoundError"), "fatal"),
        (404, {"detail": "Not Found"}, "fatal"),
        (405, {"detail": "Method Not Allowed"}, "fatal"),
        (400, openai("no such model", "model_not_found"), "fatal"),
        (302, "", "fatal"),
        (429, openai("You exceeded your current quota", "insufficient_quota"), "fatal"),
        (429, {"error": {"message": "x", "type": "insufficient_quota", "code": 429}}, "fatal"),
        (429, {"error": {"message": "Insufficient credits. Add more."}}, "fatal"),
        (429, openai("Rate limit reached for m on requests per min", "x"), "rate_limited"),
        (429, {"detail": "Too Many Requests"}, "rate_limited"),
        (429, "", "rate_limited"),
        (429, GEMINI_MINUTE, "rate_limited"),
        (400, {"error": {"message": "x", "code": "content_filter"}}, "content_filter"),
        (400, openai("x", "content_policy_violation"), "content_filter"),
        (
            403,
            {"error": {"code": 403, "message": "m requires moderation; your input was flagged"}},
            "content_filter",
        ),
        (500, openai("The server had an error", None, "server_error"), "server_error"),
        (502, HTML, "server_error"),
        (503, {"error": {"code": 503, "message": "Loading model"}}, "server_error"),
        (504, HTML, "timeout"),
        (520, "", "server_error"),
        (529, {"type": "error", "error": {"type": "overloaded_error"}}, "server_error"),
        (408, openai("timed out"), "timeout"),
        (409, {"detail": "busy"}, "server_error"),
        (200, {"choices": None}, "server_error"),
        (400, openai("maximum context length is 8192", "context_length_exceeded"), "rejected"),
        (400, vllm("This model's maximum context length is 2048 tokens.", 400), "rejected"),
        (422, {"detail": [{"loc": ["body", "x"], "msg": "extra", "type": "x"}]}, "rejected"),
        (413, HTML, "rejected"),
        (418, [], "rejected"),
        (400, "null", "rejected"),
        (400, {"error": None}, "rejected"),
    ],
)
def test_every_servers_dialect_is_understood(status: int, body: object, outcome: str) -> None:
    found = problem(status, body)

    assert found.outcome == outcome
    assert found.again == (outcome in RETRYABLE - {"fatal"})


@pytest.mark.parametrize(
    "body",
    [
        openai("'response_format' is not supported by this model.", "unsupported_parameter"),
        vllm("guided_json backend xgrammar failed to compile the grammar", 400),
        {"error": {"code": 400, "message": "Unsupported json_schema feature: oneOf"}},
        {"detail": [{"loc": ["body", "response_format"], "msg": "extra fields not permitted"}]},
    ],
)
@pytest.mark.parametrize("status", [400, 422, 501])
def test_a_form_that_is_not_understood_can_be_asked_for_otherwise(
    status: int, body: object
) -> None:
    found = problem(status, body)

    assert (found.outcome, found.adapt) == ("rejected", "form")


def test_another_name_for_the_longest_reply_is_learned() -> None:
    said = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."

    assert problem(400, openai(said, "unsupported_parameter")).adapt == "max_completion_tokens"


@pytest.mark.parametrize("status", [300, 399, 400, 404, 429, 500, 599])
@pytest.mark.parametrize(
    "body",
    ["", "{", "[" * 100_000, '"text"', "[]", "[[]]", "3", '{"error": 7}', HTML * 1_000, "\0\r\n"],
)
def test_any_body_becomes_one_short_line(status: int, body: str) -> None:
    found = problem(status, body)

    assert found.outcome in OUTCOMES
    assert len(found.detail) < 400 and "\n" not in found.detail
    assert found.detail.startswith(f"m at h: {status}")


def test_a_page_of_html_is_told_by_its_words() -> None:
    assert "502 502 Bad Gateway 502 Bad Gateway nginx" in problem(502, HTML).detail


@given(st.integers(300, 599), st.text(max_size=200), st.text(max_size=20))
def test_nothing_that_a_server_sends_breaks_the_reading(status: int, body: str, wait: str) -> None:
    assert problem(status, body, retry_after=wait).outcome in OUTCOMES
    assert problem(status, {"error": {"message": body}}, retry_after=wait).outcome in OUTCOMES


def later(seconds: float) -> str:
    return email.utils.formatdate(time.time() + seconds, usegmt=True)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7),
        ({"retry-after": " 0.25 "}, 0.25),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "99999999999"}, LONGEST_WAIT),
        ({"retry-after": "9" * 500}, LONGEST_WAIT),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
        ({"retry-after": "Fri, 31 Dec 99999 23:59:59 GMT"}, None),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}, LONGEST_WAIT),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after-ms": "nan", "retry-after": "9"}, 9),
        ({"retry-after-ms": "-1"}, None),
        ({"retry-after-ms": "1e99"}, None),
    ],
)
def test_a_time_to_wait_is_believed_within_reason(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert wait_of(headers) == seconds


def test_a_date_to_wait_for_is_counted_from_now() -> None:
    found = wait_of({"retry-after": later(30)})

    assert found is not None and 25 < found <= 30


@pytest.mark.parametrize(
    ("message", "seconds"),
    [
        ("Limit 3, Used 3. Please try again in 6m0s. Visit", 360),
        ("Please try again in 120ms.", 0.12),
        ("Please retry in 25.3s.", 25.3),
        ("Try again in 20 seconds", 20),
        ("try again later", None),
    ],
)
def test_a_wait_that_only_the_message_names_is_heeded(message: str, seconds: float | None) -> None:
    assert problem(429, openai(message)).wait == seconds


def test_headers_go_before_the_message() -> None:
    assert problem(429, openai("Please try again in 20s."), retry_after="2").wait == 2


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120ms", 0.12),
        ("1.5s", 1.5),
        ("6m0s", 360),
        ("1h", LONGEST_WAIT),
        ("3", 3),
        ("", None),
        ("soon", None),
        ("-3s", 3),
    ],
)
def test_durations_of_rate_limit_headers_are_read(text: str, seconds: float | None) -> None:
    assert seconds_of(text) == seconds


def test_a_connection_that_breaks_may_be_tried_again_and_says_why() -> None:
    try:
        try:
            raise ConnectionResetError(104, "reset\nby peer")
        except OSError as cause:
            raise RuntimeError("outer") from cause
    except RuntimeError as error:
        found = of_connection(error, "m at h")

    assert (found.outcome, found.again) == ("timeout", True)
    assert "reset by peer" in found.detail and "\n" not in found.detail


def test_silence_is_a_timeout() -> None:
    assert of_connection(TimeoutError(), "m at h").detail == "m at h: no answer in time"
