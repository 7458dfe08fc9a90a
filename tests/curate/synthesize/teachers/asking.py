"""What tests of teachers share: passages to ask about, a school, a server that says anything.

The teachers are the fake server's, or a bare one on loopback that answers as it is told.
"""

import contextlib
import json
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pyarrow as pa

from curate.synthesize.answers import Answered
from curate.synthesize.requests import Asked, Model, Open, Source
from curate.synthesize.tasks import catalog
from curate.synthesize.taught import School, gather, read
from curate.synthesize.teachers.gathered import Gathered
from curate.synthesize.teachers.limits import Patience
from schemas.ids import identity
from schemas.rows import PASSAGES, Passage
from schemas.teachers import Ask, Budget, OpenAI
from tests.conftest import ROOT, sentence

HASTY = Patience(first_wait=0.01, longest_wait=0.05, pause=0.02, longest_pause=0.05, most_pauses=4)
"""For tests, which wait for nobody."""


def passage(number: int, document: str | None = None, **changed: Any) -> Passage:  # noqa: ANN401
    """A passage of our own making, of a document of its own where none is named."""
    draw = random.Random(number)
    text = " ".join(sentence(draw) for _ in range(5))
    document = document or identity(f"paper {number}")
    given: dict[str, Any] = {
        "id": identity(document, number, number + len(text)), "document_id": document,
        "part": "domain", "split": "train", "section": ["Results"], "start": number,
        "end": number + len(text), "text": text, "n_words": len(text.split()),
        "title": f"On site {number}", "source": f"file:{number}.md", "license": "CC-BY-4.0",
        "domain": "chemistry",
    }  # fmt: skip
    return Passage(**{**given, **changed})


def opener(passages: Sequence[Passage]) -> Open:
    """Opens some passages anew, in batches of 50."""
    columns = PASSAGES.names
    rows = [{name: getattr(one, name) for name in columns} for one in passages]
    return lambda: pa.Table.from_pylist(rows, schema=PASSAGES).to_batches(max_chunksize=50)


def asked(*tasks: str | dict[str, Any]) -> list[Asked]:
    """Tasks that ship, read."""
    asks = [Ask.model_validate(task) for task in tasks or ("grounded-qa",)]
    return [Asked(ask, catalog.get(ask.task, ask.settings, "tasks")) for ask in asks]


def a_teacher(url: str, **more: Any) -> OpenAI:  # noqa: ANN401  settings
    """A teacher at a server."""
    return OpenAI.model_validate({"kind": "openai", "model": "m", "base_url": url, **more})


def a_source(
    n: int | Sequence[Passage],
    *teachers: Model,
    tasks: Sequence[str | dict[str, Any]] = (),
    **more: Any,  # noqa: ANN401  of Source
) -> Source:
    """What is asked about n passages."""
    passages = [passage(number) for number in range(n)] if isinstance(n, int) else n
    return Source(opener(passages), None, asked(*tasks), teachers, **more)


def a_school(folder: Path, *teachers: Model, **more: Any) -> School:  # noqa: ANN401  of School
    """A school with its ledger in a folder."""
    given: dict[str, Any] = {"budget": None, "hosts": {}, "account": "test", "patience": HASTY}
    return School(teachers=teachers, ledger=folder / "calls.sqlite", **{**given, **more})


@dataclass(frozen=True)
class Taught:
    """What a run came to."""

    gathered: Gathered
    answered: list[Answered]
    told: list[str]

    @property
    def outcomes(self) -> list[str]:
        """Of every request, in order."""
        return [one.outcome for one in self.answered]

    @property
    def paid(self) -> int:
        """Replies that were paid for now."""
        return sum(self.gathered.sent.values())


def run(source: Source, school: School) -> Taught:
    """Ask, store, read."""
    told: list[str] = []
    gathered = gather(source, school, told.append)
    return Taught(gathered, list(read(source, school, gathered)), told)


def learn(
    folder: Path,
    n: int | Sequence[Passage],
    *teachers: Model,
    budget: dict[str, Any] | None = None,
    tasks: Sequence[str | dict[str, Any]] = (),
    **more: Any,  # noqa: ANN401  of Source
) -> Taught:
    """Ask some teachers about n passages."""
    folder.mkdir(parents=True, exist_ok=True)
    bound = None if budget is None else Budget.model_validate(budget)
    source = a_source(n, *teachers, tasks=tasks, **more)
    return run(source, a_school(folder, *teachers, budget=bound))


@dataclass(frozen=True)
class Seen:
    """A request that a bare server got."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401  JSON
        """Its body."""
        return json.loads(self.body)


Reply = tuple[int, dict[str, str], bytes] | bytes
"""Status, headers and body; or all bytes of an answer, whatever they are."""


@dataclass
class Bare:
    """A server that answers as it is told."""

    url: str
    seen: list[Seen] = field(default_factory=list)


@contextlib.contextmanager
def bare(answer: Callable[[Seen], Reply]) -> Iterator[Bare]:
    """Serve on loopback, in threads, while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one segment, for which no acknowledgement is awaited

        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            seen = Seen(self.command, self.path, headers, self.rfile.read(length))
            found.seen.append(seen)
            reply = answer(seen)
            with contextlib.suppress(ConnectionError):
                if isinstance(reply, bytes):
                    self.wfile.write(reply)
                    self.close_connection = True
                    return
                status, more, body = reply
                self.send_response(status)
                for name, value in {"content-length": str(len(body)), **more}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

        do_GET = do_POST  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 128
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    found = Bare(f"http://127.0.0.1:{server.server_address[1]}/v1")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def said(content: str | None = "{}", **message: object) -> dict[str, Any]:
    """The body of a completion."""
    choice = {"index": 0, "message": {"role": "assistant", "content": content, **message}}
    usage = {"prompt_tokens": 100, "completion_tokens": 20}
    return {"id": "1", "object": "chat.completion", "choices": [choice], "usage": usage}


def as_json(value: object, status: int = 200, **headers: str) -> Reply:
    """A reply that holds JSON."""
    named = {name.replace("_", "-"): one for name, one in headers.items()}
    return status, {"content-type": "application/json", **named}, json.dumps(value).encode()


def child(code: str, *arguments: object) -> "subprocess.Popen[str]":
    """A process that runs some code, which may import what lies in this folder."""
    begin = (
        "import sys, types\n"
        "sys.modules['tests'] = tests = types.ModuleType('tests')\n"
        f"tests.__path__ = [{str(ROOT / 'tests')!r}]\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", begin + code, *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
