"""What the API gives of people and of selling: orders, customers, marketing.

Orders are the one thing that BigCommerce itself never forgets and never takes back as it was.
"""

from __future__ import annotations

from mirrord.core.coverage import Back
from mirrord.core.coverage.rows import NEW_ID, OWN, kept, not_kept

_AS_NEW = "an order can only be made anew, under a new number, with the old one beside it"
_PAST = "what happened to an order can not be written into its past"

SALES = (
    kept("orders", "v2/orders", "orders", Back.PART, _AS_NEW),
    kept(
        "order lines, addresses, consignments, fees",
        "v2/orders/{}/products v2/orders/{}/shipping_addresses v2/orders/{}/consignments "
        "v2/orders/{}/fees",
        "orders",
        Back.PART,
        _AS_NEW,
    ),
    kept(
        "order shipments",
        "v2/orders/{}/shipments",
        "order_details",
        Back.PART,
        "each that is put back sends an e-mail to the customer",
    ),
    kept(
        "order coupons, taxes, messages",
        "v2/orders/{}/coupons v2/orders/{}/taxes v2/orders/{}/messages",
        "order_details",
        Back.NO,
        _PAST,
    ),
    kept("payments of orders", "v3/orders/{}/transactions", "order_details", Back.NO, _PAST),
    kept(
        "refunds",
        "v3/orders/payment_actions/refunds v3/orders/{}/payment_actions/refunds",
        "refunds",
        Back.NO,
        "writing one would pay the money out once more",
    ),
    kept(
        "order metafields",
        "v3/orders/metafields v3/orders/{}/metafields",
        "order_metafields",
        Back.PART,
        OWN,
    ),
    kept(
        "order statuses",
        "v2/order_statuses",
        "order_statuses",
        Back.NO,
        "their names are set in the control panel only",
    ),
    not_kept(
        "shipping quotes of orders",
        "v2/orders/{}/shipping_addresses/{}/shipping_quotes "
        "v2/orders/{}/consignments/shipping/{}/shipping_quotes",
        "offers of the moment, two requests an order; what was chosen is in the order",
    ),
    not_kept(
        "carts, checkouts, abandoned carts",
        "v3/carts v3/carts/metafields v3/carts/{}/metafields v3/checkouts v3/abandoned-carts",
        "a shopper's visit of the moment; no list of them can be read",
    ),
    not_kept(
        "ways to pay",
        "v3/payments/methods v2/payments/methods",
        "only those that are on for one visit; a gateway's settings are in no API",
    ),
)

PEOPLE = (
    kept(
        "customers",
        "v3/customers",
        "customers",
        Back.PART,
        "without a password: it must be set anew; comes back under a new id",
    ),
    kept(
        "customer addresses, attributes, form fields",
        "v3/customers/addresses v3/customers/attribute-values v3/customers/form-field-values",
        "customers",
        Back.YES,
    ),
    kept(
        "customer attributes by name",
        "v3/customers/attributes",
        "customer_attributes",
        Back.YES,
        NEW_ID,
    ),
    kept(
        "customer metafields",
        "v3/customers/metafields v3/customers/{}/metafields",
        "customer_metafields",
        Back.PART,
        OWN,
    ),
    kept("customer groups", "v2/customer_groups", "customer_groups", Back.YES, NEW_ID),
    kept("newsletter subscribers", "v3/customers/subscribers", "subscribers", Back.YES, NEW_ID),
    kept("wishlists", "v3/wishlists", "wishlists", Back.YES, NEW_ID),
    kept(
        "customer segments",
        "v3/segments",
        "segments",
        Back.PART,
        "who is in which is kept with the customers; shopper profiles are made anew",
    ),
    not_kept(
        "shopper profiles",
        "v3/shopper-profiles v3/shopper-profiles/{}/segments v3/segments/{}/shopper-profiles",
        "each customer's profile and segments are kept with the customer",
    ),
    not_kept(
        "customers' consent to cookies",
        "v3/customers/{}/consent",
        "is asked per customer: one request each",
    ),
    not_kept(
        "stored cards and accounts",
        "v3/customers/{}/stored-instruments",
        "payment data: PCI; a copy must not exist outside the payment provider",
    ),
    not_kept(
        "customers by the old path",
        "v2/customers v2/customers/{}/addresses",
        "deprecated; the same customers are kept by v3",
    ),
    not_kept("tax codes of customers", "v3/tax/customers", "data of tax apps, which write it anew"),
)

MARKETING = (
    kept("coupons", "v2/coupons", "coupons", Back.PART, "how often each was used is lost"),
    kept("gift certificates", "v2/gift_certificates", "gift_certificates", Back.YES, NEW_ID),
    kept("banners", "v2/banners", "banners", Back.YES, NEW_ID),
    kept(
        "promotions and their codes",
        "v3/promotions v3/promotions/{}/codes v3/promotions/codes",
        "promotions promotion_codes",
        Back.PART,
        "how often each was used is lost",
    ),
    kept(
        "e-mail templates",
        "v3/marketing/email-templates v3/marketing/abandoned-cart-emails "
        "v3/marketing/abandoned-cart-emails/default",
        "email_templates abandoned_cart_emails",
        Back.YES,
    ),
)
