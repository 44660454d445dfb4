"""`mirrord run`: the daemon, in the foreground as systemd wants it."""

import click

from mirrord.cli.settings import Settings, after_config_option


@click.command("run")
@after_config_option
@click.pass_obj
def run_command(settings: Settings) -> int:
    """Mirror and export all stores on schedule, until SIGTERM.

    Ends with 75 where another `mirrord run` already serves one of the stores.
    """
    from mirrord.daemon import Daemon

    return Daemon(settings.load_to_write()).run()
