"""Start the fake teacher: `retort serve-fake` on the command line, `serving(settings)` in a test.

with serving(FakeSettings(faults={"server_error": 0.1})) as fake:
    client = openai.AsyncOpenAI(base_url=fake.url, api_key="any")
    ...
    assert fake.stats()["answered_again"] == 0
"""

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from curate.synthesize.fake.chat import Teacher
from curate.synthesize.fake.routes import handler
from curate.synthesize.fake.settings import FakeSettings
from curate.synthesize.fake.wire import Handler, converse
from schemas.errors import RecipeError

HOST = "127.0.0.1"
"""Nobody but this machine is served by default."""
STOPPING = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class Serving:
    """A server that runs in a thread of its own."""

    url: str
    """Base URL for clients, as `http://127.0.0.1:8000/v1`."""
    teacher: Teacher
    """Its memory. It belongs to the other thread: read it, leave it alone."""

    def stats(self) -> dict[str, Any]:
        """What it has seen; also after it was stopped."""
        return self.teacher.counts.as_json()

    def outage(self, on: bool) -> None:
        """Let every request to the model fail, or no longer."""
        self.teacher.down = on


@dataclass(slots=True)
class _Stop:
    """A switch that other threads may turn."""

    event: asyncio.Event = field(default_factory=asyncio.Event)
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)

    def __call__(self) -> None:
        self.loop.call_soon_threadsafe(self.event.set)


async def serve(
    settings: FakeSettings,
    host: str = HOST,
    port: int = 0,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve until the process gets SIGINT or SIGTERM, or the task is cancelled.

    Args:
        settings: what is answered.
        host: address to listen on.
        port: 0 takes a free one.
        ready: called with the base URL once connections are accepted.

    Raises:
        RecipeError: the address cannot be listened on, or the key's variable is not set.
    """
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for one in STOPPING:
        loop.add_signal_handler(one, stop.set)
    try:
        await _serve(Teacher(settings), host, port, ready or (lambda _: None), stop)
    finally:
        for one in STOPPING:
            loop.remove_signal_handler(one)


@contextmanager
def serving(settings: FakeSettings | None = None, host: str = HOST) -> Iterator[Serving]:
    """Serve in a thread of its own, on a free port, while the block runs.

    Args:
        settings: what is answered; the defaults where nothing is given.
        host: address to listen on.

    Raises:
        RecipeError: the address cannot be listened on, or the key's variable is not set.
    """
    teacher = Teacher(settings or FakeSettings())
    begun: Future[tuple[str, _Stop]] = Future()

    async def main() -> None:
        stop = _Stop()
        await _serve(teacher, host, 0, lambda url: begun.set_result((url, stop)), stop.event)

    def work() -> None:
        try:
            asyncio.run(main())
        except BaseException as failure:
            if begun.done():
                raise
            begun.set_exception(failure)

    thread = threading.Thread(target=work, name="fake teacher", daemon=True)
    thread.start()
    try:
        url, stop = begun.result()
    except BaseException:
        thread.join()
        raise
    try:
        yield Serving(url, teacher)
    finally:
        stop()
        thread.join()


async def _serve(
    teacher: Teacher, host: str, port: int, ready: Callable[[str], None], stop: asyncio.Event
) -> None:
    """Listen until told to stop; then end every connection."""
    handle = handler(teacher, _key(teacher.settings))
    talking: set[asyncio.Task[None]] = set()
    server = await _listening(handle, talking, host, port)
    try:
        address, found = server.sockets[0].getsockname()[:2]
        ready(f"http://{f'[{address}]' if ':' in address else address}:{found}/v1")
        await stop.wait()
    finally:
        server.close()
        for task in talking:
            task.cancel()
        await asyncio.gather(*talking, return_exceptions=True)
        await server.wait_closed()
        await asyncio.sleep(0)  # the transports' own last step


async def _listening(
    handle: Handler, talking: set[asyncio.Task[None]], host: str, port: int
) -> asyncio.Server:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (task := asyncio.current_task()) is not None:
            talking.add(task)
            task.add_done_callback(talking.discard)
        try:
            await converse(reader, writer, handle)
        except asyncio.CancelledError:
            writer.transport.abort()  # the server stops

    try:
        return await asyncio.start_server(connected, host, port, backlog=1024)
    except (OSError, OverflowError) as error:
        raise RecipeError(
            f"--host {host} --port {port}: cannot be listened on ({error}). Take another."
        ) from error


def _key(settings: FakeSettings) -> str | None:
    """The key that clients must send."""
    if settings.key_env is None:
        return None
    key = os.environ.get(settings.key_env)
    if not key:
        raise RecipeError(f"key_env: {settings.key_env} is not set. Set it to the key to expect.")
    return key
