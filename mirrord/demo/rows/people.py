"""Subscribers, wishlists and segments."""

from __future__ import annotations

from collections.abc import Sequence

from mirrord.demo.rows.telling import plus, trap, uuid, z
from mirrord.demo.shapes import Record
from mirrord.demo.words import FIRST_NAMES, LAST_NAMES

SEGMENT = "5bb733a9-5491-47b3-9451-9ae8d6a6bc6b"
"""The segment that some customers name."""


def make_subscribers(count: int) -> list[Record]:
    """Who gets the newsletter; few are customers."""
    return [
        {
            "id": 3 + n + n // 4,
            "email": f"reader+{n:04d}@example.com",
            "first_name": FIRST_NAMES[n % len(FIRST_NAMES)],
            "last_name": trap(n) if n % 4 == 1 else LAST_NAMES[n % len(LAST_NAMES)],
            "source": ("storefront", "order", "=import")[n % 3],
            "order_id": None if n % 3 != 1 else 100 + n,
            "channel_id": 1,
            "consents": [["marketing_newsletter"], [], ["abandoned_cart"]][n % 3],
            "date_created": plus(n + 300),
            "date_modified": plus(n),
        }
        for n in range(count)
    ]


def make_wishlists(
    customers: Sequence[Record], products: Sequence[Record], count: int
) -> list[Record]:
    """What customers wish for; one list is empty, some of a guest."""
    return [
        {
            "id": 1 + n + n // 6,
            "customer_id": customers[n % len(customers)]["id"] if customers and n % 5 else 0,
            "name": ("Birthday, mine", "Christmas", trap(n))[n % 3],
            "is_public": n % 2 == 0,
            "token": uuid(7, n),
            "items": [
                {
                    "id": n * 10 + place,
                    "product_id": row["id"],
                    "variant_id": row["variants"][0]["id"],
                }
                for place, row in enumerate(products[n % 7 : n % 7 + n % 4])
            ],
        }
        for n in range(count)
    ]


def make_segments(count: int) -> list[Record]:
    """Groups of customers by what they do; the first is the one that customers name."""
    return [
        {
            "id": SEGMENT if n == 0 else uuid(8, 1000 - n),
            "name": ("Loyal, since 2019", "Nouveaux clients", "00123")[n % 3],
            "description": trap(n),
            "created_at": z(n + 200),
            "updated_at": z(n),
        }
        for n in range(min(count, 40))
    ]


def make_profiles(customers: Sequence[Record]) -> list[Record]:
    """The profiles by which segments know their customers."""
    return [
        {
            "id": row["shopper_profile_id"],
            "customer_id": row["id"],
            "created_at": row["date_created"],
            "updated_at": row["date_modified"],
        }
        for row in customers
    ]
