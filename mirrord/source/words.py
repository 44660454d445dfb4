"""What a store or a library said, made fit for a message. Pure."""

import re
from base64 import b64encode
from itertools import groupby
from urllib.parse import quote

#: What is told of a store's own words: those in small letters, and these.
_SMALL = re.compile(r"[a-z]+(_[a-z]+)*")
# fmt: off
_DOCUMENTED = frozenset({
    "A", "An", "API", "Access", "Authentication", "Bad", "Content", "Forbidden", "HTTP", "ID",
    "Invalid", "JSON", "Missing", "No", "Not", "OAuth", "Please", "Request", "SSL", "Store", "The",
    "This", "Too", "URL", "Unauthorized", "V2", "V3", "You", "Your",
})
# fmt: on


def plain(text: str, most: int = 120) -> str:
    """Fit for one line of a message: short and printable."""
    return "".join(c if c.isprintable() else "?" for c in text[:most])


def tame(text: str) -> str:
    """A store's own sentence for logs and reports: what could be a person's comes as ``...``.

    It may name a customer, an address, a telephone number; what helps is in the words between.
    """
    bare = ((word, word.strip(".,:;()'!?")) for word in text.split())
    words = [word if _SMALL.fullmatch(one) or one in _DOCUMENTED else "..." for word, one in bare]
    return " ".join(word for word, _ in groupby(words))


def without(secret: str, text: str, username: str = "") -> str:
    """The text with ``...`` where it repeats a secret of ours, as pages for debugging do.

    As it is, as it stands in a URL, and as Basic login sends it with that ``username``.
    """
    login = b64encode(f"{username}:{secret}".encode()).decode()
    for spelling in (login, secret, quote(secret, safe=""), quote(secret)):
        text = text.replace(spelling, "...")
    return text
