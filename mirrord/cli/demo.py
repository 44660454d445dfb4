"""`mirrord demo`: a sample shop on loopback, mirrored into ./mirrord-demo, to see it work."""

import os
import shutil
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mirrord.cli.settings import Settings
from mirrord.core.report import worst

if TYPE_CHECKING:
    from mirrord.config import Config
    from mirrord.demo.store import SampleStore

_KEY = "sample"
#: Requests in 30 seconds, as a large plan has: with fewer, what orders have besides takes minutes.
_QUOTA = 15_000
_CONFIG = """\
# Written by `mirrord demo`, for the sample store on loopback. A config for a real shop looks the
# same with https addresses: config/mirrord.yaml in the repository is the commented sample.
mirror: {mirror}
timezone: UTC
stores:
  {key}:
    contact: "Jo, +44 20 7946 0000"
    webdav:
      url: {webdav_url}
      username: {username}
      password: {{file: {password_file}}}
    api:
      url: {api_url}
      store_hash: {store_hash}
      token: {{file: {token_file}}}
"""
_LOOK = """
Look at it (plain files; no software needed):
  {store}/READ-ME-FIRST.txt   start here
  {store}/files/              the shop's pictures, theme and content
  {store}/exports/latest/     products.csv, customers.csv, orders.csv; in more/ all else
  {store}/themes/             the shop's themes as zips, and what the theme editor has saved
  {store}/snapshots/          restore points: files and records together, each with its verdict
  {store}/SHA256SUMS          (cd {store}/files && sha256sum --quiet -c ../SHA256SUMS)

Try it:
  change or delete something in {shop}/ and run `{mirrord} demo` again;
  what left files/ then lies in {store}/old-versions/
  {mirrord} --config {config} status
"""
_SERVE = """
The sample store stays up until you press Ctrl-C. From another terminal:
  {mirrord} --config {config} sync
  {mirrord} --config {config} run
"""


@click.command("demo")
@click.option("--serve", is_flag=True, help="Keep the sample store up until Ctrl-C.")
@click.pass_obj
def demo_command(_settings: Settings, serve: bool) -> int:
    """Mirror a sample store that is inside this program into ./mirrord-demo.

    Needs no shop and no network beyond loopback. A second run syncs again.
    """
    try:
        from mirrord.demo.store import SampleStore
    except ImportError as error:
        raise click.UsageError(
            f"the sample store needs {error.name}: install mirrord with its extra `demo`"
            " (pip install '.[demo]')"
        ) from error

    home = Path("mirrord-demo")
    home.mkdir(0o755, exist_ok=True)
    with SampleStore(home / "the-shop", quota=_QUOTA) as store:
        config_file = _write_config(home, store)
        click.echo(f"sample store: {store.webdav_url} and {store.api_url} (loopback only)")
        code = _mirror(config_file)
        us = _as_called()
        click.echo(
            _LOOK.format(store=home / _KEY, shop=store.folder, config=config_file, mirrord=us)
        )
        if serve:
            click.echo(_SERVE.format(config=config_file, mirrord=us))
            _wait_for_signal()
    return code


def _as_called() -> str:
    """What to type to start this program again: a virtual environment need not be on the path."""
    program = Path(sys.argv[0])
    if program.name != "mirrord":
        return f"{sys.executable} -m mirrord"
    return "mirrord" if shutil.which("mirrord") == str(program.absolute()) else sys.argv[0]


def _write_config(home: Path, store: "SampleStore") -> Path:
    secrets = home / "credentials"
    secrets.mkdir(0o700, exist_ok=True)
    for name, secret in (("webdav", store.password), ("token", store.token)):
        fd = os.open(secrets / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "w") as file:
            file.write(secret + "\n")
    text = _CONFIG.format(
        key=_KEY,
        mirror=home.resolve(),
        webdav_url=store.webdav_url,
        username=store.username,
        password_file=(secrets / "webdav").resolve(),
        api_url=store.api_url,
        store_hash=store.store_hash,
        token_file=(secrets / "token").resolve(),
    )
    config_file = home / "mirrord.yaml"
    config_file.write_text(text, encoding="utf-8")
    return config_file


def _mirror(config_file: Path) -> int:
    from mirrord.cli.work import run_all
    from mirrord.config import load
    from mirrord.disk.house import make_marker
    from mirrord.jobs import jobs_of

    config: Config = load(config_file)
    make_marker(config.mirror)
    store = config.stores[_KEY]
    reports = run_all(config, [(store, name) for name in jobs_of(store)], wait=True)
    return worst([report.exit_code for report in reports])


def _wait_for_signal() -> None:
    from mirrord.jobs.pulse import Bell

    ended = Bell()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: ended.ring())
    sys.stdout.flush()
    ended.wait()
