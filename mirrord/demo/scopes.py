"""What a token of the sample store may be allowed: BigCommerce's names for reading.

After the table of OAuth scopes at the head of each specification. Webhooks want none.
"""

PRODUCTS, CUSTOMERS = "store_v2_products_read_only", "store_v2_customers_read_only"
ORDERS, INFORMATION = "store_v2_orders_read_only", "store_v2_information_read_only"
TRANSACTIONS = "store_v2_transactions_read_only"
CONTENT, MARKETING = "store_v2_content_read_only", "store_v2_marketing_read_only"
CHANNELS, LISTINGS = "store_channel_settings_read_only", "store_channel_listings_read_only"
SITES, THEMES = "store_sites_read_only", "store_themes_read_only"
INVENTORY, LOCATIONS = "store_inventory_read_only", "store_locations_read_only"
FULFILMENT, CHECKOUTS = "store_fulfillment_methods_read_only", "store_checkouts_read_only"
LOGS = "store_logs_read_only"
THEMES_MANAGE = "store_themes_manage"
NONE = ""
"""Any good token will do."""

ALL_SCOPES = frozenset(
    {
        *(PRODUCTS, CUSTOMERS, ORDERS, INFORMATION, TRANSACTIONS, CONTENT, MARKETING, CHANNELS),
        *(LISTINGS, SITES, THEMES, INVENTORY, LOCATIONS, FULFILMENT, CHECKOUTS, LOGS),
        THEMES_MANAGE,
    }
)
