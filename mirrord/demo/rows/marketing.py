"""Coupons, gift certificates, banners and promotions with their codes."""

from __future__ import annotations

from mirrord.demo.rows.telling import moment, trap
from mirrord.demo.shapes import Record, iso, rfc2822

TYPES = ("per_total_discount", "percentage_discount", "free_shipping", "per_item_discount")


def make_coupons(count: int) -> list[Record]:
    """The coupons; some are limited to countries, one expires."""
    return [
        {
            "id": 1 + n + n // 8,
            "name": f"Coupon {n}, {trap(n)}",
            "type": "promotion" if n % 9 == 8 else TYPES[n % len(TYPES)],
            "amount": f"{n % 40}.5000",
            "min_purchase": "0.0000" if n % 2 else "25.0000",
            "expires": rfc2822(moment(n)) if n % 5 == 1 else "",
            "enabled": n % 4 != 3,
            "code": "SAVE-5, TODAY" if n == 0 else f"{n:06d}",
            "applies_to": {"entity": "categories", "ids": [0] if n % 2 else [18, 21]},
            "num_uses": n,
            "max_uses": 0 if n % 3 else 25,
            "max_uses_per_customer": 0,
            "restricted_to": {"countries": "AU"} if n % 6 == 2 else {},
            "shipping_methods": ["shipping_endicia"] if n % 6 == 2 else [],
            "date_created": rfc2822(moment(n + 100)),
        }
        for n in range(count)
    ]


def make_gift_certificates(count: int) -> list[Record]:
    """The gift certificates; dates are seconds since 1970, written as text."""
    return [
        {
            "id": 24 + n + n // 7,
            "code": f"{n:03d}-5E2-BO4-RWT",
            "amount": "1000.0000",
            "status": ("active", "pending", "disabled", "expired")[n % 4],
            "balance": f"{1000 - n % 1000}.0000",
            "to_name": ("Zoë", "O'Neil", "=Alyss")[n % 3],
            "to_email": f"friend{n}@example.com",
            "from_name": "Noland, Dr.",
            "from_email": "giver@example.com",
            "customer_id": 0 if n % 2 else 11,
            "order_id": 0 if n % 3 else 100 + n,
            "template": ("celebration.html", "general.html")[n % 2],
            "message": trap(n),
            "purchase_date": str(int(moment(n + 30).timestamp())),
            "expiry_date": "0" if n % 2 else str(int(moment(0).timestamp()) + 86_400 * n),
            "currency_code": "USD",
        }
        for n in range(count)
    ]


def make_banners(count: int) -> list[Record]:
    """The banners: pieces of HTML on the pages of the shop; all their numbers are text."""
    return [
        {
            "id": 1 + n,
            "name": f"Banner #{n}",
            "content": f"<p>{trap(n)}</p>\n",
            "page": ("home_page", "category_page", "brand_page", "search_page")[n % 4],
            "item_id": "23" if n % 4 == 1 else "0",
            "location": ("top", "bottom")[n % 2],
            "date_created": str(int(moment(n).timestamp())),
            "date_type": "custom" if n % 3 == 2 else "always",
            "date_from": "1522169082" if n % 3 == 2 else "0",
            "date_to": "1922169082" if n % 3 == 2 else "0",
            "visible": str(n % 2),
        }
        for n in range(count)
    ]


def make_promotions(count: int) -> list[Record]:
    """Promotions; every second one wants a code."""
    return [_promotion(n) for n in range(count)]


def _promotion(n: int) -> Record:
    kind = "COUPON" if n % 2 else "AUTOMATIC"
    promotion = {
        "id": 180 + n + n // 5,
        "redemption_type": kind,
        "name": f"Promotion {n}: {trap(n)}",
        "display_name": ("", "Summer, sale")[n % 2],
        "channels": [{"id": 1}],
        "customer": {
            "group_ids": [2] if n % 3 == 0 else [],
            "minimum_order_count": 0,
            "excluded_group_ids": [],
        },
        "rules": [
            {
                "action": {"cart_value": {"discount": {"percentage_amount": "10"}}},
                "apply_once": True,
                "stop": False,
                "condition": {"cart": {"minimum_spend": "50", "minimum_quantity": 1}},
            }
        ],
        "current_uses": n,
        "max_uses": 100,
        "status": ("ENABLED", "DISABLED", "INVALID")[n % 3],
        "start_date": iso(moment(n + 10)),
        "end_date": iso(moment(n)),
        "stop": False,
        "can_be_used_with_other_promotions": n % 2 == 0,
        "currency_code": "USD" if n % 4 else "*",
        "notifications": [
            {"content": "Almost there, <b>go on</b>", "type": "UPSELL", "locations": ["CART_PAGE"]}
        ],
        "created_from": ("react_ui", "legacy_ui", "api")[n % 3],
    }
    if kind == "COUPON":
        promotion |= {
            "coupon_overrides_other_promotions": False,
            "multiple_codes": {"has_multiple_codes": n % 4 == 3},
            "coupon_type": "BULK" if n % 4 == 3 else "SINGLE",
        }
    return promotion


def make_codes(promotion: Record, count: int) -> list[Record]:
    """The codes of one promotion: many in bulk, one for a single one, none without codes."""
    if promotion["redemption_type"] == "AUTOMATIC":
        return []
    return [
        {
            "id": promotion["id"] * 1_000_000 + n,
            "code": f"{n:05d}" if n else f"=CODE-{promotion['id']}",
            "current_uses": n % 3,
            "max_uses": 10,
            "max_uses_per_customer": 1,
            "created": iso(moment(n)),
        }
        for n in range(count if promotion["coupon_type"] == "BULK" else 1)
    ]
