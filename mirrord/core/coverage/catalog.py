"""What the catalogue's part of the API gives: products, prices, stock."""

from __future__ import annotations

from mirrord.core.coverage import Back
from mirrord.core.coverage.rows import NEW_ID, OWN, kept, not_kept

CATALOG = (
    kept("products", "v3/catalog/products", "products", Back.YES, NEW_ID),
    kept(
        "product variants",
        "v3/catalog/products/{}/variants v3/catalog/variants",
        "products",
        Back.YES,
        NEW_ID,
    ),
    kept(
        "product options",
        "v3/catalog/products/{}/options v3/catalog/products/{}/options/{}/values",
        "products",
        Back.YES,
        "the store gives the new values new ids, and variants must be tied to them again",
    ),
    kept(
        "product modifiers and rules",
        "v3/catalog/products/{}/modifiers v3/catalog/products/{}/modifiers/{}/values "
        "v3/catalog/products/{}/complex-rules",
        "products",
        Back.YES,
        NEW_ID,
    ),
    kept(
        "product images",
        "v3/catalog/products/{}/images",
        "products files/",
        Back.PART,
        "the store renames and resizes each image that it takes; originals are in files/",
    ),
    kept(
        "product videos, custom fields, bulk prices",
        "v3/catalog/products/{}/videos v3/catalog/products/{}/custom-fields "
        "v3/catalog/products/{}/bulk-pricing-rules",
        "products",
        Back.YES,
    ),
    kept("product reviews", "v3/catalog/products/{}/reviews", "products", Back.YES, NEW_ID),
    kept(
        "product metafields",
        "v3/catalog/products/metafields v3/catalog/products/{}/metafields",
        "product_metafields",
        Back.PART,
        OWN,
    ),
    kept(
        "variant metafields",
        "v3/catalog/variants/metafields v3/catalog/products/{}/variants/{}/metafields",
        "variant_metafields",
        Back.PART,
        OWN,
    ),
    kept(
        "which product is in which channel and category",
        "v3/catalog/products/channel-assignments v3/catalog/products/category-assignments",
        "channel_assignments category_assignments",
        Back.YES,
    ),
    kept(
        "categories and their trees",
        "v3/catalog/trees v3/catalog/trees/categories v3/catalog/trees/{}/categories",
        "category_trees categories",
        Back.YES,
        NEW_ID,
    ),
    kept(
        "category metafields",
        "v3/catalog/categories/metafields v3/catalog/categories/{}/metafields",
        "category_metafields",
        Back.PART,
        OWN,
    ),
    not_kept(
        "order of products within a category",
        "v3/catalog/categories/{}/products/sort-order",
        "is asked per category: one request for each of up to 16,000",
    ),
    not_kept(
        "categories by the old path",
        "v3/catalog/categories",
        "deprecated; the same categories are kept by their trees",
    ),
    kept("brands", "v3/catalog/brands", "brands", Back.YES, NEW_ID),
    kept(
        "brand metafields",
        "v3/catalog/brands/metafields v3/catalog/brands/{}/metafields",
        "brand_metafields",
        Back.PART,
        OWN,
    ),
    not_kept("catalog summary", "v3/catalog/summary", "counts that the store makes of the rest"),
    kept(
        "price lists",
        "v3/pricelists v3/pricelists/{}/records v3/pricelists/{}/records/{}/{} "
        "v3/pricelists/assignments",
        "price_lists price_list_records price_list_assignments",
        Back.YES,
        NEW_ID,
    ),
    kept(
        "stock by location",
        "v3/inventory/items v3/inventory/locations/{}/items",
        "inventory",
        Back.PART,
        "what was sold since would be undone: never without being asked for",
    ),
    kept("locations", "v3/inventory/locations", "locations", Back.YES, NEW_ID),
    kept(
        "location metafields",
        "v3/inventory/locations/metafields v3/inventory/locations/{}/metafields",
        "location_metafields",
        Back.PART,
        OWN,
    ),
    kept("pickup methods", "v3/pickup/methods", "pickup_methods", Back.YES, NEW_ID),
    kept(
        "customs information of products",
        "v3/shipping/products/customs-information",
        "customs_information",
        Back.YES,
    ),
    not_kept(
        "tax properties of single products",
        "v3/tax/products/properties",
        "data of the tax app, which writes it anew; the properties themselves are kept",
    ),
)
