"""HTTP/1.1 on one connection, read and written by h11: requests in, replies out, one after another.

What is no HTTP, or too large, is answered with a status of 400 to 499 where the client still
listens, and ends the connection.
"""

import asyncio
import contextlib
import traceback
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import h11

from curate.synthesize.fake.replies import Reply, error

LARGEST = 32 * 1024 * 1024
"""Bytes of a body; a larger one is read past and answered with 413."""
LARGEST_READ = 8 * LARGEST
"""Bytes of a body after which the connection is closed, whatever else comes."""
LARGEST_HEAD = 64 * 1024
"""Bytes of a request line and its headers."""
CHUNK = 256 * 1024
LINGER_SECONDS = 2
"""How long a client that was refused may go on sending."""


class Request(NamedTuple):
    """A request that was read whole."""

    method: str
    path: str
    """Without the query."""
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes
    too_large: bool
    """Whether the body was larger than LARGEST; it is empty then."""


Handler = Callable[[Request], Awaitable[Reply]]


async def converse(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handler: Handler
) -> None:
    """Answer the requests of a connection until either side ends it, then close it."""
    talk = h11.Connection(h11.SERVER, max_incomplete_event_size=LARGEST_HEAD)
    try:
        while (request := await _received(talk, reader, writer)) is not None:
            reply = await _reply(handler, request)
            if request.method == "HEAD":
                reply.body = b""
            await _send(talk, reader, writer, reply)
            if reply.cut or talk.our_state is not h11.DONE or talk.their_state is not h11.DONE:
                break
            talk.start_next_cycle()
    except h11.RemoteProtocolError as wrong:
        if talk.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            refusal = error(wrong.error_status_hint, f"This is no HTTP request: {wrong}.")
            with contextlib.suppress(ConnectionError, TimeoutError):
                await _send(talk, reader, writer, refusal)
                await _outlast(reader, writer)
    except ConnectionError:
        pass  # the client is gone, which is its right
    finally:
        writer.close()


async def _reply(handler: Handler, request: Request) -> Reply:
    try:
        return await handler(request)
    except Exception as defect:  # a client of a server that breaks sees a status, not a silence
        traceback.print_exception(defect)
        return error(500, f"The fake server is broken: {defect!r}.", "server_error", "defect")


async def _received(
    talk: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> Request | None:
    """The next request, or None where the client has no more."""
    head: h11.Request | None = None
    body, n_bytes = bytearray(), 0
    while True:
        event = talk.next_event()
        if event is h11.NEED_DATA:
            if talk.they_are_waiting_for_100_continue:
                _write(talk, writer, h11.InformationalResponse(status_code=100, headers=[]))
            talk.receive_data(await reader.read(CHUNK))
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            n_bytes += len(event.data)
            if n_bytes > LARGEST_READ:
                return None
            if n_bytes <= LARGEST:
                body += event.data
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            return Request(
                head.method.decode("ascii"),
                head.target.decode("latin-1").partition("?")[0],
                {name.decode("ascii"): value.decode("latin-1") for name, value in head.headers},
                bytes(body) if n_bytes <= LARGEST else b"",
                n_bytes > LARGEST,
            )
        else:
            return None


async def _send(
    talk: h11.Connection,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    reply: Reply,
) -> None:
    """Write a reply. It is counted first, so that no client sees an answer before its count."""
    if reply.done is not None:
        gone = reader.at_eof() or writer.is_closing()
        reply.done(not gone and not reply.cut)
    headers = [
        ("content-type", reply.content_type),
        ("content-length", str(len(reply.body))),
        *reply.headers.items(),
    ]
    head = talk.send(h11.Response(status_code=reply.status, headers=headers)) or b""
    if reply.cut:
        writer.write(head + reply.body[: len(reply.body) // 2])
        return
    body = talk.send(h11.Data(data=reply.body)) or b""
    end = talk.send(h11.EndOfMessage()) or b""
    writer.write(head + body + end)
    await writer.drain()


async def _outlast(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read past what a refused client still sends: closing before that loses the refusal."""
    writer.write_eof()
    async with asyncio.timeout(LINGER_SECONDS):
        while await reader.read(CHUNK):
            pass


def _write(
    talk: h11.Connection, writer: asyncio.StreamWriter, event: h11.InformationalResponse
) -> None:
    writer.write(talk.send(event) or b"")
