"""The headings of the control panel's exports, as BigCommerce's own files have them."""

from __future__ import annotations

import csv

#: By template; each heading is one line of CSV. Numbered groups as in the largest file seen.
HEADINGS = {
    "products v3": (
        "Item,ID,Name,Type,SKU,Options,Inventory Tracking,Current Stock,Low Stock,Price,"
        "Cost Price,Retail Price,Sale Price,Brand ID,Channels,Categories,Description,"
        "Custom Fields,Page Title,Product URL,Meta Description,Search Keywords,"
        "Meta Keywords,Bin Picking Number,UPC/EAN,Global Trade Number,"
        "Manufacturer Part Number,Free Shipping,Fixed Shipping Cost,Weight,Width,Height,"
        "Depth,Is Visible,Is Featured,Warranty,Tax Class,Product Condition,"
        "Show Product Condition,Sort Order,Variant Image URL,Internal Image URL (Export),"
        "Image URL (Import),Image Description,Image is Thumbnail,Image Sort Order,"
        "YouTube ID,Video Title,Video Description,Video Sort Order"
    ),
    "products v2 Bulk Edit (import template)": (
        "Item Type,Product ID,Product Name,Product Type,Product Code/SKU,"
        "Bin Picking Number,Brand Name,Option Set,Option Set Align,Product Description,"
        "Price,Cost Price,Retail Price,Sale Price,Fixed Shipping Cost,Free Shipping,"
        "Product Warranty,Product Weight,Product Width,Product Height,Product Depth,"
        "Allow Purchases?,Product Visible?,Product Availability,Track Inventory,"
        "Current Stock Level,Low Stock Level,Category,Product Image ID - 1,"
        "Product Image File - 1,Product Image Description - 1,"
        "Product Image Is Thumbnail - 1,Product Image Sort - 1,Search Keywords,Page Title,"
        "Meta Keywords,Meta Description,MYOB Asset Acct,MYOB Income Acct,MYOB Expense Acct,"
        "Product Condition,Show Product Condition?,Event Date Required?,Event Date Name,"
        "Event Date Is Limited?,Event Date Start Date,Event Date End Date,Sort Order,"
        "Product Tax Class,Product UPC/EAN,Stop Processing Rules,Product URL,"
        "Redirect Old URL?,GPS Global Trade Item Number,GPS Manufacturer Part Number,"
        "GPS Gender,GPS Age Group,GPS Color,GPS Size,GPS Material,GPS Pattern,"
        "GPS Item Group ID,GPS Category,GPS Enabled"
    ),
    "products v2 Bulk Edit": (
        "Item Type,Product ID,Product Name,Product Type,Product Code/SKU,"
        "Bin Picking Number,Brand Name,Option Set,Option Set Align,Product Description,"
        "Price,Cost Price,Retail Price,Sale Price,Fixed Shipping Cost,Free Shipping,"
        "Product Warranty,Product Weight,Product Width,Product Height,Product Depth,"
        "Allow Purchases?,Product Visible?,Product Availability,Track Inventory,"
        "Current Stock Level,Low Stock Level,Category,Product File - 1,"
        "Product File Description - 1,Product File Max Downloads - 1,"
        "Product File Expires After - 1,Product Image ID - 1,Product Image File - 1,"
        "Product Image Description - 1,Product Image Is Thumbnail - 1,"
        "Product Image Sort - 1,Search Keywords,Page Title,Meta Keywords,Meta Description,"
        "MYOB Asset Acct,MYOB Income Acct,MYOB Expense Acct,Product Condition,"
        "Show Product Condition?,Event Date Required?,Event Date Name,"
        "Event Date Is Limited?,Event Date Start Date,Event Date End Date,Sort Order,"
        "Product Tax Class,Product UPC/EAN,Stop Processing Rules,Product URL,"
        "Redirect Old URL?,GPS Global Trade Item Number,GPS Manufacturer Part Number,"
        "GPS Gender,GPS Age Group,GPS Color,GPS Size,GPS Material,GPS Pattern,"
        "GPS Item Group ID,GPS Category,GPS Enabled,Tax Provider Tax Code,"
        "Product Custom Fields"
    ),
    "products v2 Default": (
        "Product ID,Product Type,Code,Name,Brand,Description,Cost Price,Retail Price,"
        "Sale Price,Calculated Price,Fixed Shipping Price,Free Shipping,Warranty,Weight,"
        "Width,Height,Depth,Allow Purchases,Product Visible,Product Availability,"
        "Product Inventoried,Stock Level,Low Stock Level,Date Added,Date Modified,"
        "Category Details,Images,Page Title,META Keywords,META Description,"
        "Product Condition,Product URL,Redirect Old URL?,Product Tax Code,"
        "Product Custom Fields"
    ),
    "customers Default": (
        "Customer ID,First Name,Last Name,Company,Email,Phone,Notes,Store Credit,"
        "Customer Group,Date Joined,Addresses,Receive Review/Abandoned Cart Emails?,"
        "Tax Exempt Category"
    ),
    "customers Bulk Edit": (
        "Email Address,First Name,Last Name,Company,Phone,Notes,Store Credit,"
        "Customer Group,Address ID - 1,Address First Name - 1,Address Last Name - 1,"
        "Address Company - 1,Address Line 1 - 1,Address Line 2 - 1,Address City - 1,"
        "Address State - 1,Address Zip - 1,Address Country - 1,Address Phone - 1,"
        "Receive Review/Abandoned Cart Emails?,Tax Exempt Category"
    ),
    "orders Default": (
        "Order ID,Customer ID,Customer Name,Customer Email,Customer Phone,Order Date,"
        "Order Status,Subtotal (inc tax),Subtotal (ex tax),Tax Total,"
        "Shipping Cost (inc tax),Shipping Cost (ex tax),Ship Method,"
        "Handling Cost (inc tax),Handling Cost (ex tax),Store Credit Redeemed,"
        "Gift Certificate Amount Redeemed,Gift Certificate Code,"
        "Gift Certificate Expiration Date,Coupon Details,Order Total (inc tax),"
        "Order Total (ex tax),Payment Method,Total Quantity,Total Shipped,Date Shipped,"
        "Order Currency Code,Exchange Rate,Order Notes,Customer Message,Billing First Name,"
        "Billing Last Name,Billing Company,Billing Street 1,Billing Street 2,"
        "Billing Suburb,Billing State,Billing Zip,Billing Country,Billing Phone,"
        "Billing Email,Shipping First Name,Shipping Last Name,Shipping Company,"
        "Shipping Street 1,Shipping Street 2,Shipping Suburb,Shipping State,Shipping Zip,"
        "Shipping Country,Shipping Phone,Shipping Email,Product Details,Refund Amount,"
        "Channel ID,Channel Name"
    ),
    "orders, all fields": (
        "Order ID,Order Status,Order Date,Order Time,Subtotal (inc tax),Subtotal (ex tax),"
        "Tax Total,Shipping Cost (inc tax),Shipping Cost (ex tax),Handling Cost (inc tax),"
        "Handling Cost (ex tax),Coupon Details,Order Total (inc tax),Order Total (ex tax),"
        "Refund Amount,Customer ID,Customer Name,Customer Email,Customer Phone,Ship Method,"
        "Payment Method,Store Credit Redeemed,Gift Certificate Amount Redeemed,"
        "Gift Certificate Code,Gift Certificate Expiration Date,Total Quantity,"
        "Total Shipped,Date Shipped,Order Currency Code,Exchange Rate,Order Notes,"
        "Customer Message,Billing Name,Billing First Name,Billing Last Name,"
        "Billing Company,Billing Street 1,Billing Street 2,Billing Suburb,Billing State,"
        "Billing State Abbreviation,Billing Zip,Billing Country,"
        "Billing Suburb + State + Zip,Billing Phone,Billing Email,"
        "Merchant-defined Order Status,Shipping Name,Shipping First Name,"
        "Shipping Last Name,Shipping Company,Shipping Street 1,Shipping Street 2,"
        "Shipping Suburb,Shipping State,Shipping State Abbreviation,Shipping Zip,"
        "Shipping Country,Shipping Suburb + State + Zip,Shipping Phone,Shipping Email,"
        "Customer Group Name,Product Details,# Unique Products in Order,"
        "Combined Product Weight,Todays Date,Peachtree Accounts Receivable Account,"
        "Channel ID,Channel Name,Order Source,Transaction ID"
    ),
    "redirects, older": ("Old Path,Old URL,New URL,Associated Type,Associated ID"),
    "redirects": ("Domain,Old Path,Manual URL/Path,Dynamic Target Type,Dynamic Target ID"),
    "shipments": ("ORDER ID,DATE SHIPPED,TRACKING NO"),
}


def heading(template: str) -> list[str]:
    """The columns of a template."""
    return next(csv.reader([HEADINGS[template]]))
