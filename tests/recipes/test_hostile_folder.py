"""A folder of hostile files costs each of them its own failure, and nothing else.

Readers have tests of their own for their forms; here the whole command meets all of it at once.
"""

import gzip
import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

Retort = Callable[..., Any]
SECRET = "the words of a file outside"
BODY = "<article><front/><body><sec><title>A</title><p>{words}</p></sec></body></article>"


@pytest.fixture
def requests() -> Iterator[tuple[str, list[str]]]:
    """A server's address, and the paths that were asked of it."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def entities(*declared: str) -> str:
    return f'<?xml version="1.0"?><!DOCTYPE article [{"".join(declared)}]>'


def put_xml(folder: Path, secret: Path, address: str) -> None:
    steps = [f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10)]
    bomb = entities('<!ENTITY e0 "boom ">', *steps) + BODY.format(words="quiet &e9;")
    (folder / "bomb.xml").write_text(bomb)
    outside = entities(
        f'<!ENTITY a SYSTEM "file://{secret}">',
        f'<!ENTITY b SYSTEM "{address}/entity">',
        f'<!ENTITY % c SYSTEM "{address}/parameter"> %c;',
    )
    (folder / "outside.xml").write_text(outside + BODY.format(words="plain &a; &b; words"))
    remote = f'<!DOCTYPE article SYSTEM "{address}/dtd">' + BODY.format(words="words of the body")
    (folder / "remote.xml").write_text(remote)
    (folder / "deep.xml").write_text("<article>" + "<sec>" * 10_000 + "</sec>" * 10_000)
    with (folder / "packed.xml.gz").open("wb") as file:
        member = gzip.compress(bytes(64 << 20))
        for _ in range(12):
            file.write(member)
    page = f'<html><head><link rel="stylesheet" href="{address}/css"><base href="{address}/">'
    frame = f'<iframe src="{address}/frame"></iframe><img src="{address}/img">'
    words = "<p>The lattice absorbs heat at night, and gives it back by day.</p>" * 8
    (folder / "page.html").write_text(f"{page}</head><body>{frame}{words}</body></html>")


def put_tables(folder: Path) -> None:
    (folder / "wide.csv").write_text(",".join(f"c{n}" for n in range(1_000_000)) + "\n1\n")
    with (folder / "line.jsonl").open("wb") as file:
        file.write(b'{"text": "before it"}\n{"text": "')
        for _ in range(200):
            file.write(b"x" * (1 << 20))
        file.write(b'"}\n{"text": "behind it"}\n')
    table = pa.table({"text": [f"some words {number}" for number in range(5_000)]})
    pq.write_table(table, folder / "lying.parquet", use_dictionary=False, compression="none")
    data = bytearray((folder / "lying.parquet").read_bytes())
    data[200:4000] = b"\xff" * 3800
    (folder / "lying.parquet").write_bytes(bytes(data))


def test_hostile_files_cost_nothing_but_themselves(
    tmp_path: Path, retort: Retort, requests: tuple[str, list[str]]
) -> None:
    address, asked = requests
    folder = tmp_path / "papers"
    folder.mkdir()
    secret = tmp_path / "secret.txt"
    secret.write_text(SECRET)
    put_xml(folder, secret, address)
    put_tables(folder)
    (folder / "empty.pdf").write_bytes(b"")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\n")
    (folder / "mixed.md").write_bytes("# Ä\n\nnaïve ".encode() + b"caf\xe9 \xff\xfe words\n")
    (folder / "loop").symlink_to(folder)
    (folder / "link.txt").symlink_to(secret)
    (folder / "good.txt").write_text("Words that are as they should be.")
    began = time.monotonic()

    done = retort("collect", "papers", "-o", "docs.parquet", "--json", cwd=tmp_path, timeout=120)

    assert done.status == 0, done.err
    assert time.monotonic() - began < 60
    told = done.json
    assert told["requested"] == told["ok"] + told["failed"] + told["skipped"]
    reasons = {one["path"].removeprefix("file:"): one["reason"] for one in told["failures"]}
    assert reasons.pop("bomb.xml", "unreadable") == "unreadable"
    assert reasons.pop("lying.parquet", "unreadable") == "unreadable"
    assert reasons == {
        "broken.pdf": "unreadable",
        "deep.xml": "unreadable",
        "empty.pdf": "empty",
        "line.jsonl:2": "too-large",
        "link.txt": "link-out-of-folder",
        "packed.xml.gz": "too-large",
        "wide.csv": "too-large",
    }
    rows = pq.read_table(tmp_path / "docs.parquet").to_pylist()
    by_name = {row["source"].removeprefix("file:"): row["text"] for row in rows}
    assert {"good.txt", "line.jsonl#1", "line.jsonl#3", "mixed.md", "page.html"} <= set(by_name)
    assert "words of the body" in by_name["remote.xml"]
    assert all(len(text) < 10_000 for text in by_name.values())
    assert SECRET not in json.dumps(rows)
    assert asked == []
