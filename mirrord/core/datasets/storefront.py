"""Pages, blog, redirects, page builder; channels and sites; the shop's settings."""

from __future__ import annotations

from mirrord.core.datasets.catalogue import metafields
from mirrord.core.datasets.kinds import Dataset, EachOf, Listing, Lookup, Paging, Singles
from mirrord.core.datasets.scopes import (
    CHANNELS,
    CONTENT,
    FULFILLMENT,
    INFORMATION,
    INVENTORY,
    LISTINGS,
    LOCATIONS,
    LOGS,
    NONE,
    SITES,
    THEMES,
)
from mirrord.core.records import TEXT_ID, Keys

_UUID = Keys(("uuid",), numbers=False)

_CHANNELS = Listing("v3/channels", Paging.NUMBERED, query={"include": "currencies"})
_SITES = Listing("v3/sites", Paging.NUMBERED)
_ZONES = Listing("v2/shipping/zones", Paging.WHOLE)

_CONTENT = (
    Dataset(
        "pages",
        Listing("v3/content/pages", Paging.NUMBERED, query={"include": "body"}),
        CONTENT,
    ),
    Dataset("blog_posts", Listing("v2/blog/posts", Paging.NUMBERED), CONTENT),
    Dataset(
        "redirects",
        Listing(
            "v3/storefront/redirects",
            Paging.NUMBERED,
            query={"include": "to_url"},
            sorting={"sort": "id", "direction": "asc"},
        ),
        CONTENT,
        lookups=(Lookup("site", "sites", "site_id", fields=("url",)),),
    ),
    Dataset("widgets", Listing("v3/content/widgets", Paging.NUMBERED, keys=_UUID), CONTENT),
    Dataset(
        "widget_templates",
        Listing("v3/content/widget-templates", Paging.NUMBERED, keys=_UUID),
        CONTENT,
    ),
    Dataset("placements", Listing("v3/content/placements", Paging.NUMBERED, keys=_UUID), CONTENT),
    Dataset("scripts", Listing("v3/content/scripts", Paging.NUMBERED, keys=_UUID), CONTENT),
    Dataset(
        "custom_templates",
        Listing("v3/storefront/custom-template-associations", Paging.NUMBERED),
        THEMES,
    ),
)

_CHANNEL_ROWS = (
    Dataset("channels", _CHANNELS, CHANNELS),
    metafields("channel", "v3/channels/metafields", CHANNELS),
    Dataset(
        "channel_currencies",
        Listing("v3/channels/currency-assignments", Paging.WHOLE, keys=Keys(("channel_id",))),
        CHANNELS,
    ),
    Dataset(
        "channel_listings",
        EachOf(
            _CHANNELS,
            "channel_id",
            # no cursor comes with its pages: the last listing's own id is one
            Listing("v3/channels/{parent}/listings", Paging.AFTER_LAST, keys=Keys(("listing_id",))),
        ),
        LISTINGS,
    ),
    Dataset(
        "menus",
        EachOf(_CHANNELS, "channel_id", Listing("v3/channels/{parent}/channel-menus", Paging.ONE)),
        CHANNELS,
    ),
    Dataset("sites", _SITES, SITES),
    Dataset(
        "site_routes",
        EachOf(_SITES, "site_id", Listing("v3/sites/{parent}/routes", Paging.NUMBERED)),
        SITES,
    ),
)

_TRADE = (
    Dataset("currencies", Listing("v2/currencies", Paging.NUMBERED), INFORMATION),
    Dataset("tax_classes", Listing("v2/tax_classes", Paging.NUMBERED, keys=TEXT_ID), INFORMATION),
    Dataset("tax_zones", Listing("v3/tax/zones", Paging.WHOLE), INFORMATION),
    Dataset("tax_rates", Listing("v3/tax/rates", Paging.WHOLE), INFORMATION),
    Dataset("tax_properties", Listing("v3/tax/properties", Paging.WHOLE), INFORMATION),
    Dataset("shipping_zones", _ZONES, INFORMATION),
    Dataset(
        "shipping_methods",
        EachOf(_ZONES, "zone_id", Listing("v2/shipping/zones/{parent}/methods", Paging.WHOLE)),
        INFORMATION,
    ),
    Dataset("locations", Listing("v3/inventory/locations", Paging.NUMBERED), LOCATIONS),
    metafields("location", "v3/inventory/locations/metafields", LOCATIONS),
    Dataset(
        "inventory",
        Listing(
            "v3/inventory/items",
            Paging.NUMBERED,
            keys=Keys(("identity.variant_id",)),
        ),
        INVENTORY,
        settles=False,
    ),
    Dataset("pickup_methods", Listing("v3/pickup/methods", Paging.NUMBERED), FULFILLMENT),
)

_MAIL_AND_LOGS = (
    Dataset(
        "email_templates",
        Listing(
            "v3/marketing/email-templates",
            Paging.WHOLE,
            keys=Keys(("type_id",), numbers=False),
        ),
        INFORMATION,
    ),
    Dataset(
        "abandoned_cart_emails",
        Listing("v3/marketing/abandoned-cart-emails", Paging.WHOLE),
        INFORMATION,
    ),
    Dataset("webhooks", Listing("v3/hooks", Paging.NUMBERED), NONE),
    Dataset("system_logs", Listing("v3/store/systemlogs", Paging.NUMBERED), LOGS, settles=False),
    metafields("store", "v3/store/metafields", INFORMATION, TEXT_ID),
)

#: Answers of one thing each. What a channel has of its own is left to the shop's main one.
_SETTINGS = Dataset(
    "settings",
    Singles(
        (
            "v2/store",
            "v3/abandoned-carts/settings",
            "v3/carts/settings",
            "v3/checkouts/settings",
            "v3/customers/settings",
            "v3/marketing/abandoned-cart-emails/settings",
            "v3/orders/settings",
            "v3/promotions/settings",
            "v3/settings/analytics",
            "v3/settings/catalog",
            "v3/settings/email-statuses",
            "v3/settings/inventory",
            "v3/settings/inventory/notifications",
            "v3/settings/logo",
            "v3/settings/search/filters",
            "v3/settings/store/locale",
            "v3/settings/store/profile",
            "v3/settings/store/units-of-measurement",
            "v3/settings/storefront/category",
            "v3/settings/storefront/product",
            "v3/settings/storefront/robotstxt",
            "v3/settings/storefront/search",
            "v3/settings/storefront/security",
            "v3/settings/storefront/seo",
            "v3/settings/storefront/status",
            "v3/shipping/settings",
            "v3/tax/settings",
        ),
        # the only one that is never asked for without a channel; 1 is the shop's first storefront
        queries={"v3/marketing/abandoned-cart-emails/settings": {"channel_id": "1"}},
    ),
    INFORMATION,
)

ROWS = (*_CONTENT, *_CHANNEL_ROWS, *_TRADE, *_MAIL_AND_LOGS, _SETTINGS)
