"""Apache's mod_dav, with Digest or Basic; over TLS it speaks HTTP/2."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers.certificates import make_certificates
from tests.servers.tools import (
    REALM,
    Peer,
    free_port,
    protocols_in,
    running,
    users_file,
    verbs_in,
)

MODULES = Path("/usr/lib/apache2/modules")
NAMES = "mpm_event authn_core authn_file authz_core authz_user auth_basic auth_digest dav dav_fs"

CONF = """
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {room}/pid
ErrorLog {room}/error.log
LogFormat "%m %H %U %>s" short
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


TLS = """
Protocols h2 http/1.1
SSLEngine on
SSLCertificateFile {certificate}
"""


@contextmanager
def apache(
    tree: Path,
    room: Path,
    scheme: str = "digest",
    nonce_lifetime: int = 300,
    tls: bool = False,
) -> Iterator[Peer]:
    """Serve the tree under /dav; ``room`` gets config, passwords and logs, readable by all."""
    if not shutil.which("apache2") or not MODULES.is_dir():
        pytest.skip("needs apache2-bin")
    port, log = free_port(), room / "requests.log"
    login = f"Auth{scheme.title()}Provider file\n  AuthUserFile {users_file(room, scheme)}"
    if scheme == "digest":
        login += f"\n  AuthDigestNonceLifetime {nonce_lifetime}"
    names = [*NAMES.split(), "alias", *(["ssl", "http2"] if tls else [])]
    loads = [f"LoadModule {name}_module {MODULES}/mod_{name}.so\n" for name in names]
    conf = CONF.format(
        port=port, room=room, tree=tree, scheme=scheme.title(), realm=REALM, login=login
    )
    url, ca = f"http://127.0.0.1:{port}/dav", None
    if tls:
        made = make_certificates(room)
        conf += TLS.format(certificate=made.good)
        url, ca = f"https://localhost:{port}/dav", made.ca
    (room / "apache.conf").write_text("".join(loads) + conf)
    log.touch()
    command = ["apache2", "-f", str(room / "apache.conf"), "-DFOREGROUND"]
    with running(command, port, room / "out.log"):
        yield Peer(url, scheme, verbs_in(log), ca, protocols_in(log))
