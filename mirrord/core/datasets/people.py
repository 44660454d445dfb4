"""Customers and what hangs on them."""

from __future__ import annotations

from mirrord.core.columns.customers import CUSTOMERS
from mirrord.core.columns.forms import objects
from mirrord.core.datasets.catalogue import metafields
from mirrord.core.datasets.counts import total_of
from mirrord.core.datasets.kinds import Apart, Dataset, Listing, Lookup, Paging, Since
from mirrord.core.datasets.scopes import CUSTOMERS as SCOPE
from mirrord.core.records import TEXT_ID, Record


def _addresses_are_cut(customer: Record) -> bool:
    """A customer carries ten addresses at most; ``address_count`` tells of more."""
    count = customer.fields.get("address_count")
    held = len(objects(customer.fields.get("addresses")))
    return isinstance(count, int) and count > held


ROWS = (
    Dataset(
        "customers",
        Listing(
            "v3/customers",
            Paging.BY_CURSOR,
            query={
                "include": "addresses,storecredit,attributes,formfields,shopper_profile_id,"
                "segment_ids",
            },
            since=Since(("date_modified:min",)),
            counting=total_of("v3/customers"),
        ),
        SCOPE,
        tables=(CUSTOMERS,),
        companions=(
            Apart(
                "addresses",
                "v3/customers/addresses",
                {"customer_id:in": "{id}", "include": "formfields"},
                _addresses_are_cut,
            ),
        ),
        lookups=(Lookup("group", "customer_groups", "customer_group_id"),),
        files={"addresses": "customer_addresses"},
    ),
    Dataset("customer_groups", Listing("v2/customer_groups", Paging.NUMBERED), SCOPE),
    Dataset("customer_attributes", Listing("v3/customers/attributes", Paging.NUMBERED), SCOPE),
    metafields("customer", "v3/customers/metafields", SCOPE),
    Dataset(
        "subscribers",
        Listing(
            "v3/customers/subscribers",
            Paging.NUMBERED,
            since=Since(("date_modified:min",)),
            counting=total_of("v3/customers/subscribers"),
        ),
        SCOPE,
    ),
    Dataset("wishlists", Listing("v3/wishlists", Paging.NUMBERED), SCOPE),
    Dataset("segments", Listing("v3/segments", Paging.NUMBERED, keys=TEXT_ID), SCOPE),
)
