"""A config written for a person who answered questions: the same keys as the sample, few of them.

What it writes is read by :func:`mirrord.config.load` like any other config. No secret goes in: only
the name of its credential, or the file that holds it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mirrord.config.secrets import BY_HAND, Secret

_HEAD = """\
# Written by `mirrord init`. Every key that may stand here is explained in config/mirrord.yaml of
# the repository; `mirrord config check` names all mistakes, each with its line.
mirror: {mirror}
timezone: {timezone}

stores:
"""
_PART_HEAD = """\
# Written by `mirrord init --add {key}`; what all stores share is in {main}.
stores:
"""


@dataclass(frozen=True, slots=True)
class Files:
    """The answers for `webdav`."""

    url: str
    username: str
    password: Secret
    login: Literal["digest", "basic"] = "digest"


@dataclass(frozen=True, slots=True)
class Records:
    """The answers for `api`; ``url`` only for a sandbox or a sample store."""

    store_hash: str
    token: Secret
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Shop:
    """One store as it was answered for; it has files, records or both."""

    key: str
    contact: str | None
    files: Files | None
    records: Records | None


def main_text(mirror: Path, timezone: str, shop: Shop, credentials: Path) -> str:
    """A whole config with one store."""
    head = _HEAD.format(mirror=_quoted(str(mirror)), timezone=_quoted(timezone))
    return head + _store(shop, credentials)


def part_text(shop: Shop, credentials: Path, main: Path) -> str:
    """A file for stores.d."""
    return _PART_HEAD.format(key=shop.key, main=main.name) + _store(shop, credentials)


def secret_files(shop: Shop) -> dict[str, str]:
    """The names of the credentials that the store needs, and what goes into each."""
    secrets = {}
    if shop.files:
        secrets[f"{shop.key}-webdav"] = shop.files.password.read()
    if shop.records:
        secrets[f"{shop.key}-token"] = shop.records.token.read()
    return secrets


def _store(shop: Shop, credentials: Path) -> str:
    lines = [f"  {shop.key}:"]
    if shop.contact:
        lines.append(f"    contact: {_quoted(shop.contact)}")
    if shop.files:
        lines += [
            "    webdav:",
            f"      url: {_quoted(shop.files.url)}",
            f"      username: {_quoted(shop.files.username)}",
            f"      password: {_place(credentials, f'{shop.key}-webdav')}",
        ]
        if shop.files.login != "digest":
            lines.append(f"      login: {shop.files.login}")
    if shop.records:
        lines += [
            "    api:",
            f"      store_hash: {_quoted(shop.records.store_hash)}",
            f"      token: {_place(credentials, f'{shop.key}-token')}",
        ]
        if shop.records.url:
            lines.append(f"      url: {_quoted(shop.records.url)}")
    return "\n".join(lines) + "\n"


def _place(credentials: Path, name: str) -> str:
    if credentials == BY_HAND:
        return f"{{credential: {name}}}"
    return f"{{file: {_quoted(str(credentials / name))}}}"


def _quoted(text: str) -> str:
    # JSON's strings are YAML's, and hold whatever a person types
    return json.dumps(text, ensure_ascii=False)
