"""A page can neither reach out, nor crash, nor hang, nor speak."""

import http.server
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from curate.collect.html import read
from schemas.rows import Document, Failure

PARAGRAPH = (
    "<p>Lattices scatter light in winter, and the estuary keeps the heat of a long summer.</p>"
)
ARTICLE = "<h1>On rivers</h1>" + PARAGRAPH * 6
SHOWN = "Lattices scatter light in winter"


def found_in(data: str | bytes) -> Document | Failure:
    (found,) = read(data.encode() if isinstance(data, str) else data, "file:x.html")
    return found


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """A server on this machine, and the paths that it was asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}", asked
        listening.shutdown()
        thread.join()


def test_nothing_that_a_page_names_is_fetched(server: tuple[str, list[str]]) -> None:
    address, asked = server
    found = found_in(
        f'<?xml version="1.0"?><!DOCTYPE html SYSTEM "{address}/dtd" ['
        f'<!ENTITY x SYSTEM "{address}/x">]>'
        f'<html><head><base href="{address}/"><link rel="stylesheet" href="{address}/style.css">'
        f'<link rel="canonical" href="{address}/page">'
        f'<meta http-equiv="refresh" content="0;url={address}/r">'
        f'<script src="{address}/code.js"></script></head><body background="{address}/b.png">'
        f'<iframe src="{address}/frame">&x;</iframe><object data="{address}/object"></object>'
        f'<embed src="{address}/embed"><img src="{address}/img.png">'
        f'<video src="{address}/v"></video>'
        f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{address}/include"/>'
        f"{ARTICLE}</body></html>"
    )

    assert isinstance(found, Document) and SHOWN in found.text
    assert asked == []


def test_no_socket_is_opened_at_import_or_run() -> None:
    code = (
        "import socket, sys\n"
        "def refuse(*a, **k): raise SystemExit('a socket was opened')\n"
        "socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse\n"
        "from curate.collect.html import read\n"
        "print(len(list(read(sys.stdin.buffer.read(), 'x'))))\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        input=f"<html lang=en><body>{ARTICLE}</body></html>".encode(),
        capture_output=True,
        check=True,
    )

    assert (done.stdout.strip(), done.stderr) == (b"1", b"")


def test_entities_are_not_expanded() -> None:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    found = found_in(
        f'<?xml version="1.0"?><!DOCTYPE html [<!ENTITY e0 "boom">{levels}'
        f'<!ENTITY file SYSTEM "file:///etc/passwd">]>'
        f"<html><body>{ARTICLE}<p>&e11; &file;</p></body></html>"
    )

    assert isinstance(found, Document)
    assert "boom" not in found.text and "root:" not in found.text and "ENTITY" not in found.text


@pytest.mark.parametrize("n", [200, 10_000])
def test_deeply_nested_elements_lose_no_text(n: int) -> None:
    found = found_in(f"<html><body>{'<div>' * n}{ARTICLE}{'</div>' * n}</body></html>")

    assert isinstance(found, Document) and found.text.count(SHOWN) == 6


@pytest.mark.parametrize(
    "body",
    [
        "<p>" + "one long line of words " * 220_000,
        "<p>x" * 60_000,
        "<script></script>a " * 60_000,
        "<p>" + "\\(" * 300_000 + "\\)",
        "<table>" + "<tr><th>a</th><td rowspan=9999 colspan=9999>b</td></tr>" * 1000,
        "<ol class=references><li>" + "DOI " * 100_000,
    ],
    ids=["5 MB line", "paragraphs", "scripts", "delimiters", "spans", "reference"],
)
def test_size_takes_seconds_and_loses_nothing(body: str) -> None:
    began = time.monotonic()
    found = found_in(f"<html><body>{ARTICLE}{body}</body></html>")

    assert isinstance(found, Document) and SHOWN in found.text
    assert time.monotonic() - began < 30


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (
            b"<html><head><title>App</title><script>run()</script></head><body></body></html>",
            "no-text",
        ),
        (b"<html><body><div hidden>Secret</div><style>p{}</style></body></html>", "no-text"),
        (b"<html><body>... --- !!!</body></html>", "no-text"),
        (b"\0" * 500, "unreadable"),
        (b"%PDF-1.7 \xe2\xe3\xcf\xd3", "unreadable"),
        (b"only words, not one tag", "unreadable"),
        (b"<" * 100_000, "unreadable"),
        (b'<?xml version="1.0"?><article><body><p>JATS</p></body></article>', "unreadable"),
        (
            b'<!DOCTYPE article PUBLIC "-//NLM//DTD JATS//EN" "j"><article><p>x</p></article>',
            "unreadable",
        ),
    ],
)
def test_what_is_no_page_is_a_failure_with_its_reason(data: bytes, reason: str) -> None:
    found = found_in(data)

    assert isinstance(found, Failure)
    assert (found.what, found.reason) == ("file:x.html", reason)


def test_xhtml_with_a_declaration_is_a_page() -> None:
    found = found_in(
        '<?xml version="1.0" encoding="utf-8"?>'
        '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0//EN" "x">'
        f'<html xmlns="http://www.w3.org/1999/xhtml"><body>{ARTICLE}</body></html>'
    )

    assert isinstance(found, Document) and SHOWN in found.text


def test_the_libraries_are_silent(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        for data in (
            b"<html><body><p>",
            b"<p>a",
            f"<html>{ARTICLE}".encode(),
            b"<div>\xff\xfe</div>",
        ):
            list(read(data, "x"))

    assert caplog.records == []
    assert capfd.readouterr() == ("", "")
