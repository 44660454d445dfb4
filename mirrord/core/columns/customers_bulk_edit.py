"""customers.bulk-edit.csv: the control panel's Bulk Edit template, which can be imported again.

Every address in a numbered group of columns, as many as the customer with the most has. Form:
Y/N; the state in full, as the API gives it and the importer wants it. Form fields are in
customer_fields.csv.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import chain

from mirrord.core.columns import Row, Wide
from mirrord.core.columns.customers import addresses, customer_group, store_credit
from mirrord.core.columns.flat import Fields, of
from mirrord.core.columns.forms import own, yes_no
from mirrord.core.records import Record

#: More groups than these make a heading that no spreadsheet shows; customer_addresses.csv has all.
MOST_ADDRESSES = 100

_HEAD: Mapping[str, Callable[[Record], str]] = {
    "Email Address": of("email"),
    "First Name": of("first_name"),
    "Last Name": of("last_name"),
    "Company": of("company"),
    "Phone": of("phone"),
    "Notes": of("notes"),
    "Store Credit": store_credit,
    "Customer Group": customer_group,
}

_ADDRESS: Mapping[str, Callable[[Fields], str]] = {
    "Address ID": own("id"),
    "Address First Name": own("first_name"),
    "Address Last Name": own("last_name"),
    "Address Company": own("company"),
    "Address Line 1": own("address1"),
    "Address Line 2": own("address2"),
    "Address City": own("city"),
    "Address State": own("state_or_province"),
    "Address Zip": own("postal_code"),
    "Address Country": own("country"),
    "Address Phone": own("phone"),
}

_TAIL: Mapping[str, Callable[[Record], str]] = {
    "Receive Review/Abandoned Cart Emails?": of(
        "accepts_product_review_abandoned_cart_emails", yes_no
    ),
    "Tax Exempt Category": of("tax_exempt_category"),
    # not in the built-in template, but two customers may differ in nothing else
    "Customer ID": of("id"),
}


def _wanted(record: Record) -> int:
    return len(addresses(record))


def _ragged(record: Record) -> Iterator[Row]:
    held = addresses(record)[:MOST_ADDRESSES]
    told = chain.from_iterable([cell(one) for cell in _ADDRESS.values()] for one in held)
    head = (cell(record) for cell in _HEAD.values())
    yield (*head, *told, *(cell(record) for cell in _TAIL.values()))


CUSTOMERS_BULK_EDIT = Wide(
    "customers.bulk-edit",
    tuple(_HEAD),
    tuple(_ADDRESS),
    tuple(_TAIL),
    MOST_ADDRESSES,
    _ragged,
    _wanted,
    f"a customer has {{}} addresses, {MOST_ADDRESSES} have columns; customer_addresses.csv has all",
)
