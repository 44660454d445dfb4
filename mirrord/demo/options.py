"""Options, variants and modifiers of the generated products.

Shapes after the catalogue's V3 answers. This room must never touch the product's other fields.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import product as cartesian
from random import Random

from mirrord.demo.shapes import Record, cents, number
from mirrord.demo.words import COLOURS, MATERIALS, SIZES

KINDS = ("simple", "swatch_and_rectangles", "simple", "dropdown", "radio_buttons", "product_list")


def kind_of(index: int) -> str:
    """Which options the product of this index has."""
    return KINDS[index % len(KINDS)]


def make_options(product_id: int, index: int) -> list[Record]:
    """The options that make this product's variants; none for a simple product."""
    kind = kind_of(index)
    if kind == "simple":
        return []
    if kind == "swatch_and_rectangles":
        colours = [(label, {"colors": [colour]}) for label, colour in COLOURS[: 2 + index % 3]]
        sizes = [(label, None) for label in SIZES[: 2 + index % 2]]
        return [
            _option(product_id, 1, "Color", "swatch", colours),
            _option(product_id, 2, "Size", "rectangles", sizes),
        ]
    if kind == "product_list":
        picks = [(f"Pick {n}", {"product_id": 77 + n}) for n in range(2)]
        return [_option(product_id, 1, "Pick one", "product_list", picks)]
    return [_option(product_id, 1, "Material", kind, [(label, None) for label in MATERIALS])]


def _option(
    product_id: int, place: int, name: str, kind: str, values: Sequence[tuple[str, Record | None]]
) -> Record:
    option_id = product_id * 10 + place
    return {
        "id": option_id,
        "product_id": product_id,
        "name": f"{name}{product_id}-{place}",
        "display_name": name,
        "type": kind,
        "config": {},
        "sort_order": place - 1,
        "option_values": [
            {
                "id": option_id * 10 + n,
                "label": label,
                "sort_order": n,
                "value_data": data,
                "is_default": n == 0,
            }
            for n, (label, data) in enumerate(values)
        ],
    }


def make_variants(product: Record, options: list[Record], rng: Random) -> list[Record]:
    """Every combination of the options' values; the one base variant where there are none."""
    choices = [[(option, value) for value in option["option_values"]] for option in options]
    combinations = cartesian(*choices)
    return [_variant(product, n, combination, rng) for n, combination in enumerate(combinations)]


def _variant(
    product: Record, n: int, combination: tuple[tuple[Record, Record], ...], rng: Random
) -> Record:
    is_base = not combination
    own_price = None if is_base or n % 3 else cents(rng.randrange(500, 9000))
    price = Decimal(str(product["price"])) if own_price is None else own_price
    return {
        "id": product["id"] * 100 + n,
        "product_id": product["id"],
        "sku": product["sku"] if is_base else f"{product['sku']}-{n:03d}",
        "sku_id": None if is_base else product["id"] * 50 + n,
        "price": None if own_price is None else number(own_price),
        "calculated_price": number(price),
        "sale_price": None,
        "retail_price": None,
        "map_price": None,
        "weight": None,
        "calculated_weight": product["weight"],
        "width": None,
        "height": None,
        "depth": None,
        "is_free_shipping": False,
        "fixed_cost_shipping_price": None,
        "purchasing_disabled": n == 5,
        "purchasing_disabled_message": "Sold out, sorry" if n == 5 else "",
        "image_url": "",
        "cost_price": 0,
        "upc": product["upc"] if is_base else f"{n:012d}",
        "mpn": "",
        "gtin": "",
        "inventory_level": product["inventory_level"] if is_base else rng.randrange(0, 40),
        "inventory_warning_level": 0,
        "bin_picking_number": product["bin_picking_number"] if is_base else f"B-{n:04d}",
        "option_values": [
            {
                "id": value["id"],
                "label": value["label"],
                "option_id": option["id"],
                "option_display_name": option["display_name"],
            }
            for option, value in combination
        ],
    }


def make_modifiers(product_id: int, index: int) -> list[Record]:
    """Every fourth product can be engraved and wrapped."""
    if index % 4 != 2:
        return []
    engraving = _modifier(product_id, 1, "Engraving, up to 55 letters", "text")
    engraving["config"] = {"text_characters_limited": True, "text_max_length": 55}
    wrapping = _modifier(product_id, 2, "Is this a gift?", "checkbox")
    wrapping["config"] = {"checkbox_label": "Yes, +$5", "checked_by_default": False}
    wrapping["option_values"] = [
        _modifier_value(wrapping["id"], 0, "Yes", 5.0),
        _modifier_value(wrapping["id"], 1, "No", None),
    ]
    return [engraving, wrapping]


def _modifier(product_id: int, place: int, name: str, kind: str) -> Record:
    return {
        "id": product_id * 10 + 5 + place,
        "product_id": product_id,
        "name": f"{name}{product_id}-{place}",
        "display_name": name,
        "type": kind,
        "required": False,
        "sort_order": place + 1,
        "config": {},
        "option_values": [],
    }


def _modifier_value(modifier_id: int, n: int, label: str, surcharge: float | None) -> Record:
    price = {"adjuster": "relative", "adjuster_value": surcharge} if surcharge else None
    return {
        "id": modifier_id * 10 + n,
        "option_id": modifier_id,
        "label": label,
        "sort_order": n,
        "value_data": {"checked_value": label == "Yes"},
        "is_default": label == "No",
        "adjusters": {
            **({"price": price} if price else {}),
            "image_url": "",
            "purchasing_disabled": {"status": False, "message": ""},
        },
    }
