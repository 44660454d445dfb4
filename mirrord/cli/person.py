"""What is held of one person: `person` answers them, `erase-person` erases it."""

import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mirrord.cli.options import after_config_option, json_option, store_option
from mirrord.cli.settings import Settings
from mirrord.cli.work import heart_beating, tell
from mirrord.core.displayed import displayed
from mirrord.core.report import Report, worst

if TYPE_CHECKING:
    from mirrord.config import Config, Store
    from mirrord.core.persons import Person

email_argument = click.argument("email", required=False, default="")
customer_option = click.option(
    "--customer-id", type=click.IntRange(min=1), help="By the shop's number for the customer."
)


@click.command("person")
@email_argument
@customer_option
@click.option("--export", is_flag=True, help="Write a copy of it all, for an access request.")
@click.option(
    "--to",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where to: a new folder (default: ./person-TIME).",
)
@store_option
@json_option
@after_config_option
@click.pass_obj
def person_command(
    settings: Settings,
    email: str,
    customer_id: int | None,
    export: bool,
    to: Path | None,
    store: str | None,
    as_json: bool,
) -> int:
    """Tell what is held of one person, and write them a copy of it.

    By EMAIL ("-": read it from stdin) or --customer-id. Every dated folder and snapshot is read,
    with all earlier versions.
    """
    from mirrord.core.times import iso, moment_name
    from mirrord.disk.house import open_house
    from mirrord.jobs.person import held_of, write_copy

    if to is not None and not export:
        raise click.UsageError("--to DIR goes with --export")
    asked = _asked(email, customer_id)
    config = settings.load_to_write(store)
    stores = settings.stores(config, store)
    now = time.time()
    target = to or Path(f"person-{moment_name(now)}")
    if export and target.exists():
        raise click.UsageError(f"{target} is there already: --to names a new folder")
    told = []
    for one in stores:
        house = open_house(config.mirror, one.key, one.contact or "")
        with heart_beating(f"{one.key} person") as heart:
            holding = held_of(house, asked, heart)
        place = target / one.key if len(stores) > 1 else target
        if export:
            write_copy(house, holding, place, iso(now))
        told.append({"store": one.key, "records": holding.counts, "folders": list(holding.folders)})
        if not as_json:
            counts = ", ".join(f"{name} {number:,}" for name, number in holding.counts.items())
            click.echo(f"{one.key}: {counts or 'nothing is held of them'}")
            if export:
                click.echo(f"  a copy: {place}")
    if as_json:
        click.echo(json.dumps(told, indent=2))
    return 0


@click.command("erase-person")
@email_argument
@customer_option
@click.option("--dry-run", is_flag=True, help="Only tell what would go.")
@click.option(
    "--keep-invoices", is_flag=True, help="Keep their orders, and all that hangs on these."
)
@click.option(
    "--why",
    default="a person asked for it",
    metavar="TEXT",
    help="For CHAIN and the certificate; names nobody.",
)
@click.option("--yes", is_flag=True, help="Do not ask whether it is meant.")
@store_option
@json_option
@after_config_option
@click.pass_obj
def erase_person_command(
    settings: Settings,
    email: str,
    customer_id: int | None,
    dry_run: bool,
    keep_invoices: bool,
    why: str,
    yes: bool,
    store: str | None,
    as_json: bool,
) -> int:
    """Take one person's data out of all that is held, for good.

    By EMAIL ("-": read it from stdin) or --customer-id. Out of exports, changes, snapshots, old
    versions and dropped files, as far as they are older than now. What the shop itself still holds
    comes back with the next pull; it is told first.
    """
    asked = _asked(email, customer_id)
    config = settings.load_to_write(store)
    stores = settings.stores(config, store)
    wanted = _Asked(asked, displayed(why), keep_invoices)
    if not (dry_run or yes):
        if not sys.stdin.isatty():
            raise click.UsageError("it is for good: look with --dry-run first, then add --yes")
        for one in stores:
            tell(_erased(config, one, wanted, dry_run=True))
        names = ", ".join(one.key for one in stores)
        click.confirm(f"Erase this person from the backup of {names}, for good?", abort=True)
    reports = []
    for one in stores:
        report = _erased(config, one, wanted, dry_run=dry_run)
        reports.append(report)
        if not as_json:
            tell(report)
            click.echo(f"  {report.details['elsewhere']}")
    if as_json:
        click.echo(json.dumps([asdict(report) for report in reports], indent=2))
    return worst([report.exit_code for report in reports])


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was asked for."""

    person: "Person"
    why: str
    keep_invoices: bool


def _erased(config: "Config", store: "Store", asked: _Asked, *, dry_run: bool) -> Report:
    from mirrord.disk.house import open_house
    from mirrord.jobs.erasing import ErasePerson, Wanted, copies_elsewhere

    house = open_house(config.mirror, store.key, store.contact or "")
    are_made = bool(store.after_snapshot)
    elsewhere = copies_elsewhere(store.keep, are_made=are_made, at=time.time())
    wanted = Wanted(asked.person, asked.why, asked.keep_invoices, elsewhere)
    with heart_beating(f"{store.key} erase-person") as heart:
        return ErasePerson(house, wanted, time.time, dry_run=dry_run).run(heart)


def _asked(email: str, customer_id: int | None) -> "Person":
    from mirrord.core.persons import Person, asked_for

    if bool(email) == (customer_id is not None):
        raise click.UsageError("say whose data: EMAIL, or --customer-id")
    if customer_id is not None:
        return Person(customers=frozenset({customer_id}))
    try:
        # not on the command line, where everybody on the machine can read it
        typed = sys.stdin.readline() if email == "-" else email
        return Person(emails=frozenset({asked_for(typed)}))
    except ValueError as error:
        raise click.UsageError(str(error)) from None
