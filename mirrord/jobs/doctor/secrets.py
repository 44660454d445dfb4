"""Whether the secrets can be read, and by whom else. Their text is read and never looked at."""

import os
import pwd
from collections.abc import Iterator
from pathlib import Path

from mirrord.config import Secret, Store
from mirrord.config.secrets import BY_HAND, Origin
from mirrord.jobs.doctor.check import Check, looked, ok


def check_secrets(store: Store) -> Iterator[Check]:
    """One check a secret, with the rights of whoever gave the command."""
    if store.webdav:
        password = store.webdav.password
        yield looked("webdav password", lambda: _secret("webdav password", password))
    if store.api:
        token = store.api.token
        yield looked("api token file", lambda: _secret("api token file", token))


def _secret(name: str, secret: Secret) -> Check:
    secret.read()
    return ok(name, f"found, {_who(secret)}")


def _who(secret: Secret) -> str:
    word = secret.words[0]
    match secret.origin:
        case Origin.ENV:
            return f"in the variable {word}: every program of this user can read it"
        case Origin.COMMAND:
            return f"printed by {word}"
        case Origin.CREDENTIAL if os.environ.get("CREDENTIALS_DIRECTORY"):
            return f"handed over by systemd as {word}"
        case Origin.CREDENTIAL:
            return _readers(BY_HAND / word)
    return _readers(Path(word))


def _readers(path: Path) -> str:
    # reading it has refused a file that its group or others can reach
    uid = path.stat().st_uid
    try:
        owner = pwd.getpwuid(uid).pw_name
    except KeyError:
        owner = f"user {uid}"
    return f"{path} can be read by {owner} alone"
