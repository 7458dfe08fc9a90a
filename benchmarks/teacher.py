"""Asking a teacher: this project's engine against a bare client, distilabel and curator.

    pip install openai
    python benchmarks/teacher.py
    python benchmarks/teacher.py --concurrency 64 --runs 3 --json

The other two toolkits ask for versions of libraries of their own, so each has an environment of its
own in one folder, and is left out without it:

    python -m venv PEERS/distilabel
    PEERS/distilabel/bin/pip install 'distilabel[openai]==1.5.3' requests
    python -m venv PEERS/curator
    PEERS/curator/bin/pip install bespokelabs-curator==0.1.31
    python benchmarks/teacher.py --peers PEERS

All send the same prompts to one local server, a process of its own that answers each call after 50
ms with a JSON object of about 1 kB. Ours stores every reply in its ledger before it is parsed. The
bare client is one `openai.AsyncOpenAI` behind a semaphore that keeps its replies in a list. Every
run is a fresh process, and the ways take turns, so that a machine that slows down slows all.

Calls a second are counted from the first request to the last reply for ours and the bare client,
imports and the making of the client aside; for the toolkits over their whole `run()` or call, which
starts processes and writes a dataset. What the server saw, from the first request to the last
reply, is printed for all, with the most calls that were in flight and the processor's time of the
whole process. Prints medians, the ratio of ours to the bare client's, and how far that ratio went
in single turns. On a machine with other work, the bare client against itself came out at .94 to
1.21 (medians of five runs): from 64 in flight on, a client is bound by the processor, so compare
its time there too.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

LATENCY = 0.05
"""Seconds between a request and its reply."""
CALLS = {16: 1_000, 64: 2_000, 256: 2_000}
"""Calls of a run by the number in flight; 2,000 for any other number."""
REQUIRED = {16: 0.95, 64: 0.95, 256: 0.85}
"""What ours has to reach of the bare client's calls a second."""
PEERS = ("distilabel", "curator")
TOLD = {
    "retort": ("retort",),
    "bare": ("openai", "httpx2", "httpx"),
    "distilabel": ("distilabel", "openai", "httpx2", "httpx"),
    "curator": ("bespokelabs-curator", "aiohttp"),
}
"""Distributions whose versions are printed."""
MODEL = "gpt-4o-mini"  # a name that the peers' price lists know
PASSAGE = (
    "Leaves of plants grown at 16 degrees had a stomatal conductance of 0.21 mol per square metre "
    "and second, against 0.34 in plants grown at 24 degrees. The difference appeared within three "
    "days of the transfer and was reversed when plants were moved back. Net assimilation followed "
    "conductance in the first week but recovered afterwards, while the number of chloroplasts per "
    "cell did not change. Mutants without the receptor kept their conductance at both "
    "temperatures, which suggests that the response depends on the receptor and not on water "
    "status alone. Abscisic acid was measured in the same leaves and was 1.8 times as high at 16 "
    "degrees; in the mutants it did not differ. Taken together, cold acts on stomata through the "
    "hormone, and photosynthesis adapts to what the stomata leave. "
)
PAIRS = [
    {
        "question": "How did growth temperature change the stomatal conductance of the leaves?",
        "answer": "It was 0.21 mol per square metre and second in plants grown at 16 degrees and "
        "0.34 in plants grown at 24 degrees, and the change could be reversed.",
        "quote": "The difference appeared within three days of the transfer and was reversed when "
        "plants were moved back.",
    },
    {
        "question": "What suggests that the response does not depend on water status alone?",
        "answer": "Mutants that lack the receptor kept the same conductance at both temperatures.",
        "quote": "Mutants without the receptor kept their conductance at both temperatures",
    },
    {
        "question": "How much abscisic acid did the leaves hold at 16 degrees?",
        "answer": "1.8 times as much as at the higher temperature, but no more in the mutants.",
        "quote": "Abscisic acid was measured in the same leaves and was 1.8 times as high at 16 "
        "degrees",
    },
]

Timed = tuple[float, int]
"""Seconds, and replies that came."""
Outcome = dict[str, Any]
"""Of one run: rps, seconds, rows, whole, processor, seen_rps, peak, connections, versions."""


def prompts(n_calls: int) -> list[str]:
    """Prompts of about 1 kB, no two the same."""
    wanted = "Write three question-answer pairs, each with a quote from the passage, as JSON."
    return [f"{wanted}\n\nPassage {call + 1}:\n{PASSAGE}" for call in range(n_calls)]


class Server(asyncio.Protocol):
    """One connection. HTTP is read by hand: what the server costs, no client can have."""

    replies = 0
    in_flight = 0
    peak = 0
    connections = 0
    began = 0.0
    ended = 0.0
    length = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
    reply = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin with nothing read."""
        self.transport: Any = transport
        self.read = b""
        self.asked = False

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete: a call of the API, `/begin` or `/seen`."""
        self.read += data
        while (end := self.read.find(b"\r\n\r\n")) >= 0:
            found = self.length.search(self.read, 0, end + 2)
            end += 4 + (int(found[1]) if found else 0)
            if len(self.read) < end:
                return
            request, self.read = self.read[:end], self.read[end:]
            if request.startswith(b"POST"):
                self.call()
            else:
                self.tell(request.startswith(b"GET /begin"))

    def call(self) -> None:
        """Answer a call, after a while."""
        loop = asyncio.get_running_loop()
        Server.began = Server.began or loop.time()
        Server.connections += not self.asked
        self.asked = True
        Server.in_flight += 1
        Server.peak = max(Server.peak, Server.in_flight)
        loop.call_later(LATENCY, self.answer)

    def answer(self) -> None:
        """Answer a call now."""
        Server.in_flight -= 1
        Server.replies += 1
        Server.ended = asyncio.get_running_loop().time()
        if not self.transport.is_closing():
            self.transport.write(Server.reply)

    def tell(self, begin: bool) -> None:
        """Tell what was counted since `/begin`, or begin."""
        if begin:
            Server.replies = Server.peak = Server.connections = 0
            Server.began = Server.ended = 0.0
        seen = {
            "replies": Server.replies,
            "peak": Server.peak,
            "connections": Server.connections,
            "seconds": Server.ended - Server.began,
        }
        self.transport.write(http(json.dumps(seen)))


def http(body: str) -> bytes:
    """A body with its head; the connection stays open."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return f"{head}\r\n\r\n{body}".encode("ascii")


def serve() -> None:
    """Print the port and answer until killed."""
    completion = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": MODEL,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": json.dumps({"pairs": PAIRS})},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 230, "completion_tokens": 220, "total_tokens": 450},
    }
    Server.reply = http(json.dumps(completion))

    async def forever() -> None:
        loop = asyncio.get_running_loop()
        listening = await loop.create_server(Server, "127.0.0.1", 0, backlog=1024)
        print(listening.sockets[0].getsockname()[1], flush=True)
        await listening.serve_forever()

    asyncio.run(forever())


def ours(url: str, n_in_flight: int, n_calls: int, folder: Path) -> Timed:
    """This project's engine with its ledger in the folder; imports and plan of work aside."""
    import aiohttp  # noqa: F401  these two the engine imports when it first sends
    import openai  # noqa: F401

    from curate.synthesize import taught
    from curate.synthesize.requests import Asked, Source
    from curate.synthesize.tasks import catalog
    from schemas.teachers import Ask, OpenAI

    teacher = OpenAI(kind="openai", model=MODEL, base_url=url, concurrency=n_in_flight)
    asked = Asked(Ask(task="grounded-qa"), catalog.get("grounded-qa", {}, "benchmark"))
    source = Source(passages(n_calls), None, [asked], [teacher])
    school = taught.School([teacher], None, {}, folder / "calls.sqlite", "benchmark")
    began = time.perf_counter()
    gathered = taught.gather(source, school, lambda line: None)
    seconds = time.perf_counter() - began
    return seconds, sum(gathered.sent.values())


def passages(n_calls: int) -> Callable[[], Iterator[Any]]:
    """Passages that give prompts of about the others' length, as the engine reads them."""
    from dataclasses import asdict

    import pyarrow as pa

    from schemas.rows import PASSAGES, Passage

    rows = [
        asdict(
            Passage(
                id=f"{number:032x}", document_id=f"{number:032x}", part="domain", split="train",
                section=[], start=0, end=len(text), text=text, n_words=len(text.split()),
                title=None, source="benchmark", license=None, domain=None,
            )
        )
        for number, text in enumerate(prompts(n_calls))
    ]  # fmt: skip
    batch = pa.RecordBatch.from_pylist(rows, schema=PASSAGES)
    return lambda: iter([batch])


def bare(url: str, n_in_flight: int, n_calls: int, folder: Path) -> Timed:
    """What a user would write: one client, a semaphore, a list."""
    from openai import AsyncOpenAI

    asked = prompts(n_calls)

    async def run() -> Timed:
        client = AsyncOpenAI(base_url=url, api_key="none")
        free = asyncio.Semaphore(n_in_flight)

        async def ask(prompt: str) -> str | None:
            async with free:
                completion = await client.chat.completions.create(
                    model=MODEL, messages=[{"role": "user", "content": prompt}]
                )
                return completion.choices[0].message.content

        began = time.perf_counter()
        replies = await asyncio.gather(*(ask(prompt) for prompt in asked))
        seconds = time.perf_counter() - began
        await client.close()
        return seconds, sum(reply is not None for reply in replies)

    return asyncio.run(run())


def distilabel(url: str, n_in_flight: int, n_calls: int, folder: Path) -> Timed:
    """A pipeline of two steps, as its documentation has it; a batch is what is in flight."""
    from distilabel.models.llms import OpenAILLM
    from distilabel.pipeline import Pipeline
    from distilabel.steps import LoadDataFromDicts
    from distilabel.steps.tasks import TextGeneration

    rows = [{"instruction": prompt} for prompt in prompts(n_calls)]
    with Pipeline(name="benchmark", cache_dir=folder) as pipeline:
        load = LoadDataFromDicts(data=rows, batch_size=n_in_flight)
        generate = TextGeneration(
            llm=OpenAILLM(model=MODEL, base_url=url, api_key="none"),
            input_batch_size=n_in_flight,
            use_cache=False,
        )
        load >> generate
    began = time.perf_counter()
    made = pipeline.run(use_cache=False)
    seconds = time.perf_counter() - began
    return seconds, sum(row is not None for row in made["default"]["train"]["generation"])


def curator(url: str, n_in_flight: int, n_calls: int, folder: Path) -> Timed:
    """Its LLM over a list of prompts, with limits that are never reached."""
    import litellm
    from bespokelabs import curator

    # the encoding that curator counts tokens with, from litellm's package: nothing is downloaded
    tokenizers = Path(litellm.__file__).parent / "litellm_core_utils" / "tokenizers"
    os.environ["TIKTOKEN_CACHE_DIR"] = str(tokenizers)

    class Writer(curator.LLM):
        def prompt(self, row: dict[str, str]) -> str:
            return row["prompt"]

        def parse(self, row: dict[str, str], reply: str) -> dict[str, str]:
            return {"reply": reply}

    rows = [{"prompt": prompt} for prompt in prompts(n_calls)]
    writer = Writer(
        model_name=MODEL,
        backend="openai",
        backend_params={
            "base_url": url,
            "api_key": "none",
            "max_concurrent_requests": n_in_flight,
            "max_requests_per_minute": 1_000_000_000,
            "max_tokens_per_minute": 1_000_000_000_000,
        },
    )
    begin(url)  # it has sent a request to look for limits
    began = time.perf_counter()
    made = writer(rows, working_dir=str(folder))
    seconds = time.perf_counter() - began
    return seconds, sum(bool(row) for row in made.dataset["reply"])


WAYS: Mapping[str, Callable[[str, int, int, Path], Timed]] = {
    "retort": ours,
    "bare": bare,
    "distilabel": distilabel,
    "curator": curator,
}


def child(way: str, url: str, n_in_flight: int, n_calls: int, folder: Path) -> None:
    """Run one way in this process; the last line that is printed is an object."""
    seconds, rows = WAYS[way](url, n_in_flight, n_calls, folder)
    versions = {}
    for name in TOLD[way]:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(name)
    print("\n" + json.dumps({"seconds": seconds, "rows": rows, "versions": versions}))


def environment(folder: str) -> dict[str, str]:
    """Of a child: nothing is looked up elsewhere, reported, or kept for the next run."""
    return {
        **os.environ,
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
        "HOME": folder,
        "HF_HUB_OFFLINE": "1",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "TELEMETRY_ENABLED": "false",
        "CURATOR_DISABLE_CACHE": "1",
        "CURATOR_DISABLE_RICH_DISPLAY": "1",
        "DISTILABEL_LOG_LEVEL": "WARNING",
    }


def begin(url: str) -> None:
    """Let the server count from here."""
    urllib.request.urlopen(url.replace("/v1", "/begin")).read()


def processor_seconds() -> float:
    """Of all children that ended, and of theirs; the server is not among them."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(way: str, python: Path, url: str, n_in_flight: int, n_calls: int) -> Outcome | str:
    """One run in a process of its own, or why there is none."""
    with tempfile.TemporaryDirectory() as folder:
        begin(url)
        began, spent = time.perf_counter(), processor_seconds()
        # -P: the scripts beside this one have names that a library may use
        told = [str(python), "-P", __file__, "--child", way, url, str(n_in_flight), str(n_calls)]
        try:
            ended = subprocess.run(
                [*told, folder],
                env=environment(folder),
                cwd=folder,
                capture_output=True,
                text=True,
                timeout=600,
            )
        except subprocess.TimeoutExpired:
            return "not done after 600 s"
        whole, processor = time.perf_counter() - began, processor_seconds() - spent
    if ended.returncode:
        lines = ended.stderr.strip().splitlines()
        return lines[-1] if lines else f"exit {ended.returncode}"
    outcome: Outcome = json.loads(ended.stdout.strip().splitlines()[-1])
    seen = json.load(urllib.request.urlopen(url.replace("/v1", "/seen")))
    if outcome["rows"] != n_calls:
        return f"{outcome['rows']} replies of {n_calls}"
    return {
        **outcome,
        "rps": n_calls / outcome["seconds"],
        "whole": whole,
        "processor": processor,
        "seen_rps": seen["replies"] / seen["seconds"],
        "peak": seen["peak"],
        "connections": seen["connections"],
    }


@contextlib.contextmanager
def server() -> Iterator[str]:
    """The address of a server in a process of its own."""
    told = [sys.executable, "-P", __file__, "--serve"]
    with subprocess.Popen(told, stdout=subprocess.PIPE, text=True) as process:
        try:
            port = next(iter(process.stdout or ()))
            yield f"http://127.0.0.1:{port.strip()}/v1"
        finally:
            process.kill()


def summary(outcomes: Sequence[Outcome | str]) -> Outcome:
    """Medians of the runs, or why there are none."""
    failed = [outcome for outcome in outcomes if isinstance(outcome, str)]
    if failed:
        return {"failed": failed[0]}
    runs = [outcome for outcome in outcomes if not isinstance(outcome, str)]
    fields = [field for field, value in runs[0].items() if not isinstance(value, dict)]
    medians = {field: statistics.median(one[field] for one in runs) for field in fields}
    return {**medians, "versions": runs[0]["versions"], "every_rps": [one["rps"] for one in runs]}


def measure(
    pythons: Mapping[str, Path], concurrencies: Sequence[int], runs: int, n_calls: int | None
) -> dict[int, dict[str, Outcome]]:
    """In flight -> way -> medians. One that failed is not asked again.

    The ways take turns, in every second turn from the last to the first.
    """
    found = {}
    with server() as url:
        for n_in_flight in concurrencies:
            count = n_calls or CALLS.get(n_in_flight, 2_000)
            outcomes: dict[str, list[Outcome | str]] = {way: [] for way in pythons}
            for turn, place in itertools.product(range(runs), range(len(pythons))):
                way, python = list(pythons.items())[-1 - place if turn % 2 else place]
                if not any(isinstance(one, str) for one in outcomes[way]):
                    told = f"{n_in_flight} in flight, run {turn + 1} of {runs}: {way}"
                    if sys.stderr.isatty():
                        print(f"\r\x1b[K{told}", end="", file=sys.stderr, flush=True)
                    outcomes[way].append(run(way, python, url, n_in_flight, count))
            found[n_in_flight] = {way: summary(ended) for way, ended in outcomes.items()}
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)
    return found


def ratio(found: Mapping[str, Outcome], way: str) -> float | None:
    """Calls a second against the bare client's."""
    if "rps" not in found.get(way, {}) or "rps" not in found.get("bare", {}):
        return None
    return float(found[way]["rps"] / found["bare"]["rps"])


def turns(found: Mapping[str, Outcome], way: str) -> list[float]:
    """The ratio in each turn; none where one of the two failed."""
    if ratio(found, way) is None:
        return []
    rates = (found[way]["every_rps"], found["bare"]["every_rps"])
    return [one / other for one, other in zip(*rates, strict=True)]


def show(found: Mapping[int, Mapping[str, Outcome]], runs: int) -> None:
    """Print calls a second and ratios, then what else was seen."""
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, medians of {runs} runs")
    print(f"calls a second, each answered after {LATENCY * 1000:.0f} ms")
    first = next(iter(found.values()))
    heads = "".join(f"{way:>12}" for way in first)
    print(f"{'in flight':>9}{'at most':>9}{heads}  retort / bare")
    for n_in_flight, ways in found.items():
        rates = "".join(
            f"{one['rps']:12.0f}" if "rps" in one else f"{'not run':>12}" for one in ways.values()
        )
        share = ratio(ways, "retort")
        told = "-"
        if share is not None:
            each = turns(ways, "retort")
            told = f"{share:.3f} ({min(each):.2f} to {max(each):.2f} in single turns)"
        wanted = f", wanted: {REQUIRED[n_in_flight]:.2f}" if n_in_flight in REQUIRED else ""
        print(f"{n_in_flight:9}{n_in_flight / LATENCY:9.0f}{rates}  {told}{wanted}")
    print("as the server saw it")
    for n_in_flight, ways in found.items():
        for way, one in ways.items():
            if "rps" in one:
                print(
                    f"{n_in_flight:9} {way:<11}{one['seen_rps']:7.0f}/s {one['peak']:5.0f} in "
                    f"flight {one['connections']:6.0f} connections {one['rows']:6.0f} rows "
                    f"{one['whole']:5.1f} s for the process, {one['processor']:.1f} s of processor"
                )
            else:
                print(f"{n_in_flight:9} {way:<11} not run: {one['failed']}")
    for way, one in first.items():
        if "versions" in one:
            print(f"{way}: {', '.join(f'{name} {v}' for name, v in one['versions'].items())}")


def main() -> None:
    """Read the command line, run all ways and print the ratios."""
    if sys.argv[1:2] == ["--serve"]:
        return serve()
    if sys.argv[1:2] == ["--child"]:
        way, url, n_in_flight, n_calls, folder = sys.argv[2:]
        return child(way, url, int(n_in_flight), int(n_calls), Path(folder))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", type=Path, help="folder with environments of the peers")
    parser.add_argument("--concurrency", type=int, nargs="+", default=list(CALLS))
    parser.add_argument("--calls", type=int, help="calls of a run; 1,000 to 2,000 by default")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="print one object")
    asked = parser.parse_args()
    pythons = {"retort": Path(sys.executable), "bare": Path(sys.executable)}
    if asked.peers:
        pythons |= {peer: asked.peers.absolute() / peer / "bin" / "python" for peer in PEERS}
    found = measure(pythons, asked.concurrency, asked.runs, asked.calls)
    if not asked.json:
        return show(found, asked.runs)
    ratios = {n: {way: ratio(ways, way) for way in ways} for n, ways in found.items()}
    told: dict[str, Any] = {"cores": os.cpu_count(), "runs": asked.runs, "latency": LATENCY}
    each = {n: {way: turns(ways, way) for way in ways} for n, ways in found.items()}
    told |= {"in_flight": found, "ratio_to_bare": ratios, "ratio_in_turns": each}
    print(json.dumps(told, indent=2))


if __name__ == "__main__":
    main()
