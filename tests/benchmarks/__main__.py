"""The benchmark's command: plays the trials, prints the table, writes every sample beside it."""

import argparse
import json
import os
import platform
import re
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks import clients, disks, works
from tests.benchmarks.contest import Round, Scale, Trial, judge, some_rounds
from tests.benchmarks.table import medians_table, verdicts_table

#: Every module that has works to compare.
_MODULES = (works,)


def main() -> None:
    """Play what was asked for; the JSON file is whole after each trial."""
    options = _options()
    clients.check_installed()
    scale = Scale(0.1) if options.quick else Scale()
    rounds = 1 if options.quick else options.rounds
    chosen = [one for one in _all() if _wanted(one, re.compile(options.rows, re.IGNORECASE))]
    if not chosen:
        raise SystemExit(f"no row matches {options.rows!r}; there are: {_names()}")
    record = _machine() | {"scale": scale.part, "rounds": rounds}
    played: dict[str, list[Round]] = {}
    for trial in chosen:
        load = os.getloadavg()[0]
        share = "" if scale.part == 1 else f"; {scale.part:.0%} of it"
        print(f"\n== {trial.key}: {trial.title}{share} (load {load:.1f})", flush=True)
        played[trial.key] = some_rounds(trial, scale, rounds)
        print(medians_table(played[trial.key]), flush=True)
        record[f"load {trial.key}"] = load
        options.out.write_text(json.dumps(record | {"samples": _samples(played)}, indent=1) + "\n")
    verdicts = [judge(row, played[trial.key]) for trial in chosen for row in trial.rows]
    print(f"\n{verdicts_table(verdicts)}\n\nevery sample: {options.out}")


def _all() -> list[Trial]:
    return [trial for module in _MODULES for trial in module.trials()]


def _names() -> str:
    return ", ".join(trial.key for trial in _all())


def _wanted(trial: Trial, pattern: re.Pattern[str]) -> bool:
    return any(pattern.search(name) for name in (trial.key, *(row.title for row in trial.rows)))


def _samples(played: dict[str, list[Round]]) -> dict[str, list[dict[str, object]]]:
    return {
        key: [{tool: asdict(sample) for tool, sample in one.items()} for one in rounds]
        for key, rounds in played.items()
    }


def _machine() -> dict[str, object]:
    """What the figures depend on, without the machine's name."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "processors": os.cpu_count(),
        "kernel": platform.release().split("-")[0],
        "python": platform.python_version(),
        "filesystem": disks.kind(),
        "versions": clients.versions(),
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tests/benchmarks/run", description="mirrord and its peers, side by side."
    )
    parser.add_argument("--rounds", type=int, default=5, help="of every trial (default: 5)")
    parser.add_argument("--rows", default="", metavar="REGEX", help="only trials that match")
    parser.add_argument("--quick", action="store_true", help="one round, a tenth of the files")
    parser.add_argument(
        "--out", type=Path, default=Path("benchmark.json"), help="default: benchmark.json"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
