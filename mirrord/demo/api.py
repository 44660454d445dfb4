"""The sample store's REST API: who may ask, how often, and which route answers.

After BigCommerce's documents: X-Auth-Token, scopes, quota headers on every answer, 401 for an
unknown token, 403 for a missing scope, 404 for an unknown path, 405 for anything but GET and the
theme download's POST.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from mirrord.demo import themes, v2, v3
from mirrord.demo.answer import Answer, Refusal, refusal_answer
from mirrord.demo.lists import LISTS
from mirrord.demo.query import Query
from mirrord.demo.quota import Quota
from mirrord.demo.scopes import ALL_SCOPES, CUSTOMERS, INFORMATION, ORDERS, PRODUCTS
from mirrord.demo.shop import Shop

__all__ = ["ALL_SCOPES", "CUSTOMERS", "INFORMATION", "ORDERS", "PRODUCTS", "Api"]


@dataclass(frozen=True, slots=True)
class Route:
    """A path, ``{}`` for a number in it, the scope it wants (none: any token), what answers."""

    path: str
    scope: str
    answer: Callable[..., Answer]

    def pattern(self) -> re.Pattern[str]:
        """What the paths of this route look like."""
        return re.compile(self.path.replace("{}", r"(\d+)"))


ROUTES = (
    Route("/v3/catalog/products", PRODUCTS, v3.products),
    Route("/v3/catalog/products/{}", PRODUCTS, v3.product),
    Route("/v3/catalog/products/{}/options", PRODUCTS, v3.options),
    Route("/v3/catalog/products/{}/modifiers", PRODUCTS, v3.modifiers),
    Route("/v3/catalog/variants", PRODUCTS, v3.variants),
    Route("/v3/catalog/summary", PRODUCTS, v3.summary),
    Route("/v3/customers", CUSTOMERS, v3.customers),
    Route("/v2/customers/count", CUSTOMERS, v2.customers_count),
    Route("/v2/orders", ORDERS, v2.orders),
    Route("/v2/orders/count", ORDERS, v2.count),
    Route("/v2/orders/{}", ORDERS, v2.order),
    Route("/v2/time", INFORMATION, v2.clock),
    *(Route(one.path, one.scope, one.answer) for one in LISTS),
)
PATTERNS = tuple((route.pattern(), route) for route in ROUTES)


class Api:
    """Answers requests for one shop.

    ``tokens`` gives each token its scopes; tests take tokens or scopes away while it runs.
    """

    def __init__(self, shop: Shop, tokens: dict[str, frozenset[str]], quota: Quota) -> None:
        self._shop = shop
        self._tokens = tokens
        self._quota = quota

    def answer(self, method: str, path: str, query: Query, token: str) -> Answer:
        """The answer to one request; ``path`` begins with ``/v2/`` or ``/v3/``."""
        scopes = self._tokens.get(token)
        if scopes is None:
            return refusal_answer(path, Refusal(401, "Unauthorized"))
        allowance = self._quota.take()
        if not allowance.granted:
            busy = Refusal(429, "You have made too many requests to the store.")
            return refusal_answer(path, busy, allowance.headers())
        try:
            answer = self._routed(method, path, query, scopes)
        except Refusal as refusal:
            answer = refusal_answer(path, refusal)
        return Answer(answer.status, answer.body, answer.headers + allowance.headers())

    def linked(self, path: str) -> Answer:
        """What lies behind a theme's download link, which needs no token."""
        with self._shop.lock:
            return themes.linked(self._shop, path)

    def _routed(self, method: str, path: str, query: Query, scopes: frozenset[str]) -> Answer:
        asked = themes.asked(path)
        if asked is not None:
            return themes.answer(self._shop, method, asked, query, scopes)
        found = next(
            ((route, match) for pattern, route in PATTERNS if (match := pattern.fullmatch(path))),
            None,
        )
        if found is None:
            raise Refusal(404, "The requested resource was not found.")
        if method != "GET":
            raise Refusal(405, "Only GET is answered by the sample store.")
        route, match = found
        if route.scope and route.scope not in scopes:
            raise Refusal(403, "You don't have a required scope to access the endpoint")
        with self._shop.lock:
            answer = route.answer(self._shop, query, *map(int, match.groups()))
            if answer.more:
                self._shop.at_border(path)
        return answer
