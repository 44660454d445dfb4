"""What a source is told of the shop's hours."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from mirrord.config import load
from mirrord.jobs.opening import _quiet
from tests.clocks import HandClock

CONFIG = """\
mirror: /srv/mirrord
timezone: Europe/London
stores:
  acme:
    webdav: {url: https://x/dav, username: u, password: {credential: p}}
    quiet_hours: [08:00-20:00]
"""


def test_a_source_can_ask_at_any_time_whether_the_shop_is_busy(tmp_path: Path) -> None:
    """By the job's clock and the config's zone: a sync under way sees quiet hours come and go."""
    file = tmp_path / "mirrord.yaml"
    file.write_text(CONFIG)
    config = load(file)
    clock = HandClock(datetime(2026, 6, 23, 7, 59, tzinfo=ZoneInfo("Europe/London")).timestamp())
    is_quiet = _quiet(config, config.stores["acme"], clock.now)
    seen = []
    for minutes in (0, 1, 719, 1):
        clock.at += 60 * minutes
        seen.append(is_quiet())
    assert seen == [False, True, True, False]
