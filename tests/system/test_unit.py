"""The real unit in a real systemd: what the service promises to whoever runs the machine."""

import json
import os
import random
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.system.booted import CODE, Machine, booted, until
from tests.system.installed import SECRETS, Service, install, rewrite, torn

#: How often it is stopped at a random moment.
STOPS = int(os.environ.get("MIRRORD_STOPS", "5"))
_UNITS = "mirrord.service mirrord-alert@mirrord.service"
#: As it is, it waits 5 s before it starts again.
_SOON = "[Service]\nRestartSec=100ms\n"
_NAS = (CODE / "systemd/mirrord.service.d/nas.conf.sample").read_text()
#: A disk that is a folder: mounted where the mirror is, and lost, like any other.
_DISK = "[Mount]\nWhat=/srv/disk\nWhere=/srv/mirrord\nOptions=bind\n"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with booted(tmp_path_factory.mktemp("machine")) as machine:
        yield install(machine)


@pytest.fixture
def service(installed: Service) -> Service:
    installed.fresh()
    return installed


@pytest.fixture
def machine(service: Service) -> Machine:
    return service.machine


@pytest.fixture
def on_a_disk(service: Service, machine: Machine) -> Service:
    """The mirror on a disk of its own, by the drop-in for a NAS; mounted, the service enabled."""
    machine.run("mv /srv/mirrord /srv/disk")
    machine.run("mkdir /srv/mirrord")
    machine.write("/etc/systemd/system/srv-mirrord.mount", _DISK)
    service.drop_in("nas", _NAS)
    machine.run("systemctl enable --quiet mirrord")
    return replace(service, mirror="srv/disk")  # mounts inside are not seen from outside


def test_systemd_understands_every_line(on_a_disk: Service, machine: Machine) -> None:
    """`systemd-analyze verify`, which ends well on lines it ignores, has nothing to print."""
    done = machine.run(f"systemd-analyze verify {_UNITS}", check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_little_is_exposed(machine: Machine) -> None:
    """`systemd-analyze security` gives at most 1.2 of 10."""
    told = machine.run("systemd-analyze security --json=short mirrord.service")
    left = {line["json_field"]: line["exposure"] for line in json.loads(told.stdout)}
    done = machine.run("systemd-analyze security --threshold=12 mirrord.service", check=False)
    assert done.returncode == 0, {name: much for name, much in left.items() if much}


def test_it_is_ready_and_mirrors_as_a_user_of_its_own(service: Service) -> None:
    """Started: active, a status line, the shop's files and records held, owned by mirrord."""
    service.start()
    assert service.show("ActiveState") == "active"
    until(service.holds_the_shop, "the shop's files are held")
    until((service.house / "exports/latest/orders.csv").exists, "the orders are held")
    until(lambda: "acme" in service.show("StatusText"), "the status line names the store")
    user = service.machine.told("id --user mirrord")
    owners = {str(file.lstat().st_uid) for file in service.house.rglob("*")}
    assert (owners, service.show("NRestarts")) == ({user}, "0")


def test_killed_it_is_started_again(service: Service) -> None:
    """After `kill -9` systemd starts it once more, and it takes what is new in the shop."""
    service.drop_in("soon", _SOON)
    service.start()
    until(service.holds_the_shop, "the shop's files are held")
    first = service.show("MainPID")
    service.machine.run(f"kill -KILL {first}")
    (service.shop / "content/new.txt").write_text("new")
    until(lambda: service.show("NRestarts") == "1", "it was started again")
    until(service.holds_the_shop, "the new file is held")
    assert service.show("ActiveState") == "active"
    assert service.show("MainPID") not in ("0", first)


@pytest.mark.timeout(60 + 10 * STOPS)
def test_stopped_at_any_moment_it_ends_soon_and_tears_nothing(service: Service) -> None:
    """Each stop under 10 s and counted as success; every held file is one whole version."""
    dice = random.Random(os.environ.get("MIRRORD_SEED", "stops"))
    service.configure(orders="1s")
    stopped = set()
    for version in range(STOPS):
        rewrite(service.shop / "versions", version)
        pause = dice.uniform(0.0, 2.0)
        service.machine.run("systemctl start --no-block mirrord")
        time.sleep(pause)  # the moment is what is tried here
        stopped.add(service.show("ActiveState"))
        asked = time.monotonic()
        service.stop()
        took = time.monotonic() - asked
        ended = service.show("ActiveState"), service.show("Result")
        assert (ended, torn(service)) == (("inactive", "success"), []), f"after {pause:.3f} s"
        assert took < 10, f"after {pause:.3f} s"
        # proven whole; two hundred versions of them fill the machine's memory
        service.machine.run("find /srv/mirrord/acme/old-versions -mindepth 1 -delete", check=False)
    assert "active" in stopped, "it was never at work when it was stopped"
    service.start()
    until(service.holds_the_shop, "the next start goes on where it was")
    assert torn(service) == []


def test_a_dead_shop_does_not_restart_the_daemon(service: Service) -> None:
    """Connections that are refused are the job's failure, not the daemon's."""
    service.start()
    until(service.holds_the_shop, "the shop's files are held")
    pid = service.show("MainPID")
    service.machine.run("systemctl stop shop")
    until(lambda: "files: failed" in service.journal(), "the failure is in the journal")
    alive = service.show("ActiveState"), service.show("NRestarts"), service.show("MainPID")
    assert alive == ("active", "0", pid)


def test_it_can_be_stopped_while_the_shop_is_silent(service: Service) -> None:
    """A request that nobody answers holds the stop up for less than 10 s."""
    service.start()
    until(service.holds_the_shop, "the shop's files are held")
    service.machine.run("systemctl kill --signal=STOP shop")
    time.sleep(1.5)  # the next round of the schedule asks and is not answered
    asked = time.monotonic()
    service.stop()
    took = time.monotonic() - asked
    service.machine.run("systemctl kill --signal=KILL shop")
    assert (service.show("Result"), took < 10) == ("success", True)


def test_a_hang_is_ended_by_the_watchdog_with_a_traceback(service: Service) -> None:
    """Healthy, it feeds the watchdog; frozen, it is aborted, says where it stood, starts again."""
    service.drop_in("soon", f"{_SOON}WatchdogSec=3s\n")
    service.start()
    first = service.show("MainPID")
    time.sleep(4.0)  # longer than the watchdog waits
    assert service.show("MainPID") == first
    service.machine.run(f"kill -STOP {first}")
    until(lambda: service.show("NRestarts") == "1", "the watchdog ended it")
    until(lambda: service.show("ActiveState") == "active", "it is ready again")
    until(service.holds_the_shop, "it goes on")
    # line by line it takes its time into the journal
    until(lambda: "daemon.py" in service.journal(), "the traceback is in the journal")
    told = service.journal()
    assert "Watchdog timeout" in told
    assert "Fatal Python error: Aborted" in told


def test_reload_waits_for_the_verdict(service: Service) -> None:
    """A good config is in force when the reload ends; a broken one fails it, the old one stays."""
    service.start()
    service.configure(orders="2h")
    good = service.machine.run("systemctl reload mirrord", check=False)
    service.configure("mirror: /srv/mirrord\nstores: {acme: {webdav: {}}}\n")
    broken = service.machine.run("systemctl reload mirrord", check=False)
    until(lambda: "refused" in service.show("StatusText"), "the status line says so")
    (service.shop / "content/meanwhile.txt").write_text("taken by the old config")
    until(service.holds_the_shop, "the old config is in force")
    state = service.show("ActiveState"), service.show("NRestarts")
    assert (good.returncode, broken.returncode, state) == (0, 1, ("active", "0"))
    assert "config taken" in service.journal()


def test_a_broken_config_is_refused_once_and_told(service: Service) -> None:
    """It ends with 78, is not started again, and the alert says so in the journal."""
    service.configure("mirror: /srv/mirrord\nstores: {acme: {webdav: {}}}\n")
    done = service.machine.run("systemctl start mirrord", check=False)
    until(lambda: "78" in service.journal("mirrord-alert@mirrord"), "the alert ran")
    state = [service.show(name) for name in ("ActiveState", "ExecMainStatus", "NRestarts")]
    assert (done.returncode, state) == (1, ["failed", "78", "0"])
    assert "mirrord.yaml" in service.journal()
    alert = "journalctl --priority=alert --output=cat --identifier=mirrord-alert"
    assert "no longer backed up" in service.machine.told(alert)


def test_a_daemon_that_always_dies_is_given_up_and_told(service: Service) -> None:
    """The sixth start within ten minutes is refused, and the alert runs once."""
    service.drop_in("soon", _SOON)
    service.machine.run("systemctl start --no-block mirrord")

    def given_up() -> bool:
        service.machine.run("systemctl kill --signal=KILL mirrord", check=False)
        return service.show("ActiveState") == "failed"

    until(given_up, "systemd gives it up")
    until(lambda: "no longer" in service.journal("mirrord-alert@mirrord"), "the alert ran")
    assert service.show("NRestarts") == "5"
    assert service.journal("mirrord-alert@mirrord").count("no longer backed up") == 1


def test_secrets_reach_the_service_alone(service: Service) -> None:
    """It logs in with them; no other user, `systemctl show`, environment or journal has them."""
    service.start()
    until(service.holds_the_shop, "the service logged in")
    machine = service.machine
    seen = machine.told("ls -ln /run/credentials/mirrord.service").splitlines()[1:]
    uid = machine.told("id --user mirrord")
    facts = [(line.split()[0][:10], line.split()[2], line.split()[-1]) for line in seen]
    assert facts == [("-r--------", uid, f"mirrord_{name}") for name in sorted(SECRETS)]
    for file in ("/run/credentials/mirrord.service/mirrord_", "/etc/mirrord/credentials/"):
        done = machine.run(f"runuser -u nobody cat {file}acme-token", check=False)
        assert "Permission denied" in done.stderr
    environment = machine.told(f"cat /proc/{service.show('MainPID')}/environ")
    told = machine.told("systemctl show mirrord") + environment + service.journal()
    assert [secret for secret in SECRETS.values() if secret in told] == []


def test_no_failure_puts_a_secret_into_the_journal(service: Service) -> None:
    """A crash, a hang, a dead shop, a config with a login in it: the whole machine's journal."""
    service.drop_in("soon", _SOON)
    service.start()
    until(service.holds_the_shop, "the service logged in")
    for number, signal in enumerate(("SEGV", "ABRT"), 1):
        service.machine.run(f"kill -{signal} {service.show('MainPID')}")
        until(lambda n=number: service.show("NRestarts") == f"{n}", "it was started again")
        until(lambda: service.show("ActiveState") == "active", "it is ready again")
    secrets = list(SECRETS.values())
    service.configure(f"mirror: /srv/mirrord\npassword: {secrets[0]}\ntoken:{secrets[1]}\n")
    service.machine.run("systemctl reload mirrord", check=False)
    service.machine.run("systemctl stop shop")
    until(lambda: "files: failed" in service.journal(), "the failure is in the journal")
    told = service.machine.told("journalctl --output=export") + service.show("StatusText")
    assert ("Segmentation fault" in told, "config refused" in told) == (True, True)
    assert [secret for secret in secrets if secret in told] == []
    rooms = "/srv /opt/mirrord /var/lib/systemd /var/crash"
    assert service.machine.told(f"find {rooms} -xdev -type f -name core*") == ""


def test_without_the_folder_of_credentials_it_fails_once_and_is_told(service: Service) -> None:
    """systemd's own status 243 is no reason to try again; the alert names it."""
    service.machine.run("rm -r /etc/mirrord/credentials")
    done = service.machine.run("systemctl start mirrord", check=False)
    until(lambda: "243" in service.journal("mirrord-alert@mirrord"), "the alert ran")
    state = [service.show(name) for name in ("ActiveState", "ExecMainStatus", "NRestarts")]
    assert (done.returncode, state) == (1, ["failed", "243", "0"])
    assert "credentials" in service.journal()


def test_a_disk_torn_away_stops_it_and_its_return_starts_it(on_a_disk: Service) -> None:
    """Nothing is written below the bare mount point; back again, it mirrors on by itself."""
    machine = on_a_disk.machine
    on_a_disk.start()
    until(on_a_disk.holds_the_shop, "the shop's files are held")
    machine.run("umount --lazy /srv/mirrord")
    until(lambda: on_a_disk.show("ActiveState") == "inactive", "it stops with the disk")
    (on_a_disk.shop / "content/later.txt").write_text("later")
    assert (on_a_disk.show("Result"), machine.told("ls -A /srv/mirrord")) == ("success", "")
    machine.run("mount --bind /srv/disk /srv/mirrord")
    until(on_a_disk.holds_the_shop, "it starts with the disk, and goes on")
    assert on_a_disk.show("ActiveState") == "active"


def test_a_late_disk_is_waited_for(on_a_disk: Service) -> None:
    """Without its disk it is not even started; when the disk comes it is, by itself."""
    machine = on_a_disk.machine
    machine.run("mv /srv/disk /srv/disk-away")
    machine.run("touch /srv/disk")  # a file can not be mounted on a folder
    done = machine.run("systemctl start mirrord", check=False)
    found = machine.told("ls -A /srv/mirrord")
    assert (done.returncode, on_a_disk.show("MainPID"), found) == (1, "0", "")
    machine.run("rm /srv/disk")
    machine.run("mv /srv/disk-away /srv/disk")
    machine.run("systemctl start srv-mirrord.mount")
    until(on_a_disk.holds_the_shop, "it starts with the disk")


def test_without_being_bound_to_its_disk_it_pauses_and_goes_on(on_a_disk: Service) -> None:
    """The folder above the mount point being bound, the loss and the return are seen inside."""
    machine = on_a_disk.machine
    on_a_disk.drop_in("nas", "[Service]\nReadWritePaths=\nReadWritePaths=/srv\n")
    on_a_disk.start()
    until(on_a_disk.holds_the_shop, "the shop's files are held")
    machine.run("umount --lazy /srv/mirrord")
    until(lambda: "paused" in on_a_disk.show("StatusText"), "it says that it is paused")
    (on_a_disk.shop / "content/later.txt").write_text("later")
    time.sleep(1.5)  # a round of the schedule
    assert machine.told("ls -A /srv/mirrord") == ""
    machine.run("mount --bind /srv/disk /srv/mirrord")
    until(on_a_disk.holds_the_shop, "it goes on")
    assert (on_a_disk.show("ActiveState"), on_a_disk.show("NRestarts")) == ("active", "0")
