"""The scopes that a read-only token needs, in the words of the control panel and of the docs.

Source: BigCommerce, "API accounts and OAuth scopes", and each OpenAPI file's authentication part.
"""

PRODUCTS = "store_v2_products_read_only (Products: read-only)"
CUSTOMERS = "store_v2_customers_read_only (Customers: read-only)"
ORDERS = "store_v2_orders_read_only (Orders: read-only)"
TRANSACTIONS = "store_v2_transactions_read_only (Order transactions: read-only)"
MARKETING = "store_v2_marketing_read_only (Marketing: read-only)"
CONTENT = "store_v2_content_read_only (Content: read-only)"
INFORMATION = "store_v2_information_read_only (Information & settings: read-only)"
CHANNELS = "store_channel_settings_read_only (Channel settings: read-only)"
LISTINGS = "store_channel_listings_read_only (Channel listings: read-only)"
SITES = "store_sites_read_only (Sites & routes: read-only)"
INVENTORY = "store_inventory_read_only (Store inventory: read-only)"
LOCATIONS = "store_locations_read_only (Store locations: read-only)"
FULFILLMENT = "store_fulfillment_methods_read_only (Fulfillment methods: read-only)"
THEMES = "store_themes_read_only (Themes: read-only)"
LOGS = "store_logs_read_only (Store logs: read-only)"
NONE = "any token of the store"
