"""The kinds of single values: what the user's text must look like and what it becomes.

Each kind is told in plain words when it does not fit, and describes itself to editors. Values
reach these functions as the text that the user wrote; a default passes through them, too.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from mirrord.config.parts import Kind
from mirrord.config.places import Unfit
from mirrord.config.secrets import Secret, parse_secret
from mirrord.core.hours import Hours, fill_the_day, parse_hours
from mirrord.core.schedule import parse_duration

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_PERCENT = re.compile(r"((?:100|[0-9]{1,2})(?:\.[0-9]{1,3})?)%")
_STORE_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_STORE_HASH = re.compile(r"[a-z0-9]{1,64}")
_SIZE = re.compile(r"([0-9]{1,6})(MB|GB|TB)")
_UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_BANDWIDTH = re.compile(r"([0-9]{1,6}) ?(KB|MB|GB)/s")
_LEAST_BANDWIDTH = 100_000  # below, every connection would look like one that hangs
_URL = re.compile(r"[!#-;=?-\[\]_a-z~]+")  # what RFC 3986 lets stand in a URI, and no more


def _text(value: Any) -> str:
    if value is None or value == "":
        raise Unfit("empty", "write a value, or leave the line out")
    if not isinstance(value, str):
        raise Unfit("not a single value", "write a text")
    if _CONTROL.search(value):
        raise Unfit("a text of one line can not hold control characters")
    return value


def _path(value: Any) -> Path:
    path = PurePosixPath(_text(value))
    if not path.is_absolute() or ".." in path.parts or len(path.parts) < 2:
        raise Unfit("not a whole path", "write it from `/` on, without `..`, like /srv/mirrord")
    return Path(path)


def _zone(value: Any) -> ZoneInfo:
    name = _text(value)
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        # ZoneInfo answers a folder of the database with IsADirectoryError
        raise Unfit(f"{said(name)} is no time zone", _zone_remedy(name)) from None


def _zone_remedy(name: str) -> str:
    from difflib import get_close_matches

    zones = available_timezones()
    if not zones:
        return "this machine has no time zones: install the package tzdata"
    near = get_close_matches(name, zones, n=1)
    return f"did you mean {near[0]}?" if near else "write an IANA name, such as Europe/London"


def _url(value: Any) -> str:
    url = _text(value)
    remedy = "write it like https://store-abc123.mybigcommerce.com/dav"
    if "@" in url.partition("//")[2].partition("/")[0]:
        # never repeated: a password may stand in it
        raise Unfit("a URL must not hold a user or a password", "use `username` and `password`")
    if not _URL.fullmatch(url) or "?" in url or "#" in url:
        raise Unfit("not the URL of a folder (no spaces, `?` or `#`)", remedy)
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise Unfit("not a URL: the host or its port is wrong", remedy) from None
    if not host or parts.scheme not in ("https", "http"):
        raise Unfit("not a URL that begins with https://", remedy)
    if parts.scheme == "http" and not _is_loopback(host):
        raise Unfit("http would send the login in the open", "write https://")
    return url


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _store_key(value: Any) -> str:
    if not isinstance(value, str) or not _STORE_KEY.fullmatch(value):
        raise Unfit(
            "a store's key is the name of its folder, also on disks that fold case",
            "take a to z, 0 to 9 and `-`, first a letter or digit, 63 at most",
        )
    return value


def _store_hash(value: Any) -> str:
    if not _STORE_HASH.fullmatch(_text(value)):
        raise Unfit("not a store hash", "it is the abc123 of store-abc123.mybigcommerce.com")
    return _text(value)


def _globs(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise Unfit("not a list", "write it like [product_images/cache/*]")
    for glob in value:
        if _text(glob).startswith("/") or ".." in glob.split("/"):
            raise Unfit(f"{said(glob)} is no tree path", "write it without a leading `/` or `..`")
    return tuple(value)


def said(value: str) -> str:
    """A value as it may be repeated in a message: not all of a long one."""
    return repr(value if len(value) <= 60 else value[:57] + "...")


def Whole(least: int, most: int) -> Kind:  # noqa: N802 - stands among the kinds
    """A whole number between two bounds, both allowed."""

    def parse(value: Any) -> int:
        text = str(value)
        if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
            raise Unfit("not a number that fits", f"write a whole number, {least} to {most}")
        return int(text)

    return Kind(parse, {"type": "integer", "minimum": least, "maximum": most})


def Choice(*choices: str) -> Kind:  # noqa: N802 - stands among the kinds
    """One of these words."""

    def parse(value: Any) -> str:
        if value not in choices:
            raise Unfit("not one of the choices", f"write {' or '.join(choices)}")
        return str(value)

    return Kind(parse, {"type": "string", "enum": list(choices)})


def Share(at_least: str = "0%") -> Kind:  # noqa: N802 - stands among the kinds
    """A percentage, as a float from 0 to 1."""
    least = float(at_least.removesuffix("%"))

    def parse(value: Any) -> float:
        match = _PERCENT.fullmatch(value if isinstance(value, str) else "")
        if not match or not least <= float(match[1]) <= 100:
            raise Unfit("not a percentage", f"write it with its sign, {at_least} to 100%")
        return float(match[1]) / 100

    return Kind(parse, {"type": "string", "pattern": f"^{_PERCENT.pattern}$"})


def _duration(value: Any) -> int:
    if isinstance(value, int):
        return value
    try:
        return parse_duration(_text(value))
    except ValueError as error:
        raise Unfit("not a duration", f"{error}") from None


def _size(value: Any) -> int:
    if isinstance(value, int):
        return value
    match = _SIZE.fullmatch(_text(value))
    if not match or not int(match[1]):
        raise Unfit("not a size", "write it like 500MB, 50GB or 2TB")
    return int(match[1]) * _UNITS[match[2]]


def _bandwidth(value: Any) -> int:
    if isinstance(value, int):
        return value
    match = _BANDWIDTH.fullmatch(_text(value))
    remedy = "write it like 10MB/s or 500KB/s (a line of 80 Mbit/s carries 10MB/s)"
    if not match:
        raise Unfit("not a bandwidth", remedy)
    if (rate := int(match[1]) * _UNITS[match[2]]) < _LEAST_BANDWIDTH:
        raise Unfit("too little to sync by", "write 100KB/s or more")
    return rate


def _hours(value: Any) -> tuple[Hours, ...]:
    if not isinstance(value, list | tuple):
        raise Unfit("not a list", 'write it like ["08:00-20:00"]')
    hours = tuple(one if isinstance(one, Hours) else _one_hours(_text(one)) for one in value)
    if fill_the_day(hours):
        raise Unfit("no minute of the day is left to sync in", "leave some")
    return hours


def _one_hours(text: str) -> Hours:
    try:
        return parse_hours(text)
    except ValueError as error:
        raise Unfit(f"{said(text)}: {error}") from None


def _command(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not value:
        raise Unfit("not a command", 'write it as a list, like [restic, backup, "{snapshot}"]')
    for word in value:
        _text(word)
    if str(value[0]).startswith("{"):
        raise Unfit("a command begins with a program", "write its name or path first")
    return tuple(value)


def _yes_no(value: Any) -> bool:
    if value not in ("true", "false", True, False):
        raise Unfit("neither true nor false", "write true or false")
    return value in ("true", True)


Text = Kind(_text, {"type": "string", "minLength": 1})
AbsolutePath = Kind(_path, {"type": "string", "pattern": "^/."})
Zone = Kind(_zone, {"type": "string"})
Url = Kind(_url, {"type": "string", "pattern": "^https?://"})
StoreKey = Kind(_store_key, {"type": "string", "pattern": f"^{_STORE_KEY.pattern}$"})
StoreHash = Kind(_store_hash, {"type": ["string", "integer"], "pattern": "^[a-z0-9]+$"})
Globs = Kind(_globs, {"type": "array", "items": {"type": "string", "minLength": 1}})
Duration = Kind(_duration, {"type": "string", "pattern": "^([0-9]+[dhms])+$"})
Size = Kind(_size, {"type": "string", "pattern": f"^{_SIZE.pattern}$"})
Bandwidth = Kind(_bandwidth, {"type": "string", "pattern": f"^{_BANDWIDTH.pattern}$"})
QuietHours = Kind(
    _hours,
    {
        "type": "array",
        "items": {"type": "string", "pattern": "^[0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2}$"},
    },
)
CommandLine = Kind(
    _command, {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1}
)
YesNo = Kind(_yes_no, {"type": "boolean"})
SecretPlace = Kind(
    lambda value: value if isinstance(value, Secret) else parse_secret(value),
    {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
        "properties": {
            "credential": {"type": "string", "description": "a name in /etc/mirrord/credentials/"},
            "file": {"type": "string", "description": "a file that only its owner can read"},
            "env": {"type": "string", "description": "an environment variable"},
            "command": {
                "type": "array",
                "items": {"type": "string"},
                "minItems": 1,
                "description": "a program and its arguments; its first line is the secret",
            },
        },
    },
)
