"""The config as frozen values: every key, its type, its default and its meaning.

A default stands here and nowhere else; the sample config repeats them and a test compares. The
text below a key is its description in the JSON Schema. Nothing here touches a file or the network.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal, Self
from zoneinfo import ZoneInfo

from mirrord.config.kinds import (
    AbsolutePath,
    Bandwidth,
    Choice,
    CommandLine,
    Duration,
    Globs,
    QuietHours,
    SecretPlace,
    Share,
    Size,
    StoreHash,
    StoreKey,
    Text,
    Url,
    Whole,
    YesNo,
    Zone,
)
from mirrord.config.parts import Each, Field, Part
from mirrord.config.places import Unfit
from mirrord.config.rules import OrdersRule, RuleText
from mirrord.config.secrets import Secret
from mirrord.core.hours import Hours
from mirrord.core.schedule import AtRisk, Cron, Every


class Webdav(Part):
    """The store's files."""

    url: Annotated[str, Url] = Field(example="https://store-abc123.mybigcommerce.com/dav")
    """The WebDAV path that the control panel shows; https, but for loopback."""

    username: Annotated[str, Text] = Field(example="backup@acme.example")
    """The WebDAV user, best one that may do nothing else."""

    password: Annotated[Secret, SecretPlace] = Field(example={"credential": "acme-webdav"})
    """Where the WebDAV password is kept; never the password."""

    login: Annotated[Literal["digest", "basic"], Choice("digest", "basic")] = "digest"
    """How the server asks for the password; BigCommerce speaks Digest."""

    connections: Annotated[int, Whole(1, 128)] = 64
    """How many files and folders are read at the same time at the most; it begins with four."""

    bandwidth: Annotated[int | None, Bandwidth] = Field(default=None, example="10MB/s")
    """At most so much is fetched of them (in bytes a second); left out, as fast as it goes."""

    ca: Annotated[Path | None, AbsolutePath] = None
    """A file of own certificate authorities (PEM), instead of the system's."""

    exclude: Annotated[tuple[str, ...], Globs] = ()
    """Patterns of tree paths that are neither fetched nor retired."""


class Api(Part):
    """The store's records."""

    store_hash: Annotated[str, StoreHash] = Field(example="abc123")
    """The store's own name at BigCommerce, as in store-abc123.mybigcommerce.com."""

    token: Annotated[Secret, SecretPlace] = Field(example={"credential": "acme-token"})
    """Where the access token of a read-only API account is kept; never the token."""

    url: Annotated[str, Url] = "https://api.bigcommerce.com"
    """Where the API is; https, but for loopback."""

    quota_share: Annotated[float, Share(at_least="1%")] = Field(default="50%")
    """The part of the store's request quota that mirrord may use; its other apps need the rest."""

    ca: Annotated[Path | None, AbsolutePath] = None
    """A file of own certificate authorities (PEM), instead of the system's."""


class Schedule(Part):
    """How often each thing is taken: a duration (15m, 6h, 1h30m) or a cron expression."""

    files: Annotated[Every | Cron, RuleText] = Field(default="6h")
    """The tree of files."""

    products: Annotated[Every | Cron, RuleText] = Field(default="1h")
    """The products export."""

    customers: Annotated[Every | Cron, RuleText] = Field(default="1h")
    """The customers export."""

    orders: Annotated[Every | Cron | AtRisk, OrdersRule] = Field(
        default="15m", example={"every": "15m", "max_at_risk": 25, "at_least": "1m"}
    )
    """The orders export; or an interval that follows how many orders come, between two bounds, so
    that no more than `max_at_risk` are unsaved."""

    more: Annotated[Every | Cron, RuleText] = Field(default="6h")
    """All other datasets: categories, brands, price lists, pages, promotions, settings, ..."""

    order_details: Annotated[Every | Cron, RuleText] = Field(default="1h")
    """What orders have besides (shipments, messages, taxes, coupons, transactions): some requests
    an order, so that a long history comes in over many runs."""

    full: Annotated[int, Duration] = Field(default="7d")
    """A duration (in seconds): so often a dataset is pulled in full that otherwise is asked only
    for what changed."""

    themes: Annotated[Every | Cron, RuleText] = Field(default="1d")
    """The themes and what the theme editor has saved for them."""

    snapshot: Annotated[Every | Cron, RuleText] = Field(default="0 3 * * *")
    """A restore point of all that is held."""

    verify: Annotated[Every | Cron, RuleText] = Field(default="7d")
    """A duration: every byte is read once in it, a part each night; a cron expression: all of it
    at that time."""


class Guard(Part):
    """When a vanishing of files waits for a person, and when a change of records is alarmed."""

    vanished: Annotated[float, Share()] = Field(default="10%")
    """The part of all files whose vanishing at once is not believed."""

    floor: Annotated[int, Whole(1, 1_000_000)] = 20
    """The number of files, or of rows of records, below which a vanishing is always believed."""

    grown: Annotated[float, Share()] = Field(default="50%")
    """The part of all files that may change, or of all bytes that may be added, without alarm."""

    cells: Annotated[float, Share()] = Field(default="20%")
    """The part of a table's rows of which one column may be changed or emptied in 24 hours."""

    rows: Annotated[float, Share()] = Field(default="10%")
    """The part of a table's rows that may vanish in 24 hours without alarm."""


class Keep(Part):
    """How many of the newest hours, days, weeks, months and years keep their last point."""

    hourly: Annotated[int, Whole(0, 100_000)] = 0
    daily: Annotated[int, Whole(0, 100_000)] = 0
    weekly: Annotated[int, Whole(0, 100_000)] = 0
    monthly: Annotated[int, Whole(0, 100_000)] = 0
    yearly: Annotated[int, Whole(0, 100_000)] = 0

    @property
    def drops(self) -> bool:
        """Whether it says anything: a rule of zeros only keeps all."""
        return any((self.hourly, self.daily, self.weekly, self.monthly, self.yearly))


class KeepExports(Keep):
    """The same of the dated exports; a dataset may have a rule of its own."""

    products: Keep | None = None
    customers: Keep | None = None
    orders: Keep | None = None


class Retention(Part):
    """What is dropped when it is old. Without a rule nothing ever is."""

    snapshots: Keep | None = None
    """Restore points."""

    exports: KeepExports | None = None
    """Dated exports."""

    old_versions: Annotated[int | None, Duration] = Field(default=None, example="400d")
    """Files that the shop replaced or removed, by their age (in seconds)."""

    put_by: Annotated[int | None, Duration] = Field(default=None, example="90d")
    """What nobody needs any more, by its age (in seconds): what was dropped into drop-here/ and
    filed, or was nothing to file; holds that were answered; what was set aside."""

    @property
    def drops(self) -> bool:
        """Whether there is any rule, by which something may be dropped one day."""
        exports = self.exports
        own = (exports.products, exports.customers, exports.orders) if exports else ()
        rules = (self.snapshots, exports, *own)
        by_age = (self.old_versions, self.put_by)
        return any(age is not None for age in by_age) or any(rule.drops for rule in rules if rule)


class Snapshots(Part):
    """How a snapshot is made."""

    copy_by: Annotated[Literal["link", "reflink"], Choice("link", "reflink")] = Field(
        default="link", alias="copy"
    )
    """By hard links to the files that are held, or by copies that share their blocks."""


class Exported(Part):
    """What is made of the records besides."""

    xlsx: Annotated[bool, YesNo] = False
    """Whether products, customers, orders and images get a sheet for people in exports/latest/."""


class Themes(Part):
    """How themes are kept."""

    unpack: Annotated[bool, YesNo] = False
    """Whether each new zip gets a folder beside it with what is in it."""


class Verifying(Part):
    """How much a night's check may read."""

    budget: Annotated[int | None, Size] = Field(default=None, example="200GB")
    """At most so much a night (in bytes); left out, as much as the schedule needs."""


class Store(Part):
    """One shop. It needs webdav, api, or both."""

    contact: Annotated[str | None, Text] = None
    """Whom to call; printed in READ-ME-FIRST.txt."""

    webdav: Webdav | None = None
    """The store's files; left out, none are taken."""

    api: Api | None = None
    """The store's records; left out, none are taken."""

    schedule: Schedule = Schedule()
    """How often each thing is taken."""

    quiet_hours: Annotated[tuple[Hours, ...], QuietHours] = Field(
        default=(), example=["08:00-20:00"]
    )
    """When the shop is busy: no sync of files starts, one under way uses a single connection; no
    pull starts but that of orders."""

    guard: Guard = Guard()
    """When a vanishing waits for a person, and when a change is alarmed."""

    keep: Retention = Retention()
    """What is dropped when it is old."""

    snapshots: Snapshots = Snapshots()
    """How a snapshot is made."""

    exports: Exported = Exported()
    """What is made of the records besides."""

    themes: Themes = Themes()
    """How themes are kept."""

    verify: Verifying = Verifying()
    """How much a night's check may read."""

    after_snapshot: Annotated[tuple[str, ...] | None, CommandLine] = Field(
        default=None, example=["restic", "backup", "{snapshot}"]
    )
    """A command that is run after each new snapshot, `{snapshot}` being its folder."""

    # no key of its own section: the store's name in the config, and of its folder in the mirror
    key: str = ""

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """All that it needs."""
        password = (self.webdav.password,) if self.webdav else ()
        return (*password, self.api.token) if self.api else password

    def with_secrets(self, by: Callable[[Secret], Secret]) -> Self:
        """The same store, each of its secrets replaced."""
        new: dict[str, Webdav | Api] = {}
        if self.webdav:
            new["webdav"] = self.webdav.but(password=by(self.webdav.password))
        if self.api:
            new["api"] = self.api.but(token=by(self.api.token))
        return self.but(**new)

    @classmethod
    def judge(cls, values: Mapping[str, Any]) -> None:
        """A store without anything to read would be taken for backed up."""
        # a webdav that does not fit is not among the values, and has its own problems told
        if values.get("api", "unfit") is None and values.get("webdav", "unfit") is None:
            raise Unfit("a store needs `webdav`, `api` or both", "say what is to be taken")


class Config(Part):
    """All that mirrord is told."""

    besides: ClassVar[tuple[str, ...]] = ("defaults",)

    mirror: Annotated[Path, AbsolutePath] = Field(example="/srv/mirrord")
    """The folder that holds everything; one filesystem, which mirrord alone writes to."""

    timezone: Annotated[ZoneInfo, Zone] = Field(default="UTC")
    """The time zone of dated folders and cron expressions, by its IANA name."""

    stores: Annotated[Mapping[str, Store], Each(StoreKey, Store)]
    """The shops, each under the name of its folder; more of them may stand in stores.d/*.yaml."""

    def with_secrets(self, only: str | None = None) -> Self:
        """The same config, the secrets of one store or of all of them read now and kept."""
        return self._with_secrets(Secret.taken, only)

    def with_secrets_of(self, before: "Config") -> Self:
        """The same config; the secrets that another one has taken are taken over."""
        known = [secret for store in before.stores.values() for secret in store.secrets]
        return self._with_secrets(lambda secret: secret.taken_from(known))

    def _with_secrets(self, by: Callable[[Secret], Secret], only: str | None = None) -> Self:
        stores = {
            key: store.with_secrets(by) if only in (None, key) else store
            for key, store in self.stores.items()
        }
        return self.but(stores=MappingProxyType(stores))
