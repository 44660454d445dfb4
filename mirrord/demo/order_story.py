"""What happened around a generated order: its taxes, its letters, its payments.

Shapes after V2's taxes and messages and V3's transactions of an order.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime

from mirrord.demo import statuses
from mirrord.demo.lines import line_amount
from mirrord.demo.shapes import Record, iso, money, number, rfc2822
from mirrord.demo.words import TRAPS

UNPAID = {statuses.INCOMPLETE, 5, 6, 7}
"""Incomplete, cancelled, declined, awaiting payment: no money moved."""


def make_taxes(head: Record, lines: list[Record]) -> list[Record]:
    """One tax for each line that is taxed."""
    return [
        {
            "id": line["id"],
            "order_id": head["id"],
            "order_address_id": line["order_address_id"],
            "tax_rate_id": 1,
            "sales_tax_id": f"{line['id']:010d}",
            "tax_class_id": None if line["id"] % 7 == 0 else 0,
            "name": "VAT, 20%",
            "class": "Default Tax Class",
            "rate": "20.0000",
            "priority": 0,
            "priority_amount": money(line_amount(line).tax),
            "line_amount": money(line_amount(line).tax),
            "order_pickup_method_id": line["order_pickup_method_id"],
            "order_product_id": str(line["id"]),
            "line_item_type": "item",
        }
        for line in lines
        if line_amount(line).tax
    ]


def make_messages(head: Record) -> list[Record]:
    """Every sixth order was written about; the customer asks, the shop answers."""
    if head["id"] % 6:
        return []
    created = parsedate_to_datetime(head["date_created"])
    return [
        {
            "id": head["id"] * 10 + n,
            "order_id": head["id"],
            "staff_id": n,
            "customer_id": head["customer_id"],
            "type": ("customer", "admin")[n],
            "subject": f"{'Re: ' * n}Order #{head['id']}",
            "message": TRAPS[(head["id"] // 6 + n) % len(TRAPS)],
            "status": ("read", "unread")[n],
            "is_flagged": n == 0,
            "date_created": rfc2822(created + timedelta(hours=n + 1)),
            "customer": {},
        }
        for n in range(2)
    ]


def make_transactions(head: Record) -> list[Record]:
    """What was paid: by card with its last digits, offline, or in part by gift certificate."""
    if head["status_id"] in UNPAID:
        return []
    kind = ("credit_card", "offline", "gift_certificate")[head["id"] % 3]
    gateway = ("stripe", "cod", "giftcertificate")[head["id"] % 3]
    transaction = {
        "id": head["id"] * 10,
        "order_id": str(head["id"]),
        "event": "purchase",
        "method": kind,
        "amount": number(Decimal(head["total_inc_tax"])),
        "currency": head["currency_code"],
        "gateway": gateway,
        "gateway_transaction_id": f"{head['id']:016d}",
        "date_created": iso(parsedate_to_datetime(head["date_created"])),
        "test": False,
        "status": "ok",
        "fraud_review": False,
        "payment_method_id": f"{gateway}.card",
        "payment_instrument_token": None,
        "provider_instrument_token": None,
        "provider_customer_id": None,
        "offline": {"display_name": "Cash, on delivery"} if kind == "offline" else None,
        "custom": None,
        "gift_certificate": None,
        "store_credit": None,
        "custom_provider_field_result": None,
    }
    if kind == "gift_certificate":
        balance = {"original_balance": 100, "starting_balance": 100, "remaining_balance": 35.42}
        transaction["gift_certificate"] = {"code": "MB345", **balance, "status": "active"}
    if kind == "credit_card":
        transaction |= _card()
    return [transaction]


def _card() -> Record:
    return {
        "reference_transaction_id": 0,
        "avs_result": {"code": "Y", "message": "", "street_match": "", "postal_match": ""},
        "cvv_result": {"code": "M", "message": "Match, all"},
        "credit_card": {
            "card_type": "visa",
            "card_iin": "004242",
            "card_last4": "0042",
            "card_expiry_month": 4,
            "card_expiry_year": 2031,
        },
    }
