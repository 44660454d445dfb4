"""Apache's mod_dav, with Digest or Basic."""

import base64
import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers.tools import PASSWORD, REALM, USER, Peer, free_port, running, verbs_in

MODULES = Path("/usr/lib/apache2/modules")
NAMES = "mpm_event authn_core authn_file authz_core authz_user auth_basic auth_digest dav dav_fs"

CONF = """
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {room}/pid
ErrorLog {room}/error.log
LogFormat "%m %U %>s" short
CustomLog {room}/requests.log short
User www-data
Group www-data
StartServers 1
ServerLimit 2
ThreadsPerChild 16
DavLockDB {room}/lock
Alias /dav {tree}
<Location /dav>
  Dav On
  AuthType {scheme}
  AuthName {realm}
  {login}
  Require valid-user
</Location>
"""


@contextmanager
def apache(
    tree: Path, room: Path, scheme: str = "digest", nonce_lifetime: int = 300
) -> Iterator[Peer]:
    """Serve the tree under /dav; ``room`` gets config, passwords and logs, readable by all."""
    if not shutil.which("apache2") or not MODULES.is_dir():
        pytest.skip("needs apache2")
    port = free_port()
    if scheme == "digest":
        secret = hashlib.md5(f"{USER}:{REALM}:{PASSWORD}".encode()).hexdigest()
        (room / "users").write_text(f"{USER}:{REALM}:{secret}\n")
        login = (
            f"AuthDigestProvider file\n  AuthDigestNonceLifetime {nonce_lifetime}\n"
            f"  AuthUserFile {room}/users"
        )
    else:
        secret = base64.b64encode(hashlib.sha1(PASSWORD.encode()).digest()).decode()
        (room / "users").write_text(f"{USER}:{{SHA}}{secret}\n")
        login = f"AuthBasicProvider file\n  AuthUserFile {room}/users"
    loads = [f"LoadModule {n}_module {MODULES}/mod_{n}.so\n" for n in [*NAMES.split(), "alias"]]
    conf = CONF.format(
        port=port, room=room, tree=tree, scheme=scheme.title(), realm=REALM, login=login
    )
    (room / "apache.conf").write_text("".join(loads) + conf)
    (room / "requests.log").touch()
    command = ["apache2", "-f", str(room / "apache.conf"), "-DFOREGROUND"]
    with running(command, port, room / "out.log"):
        yield Peer(f"http://127.0.0.1:{port}/dav", scheme, verbs_in(room / "requests.log"))
