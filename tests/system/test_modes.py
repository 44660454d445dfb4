"""Who may read what, whatever umask the program was started under."""

import stat
from pathlib import Path

import pytest

from mirrord.core.columns.customers import CUSTOMERS
from tests.system.shop import Shop

PRIVATE = ("exports", "holds", "set-aside", ".mirrord", "files/exports", "files/import_files")


def _is_private(inside: Path) -> bool:
    return any(inside.is_relative_to(room) for room in PRIVATE)


@pytest.mark.parametrize("umask", ["000", "077"])
def test_personal_data_is_the_owners_and_the_rest_is_read_only(shop: Shop, umask: str) -> None:
    """Files 0440 in 0750 folders, personal ones 0600 in 0700; nothing is open to all."""
    through = ("sh", "-c", f'umask {umask} && exec "$@"', "sh")
    (shop.store.folder / "exports").mkdir(exist_ok=True)
    (shop.store.folder / "exports" / "customers.csv").write_text(",".join(CUSTOMERS.columns))
    for words in (["sync"], ["export"], ["reindex"], ["sync"]):
        assert shop.mirrord(*words, through=through).returncode == 0
    modes = {p.relative_to(shop.house): p.lstat().st_mode for p in shop.house.rglob("*")}
    files = {p: m for p, m in modes.items() if stat.S_ISREG(m) and ".mirrord" not in p.parts}
    held = {p: m & 0o7777 for p, m in files.items() if p.parts[0] in ("files", "exports")}
    wanted = {p: 0o600 if _is_private(p) else 0o440 for p in held}
    assert held == wanted
    folders = {p: m & 0o7777 for p, m in modes.items() if stat.S_ISDIR(m)}
    private = {oct(mode) for p, mode in folders.items() if _is_private(p)}
    assert private == {oct(0o700)}
    assert [p for p, m in files.items() if m & 0o007] == []
    assert {oct(m) for p, m in folders.items() if not _is_private(p)} <= {oct(0o750), oct(0o770)}
    assert folders[Path("drop-here")] == 0o770
