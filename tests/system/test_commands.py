"""The commands by the real program: what they do, say and end with, as the README promises."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from mirrord import errors
from mirrord.cli.page import EXAMPLES, EXIT_CODES
from mirrord.demo.misbehave import slow
from mirrord.disk.house import MARKER, House
from mirrord.disk.locks import locked
from tests.houses import content
from tests.system.shop import KEY, PROGRAM, Done, Shop, environment, mirrord

README = Path(__file__).parents[2] / "README.md"
COMMANDS = ["demo", "config", "config check", "config schema", "init", "doctor", "sync"]
COMMANDS += ["export", "snapshot", "verify", "prune", "run", "reload", "status", "holds", "pin"]
COMMANDS += ["unpin", "reindex", "coverage", "person", "erase-person"]
REPORT = ["job", "store", "started", "ended", "outcome", "exit_code", "counts", "findings"]
REPORT += ["details"]


def _rows(heading: str) -> list[list[str]]:
    """The rows of the README's table below a heading row, each as its cells."""
    table = README.read_text().partition(f"| {heading} |")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in row.split(" | ")] for row in table.splitlines()[2:]]


def _exit_codes(rows: list[tuple[str, str]]) -> dict[int, str]:
    return {int(code): words for code, words in rows}


# --- what the program says of itself


def test_mirrord_alone_prints_help_with_examples(tmp_path: Path) -> None:
    """Without a command: the help, with examples, on stdout, and 0."""
    alone, asked = mirrord(cwd=tmp_path), mirrord("--help", cwd=tmp_path)
    assert (alone.returncode, alone.stderr) == (0, "")
    assert alone.stdout == asked.stdout
    examples = [line.split("  ")[0].strip() for line in EXAMPLES.splitlines()[1:]]
    assert [line for line in examples if line not in alone.stdout] == []


def test_help_loads_no_library(tmp_path: Path) -> None:
    """Nor the rooms of the commands: it is there at once, on a small NAS too."""
    asked = [sys.executable, "-X", "importtime", "-m", "mirrord", "--help"]
    done = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=True)
    loaded = set(re.findall(r"\| +([\w.]+)$", done.stderr, re.MULTILINE))
    ours = {name for name in loaded if name.startswith("mirrord.")}
    assert ours == {"mirrord.errors", "mirrord.cli", "mirrord.cli.page"}
    assert loaded & {"click", "logging", "json", "sqlite3", "yaml", "pathlib"} == set()


def test_the_exit_codes_of_help_readme_and_code_are_the_same(tmp_path: Path) -> None:
    """One table: in `--help`, in the README, and on the error classes."""
    in_help = _exit_codes(re.findall(r"^ +(\d+)  +(.+)$", EXIT_CODES, re.MULTILINE))
    in_readme = {int(code.strip("| ")) for code, _ in _rows("exit code | means")}
    classes = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    in_code = {kind.exit_code for kind in classes if issubclass(kind, errors.MirrordError)}
    assert in_help.keys() == in_readme == in_code | {0, 2, 130}
    shown = mirrord("--help", cwd=tmp_path).stdout
    assert [code for code, words in in_help.items() if f"{code:<4} {words}" not in shown] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, tmp_path: Path) -> None:
    """`-h` (or `--help`) says what the command does, and need no config."""
    done = mirrord(*command.split(), "-h", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Usage: mirrord {command} ")


def test_the_readme_names_every_command_and_its_options(tmp_path: Path) -> None:
    """The table of commands is the help: no option is missing there, none is invented."""
    in_readme = {
        name: set(re.findall(r"--[a-z-]+", cell))
        for cell, _ in _rows("command | does")
        for name in re.findall(r"(?:mirrord |, )`?((?:config )?[a-z-]+)", cell)
    }
    everywhere = {"--help", "--config", "--store"}
    in_help = {
        name: set(re.findall(r"^ +(--[a-z-]+)", _help(name, tmp_path), re.MULTILINE)) - everywhere
        for name in COMMANDS
        if name != "config"
    }
    assert in_readme == in_help


def _help(command: str, folder: Path) -> str:
    return mirrord(*command.split(), "--help", cwd=folder).stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nosuch"], "No such command 'nosuch'"),
        (["sync", "--nosuch"], "--nosuch"),
        (["init"], "--marker-only"),
        (
            ["export", "brnads"],
            "no dataset 'brnads' (brands?); there are: products, customers, orders, ",
        ),
        (
            ["sync", "--store", "nosuch"],
            "there is no store 'nosuch' in the config; there are: acme",
        ),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_is_2(mirrored: Shop, words: list[str], said: str) -> None:
    """What the command line can not mean is said, and nothing is done."""
    done = mirrored.mirrord(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


# --- which config


@pytest.mark.parametrize(
    "words",
    [["--config", "FILE", "config", "check"], ["config", "check", "--config", "FILE"]],
    ids=["before", "after"],
)
def test_the_config_is_named_before_or_after_the_command(mirrored: Shop, words: list[str]) -> None:
    """Either place does, and both are stronger than the environment."""
    words = [str(mirrored.config) if word == "FILE" else word for word in words]
    done = mirrord(*words, cwd=mirrored.home, MIRRORD_CONFIG="/nonexistent/x.yaml")
    assert (done.returncode, done.stdout) == (
        0,
        f"acme: webdav and api\n{mirrored.config} is right\n",
    )


def test_the_environment_names_the_config(mirrored: Shop) -> None:
    """$MIRRORD_CONFIG is taken where no `--config` stands."""
    done = mirrored.mirrord("config", "check")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, f"{mirrored.config} is right")


def test_without_any_word_the_config_is_in_etc(tmp_path: Path) -> None:
    """The default is /etc/mirrord/mirrord.yaml, and its absence is said by that name."""
    if Path("/etc/mirrord/mirrord.yaml").exists():
        pytest.skip("needs a machine without /etc/mirrord/mirrord.yaml")
    done = mirrord("config", "check", cwd=tmp_path)
    assert done.returncode == 78
    assert "/etc/mirrord/mirrord.yaml" in done.stderr


def test_the_schema_is_one_that_the_config_fits(mirrored: Shop) -> None:
    """`config schema` prints a JSON Schema; a good config passes it, a misspelt one does not."""
    schema = json.loads(mirrored.mirrord("config", "schema").stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    settings = mirrored.settings()
    jsonschema.validate(settings, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(settings | {"miror": "/x"}, schema)


# --- the marker


def test_init_makes_the_marker_once(shop: Shop) -> None:
    """The first call makes it, the second finds it and leaves it as it is."""
    marker = shop.mirror / MARKER
    marker.unlink()
    first = shop.mirrord("init", "--marker-only")
    before = marker.read_bytes()
    second = shop.mirrord("init", "--marker-only")
    assert (first.returncode, second.returncode) == (0, 0)
    assert (f"{marker} made" in first.stdout, f"{marker} was there" in second.stdout) == (
        True,
        True,
    )
    assert marker.read_bytes() == before


# --- sync and export


def test_a_sync_and_an_export_make_the_house_of_the_readme(mirrored: Shop) -> None:
    """files/ equals the store, SHA256SUMS equals files/, the exports are there with theirs."""
    assert (mirrored.mirrors_the_store(), mirrored.sums_agree()) == (True, True)
    check = ["sha256sum", "--quiet", "--strict", "-c", "SHA256SUMS"]
    days = sorted((mirrored.house / "exports").iterdir())
    assert [subprocess.run(check, cwd=day, check=False).returncode for day in days] == [0, 0]
    tables = sorted(path.name for path in mirrored.latest.glob("*.csv"))
    assert tables == ["customers.csv", "images.csv", "orders.csv", "products.csv"]


def test_the_house_has_the_rooms_of_the_readmes_picture(mirrored: Shop) -> None:
    """Nothing lies in the house that the picture does not show, and the other way round."""
    picture = README.read_text().partition("  acme/")[2].partition("```")[0]
    told_there = [line for line in picture.splitlines() if re.match(r"    \S", line)]
    rooms = re.findall(r"(?<= )(\.?[a-z-]+)/", "\n".join(told_there))
    papers = re.findall(r"(?<= )[A-Z][A-Z0-9-]{6,}(?:\.[a-z]+)?", "\n".join(told_there))
    assert {path.name for path in mirrored.house.iterdir()} == {*rooms, *papers}


def _fits(report: dict[str, Any], job: str) -> None:
    assert list(report) == REPORT
    assert (report["job"], report["store"], report["outcome"]) == (job, KEY, "ok")
    assert report["exit_code"] == 0
    assert report["started"] <= report["ended"]
    assert {type(number) for number in report["counts"].values()} == {int}
    assert report["findings"] == []
    assert isinstance(report["details"], dict)


def test_json_of_sync_and_export_is_the_readmes(mirrored: Shop) -> None:
    """stdout is one JSON document: a list of reports with exactly the README's keys."""
    described = re.search(r"a list of reports `\{([^}]+)\}`", README.read_text().replace("\n", " "))
    assert described is not None
    assert described[1].split(", ") == REPORT
    sync, export = (mirrored.mirrord(word, "--json") for word in ("sync", "export"))
    assert (sync.returncode, export.returncode) == (0, 0)
    reports = json.loads(sync.stdout) + json.loads(export.stdout)
    for report, job in zip(
        reports,
        [
            "files",
            *("products", "customers", "orders", "more", "order_details", "themes"),
            "filing",
        ],
        strict=True,
    ):
        _fits(report, job)


#: What a store's entry of `status --json` holds, in the README's order.
KEYS = (
    *("store", "health", "daemon", "problem", "written"),
    *("disk", "holds", "snapshots", "at_risk", "jobs"),
)


def test_json_of_status_is_the_readmes(mirrored: Shop) -> None:
    """A list with one entry a store; its keys are the README's, before the first run as well."""
    described = re.search(
        r"`status`: a list of `\{([^}]+)\}`", README.read_text().replace("\n", " ")
    )
    assert described is not None
    assert described[1].split(", ") == list(KEYS)
    done = mirrored.mirrord("status", "--json")
    (told_,) = json.loads(done.stdout)
    assert (done.returncode, told_["health"], told_["store"]) == (0, 0, KEY)
    assert set(told_) == set(KEYS)
    upkeep = {"look", "snapshot", "verify"}
    pulls = {"customers", "files", "more", "order_details", "orders", "products", "themes"}
    assert set(told_["jobs"]) == {"filing"} | pulls | upkeep
    for name, job in told_["jobs"].items():
        assert set(job) == {"last", "last_good", "schedule", "due"}
        if name in upkeep:  # no daemon runs here
            assert (job["last"], job["last_good"]) == (None, None)
        else:
            assert (job["last"]["job"], job["last_good"]) == (name, job["last"]["ended"])


def test_status_before_the_first_run_says_what_to_do(shop: Shop) -> None:
    """Health 3, the next step in words (none beside a daemon), and the same keys in JSON."""
    done, as_json = shop.mirrord("status"), shop.mirrord("status", "--json")
    assert (done.returncode, as_json.returncode) == (3, 3)
    assert "nothing was taken yet: run `mirrord sync` and `mirrord export`" in done.stdout
    lock = House(shop.mirror, KEY).lock_file("run")
    lock.parent.mkdir(parents=True)
    with locked(lock, "run", None):
        beside = shop.mirrord("status")
    assert "no run has ended yet: the daemon begins within ten minutes" in beside.stdout
    (told_,) = json.loads(as_json.stdout)
    assert set(told_) == set(KEYS)
    assert (told_["written"], told_["jobs"]) == (None, {})


def test_status_tells_of_a_failed_sync_and_its_reason(shop: Shop) -> None:
    """The exit code is the failed run's; the line names the outcome, the reason stands below."""
    shop.secret("webdav", "wrong")
    assert shop.mirrord("sync").returncode == 5
    done = shop.mirrord("status")
    assert done.returncode == 5
    assert "login refused" in done.stdout
    assert "failed, nothing taken, never good yet" in done.stdout


def test_export_takes_only_the_datasets_that_are_named(shop: Shop) -> None:
    """`export orders` asks for nothing of products and customers."""
    done = shop.mirrord("export", "orders", "--json")
    assert [report["job"] for report in json.loads(done.stdout)] == ["orders"]
    assert {path.name for path in shop.latest.glob("*.csv")} == {"orders.csv"}
    assert [seen.path for seen in shop.store.log if "/catalog/products" in seen.path] == []


def test_a_dry_run_prints_the_plan_and_changes_nothing(mirrored: Shop) -> None:
    """What would be fetched and retired, each with its path; files/ and the store stay as asked."""
    gone, new = mirrored.store.folder / "content/empty.txt", mirrored.store.folder / "content/new"
    body, before = gone.read_bytes(), mirrored.held()
    gone.unlink()
    new.write_text("new\n")
    try:
        done = mirrored.mirrord("sync", "--dry-run")
    finally:
        new.unlink()
        gone.write_bytes(body)
    plan = [line for line in done.stdout.splitlines() if line.startswith(("fetch ", "retire "))]
    assert done.returncode == 0
    assert [line.split()[:2] for line in plan] == [
        ["retire", "content/empty.txt"],
        ["fetch", "content/new"],
    ]
    assert mirrored.held() == before


def test_store_picks_one_of_several(shop: Shop) -> None:
    """`--store KEY` works on that one alone; without it, on all of them, by their names."""
    settings = shop.settings()
    settings["stores"]["zoe"] = settings["stores"][KEY]
    shop.configure(settings)
    one = json.loads(shop.mirrord("sync", "--json", "--store", "zoe").stdout)
    assert [(report["store"], report["job"]) for report in one] == [
        ("zoe", "files"),
        ("zoe", "filing"),
    ]
    assert not shop.house.exists()
    both = json.loads(shop.mirrord("sync", "--json").stdout)
    assert [(report["store"], report["job"]) for report in both] == [
        (KEY, "files"),
        (KEY, "filing"),
        ("zoe", "files"),
    ]


# --- being interrupted


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_with_130_and_one_sentence(shop: Shop, number: signal.Signals) -> None:
    """What was done stays, the exit code is 130, and the next run goes on."""
    planted = shop.store.misbehave.next("/dav/*", slow(30), skip=20)
    with shop.start("sync") as process:
        while not planted.fired and process.poll() is None:
            os.sched_yield()
        process.send_signal(number)
        said = process.communicate(timeout=20)[1]
    assert process.returncode == 130
    (last,) = [line for line in said.splitlines() if "INFO" not in line]
    assert last == "interrupted; what was done stays, run it again to go on"
    shop.store.misbehave.stop()
    assert list((shop.house / ".mirrord/staging/files").iterdir()) == []
    assert (shop.mirrord("sync").returncode, shop.mirrors_the_store()) == (0, True)


# --- status starts at once


def _loaded(mirrored: Shop, command: str, heavy: set[str]) -> set[str]:
    """Which of these a command has loaded by its end."""
    code = (
        f"import sys; from mirrord.cli import run; code = run(['{command}']);"
        "print(*sys.modules); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(MIRRORD_CONFIG=str(mirrored.config)),
        cwd=mirrored.home,
        capture_output=True,
        text=True,
        check=True,
    )
    return heavy & set(done.stdout.splitlines()[-1].split())


def test_status_starts_without_the_heavy_libraries(mirrored: Shop) -> None:
    """It reads a file and some locks: nothing of what sync and export need is loaded."""
    heavy = {"pandas", "numpy", "pycurl", "requests", "webdav3", "lxml", "urllib3", "PIL"}
    heavy |= {"pydantic", "rich", "watchdog", "sqlite3", "ssl", "ctypes", "subprocess", "difflib"}
    heavy |= {"click", "logging", "uuid", "cronsim", "shlex", "mirrord.core.entry"}
    assert _loaded(mirrored, "status", heavy) == set()


def test_sync_starts_without_what_only_others_need(mirrored: Shop) -> None:
    """A sync that finds nothing new is over in a second: what is imported is a part of that."""
    heavy = {"pandas", "numpy", "PIL", "pydantic", "rich", "watchdog", "difflib"}
    heavy |= {"statistics", "mirrord.daemon", "mirrord.demo", "mirrord.config.schema"}
    heavy |= {"click", "mirrord.disk.rebuild"}
    assert _loaded(mirrored, "sync", heavy) == set()


# --- the demo


def test_the_demo_shows_itself_again_and_again(tmp_path: Path) -> None:
    """In an empty folder it mirrors everything; again, nothing; after a change, only that.

    Every path that its last lines tell people to look at exists, and what they
    tell people to type works. With `--serve` the store stays up
    for the other commands, until SIGINT ends it with 0.
    """
    home = tmp_path / "mirrord-demo"
    first, second = (mirrord("demo", cwd=tmp_path) for _ in range(2))
    (home / "the-shop/content/styles/shop.css").write_text("body { color: red }\n")
    third, sync = _served(tmp_path)
    assert [done.returncode for done in (first, second, third, sync)] == [0, 0, 0, 0]
    assert ["fetched 129" in first.stdout, " fetched " in second.stdout] == [True, False]
    assert ("fetched 1," in third.stdout, " fetched " in sync.stdout) == (True, False)
    assert content(home / "sample/files") == content(home / "the-shop")
    (old,) = (home / "sample/old-versions").rglob("shop.css")
    assert b"serif" in old.read_bytes()
    assert len(re.findall(r"^sample [a-z]+: ok, records \d+ in", second.stdout, re.MULTILINE)) == 3
    paths = re.findall(r"^  (mirrord-demo/\S+)", third.stdout, re.MULTILINE)
    assert len(paths) >= 4
    assert [path for path in paths if not (tmp_path / path).exists()] == []
    (typed,) = re.findall(r"^  (.* status)$", third.stdout, re.MULTILINE)
    status = subprocess.run(
        typed.split(), cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
    )
    assert (status.returncode, status.stdout.splitlines()[0]) == (0, "sample: fine")


def _served(folder: Path) -> tuple[Done, Done]:
    """`demo --serve`, and a sync that was run while it was up."""
    command = [*PROGRAM, "demo", "--serve"]
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(
            command, cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if " --config mirrord-demo/" in line and line.endswith(" run\n"):
                break
        sync = mirrord("--config", "mirrord-demo/mirrord.yaml", "sync", cwd=folder)
        process.send_signal(signal.SIGINT)
        said += process.communicate(timeout=20)[0]
    return Done(command, process.returncode, said, ""), sync


def test_verify_finds_heals_and_is_clean_after(shop: Shop) -> None:
    """3 once, with words and a kept file; 0 after. The chain has its own answer."""
    assert [shop.mirrord(word).returncode for word in ("sync", "export", "snapshot")] == [0, 0, 0]
    file = shop.files / "content/styles/shop.css"
    good = file.read_bytes()
    file.chmod(0o600)
    file.write_bytes(b"x" + good[1:])
    found = shop.mirrord("verify", "--full")
    assert (found.returncode, "put right from" in found.stderr) == (3, True)
    assert file.read_bytes() == good
    again = shop.mirrord("verify", "--full", "--json")
    assert (again.returncode, json.loads(again.stdout)[0]["findings"]) == (0, [])
    chain = shop.mirrord("verify", "--chain")
    assert (chain.returncode, chain.stdout) == (0, f"{KEY} chain: whole\n")
    (shop.house / "snapshots/CHAIN").chmod(0o600)
    (shop.house / "snapshots/CHAIN").write_text("edited\n")
    assert shop.mirrord("verify", "--chain").returncode == 3
