"""The sample store against BigCommerce's own specification of its API."""

from __future__ import annotations

import pytest

from tests.demo import openapi
from tests.demo.conftest import Client
from tests.demo.openapi import Operation

pytestmark = pytest.mark.skipif(
    openapi.folder() is None,
    reason=f"needs {openapi.VARIABLE} (the folder with BigCommerce's OpenAPI files)",
)

PRODUCTS = Operation("products_catalog.v3.yml", "/catalog/products")
SUMMARY = Operation("products_catalog.v3.yml", "/catalog/summary")
PRODUCT = Operation("products_catalog.v3.yml", "/catalog/products/{product_id}")
OPTIONS = Operation(
    "product-variant-options_catalog.v3.yml", "/catalog/products/{product_id}/options"
)
MODIFIERS = Operation(
    "product-modifiers_catalog.v3.yml", "/catalog/products/{product_id}/modifiers"
)
VARIANTS = Operation("product-variants_catalog.v3.yml", "/catalog/variants")
BRANDS = Operation("brands_catalog.v3.yml", "/catalog/brands")
CATEGORIES = Operation("category-trees_catalog.v3.yml", "/catalog/trees/categories")
CUSTOMERS = Operation("customers.v3.yml", "/customers")
ATTRIBUTES = Operation("customers.v3.yml", "/customers/attributes")
GROUPS = Operation("customers.v2.yml", "/customer_groups")
CUSTOMERS_COUNT = Operation("customers.v2.yml", "/customers/count")
ORDERS = Operation("orders.v2.oas2.yml", "/orders")
ORDER = Operation("orders.v2.oas2.yml", "/orders/{order_id}")
COUNT = Operation("orders.v2.oas2.yml", "/orders/count")
LINES = Operation("orders.v2.oas2.yml", "/orders/{order_id}/products")
ADDRESSES = Operation("orders.v2.oas2.yml", "/orders/{order_id}/shipping_addresses")
COUPONS = Operation("orders.v2.oas2.yml", "/orders/{order_id}/coupons")
SHIPMENTS = Operation("orders.v2.oas2.yml", "/orders/{order_id}/shipments")
STATUSES = Operation("orders.v2.oas2.yml", "/order_statuses")
REFUNDS = Operation("orders.v3.yml", "/orders/payment_actions/refunds")
STORE = Operation("store_information.v2.yml", "/store")
TIME = Operation("store_information.v2.yml", "/time")

PARTS = (
    "include=variants,images,custom_fields,bulk_pricing_rules,primary_image,videos,channels,"
    "parent_relations,reviews"
)
PEOPLE = "include=addresses,storecredit,attributes,formfields,shopper_profile_id,segment_ids"
JOINED = "include=consignments.line_items,fees&consignment_structure=object"

ASKED = [
    (PRODUCTS, f"/v3/catalog/products?limit=250&sort=id&direction=desc&{PARTS}", 200),
    (PRODUCTS, "/v3/catalog/products?include=options,modifiers&id:greater=80", 200),
    (PRODUCTS, "/v3/catalog/products?date_modified:min=2020-01-01&include_fields=name", 200),
    (PRODUCTS, "/v3/catalog/products?id:in=77,78&id:not_in=78&id:min=1&id:max=900&id:less=9", 200),
    (PRODUCT, f"/v3/catalog/products/78?{PARTS},options,modifiers", 200),
    (OPTIONS, "/v3/catalog/products/78/options?limit=250", 200),
    (OPTIONS, "/v3/catalog/products/1/options", 404),
    (MODIFIERS, "/v3/catalog/products/79/modifiers?page=1", 200),
    (VARIANTS, "/v3/catalog/variants?limit=250&product_id:in=78,80", 200),
    (VARIANTS, "/v3/catalog/variants?limit=250", 200),
    (SUMMARY, "/v3/catalog/summary", 200),
    (BRANDS, "/v3/catalog/brands?limit=250", 200),
    (CATEGORIES, "/v3/catalog/trees/categories?limit=250", 200),
    (CUSTOMERS, f"/v3/customers?limit=250&sort=date_modified:asc&{PEOPLE}", 200),
    (CUSTOMERS, "/v3/customers?date_modified:min=2020-01-01T00:00:00Z&id:in=11,12", 200),
    (CUSTOMERS, "/v3/customers?limit=50&page=2", 200),
    (CUSTOMERS, "/v3/customers?date_modified:min=x", 422),
    (ATTRIBUTES, "/v3/customers/attributes?limit=250", 200),
    (GROUPS, "/v2/customer_groups?limit=250", 200),
    (CUSTOMERS_COUNT, "/v2/customers/count", 200),
    (ORDERS, f"/v2/orders?limit=250&min_id=1&max_id=9999&sort=id:asc&{JOINED}", 200),
    (ORDERS, "/v2/orders?limit=250&page=2&sort=date_modified:desc", 200),
    (ORDERS, "/v2/orders?include=consignments&consignment_structure=object", 200),
    (ORDERS, "/v2/orders?status_id=0&min_date_modified=2020-01-01T00:00:00Z", 200),
    (ORDERS, "/v2/orders?is_deleted=true", 200),
    (ORDER, f"/v2/orders/107?{JOINED}", 200),
    (COUNT, "/v2/orders/count?min_id=1", 200),
    (LINES, "/v2/orders/107/products?limit=250", 200),
    (LINES, "/v2/orders/110/products", 200),
    (ADDRESSES, "/v2/orders/107/shipping_addresses", 200),
    (COUPONS, "/v2/orders/104/coupons", 200),
    (SHIPMENTS, "/v2/orders/107/shipments", 200),
    (STATUSES, "/v2/order_statuses", 200),
    (REFUNDS, "/v3/orders/payment_actions/refunds?limit=250", 200),
    (STORE, "/v2/store", 200),
    (TIME, "/v2/time", 200),
]

ANOTHER_BRANCH = "its branches name no required field, so that any object fits several"
SAME_LISTS = "four lists that differ in one optional field, so that any list fits several"
NO_PARENT = "null for a product with options, in BigCommerce's own V3 examples"
NO_SET = "null for a product made by V3, as public answers show"
NO_PICTURE = "a product without pictures has no first one"
EXCEPTIONS = {
    "/data/*/base_variant_id: None ": NO_PARENT,
    "/data/base_variant_id: None ": NO_PARENT,
    "/data/*/option_set_id: None ": NO_SET,
    "/data/option_set_id: None ": NO_SET,
    "/data/*/primary_image: None ": NO_PICTURE,
    "/*/discount_rules: [": SAME_LISTS,
    "/*/consignments: {": ANOTHER_BRANCH,
}
"""Objections that the specification makes to what the real store does, each with the reason."""

VARIANT = "in the examples of one product's variants, which are the same records"
UNNAMED = {
    "/data/*/variants": "only under its own path; judged there",
    "/data/variants": "only under its own path; judged there",
    "/data/*/reviews": "an include of the operation, without a schema",
    "/data/reviews": "an include of the operation, without a schema",
    "/data/*/images/*/image_file": "in the operation's examples",
    "/data/images/*/image_file": "in the operation's examples",
    "/data/*/options/*/name": "in the schema of /options only",
    "/data/options/*/name": "in the schema of /options only",
    "/addresses/*/form_fields/*/address_id": "in the schema of /customers/addresses only",
    "value_data/colors": "its shape goes by the option's type; described in words",
    "value_data/product_id": "its shape goes by the option's type; described in words",
    "value_data/checked_value": "its shape goes by the option's type; described in words",
    "/data/*/shopper_profile_id": "an include of the operation, without a schema",
    "/data/*/segment_ids": "an include of the operation, without a schema",
    "/data/*/image_url": VARIANT,
    "/data/*/map_price": VARIANT,
    "/data/*/calculated_weight": VARIANT,
    "/data/*/gtin": VARIANT,
    "/data/*/mpn": VARIANT,
    "__warning__": "reported by users of the API",
    "custom_status": "in the operation's examples",
    "credit_card_type": "in the operation's examples",
    "/*/order": "in the operation's examples",
}
"""Fields that the sample store gives and the schema does not name, each with the reason."""

UNDOCUMENTED_PARAMETERS = {"is_deleted"}
"""Documented in 2021, gone from the specification since; clients still send it."""


@pytest.mark.parametrize(("operation", "path", "status"), ASKED)
def test_an_answer_is_what_the_specification_promises(
    whole: Client, operation: Operation, path: str, status: int
) -> None:
    """Status, schema, field names and parameters, but for the listed contradictions."""
    answer = whole.get(path)
    content = answer.json()
    objections = [
        text
        for text in operation.errors(content, status)
        if not any(text.startswith(known) for known in EXCEPTIONS)
    ]
    unnamed = [
        place
        for place in operation.unnamed_fields(content, status)
        if not any(place.endswith(known) for known in UNNAMED)
    ]
    assert (answer.status_code, objections, unnamed) == (status, [], [])


@pytest.mark.parametrize(("operation", "path", "status"), ASKED)
def test_every_parameter_is_in_the_specification_and_understood(
    whole: Client, operation: Operation, path: str, status: int
) -> None:
    """No route invents a parameter, and none of those used here is passed over."""
    assert whole.get(path).status_code == status
    used = {pair.partition("=")[0] for pair in path.partition("?")[2].split("&") if pair}
    assert used - operation.parameters() <= UNDOCUMENTED_PARAMETERS
    assert whole.store.log[-1].unknown == ()


def test_no_listed_contradiction_is_out_of_date(whole: Client) -> None:
    """An exception that nothing needs any more would hide the next mistake."""
    told = [
        (operation.errors(content, status), operation.unnamed_fields(content, status))
        for operation, path, status in ASKED
        for content in [whole.get(path).json()]
    ]
    objections = [text for errors, _ in told for text in errors]
    unnamed = [place for _, places in told for place in places]
    idle = {known for known in EXCEPTIONS if not any(t.startswith(known) for t in objections)}
    idle |= {known for known in UNNAMED if not any(p.endswith(known) for p in unnamed)}
    assert idle == set()


def test_the_judge_sees_a_wrong_answer(whole: Client) -> None:
    """A money field as a number, a lost list, a new field: each is told with its place."""
    orders = whole.get("/v2/orders?limit=2").json()
    orders[0]["total_inc_tax"], orders[1]["surprise"] = 12.5, 1
    places = {text.partition(":")[0] for text in ORDERS.errors(orders, 200)}
    assert places == {"/*/consignments", "/*/total_inc_tax"}
    assert "/*/surprise" in ORDERS.unnamed_fields(orders, 200)
    assert ORDERS.errors({"data": []}, 200)
