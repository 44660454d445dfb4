"""One thread's requests session to one origin, with a connection that a :class:`Pace` can end.

What requests does by itself is taken away: redirects, cookies, proxies, logins and CA files from
the environment, every verb but GET, every origin but the one that the token belongs to.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from mirrord.source.pace import Pace


def reading_session(origin: str, headers: Mapping[str, str], pace: Pace) -> requests.Session:
    """A session that can GET from ``origin`` (``scheme://host:port``) and do nothing else."""
    session = _Session()
    session.trust_env = False
    session.cookies = RequestsCookieJar(policy=DefaultCookiePolicy(allowed_domains=()))
    session.headers.clear()
    session.headers.update(headers)
    session.adapters.clear()
    session.mount(origin + "/", _Gate(origin, pace))
    return session


class _Session(requests.Session):
    """A redirect is an answer like any other; even unfollowed, requests would read it whole."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002
        return None


class _Gate(HTTPAdapter):
    """The last step before the socket."""

    def __init__(self, origin: str, pace: Pace) -> None:
        self._origin, self._pace = origin, pace
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {
            "http": partial(_pool, HTTPConnectionPool, _Plain, self._pace),
            "https": partial(_pool, HTTPSConnectionPool, _Tls, self._pace),
        }

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method != "GET":
            raise ValueError(f"{request.method} is no verb that reads")
        if not (request.url or "").startswith(self._origin + "/"):
            raise ValueError("the token belongs to one origin only")
        return super().send(request, *args, **kwargs)


class _Plain(HTTPConnection):
    pace: Pace

    def _new_conn(self) -> Any:
        return self.pace.hold(super()._new_conn())

    def close(self) -> None:
        super().close()
        self.pace.let_go()


class _Tls(HTTPSConnection):
    pace: Pace

    def _new_conn(self) -> Any:
        return self.pace.hold(super()._new_conn())

    def close(self) -> None:
        super().close()
        self.pace.let_go()


def _pool(
    kind: type[HTTPConnectionPool],
    connection: type[_Plain | _Tls],
    pace: Pace,
    *args: Any,
    **options: Any,
) -> HTTPConnectionPool:
    def connect(**known: Any) -> _Plain | _Tls:
        new = connection(**known)
        new.pace = pace
        return new

    pool = kind(*args, **options)
    pool.ConnectionCls = connect  # type: ignore[assignment]
    return pool
