"""How a row of the table of resources is written: paths and datasets as words in one text."""

from __future__ import annotations

from mirrord.core.coverage import Back, Resource

NEW_ID = "comes back under a new id"
OWN = "what an app keeps to itself is given to that app only"


def kept(name: str, paths: str, datasets: str, back: Back, why: str = "") -> Resource:
    """A resource that is held."""
    return Resource(name, tuple(datasets.split()), back, why, tuple(paths.split()))


def not_kept(name: str, paths: str, why: str) -> Resource:
    """A resource that is not held, and why."""
    return Resource(name, (), Back.NO, why, tuple(paths.split()))
