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
    seconds of silence before the first byte. ``more``: whether the list goes on after this page.
    """

    status: int
    body: bytes = b""
    headers: Headers = ()
    cut_at: int | None = None
    delay: float = 0.0
    more: bool = False


class Refusal(Exception):
    """The request can not be answered as asked; turned into an answer where it is caught."""

    def __init__(self, status: int, title: str) -> None:
        super().__init__(title)
        self.status = status
        self.title = title


class Ready(bytes):
    """A row that is written already, as UTF-8 JSON."""


def json_answer(content: Any, status: int = 200, headers: Headers = ()) -> Answer:
    """The content as JSON; an empty V2 list is a 204 without body, see :func:`list_answer`."""
    return _written(_json(content), status, headers)


def list_answer(rows: list[Any], *, more: bool = False) -> Answer:
    """A V2 list: bare, and without rows a 204."""
    return _written(_list(rows), more=more) if rows else Answer(204)


def data_answer(rows: list[Any], meta: Any, *, more: bool = False) -> Answer:
    """A V3 list: its rows as ``data``, and ``meta``."""
    return _written(b'{"data":%b,"meta":%b}' % (_list(rows), _json(meta)), more=more)


def _written(
    body: bytes, status: int = 200, headers: Headers = (), *, more: bool = False
) -> Answer:
    return Answer(status, body, (("Content-Type", "application/json"), *headers), more=more)


def _list(rows: list[Any]) -> bytes:
    return b"[%b]" % b",".join(row if isinstance(row, Ready) else _json(row) for row in rows)


def _json(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


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
