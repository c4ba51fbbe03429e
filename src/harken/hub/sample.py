"""A wish to try the hub out -> a small Tideline in it: simulated customers of a phone company, with their configuration.

Only an empty hub takes it, so that nobody's customers ever stand beside simulated ones. It is heard like anything else,
in the background; cut off, it goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from harken.errors import Conflict
from harken.hub.configure import Documents
from harken.hub.core import Core
from harken.hub.jobs import Job, Jobs
from harken.stores import Tx
from harken.words import DAY, SECOND, Answer, RawBatch

if TYPE_CHECKING:
    from harken.testing.tideline import Batch

SAMPLE = "sample"
CUSTOMERS = 300
DAYS = 30
SEED = 7
GROUP_BYTES = 300_000  # heard in one transaction: others are heard in between
HOUR = 3_600 * SECOND
_WANTED = f"wanted:{SAMPLE}"
_HEARD = f"{SAMPLE}:heard"  # groups
_COMING = f"{SAMPLE}:coming"  # when somebody last said that they let simulated customers be heard
_SOON = 60 * SECOND  # then they say so again, or are gone


class Sampled(Struct, frozen=True, kw_only=True):
    """Whether the hub has heard anything, and what became of its sample data."""

    empty: bool  # nothing was ever heard
    state: Literal["none", "loading", "loaded"]
    customers: int
    days: int


class Sample:
    """The sample data of one hub."""

    def __init__(
        self, core: Core, documents: Documents, jobs: Jobs, hear: Callable[[Sequence[RawBatch]], list[Answer]]
    ) -> None:
        self._core = core
        self._documents = documents
        self._jobs = jobs
        self._hear = hear
        jobs.also[SAMPLE] = self._load

    def look(self) -> Sampled:
        """Whether sample data may be loaded, is, or was."""
        with self._core.read() as view:
            heard, asked, loaded = view.last_seq() > 0, view.note(_WANTED), view.note(SAMPLE)
            said = int(view.note(_COMING) or 0)
        coming = asked or 0 <= self._core.clock() - said < _SOON
        state: Literal["none", "loading", "loaded"] = "loading" if coming else "loaded" if loaded else "none"
        return Sampled(empty=not heard, state=state, customers=CUSTOMERS, days=DAYS)

    def load(self, *, by: str) -> Sampled:
        """Publish Tideline's configuration, and let its customers be heard in the background (`jobs`)."""
        now = self.look()
        if not now.empty or now.state != "none":
            said = {"loading": "is being loaded already", "loaded": "was loaded already"}.get(now.state)
            raise Conflict(
                f"sample data {said}" if said else "this hub has heard events; sample data is only for an empty one",
                code="not_empty",
            )
        from harken.testing import tideline

        self._documents.apply(tideline.CONFIGURATION, by=by, reason="sample data: Tideline Mobile", prune=False)
        end = self._core.clock() // HOUR * HOUR
        self._core.write(lambda tx: tx.write_note(_WANTED, str(end).encode()))
        return self.look()

    def coming(self) -> None:
        """Say that simulated customers are being heard from elsewhere (a demo): for a minute, unless it is said again."""
        self._core.write(lambda tx: tx.write_note(_COMING, str(self._core.clock()).encode()))

    def came(self) -> None:
        """Say that all of them were heard."""
        with self._core.read() as view:
            loaded = view.note(SAMPLE)
        now = str(self._core.clock()).encode()

        def write(tx: Tx) -> None:
            tx.write_note(_COMING, b"")
            tx.write_note(SAMPLE, loaded or now)

        self._core.write(write)

    def _load(self, asked: bytes, job: Job, step: Callable[[int], None]) -> bool:
        """Everything that was not heard yet: the same people live the same days again each time."""
        from harken.testing import tideline

        end, job.total, job.unit = int(asked), DAYS, "days"
        with self._core.read() as view:
            heard = int(view.note(_HEARD) or 0)
        history = tideline.history(seed=SEED, customers=CUSTOMERS, days=DAYS, end=end)
        for number, group in enumerate(groups(history, GROUP_BYTES), 1):
            if self._jobs.stopping:
                return False
            if number > heard:
                self._hear([tideline.raw(batch) for batch in group])
                self._core.write(lambda tx, number=number: tx.write_note(_HEARD, str(number).encode()))  # type: ignore[misc]
            lived = DAYS - max(0, -(-(end - group[-1].received) // DAY))
            step(max(0, min(lived, DAYS - 1) - job.done))
        self._core.write(lambda tx: tx.write_note(SAMPLE, asked))
        step(DAYS - job.done)
        return True


def groups(batches: Iterator[Batch], size: int) -> Iterator[list[Batch]]:
    """Batches in their order, some at a time: about `size` bytes."""
    group: list[Batch] = []
    held = 0
    for batch in batches:
        group.append(batch)
        held += len(batch.body)
        if held >= size:
            yield group
            group, held = [], 0
    if group:
        yield group
