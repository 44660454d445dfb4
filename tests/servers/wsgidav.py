"""WsgiDAV on cheroot, with Digest, in a thread of the test."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.servers.tools import PASSWORD, USER, Peer


@contextmanager
def wsgidav(tree: Path, tls: object = None) -> Iterator[Peer]:
    """Serve the tree under /dav; ``tls`` is one of cheroot's adapters."""
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
    verbs: set[str] = set()

    def logged(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        verbs.add(environ["REQUEST_METHOD"])
        return app(environ, start)

    server = wsgi.Server(
        ("127.0.0.1", 0),
        logged,
        numthreads=6,
        timeout=5,
        shutdown_timeout=1,
        request_queue_size=128,
    )
    server.ssl_adapter = tls
    server.prepare()
    thread = threading.Thread(target=server.serve, name="wsgidav")
    thread.start()
    try:
        yield Peer(f"http://127.0.0.1:{server.bind_addr[1]}/dav", "digest", lambda: set(verbs))
    finally:
        server.stop()
        thread.join()
