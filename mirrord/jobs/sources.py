"""The one place that turns the config's webdav and api into the doors to a store.

The libraries behind the doors are imported only when one is built.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mirrord.disk.house import House
from mirrord.disk.shared import Shared
from mirrord.errors import StoreError

if TYPE_CHECKING:
    from mirrord.config import Api, Webdav
    from mirrord.source.api import ApiSource
    from mirrord.source.common import Common
    from mirrord.source.pace import Patience
    from mirrord.source.retry import Endurance
    from mirrord.source.themes import ThemeSource
    from mirrord.source.webdav import WebDavSource

#: The part of our share of the quota that a long pull may use: orders never wait behind it.
_UNHURRIED = 0.9


def file_source(
    dav: Webdav,
    is_quiet: Callable[[], bool] = lambda: False,
    *,
    deep: bool = True,
    begin: int | None = None,
) -> WebDavSource:
    """The store's files, not asked yet; ConfigError where the password can not be read.

    ``is_quiet`` is asked again and again whether the shop is busy now; ``deep``: whether it may be
    asked for its whole tree at once; ``begin``: with how many requests at a time, None: a few.
    """
    from mirrord.source.webdav import WebDavSource

    return WebDavSource(
        dav.url,
        dav.username,
        dav.password.read(),
        scheme=dav.login,
        connections=dav.connections,
        ca=str(dav.ca) if dav.ca else None,
        bandwidth=dav.bandwidth,
        is_quiet=is_quiet,
        deep=deep,
        begin=begin,
    )


def record_source(
    api: Api,
    common: Common | None,
    *,
    patience: Patience | None = None,
    endurance: Endurance | None = None,
    urgent: bool = True,
) -> ApiSource:
    """The store's records, not asked yet.

    ``common``: see :func:`common_of`; ``endurance`` None: that of a command by hand. What is not
    ``urgent`` leaves a part of our share to what is. ConfigError where the token can not be read;
    StoreError where it can be none.
    """
    from mirrord.source.api import ApiSource
    from mirrord.source.retry import BY_HAND

    token = api.token.read()
    try:
        return ApiSource(
            api.store_hash,
            token,
            url=api.url,
            quota_share=api.quota_share * (1.0 if urgent else _UNHURRIED),
            ca=str(api.ca) if api.ca else None,
            patience=patience,
            endurance=endurance or BY_HAND,
            common=common,
        )
    except ValueError as error:
        raise StoreError(f"the API: {error}; check `api` in the config") from None


def common_of(house: House) -> Shared:
    """What all who ask one store share, in whatever process: its quota, and turns."""
    return Shared(house.room(".mirrord/quota"))


def theme_source(api: Api, common: Common, endurance: Endurance) -> ThemeSource:
    """The store's themes, not asked yet; errors as of :func:`record_source`."""
    from mirrord.source.themes import ThemeSource

    token = api.token.read()
    try:
        return ThemeSource(
            api.store_hash,
            token,
            url=api.url,
            quota_share=api.quota_share * _UNHURRIED,
            common=common,
            endurance=endurance,
            ca=str(api.ca) if api.ca else None,
        )
    except ValueError as error:
        raise StoreError(f"the API: {error}; check `api` in the config") from None
