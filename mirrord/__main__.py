"""``python -m mirrord``, and what the console script starts."""

import gc
import sys

#: So many objects are made before garbage is looked for; a whole start makes about 100,000.
_BEFORE_GARBAGE = 200_000


def main() -> None:
    """Run the command line; the process ends with its exit code."""
    # what is imported is no garbage: to look through it again and again took 10 ms of every start
    gc.set_threshold(_BEFORE_GARBAGE, 10, 10)
    from mirrord.cli import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
