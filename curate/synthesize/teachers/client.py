"""One attempt at one call: an HTTP request through the openai package, its reply or a Problem.

The package's own retries are off; when to ask again is decided where limits and budget are known.
Nothing of the environment reaches a host but the key that was named for it.
"""

import contextlib
import functools
import json
import os
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from curate.synthesize import completion
from curate.synthesize.teachers.hosts import Address, secret
from curate.synthesize.teachers.problems import Adapt, Problem, of_connection, of_status
from schemas.teachers import OpenAI, Structured

LARGEST_REPLY, LARGEST_PACKED = 32 << 20, 1 << 20
"""Bytes of a reply, plain and compressed; reading ends there."""
NO_KEY = "none"
"""Given to the package where there is no key; it is not sent."""
SHORTEST_KEY = 12
"""Characters of a key that is blanked out; a shorter one is no secret, and may be a word."""
BY_WORDS = "Answer with one JSON value that this schema describes, and nothing else:"


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply as it came."""

    body: str
    completion: dict[str, Any]
    headers: Mapping[str, str]
    seconds: float


@dataclass(frozen=True, slots=True)
class Form:
    """A kind of request."""

    path: str
    """Behind the address of the API."""
    answer: str
    """What an answer is, for people."""
    fits: Callable[[Any], bool]
    """Whether the JSON of an answer is one."""
    is_plain: bool = False
    """Whether the answer is asked for without compression, since it hardly gets smaller."""


CHAT = Form("/chat/completions", "chat completion", completion.is_one)
EMBEDDINGS = "/embeddings"


@dataclass(slots=True)
class Manner:
    """How one teacher's server wants to be asked; learned as it answers."""

    structured: Structured
    max_tokens: str = "max_tokens"
    encoding: str | None = "base64"
    """`encoding_format` of embeddings; None where the server does not know it."""
    version: int = 0
    """How often it was learned anew; at most twice."""

    def learn(self, adapt: Adapt, version: int) -> bool:
        """Ask otherwise from now on; whether that is another way than the one of this version."""
        if adapt == "max_completion_tokens" and self.max_tokens != "max_completion_tokens":
            self.max_tokens = "max_completion_tokens"
            self.version += 1
        elif adapt == "form" and self.structured == "auto":
            self.structured = "text"
            self.version += 1
        elif adapt == "encoding" and self.encoding is not None:
            self.encoding = None
            self.version += 1
        return self.version > version

    def body(
        self,
        model: str,
        messages: list[dict[str, str]],
        sampling: Mapping[str, Any],
        schema: Mapping[str, Any],
        strict: bool,
    ) -> dict[str, Any]:
        """The body of a request."""
        given = dict(sampling)
        longest = given.pop("max_tokens", None)
        body: dict[str, Any] = {"model": model, "messages": messages, **given}
        if longest is not None:
            body[self.max_tokens] = longest
        if self.structured in ("auto", "json_schema"):
            form = {"name": "reply", "strict": strict, "schema": schema}
            body["response_format"] = {"type": "json_schema", "json_schema": form}
            return body
        if self.structured == "json_object":
            body["response_format"] = {"type": "json_object"}
        body["messages"] = _with_schema(messages, schema)
        return body


class Client:
    """One server of a teacher."""

    def __init__(self, teacher: OpenAI, address: Address, where: str) -> None:
        self.address = address
        self._where = f"{teacher.label} at {address.host}"
        self._key = secret(address, where)
        self._secrets = _spellings(self._key or "")
        self._timeout = teacher.timeout
        self.openai = _client(address, self._key, teacher)

    async def ask(self, body: dict[str, Any], form: Form = CHAT) -> Answer:
        """Send one request.

        Raises:
            Problem: no reply came.
        """
        import httpx2

        began = time.monotonic()
        how = {"headers": {"accept-encoding": "identity"}} if form.is_plain else {}
        try:
            answer = await self.openai.post(
                form.path, body=body, cast_to=httpx2.Response, options=how
            )
        except failures() as error:
            raise self.problem(error, self._where) from None
        return self._answer(answer.text, dict(answer.headers), time.monotonic() - began, form)

    def _answer(self, text: str, headers: Mapping[str, str], seconds: float, form: Form) -> Answer:
        body = self.blank(text)
        found: Any = None
        with contextlib.suppress(ValueError, RecursionError):
            found = json.loads(body)
        if not form.fits(found):
            said = body[:100] if body.strip() else "nothing"
            detail = f"{self._where}: the answer is no {form.answer} ({said!r})"
            raise Problem("server_error", detail, again=True)
        return Answer(body, found, headers, seconds)

    def problem(self, error: Exception, where: str) -> Problem:
        """What one of `failures` means, without the key."""
        from openai import APIStatusError

        if isinstance(error, APIStatusError):
            answer = error.response
            return of_status(answer.status_code, self.blank(answer.text), answer.headers, where)
        problem = of_connection(error, where)
        return Problem(problem.outcome, self.blank(problem.detail), problem.again)

    def blank(self, text: str) -> str:
        """The text without the key, which careless servers send back."""
        for one in self._secrets:
            text = text.replace(one, "[key]")
        return text

    async def close(self) -> None:
        """Close its connections."""
        await self.openai.close()


@functools.cache
def failures() -> tuple[type[Exception], ...]:
    """What the package and those below it raise, where there is no reply."""
    import aiohttp
    import httpx2
    from openai import OpenAIError

    known = (OpenAIError, httpx2.HTTPError, httpx2.InvalidURL, aiohttp.ClientError)
    return (*known, TimeoutError, OSError)


def _spellings(key: str) -> list[str]:
    """How a key may be written in a body, longest first; nothing where it is too short."""
    if len(key) < SHORTEST_KEY:
        return []
    spelled = {key, json.dumps(key)[1:-1], key.replace("/", "\\/"), quote(key, safe="")}
    return sorted(spelled, key=len, reverse=True)


def _with_schema(messages: list[dict[str, str]], schema: Mapping[str, Any]) -> list[dict[str, str]]:
    """The conversation with the schema in its system turn."""
    told = f"{BY_WORDS}\n{json.dumps(schema, ensure_ascii=False)}"
    first, *rest = messages
    if first["role"] == "system":
        return [{"role": "system", "content": f"{first['content']}\n\n{told}"}, *rest]
    return [{"role": "system", "content": told}, *messages]


def _client(address: Address, key: str | None, teacher: OpenAI) -> Any:  # noqa: ANN401
    import httpx2
    from openai import AsyncOpenAI, DefaultAioHttpClient

    most = teacher.concurrency
    timeout = httpx2.Timeout(teacher.timeout, connect=min(teacher.timeout, 30))
    transport = DefaultAioHttpClient(  # half the processor time of httpx's own connections
        limits=httpx2.Limits(max_connections=most, max_keepalive_connections=most),
        timeout=timeout,
        follow_redirects=False,
        trust_env=not address.is_local,
        event_hooks={"request": [] if key else [_keyless], "response": [_bounded]},
        verify=_certificates() if address.url.startswith("https:") else _no_certificates(),
    )
    with contextlib.nullcontext() if address.is_openai else without_ambient():
        return AsyncOpenAI(
            api_key=key or NO_KEY,
            base_url=address.url,
            max_retries=0,
            timeout=timeout,
            http_client=transport,
        )


async def _keyless(request: Any) -> None:  # noqa: ANN401  httpx2's Request
    """Send nothing where a key would be: the package always does."""
    request.headers.pop("authorization", None)


async def _bounded(response: Any) -> None:  # noqa: ANN401  httpx2's Response
    """Let no more of a reply be read than one can be; files of batches may be larger."""
    if response.request.url.path.endswith((CHAT.path, EMBEDDINGS)):
        packed = response.headers.get("content-encoding", "identity") != "identity"
        most = LARGEST_PACKED if packed else LARGEST_REPLY
        response.stream = _stream()(response.stream, most)


@functools.cache
def _stream() -> Any:  # noqa: ANN401  a class of the package's, which is imported late
    import httpx2

    class Bounded(httpx2.AsyncByteStream):
        def __init__(self, whole: httpx2.AsyncByteStream, most: int) -> None:
            self._whole, self._most = whole, most

        async def __aiter__(self) -> AsyncIterator[bytes]:
            n_bytes = 0
            async for chunk in self._whole:
                n_bytes += len(chunk)
                if n_bytes > self._most:
                    raise httpx2.ReadError(f"the answer is longer than {self._most} bytes")
                yield chunk

        async def aclose(self) -> None:
            await self._whole.aclose()

    return Bounded


@functools.cache
def _certificates() -> ssl.SSLContext:
    """The package's certificates, read once for all clients."""
    import httpx2

    context: ssl.SSLContext = httpx2.create_ssl_context()
    return context


@functools.cache
def _no_certificates() -> ssl.SSLContext:
    """For addresses without TLS, which need none."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@contextlib.contextmanager
def without_ambient() -> Iterator[None]:
    """Hide what the package would take from the environment: organisation, headers, other keys."""
    hidden = {name: value for name, value in os.environ.items() if name.startswith("OPENAI_")}
    for name in hidden:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(hidden)
