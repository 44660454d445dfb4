"""What a store or a library said, made fit for a message. Pure."""

from base64 import b64encode
from urllib.parse import quote


def plain(text: str, most: int = 120) -> str:
    """Fit for one line of a message: short and printable."""
    return "".join(c if c.isprintable() else "?" for c in text[:most])


def without(secret: str, text: str, username: str = "") -> str:
    """The text with ``...`` where it repeats a secret of ours, as pages for debugging do.

    As it is, as it stands in a URL, and as Basic login sends it with that ``username``.
    """
    login = b64encode(f"{username}:{secret}".encode()).decode()
    for spelling in (login, secret, quote(secret, safe=""), quote(secret)):
        text = text.replace(spelling, "...")
    return text
