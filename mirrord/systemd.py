"""What we tell systemd: ready, reloading, a sign of life, a status line, stopping.

Silent where nobody listens. A message that can not be sent never ends the daemon, and never blocks
it: what matters comes again.
"""

import logging
import os
import time

import sdnotify

log = logging.getLogger(__name__)


class Systemd:
    """The notify socket, if there is one.

    ``watchdog`` is the number of seconds within which systemd wants a sign of life, 0 for never.
    """

    def __init__(self) -> None:
        self._listens = bool(os.environ.get("NOTIFY_SOCKET"))
        self._notifier: sdnotify.SystemdNotifier | None = None
        self._last_status = ""
        asked = os.environ.get("WATCHDOG_PID") in (None, str(os.getpid()))
        self.watchdog = float(os.environ.get("WATCHDOG_USEC", "0")) / 1e6 if asked else 0.0

    def ready(self) -> None:
        """The config is good and work goes on."""
        self._send("READY=1")

    def reloading(self) -> None:
        """The config is being read again; ready() or the old state follows."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1_000}")

    def alive(self) -> None:
        """Every lane that works has shown life. In a datagram of its own."""
        self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """The end was asked for."""
        self._send("STOPPING=1")

    def need_longer(self, seconds: float) -> None:
        """Stopping goes on for so long at least."""
        self._send(f"EXTEND_TIMEOUT_USEC={int(seconds * 1e6)}")

    def status(self, text: str) -> None:
        """One line for `systemctl status`, sent when it changed; what is not ASCII is escaped."""
        # sdnotify encodes latin-1, and would lose the whole message over one character
        line = text.encode("ascii", "backslashreplace").decode().replace("\n", " ")[:1_000]
        if line != self._last_status:
            self._last_status = line
            self._send(f"STATUS={line}")

    def close(self) -> None:
        """Let go of the socket; a later message would open it anew."""
        if self._notifier is not None:
            self._notifier.socket.close()
            self._notifier = None

    def _send(self, message: str) -> None:
        if not self._listens:
            return
        try:
            if self._notifier is None:
                # debug: without it every error is swallowed, KeyboardInterrupt included
                self._notifier = sdnotify.SystemdNotifier(debug=True)
                self._notifier.socket.setblocking(False)
            self._notifier.notify(message)
        except OSError as error:
            # a socket that was made anew wants a new connection
            self.close()
            log.warning("systemd not told message=%s why=%s", message.partition("=")[0], error)
