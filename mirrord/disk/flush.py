"""Making a batch durable while the next one comes: the disk works, and nobody waits for it yet.

What was written and renamed before a flush began is safe when it has ended well; whatever is to
follow from that (placing, recording) waits for :meth:`Flush.end`.
"""

from threading import Thread

from mirrord.disk.durable import Durable, disk_errors


class Flush:
    """One sync of all that was written until now, in a thread of its own; None: of nothing."""

    def __init__(self, durable: Durable | None) -> None:
        self._error: OSError | None = None
        self._ended = True
        self._thread: Thread | None = None
        if durable is not None and durable.by_batch:
            self._ended = False
            thread = Thread(target=self._run, args=(durable,), name="flush")
            try:
                thread.start()
                self._thread = thread
            except RuntimeError:  # the system gives no thread more: it takes longer then
                self._run(durable)

    @property
    def ended(self) -> bool:
        """Whether :meth:`end` would not wait."""
        return self._ended

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for its end, so long at the most; whether it has ended, well or not."""
        if self._thread is not None:
            self._thread.join(seconds)
        return self._ended

    def end(self) -> None:
        """Wait for its end; DiskError where any of it failed, each time."""
        self.wait()
        with disk_errors("making the files durable"):
            if self._error is not None:
                raise self._error

    def _run(self, durable: Durable) -> None:
        try:
            durable.batch()
        except OSError as error:
            self._error = error
        finally:
            self._ended = True
