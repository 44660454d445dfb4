"""The sample store's WebDAV: WsgiDAV with Digest over a folder.

As BigCommerce's: the path is ``/dav``, Digest only, no directory pages, and ``Depth: infinity`` is
answered as one level without a word. It must never print.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mirrord.demo.front import App

MOUNT = "/dav"


def make_dav(folder: Path, username: str, password: str) -> App:
    """A WSGI application that serves ``folder`` under ``/dav``."""
    # imported here: the records alone are used without it, and it is slow to load
    from wsgidav.error_printer import ErrorPrinter
    from wsgidav.fs_dav_provider import FilesystemProvider
    from wsgidav.http_authenticator import HTTPAuthenticator
    from wsgidav.request_resolver import RequestResolver
    from wsgidav.wsgidav_app import WsgiDAVApp

    logging.getLogger("wsgidav").addHandler(logging.NullHandler())
    config = {
        "provider_mapping": {MOUNT: FilesystemProvider(str(folder))},
        "simple_dc": {"user_mapping": {"*": {username: {"password": password}}}},
        "http_authenticator": {
            "accept_basic": False,
            "accept_digest": True,
            "default_to_digest": True,
        },
        "middleware_stack": [ErrorPrinter, HTTPAuthenticator, RequestResolver],
        "property_manager": None,
        "lock_storage": None,
        "verbose": 0,
        "logging": {"enable": False},
    }
    return _one_level(WsgiDAVApp(config))


def _one_level(app: App) -> App:
    def shallow(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("HTTP_DEPTH", "").lower() == "infinity":
            environ["HTTP_DEPTH"] = "1"
        return app(environ, start_response)

    return shallow
