"""`mirrord run`, the daemon in the foreground as systemd wants it, and `mirrord reload`."""

import faulthandler

import click

from mirrord.cli.options import after_config_option
from mirrord.cli.settings import Settings


@click.command("run")
@after_config_option
@click.pass_obj
def run_command(settings: Settings) -> int:
    """Mirror and export all stores on schedule, until SIGTERM.

    A changed config is taken up by itself, by SIGHUP and by `mirrord reload`; one with mistakes is
    refused and the one before stays in force. Ends with 75 where another `mirrord run` already
    serves one of the stores.
    """
    from mirrord.cli.privileges import LoadAsOwner
    from mirrord.daemon import Daemon

    # a hang ended by systemd's watchdog (SIGABRT) leaves its traceback in the journal
    faulthandler.enable()
    return Daemon(settings.file, load=LoadAsOwner()).run()


@click.command("reload")
@after_config_option
@click.pass_obj
def reload_command(settings: Settings) -> int:
    """Have the running daemon read its config again, and wait for its verdict.

    Ends with 78 where the new config has mistakes (the one before stays in force), with 3 where
    no daemon is running.
    """
    from mirrord.control import ask

    answer = ask(settings.file, {"do": "reload"})
    if answer["done"]:
        click.echo("the new config is in force")
        return 0
    click.echo(answer["why"], err=True)
    click.echo("the config before stays in force", err=True)
    return 78
