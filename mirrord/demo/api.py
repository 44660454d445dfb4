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
from mirrord.demo.query import Query
from mirrord.demo.quota import Quota
from mirrord.demo.shop import Shop

PRODUCTS, CUSTOMERS = "store_v2_products_read_only", "store_v2_customers_read_only"
ORDERS, INFORMATION = "store_v2_orders_read_only", "store_v2_information_read_only"
TRANSACTIONS = "store_v2_transactions_read_only"
ALL_SCOPES = frozenset({PRODUCTS, CUSTOMERS, ORDERS, INFORMATION, TRANSACTIONS, *themes.SCOPES})


@dataclass(frozen=True, slots=True)
class Route:
    """A path, ``{}`` for a number in it, the scope it wants, and what answers."""

    path: str
    scope: str
    answer: Callable[..., Answer]

    def ids(self, path: str) -> list[int] | None:
        """The numbers in the path, None where it is another route's."""
        match = re.fullmatch(self.path.replace("{}", r"(\d+)"), path)
        return None if match is None else [int(text) for text in match.groups()]


ROUTES = (
    Route("/v3/catalog/products", PRODUCTS, v3.products),
    Route("/v3/catalog/products/{}", PRODUCTS, v3.product),
    Route("/v3/catalog/products/{}/options", PRODUCTS, v3.options),
    Route("/v3/catalog/products/{}/modifiers", PRODUCTS, v3.modifiers),
    Route("/v3/catalog/variants", PRODUCTS, v3.variants),
    Route("/v3/catalog/summary", PRODUCTS, v3.summary),
    Route("/v3/catalog/brands", PRODUCTS, v3.brands),
    Route("/v3/catalog/trees/categories", PRODUCTS, v3.categories),
    Route("/v3/customers", CUSTOMERS, v3.customers),
    Route("/v3/customers/attributes", CUSTOMERS, v3.attributes),
    Route("/v3/orders/payment_actions/refunds", TRANSACTIONS, v3.refunds),
    Route("/v2/customers/count", CUSTOMERS, v2.customers_count),
    Route("/v2/customer_groups", CUSTOMERS, v2.groups),
    Route("/v2/orders", ORDERS, v2.orders),
    Route("/v2/orders/count", ORDERS, v2.count),
    Route("/v2/orders/{}", ORDERS, v2.order),
    Route("/v2/orders/{}/products", ORDERS, v2.products),
    Route("/v2/orders/{}/shipping_addresses", ORDERS, v2.addresses),
    Route("/v2/orders/{}/coupons", ORDERS, v2.coupons),
    Route("/v2/orders/{}/shipments", ORDERS, v2.shipments),
    Route("/v2/order_statuses", ORDERS, v2.statuses),
    Route("/v2/store", INFORMATION, v2.store),
    Route("/v2/time", INFORMATION, v2.clock),
)


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
        found = [(route, ids) for route in ROUTES if (ids := route.ids(path)) is not None]
        if not found:
            raise Refusal(404, "The requested resource was not found.")
        if method != "GET":
            raise Refusal(405, "Only GET is answered by the sample store.")
        route, ids = found[0]
        if route.scope not in scopes:
            raise Refusal(403, "You don't have a required scope to access the endpoint")
        with self._shop.lock:
            return route.answer(self._shop, query, *ids)
