"""What hangs on products, beside their own answers: assignments, rules, trees, price lists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from mirrord.demo.rows.telling import moment, z
from mirrord.demo.shapes import Record, number
from mirrord.demo.shapes import iso as written

PRICE_LISTS = ("Wholesale, EU", "B2B", "=Staff", "Łódź")


def make_channel_assignments(products: Sequence[Record]) -> list[Record]:
    """In which channels each product is."""
    return [
        {"product_id": row["id"], "channel_id": channel}
        for row in products
        for channel in row["channels"]
    ]


def make_category_assignments(products: Sequence[Record]) -> list[Record]:
    """In which categories each product is."""
    return [
        {"product_id": row["id"], "category_id": category}
        for row in products
        for category in row["categories"]
    ]


def make_complex_rules(products: Sequence[Record]) -> list[Record]:
    """One or two rules for each product that has a modifier with values."""
    return [rule for row in products for rule in _rules(row)]


def _rules(product: Record) -> Iterator[Record]:
    values = [value for one in product["modifiers"] for value in one["option_values"]]
    for n, value in enumerate(values):
        rule_id = product["id"] * 10 + n
        yield {
            "id": rule_id,
            "product_id": product["id"],
            "sort_order": n,
            "enabled": n == 0,
            "stop": False,
            "price_adjuster": {"adjuster": "relative", "adjuster_value": 8.5} if n == 0 else {},
            "weight_adjuster": {"adjuster": "relative", "adjuster_value": 3} if n else {},
            "purchasing_disabled": n == 1,
            "purchasing_disabled_message": "Not with that, sorry" if n else "",
            "purchasing_hidden": False,
            "image_url": "",
            "conditions": [
                {
                    "id": rule_id * 10,
                    "rule_id": rule_id,
                    "modifier_id": value["option_id"],
                    "modifier_value_id": value["id"],
                    "variant_id": None,
                    "combination_id": 0,
                }
            ],
        }


def make_trees() -> list[Record]:
    """Two trees of categories; the second one has none yet."""
    return [
        {"id": 1, "name": "Default catalog tree", "channels": [1]},
        {"id": 2, "name": "Großhandel, EU", "channels": [1092]},
    ]


def make_price_lists() -> list[Record]:
    """The price lists; one holds no price."""
    return [
        {
            "id": 1 + n,
            "name": name,
            "date_created": z(700 - n),
            "date_modified": z(90 + n),
            "active": n != 1,
        }
        for n, name in enumerate(PRICE_LISTS)
    ]


def make_price_records(products: Sequence[Record], count: int) -> list[Record]:
    """Prices of variants in all lists but the last, in two currencies."""
    variants = [variant for row in products for variant in row["variants"]]
    return [
        _price(price_list, variant, currency, n)
        for price_list in (1, 2, 3)
        for n, variant in enumerate(variants[: max(1, count // price_list)])
        for currency in (("USD", "EUR") if n % 3 == 0 else ("USD",))
    ]


def _price(price_list: int, variant: Record, currency: str, n: int) -> Record:
    price = Decimal(str(variant["calculated_price"])) - Decimal("0.05") * price_list
    return {
        "price_list_id": price_list,
        "variant_id": variant["id"],
        "sku": variant["sku"],
        "currency": currency.lower() if n % 2 else currency,
        "product_id": variant["product_id"],
        "price": number(price),
        "sale_price": number(price / 2) if n % 4 else 0,
        "retail_price": number(price + 1),
        "map_price": 0,
        "calculated_price": number(price),
        "date_created": written(moment(n + 600)),
        "date_modified": written(moment(n)),
        "bulk_pricing_tiers": [
            {"quantity_min": 2, "quantity_max": 9, "type": "fixed", "amount": 4.05},
            {"quantity_min": 10, "quantity_max": None, "type": "percent", "amount": 5},
        ]
        if n % 5 == 1
        else [],
    }


def make_price_assignments() -> list[Record]:
    """Which price list counts for whom, and where."""
    return [
        {"id": 1, "price_list_id": 1, "customer_group_id": 2, "channel_id": 1},
        {"id": 4, "price_list_id": 2, "customer_group_id": 3, "channel_id": 1},
        {"id": 5, "price_list_id": 3, "customer_group_id": 2, "channel_id": 1092},
    ]


def make_customs(products: Sequence[Record]) -> list[Record]:
    """What customs want to know of every third product."""
    return [
        {
            "product_id": row["id"],
            "country_of_origin": ("US", "PL", "JP")[n % 3],
            "commodity_description": row["name"],
            "international_shipping": n % 2 == 0,
            "hs_codes": {"ALL": "00501000"} if n % 2 else {"US": "501000.1", "CA": "00501000"},
            "created_at": z(n + 300),
            "updated_at": z(n),
        }
        for n, row in enumerate(products[::3])
    ]
