"""WsgiDAV on cheroot, with Digest, in a thread of the test."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.tools import PASSWORD, USER


@contextmanager
def wsgidav(tree: Path) -> Iterator[str]:
    """Serve the tree under /dav; the URL."""
    from cheroot import wsgi
    from wsgidav.wsgidav_app import WsgiDAVApp

    app = WsgiDAVApp(
        {
            "provider_mapping": {"/dav": {"root": str(tree), "readonly": True}},
            "http_authenticator": {
                "accept_basic": False,
                "accept_digest": True,
                "default_to_digest": True,
            },
            "simple_dc": {"user_mapping": {"*": {USER: {"password": PASSWORD}}}},
            "logging": {"enable": False},
            "verbose": 0,
        }
    )
    server = wsgi.Server(("127.0.0.1", 0), app, numthreads=6, timeout=5, shutdown_timeout=1)
    server.prepare()
    thread = threading.Thread(target=server.serve, name="wsgidav")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.bind_addr[1]}/dav"
    finally:
        server.stop()
        thread.join()
