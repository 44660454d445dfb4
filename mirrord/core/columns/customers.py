"""customers.csv: the control panel's Default customer export, 13 columns.

Passwords are in no API and in no export. Form: Y/N, dates as mm/dd/yyyy, the addresses packed
into one cell with the sub-fields of the panel's export.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mirrord.core.columns import NotFilled, one_row_each
from mirrord.core.columns.flat import of
from mirrord.core.columns.forms import date, objects, packed, plain, yes_no
from mirrord.core.jsontext import Json
from mirrord.core.records import Record

_ADDRESS = {
    "Address First Name": "first_name",
    "Address Last Name": "last_name",
    "Address Company": "company",
    "Address Line 1": "address1",
    "Address Line 2": "address2",
    "City": "city",
    "State": "state_or_province",
    "Zip": "postal_code",
    "Country": "country",
    "Address Phone": "phone",
}


def store_credit(record: Record) -> str:
    """The amounts as they come; a store has one, unless it keeps several currencies."""
    amounts = objects(record.fields.get("store_credit_amounts"))
    return ";".join(plain(amount.get("amount")) for amount in amounts)


def customer_group(record: Record) -> str:
    """The group's name; its number where the group is not known any more; 0 is none."""
    for group in record.companions.get("group", ()):
        return plain(group.fields.get("name"))
    number = record.fields.get("customer_group_id")
    return plain(number) if number else ""


def addresses(record: Record) -> tuple[Mapping[str, Json], ...]:
    """All addresses: the customer carries ten at most, the companion has them all."""
    apart = tuple(address.fields for address in record.companions.get("addresses", ()))
    return apart or objects(record.fields.get("addresses"))


def _packed_addresses(record: Record) -> str:
    return "|".join(
        packed((name, plain(address.get(key))) for name, key in _ADDRESS.items())
        for address in addresses(record)
    )


CELLS: Mapping[str, Callable[[Record], str] | NotFilled] = {
    "Customer ID": of("id"),
    "First Name": of("first_name"),
    "Last Name": of("last_name"),
    "Company": of("company"),
    "Email": of("email"),
    "Phone": of("phone"),
    "Notes": of("notes"),
    "Store Credit": store_credit,
    "Customer Group": customer_group,
    "Date Joined": of("date_created", date),
    "Addresses": _packed_addresses,
    "Receive Review/Abandoned Cart Emails?": of(
        "accepts_product_review_abandoned_cart_emails", yes_no
    ),
    "Tax Exempt Category": of("tax_exempt_category"),
}

CUSTOMERS = one_row_each("customers", CELLS, lambda record: record)
