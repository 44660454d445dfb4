"""The line items of generated orders.

Shape after V2's ``/orders/{id}/products``: money is text, every price comes with and without tax.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from mirrord.demo.shapes import Record, money

TAX = Decimal("0.20")


@dataclass(frozen=True, slots=True)
class Amount:
    """One price with and without tax."""

    ex_tax: Decimal
    inc_tax: Decimal

    @property
    def tax(self) -> Decimal:
        """The tax alone."""
        return self.inc_tax - self.ex_tax

    def times(self, quantity: int) -> Amount:
        """The price of several."""
        return Amount(self.ex_tax * quantity, self.inc_tax * quantity)


def taxed(ex_tax: Decimal) -> Amount:
    """The price, and what the tax makes of it."""
    return Amount(ex_tax, (ex_tax * (1 + TAX)).quantize(Decimal("0.01")))


def summed(amounts: Sequence[Amount]) -> Amount:
    """All of them together."""
    return Amount(
        sum((amount.ex_tax for amount in amounts), Decimal(0)),
        sum((amount.inc_tax for amount in amounts), Decimal(0)),
    )


def line_amount(line: Record) -> Amount:
    """What the customer pays for a line."""
    return Amount(Decimal(line["total_ex_tax"]), Decimal(line["total_inc_tax"]))


def make_line(order_id: int, line_id: int, product: Record, rng: Random) -> Record:
    """One line for one of the product's variants."""
    variant = rng.choice(product["variants"])
    quantity = rng.choice((1, 1, 1, 2, 3, 12))
    price = taxed(Decimal(str(variant["calculated_price"])))
    total = price.times(quantity)
    return {
        "id": line_id,
        "order_id": order_id,
        "product_id": product["id"],
        "variant_id": variant["id"],
        "order_pickup_method_id": 0,
        "order_address_id": 0,
        "name": product["name"],
        "name_customer": product["name"],
        "name_merchant": product["name"],
        "sku": variant["sku"],
        "upc": variant["upc"],
        "type": product["type"],
        "base_price": money(price.ex_tax),
        "price_ex_tax": money(price.ex_tax),
        "price_inc_tax": money(price.inc_tax),
        "price_tax": money(price.tax),
        "base_total": money(total.ex_tax),
        "total_ex_tax": money(total.ex_tax),
        "total_inc_tax": money(total.inc_tax),
        "total_tax": money(total.tax),
        "discounted_total_inc_tax": money(total.inc_tax),
        "weight": money(Decimal(str(product["weight"]))),
        "width": money(Decimal(str(product["width"]))),
        "height": money(Decimal(str(product["height"]))),
        "depth": money(Decimal(str(product["depth"]))),
        "quantity": quantity,
        "brand": "",
        "bin_picking_number": product["bin_picking_number"],
        "product_options": _chosen(line_id, variant, product["options"]),
    } | _constant_fields()


def _chosen(line_id: int, variant: Record, options: list[Record]) -> list[Record]:
    kinds = {option["id"]: option["type"] for option in options}
    return [
        {
            "id": line_id * 10 + n,
            "option_id": value["option_id"],
            "order_product_id": line_id,
            "product_option_id": value["option_id"],
            "display_name": value["option_display_name"],
            "display_name_customer": value["option_display_name"],
            "display_name_merchant": value["option_display_name"],
            "display_value": value["label"],
            "display_value_customer": value["label"],
            "display_value_merchant": value["label"],
            "value": str(value["id"]),
            "type": _KINDS.get(kinds[value["option_id"]], "Multiple choice"),
            "name": value["option_display_name"],
            "display_style": "",
        }
        for n, value in enumerate(variant["option_values"])
    ]


_KINDS = {"swatch": "Swatch", "product_list": "Product Pick List"}


def gift_line(order_id: int, line_id: int, ex_tax: Decimal) -> Record:
    """A line that sells a gift certificate, sent by mail and free of tax."""
    text = money(ex_tax)
    line = make_blank_line(order_id, line_id, "Gift certificate, for a friend", "giftcertificate")
    prices = ("base_price", "price_ex_tax", "price_inc_tax")
    totals = ("base_total", "total_ex_tax", "total_inc_tax", "discounted_total_inc_tax")
    return line | dict.fromkeys(prices + totals, text) | {"gift_certificate_id": line_id}


def make_blank_line(order_id: int, line_id: int, name: str, kind: str) -> Record:
    """A line for something that is no product of the catalogue; every price is nought."""
    prices = ("base_price", "price_ex_tax", "price_inc_tax", "price_tax", "base_total")
    totals = ("total_ex_tax", "total_inc_tax", "total_tax", "discounted_total_inc_tax")
    sizes = ("weight", "width", "height", "depth")
    return {
        "id": line_id,
        "order_id": order_id,
        "product_id": 0,
        "variant_id": 0,
        "order_pickup_method_id": 0,
        "order_address_id": 0,
        "name": name,
        "name_customer": name,
        "name_merchant": name,
        "sku": "",
        "upc": "",
        "type": kind,
        **dict.fromkeys(prices + totals + sizes, "0.0000"),
        "quantity": 1,
        "brand": "",
        "bin_picking_number": "",
        "product_options": [],
    } | _constant_fields()


def _constant_fields() -> Record:
    nought = (
        "base_cost_price",
        "cost_price_inc_tax",
        "cost_price_ex_tax",
        "cost_price_tax",
        "refund_amount",
        "base_wrapping_cost",
        "wrapping_cost_ex_tax",
        "wrapping_cost_inc_tax",
        "wrapping_cost_tax",
        "fixed_shipping_cost",
    )
    return dict.fromkeys(nought, "0.0000") | {
        "is_refunded": False,
        "quantity_refunded": 0,
        "quantity_shipped": 0,
        "return_id": 0,
        "wrapping_id": 0,
        "wrapping_name": "",
        "wrapping_message": "",
        "event_name": None,
        "event_date": None,
        "ebay_item_id": "",
        "ebay_transaction_id": "",
        "option_set_id": None,
        "parent_order_product_id": None,
        "is_bundled_product": False,
        "external_id": None,
        "applied_discounts": [],
        "configurable_fields": [],
        "gift_certificate_id": None,
    }
