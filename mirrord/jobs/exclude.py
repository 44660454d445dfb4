"""What the config leaves out of the mirror: neither fetched nor retired."""

from fnmatch import fnmatchcase

from mirrord.core.entry import TreePath


def excluded(path: TreePath, patterns: tuple[str, ...]) -> bool:
    """Whether a pattern names the path or a folder above it.

    Patterns are those of a shell (``*``, ``?``, ``[...]``), on true names joined by ``/``.
    """
    names = path.names if patterns else ()
    above = ["/".join(names[:depth]) for depth in range(1, len(names) + 1)]
    return any(fnmatchcase(place, pattern) for pattern in patterns for place in above)
