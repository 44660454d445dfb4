"""The lists of marketing: coupons, gift certificates, banners, promotions."""

from __future__ import annotations

from mirrord.demo.lists.listing import BY_ID, Count, Listing, Paging, Single
from mirrord.demo.scopes import MARKETING

LISTS: tuple[Listing | Single | Count, ...] = (
    Listing(
        "coupons",
        "/v2/coupons",
        MARKETING,
        Paging.V2,
        filters=("id", "code", "name", "type", "min_id", "max_id", "exclude_type=!type"),
        order=BY_ID,
    ),
    Count("coupons", "/v2/coupons/count", MARKETING),
    Listing(
        "gift_certificates",
        "/v2/gift_certificates",
        MARKETING,
        Paging.V2,
        filters=("min_id", "max_id", "code", "order_id", "to_name", "to_email"),
        sorts=("id",),
        order=BY_ID,
        directed=True,
    ),
    Listing(
        "banners", "/v2/banners", MARKETING, Paging.V2, filters=("min_id", "max_id"), order=BY_ID
    ),
    Count("banners", "/v2/banners/count", MARKETING),
    Listing(
        "promotions",
        "/v3/promotions",
        MARKETING,
        filters=("id", "name", "currency_code", "status", "channels=channels.id"),
        sorts=("id", "name", "start_date"),
        order=BY_ID,
        directed=True,
    ),
    Listing("promotion_codes", "/v3/promotions/{}/codes", MARKETING, Paging.CURSORS),
)
