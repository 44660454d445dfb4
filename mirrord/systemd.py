"""What we tell systemd: ready, a status line, stopping. Silent where nobody listens."""

import logging
import os

import sdnotify

log = logging.getLogger(__name__)


class Systemd:
    """The notify socket, if there is one; a message that can not be sent never ends the daemon."""

    def __init__(self) -> None:
        self._notifier = None
        if not os.environ.get("NOTIFY_SOCKET"):
            return
        try:
            # debug: without it every error is swallowed, KeyboardInterrupt included
            self._notifier = sdnotify.SystemdNotifier(debug=True)
        except OSError as error:
            log.warning("systemd not told, no socket: %s", error)
            return
        self._notifier.socket.setblocking(False)

    def ready(self) -> None:
        """The config is good and work begins."""
        self._send("READY=1")

    def stopping(self) -> None:
        """The end was asked for."""
        self._send("STOPPING=1")

    def status(self, text: str) -> None:
        """One line for `systemctl status`; what is not ASCII is escaped."""
        # sdnotify encodes latin-1 and would lose the whole message over one character
        line = text.encode("ascii", "backslashreplace").decode().replace("\n", " ")
        self._send(f"STATUS={line}")

    def _send(self, message: str) -> None:
        if self._notifier is None:
            return
        try:
            self._notifier.notify(message)
        except OSError as error:
            log.warning("systemd not told message=%s why=%s", message.partition("=")[0], error)
