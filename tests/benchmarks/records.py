"""`python -m tests.benchmarks.records [ORDERS] [PRODUCTS]`: pulls of a vast shop, measured.

A sample store in a process of its own makes so many records on the fly; mirrord's own command
pulls them in full, then again after 1,000 changes, and after none. Told are requests, seconds,
processor time and peak memory of mirrord alone, and whether CSV and lossless files have as many
records as the store. Nothing here passes or fails by time.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mirrord.core import csvtext
from mirrord.demo.shop import Sizes
from mirrord.demo.store import SampleStore

_LAUNCHER = Path(__file__).with_name("launch.py")
_CONFIG = """\
mirror: {mirror}
timezone: UTC
stores:
  acme:
    api:
      store_hash: sample1
      token: {{file: {token}}}
      url: {url}
      quota_share: 100%
"""


@dataclass(frozen=True, slots=True)
class Used:
    """Seconds, seconds of processor, peak memory in MiB."""

    seconds: float
    processor: float
    peak: float


@dataclass(frozen=True, slots=True)
class Told:
    """One pull: what it cost, and what it came to."""

    name: str
    requests: int
    used: Used
    records: int
    how: str

    def line(self) -> str:
        """A row of the table."""
        return (
            f"| {self.name} | {self.how} | {self.records:,} | {self.requests:,} | "
            f"{self.used.seconds:.0f} s | {self.used.processor:.0f} s | {self.used.peak:.0f} MiB |"
        )


class Bench:
    """A house and a vast store."""

    def __init__(self, folder: Path, store: SampleStore) -> None:
        self.mirror, self.store = folder / "mirror", store
        self.mirror.mkdir()
        token = folder / "token"
        token.write_text(store.token)
        token.chmod(0o600)
        self.config = folder / "mirrord.yaml"
        self.config.write_text(
            _CONFIG.format(mirror=self.mirror, token=token, url=store.api_url), "utf-8"
        )
        self._mirrord("init", "--marker-only")

    def pull(self, dataset: str, name: str) -> Told:
        """One `mirrord export DATASET` in a process of its own."""
        asked = len(self.store.log)
        used = self._mirrord("export", dataset)
        receipt = self.receipt(dataset)
        requests = len(self.store.log) - asked
        return Told(f"{dataset}, {name}", requests, used, receipt["records"], receipt["how"])

    def receipt(self, dataset: str) -> Any:
        """What is said of the newest pull."""
        latest = self.mirror / "acme/exports/latest/receipts.json"
        return json.loads(latest.read_bytes())[dataset]

    def counted(self, dataset: str) -> tuple[int, int]:
        """How many records the lossless file has, and how many rows of them the CSV file."""
        latest = self.mirror / "acme/exports/latest"
        with gzip.open(latest / f"lossless/{dataset}.jsonl.gz", "rb") as lines:
            lossless = sum(1 for _ in lines)
        with (latest / f"{dataset}.csv").open(encoding="utf-8", newline="") as text:
            rows = csvtext.parse(text)
            heading = next(rows)
            place = heading.index("Item") if dataset == "products" else None
            whole = sum(place is None or row[place] == "Product" for row in rows)
        return lossless, whole

    def _mirrord(self, *words: str) -> Used:
        """Run it by the slim launcher of the other benchmarks."""
        command = [sys.executable, "-m", "mirrord", "--config", str(self.config), *words]
        with tempfile.NamedTemporaryFile("r") as figures:
            launcher = [sys.executable, "-I", "-S", str(_LAUNCHER), figures.name]
            subprocess.run([*launcher, *command], check=True, capture_output=True)
            code, wall, processor, kib = figures.read().split()
        if code not in ("0", "3"):
            raise RuntimeError(f"{' '.join(words)} ended with {code}")
        return Used(float(wall), float(processor), int(kib) / 1024)


def main(orders: int, products: int) -> None:
    """Measure and print a table."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "tree/content").mkdir(parents=True)
        sizes = Sizes(products, 120, orders, vast=True)
        with SampleStore(folder / "tree", sizes=sizes, quota=10**9, packs=False) as store:
            bench = Bench(folder, store)
            print("| pull | how | records | requests | time | processor | peak memory |")
            print("| --- | --- | --- | --- | --- | --- | --- |")
            for dataset, rows in (("orders", store.orders), ("products", store.products)):
                print(bench.pull(dataset, "the first").line(), flush=True)
                print(f"lossless and CSV: {bench.counted(dataset)}; store: {len(rows):,}")
                _change(store, dataset, 1_000)
                print(bench.pull(dataset, "1,000 changed").line(), flush=True)
                print(bench.pull(dataset, "nothing changed").line(), flush=True)


def _change(store: SampleStore, dataset: str, count: int) -> None:
    """Change so many records, spread over all of them."""
    from datetime import UTC, datetime
    from email.utils import format_datetime

    now = datetime.now(UTC).replace(microsecond=0)
    rows: Any = getattr(store.shop, dataset)
    keys = list(rows)
    for key in keys[:: max(1, len(keys) // count)][:count]:
        record = rows[key]
        if dataset == "orders":
            record.head |= {"staff_notes": "changed", "date_modified": format_datetime(now)}
        else:
            record |= {"description": "changed", "date_modified": now.isoformat()}
        store.shop.put(dataset, record)


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:3]) if len(sys.argv) > 2 else (20_000, 2_000))
