"""A full verify beside `sha256sum -c`: ``python -m tests.benchmarks.verify [FILES] [ROUNDS]``.

Both read the same files in turn, from the cache; what they took is told in seconds, and of that how
much of a processor: verify has two helpers of the lowest priority, which wait while others work.
Beyond what sha256sum does it walks the house, compares it and both manifests with the ledger, looks
for what nobody recorded, and keeps its book of what was read when.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.estate import Estate

_BODY = 18_000


def main() -> None:
    """Take turns and tell."""
    asked = [int(word) for word in sys.argv[1:]]
    files = asked[0] if asked else 20_000
    rounds = asked[1] if len(asked) > 1 else 3
    with tempfile.TemporaryDirectory() as mirror:
        estate = Estate(Path(mirror), files=0)
        for number in range(files):
            body = str(number).encode().ljust(_BODY, b".")
            estate.store.put(body, "images", str(number % 100), f"{number}.bin")
        estate.sync()
        command = ["sha256sum", "--quiet", "-c", "../SHA256SUMS"]
        for _ in range(rounds):
            began, worked = time.perf_counter(), _worked()
            subprocess.run(command, cwd=estate.house.room("files"), check=True)
            theirs, their_work = time.perf_counter() - began, _worked() - worked
            began, worked = time.perf_counter(), _worked()
            report = estate.verify()
            ours, our_work = time.perf_counter() - began, _worked() - worked
            assert report.exit_code == 0, report.findings
            words = (
                f"sha256sum -c {theirs:.2f} s (CPU {their_work:.2f}),"
                f" verify {ours:.2f} s (CPU {our_work:.2f}), ratio {ours / theirs:.2f}"
            )
            print(f"{report.counts['read']:,} files: {words}")


def _worked() -> float:
    """The CPU seconds of this process and of all its children that have ended."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in both)


if __name__ == "__main__":
    main()
