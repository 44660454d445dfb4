"""orders.default.csv: the control panel's Default order export, 56 columns.

The cells of orders.csv in the template's own choice and order, for programs that read that file.
"""

from __future__ import annotations

from mirrord.core.columns import Row, one_row_each
from mirrord.core.columns.orders import CELLS, view

_ADDRESS = (
    "First Name",
    "Last Name",
    "Company",
    "Street 1",
    "Street 2",
    "Suburb",
    "State",
    "Zip",
    "Country",
    "Phone",
    "Email",
)

COLUMNS: Row = (
    "Order ID",
    "Customer ID",
    "Customer Name",
    "Customer Email",
    "Customer Phone",
    "Order Date",
    "Order Status",
    "Subtotal (inc tax)",
    "Subtotal (ex tax)",
    "Tax Total",
    "Shipping Cost (inc tax)",
    "Shipping Cost (ex tax)",
    "Ship Method",
    "Handling Cost (inc tax)",
    "Handling Cost (ex tax)",
    "Store Credit Redeemed",
    "Gift Certificate Amount Redeemed",
    "Gift Certificate Code",
    "Gift Certificate Expiration Date",
    "Coupon Details",
    "Order Total (inc tax)",
    "Order Total (ex tax)",
    "Payment Method",
    "Total Quantity",
    "Total Shipped",
    "Date Shipped",
    "Order Currency Code",
    "Exchange Rate",
    "Order Notes",
    "Customer Message",
    *(f"Billing {name}" for name in _ADDRESS),
    *(f"Shipping {name}" for name in _ADDRESS),
    "Product Details",
    "Refund Amount",
    "Channel ID",
    "Channel Name",
)

ORDERS_DEFAULT = one_row_each("orders.default", {name: CELLS[name] for name in COLUMNS}, view)
