"""The log: on stderr, as the journal or a person wants it."""

import logging
import os
import sys


def start_log(*, verbose: bool) -> None:
    """Log from now on; on a terminal only the gravest, but for ``verbose``."""
    to_journal = "JOURNAL_STREAM" in os.environ
    shape = "%(levelname)s %(message)s" if to_journal else "%(asctime)s %(levelname)s %(message)s"
    # of no use in our lines, and asked for at each of them
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # noqa: SLF001 - the documented way to have no stack walked at each
    quiet = sys.stderr.isatty() and not verbose
    logging.basicConfig(
        level=logging.CRITICAL if quiet else logging.INFO, format=shape, stream=sys.stderr
    )
    for chatty in ("urllib3", "webdav3"):
        logging.getLogger(chatty).setLevel(logging.ERROR)
