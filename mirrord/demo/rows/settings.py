"""The shop's settings, one object a path, as the store would have them after some use."""

from __future__ import annotations

from typing import Any

from mirrord.demo.rows.telling import trap
from mirrord.demo.shapes import Record

HIDDEN = "hidden in the sample store"


def make_settings() -> dict[str, Any]:
    """Every object or list of settings, by the path of its answer without the first slash."""
    below = {f"v3/settings/{name}": content for name, content in (_store() | _front()).items()}
    return below | _others()


def _store() -> Record:
    return {
        "analytics": _analytics(),
        "search/filters": _search_filters(),
        "catalog": {"auto_approve_reviews": False, "enable_product_comparisons": True},
        "email-statuses": {
            "abandoned_cart_email": True,
            "account_details_changed_email": False,
            "combined_order_status_email": True,
            "create_account_email": True,
            "create_guest_account_email": True,
            "gift_certificate_email": True,
            "invoice_email": True,
            "order_message_notification_email": True,
            "product_review_email": False,
            "return_confirmation_email": True,
            "return_statuschange_email": True,
        },
        "inventory": {
            "product_out_of_stock_behavior": "hide_product",
            "option_out_of_stock_behavior": "label_option",
            "update_stock_behavior": "order_placed",
            "edit_order_stock_adjustment": True,
            "refund_order_stock_adjustment": False,
            "stock_level_display": "show_when_low",
            "default_out_of_stock_message": "Sold out, sorry",
            "hide_in_product_filtering": False,
            "show_pre_order_stock_levels": False,
            "show_out_of_stock_message": True,
        },
        "inventory/notifications": {
            "low_stock_notification_address": ["stock@example.com"],
            "out_of_stock_notification_address": [],
        },
        "logo": {
            "favicon_url": "",
            "logo_image_url": "https://example.com/logo.png?c=2",
            "logo_text": "The sample store",
            "type": "image",
        },
        "store/locale": {
            "default_shopper_language": "en",
            "shopper_language_selection_method": "browser",
            "store_country": "US",
        },
        "store/profile": {
            "store_address": "123 Main Street\nAustin, TX 00726",
            "store_address_type": "Home Office",
            "store_email": "owner@example.com",
            "store_name": "The sample store",
            "store_phone": "005-123-4567",
        },
        "store/units-of-measurement": {
            "weight_measurement": "Ounces",
            "length_measurement": "Inches",
            "decimal_token": ".",
            "thousands_token": ",",
            "decimal_places": 2,
            "factoring_dimension": "depth",
        },
    }


def _front() -> Record:
    return {
        "storefront/category": {
            "category_tree_depth": 4,
            "default_product_sort": "featured",
            "listing_mode": "child_categories",
        },
        "storefront/product": {
            "show_product_price": True,
            "show_product_sku": True,
            "show_product_weight": False,
            "show_product_brand": True,
            "show_product_shipping": False,
            "show_product_rating": True,
            "show_add_to_cart_link": True,
            "default_preorder_message": trap(4),
            "show_breadcrumbs_product_pages": "show_one",
            "show_add_to_cart_qty_box": True,
            "show_add_to_wishlist": True,
            "hide_price_from_guests": False,
        },
        "storefront/robotstxt": {
            "robots_txt_ssl": "User-agent: *\nDisallow: /cart.php\nDisallow: /search.php?*\n"
        },
        "storefront/search": {
            "content_product_sort": "relevance",
            "default_product_sort": "bestselling",
            "product_filtering_enabled": True,
            "search_suggest": False,
        },
        "storefront/security": {
            "csp_header": {"enabled": True, "header_value": "default-src 'self'; img-src *"},
            "hsts": {
                "enabled": True,
                "include_preload": False,
                "include_subdomains": True,
                "max_age": "one_year",
            },
            "sitewide_https_enabled": True,
            "x_frame_options_header": {"allowed_url": "", "enabled": True, "setting": "deny"},
        },
        "storefront/seo": {
            "meta_description": trap(3),
            "meta_keywords": "tea, pots",
            "page_title": "The sample store | Home & Garden",
            "www_redirect": "no-www",
        },
        "storefront/status": {
            "down_for_maintenance_message": "<p>Back soon, promised</p>",
            "prelaunch_message": "",
            "prelaunch_password": HIDDEN,
        },
    }


def _others() -> dict[str, Record]:
    return {
        "v3/tax/settings": {
            "tax_entered_with_prices": False,
            "price_display_settings": {
                "control_panel_price_display_strategy": "EXCLUSIVE",
                "invoice_price_display_strategy": "ZONE",
            },
            "fallback_strategy": "BASIC",
            "should_subtract_store_tax": False,
            "should_use_geolocation_to_determine_guest_shopper_tax_zone": True,
            "guest_shopper_tax_zone_id": 1,
            "store_tax_zone_id": 1,
            "document_submission_strategy": "ON_ORDER_CREATION",
            "rounding_strategy": "RATE_ROUNDING",
        },
        "v3/shipping/settings": {
            "checkout": {
                "country_list_strategy": "DISPLAY_ONLY_SHIPPABLE_COUNTRIES",
                "out_of_delivery_zone_message": "We do not go there, sorry",
            }
        },
        "v3/carts/settings": {"allow_purchasing": True},
        "v3/abandoned-carts/settings": {
            "enable_notification": True,
            "email_customer_until_cart_is_recovered": True,
            "marketing_emails_require_customer_consent": True,
            "email_merchant_when_cart_is_converted": False,
            "email_merchant_when_cart_is_abandoned": False,
            "merchant_email_address": "owner@example.com",
            "merchant_abandoned_cart_email_frequency_type": "digest",
            "merchant_abandoned_cart_digest_email_frequency": 10,
        },
        "v3/checkouts/settings": {
            "custom_checkout_script_url": "",
            "order_confirmation_use_custom_checkout_script": False,
            "custom_order_confirmation_script_url": "",
            "custom_checkout_supports_uco_settings": False,
            "custom_checkout_sri_hash": "",
            "custom_order_confirmation_sri_hash": "",
        },
        "v3/customers/settings": {
            "privacy_settings": {
                "ask_shopper_for_tracking_consent": True,
                "policy_url": "https://example.com/privacy?x=1&y=2",
            },
            "customer_group_settings": {
                "guest_customer_group_id": 0,
                "default_customer_group_id": 1,
            },
        },
        "v3/orders/settings": {
            "notifications": {
                "order_placed": {"email_addresses": ["orders@example.com"]},
                "forward_invoice": {"email_addresses": []},
            },
            "meta": {},
        },
        "v3/promotions/settings": {
            "promotions_apply_on_products_with_custom_product_price": False,
            "promotions_triggered_by_products_with_zero_product_price": False,
            "number_of_coupons_allowed_at_checkout": 1,
            "promotions_applied_on_original_product_price": True,
        },
        "v3/marketing/abandoned-cart-emails/settings": {"use_global": True},
    }


def _analytics() -> list[Record]:
    """Who counts the shop's visitors."""
    return [
        {
            "id": 1 + n,
            "channel_id": 1,
            "name": name,
            "code": f"<script>{trap(n)}</script>",
            "enabled": n == 0,
            "data_tag_enabled": False,
            "version": n + 3,
            "api_secret": HIDDEN,
        }
        for n, name in enumerate(("Google Analytics", "Pixel, other"))
    ]


def _search_filters() -> list[Record]:
    """By what visitors may narrow a search."""
    return [
        {
            "id": f"{kind}-00{n}",
            "type": kind,
            "display_name": f"By {kind}",
            "collapsed_by_default": n == 1,
            "is_enabled": True,
        }
        for n, kind in enumerate(("price", "rating"))
    ]
