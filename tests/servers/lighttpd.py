"""lighttpd with its WebDAV module, with Digest or Basic."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers.tools import REALM, Peer, free_port, protocols_in, running, users_file, verbs_in

MODULE = Path("/usr/lib/lighttpd/mod_webdav.so")

CONF = """
server.modules = ("mod_alias", "mod_auth", "mod_authn_file", "mod_webdav", "mod_accesslog")
server.document-root = "{room}"
server.bind = "127.0.0.1"
server.port = {port}
server.username = "www-data"
server.stat-cache-engine = "disable"
mimetype.assign = ("" => "application/octet-stream")
accesslog.filename = "|exec cat >>{room}/requests.log"
accesslog.format = "%m %H %U %s"
alias.url = ("/dav" => "{tree}")
auth.backend = "{backend}"
auth.backend.{backend}.userfile = "{users}"
auth.require = ("/dav" => ("method" => "{scheme}", "realm" => "{realm}", "require" => "valid-user"))
$HTTP["url"] =~ "^/dav($|/)" {{
  webdav.activate = "enable"
  webdav.is-readonly = "enable"
}}
"""


@contextmanager
def lighttpd(tree: Path, room: Path, scheme: str = "digest") -> Iterator[Peer]:
    """Serve the tree under /dav; ``room`` gets config, passwords and logs, readable by all."""
    if not shutil.which("lighttpd"):
        pytest.skip("needs lighttpd")
    if not MODULE.is_file():
        pytest.skip("needs lighttpd-mod-webdav")
    port, log = free_port(), room / "requests.log"
    log.touch()
    log.chmod(0o666)  # opened by the user that it becomes, not by the one that starts it
    conf = room / "lighttpd.conf"
    conf.write_text(
        CONF.format(
            room=room,
            port=port,
            tree=tree,
            backend={"digest": "htdigest", "basic": "htpasswd"}[scheme],
            users=users_file(room, scheme),
            scheme=scheme,
            realm=REALM,
        )
    )
    with running(["lighttpd", "-D", "-f", str(conf)], port, room / "out.log"):
        url = f"http://127.0.0.1:{port}/dav"
        yield Peer(url, scheme, verbs_in(log), protocols=protocols_in(log), shown=_shown)


def _shown(name: str) -> str | None:
    """It lists control characters, but as it ships it answers 400 to a URL with one in it."""
    return name if name.isprintable() else None
