"""The lists of people: groups, attributes, addresses, subscribers, wishlists, segments."""

from __future__ import annotations

from mirrord.demo.lists.catalogue import DATES
from mirrord.demo.lists.listing import BY_ID, Count, Listing, Paging, Single, metafields
from mirrord.demo.paging import unlinked
from mirrord.demo.scopes import CUSTOMERS

LISTS: tuple[Listing | Single | Count, ...] = (
    metafields("customer_metafields", "/v3/customers/metafields", CUSTOMERS),
    Listing(
        "customer_addresses",
        "/v3/customers/addresses",
        CUSTOMERS,
        filters=("id:in", "customer_id:in"),
        hidden={"formfields": "form_fields"},
    ),
    Listing(
        "customer_attributes",
        "/v3/customers/attributes",
        CUSTOMERS,
        filters=("name", "name:like", *DATES),
    ),
    Listing(
        "customer_groups",
        "/v2/customer_groups",
        CUSTOMERS,
        Paging.V2,
        filters=("name", "name:like", "is_default", "is_group_for_guests", *DATES),
        order=BY_ID,
    ),
    Listing(
        "subscribers",
        "/v3/customers/subscribers",
        CUSTOMERS,
        filters=("id", "id:in", "email", "source", "order_id", *DATES),
    ),
    Listing("wishlists", "/v3/wishlists", CUSTOMERS, filters=("customer_id",), told=unlinked),
    Listing("segments", "/v3/segments", CUSTOMERS, filters=("id:in",), told=unlinked),
    Listing("shopper_profiles", "/v3/shopper-profiles", CUSTOMERS, told=unlinked),
)
