"""What an answer of the REST API that is no page of records means, as one of our errors.

One sentence with what, where and the next step; never the token, never more than 200 bytes of
what the store said, never a control character. Pure: this room must never read from a socket.
Source of the meanings: BigCommerce, "API status codes" and "API rate limits".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from mirrord.errors import (
    AnswerBroken,
    ScopeMissing,
    StoreBusy,
    StoreError,
    StoreRefused,
    StoreUnreachable,
)
from mirrord.source.pauses import retry_after
from mirrord.source.words import tame

_MOST_SAID = 200
_LONGEST_WAIT = 3600.0
#: Where errors have their text, in V3 and V2; the last one may be cut off.
_TEXTS = re.compile(r'"(?:title|detail|message|error)"\s*:\s*"((?:[^"\\]|\\.)*)')


@dataclass(frozen=True, slots=True)
class Asked:
    """One request in words: its URL without the query, the scope that it needs, its verb."""

    url: str
    scope: str
    verb: str = "GET"

    def __str__(self) -> str:
        return f"{self.verb} {self.url}"


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers (names in any case) and the decoded body, or the start of an error's."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


class NotFound(StoreError):
    """404: what a companion may be, a dataset never."""


class PageTooLarge(AnswerBroken):
    """An answer of more than is taken in at once: ``size`` in words.

    ``most``: bytes that are known to be too many, or the most that may be.
    """

    transient = False

    def __init__(self, asked: object, size: str, most: int) -> None:
        self.size, self.most = size, most
        super().__init__(
            f"{asked}: an answer of more than {size} came, and was not read on; shorten what "
            "is so long in the shop, or see whether api.url is right"
        )


class QueryRefused(StoreError):
    """400, 413, 422: the store does not take the request as we put it."""


def problem(answer: Answer, asked: Asked, now: float) -> StoreError | None:
    """The error that the answer means; None for a 200 that may hold records, and for 204.

    ``now`` in seconds since 1970, for waits that are named as a date.
    """
    status = answer.status
    if status == 204 or (status == 200 and not _is_page_for_people(answer)):
        return None
    if status == 200:
        return AnswerBroken(f"{asked} answered with a web page instead of JSON; check api.url")
    place = f"{asked} answered {status}{_said(answer.body)}"
    if status == 401:
        return StoreRefused(
            f"the API token is not accepted ({place}); copy it anew, or make a "
            "new read-only token in the control panel under Settings > Store-level API accounts"
        )
    if status == 403:
        return ScopeMissing(
            f"the API token may not read this ({place}); make a token whose account has the scope "
            f"{asked.scope}"
        )
    if status == 404:
        return NotFound(f"{place}; check api.store_hash and api.url")
    if status in (429, 503):
        return StoreBusy(f"{place}; the store asks to come back later", wait(answer.headers, now))
    if status >= 500 or status in (408, 425, 499):
        return StoreUnreachable(f"{place}; the store has trouble of its own, try again later")
    if 300 <= status < 400:
        return StoreError(f"{place}, a redirect, which is never followed; check api.url")
    return QueryRefused(f"{place}; the store does not take this request, please report it")


def wait(headers: Mapping[str, str], now: float) -> float | None:
    """The longest of the waits that the headers name, in seconds; None where they name none."""
    waits = [retry_after(headers.get(name), now) for name in ("X-Retry-After", "Retry-After")]
    reset = retry_after(headers.get("X-Rate-Limit-Time-Reset-Ms"), now)
    waits.append(None if reset is None else reset / 1000)
    named = [seconds for seconds in waits if seconds is not None]
    return min(max(named), _LONGEST_WAIT) if named else None


def _is_page_for_people(answer: Answer) -> bool:
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return kind in ("text/html", "application/xhtml+xml")


def _said(body: bytes) -> str:
    """What the store said, on one line: `` "..."``; nothing for an empty body or a web page.

    Of an error in JSON its texts; see :func:`mirrord.source.words.tame`.
    """
    text = body[:_MOST_SAID].decode("utf-8", "ignore").strip()
    if not text or text.startswith("<"):
        return ""
    told = " ".join(_TEXTS.findall(text)) if text.startswith(("{", "[")) else text
    said = tame(told)[:_MOST_SAID]
    return f' "{said}"' if said else ""
