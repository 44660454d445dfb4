"""The works of a sync that are compared, each with its tools and the rows that are read from it."""

from contextlib import closing

from tests.benchmarks import trees
from tests.benchmarks.clients import (
    Client,
    debian_rclone,
    lftp,
    mirrord,
    mirrord_start,
    rclone,
    rclone_as_it_comes,
)
from tests.benchmarks.contest import Play, Row, Scale, Trial, cpu, memory, wall
from tests.benchmarks.syncing import Fill, Shop, again, alone, first_time, start_aside, unchanged

#: The trees S1 and T1: files in all.
_S1, _T1 = 5_000, 20_000
#: Files at the same time, the same for each tool that can be told, near and far.
_NEAR, _FAR = 16, 32
#: Seconds.
_ROUND_TRIP = 0.05
_DEFAULT, _DIGEST, _INFINITY = "mirrord, its default", "mirrord, Digest", "mirrord, infinity"


def trials() -> list[Trial]:
    """In the order of the table."""
    return [
        Trial(
            "full",
            f"everything, {_S1:,} files, no latency, {_NEAR} at once",
            lambda scale: first_time(_small(scale, _S1), _near),
            (
                Row("full sync, no latency", "mirrord", "rclone", wall, 0.9, 0.75),
                Row("full sync, no latency, default", _DEFAULT, "rclone", wall),
                Row("full sync, no latency", "mirrord", "lftp", wall),
                Row("full sync, client CPU", "mirrord", "rclone", cpu, 0.75, 0.55),
                Row("full sync, peak memory", "mirrord", "rclone", memory, 0.85, 0.65, "MiB"),
            ),
        ),
        Trial(
            "far",
            f"everything, {_S1:,} files, 50 ms, {_FAR} at once",
            lambda scale: first_time(_small(scale, _S1), _far, _ROUND_TRIP),
            (
                Row("full sync, 50 ms, equal connections", "mirrord", "rclone", wall, 1.05, 1.0),
                Row("full sync, 50 ms, our default", _DEFAULT, "rclone", wall, 0.75, 0.6),
                Row("full sync, 50 ms", "mirrord", "lftp", wall),
                Row("Digest against Basic, 50 ms", _DIGEST, "mirrord", wall, 1.1, 1.0),
            ),
        ),
        Trial(
            "h2",
            f"everything, {_S1:,} files, 50 ms, TLS and HTTP/2, {_FAR} at once",
            lambda scale: first_time(_small(scale, _S1), _encrypted, _ROUND_TRIP, tls=True),
            (
                Row("full sync, TLS and HTTP/2, 50 ms", "mirrord", "rclone", wall),
                Row("full sync, TLS and HTTP/2, our default", _DEFAULT, "rclone", wall),
            ),
        ),
        Trial(
            "defaults",
            f"everything, {_S1:,} files, no latency, each as it comes",
            lambda scale: first_time(_small(scale, _S1), _as_they_come),
            (
                Row("full sync, defaults", _DEFAULT, "rclone, its defaults", wall, 0.1, 0.04),
                Row("full sync, defaults", _DEFAULT, "Debian's rclone", wall),
            ),
        ),
        Trial(
            "still",
            f"no change, {_T1:,} files, no latency, folder by folder",
            lambda scale: again(_small(scale, _T1), _near_alike, unchanged),
            (
                Row("no change, folder by folder", "mirrord", "rclone", wall, 1.0, 0.7),
                Row("no change, folder by folder", "mirrord", "lftp", wall),
                Row("no change, peak memory", "mirrord", "rclone", memory, unit="MiB"),
            ),
        ),
        Trial(
            "deep",
            f"no change, {_T1:,} files, no latency, infinity offered",
            lambda scale: again(_small(scale, _T1), _deep, unchanged),
            (Row("no change, infinity proven", "mirrord", "rclone", wall, 0.75, 0.5),),
        ),
        Trial(
            "still-far",
            f"no change, {_T1:,} files, 50 ms, folder by folder",
            lambda scale: again(_small(scale, _T1), _far_again, unchanged, _ROUND_TRIP),
            (
                Row("no change, 50 ms", "mirrord", "rclone", wall),
                Row("no change, 50 ms, our default", _DEFAULT, "rclone", wall),
            ),
        ),
        Trial(
            "changed",
            f"1 % changed, {_S1:,} files, no latency",
            lambda scale: again(_small(scale, _S1), _near_alike, trees.change_one_percent),
            (Row("1 % changed, no latency", "mirrord", "rclone", wall),),
        ),
        Trial(
            "changed-far",
            f"1 % changed, {_S1:,} files, 50 ms",
            lambda scale: again(
                _small(scale, _S1), _far_again, trees.change_one_percent, _ROUND_TRIP
            ),
            (
                Row("1 % changed, 50 ms, equal connections", "mirrord", "rclone", wall),
                Row("1 % changed, 50 ms, our default", _DEFAULT, "rclone", wall, 0.8, 0.65),
                Row("1 % changed, 50 ms", "mirrord", "lftp", wall),
            ),
        ),
        Trial(
            "large",
            "everything, 40 files of 5 MB, no latency",
            _large,
            (
                Row("40 x 5 MB, start aside", "mirrord, start aside", "rclone", wall, 1.3, 1.1),
                Row("40 x 5 MB", "mirrord", "lftp", wall),
                Row("40 x 5 MB, peak memory", "mirrord", "rclone", memory, unit="MiB"),
            ),
        ),
        Trial(
            "listing",
            "200,000 entries are listed, nothing is fetched",
            lambda scale: alone(_empty(scale, 200_000), _listing),
            (
                Row("200,000 entries listed", "mirrord", None, memory, 150, 90, "MiB"),
                Row("200,000 entries, infinity", _INFINITY, None, memory, 150, 90, "MiB"),
            ),
        ),
    ]


def _small(scale: Scale, files: int) -> Fill:
    return lambda tree: trees.small_files(tree, scale.of(files))


def _empty(scale: Scale, files: int) -> Fill:
    return lambda tree: trees.empty_files(tree, scale.of(files))


def _large(scale: Scale) -> Play:
    rounds = first_time(lambda tree: trees.large_files(tree, scale.of(40)), _near_alike)
    with closing(rounds):
        yield from start_aside(rounds, "mirrord", mirrord_start)


def _alike(url: str, connections: int) -> list[Client]:
    return [mirrord(url, connections), rclone(url, connections), lftp(url, connections)]


def _near_alike(there: Shop) -> list[Client]:
    return _alike(there.url("basic"), _NEAR)


def _far_alike(there: Shop) -> list[Client]:
    return _alike(there.url("basic"), _FAR)


def _near(there: Shop) -> list[Client]:
    return [*_near_alike(there), mirrord(there.url("basic")).named(_DEFAULT)]


def _far_again(there: Shop) -> list[Client]:
    return [*_far_alike(there), mirrord(there.url("basic")).named(_DEFAULT)]


def _far(there: Shop) -> list[Client]:
    """rclone speaks no Digest; so Basic is what is compared, and Digest with our own Basic."""
    return [*_far_again(there), mirrord(there.url("digest"), _FAR, "digest").named(_DIGEST)]


def _encrypted(there: Shop) -> list[Client]:
    """lftp knows no HTTP/2; the others take it where it is offered."""
    url, ca = there.url("basic"), there.store.ca
    return [
        mirrord(url, _FAR, ca=ca),
        rclone(url, _FAR, ca),
        mirrord(url, ca=ca).named(_DEFAULT),
    ]


def _deep(there: Shop) -> list[Client]:
    return _alike(there.url("deep-basic"), _NEAR)


def _as_they_come(there: Shop) -> list[Client]:
    url = there.url("basic")
    return [mirrord(url).named(_DEFAULT), rclone_as_it_comes(url), debian_rclone(url)]


def _listing(there: Shop) -> list[Client]:
    deep = mirrord(there.url("deep-basic"), _NEAR, "basic", "--dry-run")
    return [mirrord(there.url("basic"), _NEAR, "basic", "--dry-run"), deep.named(_INFINITY)]
