"""The config as frozen values: every key, its type, its default and its meaning.

A default stands here and nowhere else; the sample config repeats them and a test compares. The
text below a key is its description in the JSON Schema. Nothing here touches a file or the network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from mirrord.config.kinds import (
    AbsolutePath,
    Bandwidth,
    CommandLine,
    Duration,
    Globs,
    QuietHours,
    RuleText,
    SecretPlace,
    Share,
    Size,
    StoreHash,
    StoreKey,
    Text,
    Url,
    Whole,
    Zone,
)
from mirrord.config.places import Unfit
from mirrord.config.secrets import Secret
from mirrord.core.hours import Hours
from mirrord.core.schedule import Cron, Every


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Webdav(_Part):
    """The store's files."""

    url: Annotated[str, Url] = Field(examples=["https://store-abc123.mybigcommerce.com/dav"])
    """The WebDAV path that the control panel shows; https, but for loopback."""

    username: Annotated[str, Text] = Field(examples=["backup@acme.example"])
    """The WebDAV user, best one that may do nothing else."""

    password: Annotated[Secret, SecretPlace] = Field(examples=[{"credential": "acme-webdav"}])
    """Where the WebDAV password is kept; never the password."""

    login: Literal["digest", "basic"] = "digest"
    """How the server asks for the password; BigCommerce speaks Digest."""

    connections: Annotated[int, Whole(1, 32)] = 4
    """How many files and folders are read at the same time."""

    bandwidth: Annotated[int | None, Bandwidth] = Field(default=None, examples=["10MB/s"])
    """At most so much is fetched of them (in bytes a second); left out, as fast as it goes."""

    ca: Annotated[Path | None, AbsolutePath] = None
    """A file of own certificate authorities (PEM), instead of the system's."""

    exclude: Annotated[tuple[str, ...], Globs] = ()
    """Patterns of tree paths that are neither fetched nor retired."""


class Api(_Part):
    """The store's records."""

    store_hash: Annotated[str, StoreHash] = Field(examples=["abc123"])
    """The store's own name at BigCommerce, as in store-abc123.mybigcommerce.com."""

    token: Annotated[Secret, SecretPlace] = Field(examples=[{"credential": "acme-token"}])
    """Where the access token of a read-only API account is kept; never the token."""

    url: Annotated[str, Url] = "https://api.bigcommerce.com"
    """Where the API is; https, but for loopback."""

    quota_share: Annotated[float, Share(at_least="1%")] = Field(
        default="50%", validate_default=True
    )
    """The part of the store's request quota that mirrord may use; its other apps need the rest."""

    ca: Annotated[Path | None, AbsolutePath] = None
    """A file of own certificate authorities (PEM), instead of the system's."""


class Schedule(_Part):
    """How often each thing is taken: a duration (15m, 6h, 1h30m) or a cron expression."""

    files: Annotated[Every | Cron, RuleText] = Field(default="6h", validate_default=True)
    """The tree of files."""

    products: Annotated[Every | Cron, RuleText] = Field(default="1h", validate_default=True)
    """The products export."""

    customers: Annotated[Every | Cron, RuleText] = Field(default="1h", validate_default=True)
    """The customers export."""

    orders: Annotated[Every | Cron, RuleText] = Field(default="15m", validate_default=True)
    """The orders export."""

    snapshot: Annotated[Every | Cron, RuleText] = Field(default="0 3 * * *", validate_default=True)
    """A restore point of all that is held."""

    verify: Annotated[Every | Cron, RuleText] = Field(default="7d", validate_default=True)
    """A duration: every byte is read once in it, a part each night; a cron expression: all of it
    at that time."""


class Guard(_Part):
    """When a vanishing is held until a person decides: over the share and at least the floor."""

    vanished: Annotated[float, Share()] = Field(default="10%", validate_default=True)
    """The part of all files whose vanishing at once is not believed."""

    floor: Annotated[int, Whole(1, 1_000_000)] = 20
    """The number of files below which a vanishing is always believed."""

    grown: Annotated[float, Share()] = Field(default="50%", validate_default=True)
    """The part of all files that may change, or of all bytes that may be added, without alarm."""


class Keep(_Part):
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


class Retention(_Part):
    """What is dropped when it is old. Without a rule nothing ever is."""

    snapshots: Keep | None = None
    """Restore points."""

    exports: KeepExports | None = None
    """Dated exports."""

    old_versions: Annotated[int | None, Duration] = Field(default=None, examples=["400d"])
    """Files that the shop replaced or removed, by their age (in seconds)."""

    @property
    def drops(self) -> bool:
        """Whether there is any rule, by which something may be dropped one day."""
        exports = self.exports
        own = (exports.products, exports.customers, exports.orders) if exports else ()
        rules = (self.snapshots, exports, *own)
        return self.old_versions is not None or any(rule.drops for rule in rules if rule)


class Snapshots(_Part):
    """How a snapshot is made."""

    copy_by: Literal["link", "reflink"] = Field(default="link", alias="copy")
    """By hard links to the files that are held, or by copies that share their blocks."""


class Verifying(_Part):
    """How much a night's check may read."""

    budget: Annotated[int | None, Size] = Field(default=None, examples=["200GB"])
    """At most so much a night (in bytes); left out, as much as the schedule needs."""


class Store(_Part):
    """One shop. It needs webdav, api, or both."""

    contact: Annotated[str | None, Text] = None
    """Whom to call; printed in READ-ME-FIRST.txt."""

    webdav: Webdav | None = None
    """The store's files; left out, none are taken."""

    api: Annotated[Api | None, Field(validate_default=True)] = None
    """The store's records; left out, none are taken."""

    schedule: Schedule = Field(default_factory=Schedule)
    """How often each thing is taken."""

    quiet_hours: Annotated[tuple[Hours, ...], QuietHours] = Field(
        default=(), examples=[["08:00-20:00"]]
    )
    """When the shop is busy: no sync of files starts, one under way uses a single connection."""

    guard: Guard = Field(default_factory=Guard)
    """When a vanishing waits for a person."""

    keep: Retention = Field(default_factory=Retention)
    """What is dropped when it is old."""

    snapshots: Snapshots = Field(default_factory=Snapshots)
    """How a snapshot is made."""

    verify: Verifying = Field(default_factory=Verifying)
    """How much a night's check may read."""

    after_snapshot: Annotated[tuple[str, ...] | None, CommandLine] = Field(
        default=None, examples=[["restic", "backup", "{snapshot}"]]
    )
    """A command that is run after each new snapshot, `{snapshot}` being its folder."""

    _key: str = PrivateAttr("")

    @property
    def key(self) -> str:
        """The store's name in the config, and of its folder in the mirror."""
        return self._key

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """All that it needs."""
        password = (self.webdav.password,) if self.webdav else ()
        return (*password, self.api.token) if self.api else password

    def with_secrets(self, by: Callable[[Secret], Secret]) -> Store:
        """The same store, each of its secrets replaced."""
        new: dict[str, Webdav | Api] = {}
        if self.webdav:
            update = {"password": by(self.webdav.password)}
            new["webdav"] = self.webdav.model_copy(update=update)
        if self.api:
            new["api"] = self.api.model_copy(update={"token": by(self.api.token)})
        return self.model_copy(update=new)

    @field_validator("schedule", "guard", "keep", "snapshots", "verify", mode="before")
    @classmethod
    def _nothing_is_all_defaults(cls, part: object) -> object:
        # a group of which every line is a comment
        return {} if part is None else part

    @field_validator("api", mode="after")
    @classmethod
    def _something_to_read(cls, api: Api | None, facts: ValidationInfo) -> Api | None:
        # asked of a field and not of the whole, so that it is told along with all other problems;
        # a webdav that does not fit is not among the facts, and has its own problems told
        if api is None and facts.data.get("webdav", "unfit") is None:
            raise Unfit("a store needs `webdav`, `api` or both", "say what is to be taken")
        return api


class Config(_Part):
    """All that mirrord is told."""

    mirror: Annotated[Path, AbsolutePath] = Field(examples=["/srv/mirrord"])
    """The folder that holds everything; one filesystem, which mirrord alone writes to."""

    timezone: Annotated[ZoneInfo, Zone] = Field(default="UTC", validate_default=True)
    """The time zone of dated folders and cron expressions, by its IANA name."""

    stores: Annotated[
        Mapping[Annotated[str, StoreKey], Store],
        Field(min_length=1),
        AfterValidator(MappingProxyType),
    ]
    """The shops, each under the name of its folder; more of them may stand in stores.d/*.yaml."""

    def with_secrets(self, only: str | None = None) -> Config:
        """The same config, the secrets of one store or of all of them read now and kept."""
        return self._with_secrets(Secret.taken, only)

    def with_secrets_of(self, before: Config) -> Config:
        """The same config; the secrets that another one has taken are taken over."""
        known = [secret for store in before.stores.values() for secret in store.secrets]
        return self._with_secrets(lambda secret: secret.taken_from(known))

    def _with_secrets(self, by: Callable[[Secret], Secret], only: str | None = None) -> Config:
        stores = {
            key: store.with_secrets(by) if only in (None, key) else store
            for key, store in self.stores.items()
        }
        return self.model_copy(update={"stores": MappingProxyType(stores)})

    @model_validator(mode="after")
    def _name_stores(self) -> Config:
        for key, store in self.stores.items():
            store._key = key  # noqa: SLF001 - a store can not know under which key it stands
        return self
