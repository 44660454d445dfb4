"""Where and how the shop sells and sends: channels, sites, currencies, tax, shipping, stock."""

from __future__ import annotations

from mirrord.demo.lists.catalogue import DATES
from mirrord.demo.lists.listing import BY_ID, Count, Listing, Paging, Single, metafields
from mirrord.demo.paging import as_offset
from mirrord.demo.scopes import (
    CHANNELS,
    FULFILMENT,
    INFORMATION,
    INVENTORY,
    LISTINGS,
    LOCATIONS,
    PRODUCTS,
    SITES,
)

LISTS: tuple[Listing | Single | Count, ...] = (
    metafields("channel_metafields", "/v3/channels/metafields", CHANNELS),
    Listing(
        "channels",
        "/v3/channels",
        CHANNELS,
        filters=("status:in", "type:in", "platform:in", *DATES),
        hidden={"currencies": "currencies"},
    ),
    Listing(
        "channel_listings",
        "/v3/channels/{}/listings",
        LISTINGS,
        Paging.AFTER,
        filters=("product_id:in", *DATES),
        key="listing_id",
    ),
    Listing("channel_currencies", "/v3/channels/currency-assignments", CHANNELS, Paging.WHOLE),
    Single("/v3/channels/{}/channel-menus", CHANNELS),
    Listing(
        "sites",
        "/v3/sites",
        SITES,
        filters=("channel_id:in", "url_type:in=urls.type"),
        told=as_offset,
    ),
    Listing("site_routes", "/v3/sites/{}/routes", SITES, filters=("type",)),
    Listing("currencies", "/v2/currencies", INFORMATION, Paging.V2),
    Listing("tax_classes", "/v2/tax_classes", INFORMATION, Paging.V2, order=BY_ID),
    Listing(
        "tax_rates", "/v3/tax/rates", INFORMATION, Paging.ONE, filters=("id:in", "tax_zone_id:in")
    ),
    Listing("tax_zones", "/v3/tax/zones", INFORMATION, Paging.WHOLE, filters=("id:in",)),
    Listing(
        "tax_properties",
        "/v3/tax/properties",
        INFORMATION,
        Paging.WHOLE,
        filters=("id:in", "type:in"),
    ),
    Listing(
        "customs_information",
        "/v3/shipping/products/customs-information",
        PRODUCTS,
        filters=("product_id:in",),
    ),
    Listing("shipping_zones", "/v2/shipping/zones", INFORMATION, Paging.V2_WHOLE),
    Listing(
        "shipping_methods",
        "/v2/shipping/zones/{}/methods",
        INFORMATION,
        Paging.V2_WHOLE,
        order=BY_ID,
    ),
    Listing(
        "locations",
        "/v3/inventory/locations",
        LOCATIONS,
        filters=("location_id:in=id", "location_code:in=code", "type_id:in"),
    ),
    metafields("location_metafields", "/v3/inventory/locations/metafields", LOCATIONS),
    Listing(
        "inventory",
        "/v3/inventory/items",
        INVENTORY,
        filters=(
            "sku:in=identity.sku",
            "variant_id:in=identity.variant_id",
            "product_id:in=identity.product_id",
            "location_id:in=locations.location_id",
        ),
    ),
    Listing(
        "pickup_methods",
        "/v3/pickup/methods",
        FULFILMENT,
        filters=("id:in", *DATES),
        sorts=("date_modified", "name=display_name"),
    ),
)
