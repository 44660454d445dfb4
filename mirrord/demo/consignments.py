"""How an order's line items are joined into it by ``include``, with the store's two quirks.

After orders.v2.oas2.yml and two reports by users of the API: a consignment holds 50 line items at
the most and says so in ``__warning__``; some orders come without line items although they have
products.
"""

from __future__ import annotations

from typing import Any

from mirrord.demo.answer import Refusal
from mirrord.demo.orders import MOST_LINES, Order
from mirrord.demo.shapes import Record, link
from mirrord.demo.shop import Shop

INCLUDES = {"consignments", "consignments.line_items", "fees"}
WARNING = {
    "message": "Not all line items of this consignment are in this response, only 50 are. "
    "Use /v2/orders/{order_id}/products to fetch all of them."
}


def with_includes(shop: Shop, order: Order, include: set[str], structure: str | None) -> Record:
    """The order's head, joined with what ``include`` names; Refusal 400 for an unknown name.

    Without ``consignment_structure=object`` the consignments come in their older form, a list.
    """
    if not include <= INCLUDES:
        raise Refusal(400, f"include does not know {', '.join(sorted(include - INCLUDES))}")
    order_id = order.head["id"]
    whole = order.head | {
        "consignments": link(shop.store_hash, f"/orders/{order_id}/consignments"),
        "fees": [] if "fees" in include else link(shop.store_hash, f"/orders/{order_id}/fees"),
    }
    if "consignments" in include or "consignments.line_items" in include:
        consignments = _consignments(shop, order, full="consignments.line_items" in include)
        whole["consignments"] = consignments if structure == "object" else [consignments]
        _move_warning(whole, consignments["shipping"])
    return whole


def _move_warning(whole: Record, by_post: list[Record]) -> None:
    """Orders with an even id carry the warning themselves, the others' consignment does.

    The report does not tell where it stands in the answer; a client must find it in both places.
    """
    for consignment in by_post:
        if whole["id"] % 2 == 0 and "__warning__" in consignment:
            whole["__warning__"] = consignment.pop("__warning__")


def _consignments(shop: Shop, order: Order, *, full: bool) -> Record:
    def lines_of(**wanted: Any) -> Record:
        chosen = [line for line in order.products if wanted.items() <= line.items()]
        return _line_items(shop, order, chosen, full=full)

    email = order.head["billing_address"]["email"]
    by_post = [
        _address(address) | lines_of(order_address_id=address["id"]) for address in order.addresses
    ]
    pickups = {line["order_pickup_method_id"] for line in order.products} - {0}
    digital = any(line["type"] == "digital" for line in order.products)
    gifts = any(line["type"] == "giftcertificate" for line in order.products)
    return {
        "pickups": [_pickup(one) | lines_of(order_pickup_method_id=one) for one in sorted(pickups)],
        "shipping": by_post,
        "downloads": [{"recipient_email": email} | lines_of(type="digital")] if digital else [],
        "email": {
            "gift_certificates": [{"recipient_email": email} | lines_of(type="giftcertificate")]
            if gifts
            else []
        },
    }


def _line_items(shop: Shop, order: Order, lines: list[Record], *, full: bool) -> Record:
    if not full:
        order_id = order.head["id"]
        links = [
            link(shop.store_hash, f"/orders/{order_id}/products/{line['id']}") for line in lines
        ]
        return {"line_items": links}
    if order.hides_line_items:
        return {"line_items": []}
    cut: Record = {"__warning__": WARNING} if len(lines) > MOST_LINES else {}
    return {"line_items": lines[:MOST_LINES]} | cut


def _address(address: Record) -> Record:
    """A shipping consignment is the order's shipping address without its order."""
    return {key: value for key, value in address.items() if key != "order_id"}


def _pickup(pickup_id: int) -> Record:
    return {
        "id": pickup_id,
        "pickup_method_id": 1,
        "pickup_method_display_name": "Pick up in store",
        "collection_instructions": "Bring your ID, please",
        "collection_time_description": "9am - 6pm",
        "location": {
            "id": 1,
            "name": "Main shop",
            "code": "LOCATION-1",
            "address_line_1": "123 Main Street",
            "address_line_2": "",
            "city": "Austin",
            "state": "Texas",
            "postal_code": "78726",
            "country_alpha2": "US",
            "email": "shop@example.com",
            "phone": "+1 111-111-1111",
        },
    }
