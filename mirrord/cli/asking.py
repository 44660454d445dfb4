"""The questions of `init`, each answer judged at once, and tried out on the store where it can be.

Answers that were given as options are not asked for. Without a terminal nothing is asked: the first
answer that is missing, or does not work, ends it.
"""

import os
import pwd
import sys
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import click

from mirrord.cli.checks import print_check
from mirrord.cli.privileges import Owner, acting_as, owner_of
from mirrord.config import Api, Secret, Webdav
from mirrord.config.kinds import AbsolutePath, StoreHash, Text, Url, Zone
from mirrord.config.parts import Kind
from mirrord.config.writing import Files, Records
from mirrord.core.identity import hash_of_host
from mirrord.disk.probe import measure, space
from mirrord.errors import DiskError, MirrordError, StoreError
from mirrord.jobs.doctor import Check, State, check_files, check_records, check_same_store
from mirrord.jobs.doctor.check import ok, warn
from mirrord.jobs.doctor.disk import judge
from mirrord.jobs.estimate import estimate
from mirrord.jobs.pulse import Heart
from mirrord.source.asker import challenge

#: The secrets of whoever has no terminal to type them on.
PASSWORD, TOKEN = "MIRRORD_WEBDAV_PASSWORD", "MIRRORD_API_TOKEN"
_ESTIMATE_SECONDS = 30.0
_ABOUT_FILES = """
The shop's files (WebDAV). Make a user that can do nothing else: control panel, Settings > Users >
Create a user, role Custom with every permission removed, Enable WebDAV ticked. Save, open the user
again, and copy what its WebDAV section shows. (mirrord itself sends nothing that writes.)
"""
_ABOUT_RECORDS = """
The shop's records (REST API). Make a read-only token: Settings > Store-level API accounts > Create,
with these scopes read-only: Products, Customers, Orders, Information & settings.
"""


@dataclass(frozen=True, slots=True)
class Given:
    """What was given by options and environment; None is asked for where somebody can answer."""

    mirror: str | None = None
    timezone: str | None = None
    contact: str | None = None
    webdav_url: str | None = None
    username: str | None = None
    password: str | None = None
    store_hash: str | None = None
    token: str | None = None
    api_url: str | None = None

    @property
    def by_hand(self) -> bool:
        """Whether there is a terminal to ask on."""
        return sys.stdin.isatty() and sys.stdout.isatty()


class NotWorking(StoreError):
    """The answers were tried out and do not work; nothing was written."""


def ask_text(
    given: Given,
    kind: Kind,
    words: str,
    value: str | None,
    default: str = "",
    shape: Callable[[str], str] = str.strip,
) -> str:
    """One answer of this kind; asked again until it is one. UsageError without a terminal.

    ``shape`` makes of what people type what the config wants.
    """

    def judged(text: str) -> str:
        text = shape(text)
        try:
            kind.parse(text)
        except ValueError as error:
            remedy = getattr(error, "remedy", "")
            raise click.UsageError(
                f"{words}: {error}" + (f"; {remedy}" if remedy else "")
            ) from None
        return text

    if value is not None or not given.by_hand:
        try:
            return judged(default if value is None else value)
        except click.UsageError as error:
            if not given.by_hand:
                raise
            click.echo(f"Error: {error.message}")
    told: str = click.prompt(words, default=default or None, value_proc=judged)
    return told


def ask_mirror(given: Given, undo: ExitStack) -> tuple[Path, Owner]:
    """The folder of the mirror, tried out with the eyes of its owner, and whose it is.

    ``undo`` takes away again what had to be made for that.
    """
    mirror = Path(
        ask_text(given, AbsolutePath, "Folder of the mirror", given.mirror, "/srv/mirrord")
    )
    if not mirror.is_dir():
        question = f"There is no folder {mirror}. If a disk belongs there, mount it first. Make it?"
        if not given.by_hand or not click.confirm(question, default=False):
            raise DiskError(f"there is no folder {mirror}: create it (or mount the disk) first")
        _make(mirror, undo)
    owner = owner_of(mirror)
    try:
        with acting_as(owner):
            facts = measure(mirror)
            free = space(mirror).free
    except DiskError as error:
        raise DiskError(f"{error}: {mirror} must be writable for its owner, {owner}") from error
    check = judge(f"{mirror} (owner {owner}, {free / 1e9:,.1f} GB free)", facts)
    print_check(check)
    if check.state is State.FAIL:
        raise DiskError(f"{check.found}: {check.remedy}")
    return mirror, owner


def ask_zone(given: Given) -> str:
    """The time zone of dated folders; the machine's own unless somebody says otherwise."""
    return ask_text(given, Zone, "Time zone of dated folders", given.timezone, system_zone())


def ask_contact(given: Given) -> str | None:
    """Whom to call; may be nobody."""
    words = "Whom to call when the shop is damaged (name and number; empty: nobody)"
    if given.contact is not None or not given.by_hand:
        return ask_text(given, Text, words, given.contact) if given.contact else None
    return click.prompt(words, default="", show_default=False) or None


def ask_files(given: Given, mirror: Path) -> Files | None:
    """WebDAV, tried out until it works or is left out."""
    if given.by_hand:
        click.echo(_ABOUT_FILES)
    url, username = given.webdav_url, given.username
    while True:
        words = "WebDAV Path (URL or host; empty: no files)"
        url = _ask_or_leave(given, words, url)
        if not url:
            return None
        url = ask_text(given, Url, "WebDAV Path", url, shape=whole_url)
        username = ask_text(given, Text, "WebDAV Username", username)
        password = _ask_secret(given, "WebDAV Password", given.password, PASSWORD)
        dav = Webdav(url=url, username=username, password=password, login=_login_offered(url))
        if _works(given, check_files(dav)):
            _tell_size(given, dav, mirror)
            return Files(url, username, password, dav.login)
        url = _again("WebDAV Path", url)
        username = _again("WebDAV Username", username)
        given = replace(given, password=None)


def ask_records(given: Given, files: Files | None) -> Records | None:
    """The API, tried out until it works or is left out."""
    if given.by_hand:
        click.echo(_ABOUT_RECORDS)
    derived = hash_of_host(urlsplit(files.url).hostname or "") if files else None
    store_hash = given.store_hash
    if store_hash is None and (given.by_hand or given.token):
        store_hash = _ask_or_leave(given, "Store hash (empty: no records)", None, derived or "")
    if not store_hash and given.token:
        raise click.UsageError("there is a token and no store hash: add --store-hash")
    while store_hash:
        store_hash = ask_text(given, StoreHash, "Store hash", store_hash)
        token = _ask_secret(given, "API access token", given.token, TOKEN)
        api = Api(store_hash=store_hash, token=token)
        if given.api_url is not None:
            api = api.but(url=ask_text(given, Url, "API URL", given.api_url))
        if _works(given, check_records(api, Heart())):
            if files:
                _tell_same(given, files, api)
            return Records(store_hash, token, given.api_url and api.url)
        store_hash = _again("Store hash", store_hash)
        given = replace(given, token=None)
    return None


def whole_url(text: str) -> str:
    """What people copy out of the panel: a host, or a URL, with or without /dav."""
    text = text.strip()
    if "://" not in text:
        text = f"https://{text}"
    try:
        path = urlsplit(text).path
    except ValueError:
        return text  # that it is no URL is said by who judges it
    return text.rstrip("/") + "/dav" if path in ("", "/") else text


def system_zone() -> str:
    """The IANA name of the machine's own time zone; UTC where it can not be told."""
    place = os.path.realpath("/etc/localtime")
    name = place.partition("/zoneinfo/")[2].removeprefix("posix/")
    try:
        Zone.parse(name)
    except ValueError:
        return "UTC"
    return name


def _make(mirror: Path, undo: ExitStack) -> None:
    """As root for the service's user, where there is one."""
    missing = [folder for folder in (mirror, *mirror.parents) if not folder.exists()]
    try:
        for folder in reversed(missing):
            folder.mkdir(0o750 if folder == mirror else 0o755)
            undo.callback(folder.rmdir)
        if os.geteuid() == 0:
            user = pwd.getpwnam("mirrord")
            os.chown(mirror, user.pw_uid, user.pw_gid)
    except KeyError:
        return
    except OSError as error:
        raise DiskError(f"making {mirror}: {error.strerror}") from error


def _ask_or_leave(given: Given, words: str, value: str | None, default: str = "") -> str:
    if value is not None or not given.by_hand:
        return value or default
    told: str = click.prompt(words, default=default, show_default=bool(default))
    return told.strip()


def _ask_secret(given: Given, words: str, value: str | None, variable: str) -> Secret:
    def judged(text: str) -> Secret:
        try:
            return Secret.typed(text.strip())
        except ValueError as error:
            raise click.UsageError(f"{words}: {error}") from None

    if value is not None:
        return judged(value)
    if not given.by_hand:
        raise click.UsageError(f"{words}: without a terminal, set the variable {variable}")
    secret: Secret = click.prompt(words, hide_input=True, value_proc=judged)
    return secret


def _again(words: str, before: str) -> str:
    told: str = click.prompt(words, default=before)
    return told.strip()


def _login_offered(url: str) -> Literal["digest", "basic"]:
    """BigCommerce speaks Digest; other servers may know only the other one."""
    try:
        schemes = challenge(url).schemes
    except MirrordError:
        return "digest"  # the checks will tell why
    return "basic" if "basic" in schemes and "digest" not in schemes else "digest"


def _works(given: Given, checks: Iterable[Check]) -> bool:
    """Show them all. False: ask again; True also where a person takes it as it is."""
    failed = []
    for check in checks:
        print_check(check)
        if check.state is State.FAIL:
            failed.append(check)
    if not failed:
        return True
    if not given.by_hand:
        words = "; ".join(f"{one.name}: {one.found} ({one.remedy})" for one in failed)
        raise NotWorking(f"{words}. Nothing was written")
    scopes_only = all(one.name.startswith("api scope ") for one in failed)
    question = "Go on without these scopes?" if scopes_only else "Take it as it is, untested?"
    return click.confirm(question, default=False)


def _tell_same(given: Given, files: Files, api: Api) -> None:
    dav = Webdav(url=files.url, username=files.username, password=files.password)
    check = check_same_store(dav, api)
    print_check(check)
    if check.state is not State.OK and given.by_hand:
        click.confirm("Are these really one and the same store?", abort=True)


def _tell_size(given: Given, dav: Webdav, mirror: Path) -> None:
    question = f"Count the files, to know the space they need? (up to {_ESTIMATE_SECONDS:.0f} s)"
    if not given.by_hand or not click.confirm(question, default=True):
        return
    try:
        told = estimate(dav, Heart(), _ESTIMATE_SECONDS)
        free = space(mirror).free
    except MirrordError as error:
        click.echo(f"      could not be counted: {error}")
        return
    found = f"the store has {told}; {free / 1e9:,.1f} GB are free"
    roomy = told.size * 2 < free
    remedy = "old versions and exports come on top of it: take a larger disk, better before"
    print_check(ok("space", found) if roomy else warn("space", found, remedy))
