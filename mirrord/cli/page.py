"""The page of `mirrord --help`: what there is, each in a line. A text, so that it needs no library.

Tests hold it to the commands' own words.
"""

#: Each command and what it does, in the first words of its own help; in the order in which a new
#: user meets them.
COMMANDS = {
    "demo": "Mirror a sample store that is inside this program into ./mirrord-demo.",
    "init": "Set up a shop: ask, try the answers out on the store, write config and credentials.",
    "doctor": "Look at config, secrets, logins, scopes, disk, clock and service; name each remedy.",
    "config": "Check the config, or print its schema for an editor.",
    "sync": "Mirror the shop's files now.",
    "export": "Pull records and themes now: products, orders, brands, ... (default: all of them).",
    "verify": "Read what is held and is due, and put right what is damaged.",
    "snapshot": "Take a restore point now: sync, pull products, check, freeze.",
    "run": "Mirror and export all stores on schedule, until SIGTERM.",
    "reload": "Have the running daemon read its config again, and wait for its verdict.",
    "status": "Tell what is held, how fresh, and what is wrong; the exit code tells the health.",
    "coverage": "Tell what is kept and where, what can be put back, what not, and why.",
    "holds": "List what waits for a person to decide, and what a person kept.",
    "pin": "Keep POINT for ever, whatever the rules say: a snapshot's name, or ROOM/NAME.",
    "unpin": "Leave POINT to the rules again.",
    "prune": "Drop what the rules under `keep` in the config no longer keep.",
    "person": "Tell what is held of one person, and write them a copy of it.",
    "erase-person": "Take one person's data out of all that is held, for good.",
    "reindex": "Rebuild the ledger from MANIFEST.csv, SHA256SUMS and files/; asks no store.",
}

DOES = "Keep a BigCommerce shop's files and records in plain folders."

EXAMPLES = """\
Examples:
  mirrord demo                    look at it: a sample store, mirrored into ./mirrord-demo
  mirrord config check            is the config right?
  mirrord init                    set up a shop: asks, tests the answers, writes the config
  mirrord doctor                  what is fine, and how to mend the rest
  mirrord sync                    mirror the shop's files now
  mirrord export orders           pull the orders now
  mirrord verify --full           read all that is held, and put right what is damaged
  mirrord snapshot --label sale   a restore point now, with a name
  mirrord run                     do it all, for ever, on schedule
  mirrord status                  what is held, how fresh, what is wrong
  mirrord holds                   what waits for a person to decide
"""

EXIT_CODES = """\
Exit codes:
  0    fine
  1    a bug of ours (the traceback is in the log)
  2    wrong usage
  3    done in part, or something was found
  4    held: a person must decide
  5    the store did not give what was asked
  6    the disk
  75   another mirrord is at work
  78   the config
  130  interrupted
"""

_OPTIONS = """\
Options:
  --version      Show the version and exit.
  --config PATH  The config file (default: $MIRRORD_CONFIG, else /etc/mirrord/mirrord.yaml).
  -v, --verbose  Log every event, also on a terminal.
  -h, --help     Show this message and exit.
"""


def page() -> str:
    """The whole page."""
    width = max(map(len, COMMANDS))
    rows = "".join(f"  {name:<{width}}  {does}\n" for name, does in COMMANDS.items())
    head = f"Usage: mirrord [OPTIONS] COMMAND [ARGS]...\n\n  {DOES}\n"
    return "\n".join(
        (head, _OPTIONS, f"Commands:\n{rows}", _indented(EXAMPLES), _indented(EXIT_CODES))
    )


def _indented(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.splitlines())
