"""The watch over the config's files, without any daemon."""

from pathlib import Path

from mirrord.watch import ConfigWatch


def test_a_reload_that_is_asked_for_while_one_goes_on_is_not_lost(tmp_path: Path) -> None:
    """systemd waits for the answer to each SIGHUP; the question is answered once."""
    config = tmp_path / "mirrord.yaml"
    config.write_text("stores: {}\n")
    watch = ConfigWatch(config)
    watch.insist()
    assert watch.changed()
    watch.insist()  # the signal, just before the files are read
    watch.note_read()
    assert (watch.changed(), watch.changed()) == (True, False)
