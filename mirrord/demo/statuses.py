"""The fifteen statuses that an order can have, in BigCommerce's numbering.

Names after the order statuses of the V2 API.
"""

from __future__ import annotations

from mirrord.demo.shapes import Record

STATUSES = {
    0: "Incomplete",
    1: "Pending",
    2: "Shipped",
    3: "Partially Shipped",
    4: "Refunded",
    5: "Cancelled",
    6: "Declined",
    7: "Awaiting Payment",
    8: "Awaiting Pickup",
    9: "Awaiting Shipment",
    10: "Completed",
    11: "Awaiting Fulfillment",
    12: "Manual Verification Required",
    13: "Disputed",
    14: "Partially Refunded",
}
INCOMPLETE, SHIPPED, REFUNDED, COMPLETED, PARTLY_REFUNDED = 0, 2, 4, 10, 14

SORT_ORDER = (0, 1, 7, 11, 9, 8, 3, 10, 2, 5, 6, 4, 13, 12, 14)
"""The ids as the control panel lists them."""

PAYMENT = {
    0: "",
    4: "refunded",
    5: "void",
    6: "declined",
    7: "authorized",
    14: "partially refunded",
}
"""``payment_status`` by status id; all others are ``captured``."""


def status_of(status_id: int) -> Record:
    """What every answer tells of a status."""
    name = STATUSES[status_id]
    labels = dict.fromkeys(("name", "system_label", "custom_label"), name)
    return {"id": status_id, **labels, "system_description": f"The order is: {name}."}


def make_statuses() -> list[Record]:
    """All statuses, as GET /v2/order_statuses gives them."""
    return [status_of(status_id) | {"order": SORT_ORDER.index(status_id)} for status_id in STATUSES]
