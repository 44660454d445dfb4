"""One answer of the sample store, and the shapes of its refusals.

Shapes of errors after the V2 and V3 specifications: V2 gives a list of messages, V3 one object,
401 is plain text. This room must never know a route.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

Headers = tuple[tuple[str, str], ...]
DOCS = "https://developer.bigcommerce.com/api-docs/getting-started/api-status-codes"


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes over the wire.

    ``cut_at``: after how many bytes of the body the connection breaks, None for never. ``delay``:
    seconds of silence before the first byte.
    """

    status: int
    body: bytes = b""
    headers: Headers = ()
    cut_at: int | None = None
    delay: float = 0.0


class Refusal(Exception):
    """The request can not be answered as asked; turned into an answer where it is caught."""

    def __init__(self, status: int, title: str) -> None:
        super().__init__(title)
        self.status = status
        self.title = title


def json_answer(content: Any, status: int = 200, headers: Headers = ()) -> Answer:
    """The content as JSON; an empty V2 list is a 204 without body, see :func:`list_answer`."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(status, body, (("Content-Type", "application/json"), *headers))


def list_answer(rows: list[Any]) -> Answer:
    """A V2 list: bare, and without rows a 204."""
    return json_answer(rows) if rows else Answer(204)


def refusal_answer(path: str, refusal: Refusal, headers: Headers = ()) -> Answer:
    """The refusal in the shape of the path's version; ``path`` as ``/v3/...``."""
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        plain = (("Content-Type", "text/plain"), *headers)
        return Answer(refusal.status, b"Unauthorized", plain)
    if path.startswith("/v2/"):
        content: Any = [{"status": refusal.status, "message": refusal.title}]
        return json_answer(content, refusal.status, headers)
    content = {"status": refusal.status, "title": refusal.title, "type": DOCS}
    if refusal.status == HTTPStatus.UNPROCESSABLE_ENTITY:
        content |= {"errors": {"error": refusal.title}}
    else:
        content |= {"instance": path}
    return json_answer(content, refusal.status, headers)
