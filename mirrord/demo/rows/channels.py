"""Where the shop sells: channels with their listings and menus, sites with their routes."""

from __future__ import annotations

from collections.abc import Sequence

from mirrord.demo.rows.telling import BEYOND_DOUBLES, z
from mirrord.demo.shapes import Record

CHANNELS = ((1, "Sample Store", "storefront", "bigcommerce", "active"),)
OTHERS = (
    (1092, "Großhandel, EU", "storefront", "custom", "prelaunch"),
    (664179, "=Amazon", "marketplace", "amazon", "connected"),
    (667160, "Kasse", "pos", "square", "disconnected"),
)


def make_channels() -> list[Record]:
    """The channels, with what ``include=currencies`` shows of them."""
    return [
        {
            "id": channel_id,
            "external_id": "" if n % 2 else f"{channel_id:012d}",
            "is_listable_from_ui": n % 2 == 0,
            "is_enabled": status == "active",
            "is_visible": True,
            "status": status,
            "name": name,
            "type": kind,
            "platform": platform,
            "date_created": z(800 - n),
            "date_modified": z(70 + n),
            "icon_url": f"https://example.com/icons/{platform}.svg",
            "currencies": _currencies(channel_id),
        }
        for n, (channel_id, name, kind, platform, status) in enumerate((*CHANNELS, *OTHERS))
    ]


def make_channel_currencies() -> list[Record]:
    """The currencies of each channel."""
    return [_currencies(channel[0]) for channel in (*CHANNELS, *OTHERS)]


def _currencies(channel_id: int) -> Record:
    enabled = ["USD", "EUR"] if channel_id == 1 else ["EUR"]
    return {
        "channel_id": channel_id,
        "enabled_currencies": enabled,
        "default_currency": enabled[0],
    }


def make_listings(products: Sequence[Record], count: int) -> list[Record]:
    """The products as two of the channels list them; the ids want all their digits."""
    return [
        _listing(channel_id, n, row)
        for channel_id in (1, 664179)
        for n, row in enumerate(products[:count])
    ]


def _listing(channel_id: int, n: int, product: Record) -> Record:
    common = {"channel_id": channel_id, "product_id": product["id"]}
    dates = {"date_created": z(n + 500), "date_modified": z(n)}
    return {
        **common,
        "listing_id": BEYOND_DOUBLES + channel_id * 1000 + n * 2,
        "external_id": f"{n:010d}",
        "state": ("active", "disabled", "error")[n % 3],
        "name": product["name"],
        "description": product["description"],
        **dates,
        "variants": [
            {
                **common,
                "variant_id": variant["id"],
                "external_id": "",
                "state": "active",
                "name": product["name"],
                "description": "",
                **dates,
            }
            for variant in product["variants"][:2]
        ],
    }


def make_menus() -> dict[str, Record]:
    """What the control panel shows of each channel, by the path of the answer."""
    return {
        f"v3/channels/{channel[0]}/channel-menus": {
            "bigcommerce_protected_app_sections": ["social", "carousel", "domains"],
            "custom_app_sections": [
                {"title": "Overview, all", "query_path": "overview"},
                {"title": "Ustawienia", "query_path": "settings?x=1"},
            ][: 1 + n % 2],
        }
        for n, channel in enumerate((*CHANNELS, *OTHERS))
    }


def make_sites() -> list[Record]:
    """The two storefronts' sites."""
    return [_site(1000, 1, "sample-store"), _site(1001, 1092, "grosshandel")]


def _site(site_id: int, channel_id: int, name: str) -> Record:
    kinds = ("primary", "canonical", "checkout")
    return {
        "id": site_id,
        "url": f"https://{name}.example.com",
        "channel_id": channel_id,
        "created_at": z(800),
        "updated_at": z(80),
        "ssl_status": "dedicated" if channel_id == 1 else "shared",
        "urls": [
            {
                "url": f"https://{name}.example.com",
                "type": kind,
                "created_at": z(800),
                "updated_at": z(80),
            }
            for kind in kinds
        ],
        "is_checkout_url_customized": False,
    }


def make_routes(site_id: int) -> list[Record]:
    """How one site's addresses are made."""
    return [
        {"id": site_id * 10 + 1, "type": "product", "matching": "5", "route": "/products?id={id}"},
        {"id": site_id * 10 + 2, "type": "category", "matching": "*", "route": "/c/{slug}"},
        {"id": site_id * 10 + 4, "type": "home", "matching": "", "route": "/"},
    ]
