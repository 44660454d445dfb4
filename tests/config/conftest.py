"""A shop's config as text, and what the loader says of one that does not fit."""

from pathlib import Path

import pytest

from mirrord.config import Config, load
from mirrord.errors import ConfigError

GOOD = """\
mirror: /srv/mirrord
stores:
  acme:
    webdav:
      url: https://store-abc123.mybigcommerce.com/dav
      username: backup@acme.example
      password: {credential: acme-webdav}
"""


class House:
    """A folder with a mirrord.yaml and, where wanted, a stores.d."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, text: str | bytes, name: str = "mirrord.yaml") -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def load(self, text: str | bytes = GOOD) -> Config:
        return load(self.write(text))

    def refusal(self, text: str | bytes) -> list[str]:
        """What is said of this main file: ``LINE: WHAT; REMEDY``, without the folder."""
        with pytest.raises(ConfigError) as caught:
            self.load(text)
        main = f"{self.folder / 'mirrord.yaml'}:"
        return [
            str(problem).removeprefix(main).removeprefix(f"{self.folder}/").strip()
            for problem in caught.value.problems
        ]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)
