"""Requests for access and for erasure, as somebody in the shop's office answers them."""

import gzip
import json

from tests.cli.terminal import on_terminal
from tests.system.shop import Shop, told

WORDS = "customer0011@example.com"


def _named(shop: Shop) -> list[str]:
    """Every file of ours that names them."""
    return [
        str(path.relative_to(shop.house))
        for path in shop.house.rglob("*")
        if path.is_file()
        and "files" not in path.relative_to(shop.house).parts[:1]
        and WORDS.encode()
        in (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes())
    ]


def test_one_person_is_shown_copied_and_erased(shop: Shop) -> None:
    """What is found, what is written for them, what is asked before, and what is left after."""
    for words in (["sync"], ["export"], ["snapshot"]):
        assert shop.mirrord(*words).returncode == 0
    shown = shop.mirrord("person", WORDS.upper())
    assert (shown.returncode, shown.stdout.startswith("acme: customers 1, ")) == (0, True)
    copied = shop.mirrord("person", WORDS, "--export", "--to", "copy", "--json")
    (holding,) = json.loads(copied.stdout)
    kept = {path.stem for path in (shop.home / "copy").glob("*.json")}
    assert kept == holding["records"].keys()
    assert shop.mirrord("person", WORDS, "--export", "--to", "copy").returncode == 2

    assert len(_named(shop)) > 5
    unsure = shop.mirrord("erase-person", WORDS)
    assert (unsure.returncode, "--dry-run first" in unsure.stderr) == (2, True)
    tried = shop.mirrord("erase-person", WORDS, "--dry-run")
    assert (tried.returncode, "customers 1" in tried.stdout, len(_named(shop)) > 5) == (
        3,
        True,
        True,
    )
    assert "the shop still holds 1 customers" in told(tried)
    erased = shop.mirrord("erase-person", WORDS, "--yes", "--why", "a letter of 1 December")
    assert (erased.returncode, "after_snapshot" in erased.stdout) == (3, True)
    assert _named(shop) == []
    assert "a letter of 1 December" in (shop.house / "snapshots/CHAIN").read_text()
    assert shop.mirrord("verify", "--full").returncode == 0
    nobody = shop.mirrord("person", WORDS)
    assert nobody.stdout == "acme: nothing is held of them\n"
    # the shop has them still, and nothing else was lost
    assert shop.mirrord("export", "customers").returncode == 0
    assert shop.mirrord("person", WORDS).stdout.startswith("acme: customers 1")


def test_whose_data_must_be_said_and_be_an_address(mirrored: Shop) -> None:
    """Nobody, two ways at once, a slip of the hand, a folder without a copy."""
    wrong = (
        ["person"],
        ["person", WORDS, "--customer-id", "11"],
        ["erase-person", "jo", "--dry-run"],
        ["person", WORDS, "--to", "copy"],
        ["person", "-"],
    )
    assert [mirrored.mirrord(*words).returncode for words in wrong] == [2] * len(wrong)


def test_on_a_terminal_it_is_shown_first_and_asked_for(shop: Shop) -> None:
    """The answer no changes nothing; yes erases."""
    assert shop.mirrord("export", "customers").returncode == 0
    for answer, left in (("n", True), ("y", False)):
        with on_terminal("--config", shop.config, "erase-person", WORDS) as terminal:
            shown = terminal.expect("Erase this person")
            terminal.answer("for good?", answer)
            code = terminal.end()
        assert "the shop still holds 1 customers" in shown
        assert (bool(_named(shop)), code) == (left, 130 if left else 3)
