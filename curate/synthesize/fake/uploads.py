"""Files of the fake server: those uploaded for a batch, and those that batches leave behind.

https://platform.openai.com/docs/api-reference/files. Held in memory, gone with the server.
"""

import re
from dataclasses import dataclass
from typing import Any

from curate.synthesize.fake.replies import Reply, error

_BOUNDARY = re.compile(r'multipart/form-data\s*;.*?boundary="?([^";,\s]+)"?', re.IGNORECASE)
_NAME = re.compile(rb'[;\s]name="([^"]*)"')
_FILENAME = re.compile(rb'[;\s]filename="([^"]*)"')


@dataclass(frozen=True, slots=True)
class File:
    """A file, as the API tells of it."""

    id: str
    name: str
    purpose: str
    content: bytes
    created: int

    def as_json(self) -> dict[str, Any]:
        """What the API says of it."""
        return {
            "id": self.id,
            "object": "file",
            "bytes": len(self.content),
            "created_at": self.created,
            "filename": self.name,
            "purpose": self.purpose,
            "status": "processed",
        }


def uploaded(content_type: str, body: bytes) -> tuple[str, bytes] | Reply:
    """Name and content of the file in a form, or what is wrong with the form."""
    boundary = _BOUNDARY.match(content_type)
    if boundary is None:
        return error(400, f"Content-Type has to be multipart/form-data (got {content_type!r}).")
    fields: dict[str, tuple[str, bytes]] = {}
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary[1].encode())[1:-1]:
        head, blank, content = part.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if blank and name:
            file = _FILENAME.search(head)
            fields[name[1].decode("utf-8", "replace")] = (
                file[1].decode("utf-8", "replace") if file else "",
                content,
            )
    if "file" not in fields:
        return error(400, "'file' is a required property", param="file")
    if fields.get("purpose", ("", b""))[1] != b"batch":
        return error(400, "This server keeps files of purpose 'batch' only.", param="purpose")
    return fields["file"]
