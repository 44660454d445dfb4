"""Products and what hangs on them, categories, brands, price lists."""

from __future__ import annotations

from mirrord.core.columns.images import IMAGES
from mirrord.core.columns.products import PRODUCTS
from mirrord.core.datasets.counts import total_of
from mirrord.core.datasets.kinds import (
    Again,
    Apart,
    Dataset,
    EachOf,
    Listing,
    Lookup,
    Paging,
    Since,
)
from mirrord.core.datasets.scopes import PRODUCTS as SCOPE
from mirrord.core.records import ID, Keys, Record

_BY_ID = {"sort": "id", "direction": "asc"}


def metafields(owner: str, path: str, scope: str, keys: Keys = ID) -> Dataset:
    """All metafields of one kind of owner, in one list."""
    since = Since(("date_modified:min",))
    listing = Listing(path, Paging.BY_CURSOR, keys=keys, since=since, counting=total_of(path))
    return Dataset(f"{owner}_metafields", listing, scope)


def _has_modifiers(product: Record) -> bool:
    """Rules go by what a customer chooses; known once the modifiers are."""
    return bool(product.companions.get("modifiers"))


_PRICE_LISTS = Listing("v3/pricelists", Paging.NUMBERED)

ROWS = (
    Dataset(
        "products",
        Listing(
            "v3/catalog/products",
            Paging.BY_ID,
            query={
                "include": "variants,images,custom_fields,bulk_pricing_rules,primary_image,videos,"
                "channels,parent_relations,reviews",
            },
            sorting=_BY_ID,
            since=Since(
                # whether an import moves date_modified is not documented
                ("date_modified:min", "date_last_imported:min"),
                ids={"include_fields": "name"},
            ),
            counting=total_of("v3/catalog/products", include_fields="name"),
        ),
        SCOPE,
        tables=(PRODUCTS, IMAGES),
        companions=(
            Again(
                names=("options", "modifiers"),
                # include_fields would spare bytes, but whether it spares the includes too is not
                # documented
                query={"include": "options,modifiers"},
                at_once=10,  # with these includes the store gives no more than ten a page
                # no field of a product says whether it has modifiers, so that all are asked
                needed=lambda _: True,
            ),
            Apart("complex_rules", "v3/catalog/products/{id}/complex-rules", {}, _has_modifiers),
        ),
        lookups=(
            Lookup("brand", "brands", "brand_id"),
            Lookup(
                "categories",
                "categories",
                "categories",
                fields=("name", "category_id", "parent_id"),
                up="parent_id",
            ),
        ),
        files={
            "options": "product_options",
            "modifiers": "product_modifiers",
            "complex_rules": "product_complex_rules",
        },
    ),
    metafields("product", "v3/catalog/products/metafields", SCOPE),
    metafields("variant", "v3/catalog/variants/metafields", SCOPE),
    Dataset(
        "channel_assignments",
        Listing(
            "v3/catalog/products/channel-assignments",
            Paging.NUMBERED,
            keys=Keys(("product_id", "channel_id")),
        ),
        SCOPE,
    ),
    Dataset(
        "category_assignments",
        Listing(
            "v3/catalog/products/category-assignments",
            Paging.NUMBERED,
            keys=Keys(("product_id", "category_id")),
        ),
        SCOPE,
    ),
    Dataset("category_trees", Listing("v3/catalog/trees", Paging.WHOLE), SCOPE),
    Dataset(
        "categories",
        Listing("v3/catalog/trees/categories", Paging.NUMBERED, keys=Keys(("category_id",))),
        SCOPE,
    ),
    metafields("category", "v3/catalog/categories/metafields", SCOPE),
    # its list knows id:greater and sorts by name only; unsorted it goes by id, which is looked at
    Dataset("brands", Listing("v3/catalog/brands", Paging.BY_ID), SCOPE),
    metafields("brand", "v3/catalog/brands/metafields", SCOPE),
    Dataset("price_lists", _PRICE_LISTS, SCOPE),
    Dataset(
        "price_list_records",
        EachOf(
            _PRICE_LISTS,
            "price_list_id",
            Listing(
                "v3/pricelists/{parent}/records",
                Paging.BY_CURSOR,
                query={"include": "bulk_pricing_tiers,sku"},
                keys=Keys(("variant_id", "currency")),
            ),
        ),
        SCOPE,
    ),
    Dataset("price_list_assignments", Listing("v3/pricelists/assignments", Paging.NUMBERED), SCOPE),
    Dataset(
        "customs_information",
        Listing(
            "v3/shipping/products/customs-information",
            Paging.NUMBERED,
            keys=Keys(("product_id",)),
        ),
        SCOPE,
    ),
)
