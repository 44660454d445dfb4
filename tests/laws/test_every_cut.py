"""A cut before every single step on the disk, of every job, with all kinds of work at hand."""

import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from mirrord.core.entry import TreePath
from tests.laws.world import DAY, World

Cut = Callable[[World, int], object]

FILM = TreePath("content/film")


def at_work(home: Path) -> World:
    """A house that is behind its store in every way, with something to prune and to look at."""
    home.mkdir()
    world = World(home)
    for name in ("content/changed", "content/gone", "content/file"):
        world.shop.write(TreePath(name), name.encode(), etag=True, modified=True)
    for number in range(8):
        name = f"product_images/{number}"
        world.shop.write(TreePath(name), name.encode(), etag=True, modified=True)
    world.snapshot()
    for _ in range(4):
        world.now += DAY
        world.shop.write(TreePath("content/daily"), b"%f" % world.now, etag=True, modified=True)
        world.snapshot()
        world.prune()
    world.shop.write(TreePath("content/changed"), b"anew", etag=True, modified=True)
    world.shop.write(TreePath("content/new"), b"new", etag=True, modified=True)
    return world


# one file vanishes, not two: a loss that is cut short counts twice, and the floor is low here
def retire(world: World, steps: int) -> None:
    world.shop.take_away(TreePath("content/gone"))
    world.sync(steps=steps)


def clear(world: World, steps: int) -> None:
    world.shop.write(TreePath("content/file/in"), b"a folder now", etag=True, modified=True)
    world.sync(steps=steps)


def prune(world: World, steps: int) -> None:
    world.now += DAY  # the day that makes one point more than the rules keep
    world.shop.write(TreePath("content/daily"), b"the last", etag=True, modified=True)
    world.snapshot()
    world.prune(steps)


def look(world: World, steps: int) -> None:
    with world.somebody() as files:
        files.joinpath("content/changed").unlink()
        files.joinpath("content/stray").write_bytes(b"stray")
        world.strays.add("content/stray")
    world.look(steps)


def break_off(world: World, steps: int | None) -> None:
    world.shop.write(FILM, b"f" * 1_000, etag=True, modified=True)
    world.shop.cut = {FILM: 600}
    world.sync(steps=steps)
    world.shop.cut = {}


def go_on(world: World, steps: int) -> None:
    break_off(world, None)
    world.sync(steps=steps)


JOBS: dict[str, Cut] = {
    "a sync that retires": retire,
    "a sync that clears": clear,
    "a large file that breaks off": break_off,
    "a large file that is gone on with": go_on,
    "snapshot": World.snapshot,
    "prune": prune,
    "look": look,
    "reindex": World.reindex,
}


@pytest.mark.parametrize("job", JOBS)
def test_a_cut_at_any_step_tears_nothing_and_heals(
    job: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law 2, for each step that the job makes; the laws are judged after the cut and after."""
    monkeypatch.setattr("mirrord.disk.tree.PART_FROM", 1_000)
    ready = at_work(tmp_path / "ready")
    for steps in count(1):
        world = ready.copied(tmp_path / f"{steps}")
        JOBS[job](world, steps)
        run = world.sync()
        assert run.clean, f"cut after {steps} steps, it did not heal"
        shutil.rmtree(world.home)
        if not world.cuts:
            break
    assert steps > 10, "no cut ever came"


def test_what_a_cut_run_placed_follows_the_store_like_all_else(tmp_path: Path) -> None:
    """Law 1, where the store loses before the next run what was placed and not recorded yet."""
    ready = at_work(tmp_path / "ready")
    placed = 0
    for steps in count(1):
        world = ready.copied(tmp_path / f"{steps}")
        world.sync(steps=steps)
        placed += (world.home / "mirror/acme/files/content/new").exists()
        world.shop.take_away(TreePath("content/new"))
        run = world.sync()
        assert run.clean, f"cut after {steps} steps, it did not heal"
        shown = {local for local, body in world.witness.shown("files").items() if body is not None}
        store = {str(path) for path in world.shop.files()}
        assert shown == store, f"cut after {steps} steps"
        shutil.rmtree(world.home)
        if not world.cuts:
            break
    assert placed > 1, "it was never placed and cut"
