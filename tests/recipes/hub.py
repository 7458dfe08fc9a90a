"""A model hub on loopback: as much of its interface as downloading a snapshot needs."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class _Hub(BaseHTTPRequestHandler):
    """One public model, `lab/small`, with one revision, `main`."""

    folder: Path
    asked: list[str]

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        """Metadata of a file."""
        self._answer(with_body=False)

    def do_GET(self) -> None:
        """A file, or what there is."""
        self._answer(with_body=True)

    def _answer(self, with_body: bool) -> None:
        self.asked.append(f"{self.command} {self.path}")
        path = self.path.partition("?")[0]
        names = sorted(one.name for one in self.folder.iterdir())
        if path.startswith("/api/models/lab/small/revision/"):
            siblings = [{"rfilename": name} for name in names]
            self._send(
                json.dumps({"id": "lab/small", "sha": COMMIT, "siblings": siblings}).encode()
            )
        elif path.startswith("/api/models/lab/small/tree/"):
            tree = [
                {
                    "type": "file",
                    "path": name,
                    "size": (self.folder / name).stat().st_size,
                    "oid": name,
                }
                for name in names
            ]
            self._send(json.dumps(tree).encode())
        elif path.startswith("/lab/small/resolve/") and path.rpartition("/")[2] in names:
            body = (self.folder / path.rpartition("/")[2]).read_bytes()
            self._send(body, hashlib.sha1(body).hexdigest(), with_body)
        else:
            self.send_response(404)
            self.send_header("X-Error-Code", "RepoNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()

    def _send(self, body: bytes, etag: str = "", with_body: bool = True) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Repo-Commit", COMMIT)
        if etag:
            self.send_header("ETag", f'"{etag}"')
        self.end_headers()
        if with_body:
            self.wfile.write(body)


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """(address of a hub that has the folder's files, what it was asked)."""
    asked: list[str] = []
    handler = type("Hub", (_Hub,), {"folder": folder, "asked": asked})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
