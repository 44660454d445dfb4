"""Which fields of a record no table holds: what BigCommerce added since the columns were declared.

A new field is no error. The lossless file has it as it came; the receipt names it, so that a
column can be made for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import chain
from typing import TypeAlias

from mirrord.core.columns.declared import BESIDE, FLAT
from mirrord.core.columns.flat import Fields
from mirrord.core.columns.parts import ORDER_PRODUCTS, PARTS
from mirrord.core.jsontext import Json
from mirrord.core.records import Record

#: What is known below each name; None: all that lies there.
Tree: TypeAlias = "dict[str, Tree | None]"

#: What the files in BigCommerce's own form and images.csv hold.
IN_OWN_FORM: Mapping[str, str] = {
    "products": (
        "id name type sku inventory_tracking inventory_level inventory_warning_level price "
        "cost_price retail_price sale_price brand_id channels categories description page_title "
        "custom_url.url meta_description search_keywords meta_keywords bin_picking_number upc "
        "gtin mpn is_free_shipping fixed_cost_shipping_price weight width height depth "
        "is_visible is_featured warranty tax_class_id condition is_condition_shown sort_order "
        "images[].id images[].image_file images[].description images[].is_thumbnail "
        "images[].sort_order images[].date_modified images[].url_zoom images[].url_standard "
        "images[].url_thumbnail images[].url_tiny"
    ),
    "customers": (
        "id first_name last_name company email phone notes tax_exempt_category "
        "accepts_product_review_abandoned_cart_emails"
    ),
    "orders": (
        "id status custom_status subtotal_inc_tax subtotal_ex_tax total_tax "
        "shipping_cost_inc_tax shipping_cost_ex_tax handling_cost_inc_tax handling_cost_ex_tax "
        "total_inc_tax total_ex_tax refunded_amount customer_id payment_method "
        "store_credit_amount gift_certificate_amount items_total items_shipped currency_code "
        "currency_exchange_rate staff_notes customer_message billing_address.first_name "
        "billing_address.last_name billing_address.company billing_address.street_1 "
        "billing_address.street_2 billing_address.city billing_address.state "
        "billing_address.zip billing_address.country billing_address.phone "
        "billing_address.email channel_id order_source payment_provider_id"
    ),
}

_LINK = "an address within the API; what lies there has a table of its own"
_TOKEN = "a payment provider's secret: of use to nobody who reads a table"  # noqa: S105 - words
_SAME = "one of those in the list, once more"

#: What stands in the lossless file only, and why.
LOSSLESS_ONLY: Mapping[str, Mapping[str, str]] = {
    "products": {
        "primary_image": _SAME,
        "images[].product_id": "the row's own first column",
        "images[].image_url": "an address to fetch from, for writing only",
    },
    "orders": {
        "shipping_addresses": _LINK,
        "coupons": _LINK,
        "consignments.url": _LINK,
        "consignments.resource": _LINK,
        "consignments.shipping[].shipping_quotes": _LINK,
        **{
            f"{place}.{name}": _LINK
            for place in ORDER_PRODUCTS.places.split()
            for name in ("url", "resource")
        },
        **dict.fromkeys(
            (
                "__warning__",
                "consignments.__warning__",
                "consignments.pickups[].__warning__",
                "consignments.shipping[].__warning__",
                "consignments.downloads[].__warning__",
                "consignments.email[].__warning__",
            ),
            "the store's own words on line items that it left out, which were then asked for",
        ),
    },
    "order_details": {
        "date_modified": "the order's own; order_fields.csv has it",
        **{
            f"transactions[].{name}": _TOKEN
            for name in (
                "payment_instrument_token",
                "provider_instrument_token",
                "provider_customer_id",
                "credit_card.card_iin",
                "credit_card.card_expiry_month",
                "credit_card.card_expiry_year",
            )
        },
    },
    "webhooks": {"headers": "may hold a password of whom the hook calls"},
}

_BESIDE = {"products": "product_fields", "customers": "customer_fields", "orders": "order_fields"}


def unknown_fields(dataset: str, record: Record) -> tuple[str, ...]:
    """The fields of a record that neither a table holds nor :data:`LOSSLESS_ONLY` names.

    By their paths, each once: ``variants[].surprise``. Of a dataset without declared columns
    nothing is told.
    """
    tree = _tree(dataset)
    if not tree:
        return ()
    companions: dict[str, Json] = {
        name: [dict(one.fields) for one in records]
        for name, records in record.companions.items()
        if tree.get(name)
    }
    found = chain(_unknown(record.fields, tree, ""), _unknown(companions, tree, ""))
    return tuple(dict.fromkeys(found))


def declared(dataset: str) -> tuple[str, ...]:
    """The paths that the tables of a dataset hold."""
    parts = PARTS.get(dataset, ())
    if dataset == "orders":
        parts = (*parts, ORDER_PRODUCTS)
    words = f"{FLAT.get(dataset, '')} {BESIDE.get(_BESIDE.get(dataset, ''), '')}"
    own = f"{words} {IN_OWN_FORM.get(dataset, '')}".split()
    below = (
        f"{place}.{column}"
        for part in parts
        for place in part.places.split()
        for column in (part.owners + " " + part.columns).split()
    )
    return tuple(dict.fromkeys(chain(own, below)))


@cache
def _tree(dataset: str) -> Tree:
    tree: Tree = {}
    paths = declared(dataset)
    if not paths:
        return tree
    for path in ("id", *paths, *LOSSLESS_ONLY.get(dataset, {})):
        *above, last = path.replace("[]", "").split(".")
        node: Tree | None = tree
        for step in above:
            node = node.setdefault(step, {}) if node is not None else None
        if node is not None:
            node[last] = None
    return tree


def _unknown(fields: Fields, tree: Tree, above: str) -> Iterator[str]:
    for name, value in fields.items():
        if name not in tree:
            yield f"{above}{name}"
        elif below := tree[name]:
            yield from _inside(value, below, f"{above}{name}")


def _inside(value: Json, tree: Tree, place: str) -> Iterator[str]:
    if isinstance(value, dict):
        yield from _unknown(value, tree, f"{place}.")
    elif isinstance(value, list):
        for one in value:
            if isinstance(one, dict):
                yield from _unknown(one, tree, f"{place}[].")
