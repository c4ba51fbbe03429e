"""Raw batches from any edge, one by one -> groups for `Hub.hear` -> each batch's answer. Bounded, in one thread.

Group commit: while one group is being made durable the next one gathers, so a busy hub pays one fsync for many
requests and an idle one answers at once. When the queue is full the edge is told so (`Busy`), never buffered.
"""

from __future__ import annotations

import threading
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeAlias

import structlog

from harken.errors import Busy, HarkenError, Unavailable
from harken.words import Answer, RawBatch

Outcome: TypeAlias = Answer | HarkenError
Done: TypeAlias = Callable[[Outcome], None]
Delivery: TypeAlias = Sequence[tuple[Done, Outcome]]

log = structlog.get_logger("harken.intake")

QUEUE_BATCHES = 20_000
QUEUE_BYTES = 64 * 1024 * 1024
GROUP_BATCHES = 1_000
GROUP_BYTES = 3 * 1024 * 1024


def deliver_here(delivery: Delivery) -> None:
    """Tell each caller on the hub's own thread."""
    for done, outcome in delivery:
        done(outcome)


class Intake:
    """The bounded queue in front of a hub."""

    def __init__(
        self,
        hear: Callable[[Sequence[RawBatch]], list[Answer]],
        *,
        batches: int = QUEUE_BATCHES,
        bytes: int = QUEUE_BYTES,
    ) -> None:
        self._hear = hear
        self._room = batches, bytes
        self._queue: deque[tuple[RawBatch, Done]] = deque()
        self._bytes = 0
        self._ready = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopping = False
        self.deliver: Callable[[Delivery], None] = deliver_here

    def start(self) -> None:
        """Begin to hear. Asking twice is the same as once."""
        with self._ready:
            if self._thread is not None:
                return
            self._stopping = False
            self._thread = threading.Thread(target=self._run, name="harken-hear", daemon=True)
            self._thread.start()

    def stop(self, seconds: float = 30.0) -> None:
        """Take nothing more, hear what is queued, end."""
        with self._ready:
            thread, self._stopping = self._thread, True
            self._ready.notify_all()
        if thread is not None:
            thread.join(seconds)
            if not thread.is_alive():
                self._thread = None

    @property
    def running(self) -> bool:
        """Whether batches are heard at all."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def waiting(self) -> tuple[int, int]:
        """Batches and bytes in the queue."""
        return len(self._queue), self._bytes

    def submit(self, batch: RawBatch, done: Done) -> None:
        """Queue one batch; `done` gets its answer once it is durable, or the error that kept it from being so.

        Raises Busy when the queue is full and Unavailable when the hub is stopping: then nothing was taken.
        """
        with self._ready:
            if self._stopping or self._thread is None:
                raise Unavailable("the hub is stopping; send again in a moment")
            if len(self._queue) >= self._room[0] or self._bytes + len(batch.body) > self._room[1]:
                raise Busy("the hub has more waiting than it may hold; send again in a moment", retry_after=1)
            self._queue.append((batch, done))
            self._bytes += len(batch.body)
            self._ready.notify()

    def _run(self) -> None:
        while group := self._take():
            try:
                self.deliver(self._outcomes(group))
            except Exception as error:  # a caller who cannot be told (its loop has ended) must not stop the others
                _log_failure("cannot tell callers", error)

    def _take(self) -> list[tuple[RawBatch, Done]]:
        """The next group, waiting for it; empty when the intake ends."""
        group: list[tuple[RawBatch, Done]] = []
        size = 0
        with self._ready:
            while not self._queue and not self._stopping:
                self._ready.wait()
            while self._queue and len(group) < GROUP_BATCHES and size < GROUP_BYTES:
                group.append(self._queue.popleft())
                size += len(group[-1][0].body)
            self._bytes -= size
        return group

    def _outcomes(self, group: Sequence[tuple[RawBatch, Done]]) -> list[tuple[Done, Outcome]]:
        """One transaction for the group; if it fails, one for each half, until what cannot be heard fails alone."""
        try:
            answers: Sequence[Outcome] = self._hear([batch for batch, _ in group])
        except Exception as error:
            if len(group) > 1 and not isinstance(error, Unavailable):
                middle = len(group) // 2
                return self._outcomes(group[:middle]) + self._outcomes(group[middle:])
            answers = [_told(error)] * len(group)
        return [(done, answer) for (_, done), answer in zip(group, answers, strict=True)]


def _told(error: Exception) -> HarkenError:
    """What the caller is told: of what nobody expected only its kind, since its words may quote a customer."""
    if isinstance(error, HarkenError):
        return error
    _log_failure("a batch cannot be heard", error)
    return HarkenError(f"the hub failed to hear this batch ({type(error).__name__}); its log says where")


def _log_failure(what: str, error: Exception) -> None:
    """Where it failed, without the words of the error."""
    log.error(what, error=type(error).__name__, at="".join(traceback.format_tb(error.__traceback__)))
