"""How tests ask the fake teacher: OpenAI's own client without retries, and bare sockets."""

import json
import socket
from typing import Any

import openai
from openai.types.chat import ChatCompletion

from curate.synthesize.fake.server import Serving

TEXT = (
    "The lattice of sample 12 absorbs more heat in winter than the membrane does. A catalyst\n"
    "number 7 is an enzyme that scatters light under load. However, the plasma in run 44 [3] "
    "releases less charge {near} the coast than expected."
)
PAIRS = {
    "type": "object",
    "properties": {"pairs": {"type": "array", "items": {"$ref": "#/$defs/Pair"}}},
    "required": ["pairs"],
    "additionalProperties": False,
    "$defs": {
        "Pair": {
            "type": "object",
            "properties": {
                "question": {"type": "string"},
                "answer": {"type": "string"},
                "quote": {"type": "string"},
            },
            "required": ["question", "answer", "quote"],
            "additionalProperties": False,
        }
    },
}


def body(n: int = 0, text: str = TEXT, **others: object) -> dict[str, Any]:
    """A request about a passage, for pairs in the form of a schema."""
    named = {"name": "pairs", "schema": PAIRS, "strict": True}
    return {
        "model": "any",
        "messages": [
            {"role": "system", "content": 'Reply with JSON: {"pairs": []}'},
            {"role": "user", "content": f"Title: {n}\n\n<passage>\n{text}\n</passage>"},
        ],
        "response_format": {"type": "json_schema", "json_schema": named},
        **others,
    }


def client_of(fake: Serving, key: str = "any", timeout: float = 10) -> openai.OpenAI:
    """OpenAI's client. It reads no certificates, which takes longer than most tests here."""
    bare = openai.DefaultHttpxClient(verify=False, trust_env=False)
    return openai.OpenAI(
        base_url=fake.url, api_key=key, max_retries=0, timeout=timeout, http_client=bare
    )


def ask(fake: Serving, request: dict[str, Any], key: str = "any") -> ChatCompletion:
    """The completion, by OpenAI's client; its own errors where there is none."""
    with client_of(fake, key) as client:
        answer: ChatCompletion = client.chat.completions.create(**request)
        return answer


def said(fake: Serving, request: dict[str, Any]) -> str:
    """The content of an answer."""
    return ask(fake, request).choices[0].message.content or ""


def connect(fake: Serving) -> socket.socket:
    """A connection to the server."""
    host, port = fake.url.removeprefix("http://").removesuffix("/v1").rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=10)


def chat(request: dict[str, Any]) -> bytes:
    """A chat request as it goes over the wire."""
    data = json.dumps(request).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: f\r\nContent-Length: {len(data)}\r\n\r\n"
    return head.encode() + data


def send(fake: Serving, data: bytes) -> bytes:
    """All that comes back on a connection that sends these bytes and then no more."""
    with connect(fake) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def call(
    fake: Serving, method: str, path: str, value: object = None, headers: str = ""
) -> tuple[int, dict[str, str], Any]:
    """Status, headers and JSON of one request."""
    data = b"" if value is None else json.dumps(value).encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: fake\r\nContent-Length: {len(data)}\r\n{headers}\r\n"
    return parsed(send(fake, head.encode() + data))


def parsed(data: bytes) -> tuple[int, dict[str, str], Any]:
    """Status, headers and JSON of the first reply in these bytes."""
    head, _, rest = data.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = {
        name.lower(): value.strip() for name, _, value in (one.partition(":") for one in lines)
    }
    length = int(headers["content-length"])
    return int(status.split()[1]), headers, json.loads(rest[:length])
