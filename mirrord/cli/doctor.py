"""`mirrord doctor`: what is fine, and how to mend the rest, one line each."""

import json
from dataclasses import asdict

import click

from mirrord.cli.options import after_config_option, json_option, store_option
from mirrord.cli.settings import Settings
from mirrord.core.report import worst


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
    from mirrord.cli.checks import checks, print_check

    done = []
    for check in checks(settings, store, ask=probe):
        done.append(check)
        if not as_json:
            print_check(check)
    if as_json:
        click.echo(json.dumps([asdict(check) for check in done], indent=2))
    return worst([check.exit_code for check in done])
