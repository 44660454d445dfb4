"""One line of `doctor`: what was looked at, how it is, what was found, and the remedy.

No check may stop the others: whatever one of them raises becomes its own line.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from mirrord.core.displayed import displayed
from mirrord.errors import ConfigError, MirrordError, StoreBusy, StoreUnreachable


class State(StrEnum):
    """How it is: all right; worth a look; broken."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """``exit_code`` is 0 (also for a mere hint), 3 for a warning, else what the failure means.

    ``store`` is ``""`` for what concerns the machine or the mirror as a whole.
    """

    name: str
    state: State
    found: str
    remedy: str = ""
    exit_code: int = 0
    store: str = ""


Step = tuple[str, Callable[[], Check]]


def ok(name: str, found: str) -> Check:
    """All right."""
    return Check(name, State.OK, displayed(found))


def warn(name: str, found: str, remedy: str) -> Check:
    """It works, and a person should know."""
    return Check(name, State.WARN, displayed(found), remedy, 3)


def fail(name: str, found: str, remedy: str, exit_code: int) -> Check:
    """It can not work like this."""
    return Check(name, State.FAIL, displayed(found), remedy, exit_code)


def looked(name: str, step: Callable[[], Check]) -> Check:
    """The step's check; for what it raises a failed one, with the remedy of the error."""
    try:
        return step()
    except ConfigError as error:
        first = error.problems[0]
        return fail(name, first.what, first.remedy or "mend the config", error.exit_code)
    except MirrordError as error:
        return fail(name, str(error), _remedy(error), error.exit_code)
    except Exception as error:  # noqa: BLE001 - one look that breaks must not end all others
        found = f"this look itself broke ({type(error).__name__})"
        return fail(name, found, "please report it as a bug", 1)


def chain(steps: Iterable[Step]) -> Iterator[Check]:
    """Steps of which each needs the one before: behind a failed one nothing more is asked."""
    broken = ""
    for name, step in steps:
        if broken:
            yield warn(name, "not looked at", f"mend `{broken}` first, then look again")
            continue
        check = looked(name, step)
        yield check
        if check.state is State.FAIL:
            broken = name


def _remedy(error: MirrordError) -> str:
    own = getattr(error, "remedy", "")
    if own:
        return str(own)
    if isinstance(error, StoreBusy):
        return "wait a while, then look again"
    if isinstance(error, StoreUnreachable):
        return "check the URL, this machine's network, and whether the store is up"
    return {
        4: "put the right URL, store hash and token into the config; `mirrord sync` and"
        " `mirrord export` tell how to accept another store",
        5: "check the URL and the login in the store's control panel",
        6: "see to the disk",
    }.get(error.exit_code, "see the words above")
