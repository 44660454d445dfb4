"""The lists of the catalogue that hang on no product's own answer, and price lists."""

from __future__ import annotations

from mirrord.demo.filters import IDS
from mirrord.demo.lists.listing import BY_ID, Count, Listing, Paging, Single, metafields
from mirrord.demo.paging import unlinked
from mirrord.demo.scopes import PRODUCTS

CATEGORY_FILTERS = (
    "category_id:in",
    "category_id:not_in",
    "category_uuid:in",
    "category_uuid:not_in",
    "tree_id:in",
    "tree_id:not_in",
    "parent_id:in",
    "parent_id:not_in",
    "name",
    "name:like",
    "page_title",
    "is_visible",
)
DATES = ("date_created:min", "date_created:max", "date_modified:min", "date_modified:max")

LISTS: tuple[Listing | Single | Count, ...] = (
    metafields("product_metafields", "/v3/catalog/products/metafields", PRODUCTS),
    metafields("variant_metafields", "/v3/catalog/variants/metafields", PRODUCTS),
    metafields("category_metafields", "/v3/catalog/categories/metafields", PRODUCTS),
    metafields("brand_metafields", "/v3/catalog/brands/metafields", PRODUCTS),
    Listing(
        "channel_assignments",
        "/v3/catalog/products/channel-assignments",
        PRODUCTS,
        filters=("product_id:in", "channel_id:in"),
    ),
    Listing(
        "category_assignments",
        "/v3/catalog/products/category-assignments",
        PRODUCTS,
        filters=("product_id:in", "category_id:in"),
    ),
    Listing("complex_rules", "/v3/catalog/products/{}/complex-rules", PRODUCTS),
    Listing(
        "category_trees",
        "/v3/catalog/trees",
        PRODUCTS,
        Paging.ONE,
        filters=("id:in", "channel_id:in=channels"),
    ),
    Listing(
        "categories",
        "/v3/catalog/trees/categories",
        PRODUCTS,
        filters=CATEGORY_FILTERS,
        slim=True,
        key="category_id",
    ),
    Listing(
        "brands",
        "/v3/catalog/brands",
        PRODUCTS,
        filters=(*IDS, "name", "name:like", "page_title"),
        sorts=("name",),
        order=BY_ID,
        directed=True,
        slim=True,
    ),
    Listing(
        "price_lists",
        "/v3/pricelists",
        PRODUCTS,
        Paging.CURSORS,
        filters=("id:in", "name", "name:like", *DATES),
        told=unlinked,
    ),
    Listing(
        "price_list_records",
        "/v3/pricelists/{}/records",
        PRODUCTS,
        Paging.CURSORS,
        filters=("variant_id:in", "product_id:in", "currency", "currency:in", "sku", *DATES),
        hidden={"bulk_pricing_tiers": "bulk_pricing_tiers", "sku": "sku"},
        key="variant_id",
        tie="currency",
        told=unlinked,
    ),
    Listing(
        "price_list_assignments",
        "/v3/pricelists/assignments",
        PRODUCTS,
        Paging.CURSORS,
        filters=("id:in", "price_list_id:in", "customer_group_id:in", "channel_id:in"),
        told=unlinked,
    ),
)
