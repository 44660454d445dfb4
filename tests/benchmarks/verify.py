"""A full verify beside `sha256sum -c`: ``python -m tests.benchmarks.verify [FILES] [ROUNDS]``.

Both read the same files in turn, from the cache; what they took is told in seconds. Verify also
walks the house, compares the manifests and keeps its book.
"""

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
            began = time.perf_counter()
            subprocess.run(command, cwd=estate.house.room("files"), check=True)
            theirs = time.perf_counter() - began
            began = time.perf_counter()
            report = estate.verify()
            ours = time.perf_counter() - began
            assert report.exit_code == 0, report.findings
            words = f"sha256sum -c {theirs:.2f} s, verify {ours:.2f} s, ratio {ours / theirs:.2f}"
            print(f"{report.counts['read']:,} files: {words}")


if __name__ == "__main__":
    main()
