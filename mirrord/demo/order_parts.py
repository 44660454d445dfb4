"""What hangs on a generated order: addresses, coupons, shipments, refunds.

Shapes after V2's sub-resources of an order and V3's refunds.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from random import Random

from mirrord.demo.lines import line_amount, summed, taxed
from mirrord.demo.shapes import Record, iso, link, money, number
from mirrord.demo.words import FIRST_NAMES, LAST_NAMES, PLACES, STREETS, TRAPS

PERSON = ("first_name", "last_name", "company", "street_1", "street_2", "city", "state", "zip")
WHERE = ("country", "country_iso2", "phone", "email")


def billing_of(order_id: int, buyer: Record | None, rng: Random) -> Record:
    """The buyer's first address, or a made-up one for guests and those without any."""
    if buyer and buyer["addresses"]:
        return _of_customer(buyer, buyer["addresses"][0])
    city, state, code, country, country_code = rng.choice(PLACES)
    return {
        "first_name": buyer["first_name"] if buyer else rng.choice(FIRST_NAMES),
        "last_name": buyer["last_name"] if buyer else rng.choice(LAST_NAMES),
        "company": "",
        "street_1": f"{rng.randrange(1, 300)} {rng.choice(STREETS)}",
        "street_2": "",
        "city": city,
        "state": state,
        "zip": code,
        "country": country,
        "country_iso2": country_code,
        "phone": "0012 345-678",
        "email": buyer["email"] if buyer else f"guest{order_id}@example.com",
        "form_fields": [],
    }


def _of_customer(buyer: Record, address: Record) -> Record:
    return {
        "first_name": address["first_name"],
        "last_name": address["last_name"],
        "company": address["company"],
        "street_1": address["address1"],
        "street_2": address["address2"],
        "city": address["city"],
        "state": address["state_or_province"],
        "zip": address["postal_code"],
        "country": address["country"],
        "country_iso2": address["country_code"],
        "phone": address["phone"],
        "email": buyer["email"],
        "form_fields": [
            {"name": "Delivery Instructions", "value": "Leave it, please, in the yard"}
        ],
    }


def shipping_address(
    order_id: int,
    address_id: int,
    billing: Record,
    lines: list[Record],
    store_hash: str,
    rng: Random,
) -> Record:
    """Where a share of the order's lines goes, and what that costs."""
    cost = taxed(Decimal(rng.choice((0, 5, 12))))
    quotes = f"/orders/{order_id}/shippingaddresses/{address_id}/shippingquotes"
    return {key: billing[key] for key in PERSON + WHERE} | {
        "id": address_id,
        "order_id": order_id,
        "street_2": TRAPS[address_id % len(TRAPS)] if address_id % 9 == 0 else billing["street_2"],
        "items_total": sum(line["quantity"] for line in lines),
        "items_shipped": 0,
        "shipping_method": rng.choice(("Flat Rate", "Ground, insured", "None")),
        "base_cost": money(cost.ex_tax),
        "cost_ex_tax": money(cost.ex_tax),
        "cost_inc_tax": money(cost.inc_tax),
        "cost_tax": money(cost.tax),
        "cost_tax_class_id": 2,
        "base_handling_cost": "0.0000",
        "handling_cost_ex_tax": "0.0000",
        "handling_cost_inc_tax": "0.0000",
        "handling_cost_tax": "0.0000",
        "handling_cost_tax_class_id": 2,
        "shipping_zone_id": 1,
        "shipping_zone_name": "Rest of the World",
        "shipping_quotes": link(store_hash, quotes),
        "form_fields": [],
    }


def make_coupon(order_id: int) -> Record:
    """A coupon that took five off the order's total."""
    return {
        "id": order_id,
        "coupon_id": 1,
        "order_id": order_id,
        "code": "SAVE-5, TODAY",
        "amount": 5,
        "type": 2,
        "discount": 5,
    }


def make_shipment(head: Record, address: Record, lines: list[Record], rng: Random) -> Record:
    """The parcel that took this address's lines away."""
    person = {key: address[key] for key in PERSON + WHERE}
    sent = [line for line in lines if line["order_address_id"] == address["id"]]
    address["items_shipped"] = address["items_total"]
    return {
        "id": address["id"],
        "order_id": head["id"],
        "customer_id": head["customer_id"],
        "order_address_id": address["id"],
        "date_created": head["date_shipped"],
        "tracking_number": f"00{rng.randrange(10**9):09d}US",
        "merchant_shipping_cost": "0.0000",
        "shipping_method": address["shipping_method"],
        "comments": "Ready to go...",
        "shipping_provider": "usps",
        "tracking_carrier": "",
        "tracking_link": "",
        "billing_address": {key: head["billing_address"][key] for key in PERSON + WHERE},
        "shipping_address": person,
        "items": [
            {
                "order_product_id": line["id"],
                "product_id": line["product_id"],
                "quantity": line["quantity"],
            }
            for line in sent
        ],
        "shipping_provider_display_name": "USPS",
        "generated_tracking_link": "",
    }


def make_refund(head: Record, lines: list[Record]) -> Record:
    """A refund of these lines, two days after the order; marks the lines as refunded."""
    total = summed([line_amount(line) for line in lines])
    for line in lines:
        line["is_refunded"] = True
        line["quantity_refunded"] = line["quantity"]
        line["refund_amount"] = line["total_inc_tax"]
    return {
        "id": head["id"],
        "order_id": head["id"],
        "user_id": 1,
        "created": iso(parsedate_to_datetime(head["date_created"]) + timedelta(days=2)),
        "reason": 'Arrived "broken", sorry',
        "total_amount": number(total.inc_tax),
        "total_tax": number(total.tax),
        "uses_merchant_override_values": False,
        "items": [
            {
                "item_type": "PRODUCT",
                "item_id": line["id"],
                "reason": "",
                "quantity": line["quantity"],
                "adjustments": [],
                "requested_amount": number(line_amount(line).inc_tax),
            }
            for line in lines
        ],
        "payments": [
            {
                "id": head["id"],
                "provider_id": "storecredit",
                "amount": number(total.inc_tax),
                "offline": False,
                "is_declined": False,
                "declined_message": "",
                "transaction_id": str(head["id"]),
            }
        ],
    }
