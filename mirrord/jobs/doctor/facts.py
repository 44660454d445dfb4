"""report/server-facts.txt: what the store's WebDAV server was seen to do, for others to learn from.

No name of a file, no login, no address of the shop stands in it.
"""

from pathlib import Path

from mirrord import __version__
from mirrord.config import Webdav
from mirrord.core.pulse import Pulse
from mirrord.disk.durable import disk_errors
from mirrord.disk.house import House, write_whole
from mirrord.source.probe import probe
from mirrord.source.words import without

FACTS_FILE = "report/server-facts.txt"

_HEAD = """\
What this store's WebDAV server does, as seen by mirrord {version} on {day}.
Nothing of the shop's own stands here: neither names nor logins. You may hand it on.

"""


def write_facts(house: House, dav: Webdav, pulse: Pulse, day: str) -> Path:
    """Ask the server and write what it did; StoreError, DiskError, ConfigError."""
    ca = str(dav.ca) if dav.ca else None
    password = dav.password.read()
    facts = probe(dav.url, dav.username, password, dav.login, pulse, ca)
    text = _HEAD.format(version=__version__, day=day)
    for name, found in facts:
        text += f"{name + ':':28}{without(password, found, dav.username)}\n"
    file = house.room(FACTS_FILE)
    with disk_errors(f"writing {file}"):
        write_whole(file, text.encode("ascii", "backslashreplace"), 0o640)
    return file
