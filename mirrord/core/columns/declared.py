"""The columns of every dataset that BigCommerce has no CSV of, as words in one text.

The first word heads the record's key (``key`` where the key is made of several ids), the others
are paths into the record; what is asked for per parent begins with the parent's id. Every field
of the answer's schema stands here; a test reads the specification and says which one is missing.
What an answer holds besides is told by :mod:`.drift`.
Source: the schemas of BigCommerce's OpenAPI files, and the fields of their examples that the
schemas leave out.
"""

from __future__ import annotations

from collections.abc import Mapping

METAFIELDS = (
    "id permission_set namespace key value description resource_type resource_id date_created "
    "date_modified owner_client_id"
)

#: What products.csv, customers.csv and orders.csv hold no column for, in a table beside each.
BESIDE: Mapping[str, str] = {
    "product_fields": (
        "id map_price calculated_price product_tax_code related_products layout_file "
        "availability availability_description gift_wrapping_options_type "
        "gift_wrapping_options_list order_quantity_minimum order_quantity_maximum view_count "
        "preorder_release_date preorder_message is_preorder_only is_price_hidden "
        "price_hidden_label custom_url.is_customized custom_url.create_redirect open_graph_type "
        "open_graph_title open_graph_description open_graph_use_meta_description "
        "open_graph_use_product_name open_graph_use_image date_created date_modified "
        "date_last_imported reviews_rating_sum reviews_count total_sold parent_relations "
        "base_variant_id option_set_id option_set_display"
    ),
    "customer_fields": (
        "id registration_ip_address customer_group_id date_created date_modified address_count "
        "attribute_count authentication.force_password_reset origin_channel_id channel_ids "
        "shopper_profile_id segment_ids store_credit_amounts form_fields"
    ),
    "order_fields": (
        "id date_created date_modified date_shipped cart_id status_id payment_status "
        "subtotal_tax base_shipping_cost shipping_cost_tax shipping_cost_tax_class_id "
        "base_handling_cost handling_cost_tax handling_cost_tax_class_id base_wrapping_cost "
        "wrapping_cost_ex_tax wrapping_cost_inc_tax wrapping_cost_tax wrapping_cost_tax_class_id "
        "is_tax_inclusive_pricing discount_amount coupon_discount currency_id "
        "default_currency_id default_currency_code store_default_currency_code "
        "store_default_to_transactional_exchange_rate shipping_address_count is_deleted "
        "is_email_opt_in order_is_digital credit_card_type ip_address ip_address_v6 "
        "geoip_country geoip_country_iso2 ebay_order_id external_id external_merchant_id "
        "external_source external_order_id tax_provider_id customer_locale "
        "billing_address.country_iso2 billing_address.form_fields"
    ),
}

#: One row a dataset, under the dataset's own name.
FLAT: Mapping[str, str] = {
    "product_metafields": METAFIELDS,
    "variant_metafields": METAFIELDS,
    "channel_assignments": "key product_id channel_id",
    "category_assignments": "key product_id category_id",
    "customs_information": (
        "product_id country_of_origin commodity_description international_shipping hs_codes "
        "created_at updated_at"
    ),
    "category_trees": "id name channels",
    "categories": (
        "category_id name category_uuid tree_id parent_id description views sort_order "
        "page_title meta_keywords meta_description layout_file image_url is_visible "
        "search_keywords default_product_sort url.path url.is_customized"
    ),
    "category_metafields": METAFIELDS,
    "brands": (
        "id name page_title meta_keywords meta_description search_keywords image_url "
        "custom_url.url custom_url.is_customized"
    ),
    "brand_metafields": METAFIELDS,
    "customer_groups": (
        "id name is_default category_access.type category_access.categories discount_rules "
        "date_created date_modified is_group_for_guests"
    ),
    "customer_attributes": "id name type date_modified date_created",
    "customer_metafields": METAFIELDS,
    "subscribers": (
        "id email first_name last_name source order_id channel_id consents date_modified "
        "date_created"
    ),
    "wishlists": "id customer_id name is_public token items",
    "segments": "id name description created_at updated_at",
    "order_statuses": "id name system_label custom_label system_description order",
    "refunds": (
        "id order_id user_id created reason total_amount total_tax "
        "uses_merchant_override_values items payments"
    ),
    "order_metafields": METAFIELDS,
    "coupons": (
        "id date_created num_uses name type amount min_purchase expires enabled code "
        "applies_to.ids applies_to.entity max_uses max_uses_per_customer "
        "restricted_to.countries shipping_methods"
    ),
    "gift_certificates": (
        "id to_name to_email from_name from_email amount customer_id order_id balance "
        "purchase_date expiry_date template message code status currency_code"
    ),
    "banners": (
        "id date_created name content page location date_type date_from date_to visible item_id"
    ),
    "promotions": (
        "id redemption_type name display_name channels customer rules current_uses max_uses "
        "status start_date end_date stop can_be_used_with_other_promotions currency_code "
        "notifications shipping_address schedule created_from codes "
        "coupon_overrides_other_promotions "
        "coupon_overrides_automatic_when_offering_higher_discounts multiple_codes "
        "coupon_type"
    ),
    "promotion_codes": (
        "key promotion_id id code current_uses max_uses max_uses_per_customer created"
    ),
    "price_lists": "id date_created date_modified name active",
    "price_list_records": (
        "key sku price_list_id variant_id currency product_id price sale_price retail_price "
        "map_price calculated_price bulk_pricing_tiers date_created date_modified"
    ),
    "price_list_assignments": "id price_list_id customer_group_id channel_id",
    "pages": (
        "id channel_id name is_visible parent_id sort_order type is_homepage "
        "is_customers_only url meta_title meta_keywords meta_description search_keywords "
        "email contact_fields body content_type link"
    ),
    "blog_posts": (
        "id title url preview_url body tags summary is_published "
        "published_date.timezone_type published_date.date published_date.timezone "
        "published_date_iso8601 meta_description meta_keywords author thumbnail_path"
    ),
    "redirects": "id site_id from_path to.type to.entity_id to.url to_url",
    "widgets": (
        "uuid name description widget_configuration widget_template "
        "storefront_api_query_params date_created date_modified version_uuid channel_id"
    ),
    "widget_templates": (
        "uuid name schema template storefront_api_query kind date_created date_modified "
        "current_version_uuid icon_name channel_id client_rerender template_engine"
    ),
    "placements": (
        "uuid template_file date_created date_modified channel_id entity_id sort_order "
        "region status widget"
    ),
    "scripts": (
        "uuid name date_created date_modified description html src auto_uninstall "
        "load_method location visibility kind api_client_id consent_category enabled "
        "channel_id integrity_hashes"
    ),
    "custom_templates": (
        "id channel_id entity_type entity_id file_name is_valid date_created date_modified"
    ),
    "channels": (
        "id external_id is_listable_from_ui is_enabled is_visible status name type platform "
        "date_created date_modified icon_url currencies"
    ),
    "channel_metafields": METAFIELDS,
    "channel_currencies": "channel_id enabled_currencies default_currency",
    "channel_listings": (
        "key channel_id listing_id external_id product_id state name description "
        "date_created date_modified variants"
    ),
    "sites": "id url channel_id created_at updated_at ssl_status urls is_checkout_url_customized",
    "site_routes": "key site_id id type matching route",
    "menus": "id value.bigcommerce_protected_app_sections value.custom_app_sections",
    "currencies": (
        "id is_default country_iso2 default_for_country_codes currency_code "
        "currency_exchange_rate auto_update token_location token decimal_token "
        "thousands_token decimal_places name enabled is_transactional use_default_name "
        "last_updated"
    ),
    "tax_classes": "id name created_at updated_at",
    "tax_properties": "id code display_name description type created_at updated_at",
    "tax_rates": "id class_rates enabled name priority tax_zone_id",
    "tax_zones": (
        "id name enabled price_display_settings.show_inclusive "
        "price_display_settings.show_both_on_detail_view "
        "price_display_settings.show_both_on_list_view shopper_target_settings.locations "
        "shopper_target_settings.customer_groups"
    ),
    "shipping_zones": (
        "id name type locations free_shipping.enabled free_shipping.minimum_sub_total "
        "free_shipping.exclude_fixed_shipping_products handling_fees.fixed_surcharge "
        "handling_fees.display_separately handling_fees.percentage_surcharge enabled"
    ),
    "shipping_methods": (
        "key zone_id id name type settings enabled handling_fees.fixed_surcharge "
        "handling_fees.percentage_surcharge is_fallback channel_ids"
    ),
    "location_metafields": METAFIELDS,
    "locations": (
        "id code label description managed_by_external_source type_id enabled "
        "operating_hours time_zone created_at updated_at address.address1 address.address2 "
        "address.city address.state address.zip address.email address.phone "
        "address.geo_coordinates.latitude address.geo_coordinates.longitude "
        "address.country_code storefront_visibility special_hours"
    ),
    "inventory": ("identity.variant_id identity.sku identity.product_id identity.sku_id locations"),
    "pickup_methods": (
        "id location_id display_name collection_instructions collection_time_description "
        "location_identity date_created date_modified"
    ),
    "email_templates": "type_id body translations subject",
    "abandoned_cart_emails": (
        "id notify_at_minutes coupon_code template.subject template.body "
        "template.translations is_active sent_num"
    ),
    "store_metafields": METAFIELDS,
    "webhooks": "id client_id store_hash scope destination is_active created_at updated_at",
    "system_logs": "id type module severity summary message date_created",
}
