"""A secret is a place in the config, and a text only at the moment of use."""

import os
import shlex
import sys
import traceback
from pathlib import Path

import pytest

from mirrord.config import Secret
from mirrord.errors import ConfigError
from tests.config.conftest import GOOD, House

NOBODY = 65534


def secret_at(house: House, place: str) -> Secret:
    webdav = house.load(GOOD.replace("{credential: acme-webdav}", place)).stores["acme"].webdav
    assert webdav is not None
    return webdav.password


def kept(folder: Path, text: str | bytes, mode: int = 0o600, name: str = "secret") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(mode)
    return path


def refusal(secret: Secret, **how: object) -> str:
    """What is said, after the proof that the whole traceback holds no secret."""
    with pytest.raises(ConfigError) as caught:
        secret.read(**how)  # type: ignore[arg-type]
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None
    (problem,) = caught.value.problems
    assert problem.line == 7
    return f"{problem.what}; {problem.remedy}".removeprefix("stores.acme.webdav.password: ")


def printing(code: str) -> str:
    """A command in the config that runs a line of Python."""
    return f"{{command: [{sys.executable}, -c, {code!r}]}}"


# credential


def test_the_service_reads_what_systemd_handed_over(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LoadCredential= of a folder makes mirrord_NAME; of a single file, NAME."""
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(house.folder))
    secret = secret_at(house, "{credential: acme}")
    kept(house.folder, "plain", 0o440, "acme")
    assert secret.read() == "plain"
    kept(house.folder, "of the folder", 0o440, "mirrord_acme")
    assert secret.read() == "of the folder"


def test_by_hand_a_credential_is_a_guarded_file(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command that root gives reads what the service is given."""
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    secret = secret_at(house, "{credential: acme}")
    path = kept(house.folder, "hunter2\n", name="acme")
    assert secret.read(by_hand=house.folder) == "hunter2"
    path.chmod(0o640)
    said = refusal(secret, by_hand=house.folder)
    assert said == f"others than its owner can reach {path}; chmod 600 {path}"


def test_a_credential_that_systemd_does_not_have_is_told_with_the_way_there(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service can not read root's folder; the remedy is for root."""
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(house.folder / "none"))
    secret = secret_at(house, "{credential: acme}")
    assert refusal(secret, by_hand=Path("/nowhere")) == (
        "systemd handed over no credential `acme`;"
        " put it into /nowhere/acme (root's, mode 0600) and restart the service"
    )
    kept(house.folder, "by hand", name="acme")
    assert secret.read(by_hand=house.folder) == "by hand"


# file


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_file_of_its_owner_alone_is_read(house: House, mode: int) -> None:
    """As chmod 600 makes it."""
    path = kept(house.folder, "hunter2\n", mode)
    assert secret_at(house, f"{{file: {path}}}").read() == "hunter2"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o602])
def test_a_file_that_others_can_reach_is_refused_with_the_chmod(house: House, mode: int) -> None:
    """Read or written by group or others: the secret is theirs, too."""
    path = kept(house.folder, "hunter2\n", mode)
    said = refusal(secret_at(house, f"{{file: {path}}}"))
    assert said == f"others than its owner can reach {path}; chmod 600 {path}"


def test_a_link_is_judged_by_the_file_it_leads_to(house: House) -> None:
    """A link has no mode of its own."""
    path = kept(house.folder, "hunter2", 0o644)
    link = house.folder / "link"
    link.symlink_to(path)
    secret = secret_at(house, f"{{file: {link}}}")
    assert "others than its owner" in refusal(secret)
    path.chmod(0o600)
    assert secret.read() == "hunter2"


def test_a_file_of_another_user_is_refused(house: House) -> None:
    """Whoever owns it can change it, and knows it."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to give a file to another user")
    path = kept(house.folder, "hunter2")
    os.chown(path, NOBODY, NOBODY)
    said = refusal(secret_at(house, f"{{file: {path}}}"))
    assert said == f"{path} belongs to another user (uid {NOBODY}); chown root {path}"


def test_a_file_that_this_user_can_not_read_is_told(house: House) -> None:
    """The usual case: the command was given without root."""
    path = kept(house.folder, "hunter2", 0o000)
    secret = secret_at(house, f"{{file: {path}}}")
    was = os.geteuid()
    try:
        if was == 0:
            os.seteuid(NOBODY)
        said = refusal(secret)
    finally:
        os.seteuid(was)
    assert said == f"{path} can not be read by this user; run the command as root"


def test_a_missing_file_is_told_with_the_command_that_makes_it(house: House) -> None:
    """Also for names that a shell would take apart."""
    path = house.folder / "not here"
    said = refusal(secret_at(house, f"{{file: {path}}}"))
    name = shlex.quote(str(path))
    assert said == f"there is no {name}; make it: install -m 600 /dev/stdin {name}"


def test_a_pipe_is_refused_at_once(house: House) -> None:
    """One without a writer would hold the daemon for ever."""
    pipe = house.folder / "pipe"
    os.mkfifo(pipe, 0o600)
    assert refusal(secret_at(house, f"{{file: {pipe}}}")) == f"{pipe} is no file; "


def test_a_folder_is_refused(house: House) -> None:
    """In the words of the disk."""
    said = refusal(secret_at(house, f"{{file: {house.folder}}}"))
    assert said == f"{house.folder} can not be read (Is a directory); "


# env


def test_a_variable_is_read_when_it_is_needed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not when the config is loaded."""
    monkeypatch.delenv("ACME", raising=False)
    secret = secret_at(house, "{env: ACME}")
    assert refusal(secret).startswith("the environment variable ACME is not set; ")
    monkeypatch.setenv("ACME", "hunter2")
    assert secret.read() == "hunter2"


# command


def test_a_command_gives_its_first_line(house: House) -> None:
    """As password stores print it: the secret, then notes; stderr is not looked at."""
    code = "import sys; print('hunter2\\nuser: x'); print('noise', file=sys.stderr)"
    assert secret_at(house, printing(code)).read() == "hunter2"


def test_a_command_sees_no_shell(house: House) -> None:
    """Arguments arrive as they are written."""
    secret = secret_at(house, "{command: [/bin/echo, $HOME; ls, '*']}")
    assert secret.read() == "$HOME; ls *"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("print('hunter2'); raise SystemExit(3)", "failed (status 3); run it by hand"),
        ("import os; os.kill(os.getpid(), 9)", "failed (status -9); run it by hand"),
    ],
)
def test_a_command_that_fails_gives_no_secret(house: House, code: str, said: str) -> None:
    """What it printed before is neither taken nor shown."""
    assert said in refusal(secret_at(house, printing(code)))


def test_a_program_that_is_not_there_is_told(house: House) -> None:
    """By the program's name alone; its arguments may be secret."""
    secret = secret_at(house, "{command: [/no/such/program, hunter2]}")
    said = refusal(secret)
    assert said.startswith("/no/such/program can not be started (No such file or directory)")
    assert "hunter2" not in repr(secret)


def test_a_command_that_hangs_is_ended_with_its_children(house: House) -> None:
    """All of them: the pipe that the child holds open comes to its end."""
    pipe = house.folder / "pipe"
    os.mkfifo(pipe)
    alive = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    code = f"exec 3>{pipe}; sleep 1000 & echo hunter2; echo started >&3; wait"
    secret = secret_at(house, f"{{command: [/bin/sh, -c, {code!r}]}}")
    assert "printed no secret within 0.5 seconds" in refusal(secret, patience=0.5)
    os.set_blocking(alive, True)
    with open(alive) as child:
        assert child.read() == "started\n"


# whatever it comes from


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("a", "a"),
        ("a\n", "a"),
        ("a\r\n", "a"),
        (" a b ", " a b "),
        ("pä$$'\"\\", "pä$$'\"\\"),
    ],
)
def test_only_one_line_end_is_taken_off(house: House, text: str, secret: str) -> None:
    """Blanks may be part of a password; the newline of an editor is not."""
    assert secret_at(house, f"{{file: {kept(house.folder, text)}}}").read() == secret


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "the secret is empty"),
        (b"\n", "the secret is empty"),
        (b"\r\n", "the secret is empty"),
        (b"hunter2\n\n", "the secret holds a line break or another control character"),
        (b"hunter2\nmore", "the secret holds a line break or another control character"),
        (b"hunter2\r", "the secret holds a line break or another control character"),
        (b"hunter2\x00", "the secret holds a line break or another control character"),
        (b"\xef\xbb\xbfhunter2", "the secret holds a line break or another control character"),
        (b"hunter2\xff", "the secret is not UTF-8 text"),
        (b"hunter2" * 10_000, "the secret is longer than 64 KiB"),
    ],
)
def test_a_text_that_can_be_no_secret_is_refused_unshown(
    house: House, raw: bytes, said: str
) -> None:
    """A wrong file is told here, not by a locked account; no error or cause of it shows a byte."""
    secret = secret_at(house, f"{{file: {kept(house.folder, raw)}}}")
    assert refusal(secret).startswith(said)


@pytest.mark.parametrize(
    "literal",
    [
        "hunter2",
        "'hunter2'",
        "[hunter2]",
        "{hunter2: }",
        "{hunter2: hunter2}",
        "{password: hunter2}",
        "{credential: hunter2 hunter2}",
        "{credential: ../hunter2}",
        "{credential: .hunter2}",
        "{credential: [hunter2]}",
        "{credential: {hunter2: x}}",
        "{credential: }",
        "{file: hunter2}",
        "{file: /a, env: hunter2}",
        "{file: [/hunter2]}",
        '{file: "/hunter2\\0"}',
        "{env: hunter2!}",
        "{env: 2hunter2}",
        "{command: hunter2}",
        "{command: []}",
        "{command: ['', hunter2]}",
        "{command: [hunter2, [x]]}",
        "{command: [pass, ]}x{hunter2}",
        "!hunter2 x",
        "!hunter2! x",
        "&hunter2 x",
        "*hunter2",
        "|\n        hunter2",
        "",
    ],
)
def test_a_secret_in_the_config_is_refused_and_never_repeated(house: House, literal: str) -> None:
    """Nor is a place that can be none, since it may be the secret itself."""
    said = house.refusal(GOOD.replace("{credential: acme-webdav}", literal))
    assert said
    assert "hunter2" not in " ".join(said)


@pytest.mark.parametrize(
    "line",
    [
        "      passwort:hunter2\n",
        "      {password:hunter2}\n",
        "    api: {store_hash: x, token:hunter2}\n",
        "    api: {store_hash: x, token: {credential:hunter2}}\n",
        "      a: &hunter2 1\n      b: &hunter2 2\n",
        "      hunter2\n",
        "      password: hunter2\n",
    ],
)
def test_a_slip_of_the_pen_shows_no_secret(house: House, line: str) -> None:
    """A missing blank or a line too many makes keys out of secrets."""
    said = house.refusal(GOOD + line)
    assert said
    assert "hunter2" not in " ".join(said)


def test_loading_reads_no_secret(house: House) -> None:
    """A config can be checked by who may not read the secrets, and runs no command."""
    trace = house.folder / "trace"
    secret = secret_at(house, printing(f"open({str(trace)!r}, 'w'); print(1)"))
    assert not trace.exists()
    assert secret.read() == "1"
    assert trace.exists()


def test_two_secrets_of_one_origin_are_equal_wherever_they_stand(house: House) -> None:
    """A line that moved is no change of the config."""
    first = secret_at(house, "{env: A}")
    assert secret_at(house, "\n        {env: A}") == first
    assert secret_at(house, "{env: B}") != first
