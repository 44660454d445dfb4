"""`.mirrord/` deleted, by the real program: the same answers afterwards, and nothing is asked."""

import json
import shutil

from tests.system.shop import Shop


def _status(shop: Shop) -> dict[str, object]:
    """What it tells, without what is of that very moment: the free space, what is due at once."""
    (told,) = json.loads(shop.mirrord("status", "--json").stdout)
    told.pop("written")
    told.pop("disk")
    for job in told["jobs"].values():
        if job["last"] is None:
            job.pop("due")
    return dict(told)


def test_a_rebuilt_house_gives_the_same_answers(shop: Shop) -> None:
    """Law 6: status as before, an empty plan, no request to the store, nothing fetched or moved."""
    assert [shop.mirrord(word).returncode for word in ("sync", "export")] == [0, 0]
    status, held = _status(shop), shop.held()
    shutil.rmtree(shop.house / ".mirrord")
    asked = len(shop.store.log)
    done = shop.mirrord("reindex", "--json")
    report, *_ = json.loads(done.stdout)
    assert (done.returncode, report["outcome"], report["findings"]) == (0, "ok", [])
    assert len(shop.store.log) == asked
    assert _status(shop) == status
    (dry,) = json.loads(shop.mirrord("sync", "--dry-run", "--json").stdout)
    assert dry["details"]["plan"] == []
    assert "PROPFIND" in {one.method for one in shop.store.log[asked:]}
    assert not [
        one for one in shop.store.log[asked:] if one.path.startswith("/dav") and one.method == "GET"
    ]
    assert (shop.held(), shop.sums_agree(), shop.mirrors_the_store()) == (held, True, True)


def test_a_sync_that_finds_the_ledger_gone_rebuilds_it_first(shop: Shop) -> None:
    """It tells what the rebuild found, heals it, and fetches nothing else."""
    assert shop.mirrord("sync").returncode == 0
    file = next(path for path in sorted(shop.files.rglob("*")) if path.is_file())
    good = file.read_bytes()
    file.chmod(0o640)
    file.write_bytes(good[::-1])
    (shop.files / ".DS_Store").touch()
    shutil.rmtree(shop.house / ".mirrord")
    done = shop.mirrord("sync", "--json")
    report, *_ = json.loads(done.stdout)
    assert (done.returncode, report["outcome"], report["counts"]["fetched"]) == (3, "partial", 0)
    assert (report["counts"]["unchanged"], len(report["findings"])) == (1, 1)
    assert "is not as it was recorded" in report["findings"][0]
    assert (file.read_bytes(), shop.mirrord("sync").returncode) == (good, 0)


def test_an_export_after_the_loss_does_not_forget_the_files(shop: Shop) -> None:
    """The first run in a new diary learns from status.json what ran before."""
    assert [shop.mirrord(word).returncode for word in ("sync", "export")] == [0, 0]
    before = _status(shop)
    shutil.rmtree(shop.house / ".mirrord")
    assert shop.mirrord("export", "orders").returncode == 0
    after = _status(shop)
    jobs = [told["jobs"] for told in (before, after)]
    assert isinstance(jobs[0], dict)
    assert isinstance(jobs[1], dict)
    assert jobs[0]["files"] == jobs[1]["files"]
    assert jobs[0]["orders"] != jobs[1]["orders"]


def test_the_command_says_what_it_found(shop: Shop) -> None:
    """On a terminal: one line, then each finding; the exit code is 3."""
    assert shop.mirrord("sync").returncode == 0
    (shop.files / "mine.txt").write_text("x")
    done = shop.mirrord("reindex")
    assert (done.returncode, done.stdout.startswith("acme reindex: partial, files ")) == (3, True)
    assert "mine.txt is recorded nowhere" in done.stderr
