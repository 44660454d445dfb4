"""What pip-audit found: ``python tests/audited.py FILE`` says it, and ends with 1 for a finding.

pip-audit itself calls a package that its database does not know, or that it could not ask about,
free of findings. Here it counts as not looked at, and nothing looked at as not run.
"""

import json
import sys
from pathlib import Path
from typing import Any


def judged(report: dict[str, Any]) -> tuple[str, int]:
    """What to say of pip-audit's own report, and the exit code."""
    told = report["dependencies"]
    known = [one for one in told if "vulns" in one]
    if not known:
        return "pip-audit was not run: its database is not reachable", 0
    found = [
        f"{one['name']} {one['version']}: {vuln['id']}, mended in {_words(vuln['fix_versions'])}"
        for one in known
        for vuln in one["vulns"]
    ]
    unknown = [one["name"] for one in told if "vulns" not in one]
    words = [f"pip-audit looked at {len(known)} of {len(told)} packages: {len(found)} findings"]
    words += found
    words += [f"not looked at: {', '.join(unknown)}"] if unknown else []
    return "\n".join(words), int(bool(found))


def _words(versions: list[str]) -> str:
    return " or ".join(versions) or "no version yet"


def _main(file: Path) -> int:
    try:
        words, code = judged(json.loads(file.read_bytes()))
    except (OSError, ValueError):  # it wrote none
        words, code = "pip-audit was not run: its database is not reachable", 0
    print("\n".join(f"== {line}" for line in words.splitlines()))
    return code


if __name__ == "__main__":
    sys.exit(_main(Path(sys.argv[1])))
