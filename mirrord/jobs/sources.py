"""The one place that turns the config's webdav and api into the doors to a store.

The libraries behind the doors are imported only when one is built.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mirrord.errors import StoreError

if TYPE_CHECKING:
    from mirrord.config import Api, Webdav
    from mirrord.source.api import ApiSource
    from mirrord.source.pace import Patience
    from mirrord.source.themes import ThemeSource
    from mirrord.source.webdav import WebDavSource


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


def record_source(api: Api, patience: Patience | None = None, tries: int = 5) -> ApiSource:
    """The store's records, not asked yet.

    ConfigError where the token can not be read; StoreError where it can be none.
    """
    from mirrord.source.api import ApiSource

    token = api.token.read()
    try:
        return ApiSource(
            api.store_hash,
            token,
            url=api.url,
            quota_share=api.quota_share,
            ca=str(api.ca) if api.ca else None,
            patience=patience,
            tries=tries,
        )
    except ValueError as error:
        raise StoreError(f"the API: {error}; check `api` in the config") from None


def theme_source(api: Api) -> ThemeSource:
    """The store's themes, not asked yet; errors as of :func:`record_source`."""
    from mirrord.source.themes import ThemeSource

    token = api.token.read()
    try:
        return ThemeSource(
            api.store_hash,
            token,
            url=api.url,
            quota_share=api.quota_share,
            ca=str(api.ca) if api.ca else None,
        )
    except ValueError as error:
        raise StoreError(f"the API: {error}; check `api` in the config") from None
