"""Every list of the tables against BigCommerce's own specification of its API."""

from __future__ import annotations

import pytest

from mirrord.demo.lists import LISTS
from mirrord.demo.lists.listing import Count, Listing, Paging, Single
from mirrord.demo.shop import ORDER_PARTS, Shop
from tests.demo import openapi
from tests.demo.conftest import Client

pytestmark = pytest.mark.skipif(
    openapi.folder() is None,
    reason=f"needs {openapi.VARIABLE} (the folder with BigCommerce's OpenAPI files)",
)

SAME_LISTS = "four lists that differ in one optional field, so that any list fits several"
EXCEPTIONS = {
    "/*/discount_rules: [": SAME_LISTS,
    "/data/*/rules/*/condition: {": "its branches name no required field",
}
"""Objections that the specification makes to what the real store does, each with the reason."""

EXAMPLE = "in the operation's examples"
UNNAMED = {
    "/*/order": EXAMPLE,
    "/storefront_api_query_params": EXAMPLE,
    "/client_rerender": EXAMPLE,
    "/template_engine": EXAMPLE,
    "/data/*/channel_id": EXAMPLE,
    "/widget_template/channel_id": EXAMPLE,
    "/*/settings/range": EXAMPLE,
    "/meta/pagination/total_pages": "in the examples of a site's routes; total_page in the schema",
    "/data/*/currencies": "an include of the operation, in the schema of one channel only",
}
"""Fields that the sample store gives and the schema does not name, each with the reason."""


def path_of(one: Listing | Count | Single, shop: Shop) -> str:
    """The path with the id of something that has such rows."""
    if "{}" not in one.path:
        return one.path
    if isinstance(one, Single):
        return one.path.format(1)
    if one.name in ORDER_PARTS:
        part = ORDER_PARTS[one.name]
        return one.path.format(next(k for k, order in shop.orders.items() if getattr(order, part)))
    return one.path.format(next(iter(shop.lists[one.name]))[0])


def parameters_of(one: Listing | Count | Single) -> set[str]:
    """Every parameter that this row of the table understands."""
    names = {name.partition("=")[0] for name in getattr(one, "filters", ())}
    if not isinstance(one, Listing):
        return names
    numbered = one.paging in (Paging.NUMBERED, Paging.CURSORS, Paging.V2)
    told = {
        ("page", "limit"): numbered,
        ("before", "after"): one.paging is Paging.CURSORS,
        ("limit", "after"): one.paging is Paging.AFTER,
        ("sort",): bool(one.sorts),
        ("direction",): one.directed,
        ("include",): bool(one.hidden),
        ("details",): bool(one.details),
        ("include_fields",): one.slim,
    }
    return names.union(*(group for group, is_known in told.items() if is_known))


def everything(one: Listing | Count | Single) -> str:
    """The parameters that show each field."""
    hidden = ",".join(getattr(one, "hidden", ()))
    asked = [f"include={hidden}"] if hidden else []
    return "&".join([*asked, *(["details=true"] if getattr(one, "details", ()) else [])])


@pytest.mark.parametrize("one", LISTS, ids=lambda one: one.path)
def test_a_list_is_what_the_specification_promises(
    whole: Client, one: Listing | Count | Single
) -> None:
    """Schema, field names and parameters, but for the listed contradictions."""
    operation = openapi.operations()[one.path]
    answer = whole.get(f"{path_of(one, whole.store.shop)}?{everything(one)}")
    content = answer.json()
    objections = [
        text
        for text in operation.errors(content, 200)
        if not any(text.startswith(known) for known in EXCEPTIONS)
    ]
    unnamed = [
        place
        for place in operation.unnamed_fields(content, 200)
        if not any(place.endswith(known) for known in UNNAMED)
    ]
    unknown = parameters_of(one) - operation.parameters()
    assert (answer.status_code, objections, unnamed, unknown) == (200, [], [], set())


def test_no_listed_contradiction_is_out_of_date(whole: Client) -> None:
    """An exception that nothing needs any more would hide the next mistake."""
    objections: list[str] = []
    unnamed: list[str] = []
    for one in LISTS:
        operation = openapi.operations()[one.path]
        content = whole.get(f"{path_of(one, whole.store.shop)}?{everything(one)}").json()
        objections += operation.errors(content, 200)
        unnamed += operation.unnamed_fields(content, 200)
    idle = {known for known in EXCEPTIONS if not any(t.startswith(known) for t in objections)}
    idle |= {known for known in UNNAMED if not any(p.endswith(known) for p in unnamed)}
    assert idle == set()
