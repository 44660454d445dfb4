"""The tables of what a record holds many of: variants, line items, addresses, ...

One row a part, the owner's id in the first column. These are companions of the files in
BigCommerce's own form, whose packed cells can not be read back with certainty. The line items of
an order lie in several kinds of consignments; :mod:`.orders` knows where.
"""

from __future__ import annotations

from collections.abc import Mapping

from mirrord.core.columns.flat import Part

_OPTION_VALUES = "id label is_default sort_order value_data"

_LINE_ITEMS = " ".join(
    f"consignments.{kind}.line_items[]"
    for kind in ("pickups[]", "shipping[]", "downloads[]", "email[]", "email.gift_certificates[]")
)

_PRODUCTS = (
    Part(
        "product_variants",
        "product_id",
        "variants[]",
        "id sku sku_id option_values price cost_price retail_price sale_price map_price "
        "calculated_price weight calculated_weight width height depth is_free_shipping "
        "fixed_cost_shipping_price purchasing_disabled purchasing_disabled_message image_url "
        "inventory_level inventory_warning_level bin_picking_number upc mpn gtin",
    ),
    Part(
        "product_options",
        "product_id",
        "options[]",
        "id name display_name type sort_order config image_url",
    ),
    Part(
        "product_option_values",
        "product_id option_id",
        "options[].option_values[]",
        _OPTION_VALUES,
    ),
    Part(
        "product_modifiers",
        "product_id",
        "modifiers[]",
        "id name display_name type required sort_order config",
    ),
    Part(
        "product_modifier_values",
        "product_id option_id",
        "modifiers[].option_values[]",
        f"{_OPTION_VALUES} adjusters.price.adjuster adjusters.price.adjuster_value "
        "adjusters.weight.adjuster adjusters.weight.adjuster_value adjusters.image_url "
        "adjusters.purchasing_disabled.status adjusters.purchasing_disabled.message",
    ),
    Part(
        "product_rules",
        "product_id",
        "complex_rules[]",
        "id sort_order enabled stop conditions price_adjuster.adjuster "
        "price_adjuster.adjuster_value weight_adjuster.adjuster weight_adjuster.adjuster_value "
        "image_url purchasing_disabled purchasing_disabled_message purchasing_hidden",
    ),
    Part("custom_fields", "product_id", "custom_fields[]", "id name value"),
    Part(
        "bulk_prices",
        "product_id",
        "bulk_pricing_rules[]",
        "id quantity_min quantity_max type amount",
    ),
    Part(
        "videos", "product_id", "videos[]", "id video_id type title description sort_order length"
    ),
    Part(
        "reviews",
        "product_id",
        "reviews[]",
        "id title text status rating name email date_reviewed date_created date_modified",
    ),
)

_CUSTOMERS = (
    Part(
        "customer_addresses",
        "customer_id",
        "addresses[]",
        "id first_name last_name company address1 address2 city state_or_province postal_code "
        "country country_code phone address_type form_fields",
    ),
    Part(
        "customer_attribute_values",
        "customer_id",
        "attributes[]",
        "id attribute_id attribute_value date_created date_modified",
    ),
)

#: Its rows are gathered by :func:`.orders.view`, each line item once.
ORDER_PRODUCTS = Part(
    "order_products",
    "order_id",
    f"{_LINE_ITEMS} products[]",
    "id product_id variant_id order_address_id order_pickup_method_id name name_customer "
    "name_merchant sku upc type quantity base_price price_ex_tax price_inc_tax price_tax "
    "base_total total_ex_tax total_inc_tax total_tax discounted_total_inc_tax base_cost_price "
    "cost_price_ex_tax cost_price_inc_tax cost_price_tax weight width height depth brand "
    "bin_picking_number product_options configurable_fields applied_discounts is_refunded "
    "quantity_refunded refund_amount return_id quantity_shipped fixed_shipping_cost event_name "
    "event_date wrapping_id wrapping_name wrapping_message base_wrapping_cost "
    "wrapping_cost_ex_tax wrapping_cost_inc_tax wrapping_cost_tax gift_certificate_id "
    "is_bundled_product parent_order_product_id option_set_id external_id ebay_item_id "
    "ebay_transaction_id",
)

_ORDERS = (
    Part(
        "order_addresses",
        "order_id",
        "consignments.shipping[]",
        "id first_name last_name company street_1 street_2 city state zip country country_iso2 "
        "phone email shipping_method shipping_zone_id shipping_zone_name items_total "
        "items_shipped base_cost cost_ex_tax cost_inc_tax cost_tax cost_tax_class_id "
        "base_handling_cost handling_cost_ex_tax handling_cost_inc_tax handling_cost_tax "
        "handling_cost_tax_class_id form_fields",
    ),
    Part(
        "order_pickups",
        "order_id",
        "consignments.pickups[]",
        "id pickup_method_id pickup_method_display_name collection_instructions "
        "collection_time_description location",
    ),
    Part(
        "order_recipients",
        "order_id",
        "consignments.downloads[] consignments.email[] consignments.email.gift_certificates[]",
        "id recipient_email",
    ),
    Part(
        "order_fees",
        "order_id",
        "fees[]",
        "id type display_name_customer display_name_merchant source base_cost cost_ex_tax "
        "cost_exc_tax cost_inc_tax cost_tax tax_class_id",
    ),
)

_ORDER_DETAILS = (
    Part("order_coupons", "order_id", "coupons[]", "id coupon_id code amount type discount"),
    Part(
        "order_taxes",
        "order_id",
        "taxes[]",
        "id order_address_id order_pickup_method_id order_product_id line_item_type tax_rate_id "
        "sales_tax_id tax_class_id name class rate priority priority_amount line_amount",
    ),
    Part(
        "order_shipments",
        "order_id",
        "shipments[]",
        "id customer_id order_address_id date_created tracking_number tracking_carrier "
        "tracking_link generated_tracking_link shipping_provider shipping_provider_display_name "
        "shipping_method merchant_shipping_cost comments items shipping_address billing_address",
    ),
    Part(
        "order_messages",
        "order_id",
        "messages[]",
        "id staff_id customer_id type subject message status is_flagged date_created customer",
    ),
    Part(
        "order_transactions",
        "order_id",
        "transactions[]",
        "id date_created event method amount currency gateway gateway_transaction_id "
        "reference_transaction_id payment_method_id status test fraud_review "
        "credit_card.card_type credit_card.card_last4 gift_certificate.code "
        "gift_certificate.original_balance gift_certificate.starting_balance "
        "gift_certificate.remaining_balance gift_certificate.status "
        "store_credit.remaining_balance offline.display_name custom.payment_method "
        "avs_result.code avs_result.message avs_result.street_match avs_result.postal_match "
        "cvv_result.code cvv_result.message custom_provider_field_result.receipt_number "
        "custom_provider_field_result.authorization_code "
        "custom_provider_field_result.fraud_response custom_provider_field_result.amount_received",
    ),
)

#: By dataset; each is a CSV of its own.
PARTS: Mapping[str, tuple[Part, ...]] = {
    "products": _PRODUCTS,
    "customers": _CUSTOMERS,
    "orders": _ORDERS,
    "order_details": _ORDER_DETAILS,
    "refunds": (
        Part(
            "refund_items",
            "refund_id",
            "items[]",
            "item_type item_id quantity requested_amount reason adjustments",
        ),
        Part(
            "refund_payments",
            "refund_id",
            "payments[]",
            "id provider_id amount offline is_declined declined_message transaction_id",
        ),
    ),
    "wishlists": (Part("wishlist_items", "wishlist_id", "items[]", "id product_id variant_id"),),
    "inventory": (
        Part(
            "inventory_levels",
            "variant_id",
            "locations[]",
            "location_id location_code location_name location_enabled available_to_sell "
            "total_inventory_onhand settings.safety_stock settings.is_in_stock "
            "settings.warning_level settings.bin_picking_number",
        ),
    ),
}
