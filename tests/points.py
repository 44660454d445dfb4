"""A shop in memory whose restore points are taken: files, products with images, and a clock."""

import atexit
import json
import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC
from functools import cache
from pathlib import Path

from mirrord.core.datasets import DATASETS
from mirrord.core.guard import Limits
from mirrord.core.pulse import Pulse
from mirrord.core.report import Outcome, Report
from mirrord.disk.house import House
from mirrord.disk.snapshots import snapshots
from mirrord.errors import MirrordError
from mirrord.jobs.export import Export
from mirrord.jobs.exporting import Plan
from mirrord.jobs.snapshot import Parts, TakeSnapshot
from mirrord.jobs.sync import Sync
from tests.fakes import QuietPulse
from tests.fakes_files import MemoryFiles
from tests.fakes_records import MemorySource, record
from tests.houses import NOW, new_house


class Points:
    """``before`` is called with a job's name before it runs: what the shop does meanwhile.

    The records of the first product lie in exports/ already, from :func:`first_records`; pulling
    starts pandas, which is slow, and is done only where the shop has others since.
    """

    def __init__(self, mirror: Path) -> None:
        self.house = new_house(mirror)
        self.files = MemoryFiles()
        self.records = MemorySource({})
        self.now = float(NOW)
        self.parts = Parts(True, ("products",), (), "link", ())
        self.before: Callable[[str], None] = lambda _: None
        self.ran: list[str] = []
        self.pulled = True
        shutil.copytree(first_records(), self.house.room("exports"), dirs_exist_ok=True)
        self.files.put(b"a mug", "product_images", "a", "mug.jpg")
        self.files.put(b"a page", "content", "page.html")
        self.files.make_folder("content", "empty")
        self.files.put(b"id,email", "exports", "customers.csv")

    def name(self, sku: str, *images: str) -> None:
        """Have one product that names these images."""
        told = [{"id": n, "image_file": image} for n, image in enumerate(images, 1)]
        product = {"id": 77, "sku": sku, "name": sku, "images": told}
        self.records = MemorySource({"products": [record(json.dumps(product))]})
        self.pulled = False

    def take(self, pulse: Pulse | None = None) -> Report:
        """One snapshot, a minute after the one before."""
        self.now += 60
        job = TakeSnapshot(self.house, self.parts, self._run, lambda: self.now)
        return job.run(pulse or QuietPulse())

    def names(self) -> list[str]:
        return [one.name for one in snapshots(self.house)]

    def newest(self) -> Path:
        return self.house.room("snapshots") / self.names()[-1]

    def verdict(self) -> str:
        return (self.newest() / "VERDICT.txt").read_text()

    def _run(self, name: str, pulse: Pulse) -> Report:
        """As run_job does it: what goes wrong stands in the report."""
        self.ran.append(name)
        try:
            self.before(name)
            if name == "files":
                job = Sync(self.house, self.files, Limits(), (), lambda: self.now)
                return job.run(pulse)
            return self._pull(pulse)
        except MirrordError as error:
            told = {"error": type(error).__name__}
            return Report(
                name, "acme", self.now, self.now, Outcome.FAILED, 5, {}, (str(error),), told
            )

    def _pull(self, pulse: Pulse) -> Report:
        if self.pulled:
            return Report("products", "acme", self.now, self.now, Outcome.OK)
        self.pulled = True
        return pull(self.house, self.records, self.now, pulse)


def pull(house: House, records: MemorySource, now: float, pulse: Pulse) -> Report:
    """The products, as the daemon pulls them."""
    dataset = DATASETS["products"]
    plan = Plan("products", (dataset,), "REST API", UTC, 7 * 86_400)
    return Export(house, records, plan, lambda: now).run(pulse)


@cache
def first_records() -> Path:
    """The exports/ of a shop with one product, whose one image is ``a/mug.jpg``."""
    mirror = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, mirror)
    image = {"id": 1, "image_file": "a/mug.jpg"}
    product = {"id": 77, "sku": "mug", "name": "mug", "images": [image]}
    house = new_house(mirror)
    source = MemorySource({"products": [record(json.dumps(product))]})
    pull(house, source, float(NOW), QuietPulse())
    return house.room("exports")
