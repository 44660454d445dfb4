"""Where `init` writes: config, credentials and marker, all of them or none.

No file that stands is ever overwritten. Whatever ends it in the middle, Ctrl-C too, takes back what
was made until then.
"""

import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from mirrord.cli.privileges import Owner, acting_as
from mirrord.config import load
from mirrord.config.writing import Shop, main_text, part_text, secret_files
from mirrord.disk.durable import disk_errors
from mirrord.disk.house import MARKER, make_marker
from mirrord.errors import ConfigError, Problem


@dataclass(frozen=True, slots=True)
class Places:
    """What will be written where: ``file`` is the config itself, or a part in stores.d."""

    main: Path
    file: Path
    credentials: Path

    @property
    def is_part(self) -> bool:
        """Whether the store is added to a config that stands."""
        return self.file != self.main


def stands(config: Path) -> bool:
    """Whether there is a config already; ConfigError where this user may not even look."""
    try:
        return config.exists()
    except PermissionError:
        problem = Problem(
            str(config), None, "can not be read by this user", "run the command as root"
        )
        raise ConfigError(problem) from None


def places_for(main: Path, key: str) -> Places:
    """ConfigError where something stands in the way, before anybody answers questions."""
    main = main.absolute()
    file = main.parent / "stores.d" / f"{key}.yaml" if stands(main) else main
    places = Places(main, file, main.parent / "credentials")
    names = (f"{key}-webdav", f"{key}-token")
    for path in (file, *(places.credentials / name for name in names)):
        if os.path.lexists(path):
            raise ConfigError(
                Problem(str(path), None, "stands already", "move it away, or take another key")
            )
    return places


def write_all(places: Places, shop: Shop, mirror: Path, timezone: str, owner: Owner) -> list[Path]:
    """Write it and check it by loading it; the files made, the config last.

    ``owner`` is the mirror's: his is the marker, and his group may read the config. ConfigError,
    DiskError: nothing was left behind.
    """
    group = owner.gid if os.geteuid() == 0 and owner.uid != 0 else None
    if places.is_part:
        text = part_text(shop, places.credentials, places.main)
    else:
        text = main_text(mirror, timezone, shop, places.credentials)
    made = []
    with ExitStack() as undo, disk_errors("writing the config"):
        _make_folder(places.main.parent, group, undo)
        _make_folder(places.file.parent, group, undo)
        _make_folder(places.credentials, None, undo)
        for name, secret in secret_files(shop).items():
            made.append(_write(places.credentials / name, secret, None, undo))
        with acting_as(owner):
            if make_marker(mirror):
                made.append(mirror / MARKER)
                undo.callback(_unlink_as, owner, mirror / MARKER)
        made.append(_write(places.file, text, group, undo))
        load(places.main)
        undo.pop_all()
    return made


def is_readable(file: Path, owner: Owner) -> bool:
    """Whether the mirror's owner, as whom the service runs, can read the config."""
    with acting_as(owner):
        return os.access(file, os.R_OK, effective_ids=True)


def _make_folder(folder: Path, group: int | None, undo: ExitStack) -> None:
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(0o700)
        undo.callback(one.rmdir)
        if group is not None:
            os.chown(one, -1, group)
            one.chmod(0o750)


def _write(file: Path, text: str, group: int | None, undo: ExitStack) -> Path:
    fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    undo.callback(file.unlink)
    with os.fdopen(fd, "w", encoding="utf-8") as out:
        if group is not None:
            os.fchown(fd, -1, group)
            os.fchmod(fd, 0o640)
        out.write(text if text.endswith("\n") else text + "\n")
        out.flush()
        os.fsync(fd)
    return file


def _unlink_as(owner: Owner, file: Path) -> None:
    with acting_as(owner):
        file.unlink()
