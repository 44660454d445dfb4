"""``python -m mirrord``, and what the console script starts."""

import sys


def main() -> None:
    """Run the command line; the process ends with its exit code."""
    from mirrord.cli import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
