"""What the tests of the wire share: a source that is closed, and a patience that is short."""

from collections.abc import Callable, Iterator

import pytest

from mirrord.source.pace import Patience
from mirrord.source.webdav import WebDavSource
from tests.servers.tools import PASSWORD, USER

HURRIED = Patience(connect=2.0, read=1.0, grace=0.4, rate=1_000_000)


@pytest.fixture
def connect() -> Iterator[Callable[..., WebDavSource]]:
    """Makes sources that are closed at the end."""
    made: list[WebDavSource] = []

    def connect(url: str, **options: object) -> WebDavSource:
        source = WebDavSource(url, USER, PASSWORD, **options)  # type: ignore[arg-type]
        made.append(source)
        return source

    yield connect
    for source in made:
        source.close()
