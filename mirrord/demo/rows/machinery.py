"""What works behind the shop: e-mail templates, reminders, webhooks, the store's own log."""

from __future__ import annotations

from mirrord.demo.rows.telling import BEYOND_DOUBLES, moment, plus, trap
from mirrord.demo.shapes import Record

EMAILS = (
    "abandoned_cart_email",
    "account_details_changed_email",
    "combined_order_status_email",
    "createaccount_email",
    "createguestaccount_email",
    "giftcertificate_email",
    "invoice_email",
    "ordermessage_notification",
    "return_confirmation_email",
    "return_statuschange_email",
    "product_review_email",
    "account_reset_password_email",
)
SCOPES = ("store/order/*", "store/product/updated", "store/customer/created")
MODULES = ("export only", "email message", "theme download", "order status")


def make_email_templates() -> list[Record]:
    """The mails that the shop writes."""
    return [
        {
            "type_id": name,
            "subject": "Your order at {{store.name}}, no. {{order.id}}",
            "body": f'<!DOCTYPE html>\n<p>{{{{lang "hello" name=store.name}}}}</p>\n{trap(n)}',
            "translations": [
                {"locale": "en", "keys": {"hello": "Hello, you"}},
                {"locale": "pl", "keys": {"hello": "Cześć; dzień dobry"}},
            ][: 1 + n % 2],
        }
        for n, name in enumerate(EMAILS)
    ]


def make_cart_emails() -> list[Record]:
    """The reminders of a cart that was left."""
    return [
        {
            "id": 1 + n * 2,
            "notify_at_minutes": minutes,
            "coupon_code": ("FF11-22X4", "", "00123")[n],
            "template": {
                "subject": "Complete your purchase at {{ store.name }}",
                "body": f'<a href="{{{{ notification.checkout_link }}}}">{trap(n)}</a>',
                "translations": [{"locale": "en", "keys": {"hello_phrase": "Welcome back,"}}],
            },
            "is_active": n != 1,
            "sent_num": n * 100,
        }
        for n, minutes in enumerate((60, 1440, 14_400))
    ]


def make_hooks(store_hash: str, count: int) -> list[Record]:
    """The account's own webhooks; their times are seconds since 1970."""
    return [
        {
            "id": BEYOND_DOUBLES + n * 2,
            "client_id": "ramyrcbkfh4nyhdxmqxz7azbb3n0h8w",
            "store_hash": store_hash,
            "scope": SCOPES[n % len(SCOPES)],
            "destination": f"https://hooks.example.com/{n}?a=1&b=2",
            "headers": (None, {"custom": 'so, "quoted"'})[n % 2],
            "is_active": n % 3 != 2,
            "created_at": int(moment(n + 100).timestamp()),
            "updated_at": int(moment(n).timestamp()),
        }
        for n in range(count)
    ]


def make_logs(count: int) -> list[Record]:
    """The store's own log, in order of creation."""
    return [
        {
            "id": 1 + n,
            "type": ("general", "payment", "shipping", "design")[n % 4],
            "module": MODULES[n % len(MODULES)],
            "severity": str(1 + n % 4),
            "summary": f"Something, {n}",
            "message": trap(n),
            "date_created": plus(count - n),
        }
        for n in range(count)
    ]
