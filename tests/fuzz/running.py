"""Starts a fuzzer: atheris, which goes where the code branches, on one of the targets.

libFuzzer's own options may follow the command, ``-max_total_time=600`` above all. What breaks a
law is left as ``crash-...``, ``timeout-...`` or ``oom-...`` in the present folder.
"""

import sys
import tempfile
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

_MOST_MEGABYTES = 300
_MOST_SECONDS = 10


def fuzz(name: str) -> None:
    """Fuzz the target of this name until something is found or the time is over."""
    if find_spec("atheris") is None:
        raise SystemExit("the fuzzers need atheris: pip install 'mirrord[fuzz]'")
    import atheris

    # only what is imported in here is followed branch by branch
    with atheris.instrument_imports(include=["mirrord.source", "mirrord.config", "yaml"]):
        targets = import_module("tests.fuzz.targets")
    target, seeds = targets.TARGETS[name]
    with tempfile.TemporaryDirectory(prefix="mirrord-fuzz-") as room:
        corpus, words = Path(room, "corpus"), Path(room, "words")
        corpus.mkdir()
        words.write_text("".join(f"{_quoted(word)}\n" for word in targets.WORDS[name]))
        for number, seed in enumerate((*seeds, *targets.kept(name))):
            (corpus / f"seed-{number}").write_bytes(seed)
        limits = [
            f"-rss_limit_mb={_MOST_MEGABYTES}",
            f"-timeout={_MOST_SECONDS}",
            "-max_len=16384",
            f"-dict={words}",
            "-print_final_stats=1",
        ]
        atheris.Setup([sys.argv[0], *limits, *sys.argv[1:], str(corpus)], target)
        atheris.Fuzz()


def _quoted(word: str) -> str:
    """As libFuzzer reads it: between quotation marks, all but plain letters by their number."""
    return '"' + "".join(f"\\x{byte:02x}" for byte in word.encode()) + '"'
