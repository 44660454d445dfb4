"""What `doctor` and `init` check and print: a line a check, and its remedy below."""

from collections.abc import Iterator
from dataclasses import replace

import click

from mirrord.cli.settings import Settings
from mirrord.errors import ConfigError, MirrordError
from mirrord.jobs.doctor import Check, State, check_machine, check_secrets, examine, fail, ok
from mirrord.jobs.pulse import Heart

_COLOURS = {State.OK: "green", State.WARN: "yellow", State.FAIL: "red"}


def checks(settings: Settings, only: str | None, *, ask: bool) -> Iterator[Check]:
    """Each check as it is done; ``ask``: the real WebDAV server too."""
    from mirrord.cli.privileges import as_owner

    try:
        config = settings.load()
    except ConfigError as error:
        for problem in error.problems:
            place = replace(problem, remedy="")
            yield fail("config", str(place), problem.remedy or "see config/mirrord.yaml", 78)
        yield from check_machine(0)
        return
    stores = settings.stores(config, only)
    yield ok("config", f"{settings.file} is right: {', '.join(one.key for one in stores)}")
    for store in stores:
        for check in check_secrets(store):
            yield replace(check, store=store.key)
    try:
        config = as_owner(config, only)
    except MirrordError as error:
        remedy = "install it into /opt/mirrord, on /usr/bin/python3"
        yield fail("stepping down", str(error), remedy, error.exit_code)
        return
    yield from examine(config, settings.stores(config, only), Heart(), ask=ask)


def print_check(check: Check) -> None:
    """The check on a line, its remedy below."""
    mark = click.style(f"{check.state:4}", fg=_COLOURS[check.state])
    where = f"{check.store} {check.name}".strip()
    click.echo(f"{mark}  {where}: {check.found}")
    if check.state is not State.OK:
        click.echo(f"      -> {check.remedy}")
