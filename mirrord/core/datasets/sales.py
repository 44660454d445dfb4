"""Orders and what hangs on them; coupons, gift certificates, promotions."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from mirrord.core.columns.forms import plain
from mirrord.core.columns.orders import ORDERS, is_cut
from mirrord.core.datasets.catalogue import metafields
from mirrord.core.datasets.counts import (
    is_incomplete,
    order_standing,
    placed_orders,
    plain_count,
)
from mirrord.core.datasets.kinds import (
    Apart,
    Counting,
    Dataset,
    Detail,
    Details,
    EachOf,
    Listing,
    Lookup,
    Paging,
    Pass,
    Since,
)
from mirrord.core.datasets.scopes import MARKETING, TRANSACTIONS
from mirrord.core.datasets.scopes import ORDERS as SCOPE
from mirrord.core.records import Record


def _may_be_archived(order: Record) -> bool:
    return order.fields.get("is_deleted") is not False  # documented examples leave it out


def _was_placed(order: Record) -> bool:
    return not is_incomplete(order)


def _was_shipped(order: Record) -> bool:
    """``items_shipped`` of 0, and only that, says that there is no shipment."""
    return _was_placed(order) and _is_more_than_nothing(order, "items_shipped")


def _had_a_coupon(order: Record) -> bool:
    """Free shipping by a coupon takes nothing off the goods, so that its discount is 0, too."""
    took = _is_more_than_nothing(order, "coupon_discount")
    return took or _is_more_than_nothing(order, "discount_amount") or _ships_for_nothing(order)


def _ships_for_nothing(order: Record) -> bool:
    return not _is_more_than_nothing(order, "shipping_cost_inc_tax")


def _was_taxed(order: Record) -> bool:
    return _is_more_than_nothing(order, "total_tax")


def _detail(name: str, needed: Callable[[Record], bool] = lambda _: True, **query: str) -> Detail:
    return Detail(name, f"v2/orders/{{id}}/{name}", Paging.NUMBERED, SCOPE, query, needed)


def _is_more_than_nothing(order: Record, name: str) -> bool:
    """Whether a number is over 0; a field that is not there, or is no number, may be."""
    try:
        return Decimal(plain(order.fields.get(name))) > 0
    except InvalidOperation:
        return True


_PROMOTIONS = Listing("v3/promotions", Paging.NUMBERED, sorting={"sort": "id", "direction": "asc"})

ROWS = (
    Dataset(
        "orders",
        Listing(
            "v2/orders",
            Paging.BY_MIN_ID,
            query={"include": "consignments.line_items,fees", "consignment_structure": "object"},
            sorting={"sort": "id"},
            # whether archived and incomplete orders come in the plain list is not documented
            ahead=(Pass({"status_id": "0"}, is_incomplete),),
            behind=(Pass({"is_deleted": "true"}, _may_be_archived),),
            since=Since(("min_date_modified",)),
            counting=Counting("v2/orders/count", {}, placed_orders, order_standing),
        ),
        SCOPE,
        tables=(ORDERS,),
        companions=(Apart("products", "v2/orders/{id}/products", {}, is_cut),),
        lookups=(Lookup("channel", "channels", "channel_id"),),
        files={"products": "order_products"},
    ),
    Dataset("order_statuses", Listing("v2/order_statuses", Paging.WHOLE), SCOPE),
    Dataset(
        "order_details",
        Details(
            of="orders",
            stamp="date_modified",
            lists=(
                _detail("shipments", _was_shipped),
                _detail("messages"),
                _detail("taxes", _was_taxed, details="true"),
                _detail("coupons", _had_a_coupon),
                Detail(
                    "transactions",
                    "v3/orders/{id}/transactions",
                    Paging.WHOLE,
                    TRANSACTIONS,
                    needed=_was_placed,
                ),
            ),
        ),
        SCOPE,
        settles=False,
    ),
    Dataset("refunds", Listing("v3/orders/payment_actions/refunds", Paging.NUMBERED), TRANSACTIONS),
    metafields("order", "v3/orders/metafields", SCOPE),
    Dataset(
        "coupons",
        Listing(
            "v2/coupons",
            Paging.BY_MIN_ID,
            counting=Counting("v2/coupons/count", {}, plain_count),
        ),
        MARKETING,
    ),
    Dataset(
        "gift_certificates",
        Listing(
            "v2/gift_certificates",
            Paging.BY_MIN_ID,
            sorting={"sort": "id", "direction": "asc"},
        ),
        MARKETING,
    ),
    Dataset("banners", Listing("v2/banners", Paging.BY_MIN_ID), MARKETING),
    Dataset("promotions", _PROMOTIONS, MARKETING),
    Dataset(
        "promotion_codes",
        EachOf(
            _PROMOTIONS,
            "promotion_id",
            Listing("v3/promotions/{parent}/codes", Paging.BY_CURSOR),
        ),
        MARKETING,
    ),
)
