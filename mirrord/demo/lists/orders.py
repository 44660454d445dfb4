"""The lists beside the orders, and those that hang on one order."""

from __future__ import annotations

from mirrord.demo.lists.listing import Count, Listing, Paging, Single, metafields
from mirrord.demo.scopes import ORDERS, TRANSACTIONS

MESSAGE_FILTERS = (
    "min_id",
    "max_id",
    "customer_id",
    "min_date_created",
    "max_date_created",
    "is_flagged",
    "status",
)

LISTS: tuple[Listing | Single | Count, ...] = (
    metafields("order_metafields", "/v3/orders/metafields", ORDERS),
    Listing("order_statuses", "/v2/order_statuses", ORDERS, Paging.V2_WHOLE),
    Listing("order_products", "/v2/orders/{}/products", ORDERS, Paging.V2),
    Listing("order_addresses", "/v2/orders/{}/shipping_addresses", ORDERS, Paging.V2),
    Listing("order_coupons", "/v2/orders/{}/coupons", ORDERS, Paging.V2),
    Listing("order_shipments", "/v2/orders/{}/shipments", ORDERS, Paging.V2),
    Listing(
        "order_taxes",
        "/v2/orders/{}/taxes",
        ORDERS,
        Paging.V2,
        details=("order_product_id", "line_item_type"),
    ),
    Listing(
        "order_messages",
        "/v2/orders/{}/messages",
        ORDERS,
        Paging.V2,
        filters=MESSAGE_FILTERS,
    ),
    # without any transaction there is no list: the specification has a 204 for it
    Listing("order_transactions", "/v3/orders/{}/transactions", TRANSACTIONS, Paging.ONE, none=204),
    Listing(
        "refunds",
        "/v3/orders/payment_actions/refunds",
        TRANSACTIONS,
        filters=("id:in", "order_id:in", "created:min", "created:max"),
    ),
)
