"""Why there was no proper answer: what the libraries raise, told in our own errors and words.

The words must never carry a credential, a body, or more than one printable line.
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import requests
import urllib3

from mirrord.errors import AnswerBroken, MirrordError, StoreUnreachable
from mirrord.source.pace import Pace
from mirrord.source.words import plain


@contextmanager
def translated(where: str, pace: Pace) -> Iterator[None]:
    """Raises StoreUnreachable or AnswerBroken for what the libraries raise inside."""
    try:
        yield
    except MirrordError:
        raise
    except (requests.exceptions.InvalidHeader, urllib3.exceptions.InvalidHeader) as error:
        raise AnswerBroken(f"{where} sent an answer that is no proper HTTP") from error
    except (
        requests.RequestException,
        urllib3.exceptions.HTTPError,
        http.client.HTTPException,
        OSError,
    ) as error:
        if pace.overran:
            raise StoreUnreachable(f"{where} answers too slowly; given up") from error
        raise StoreUnreachable(f"{where}: {_reason(error)}") from error
    except (ValueError, LookupError, TypeError) as error:
        # a header or a login challenge that the libraries can not make sense of
        raise AnswerBroken(f"{where} sent an answer that is no proper HTTP") from error


def _reason(error: BaseException) -> str:
    """Why there was no answer, in words."""
    causes = list(_causes(error))
    for kind, words in _REASONS:
        for cause in causes:
            if isinstance(cause, kind):
                return words(cause)
    return f"no proper answer ({type(causes[-1]).__name__})"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all that it stands for; the libraries hide them in causes and arguments."""
    todo: list[object] = [error]
    seen: set[int] = set()
    while todo:
        one = todo.pop(0)
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        todo += [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]


def _certificate(error: BaseException) -> str:
    why = getattr(error, "verify_message", "") or "not trusted"
    return f"its TLS certificate is refused ({plain(why)}); check the URL, or the CA file"


_REASONS: tuple[tuple[type[BaseException], Callable[[BaseException], str]], ...] = (
    (ssl.SSLCertVerificationError, _certificate),
    (
        urllib3.exceptions.NameResolutionError,
        lambda _: "the name can not be resolved; check the URL",
    ),
    (ssl.SSLError, lambda _: "no TLS connection could be made; check the URL"),
    (ConnectionRefusedError, lambda _: "connection refused; check the URL and the network"),
    # urllib3 takes it for a kind of time-out
    (
        urllib3.exceptions.NewConnectionError,
        lambda _: "no connection could be made; check the URL and the network",
    ),
    (urllib3.exceptions.DecodeError, lambda _: "the compressed answer is damaged"),
    (TimeoutError, lambda _: "no answer in time"),
    (urllib3.exceptions.TimeoutError, lambda _: "no answer in time"),
    (http.client.IncompleteRead, lambda _: "the answer broke off"),
    (urllib3.exceptions.IncompleteRead, lambda _: "the answer broke off"),
    (ConnectionError, lambda _: "the connection broke off"),
    (OSError, lambda error: plain(getattr(error, "strerror", "") or type(error).__name__)),
)
