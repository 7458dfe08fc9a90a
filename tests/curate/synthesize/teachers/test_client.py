"""What goes over the wire, what comes back, and that no key is in anything that is kept."""

import asyncio
import json
import os
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from curate.synthesize.calls import Ledger
from curate.synthesize.fake.server import serving
from curate.synthesize.fake.settings import FakeSettings
from curate.synthesize.teachers.client import BY_WORDS, Answer, Client, Manner
from curate.synthesize.teachers.hosts import addresses
from curate.synthesize.teachers.problems import Problem
from tests.curate.synthesize.teachers.asking import (
    Reply,
    Seen,
    a_source,
    a_teacher,
    as_json,
    bare,
    learn,
    passage,
    said,
)

KEY = "sk-proj/a+b=0123456789abcdef"
BODY = {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}


def ask(url: str, body: dict[str, Any] | None = None, **more: object) -> Answer:
    """One attempt; a Problem where there is no reply."""

    async def asked() -> Answer:
        teacher = a_teacher(url, **{"timeout": 20, **more})
        (address,) = addresses(teacher, {}, "t")
        client = Client(teacher, address, "t")
        try:
            return await client.ask(BODY if body is None else body)
        finally:
            await client.close()

    return asyncio.run(asked())


def problem(answer: Callable[[Seen], Reply] | Reply, **more: object) -> Problem:
    """What one attempt at a server that answers so comes to."""
    told = answer if callable(answer) else lambda seen: answer
    with bare(told) as server, pytest.raises(Problem) as found:
        ask(server.url, **more)
    return found.value


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("LAB_KEY", KEY)
    return "LAB_KEY"


AMBIENT = {
    "OPENAI_API_KEY": "sk-ambient-1-0123456789",
    "OPENAI_ADMIN_KEY": "sk-ambient-2-0123456789",
    "OPENAI_ORG_ID": "org-ambient",
    "OPENAI_PROJECT_ID": "proj-ambient",
    "OPENAI_CUSTOM_HEADERS": "X-Ambient: yes\nAuthorization: Bearer ambient",
    "OPENAI_BASE_URL": "http://127.0.0.1:9/ambient",
    "OPENAI_WEBHOOK_SECRET": "ambient-secret",
}


def test_nothing_of_the_environment_arrives_but_the_named_key(
    monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    for name, value in AMBIENT.items():
        monkeypatch.setenv(name, value)
    with bare(lambda seen: as_json(said())) as server:
        ask(server.url, key=key)
    (seen,) = server.seen

    assert seen.headers["authorization"] == f"Bearer {KEY}"
    assert "ambient" not in json.dumps(seen.headers).lower()
    assert {name for name in seen.headers if not name.startswith("x-stainless")} <= {
        *("host", "accept", "accept-encoding", "authorization", "connection", "content-length"),
        *("content-type", "user-agent"),
    }
    assert {name: os.environ[name] for name in AMBIENT} == AMBIENT


def test_without_a_named_key_nothing_is_sent_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in AMBIENT.items():
        monkeypatch.setenv(name, value)
    with bare(lambda seen: as_json(said())) as server:
        ask(server.url)

    assert "authorization" not in server.seen[0].headers


def test_the_body_arrives_as_it_was_made() -> None:
    body = {**BODY, "reasoning_effort": "low", "nested": {"é": [1.5, None]}}
    with bare(lambda seen: as_json(said())) as server:
        ask(server.url, body)

    assert (server.seen[0].path, server.seen[0].json) == ("/v1/chat/completions", body)


def test_a_reply_is_kept_as_it_came() -> None:
    text = json.dumps({**said("µ\u2028"), "further": {"b": 1, "a": [2]}}, indent=1)
    with bare(lambda seen: (200, {"x-ratelimit-remaining-requests": "5"}, text.encode())) as server:
        found = ask(server.url)

    assert found.body == text
    assert found.headers["x-ratelimit-remaining-requests"] == "5"
    assert 0 < found.seconds < 20


def test_redirects_are_not_followed(key: str) -> None:
    with bare(lambda seen: as_json(said())) as elsewhere:
        found = problem((307, {"location": f"{elsewhere.url}/chat/completions"}, b""), key=key)

    assert (found.outcome, elsewhere.seen) == ("fatal", [])


def test_this_machine_is_reached_past_any_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        bare(lambda seen: as_json(said(), 502)) as proxy,
        bare(lambda seen: as_json(said())) as server,
    ):
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url.removesuffix("/v1"))
        ask(server.url)

    assert (len(server.seen), proxy.seen) == (1, [])


LOGGED = """
import asyncio, sys
from curate.synthesize.teachers.client import Client
from curate.synthesize.teachers.hosts import Address
from schemas.teachers import OpenAI

async def asked(url):
    client = Client(OpenAI(kind="openai", model="m"), Address(url, "LAB_KEY"), "t")
    await client.ask({"model": "m", "messages": []})
    await client.close()

asyncio.run(asked(sys.argv[1]))
"""


def test_the_log_of_the_package_holds_no_key() -> None:
    with bare(lambda seen: as_json(said())) as server:
        done = subprocess.run(
            [sys.executable, "-c", LOGGED, server.url],
            env={**os.environ, "LAB_KEY": KEY, "OPENAI_LOG": "debug"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert done.returncode == 0, done.stderr
    assert echo(server.seen[0]) == KEY
    assert "DEBUG" in done.stderr
    assert KEY not in done.stderr + done.stdout


def echo(seen: Seen) -> str:
    """The key as a careless server would repeat it."""
    return seen.headers["authorization"].removeprefix("Bearer ")


@pytest.mark.parametrize("status", [400, 401, 429, 500])
@pytest.mark.parametrize(
    "spelled", [str, lambda key: json.dumps(key)[1:-1].replace("/", "\\/")], ids=["plain", "slash"]
)
def test_a_key_in_an_error_is_blanked(key: str, status: int, spelled: Callable[[str], str]) -> None:
    body = '{"error": {"message": "Incorrect API key provided: KEY."}}'
    found = problem(lambda seen: (status, {}, body.replace("KEY", spelled(echo(seen))).encode()),
                    key=key)  # fmt: skip

    assert KEY not in found.detail and "0123456789" not in found.detail
    assert "provided: [key]" in found.detail


@pytest.mark.parametrize("body", ["KEY", "<p>KEY</p>", '{"choices": ["KEY"]}'])
def test_a_key_in_what_is_no_completion_is_blanked(key: str, body: str) -> None:
    found = problem(lambda seen: (200, {}, body.replace("KEY", echo(seen)).encode()), key=key)

    assert "0123456789" not in found.detail


def test_a_key_in_a_reply_never_reaches_the_ledger(tmp_path: Path, key: str) -> None:
    with bare(lambda seen: as_json({**said(f"My key is {echo(seen)}"), "x": echo(seen)})) as server:
        taught = learn(tmp_path, 1, a_teacher(server.url, key=key))

    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert taught.outcomes == ["invalid_json"]
    assert KEY.encode() not in stored and b"0123456789abcdef" not in stored
    assert b"[key]" in stored
    assert KEY not in repr(taught)


def test_a_key_that_a_server_refuses_is_in_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_KEY", KEY)
    monkeypatch.setenv("SERVER_KEY", "another")
    with serving(FakeSettings(key_env="SERVER_KEY")) as fake:
        taught = learn(tmp_path, 3, a_teacher(fake.url, key="LAB_KEY"))

    assert taught.outcomes == ["fatal"] * 3
    assert KEY not in repr(taught) and "[key]" in repr(taught)


def test_a_short_key_is_no_secret_and_spoils_no_reply(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_KEY", "token")
    with bare(lambda seen: as_json(said("a token of thanks"))) as server:
        found = ask(server.url, key="LAB_KEY")

    assert "a token of thanks" in found.body


SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
TURNS = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]


def body_of(structured: Any, messages: list[dict[str, str]] = TURNS) -> dict[str, Any]:  # noqa: ANN401
    sampling = {"temperature": 0.5, "max_tokens": 99}
    return Manner(structured).body("m", messages, sampling, SCHEMA, strict=True)


@pytest.mark.parametrize("structured", ["auto", "json_schema"])
def test_a_schema_is_sent_where_the_server_takes_one(structured: str) -> None:
    form = {"name": "reply", "strict": True, "schema": SCHEMA}

    assert body_of(structured) == {
        "model": "m",
        "messages": TURNS,
        "temperature": 0.5,
        "max_tokens": 99,
        "response_format": {"type": "json_schema", "json_schema": form},
    }


@pytest.mark.parametrize(
    ("structured", "form"), [("json_object", {"type": "json_object"}), ("text", None)]
)
def test_a_schema_is_told_in_words_where_it_takes_none(structured: str, form: object) -> None:
    body = body_of(structured)
    (system, user) = body["messages"]

    assert body.get("response_format") == form
    assert user == TURNS[1]
    assert system["role"] == "system"
    assert system["content"] == f"Be brief.\n\n{BY_WORDS}\n{json.dumps(SCHEMA)}"


def test_a_schema_in_words_gets_a_system_turn_where_there_is_none() -> None:
    body = body_of("text", TURNS[1:])

    assert [turn["role"] for turn in body["messages"]] == ["system", "user"]
    assert TURNS[1:] == [{"role": "user", "content": "Hello"}]


@pytest.mark.parametrize("structured", ["auto", "json_object", "json_schema", "text"])
def test_every_form_gets_good_replies_of_a_server_that_takes_it(
    tmp_path: Path, structured: str
) -> None:
    with serving() as fake:
        assert learn(tmp_path, 2, a_teacher(fake.url, structured=structured)).outcomes == ["ok"] * 2


def test_a_server_without_structured_output_is_asked_in_words(tmp_path: Path) -> None:
    with serving(FakeSettings(structured=False)) as fake:
        taught = learn(tmp_path, 40, a_teacher(fake.url, concurrency=8))
        stats = fake.stats()

    assert taught.outcomes == ["ok"] * 40
    assert stats["refused"]["unsupported_parameter"] <= 8


def test_a_form_that_was_asked_for_by_name_is_not_exchanged(tmp_path: Path) -> None:
    with serving(FakeSettings(structured=False)) as fake:
        taught = learn(tmp_path, 2, a_teacher(fake.url, structured="json_schema"))

    assert taught.outcomes == ["rejected"] * 2


def test_the_other_name_of_the_longest_reply_is_learned(tmp_path: Path) -> None:
    def answer(seen: Seen) -> Reply:
        if "max_tokens" in seen.json:
            said_ = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
            return as_json({"error": {"message": said_}}, 400)
        return as_json(said())

    with bare(answer) as server:
        taught = learn(tmp_path, 30, a_teacher(server.url, concurrency=4, max_tokens=77))

    bodies = [seen.json for seen in server.seen]
    assert taught.gathered.problems == {}
    assert sum("max_tokens" in body for body in bodies) <= 4
    assert {body.get("max_completion_tokens", 77) for body in bodies} == {77}


@pytest.mark.parametrize(
    "message", ["response_format is bad", "grammar", "use max_completion_tokens"]
)
def test_a_server_that_complains_of_everything_is_not_asked_for_ever(
    tmp_path: Path, message: str
) -> None:
    with bare(lambda seen: as_json({"error": {"message": message}}, 400)) as server:
        taught = learn(tmp_path, 5, a_teacher(server.url))

    assert taught.outcomes == ["rejected"] * 5
    assert len(server.seen) <= 10


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"<html>Welcome to the hotel's WLAN</html>",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"choices": []}',
        b'{"choices": null}',
        b'{"choices": {"0": 1}}',
        b'{"choices": [null]}',
        b'{"choices": [{"message": null}]}',
        b'{"choices": [{"message": "hello"}]}',
        b'{"choices": [{"text": "hello"}]}',
        b'{"error": {"message": "it went wrong after all"}}',
        b'data: {"choices": [{"delta": {"content": "x"}}]}\n\n',
    ],
)
def test_an_answer_without_a_message_is_no_reply(body: bytes) -> None:
    found = problem((200, {"content-type": "application/json"}, body))

    assert (found.outcome, found.again) == ("server_error", True)
    assert "no chat completion" in found.detail
    assert len(found.detail) < 400 and "\n" not in found.detail


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\0\0\0\0",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 999999 No\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
        b"HTTP/1.1 302 Found\r\n\r\n",
    ],
)
def test_what_is_no_http_is_a_problem_and_no_crash(answer: bytes) -> None:
    assert problem(answer).outcome in ("timeout", "server_error", "fatal")


def test_an_answer_without_end_is_not_read_to_it() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"
    found = problem(head + b'{"x": "' + b"x" * (33 << 20))

    assert (found.outcome, found.again) == ("timeout", True)
    assert "longer than" in found.detail


def test_less_is_read_of_a_packed_answer_which_may_be_a_thousand_times_as_large() -> None:
    packer = zlib.compressobj(1, wbits=31)
    packed = packer.compress(os.urandom(2 << 20)) + packer.flush()
    found = problem((200, {"content-encoding": "gzip"}, packed))

    assert f"longer than {1 << 20} bytes" in found.detail


def test_a_packed_answer_is_unpacked() -> None:
    packer = zlib.compressobj(wbits=31)
    packed = packer.compress(json.dumps(said("hello")).encode()) + packer.flush()
    with bare(lambda seen: (200, {"content-encoding": "gzip"}, packed)) as server:
        assert ask(server.url).completion["choices"][0]["message"]["content"] == "hello"


def test_nobody_listening_is_a_problem_that_names_the_host() -> None:
    with bare(lambda seen: b"") as server:
        url = server.url
    with pytest.raises(Problem) as found:
        ask(url)

    assert (found.value.outcome, found.value.again) == ("timeout", True)
    assert url.split("/")[2] in found.value.detail


def test_a_server_that_is_silent_is_left_after_the_timeout() -> None:
    with serving(FakeSettings(latency=30)) as fake, pytest.raises(Problem) as found:
        ask(fake.url, timeout=0.3)

    assert (found.value.outcome, found.value.again) == ("timeout", True)


@pytest.mark.parametrize(
    "usage",
    [
        None,
        "many",
        {},
        {"prompt_tokens": "12", "completion_tokens": []},
        {"prompt_tokens": -5, "completion_tokens": -5},
        {"prompt_tokens": 10**40, "completion_tokens": 1e300},
        {"prompt_tokens": True, "completion_tokens": None},
        {"prompt_tokens": 1, "prompt_tokens_details": {"cached_tokens": "x"}},
    ],
)
def test_a_count_of_tokens_that_cannot_be_is_replaced_by_one_of_characters(
    tmp_path: Path, usage: object
) -> None:
    with bare(lambda seen: as_json({**said("x" * 400), "usage": usage})) as server:
        teacher = a_teacher(server.url)
        learn(tmp_path, 1, teacher)
    (request,) = a_source(1, teacher).requests()
    with Ledger(tmp_path / "calls.sqlite") as ledger:
        call = ledger.get([request.key])[request.key]

    assert call.prompt_tokens in (1, round(request.n_characters / 4))
    assert (call.completion_tokens, call.cached_tokens) == (100, 0)


def test_no_more_is_cached_than_was_sent(tmp_path: Path) -> None:
    usage = {
        "prompt_tokens": 10,
        "completion_tokens": 1,
        "prompt_tokens_details": {"cached_tokens": 1_000},
    }
    with bare(lambda seen: as_json({**said(), "usage": usage})) as server:
        taught = learn(
            tmp_path, 1,
            a_teacher(server.url, prices={"input": 100, "cached_input": 1, "output": 0}),
            budget={"usd": 1},
        )  # fmt: skip

    assert all(usd > 0 for usd in taught.gathered.usd.values())


def test_halves_of_characters_are_asked_to_be_corrected_and_told_as_any_other_reply(
    tmp_path: Path,
) -> None:
    with bare(lambda seen: as_json(said("no JSON, but \ud83d and \u0000"))) as server:
        taught = learn(tmp_path, 1, a_teacher(server.url))
        again = learn(tmp_path, 1, a_teacher(server.url))

    assert (taught.outcomes, again.outcomes) == (["invalid_json"], ["invalid_json"])
    assert "no JSON, but \ufffd and" in taught.answered[0].detail
    assert (len(server.seen), taught.paid, again.paid) == (2, 2, 0)


def test_a_server_hears_of_nothing_but_what_is_asked() -> None:
    """No list of models, no probe: the first thing that a server sees is a question."""
    with bare(lambda seen: as_json(said())) as server:
        ask(server.url)

    assert [(seen.method, seen.path) for seen in server.seen] == [("POST", "/v1/chat/completions")]


def test_a_passage_reaches_the_server_whole(tmp_path: Path) -> None:
    odd = passage(1, text="Ünïcode, “quotes”, \\LaTeX{} and {title} </passage> stay. " * 3)
    with bare(lambda seen: as_json(said())) as server:
        learn(tmp_path, [odd], a_teacher(server.url))

    assert (
        "Ünïcode, “quotes”, \\LaTeX{} and {title}" in server.seen[0].json["messages"][-1]["content"]
    )
