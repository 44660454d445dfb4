"""The generated products with all that belongs to them, brands and categories.

Shapes after the V3 catalogue's answers; a product here is whole, the API leaves out what was not
asked for. Every ``image_file`` is drawn into the tree by :mod:`mirrord.demo.tree`.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta
from random import Random

from mirrord.demo.options import kind_of, make_modifiers, make_options, make_variants
from mirrord.demo.shapes import LATEST, Record, cents, iso, number
from mirrord.demo.words import ADJECTIVES, BRANDS, CATEGORIES, NOUNS, TRAPS

FIRST_PRODUCT = 77
SUB_RESOURCES = (
    "bulk_pricing_rules",
    "channels",
    "custom_fields",
    "images",
    "modifiers",
    "options",
    "parent_relations",
    "primary_image",
    "reviews",
    "variants",
    "videos",
)
"""The fields of a product that come only when ``include`` names them."""


def make_brands() -> list[Record]:
    """All brands, as GET /v3/catalog/brands gives them."""
    return [
        {
            "id": 35 + n,
            "name": name,
            "page_title": "",
            "meta_keywords": [""],
            "meta_description": "",
            "image_url": "",
            "search_keywords": "",
            "custom_url": {"url": f"/brands/{_slug(name)}/", "is_customized": False},
        }
        for n, name in enumerate(BRANDS)
    ]


def make_categories() -> list[Record]:
    """All categories, as GET /v3/catalog/trees/categories gives them."""
    ids = {name: 18 + n for n, (name, _) in enumerate(CATEGORIES)}
    return [
        {
            "category_id": ids[name],
            "category_uuid": f"d1964756-5e1d-4c72-9fa0-{ids[name]:012x}",
            "tree_id": 1,
            "parent_id": ids[parent] if parent else 0,
            "name": name,
            "description": f"<p>{name}</p>",
            "views": 0,
            "sort_order": n,
            "page_title": "",
            "meta_keywords": [""],
            "meta_description": "",
            "layout_file": "category.html",
            "image_url": "",
            "is_visible": name != "Clearance",
            "search_keywords": "",
            "default_product_sort": "use_store_settings",
            "url": {"path": f"/{_slug(name)}/", "is_customized": False},
        }
        for n, (name, parent) in enumerate(CATEGORIES)
    ]


def make_products(seed: int, count: int, store_hash: str) -> list[Record]:
    """``count`` whole products; their ids have holes, as in a shop that has lived."""
    rng = Random(f"{seed} products")
    return [make_product(FIRST_PRODUCT + n + n // 7, n, store_hash, rng) for n in range(count)]


def make_product(product_id: int, n: int, store_hash: str, rng: Random) -> Record:
    """The n-th whole product: its number decides of what kind it is."""
    name = f"{rng.choice(ADJECTIVES)} {rng.choice(NOUNS)} No. {n + 1}"
    if n < len(TRAPS):
        name = f"{name} {TRAPS[n].strip()}"[:250]
    price = cents(rng.randrange(99, 25_000))
    product = _plain_fields(product_id, n, name, rng)
    product |= {
        "price": number(price),
        "cost_price": number(price / 2) if n % 2 else 0,
        "retail_price": number(price + 5),
        "sale_price": number(price - cents(50)) if n % 6 == 0 else 0,
        "map_price": 0,
        "calculated_price": number(price - cents(50)) if n % 6 == 0 else number(price),
    }
    options = make_options(product_id, n)
    product["options"] = options
    product["variants"] = make_variants(product, options, rng)
    product["base_variant_id"] = None if options else product["variants"][0]["id"]
    product["modifiers"] = make_modifiers(product_id, n)
    product["images"] = _images(product_id, name, n, store_hash, rng)
    thumbnails = [image for image in product["images"] if image["is_thumbnail"]]
    product["primary_image"] = thumbnails[0] if thumbnails else None
    product |= _extras(product_id, n)
    return product


def _plain_fields(product_id: int, n: int, name: str, rng: Random) -> Record:
    created = LATEST - timedelta(days=rng.randrange(60, 1500), seconds=rng.randrange(86_400))
    modified = created + (LATEST - created) * rng.random()
    stock = rng.randrange(0, 120)
    return {
        "id": product_id,
        "name": name,
        "type": "digital" if n % 10 == 8 else "physical",
        "sku": "00123" if n == 4 else f"{name[:3].upper()}-{product_id:05d}",
        "description": TRAPS[n] if n < len(TRAPS) else f"<p>{name}, <em>made to last</em>.</p>\n",
        "weight": number(cents(rng.randrange(10, 900))),
        "width": number(cents(rng.randrange(0, 5000))),
        "depth": 0,
        "height": number(cents(rng.randrange(0, 5000))),
        "tax_class_id": n % 2,
        "product_tax_code": "",
        "categories": sorted(rng.sample(range(18, 26), 1 + n % 3)),
        "brand_id": 35 + n % 6 if n % 5 else 0,
        "option_set_id": None,
        "option_set_display": "right",
        "inventory_level": stock,
        "inventory_warning_level": 5 if n % 3 == 0 else 0,
        "inventory_tracking": "none" if n % 4 == 0 else _tracking(n),
        "reviews_rating_sum": 8 if n % 9 == 0 else 0,
        "reviews_count": 2 if n % 9 == 0 else 0,
        "total_sold": rng.randrange(0, 400),
        "fixed_cost_shipping_price": 0,
        "is_free_shipping": n % 8 == 0,
        "is_visible": n % 11 != 10,
        "is_featured": n % 12 == 0,
        "related_products": [-1],
        "warranty": TRAPS[(n + 4) % len(TRAPS)] if n % 7 == 0 else "",
        "bin_picking_number": f"{n:05d}",
        "layout_file": "product.html",
        "upc": f"{n:012d}" if n % 2 else "",
        "mpn": TRAPS[2] if n == 3 else "",
        "gtin": f"{n:014d}" if n % 3 == 0 else "",
        "date_last_imported": "",
        "search_keywords": "jar, glass" if n % 4 else "",
        "availability": "preorder" if n == 9 else "available",
        "availability_description": "",
        "gift_wrapping_options_type": "any",
        "gift_wrapping_options_list": [],
        "sort_order": n % 3,
        "condition": ("New", "Used", "Refurbished")[n % 20 % 3],
        "is_condition_shown": n % 3 == 0,
        "order_quantity_minimum": 0,
        "order_quantity_maximum": 0,
        "page_title": "",
        "meta_keywords": ["modern", "clean, plain"] if n % 6 == 1 else [],
        "meta_description": "",
        "date_created": iso(created),
        "date_modified": iso(modified),
        "view_count": rng.randrange(0, 5000),
        "preorder_release_date": iso(LATEST + timedelta(days=90)) if n == 9 else None,
        "preorder_message": "Ships in spring" if n == 9 else "",
        "is_preorder_only": n == 9,
        "is_price_hidden": n == 13,
        "price_hidden_label": "Ask us" if n == 13 else "",
        "custom_url": {"url": f"/{_slug(name)}/", "is_customized": n % 5 == 0},
        "open_graph_type": "product",
        "open_graph_title": "",
        "open_graph_description": "",
        "open_graph_use_meta_description": True,
        "open_graph_use_product_name": True,
        "open_graph_use_image": True,
    }


def _tracking(n: int) -> str:
    return "product" if kind_of(n) == "simple" else "variant"


def _images(product_id: int, name: str, n: int, store_hash: str, rng: Random) -> list[Record]:
    return [_image(product_id, name, n, place, store_hash, rng) for place in range(n % 4)]


def _image(product_id: int, name: str, n: int, place: int, store_hash: str, rng: Random) -> Record:
    stem, extension = _slug(name)[:40], "png" if (n + place) % 3 == 0 else "jpg"
    suffix = f"{rng.randrange(100_000):05d}"
    folder = f"{rng.choice('abcdefghijklmnopqrstuvwxyz')}/{rng.randrange(1000):03d}"
    image_id = product_id * 10 + place
    cdn = f"https://cdn11.bigcommerce.com/s-{store_hash}/products/{product_id}/images/{image_id}"
    stamp = 1_534_344_511 + image_id
    return {
        "id": image_id,
        "product_id": product_id,
        "is_thumbnail": place == 0,
        "sort_order": place,
        "description": TRAPS[3] if place == 1 else "",
        "image_file": f"{folder}/{stem}__{suffix}.{extension}",
        "url_zoom": f"{cdn}/{stem}__{suffix}.{stamp}.1280.1280.{extension}?c=1",
        "url_standard": f"{cdn}/{stem}__{suffix}.{stamp}.386.513.{extension}?c=1",
        "url_thumbnail": f"{cdn}/{stem}__{suffix}.{stamp}.220.290.{extension}?c=1",
        "url_tiny": f"{cdn}/{stem}__{suffix}.{stamp}.44.58.{extension}?c=1",
        "date_modified": iso(LATEST - timedelta(days=rng.randrange(1, 1000))),
    }


def _extras(product_id: int, n: int) -> Record:
    fields = [("ISBN", "0012345678901"), ("Care", TRAPS[n % len(TRAPS)]), ("Origin", "Łódź")]
    return {
        "custom_fields": [
            {"id": product_id * 10 + k, "name": name, "value": value}
            for k, (name, value) in enumerate(fields[: n % 4])
        ],
        "bulk_pricing_rules": [
            {"id": product_id * 10, "quantity_min": 10, "quantity_max": 19}
            | {"type": "percent", "amount": 10},
            {"id": product_id * 10 + 1, "quantity_min": 20, "quantity_max": 0}
            | {"type": "price", "amount": 1.5},
        ]
        if n % 5 == 1
        else [],
        "videos": [_video(product_id)] if n % 8 == 3 else [],
        "parent_relations": [],
        "reviews": [],
        "channels": [1, 1092] if n % 6 == 5 else [1],
    }


def _video(product_id: int) -> Record:
    return {
        "id": product_id,
        "product_id": product_id,
        "title": "How it is made, in 2 minutes",
        "description": 'A "short" film',
        "sort_order": 1,
        "type": "youtube",
        "video_id": "z3fRu9pkuXE",
        "length": "02:05",
    }


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-") or "x"
