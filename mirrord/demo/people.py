"""The generated customers, their attributes and groups.

Shapes after V3 customers and V2 customer groups. Every name, address and number is made up; mail
goes to ``example.com``.
"""

from __future__ import annotations

from datetime import timedelta
from random import Random

from mirrord.demo.shapes import LATEST, Record, cents, iso_z, number
from mirrord.demo.words import FIRST_NAMES, LAST_NAMES, PLACES, STREETS, TRAPS

SUB_RESOURCES = {
    "addresses": ("addresses",),
    "storecredit": ("store_credit_amounts",),
    "attributes": ("attributes",),
    "formfields": ("form_fields",),
    "shopper_profile_id": ("shopper_profile_id",),
    "segment_ids": ("segment_ids",),
}
"""Which fields of a customer come only when ``include`` names the key."""

ATTRIBUTES = (("Favourite colour", "string"), ("Loyalty points", "number"), ("Birthday", "date"))


MANY_ADDRESSES = 7
"""The index of the customer with more addresses than /v3/customers gives."""


def make_groups() -> list[Record]:
    """All customer groups, as GET /v2/customer_groups gives them."""
    rules = {"type": "all", "method": "percent", "amount": "5.0000"}
    return [
        _group(1, "Retail", is_default=True, rules=[]),
        _group(2, "Wholesale, EU", is_default=False, rules=[rules]),
        _group(3, "Freunde & Förderer", is_default=False, rules=[]),
    ]


def _group(group_id: int, name: str, *, is_default: bool, rules: list[Record]) -> Record:
    return {
        "id": group_id,
        "name": name,
        "is_default": is_default,
        "category_access": {"type": "all"},
        "discount_rules": rules,
        "date_created": "2023-07-17 06:30:41",
        "date_modified": "2023-07-25 01:15:19",
        "is_group_for_guests": False,
    }


def make_attributes() -> list[Record]:
    """The names of the customers' attributes, as GET /v3/customers/attributes gives them."""
    made = iso_z(LATEST - timedelta(days=2000))
    return [
        {"id": 1 + n, "name": name, "type": kind, "date_created": made, "date_modified": made}
        for n, (name, kind) in enumerate(ATTRIBUTES)
    ]


def make_customers(seed: int, count: int) -> list[Record]:
    """``count`` whole customers; their ids have holes."""
    rng = Random(f"{seed} customers")
    return [_customer(11 + n + n // 9, n, rng) for n in range(count)]


def _customer(customer_id: int, n: int, rng: Random) -> Record:
    created = LATEST - timedelta(days=rng.randrange(30, 2000), seconds=rng.randrange(86_400))
    modified = created + (LATEST - created) * rng.random()
    first, last = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
    addresses = [_address(customer_id, place, first, last, rng) for place in range(_addresses(n))]
    attributes = [
        {
            "id": customer_id * 10 + k,
            "customer_id": customer_id,
            "attribute_id": 1 + k,
            "attribute_value": value,
            "date_created": iso_z(created),
            "date_modified": iso_z(created),
        }
        for k, value in enumerate(("blue, mostly", "00120", "1980-02-29")[: n % 4])
    ]
    return {
        "id": customer_id,
        "email": f"customer{customer_id:04d}@example.com",
        "first_name": first,
        "last_name": last,
        "company": 'Acme "Best", Ltd' if n % 6 == 0 else "",
        "phone": "+44 20 7946 0000" if n % 3 else "0207946000",
        "registration_ip_address": f"192.0.2.{n % 250}",
        "notes": TRAPS[n] if n < len(TRAPS) else "",
        "tax_exempt_category": "00" if n % 10 == 3 else "",
        "customer_group_id": n % 4,
        "date_created": iso_z(created),
        "date_modified": iso_z(modified),
        "address_count": len(addresses),
        "attribute_count": len(attributes),
        "authentication": {"force_password_reset": False},
        "accepts_product_review_abandoned_cart_emails": n % 2 == 0,
        "origin_channel_id": 1,
        "channel_ids": [1],
        "addresses": addresses,
        "attributes": attributes,
        "form_fields": _form_fields(customer_id) if n % 4 == 1 else [],
        "store_credit_amounts": [{"amount": number(cents(4315)) if n % 7 == 0 else 0}],
        "shopper_profile_id": f"82511e54-4040-40fe-b742-{customer_id:012x}",
        "segment_ids": ["5bb733a9-5491-47b3-9451-9ae8d6a6bc6b"] if n % 8 == 0 else [],
    }


def _addresses(n: int) -> int:
    """How many addresses; one customer has more than an answer about customers holds."""
    return 12 if n == MANY_ADDRESSES else (0, 1, 2, 3, 1)[n % 5]


def _address(customer_id: int, place: int, first: str, last: str, rng: Random) -> Record:
    city, state, code, country, country_code = rng.choice(PLACES)
    address_id = customer_id * 100 + place
    return {
        "id": address_id,
        "customer_id": customer_id,
        "first_name": first,
        "last_name": last,
        "company": "",
        "address1": f"{rng.randrange(1, 300)} {rng.choice(STREETS)}",
        "address2": "c/o Roe, 2nd floor" if place == 1 else "",
        "city": city,
        "state_or_province": state,
        "postal_code": code,
        "country": country,
        "country_code": country_code,
        "phone": "00123456789",
        "address_type": ("residential", "commercial")[place % 2],
        "form_fields": [{"name": "Door code", "value": "0042", "address_id": address_id}]
        if place == 0
        else [],
    }


def _form_fields(customer_id: int) -> list[Record]:
    return [
        {"customer_id": customer_id, "name": "How did you hear of us?", "value": "=A friend"},
        {"customer_id": customer_id, "name": "Interests", "value": ["Tea, loose", "Garden"]},
    ]
