"""nginx with Debian's dav-ext and Basic, since it knows no Digest; over TLS it speaks HTTP/2.

Its listings carry no etags, although its GETs do.
"""

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

MODULE = Path("/usr/lib/nginx/modules/ngx_http_dav_ext_module.so")

CONF = """
load_module {module};
daemon off;
user www-data;
pid {room}/pid;
events {{ }}
http {{
  log_format short '$request_method $server_protocol $uri $status';
  access_log {room}/requests.log short;
  client_body_temp_path {room}/body;
  proxy_temp_path {room}/proxy;
  fastcgi_temp_path {room}/fastcgi;
  uwsgi_temp_path {room}/uwsgi;
  scgi_temp_path {room}/scgi;
  server {{
    {listen}
    location /dav {{
      alias {tree};
      auth_basic {realm};
      auth_basic_user_file {users};
      dav_ext_methods PROPFIND OPTIONS;
    }}
  }}
}}
"""


@contextmanager
def nginx(tree: Path, room: Path, tls: bool = False) -> Iterator[Peer]:
    """Serve the tree under /dav; ``room`` gets config, passwords and logs, readable by all."""
    if not shutil.which("nginx"):
        pytest.skip("needs nginx")
    if not MODULE.is_file():
        pytest.skip("needs libnginx-mod-http-dav-ext")
    port, log = free_port(), room / "requests.log"
    listen, url, ca = f"listen 127.0.0.1:{port};", f"http://127.0.0.1:{port}/dav", None
    if tls:
        made = make_certificates(room)
        listen = (
            f"listen 127.0.0.1:{port} ssl http2;"
            f" ssl_certificate {made.good}; ssl_certificate_key {made.good};"
        )
        url, ca = f"https://localhost:{port}/dav", made.ca
    conf = room / "nginx.conf"
    conf.write_text(
        CONF.format(
            module=MODULE,
            room=room,
            listen=listen,
            tree=tree,
            realm=REALM,
            users=users_file(room, "basic"),
        )
    )
    command = ["nginx", "-e", str(room / "error.log"), "-c", str(conf)]
    with running(command, port, room / "out.log"):
        yield Peer(url, "basic", verbs_in(log), ca, protocols_in(log), _shown)


def _shown(name: str) -> str | None:
    """dav-ext leaves out of every listing what begins with a dot, though a GET would give it."""
    return None if name.startswith(".") else name
