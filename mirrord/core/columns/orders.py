"""orders.csv: the control panel's order export with every field ticked, 71 columns.

One row an order, archived and incomplete ones too, its line items packed into one cell. Money
has its zeros cut, dates are mm/dd/yyyy and times hh:mm:ss in UTC. Where an order goes to several
addresses the first stands here and all in the lossless file. "Customer ..." is the billing
contact: an order carries no other name. The channel's name comes from the companion ``channel``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

from mirrord.core.columns import NotFilled, one_row_each
from mirrord.core.columns.forms import (
    date,
    fields_of,
    money,
    objects,
    own,
    packed,
    plain,
    time,
)
from mirrord.core.jsontext import Json
from mirrord.core.records import Record

Fields: TypeAlias = Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Order:
    """An order as its cells read it."""

    fields: Fields
    billing: Fields
    shipping: tuple[Fields, ...]
    items: tuple[Fields, ...]
    channel: Fields


def view(record: Record) -> Order:
    """Gather what lies scattered over an order's consignments and companions."""
    apart = tuple(line.fields for line in record.companions.get("products", ()))
    return Order(
        fields=record.fields,
        billing=fields_of(record.fields.get("billing_address")),
        shipping=objects(_consignments(record).get("shipping")),
        items=apart or line_items(record),
        channel=next((one.fields for one in record.companions.get("channel", ())), {}),
    )


def line_items(record: Record) -> tuple[Fields, ...]:
    """The line items that the order's consignments carry, each once, by ascending id."""
    found = {
        _number(item.get("id")): item
        for consignment in _each(record)
        for item in _items(consignment)
    }
    return tuple(found[number] for number in sorted(found))


def is_cut(record: Record) -> bool:
    """Whether line items are missing from the order and must be asked for apart.

    The store gives 50 a consignment and says so in a ``__warning__``; some orders come with none
    although they have products (both reported in BigCommerce's public issue threads).
    """
    consignments = _consignments(record)
    if any("__warning__" in part for part in (record.fields, consignments, *_each(record))):
        return True
    return _number(record.fields.get("items_total")) > 0 and not line_items(record)


def _consignments(record: Record) -> Fields:
    return fields_of(record.fields.get("consignments"))


def _each(record: Record) -> Iterator[Fields]:
    """Pickups, shipments, downloads and mailed gift certificates alike."""
    consignments = _consignments(record)
    for kind in ("pickups", "shipping", "downloads"):
        yield from objects(consignments.get(kind))
    mailed = consignments.get("email")
    yield from objects(mailed)
    yield from objects(fields_of(mailed).get("gift_certificates"))


def _items(consignment: Fields) -> Iterator[Fields]:
    """Without the include, line items are links ({url, resource}) and have no id."""
    return (item for item in objects(consignment.get("line_items")) if "id" in item)


def _number(value: Json) -> Decimal:
    try:
        number = Decimal(plain(value))
    except InvalidOperation:
        return Decimal(0)
    return number if number.is_finite() else Decimal(0)


def _of(name: str, form: Callable[[Json], str] = plain) -> Callable[[Order], str]:
    cell = own(name, form)
    return lambda order: cell(order.fields)


def _billing(name: str) -> Callable[[Order], str]:
    cell = own(name)
    return lambda order: cell(order.billing)


def _shipping(name: str) -> Callable[[Order], str]:
    cell = own(name)
    return lambda order: cell(order.shipping[0]) if order.shipping else ""


def _full_name(part: Callable[[str], Callable[[Order], str]]) -> Callable[[Order], str]:
    first, last = part("first_name"), part("last_name")
    return lambda order: f"{first(order)} {last(order)}".strip()


def _town(part: Callable[[str], Callable[[Order], str]]) -> Callable[[Order], str]:
    city, state, code = part("city"), part("state"), part("zip")

    def cell(order: Order) -> str:
        region = f"{state(order)} {code(order)}".strip()
        return ", ".join(text for text in (city(order), region) if text)

    return cell


def _ship_method(order: Order) -> str:
    pickups = objects(fields_of(order.fields.get("consignments")).get("pickups"))
    names = [plain(part.get("shipping_method")) for part in order.shipping]
    names += [plain(part.get("pickup_method_display_name")) for part in pickups]
    return "|".join(dict.fromkeys(name for name in names if name))


def _coupons(order: Order) -> str:
    """Codes and what each took off, summed over the line items' discounts."""
    taken: dict[str, Decimal] = {}
    for item in order.items:
        for discount in objects(item.get("applied_discounts")):
            code = plain(discount.get("code"))
            if code:
                taken[code] = taken.get(code, Decimal(0)) + _number(discount.get("amount"))
    return "|".join(
        packed((("Coupon Code", code), ("Coupon Value", money(amount))))
        for code, amount in taken.items()
    )


def _details(order: Order) -> str:
    return "|".join(
        packed(
            (
                ("Product ID", plain(item.get("product_id"))),
                ("Product Qty", plain(item.get("quantity"))),
                ("Product SKU", plain(item.get("sku"))),
                ("Product Name", plain(item.get("name"))),
                ("Product Weight", plain(item.get("weight"))),
                ("Product Variation Details", _variation(item)),
                ("Product Unit Price", money(item.get("base_price"))),
                ("Product Total Price", money(item.get("base_total"))),
            )
        )
        for item in order.items
    )


def _variation(item: Fields) -> str:
    return packed(
        (plain(option.get("display_name")), plain(option.get("display_value")))
        for option in objects(item.get("product_options"))
    )


def _unique(order: Order) -> str:
    """Products, not lines; one typed in by hand has no product id and counts by its name."""
    ids = {_number(item.get("product_id")) or plain(item.get("name")) for item in order.items}
    return str(len(ids))


def _weight(order: Order) -> str:
    total = sum(
        (_number(item.get("weight")) * _number(item.get("quantity")) for item in order.items),
        Decimal(0),
    )
    return plain(total)


CELLS: Mapping[str, Callable[[Order], str] | NotFilled] = {
    "Order ID": _of("id"),
    "Order Status": _of("status"),
    "Order Date": _of("date_created", date),
    "Order Time": _of("date_created", time),
    "Subtotal (inc tax)": _of("subtotal_inc_tax", money),
    "Subtotal (ex tax)": _of("subtotal_ex_tax", money),
    "Tax Total": _of("total_tax", money),
    "Shipping Cost (inc tax)": _of("shipping_cost_inc_tax", money),
    "Shipping Cost (ex tax)": _of("shipping_cost_ex_tax", money),
    "Handling Cost (inc tax)": _of("handling_cost_inc_tax", money),
    "Handling Cost (ex tax)": _of("handling_cost_ex_tax", money),
    "Coupon Details": _coupons,
    "Order Total (inc tax)": _of("total_inc_tax", money),
    "Order Total (ex tax)": _of("total_ex_tax", money),
    "Refund Amount": _of("refunded_amount", money),
    "Customer ID": _of("customer_id"),
    "Customer Name": _full_name(_billing),
    "Customer Email": _billing("email"),
    "Customer Phone": _billing("phone"),
    "Ship Method": _ship_method,
    "Payment Method": _of("payment_method"),
    "Store Credit Redeemed": _of("store_credit_amount", money),
    "Gift Certificate Amount Redeemed": _of("gift_certificate_amount", money),
    "Gift Certificate Code": NotFilled("an order names the amount only, not the certificate"),
    "Gift Certificate Expiration Date": NotFilled(
        "an order names the amount only, not the certificate"
    ),
    "Total Quantity": _of("items_total"),
    "Total Shipped": _of("items_shipped"),
    "Date Shipped": _of("date_shipped", date),
    "Order Currency Code": _of("currency_code"),
    "Exchange Rate": _of("currency_exchange_rate"),
    "Order Notes": _of("staff_notes"),
    "Customer Message": _of("customer_message"),
    "Billing Name": _full_name(_billing),
    "Billing First Name": _billing("first_name"),
    "Billing Last Name": _billing("last_name"),
    "Billing Company": _billing("company"),
    "Billing Street 1": _billing("street_1"),
    "Billing Street 2": _billing("street_2"),
    "Billing Suburb": _billing("city"),
    "Billing State": _billing("state"),
    "Billing State Abbreviation": NotFilled("an order names the state in full only"),
    "Billing Zip": _billing("zip"),
    "Billing Country": _billing("country"),
    "Billing Suburb + State + Zip": _town(_billing),
    "Billing Phone": _billing("phone"),
    "Billing Email": _billing("email"),
    "Merchant-defined Order Status": _of("custom_status"),
    "Shipping Name": _full_name(_shipping),
    "Shipping First Name": _shipping("first_name"),
    "Shipping Last Name": _shipping("last_name"),
    "Shipping Company": _shipping("company"),
    "Shipping Street 1": _shipping("street_1"),
    "Shipping Street 2": _shipping("street_2"),
    "Shipping Suburb": _shipping("city"),
    "Shipping State": _shipping("state"),
    "Shipping State Abbreviation": NotFilled("an order names the state in full only"),
    "Shipping Zip": _shipping("zip"),
    "Shipping Country": _shipping("country"),
    "Shipping Suburb + State + Zip": _town(_shipping),
    "Shipping Phone": _shipping("phone"),
    "Shipping Email": _shipping("email"),
    "Customer Group Name": NotFilled(
        "an order does not carry its customer's group; customers.csv of the same day does"
    ),
    "Product Details": _details,
    "# Unique Products in Order": _unique,
    "Combined Product Weight": _weight,
    "Todays Date": NotFilled("would make every day's file differ with nothing changed in the shop"),
    "Peachtree Accounts Receivable Account": NotFilled(
        "a setting of the panel's accounting template, which no API gives"
    ),
    "Channel ID": _of("channel_id"),
    "Channel Name": lambda order: plain(order.channel.get("name")),
    "Order Source": _of("order_source"),
    "Transaction ID": _of("payment_provider_id"),
}

#: What an order's way through the shop writes, and apps that note where a parcel is.
VOLATILE = frozenset(
    {
        "Order Status",
        "Merchant-defined Order Status",
        "Payment Method",
        "Transaction ID",
        "Ship Method",
        "Total Shipped",
        "Date Shipped",
        "Refund Amount",
        "Order Notes",
    }
)

ORDERS = one_row_each("orders", CELLS, view, VOLATILE)
