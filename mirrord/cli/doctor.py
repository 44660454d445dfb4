"""`mirrord doctor`: what is fine, and how to mend the rest, one line each."""

import json
from collections.abc import Iterator
from dataclasses import asdict, replace

import click

from mirrord.cli.settings import Settings, after_config_option, json_option, store_option
from mirrord.core.report import worst
from mirrord.errors import ConfigError, MirrordError
from mirrord.jobs.doctor import Check, State, check_machine, check_secrets, examine, fail, ok
from mirrord.jobs.pulse import Heart

_COLOURS = {State.OK: "green", State.WARN: "yellow", State.FAIL: "red"}


@click.command("doctor")
@store_option
@click.option(
    "--probe",
    is_flag=True,
    help="Also see what the real WebDAV server does, into report/server-facts.txt. Reads only.",
)
@json_option
@after_config_option
@click.pass_obj
def doctor_command(settings: Settings, store: str | None, probe: bool, as_json: bool) -> int:
    r"""Look at config, secrets, logins, scopes, disk, clock and service; name each remedy.

    \b
    Exit code by the gravest finding: 78 the config or a secret, 6 the disk, 5 the store,
    4 another store than at first contact, 3 something worth a look, 0 fine.
    """
    checks = []
    for check in _checks(settings, store, ask=probe):
        checks.append(check)
        if not as_json:
            print_check(check)
    if as_json:
        click.echo(json.dumps([asdict(check) for check in checks], indent=2))
    return worst([check.exit_code for check in checks])


def _checks(settings: Settings, only: str | None, *, ask: bool) -> Iterator[Check]:
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
