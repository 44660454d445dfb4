"""The generated orders: heads, line items, addresses, coupons, shipments, refunds.

Shapes after the V2 orders API. Each order's parts are kept apart, as the API gives them; the API
joins them where ``include`` asks for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from mirrord.demo import lines, statuses
from mirrord.demo.lines import Amount, line_amount, summed, taxed
from mirrord.demo.order_parts import (
    billing_of,
    make_coupon,
    make_refund,
    make_shipment,
    shipping_address,
)
from mirrord.demo.order_story import make_messages, make_taxes, make_transactions
from mirrord.demo.shapes import LATEST, Record, link, money, rfc2822
from mirrord.demo.words import TRAPS

FIRST_ORDER = 100
MOST_LINES = 50
"""A consignment gives no more line items than these."""
BIG_ORDERS = {7: 73, 24: 64}
"""By index: orders with more line items than an include gives (50 per consignment)."""
HIDDEN_LINES = 11
"""The index of the order whose include gives no line items although it has some."""
CURRENCIES = ((1, "USD", "1.0000000000"), (2, "EUR", "0.9200000000"), (3, "JPY", "151.2500000000"))


@dataclass(slots=True)
class Order:
    """One order in the parts in which the API gives it. Tests change these freely.

    ``refunds`` are those that it was made with; the store lists them under the shop's ``refunds``.
    """

    head: Record
    products: list[Record]
    addresses: list[Record]
    coupons: list[Record] = field(default_factory=list)
    shipments: list[Record] = field(default_factory=list)
    refunds: list[Record] = field(default_factory=list)
    taxes: list[Record] = field(default_factory=list)
    messages: list[Record] = field(default_factory=list)
    transactions: list[Record] = field(default_factory=list)
    hides_line_items: bool = False


def make_orders(
    seed: int,
    count: int,
    products: Sequence[Record],
    customers: Sequence[Record],
    store_hash: str,
) -> list[Order]:
    """``count`` orders, oldest first; ids have holes, every eighth buyer is a guest."""
    rng = Random(f"{seed} orders")
    started = LATEST - timedelta(hours=7 * count)
    return [
        make_order(
            FIRST_ORDER + n + n // 11,
            n,
            started + timedelta(hours=7 * n),
            products,
            customers,
            store_hash,
            rng,
        )
        for n in range(count)
    ]


def make_order(
    order_id: int,
    n: int,
    created: datetime,
    products: Sequence[Record],
    customers: Sequence[Record],
    store_hash: str,
    rng: Random,
) -> Order:
    """The n-th order: its number decides of what kind it is."""
    buyer = None if n % 8 == 5 or not customers else rng.choice(customers)
    bought = _lines(order_id, n, products, rng)
    billing = billing_of(order_id, buyer, rng)
    addresses = _addresses(order_id, n, bought, billing, store_hash, rng)
    coupons = [make_coupon(order_id)] if n % 9 == 4 else []
    head = _head(order_id, n, created, bought, addresses, coupons, store_hash)
    head |= {"customer_id": buyer["id"] if buyer else 0, "billing_address": billing}
    order = Order(head, bought, addresses, coupons, hides_line_items=n == HIDDEN_LINES)
    _tell_its_story(order, rng)
    return order


def _lines(order_id: int, n: int, products: Sequence[Record], rng: Random) -> list[Record]:
    if not products:
        return [lines.make_blank_line(order_id, order_id * 100, "Custom item", "physical")]
    count = BIG_ORDERS.get(n, rng.choice((1, 1, 2, 3, 4)))
    bought = [
        lines.make_line(order_id, order_id * 100 + k, rng.choice(products), rng)
        for k in range(count)
    ]
    if n % 25 == 10:
        bought.append(lines.gift_line(order_id, order_id * 100 + count, Decimal(25)))
    return bought


def _addresses(
    order_id: int, n: int, bought: list[Record], billing: Record, store_hash: str, rng: Random
) -> list[Record]:
    """Where the physical lines go: picked up, to one address, or split over two."""
    physical = [line for line in bought if line["type"] == "physical"]
    if n % 40 == 21:
        for line in physical:
            line["order_pickup_method_id"] = order_id
        return []
    count = 2 if n % 13 == 6 and len(physical) > 1 else min(1, len(physical))
    addresses = []
    for k in range(count):
        share = physical[k::count]
        address = shipping_address(order_id, order_id * 10 + k, billing, share, store_hash, rng)
        for line in share:
            line["order_address_id"] = address["id"]
        addresses.append(address)
    return addresses


def _head(
    order_id: int,
    n: int,
    created: datetime,
    bought: list[Record],
    addresses: list[Record],
    coupons: list[Record],
    store_hash: str,
) -> Record:
    status = n // 3 % 15 if n % 3 == 0 else (statuses.COMPLETED, statuses.SHIPPED)[n % 2]
    goods = summed([line_amount(line) for line in bought])
    shipping = summed([taxed(Decimal(address["cost_ex_tax"])) for address in addresses])
    discount = Decimal(sum(coupon["discount"] for coupon in coupons))
    currency_id, currency, rate = CURRENCIES[0 if n % 4 else 1 + n // 4 % 2]
    shipped = status in (statuses.SHIPPED, statuses.COMPLETED)
    quantity = sum(line["quantity"] for line in bought)
    return {
        "id": order_id,
        "date_created": rfc2822(created),
        "date_modified": rfc2822(min(created + timedelta(hours=n % 50), LATEST)),
        "date_shipped": rfc2822(created + timedelta(hours=30)) if shipped else "",
        "status_id": status,
        "status": statuses.STATUSES[status],
        "custom_status": statuses.STATUSES[status],
        **_amounts("subtotal", goods),
        **_amounts("shipping_cost", shipping),
        "base_shipping_cost": money(shipping.ex_tax),
        "shipping_cost_tax_class_id": 2,
        **_no_cost("handling"),
        **_no_cost("wrapping"),
        **_amounts(
            "total",
            Amount(
                goods.ex_tax + shipping.ex_tax - discount,
                goods.inc_tax + shipping.inc_tax - discount,
            ),
        ),
        "is_tax_inclusive_pricing": False,
        "items_total": quantity,
        "items_shipped": quantity if shipped else 0,
        "payment_method": ("Credit Card", "PayPal, Express", "Cash")[n % 3],
        "payment_provider_id": f"{n:06d}" if n % 3 else "",
        "payment_status": statuses.PAYMENT.get(status, "captured"),
        "refunded_amount": "0.0000",
        "order_is_digital": all(line["type"] == "digital" for line in bought),
        "store_credit_amount": "0.0000",
        "gift_certificate_amount": "0.0000",
        "ip_address": f"192.0.2.{n % 250}",
        "ip_address_v6": "",
        "geoip_country": "United States",
        "geoip_country_iso2": "US",
        "currency_id": currency_id,
        "currency_code": currency,
        "currency_exchange_rate": rate,
        "default_currency_id": 1,
        "default_currency_code": "USD",
        "store_default_currency_code": "USD",
        "store_default_to_transactional_exchange_rate": rate,
        "staff_notes": TRAPS[n // 10 % len(TRAPS)] if n % 10 == 2 else "",
        "customer_message": TRAPS[n // 4 % len(TRAPS)] if n % 4 == 1 else "",
        "discount_amount": "0.0000",
        "coupon_discount": money(discount),
        "shipping_address_count": len(addresses),
        "is_deleted": n % 20 == 19,
        "ebay_order_id": "0",
        "cart_id": f"7e48f7ef-2e88-4817-aea4-{order_id:012x}",
        "is_email_opt_in": n % 5 == 0,
        "credit_card_type": None,
        "order_source": "www" if n % 6 else "external",
        "channel_id": 1,
        "external_source": None,
        "external_id": None,
        "external_merchant_id": None,
        "external_order_id": f"{n:08d}" if n % 6 == 0 else "",
        "tax_provider_id": "BasicTaxProvider",
        "customer_locale": "en",
        "products": link(store_hash, f"/orders/{order_id}/products"),
        "shipping_addresses": link(store_hash, f"/orders/{order_id}/shipping_addresses"),
        "coupons": link(store_hash, f"/orders/{order_id}/coupons"),
    }


def _amounts(name: str, amount: Amount) -> Record:
    return {
        f"{name}_ex_tax": money(amount.ex_tax),
        f"{name}_inc_tax": money(amount.inc_tax),
        f"{name}_tax": money(amount.tax),
    }


def _no_cost(name: str) -> Record:
    costs = (f"{name}_cost_ex_tax", f"{name}_cost_inc_tax", f"{name}_cost_tax")
    return dict.fromkeys((f"base_{name}_cost", *costs), "0.0000") | {f"{name}_cost_tax_class_id": 2}


def _tell_its_story(order: Order, rng: Random) -> None:
    """What the order's status means for its parts, and what happened around it."""
    head = order.head
    order.taxes = make_taxes(head, order.products)
    order.messages = make_messages(head)
    order.transactions = make_transactions(head)
    if head["status_id"] in (statuses.SHIPPED, statuses.COMPLETED) and order.addresses:
        order.shipments = [
            make_shipment(head, address, order.products, rng) for address in order.addresses
        ]
        for line in order.products:
            line["quantity_shipped"] = line["quantity"]
    if head["status_id"] in (statuses.REFUNDED, statuses.PARTLY_REFUNDED):
        whole = head["status_id"] == statuses.REFUNDED
        refunded = order.products if whole else order.products[:1]
        order.refunds = [make_refund(head, refunded)]
        head["refunded_amount"] = money(summed([line_amount(line) for line in refunded]).inc_tax)
