"""`mirrord holds`: what waits for a person, and the answers."""

import json
import time
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from mirrord.cli.options import after_config_option, json_option, store_option
from mirrord.cli.settings import Settings
from mirrord.cli.work import heart_beating, run_all
from mirrord.core.displayed import displayed
from mirrord.disk.answers import Word
from mirrord.disk.holds import OpenHold, folder_of, open_holds, words_of
from mirrord.disk.house import House

if TYPE_CHECKING:
    from mirrord.config import Config, Store
    from mirrord.jobs.pulse import Heart

id_argument = click.argument("hold", metavar="[ID]", required=False, default="")


@click.group("holds", invoke_without_command=True)
@store_option
@json_option
@after_config_option
@click.pass_context
def holds_command(ctx: click.Context, store: str | None, as_json: bool) -> int:
    """List what waits for a person to decide, and what a person kept.

    An ID may be shortened as long as it is clear, and left out where there is only one.
    """
    ctx.meta["store"] = store
    if ctx.invoked_subcommand is not None:
        return 0
    settings: Settings = ctx.obj
    config = settings.load_to_write(store)
    found = _all(settings, config, store)
    if as_json:
        click.echo(json.dumps([_told(house, hold) for _, house, hold in found], indent=2))
        return 0
    for _, house, hold in found:
        click.echo(_line(house, hold))
    if not found:
        click.echo("nothing waits for a person")
    return 0


@holds_command.command("show")
@id_argument
@store_option
@json_option
@after_config_option
@click.pass_obj
def show_command(settings: Settings, hold: str, store: str | None, as_json: bool) -> int:
    """Tell what happened, what each answer does, and where the list of files is."""
    _, _, house, one = _chosen(settings, hold, store)
    folder = folder_of(house, one.id)
    text = words_of(house, one.id)
    if as_json:
        click.echo(json.dumps(_told(house, one) | {"text": text}, indent=2))
        return 0
    click.echo(f"{one.id}{_answered(one)}\n")
    # line by line: a hostile shop's names must not act on the terminal
    click.echo("\n".join(displayed(line) for line in text.splitlines()))
    click.echo(f"\nIts papers: {folder}")
    return 0


@holds_command.command("follow")
@id_argument
@store_option
@after_config_option
@click.pass_obj
def follow_command(settings: Settings, hold: str, store: str | None) -> int:
    """Do as the shop did: what vanished there moves to old-versions/ here.

    Exactly the files that the hold lists. A mass change was meant: what it pinned is released.
    """
    return _answer(settings, hold, store, "follow")


@holds_command.command("keep")
@id_argument
@store_option
@after_config_option
@click.pass_obj
def keep_command(settings: Settings, hold: str, store: str | None) -> int:
    """Go on showing the files that vanished; not asked again unless the shop changes them.

    A mass change was not meant: what it pinned stays. A refused export is put away.
    """
    return _answer(settings, hold, store, "keep")


def _answer(settings: Settings, hold: str, key: str | None, word: Word) -> int:
    from mirrord.jobs.answering import answer_changed, answer_vanished, put_refused_away

    config, store, house, one = _chosen(settings, hold, key)
    if one.kind == "refused" and word == "follow":
        raise click.UsageError(
            f"{one.id} is an export that can not be right, and is never filed as it is: the next"
            f" good pull is filed by itself; to put it away: mirrord holds keep {one.id}"
            f" --store {store.key}"
        )
    now = time.time()
    with heart_beating(f"{store.key} holds") as heart:
        if one.kind == "vanished":
            files = answer_vanished(house, one, word, now, heart)
        elif one.kind in ("changed", "suspect"):
            answer_changed(house, one, word, now, heart)
        else:
            put_refused_away(house, one, now)
        _refresh(config, store, house, now, heart)
    if one.kind != "vanished":
        click.echo(f"{one.id} is answered and lies in {folder_of(house, 'answered')}")
        return 0
    if word == "keep":
        click.echo(f"files/ keeps showing these {files:,} files")
        return 0
    click.echo(f"these {files:,} files move to old-versions/, kept {_until(store, now)}")
    return _carry_out(settings, config, store)


def _carry_out(settings: Settings, config: "Config", store: "Store") -> int:
    from mirrord.control import NobodyThere, ask

    try:
        answer = ask(settings.file, {"do": "run", "store": store.key, "job": "files"})
    except NobodyThere:
        (report,) = run_all(config, [(store, "files")], wait=True)
        return report.exit_code
    if answer["done"]:
        click.echo("the running daemon syncs now; see mirrord status")
    else:
        click.echo(f"remembered; the daemon's next sync carries it out ({answer['why']})")
    return 0


def _refresh(config: "Config", store: "Store", house: House, now: float, heart: "Heart") -> None:
    """Let `status` tell of the answer at once."""
    from mirrord.disk.diary import Diary
    from mirrord.jobs.status import write_status

    with Diary(house.room(".mirrord/diary.db")) as diary:
        write_status(house, store, diary, config.timezone, now, heart)


def _all(
    settings: Settings, config: "Config", key: str | None
) -> "list[tuple[Store, House, OpenHold]]":
    houses = [(one, House(config.mirror, one.key)) for one in settings.stores(config, key)]
    return [(store, house, hold) for store, house in houses for hold in open_holds(house)]


def _chosen(
    settings: Settings, wanted: str, key: str | None
) -> "tuple[Config, Store, House, OpenHold]":
    """The hold with this id, or the only one that begins so; UsageError with what there is."""
    key = key or click.get_current_context().meta.get("store")
    config = settings.load_to_write(key)
    found = _all(settings, config, key)
    fitting = [one for one in found if one[2].id.startswith(wanted)]
    exact = [one for one in fitting if one[2].id == wanted]
    if len(exact or fitting) == 1:
        store, house, hold = (exact or fitting)[0]
        return config, store, house, hold
    there = "".join(f"\n  {_line(house, hold)}" for _, house, hold in fitting or found)
    if not found:
        raise click.UsageError("nothing waits for a person, so there is nothing to name")
    if not fitting:
        raise click.UsageError(f"there is no hold {displayed(wanted)!r}; there are:{there}")
    words = f"{displayed(wanted)!r} fits several" if wanted else "there are several"
    raise click.UsageError(f"{words}; name one (with --store where both have it):{there}")


def _told(house: House, hold: OpenHold) -> dict[str, object]:
    folder = str(folder_of(house, hold.id))
    return {"store": house.key} | asdict(hold) | {"folder": folder}


def _line(house: House, hold: OpenHold) -> str:
    return f"{house.key}  {displayed(hold.id)}  {displayed(hold.title)}{_answered(hold)}"


def _answered(hold: OpenHold) -> str:
    return f" ({hold.answered})" if hold.answered else ""


def _until(store: "Store", now: float) -> str:
    age = store.keep.old_versions
    if age is None:
        return "for ever (the config has no keep: old_versions)"
    return f"until {datetime.fromtimestamp(now + age, UTC):%Y-%m-%d}"
