"""One line for each scope but the main ones: what is not backed up where the token lacks it."""

from collections.abc import Iterator
from functools import partial

from mirrord.core.datasets.needs import Need, needs
from mirrord.core.datasets.scopes import THEMES
from mirrord.core.pulse import Pulse
from mirrord.errors import ScopeMissing
from mirrord.jobs.doctor.check import Check, State, looked, ok, warn
from mirrord.source.api import ApiSource
from mirrord.source.themes import DOWNLOAD_SCOPE

_ZIPS = (
    "; to download their zips the store may want"
    f" {DOWNLOAD_SCOPE} besides: only `mirrord export themes` shows it"
)


def check_scopes(
    source: list[ApiSource], pulse: Pulse, remedy: str, broken: str
) -> Iterator[Check]:
    """One request a scope; behind one that the store did not answer nothing more is asked.

    ``broken`` is the check that failed before, or ``""``.
    """
    for need in needs():
        name = f"api scope {need.label.partition(':')[0].lower()}"
        if broken:
            yield warn(name, "not looked at", f"mend `{broken}` first, then look again")
            continue
        check = looked(name, partial(_check, name, need, source, pulse, remedy))
        yield check
        if check.state is State.FAIL:
            broken = name


def _check(name: str, need: Need, source: list[ApiSource], pulse: Pulse, remedy: str) -> Check:
    names = ", ".join(need.names)
    try:
        source[0].prove(need.path, need.query, need.scope, pulse)
    except ScopeMissing:
        found = f"missing: {need.scope}, for {names}"
        return warn(name, found, f"where the shop has any of it, {remedy}")
    return ok(name, f"{need.label}: {names}" + (_ZIPS if need.scope == THEMES else ""))
