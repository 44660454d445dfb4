"""How the shop is paid and sends: currencies, tax, shipping, locations, stock."""

from __future__ import annotations

from collections.abc import Sequence

from mirrord.demo.rows.telling import plus, trap, z
from mirrord.demo.shapes import Record

CURRENCIES = (
    ("USD", "US Dollar", "$", "1.0000000000", 2),
    ("EUR", "Euro", "€", "0.9200000000", 2),
    ("JPY", "Yen, japanese", "¥", "151.2500000000", 0),
)
DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
RATES: tuple[tuple[float, ...], ...] = ((8, 0), (23, 8.5), (6.25,))
TAX_CLASSES = ("Default Tax Class", "Non-Taxable Products", "Shipping", "Gift Wrapping")


def make_currencies() -> list[Record]:
    """The currencies; the first one is the store's own."""
    return [
        {
            "id": 1 + n,
            "is_default": n == 0,
            "country_iso2": ("US", "DE", "JP")[n],
            "default_for_country_codes": (["USA"], ["DEU", "FRA"], [])[n],
            "currency_code": code,
            "currency_exchange_rate": rate,
            "auto_update": n > 0,
            "token_location": "left" if n != 1 else "right",
            "token": token,
            "decimal_token": ".,."[n],
            "thousands_token": ",.,"[n],
            "decimal_places": places,
            "name": name,
            "enabled": True,
            "is_transactional": n < 2,
            "use_default_name": n == 0,
            "last_updated": plus(n),
        }
        for n, (code, name, token, rate, places) in enumerate(CURRENCIES)
    ]


def make_tax_classes() -> list[Record]:
    """Tax classes; their ids are text."""
    return [
        {"id": str(n), "name": name, "created_at": plus(900), "updated_at": plus(400 + n)}
        for n, name in enumerate(TAX_CLASSES)
    ]


def make_tax_zones() -> list[Record]:
    """Tax zones: whose address makes which tax."""
    shown = {
        "show_inclusive": False,
        "show_both_on_detail_view": False,
        "show_both_on_list_view": False,
    }
    return [
        {
            "id": 1 + n,
            "name": name,
            "enabled": n != 2,
            "price_display_settings": shown | {"show_inclusive": n == 1},
            "shopper_target_settings": {"locations": places, "customer_groups": groups},
        }
        for n, (name, places, groups) in enumerate(
            (
                ("Default, everywhere", [], []),
                ("EU", [_place("DE"), _place("PL")], [2]),
                ("Texas", [_place("US", "TX", ["00123", "78701"])], []),
            )
        )
    ]


def _place(country: str, state: str = "", codes: Sequence[str] = ()) -> Record:
    states = [state] if state else []
    return {"country_code": country, "subdivision_codes": states, "postal_codes": list(codes)}


def make_tax_rates() -> list[Record]:
    """The rates of each zone, by class."""
    return [
        {
            "id": 1 + n * 3,
            "name": ("Tax", "VAT, 23%", "Sales tax")[n],
            "enabled": True,
            "priority": n,
            "tax_zone_id": 1 + n,
            "class_rates": [{"rate": rate, "tax_class_id": k} for k, rate in enumerate(rates)],
        }
        for n, rates in enumerate(RATES)
    ]


def make_tax_properties() -> list[Record]:
    """What products and customers may be marked with for a tax program."""
    return [
        {
            "id": 1 + n,
            "code": ("dental_item", "00042")[n],
            "display_name": ("Dental item, any", "=Zwolnienie")[n],
            "description": trap(n),
            "type": ("PRODUCT", "CUSTOMER")[n],
            "created_at": z(500 + n),
            "updated_at": z(50 + n),
        }
        for n in range(2)
    ]


def make_zones() -> list[Record]:
    """Shipping zones; where the money stands as text and a method has handling fees."""
    free = {"enabled": False, "minimum_sub_total": "0.0000"}
    places = (
        {"id": 5, "country_iso2": "US"},
        {"id": 6, "zip": "00123", "country_iso2": "PL"},
        {"id": 7, "country_iso2": "US", "state_iso2": "TX"},
    )
    return [
        {
            "id": 1 + n,
            "name": ("United States", "Łódź, centre", "Texas")[n],
            "type": ("country", "zip", "state")[n],
            "locations": [place],
            "free_shipping": free | {"exclude_fixed_shipping_products": n == 1},
            "handling_fees": {"fixed_surcharge": "2.5000", "display_separately": n == 1},
            "enabled": n != 2,
        }
        for n, place in enumerate(places)
    ]


def make_methods(zone_id: int) -> list[Record]:
    """How a zone is sent to; the last zone has no method yet."""
    methods = [
        ("Flat Rate", "perorder", {"rate": 12}),
        ("Pickup, in store", "total", {}),
        (
            "Ship by Weight",
            "weight",
            {"range": [{"lower_limit": 0, "upper_limit": 20, "shipping_cost": 8.05}]},
        ),
    ]
    return [
        {
            "id": zone_id * 10 + n,
            "name": name,
            "type": kind,
            "settings": settings,
            "enabled": n != 1,
            "handling_fees": {"fixed_surcharge": n},
            "is_fallback": False,
            "channel_ids": [1],
        }
        for n, (name, kind, settings) in enumerate(methods[: 3 - zone_id if zone_id > 1 else 3])
    ]


def make_locations() -> list[Record]:
    """Where stock stands: a shop and a warehouse."""
    return [_location(n) for n in range(2)]


def _location(n: int) -> Record:
    return {
        "id": 1 + n,
        "code": ("LOCATION-1", "00042")[n],
        "label": ("Main shop", "Magazyn, Łódź")[n],
        "description": trap(n),
        "managed_by_external_source": n == 1,
        "type_id": ("PHYSICAL", "VIRTUAL")[n],
        "enabled": True,
        "operating_hours": {
            day: {"open": day != "sunday", "opening": "08:00", "closing": "16:00"} for day in DAYS
        },
        "time_zone": "Etc/UTC",
        "created_at": z(700),
        "updated_at": z(70 + n),
        "address": {
            "address1": "123 Main Street",
            "address2": "",
            "city": "Austin",
            "state": "Texas",
            "zip": "00726",
            "email": "shop@example.com",
            "phone": "+1 111-111-1111",
            "geo_coordinates": {"latitude": 30.4, "longitude": -97.7},
            "country_code": "US",
        },
        "storefront_visibility": n == 0,
        "special_hours": [],
    }


def make_stock(products: Sequence[Record], count: int) -> list[Record]:
    """How much of each variant stands where."""
    variants = [variant for row in products for variant in row["variants"]]
    return [_stock(variant) for variant in variants[:count]]


def _stock(variant: Record) -> Record:
    return {
        "identity": {
            "sku": variant["sku"],
            "variant_id": variant["id"],
            "product_id": variant["product_id"],
            "sku_id": variant["sku_id"] or 0,
        },
        "locations": [
            {
                "location_id": 1 + n,
                "location_code": code,
                "location_name": name,
                "available_to_sell": variant["inventory_level"] if n == 0 else 0,
                "total_inventory_onhand": variant["inventory_level"] if n == 0 else 0,
                "location_enabled": True,
                "settings": {
                    "safety_stock": n,
                    "is_in_stock": n == 0 and variant["inventory_level"] > 0,
                    "warning_level": 0,
                    "bin_picking_number": variant["bin_picking_number"] if n == 0 else "",
                },
            }
            for n, (code, name) in enumerate((("LOCATION-1", "Main shop"), ("00042", "Magazyn")))
        ],
    }


def make_pickup_methods() -> list[Record]:
    """How an order can be fetched."""
    return [
        {
            "id": 1 + n,
            "location_id": 1 + n,
            "display_name": ("Pick up in store", "Odbiór, Łódź")[n],
            "collection_instructions": ("Bring your ID, please", trap(4))[n],
            "collection_time_description": "9am - 6pm",
            "date_created": z(300 + n),
            "date_modified": z(30 + n),
        }
        for n in range(2)
    ]
