"""Every column of the control panel's own exports: in which of our files it stands, or why not.

Numbered groups (``Product Image ID - 1``, ``- 2``, ...) are told once, as ``- N``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mirrord.core.columns import Table
from mirrord.core.columns.tables import TABLES

_NUMBER = re.compile(r" - \d+$")

_DIGITAL = "in no API; the files themselves lie in files/product_downloads"
_FORM_FIELD = "the template names one column a form field; all are in customer_fields.csv"


@dataclass(frozen=True, slots=True)
class Heading:
    """One column of one of BigCommerce's templates.

    ``file`` and ``column`` are where it is kept; both ``""`` where it can not be, and then
    ``why`` says why.
    """

    template: str
    name: str
    file: str
    column: str
    why: str = ""


#: BigCommerce's templates, and the table that has the same heading.
_SAME: Mapping[str, str] = {
    "products v3": "products",
    "products v2 Bulk Edit": "products.bulk-edit",
    "products v2 Default": "products.default",
    "customers Default": "customers",
    "customers Bulk Edit": "customers.bulk-edit",
    "orders, all fields": "orders",
    "orders Default": "orders.default",
    "redirects": "redirects",
}

#: Columns that a template has and our table of the same heading has not.
_BESIDE: Mapping[str, Mapping[str, str]] = {
    "products v2 Bulk Edit": {
        "Product File - N": _DIGITAL,
        "Product File Description - N": _DIGITAL,
        "Product File Max Downloads - N": _DIGITAL,
        "Product File Expires After - N": _DIGITAL,
    },
    "customers Bulk Edit": {"(form fields)": _FORM_FIELD},
}

#: Columns of exports whose whole heading is not known: kept under another name.
_ELSEWHERE: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "products v2 Bulk Edit, older": {
        "Avalara Product Tax Code": ("products.bulk-edit", "Tax Provider Tax Code")
    },
    "orders Default, older": {
        "Billing Purchase Order #": ("", "of the old order form; in no API"),
        "Shipping Purchase Order #": ("", "of the old order form; in no API"),
    },
    "shipments": {
        "ORDER ID": ("order_shipments", "order_id"),
        "DATE SHIPPED": ("order_shipments", "date_created"),
        "TRACKING NO": ("order_shipments", "tracking_number"),
    },
    "redirects, older": {
        "Old Path": ("redirects", "Old Path"),
        "Old URL": ("redirects", "Old Path"),
        "New URL": ("redirects", "Manual URL/Path"),
        "Associated Type": ("redirects", "Dynamic Target Type"),
        "Associated ID": ("redirects", "Dynamic Target ID"),
    },
}


def headings() -> Iterator[Heading]:
    """Each column of each template, in the template's order."""
    tables = {
        table.name: table for group in TABLES.values() for table in (one.sized(0) for one in group)
    }
    for template, name in _SAME.items():
        yield from _of(template, tables[name])
    for template, columns in _BESIDE.items():
        yield from (Heading(template, name, "", "", why) for name, why in columns.items())
    for template, moved in _ELSEWHERE.items():
        for name, (file, column) in moved.items():
            why = "" if file else column
            yield Heading(
                template, name, f"{file}.csv" if file else "", column if file else "", why
            )


def general(column: str) -> str:
    """``Product Image ID - N`` for each of the numbered ones."""
    return _NUMBER.sub(" - N", column)


def _of(template: str, table: Table) -> Iterator[Heading]:
    for column in table.columns:
        why = table.not_filled.get(column, "")
        name = general(column)
        file, place = ("", "") if why else (f"{table.name}.csv", name)
        yield Heading(template, name, file, place, why)
