"""decisions/identity.json: the store as it named itself at first contact.

It is a decision and can not be derived again: which store this folder is the backup of.
"""

import json

from mirrord.core.identity import Identity
from mirrord.disk.durable import disk_errors
from mirrord.disk.house import House, write_whole
from mirrord.errors import DiskError

IDENTITY_FILE = "decisions/identity.json"


def read_identity(house: House) -> Identity | None:
    """Who the store was at first contact; None before it. DiskError where nobody can tell."""
    file = house.room(IDENTITY_FILE)
    try:
        with disk_errors(f"reading {file}"):
            text = file.read_text(encoding="utf-8")
    except DiskError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return None
        raise
    try:
        return Identity.of_facts(dict(json.loads(text)))
    except (ValueError, TypeError) as error:
        raise DiskError(
            f"{file} is damaged: bring it back from a copy of the mirror, or remove it after"
            " checking that the config names the right store"
        ) from error


def write_identity(house: House, identity: Identity) -> None:
    """Record it, whole and durable; whoever calls holds the lock `identity`."""
    file = house.room(IDENTITY_FILE)
    text = json.dumps(identity.facts(), indent=2) + "\n"
    with disk_errors(f"writing {file}"):
        write_whole(file, text.encode(), 0o440)
