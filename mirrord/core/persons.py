"""Whose a record is: by what each dataset says of people, and nothing else.

A record is a person's where it names them as its customer, or by an e-mail address of theirs where
it has no customer at all. One that only mentions them (a parcel that another customer had sent) is
another's, and is told, not taken. Names, telephones and addresses prove nothing: two people may
share them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol, TypeAlias

from mirrord.core.columns.forms import fields_of, objects
from mirrord.core.jsontext import Json
from mirrord.core.records import Key, Record, parts

Fields: TypeAlias = Mapping[str, Json]

#: What an e-mail address has at the least; anything else is a slip of the hand.
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
#: ASCII that is written as an escape: a text with one can not be passed over unread.
_ESCAPED = "\\u00"


class Who(Protocol):
    """Somebody, as far as records can tell."""

    def is_email(self, text: Json, /) -> bool:
        """Whether this is an address of theirs."""

    def is_customer(self, number: Json, /) -> bool:
        """Whether this is a customer's id of theirs."""

    def is_order(self, number: Json, /) -> bool:
        """Whether this is the id of an order of theirs."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whose addresses (folded) and ids are known, so far as they are."""

    emails: frozenset[str] = frozenset()
    customers: frozenset[int] = frozenset()
    orders: frozenset[Key] = frozenset()

    def is_email(self, text: Json) -> bool:
        """See :class:`Who`."""
        return isinstance(text, str) and folded(text) in self.emails

    def is_customer(self, number: Json) -> bool:
        """See :class:`Who`; 0 is nobody's."""
        return isinstance(number, int) and number in self.customers

    def is_order(self, number: Json) -> bool:
        """See :class:`Who`."""
        return isinstance(number, int | str) and number in self.orders

    def may_be_in(self, text: str) -> bool:
        """Whether it is worth while to read a record's text. Never False for one of theirs."""
        if _ESCAPED in text:
            return True
        if self.is_named_in(text):
            return True
        ids = _ids((*self.customers, *self.orders))
        return ids is not None and ids.search(text) is not None

    def is_known_to(self, who: Who) -> bool:
        """Whether somebody is, by an address or an id of theirs, the same person."""
        return any(map(who.is_email, self.emails)) or any(map(who.is_customer, self.customers))

    def is_named_in(self, text: str) -> bool:
        """Whether an address of theirs stands in a text."""
        low = text.casefold()
        return any(email in low for email in self.emails)


@lru_cache(maxsize=4)
def _ids(ids: tuple[Key, ...]) -> re.Pattern[str] | None:
    """One of these ids as any field's value, in JSON."""
    spelled = "|".join(re.escape(str(one)) for one in ids)
    return re.compile(rf':\s*"?(?:{spelled})\b') if ids else None


def folded(email: str) -> str:
    """An address as addresses are compared: shops do not tell capitals apart."""
    return email.strip().casefold()


def asked_for(email: str) -> str:
    """The same of what somebody typed; ValueError where it is no address."""
    if not _EMAIL.fullmatch(email.strip()):
        raise ValueError(f"{email!r} is no e-mail address")
    return folded(email)


@dataclass(frozen=True, slots=True)
class Rule:
    """How a dataset tells whose a record is.

    ``columns``: in its CSV files the column with the record's key is the first of these.
    """

    whose: Callable[[Fields, Who], bool]
    columns: tuple[str, ...] = ("id",)
    of_orders: bool = False


def _order(fields: Fields, who: Who) -> bool:
    customer = fields.get("customer_id")
    if customer:
        return who.is_customer(customer)
    return who.is_email(fields_of(fields.get("billing_address")).get("email"))


def _gift(fields: Fields, who: Who) -> bool:
    if who.is_customer(fields.get("customer_id")):
        return True
    return any(who.is_email(fields.get(name)) for name in ("to_email", "from_email"))


def _by_customer(name: str) -> Callable[[Fields, Who], bool]:
    return lambda fields, who: who.is_customer(fields.get(name))


def _by_order(name: str) -> Callable[[Fields, Who], bool]:
    return lambda fields, who: who.is_order(fields.get(name))


def _by_email(fields: Fields, who: Who) -> bool:
    return who.is_email(fields.get("email"))


#: By dataset; customers first, then orders, since the others go by these.
RULES: Mapping[str, Rule] = {
    "customers": Rule(_by_customer("id"), ("Customer ID", "customer_id", "id")),
    "orders": Rule(_order, ("Order ID", "order_id", "id"), of_orders=True),
    "customer_metafields": Rule(_by_customer("resource_id")),
    "subscribers": Rule(_by_email),
    "wishlists": Rule(_by_customer("customer_id"), ("wishlist_id", "id")),
    "order_details": Rule(_by_order("id"), ("order_id",), of_orders=True),
    "order_metafields": Rule(_by_order("resource_id"), of_orders=True),
    "refunds": Rule(_by_order("order_id"), ("refund_id", "id"), of_orders=True),
    "gift_certificates": Rule(_gift),
}

#: Of the records of these datasets a part may be a person's: a list, each with its own ``email``.
PARTS: Mapping[str, str] = {"products": "reviews"}
#: The CSV files of such parts, whose rows are told by an address.
PART_COLUMN = "email"


def is_of(dataset: str, fields: Fields, who: Who) -> bool:
    """Whether a record of this dataset is theirs."""
    rule = RULES.get(dataset)
    return rule is not None and rule.whose(fields, who)


def key_column(dataset: str, columns: Sequence[str]) -> int | None:
    """The place of the column that says of which record a row is; None where there is none."""
    rule = RULES.get(dataset)
    named = [name for name in rule.columns if name in columns] if rule else []
    return columns.index(named[0]) if named else None


def without_parts(dataset: str, record: Record, who: Who) -> str:
    """The record's text without the parts of it that are theirs, otherwise as it was."""
    name = PARTS.get(dataset)
    if name is None or not any(_by_email(one, who) for one in objects(record.fields.get(name))):
        return record.text
    text = record.text
    for part in parts(record, name):
        if _by_email(part.fields, who):
            text = _without(text, part.text)
    return text


def _without(text: str, part: str) -> str:
    for spelled in (f"{part},", f",{part}", part):
        if spelled in text:
            return text.replace(spelled, "", 1)
    return text


@dataclass(slots=True)
class Known:
    """What becomes known of a person while all versions of all records are read.

    ``keys``: by dataset the keys of what is theirs, in any version.
    """

    person: Person
    keys: dict[str, set[Key]] = field(default_factory=dict)

    def learn_customers(self, seen: Iterable[tuple[int, str]], also: Sequence[Who] = ()) -> None:
        """By all pairs of id and address that any version of a customer had.

        Who has an address that was asked for is meant, and so is every address they ever had; but
        not whoever has one of those by now. ``also``: what an erasure before has left of them.
        """
        pairs = [(number, folded(email)) for number, email in seen]
        asked = self.person
        ids = asked.customers | {number for number, email in pairs if email in asked.emails}
        ids |= {number for number, _ in pairs if any(who.is_customer(number) for who in also)}
        emails = asked.emails | {email for number, email in pairs if number in ids and email}
        self.person = Person(frozenset(emails), frozenset(ids))
        self.keys["customers"] = set(ids)

    def learn_orders(self, keys: Iterable[Key]) -> None:
        """Which orders are theirs."""
        self.keys["orders"] = set(keys)
        self.person = Person(
            self.person.emails, self.person.customers, frozenset(self.keys["orders"])
        )

    def learn(self, dataset: str, key: Key) -> None:
        """A record of another dataset that is theirs."""
        self.keys.setdefault(dataset, set()).add(key)

    def keep_orders(self) -> None:
        """Leave orders, and what hangs on them, out of what is theirs."""
        for name, rule in RULES.items():
            if rule.of_orders:
                self.keys.pop(name, None)

    def has(self, dataset: str, key: Key) -> bool:
        """Whether the record with this key is theirs."""
        return key in self.keys.get(dataset, ())
