"""All lists of the shop, by name: which maker gives which one.

The names are those of the datasets of a backup; this room must never make a record itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from mirrord.demo.catalogue import make_brands, make_categories
from mirrord.demo.orders import Order
from mirrord.demo.people import make_attributes, make_groups
from mirrord.demo.rows import (
    catalogue,
    channels,
    content,
    machinery,
    marketing,
    people,
    settings,
    shipping,
)
from mirrord.demo.rows.keys import PARENTS, Rows, keyed
from mirrord.demo.rows.metafields import make_metafields, make_store_metafields
from mirrord.demo.shapes import Record
from mirrord.demo.statuses import make_statuses


def make_lists(
    products: Sequence[Record],
    customers: Sequence[Record],
    orders: Sequence[Order],
    store_hash: str,
    count: int,
) -> dict[str, Rows]:
    """Every list, its rows under their keys; ``count`` rows where the shop decides how many."""
    plain = {
        **_metafields(products, customers, orders, store_hash, count),
        **_catalogue(products, count),
        **_people(products, customers, count),
        **_marketing_and_content(count),
        **_places(products, count),
        **_machinery(store_hash, count),
        "order_statuses": make_statuses(),
        "refunds": [refund for order in orders for refund in order.refunds],
    }
    lists = {name: keyed(name, records) for name, records in plain.items()}
    return lists | {
        "promotion_codes": _below(
            "promotion_codes",
            {row["id"]: marketing.make_codes(row, count * 3) for row in plain["promotions"]},
        ),
        "site_routes": _below(
            "site_routes", {row["id"]: channels.make_routes(row["id"]) for row in plain["sites"]}
        ),
        "shipping_methods": _below(
            "shipping_methods",
            {row["id"]: shipping.make_methods(row["id"]) for row in plain["shipping_zones"]},
        ),
        "settings": {**settings.make_settings(), **channels.make_menus()},
    }


def _below(name: str, records: dict[int, list[Record]]) -> Rows:
    """The rows of a list that hang on those of another one."""
    told = PARENTS[name]
    return keyed(
        name, [{told: parent} | row for parent, children in records.items() for row in children]
    )


def _metafields(
    products: Sequence[Record],
    customers: Sequence[Record],
    orders: Sequence[Order],
    store_hash: str,
    count: int,
) -> dict[str, list[Record]]:
    ids = {
        "product": [row["id"] for row in products],
        "variant": [variant["id"] for row in products for variant in row["variants"]],
        "category": [row["category_id"] for row in make_categories()],
        "brand": [row["id"] for row in make_brands()],
        "customer": [row["id"] for row in customers],
        "order": [order.head["id"] for order in orders],
        "channel": [1, 1092],
        "location": [1, 2],
    }
    return {
        f"{kind}_metafields": make_metafields(kind, held, 1 + n * 100_000, count)
        for n, (kind, held) in enumerate(ids.items())
    } | {"store_metafields": make_store_metafields(store_hash, count)}


def _catalogue(products: Sequence[Record], count: int) -> dict[str, list[Record]]:
    return {
        "brands": make_brands(),
        "categories": make_categories(),
        "category_trees": catalogue.make_trees(),
        "channel_assignments": catalogue.make_channel_assignments(products),
        "category_assignments": catalogue.make_category_assignments(products),
        "complex_rules": catalogue.make_complex_rules(products),
        "price_lists": catalogue.make_price_lists(),
        "price_list_records": catalogue.make_price_records(products, count),
        "customs_information": catalogue.make_customs(products),
        "price_list_assignments": catalogue.make_price_assignments(),
    }


def _people(
    products: Sequence[Record], customers: Sequence[Record], count: int
) -> dict[str, list[Record]]:
    return {
        "customer_groups": make_groups(),
        "customer_attributes": make_attributes(),
        "subscribers": people.make_subscribers(count),
        "wishlists": people.make_wishlists(customers, products, count),
        "segments": people.make_segments(count),
        "shopper_profiles": people.make_profiles(customers),
    }


def _marketing_and_content(count: int) -> dict[str, list[Record]]:
    templates = content.make_templates(count)
    widgets = content.make_widgets(templates, count)
    return {
        "coupons": marketing.make_coupons(count),
        "gift_certificates": marketing.make_gift_certificates(count),
        "banners": marketing.make_banners(count),
        "promotions": marketing.make_promotions(count),
        "pages": content.make_pages(count),
        "blog_posts": content.make_posts(count),
        "redirects": content.make_redirects(count),
        "widget_templates": templates,
        "widgets": widgets,
        "placements": content.make_placements(widgets, count),
        "scripts": content.make_scripts(count),
        "custom_templates": content.make_custom_templates(count),
    }


def _places(products: Sequence[Record], count: int) -> dict[str, list[Record]]:
    return {
        "channels": channels.make_channels(),
        "channel_currencies": channels.make_channel_currencies(),
        "channel_listings": channels.make_listings(products, count),
        "sites": channels.make_sites(),
        "currencies": shipping.make_currencies(),
        "tax_classes": shipping.make_tax_classes(),
        "tax_rates": shipping.make_tax_rates(),
        "tax_properties": shipping.make_tax_properties(),
        "tax_zones": shipping.make_tax_zones(),
        "shipping_zones": shipping.make_zones(),
        "locations": shipping.make_locations(),
        "inventory": shipping.make_stock(products, count),
        "pickup_methods": shipping.make_pickup_methods(),
    }


def _machinery(store_hash: str, count: int) -> dict[str, list[Record]]:
    return {
        "email_templates": machinery.make_email_templates(),
        "abandoned_cart_emails": machinery.make_cart_emails(),
        "webhooks": machinery.make_hooks(store_hash, count),
        "system_logs": machinery.make_logs(count),
    }
