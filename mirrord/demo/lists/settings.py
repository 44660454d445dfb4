"""The single answers that hold the shop's settings, and the lists of its machinery."""

from __future__ import annotations

from mirrord.demo.lists.listing import Count, Listing, Paging, Single, metafields
from mirrord.demo.scopes import (
    CHECKOUTS,
    CUSTOMERS,
    INFORMATION,
    LOGS,
    MARKETING,
    NONE,
    ORDERS,
)

BY_CHANNEL = (
    "analytics",
    "catalog",
    "email-statuses",
    "inventory",
    "inventory/notifications",
    "logo",
    "store/profile",
    "store/units-of-measurement",
    "storefront/category",
    "storefront/product",
    "storefront/robotstxt",
    "storefront/search",
    "storefront/security",
    "storefront/seo",
    "storefront/status",
)
"""Those below ``/v3/settings`` that take a ``channel_id``."""

LISTS: tuple[Listing | Single | Count, ...] = (
    *(Single(f"/v3/settings/{name}", INFORMATION, filters=("channel_id",)) for name in BY_CHANNEL),
    Single("/v3/settings/store/locale", INFORMATION),
    Single("/v3/settings/search/filters", INFORMATION),
    Single("/v3/tax/settings", INFORMATION),
    Single("/v3/shipping/settings", INFORMATION),
    Single("/v3/carts/settings", INFORMATION),
    Single("/v3/abandoned-carts/settings", INFORMATION),
    Single("/v3/checkouts/settings", CHECKOUTS),
    Single("/v3/customers/settings", CUSTOMERS),
    Single("/v3/orders/settings", ORDERS, bare=True),
    Single("/v3/promotions/settings", MARKETING, bare=True),
    Single(
        "/v3/marketing/abandoned-cart-emails/settings",
        INFORMATION,
        bare=True,
        filters=("channel_id",),
    ),
    Single("/v2/store", INFORMATION, bare=True),
    metafields("store_metafields", "/v3/store/metafields", INFORMATION),
    Listing(
        "email_templates",
        "/v3/marketing/email-templates",
        INFORMATION,
        Paging.WHOLE,
        key="type_id",
    ),
    Listing(
        "abandoned_cart_emails", "/v3/marketing/abandoned-cart-emails", INFORMATION, Paging.WHOLE
    ),
    Listing("webhooks", "/v3/hooks", NONE, filters=("is_active", "scope", "destination")),
    Listing(
        "system_logs",
        "/v3/store/systemlogs",
        LOGS,
        filters=("id:in", "type", "type:not", "module", "module:not"),
        sorts=("date_created", "type"),
        directed=True,
    ),
)
