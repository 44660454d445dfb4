"""A requests session to one origin that can only read, on connections that a Pace can end.

What requests does by itself is taken away: redirects, cookies, proxies, logins and CA files from
the environment, every verb that is not named, every origin but the one that the credentials belong
to. One POST that changes nothing in the shop may be let through, word for word.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from mirrord.source.connection import PlainConnection, TlsConnection
from mirrord.source.pace import Pace


@dataclass(frozen=True, slots=True)
class Post:
    """The one POST that may leave: to paths of this form, without a query, with this very body."""

    path: re.Pattern[str]
    body: bytes

    def allows(self, request: requests.PreparedRequest, origin: str) -> bool:
        """Whether it is this one."""
        path = (request.url or "").removeprefix(origin)
        is_it = request.method == "POST" and request.body == self.body
        return is_it and self.path.fullmatch(path) is not None


class Gate(HTTPAdapter):
    """The last step before the socket: every request passes here, Digest's second one too.

    ``origin`` as ``scheme://host:port``; ``verbs`` are those that may leave, and ``post`` beside.
    """

    def __init__(
        self, origin: str, verbs: Collection[str], pace: Pace, post: Post | None = None
    ) -> None:
        self.origin = origin
        self._verbs = verbs
        self._post = post
        self._pace = pace
        self._pools: list[HTTPConnectionPool] = []
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Have every connection made known to the pace."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {
            "http": partial(self._pool, HTTPConnectionPool, PlainConnection),
            "https": partial(self._pool, HTTPSConnectionPool, TlsConnection),
        }

    def close(self) -> None:
        """Close the pools too, which urllib3 leaves to the garbage collector."""
        for pool in self._pools:
            pool.close()
        super().close()

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        """Let the request out; ValueError where it may not leave."""
        is_the_post = self._post is not None and self._post.allows(request, self.origin)
        if request.method not in self._verbs and not is_the_post:
            raise ValueError(f"{request.method} is no verb that reads")
        if not (request.url or "").startswith(self.origin + "/"):
            raise ValueError("the credentials belong to one origin only")
        return super().send(request, *args, **kwargs)

    def build_response(self, req: Any, resp: Any) -> requests.Response:
        """As requests does; an answer that it can make nothing of is closed."""
        try:
            return super().build_response(req, resp)
        except BaseException:
            resp.close()
            raise

    def _pool(
        self,
        kind: type[HTTPConnectionPool],
        connection: type[PlainConnection | TlsConnection],
        *args: Any,
        **options: Any,
    ) -> HTTPConnectionPool:
        pace = self._pace

        def connect(**known: Any) -> PlainConnection | TlsConnection:
            new = connection(**known)
            new.pace = pace
            return new

        pool = kind(*args, **options)
        pool.ConnectionCls = connect  # type: ignore[assignment]
        self._pools.append(pool)
        return pool


class ReadingSession(requests.Session):
    """A session that knows one gate. A redirect is an answer like any other."""

    def __init__(self, gate: Gate, headers: Mapping[str, str]) -> None:
        super().__init__()
        self.trust_env = False
        self.max_redirects = 0
        self.cookies = RequestsCookieJar(policy=DefaultCookiePolicy(allowed_domains=()))
        self.headers.clear()
        self.headers.update(headers)
        self.adapters.clear()
        self.mount(gate.origin + "/", gate)

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002
        """None: even unfollowed, requests would read the answer whole."""
        return None
