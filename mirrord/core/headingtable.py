"""The headings of BigCommerce's own exports: which columns each template has, in their order.

A table and nothing else. The names are exactly the control panel's. Sources: export files that
unrelated public programs read or keep (products v3 and v2, customers, orders), BigCommerce's Bulk
Edit import template, and for redirects its REST documentation. Of the shipments export only three
columns are known.
"""

from __future__ import annotations

from dataclasses import dataclass

from mirrord.core.columns.customers import CUSTOMERS
from mirrord.core.columns.orders import ORDERS
from mirrord.core.columns.products import COLUMNS as PRODUCTS_V3


@dataclass(frozen=True, slots=True)
class Form:
    """One template of one kind of export.

    ``columns`` in their order; ``- N`` stands for columns that are there once for each file, image
    or address. ``besides`` may be there or not, anywhere. Of ``identity`` one set at least must be
    there, or a row names nothing. ``open_ended``: not all of its columns are known to us.
    """

    kind: str
    template: str
    columns: tuple[str, ...]
    identity: tuple[frozenset[str], ...]
    besides: frozenset[str] = frozenset()
    open_ended: bool = False


def _columns(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.replace("\n", ",").split(",") if name.strip())


def _any_of(*sets: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(_columns(names)) for names in sets)


_V2_DEFAULT = _columns("""
    Product ID, Product Type, Code, Name, Brand, Description, Cost Price, Retail Price, Sale Price
    Calculated Price, Fixed Shipping Price, Free Shipping, Warranty, Weight, Width, Height, Depth
    Allow Purchases, Product Visible, Product Availability, Product Inventoried, Stock Level
    Low Stock Level, Date Added, Date Modified, Category Details, Images, Page Title, META Keywords
    META Description, Product Condition, Product URL, Redirect Old URL?, Product Tax Code
    Product Custom Fields
""")

_V2_BULK_EDIT = _columns("""
    Item Type, Product ID, Product Name, Product Type, Product Code/SKU, Bin Picking Number
    Brand Name, Option Set, Option Set Align, Product Description, Price, Cost Price, Retail Price
    Sale Price, Fixed Shipping Cost, Free Shipping, Product Warranty, Product Weight, Product Width
    Product Height, Product Depth, Allow Purchases?, Product Visible?, Product Availability
    Track Inventory, Current Stock Level, Low Stock Level, Category
    Product File - N, Product File Description - N, Product File Max Downloads - N
    Product File Expires After - N
    Product Image ID - N, Product Image File - N, Product Image Description - N
    Product Image Is Thumbnail - N, Product Image Sort - N
    Search Keywords, Page Title, Meta Keywords, Meta Description, MYOB Asset Acct, MYOB Income Acct
    MYOB Expense Acct, Product Condition, Show Product Condition?, Event Date Required?
    Event Date Name, Event Date Is Limited?, Event Date Start Date, Event Date End Date, Sort Order
    Product Tax Class, Product UPC/EAN, Stop Processing Rules, Product URL, Redirect Old URL?
    GPS Global Trade Item Number, GPS Manufacturer Part Number, GPS Gender, GPS Age Group, GPS Color
    GPS Size, GPS Material, GPS Pattern, GPS Item Group ID, GPS Category, GPS Enabled
""")
#: At the end of full exports: the tax column by its older or newer name; an image's URL where a
#: custom template asks for it; and, from older shops, what has no number or another name.
_V2_BULK_EDIT_BESIDES = frozenset(
    _columns("""
    Avalara Product Tax Code, Tax Provider Tax Code, Product Tax Code, Product Custom Fields
    Product Image URL - N, Taxable Product?, Product UPC, Product File, Product File Description
    Product File Max Downloads, Product File Expires After, Product Image ID, Product Image File
    Product Image URL, Product Image Description, Product Image Is Thumbnail, Product Image Sort
""")
)

_CUSTOMERS_BULK_EDIT = _columns("""
    Email Address, First Name, Last Name, Company, Phone, Notes, Store Credit, Customer Group
    Address ID - N, Address First Name - N, Address Last Name - N, Address Company - N
    Address Line 1 - N, Address Line 2 - N, Address City - N, Address State - N, Address Zip - N
    Address Country - N, Address Phone - N
    Receive Review/Abandoned Cart Emails?, Tax Exempt Category
""")

_ORDERS_DEFAULT = _columns("""
    Order ID, Customer ID, Customer Name, Customer Email, Customer Phone, Order Date, Order Status
    Subtotal (inc tax), Subtotal (ex tax), Tax Total, Shipping Cost (inc tax)
    Shipping Cost (ex tax), Ship Method, Handling Cost (inc tax), Handling Cost (ex tax)
    Store Credit Redeemed, Gift Certificate Amount Redeemed, Gift Certificate Code
    Gift Certificate Expiration Date, Coupon Details, Order Total (inc tax), Order Total (ex tax)
    Payment Method, Total Quantity, Total Shipped, Date Shipped, Order Currency Code, Exchange Rate
    Order Notes, Customer Message, Billing First Name, Billing Last Name, Billing Company
    Billing Street 1, Billing Street 2, Billing Suburb, Billing State, Billing Zip, Billing Country
    Billing Phone, Billing Email, Shipping First Name, Shipping Last Name, Shipping Company
    Shipping Street 1, Shipping Street 2, Shipping Suburb, Shipping State, Shipping Zip
    Shipping Country, Shipping Phone, Shipping Email, Product Details, Refund Amount, Channel ID
    Channel Name
""")
_PURCHASE_ORDERS = frozenset({"Billing Purchase Order #", "Shipping Purchase Order #"})

#: Every template that is known; of equals the first one counts.
FORMS: tuple[Form, ...] = (
    Form("products", "v3", PRODUCTS_V3, _any_of("Item, ID", "Item, SKU")),
    Form(
        "products",
        "v2 bulk edit",
        _V2_BULK_EDIT,
        _any_of("Product ID, Product Name", "Product ID, Product Code/SKU"),
        _V2_BULK_EDIT_BESIDES,
    ),
    Form(
        "products",
        "v2 default",
        _V2_DEFAULT,
        _any_of("Product ID, Name", "Product ID, Code"),
        frozenset({"Avalara Product Tax Code", "Tax Provider Tax Code"}),
    ),
    Form("customers", "default", CUSTOMERS.columns, _any_of("Customer ID, Email")),
    Form(
        "customers",
        "bulk edit",
        _CUSTOMERS_BULK_EDIT,
        _any_of("Email Address, First Name", "Email Address, Last Name"),
        frozenset({"Customer ID"}),
    ),
    Form("orders", "default", _ORDERS_DEFAULT, _any_of("Order ID"), _PURCHASE_ORDERS),
    Form("orders", "all fields", ORDERS.columns, _any_of("Order ID"), _PURCHASE_ORDERS),
    Form(
        "shipments",
        "default",
        ("ORDER ID", "DATE SHIPPED", "TRACKING NO"),
        _any_of("ORDER ID, TRACKING NO", "ORDER ID, DATE SHIPPED"),
        open_ended=True,
    ),
    Form(
        "redirects",
        "v3",
        ("Domain", "Old Path", "Manual URL/Path", "Dynamic Target Type", "Dynamic Target ID"),
        _any_of("Old Path, Manual URL/Path", "Old Path, Dynamic Target Type"),
        frozenset({"Dynamic Target URL"}),
    ),
    Form(
        "redirects",
        "default",
        ("Old Path", "Old URL", "New URL", "Associated Type", "Associated ID"),
        _any_of("Old Path, New URL"),
    ),
)
