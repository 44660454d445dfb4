"""customers.csv: the control panel's Default customer export, 13 columns.

Passwords are in no API and in no export. Form: Y/N, dates as mm/dd/yyyy, the addresses packed
into one cell with the sub-fields of the panel's export.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mirrord.core.columns import NotFilled, one_row_each
from mirrord.core.columns.forms import date, objects, own, packed, plain, yes_no
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


def _of(name: str, form: Callable[[Json], str] = plain) -> Callable[[Record], str]:
    cell = own(name, form)
    return lambda record: cell(record.fields)


def _store_credit(record: Record) -> str:
    """The amounts as they come; a store has one, unless it keeps several currencies."""
    amounts = objects(record.fields.get("store_credit_amounts"))
    return ";".join(plain(amount.get("amount")) for amount in amounts)


def _group(record: Record) -> str:
    """The group's name; its number where the group is not known any more; 0 is none."""
    for group in record.companions.get("group", ()):
        return plain(group.fields.get("name"))
    number = record.fields.get("customer_group_id")
    return plain(number) if number else ""


def _addresses(record: Record) -> str:
    """All addresses: the customer carries ten at most, the companion has them all."""
    apart = [address.fields for address in record.companions.get("addresses", ())]
    return "|".join(
        packed((name, plain(address.get(key))) for name, key in _ADDRESS.items())
        for address in apart or objects(record.fields.get("addresses"))
    )


CELLS: Mapping[str, Callable[[Record], str] | NotFilled] = {
    "Customer ID": _of("id"),
    "First Name": _of("first_name"),
    "Last Name": _of("last_name"),
    "Company": _of("company"),
    "Email": _of("email"),
    "Phone": _of("phone"),
    "Notes": _of("notes"),
    "Store Credit": _store_credit,
    "Customer Group": _group,
    "Date Joined": _of("date_created", date),
    "Addresses": _addresses,
    "Receive Review/Abandoned Cart Emails?": _of(
        "accepts_product_review_abandoned_cart_emails", yes_no
    ),
    "Tax Exempt Category": _of("tax_exempt_category"),
}

CUSTOMERS = one_row_each("customers", CELLS, lambda record: record)
