"""The sample store's faults, each on command and each counted.

A fault takes the path and the true answer and gives what goes out instead. A rule says for which
paths, after how many good answers, and how often. Only what a test ordered ever goes wrong here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from threading import Lock
from typing import Any

from mirrord.demo.answer import Answer, Refusal, refusal_answer

Fault = Callable[[str, Answer], Answer]


@dataclass(slots=True)
class Rule:
    """One ordered fault.

    ``path`` is a shell pattern on ``/v3/...``, ``/v2/...`` or ``/dav/...``. The first ``skip``
    matching answers stay good, the next ``times`` ones are spoilt (None: all). ``fired`` counts
    those: a planted fault that never fired proves nothing.
    """

    path: str
    fault: Fault
    times: int | None
    skip: int
    seen: int = 0
    fired: int = 0

    def takes(self, path: str) -> bool:
        """Count a matching path, and say whether its answer is to be spoilt."""
        if not fnmatchcase(path, self.path):
            return False
        self.seen += 1
        return self.seen > self.skip and (self.times is None or self.fired < self.times)


@dataclass(slots=True)
class Misbehaviour:
    """All rules in force; the newest one that takes a path spoils its answer."""

    rules: list[Rule] = field(default_factory=list)
    _lock: Any = field(default_factory=Lock)

    def next(self, path: str, fault: Fault, times: int | None = 1, skip: int = 0) -> Rule:
        """Order a fault; the rule that comes back counts how often it fired."""
        rule = Rule(path, fault, times, skip)
        with self._lock:
            self.rules.append(rule)
        return rule

    def stop(self) -> None:
        """Behave well from now on."""
        with self._lock:
            self.rules.clear()

    def rule_for(self, path: str) -> Rule | None:
        """The rule that spoils the answer to this path, already counted as fired."""
        with self._lock:
            taking = [rule for rule in self.rules if rule.takes(path)]
            if not taking:
                return None
            taking[-1].fired += 1
            return taking[-1]


def busy(retry_after: int | None = None) -> Fault:
    """429; with ``X-Retry-After`` in seconds, or without any header as a platform under load."""
    headers = () if retry_after is None else (("X-Retry-After", str(retry_after)),)
    refusal = Refusal(429, "You have made too many requests to the store.")
    return lambda path, _answer: refusal_answer(path, refusal, headers)


def fails(status: int = 503) -> Fault:
    """The given status with an error in BigCommerce's shape: 401, 403, 404, 500, 503, ..."""
    return lambda path, _answer: refusal_answer(path, Refusal(status, f"Planted error {status}"))


def html(status: int = 200) -> Fault:
    """A web page where JSON or a file was asked for."""
    page = b"<!DOCTYPE html><html><body><h1>Down for Maintenance</h1></body></html>"
    return lambda _path, _answer: Answer(status, page, (("Content-Type", "text/html"),))


def cut(share: float = 0.5) -> Fault:
    """The connection breaks after this share of the body; the length header told of all."""
    return lambda _path, answer: replace(answer, cut_at=int(len(answer.body) * share))


def slow(seconds: float) -> Fault:
    """So many seconds of silence before the answer; the store's stop ends them."""
    return lambda _path, answer: replace(answer, delay=seconds)


def meanwhile(change: Callable[[], object]) -> Fault:
    """The true answer, and right after it was made the shop changes: rows shift between pages."""

    def fault(_path: str, answer: Answer) -> Answer:
        change()
        return answer

    return fault


def wrong_total(by: int) -> Fault:
    """The store's own count is off: ``meta.pagination.total`` or a ``count`` answer."""

    def spoil(content: Any) -> Any:
        counter, key = content, "count"
        if "meta" in content:
            counter, key = content["meta"]["pagination"], "total"
        counter[key] += by
        return content

    return rewritten(spoil)


def duplicate_row() -> Fault:
    """The page's first row comes again in place of its last one."""

    def spoil(content: Any) -> Any:
        rows = content if isinstance(content, list) else content["data"]
        rows[-1] = rows[0]
        return content

    return rewritten(spoil)


def rewritten(spoil: Callable[[Any], Any]) -> Fault:
    """The JSON of the true answer, changed."""

    def fault(_path: str, answer: Answer) -> Answer:
        content = spoil(json.loads(answer.body))
        return replace(answer, body=json.dumps(content, ensure_ascii=False).encode())

    return fault
