"""The way to a host, and whether its clock and ours agree."""

import time
from collections.abc import Callable

from mirrord.jobs.doctor.check import Check, Step, fail, ok, warn
from mirrord.source.asker import server_time
from mirrord.source.reach import Place, connect, handshake, resolve

_DAY = 86_400.0


def way(what: str, place: Place) -> list[Step]:
    """Name, connection and, where the URL says https, TLS."""
    steps: list[Step] = [
        (f"{what} DNS", lambda: ok(f"{what} DNS", resolve(place))),
        (f"{what} TCP", lambda: ok(f"{what} TCP", connect(place))),
    ]
    if place.tls:
        steps.append((f"{what} TLS", lambda: ok(f"{what} TLS", handshake(place))))
    return steps


def check_clock(url: str, ca: str | None, clock: Callable[[], float] = time.time) -> Check:
    """A clock that is wrong breaks TLS, dates of folders, and schedules."""
    theirs = server_time(url, ca)
    if theirs is None:
        return ok("clock", "the store does not tell its time")
    apart = clock() - theirs
    words = f"{abs(apart):.0f} s {'ahead of' if apart > 0 else 'behind'} the store's"
    remedy = "set the clock and keep it set: timedatectl set-ntp true"
    if abs(apart) > _DAY:
        return fail("clock", words, remedy, 5)
    if abs(apart) > 60:
        return warn("clock", words, remedy)
    return ok("clock", words)
