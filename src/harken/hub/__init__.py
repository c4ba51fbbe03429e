"""THE MAIN PATH. Raw batches in -> heard, recognized, remembered, durable -> answers out.

`Hub.hear` is the whole way of an event: it reads what the stages need, calls them in the data's order, and writes
once. Everything else a hub does stands in the files beside this one:

    intake.py     the bounded queue in front of `hear` (group commit)
    core.py       what all parts share, and the one way to write
    working.py    what the hub remembers between two transactions
    react.py      segments entered and left
    repair.py     refile and refold: trails built anew from the log
    customers.py  one customer: profile, timeline, identity
    by_hand.py    what people decide: merge, un-merge, release from quarantine
    privacy.py    one customer's right: erase and export
    journeys.py   many customers: the journey map, touchpoints
    asking.py     many customers: every other analysis, by its name
    chances.py    what comes next for one customer, by what is learned of all
    tables.py     everything as tables; query.py asks them in SQL
    segments.py   a rule before it is published: whom it would fit
    deciding.py   what is shown to a customer who is met, and what they answer
    learning.py   what the policy that learns knows, taught by what they answer
    explaining.py why it was decided so, or why not
    met.py        what a decision knows of a customer, now or then
    naming.py     places to be named: the rules that catch them, what rules would catch
    inbox.py      dead letters and their replay
    configure.py  documents: draft, publish, roll back, pull, apply
    access.py     write keys and secret keys
    jobs.py       what runs in the background: timers, settling, relabeling, re-judging
    settler.py    the part of settling that a process beside the hub can do
    sample.py     a small Tideline for an empty hub
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType

from msgspec import Struct

from harken import listen, recognize, typed
from harken.errors import Conflict, Unavailable
from harken.hub.access import Access
from harken.hub.by_hand import ByHand
from harken.hub.chances import Chances
from harken.hub.configure import Documents
from harken.hub.core import Core, Counted
from harken.hub.customers import Customers
from harken.hub.deciding import Deciding
from harken.hub.explaining import Explaining
from harken.hub.inbox import ROOM, Inbox, Room
from harken.hub.intake import Intake
from harken.hub.jobs import Jobs
from harken.hub.journeys import Journeys
from harken.hub.learning import Learning
from harken.hub.naming import Naming
from harken.hub.privacy import Privacy
from harken.hub.query import Query
from harken.hub.react import react, touched
from harken.hub.repair import repair
from harken.hub.sample import Sample
from harken.hub.segments import Segments
from harken.hub.tables import Tables
from harken.plugins import open_store, store_is_there
from harken.stores import Changes, Store, Tx
from harken.stores.lake import Lake
from harken.words import DAY, Answer, Config, Event, Micros, RawBatch

SEEN_DAYS = 8  # duplicates are caught for at least seven whole days


def now() -> Micros:
    """The wall clock in Micros; the only place under the faces where it is read."""
    return time.time_ns() // 1_000


class Told(Struct, frozen=True):
    """What a process beside the hub heard of batches (`listen.Listener`): of each its bytes, b"" when it is to be heard
    here; by the configuration of that version. Bodies of batches that were heard are not looked at. Events may leave out
    properties that are not remembered (`remember.READS`); all are in the raw."""

    heard: Sequence[bytes]
    version: int


class Hub:
    """One hub over one store and one lake. Safe to use from any thread."""

    def __init__(
        self,
        store: Store,
        lake: Lake,
        *,
        clock: Callable[[], Micros] = now,
        cache: int = 100_000,
        settle_rows: int = 100_000,
        settle_seconds: int = 600,
        room: Room = ROOM,
    ) -> None:
        self.core = Core(store, lake, clock, cache)
        self.intake = Intake(self.hear)
        self.documents = Documents(self.core)
        self.keys = Access(self.core)
        self.journeys = Journeys(self.core)
        self.jobs = Jobs(self.core, settle_rows, settle_seconds)
        self._customers = Customers(self.core)
        self.tables = Tables(self.core, self._customers)
        self._by_hand = ByHand(self.core)
        self._privacy = Privacy(self.core)
        self.inbox = Inbox(self.core, self.hear, room)
        self.naming = Naming(self.core)
        self.learning = Learning(self.core, self.jobs)
        self.deciding = Deciding(self.core, self._hear, self.inbox, self.learning)
        self._explaining = Explaining(self.core, self.learning)
        self.segments = Segments(self.core)
        self.chances = Chances(self.core, self.jobs)
        self.sample = Sample(self.core, self.documents, self.jobs, self.hear)
        # the verbs people use most, at hand
        self.profile = self._customers.profile
        self.profiles = self._customers.profiles
        self.timeline = self._customers.timeline
        self.identity = self._customers.identity
        self.quarantined = self._customers.quarantined
        self.chance = self.chances.of
        self.merge = self._by_hand.merge
        self.unmerge = self._by_hand.unmerge
        self.take_back = self._by_hand.take_back
        self.release = self._by_hand.release
        self.unrelease = self._by_hand.unrelease
        self.erase = self._privacy.erase
        self.receipts = self._privacy.receipts
        self.export = self._privacy.export
        self.decide = self.deciding.decide
        self.interact = self.deciding.interact
        self.respond = self.deciding.respond
        self.why = self._explaining.why
        self.why_not = self._explaining.why_not
        self.touchpoints = self.journeys.touchpoints
        self.dead_letters = self.inbox.list
        self.replay = self.inbox.replay
        self.discard = self.inbox.discard
        self.settle = self.jobs.settle
        self.sql = Query(self.core, self.tables).sql
        self.tick = self.jobs.tick
        self.again: Callable[[], Hub] | None = None  # opens it once more, in another process

    @classmethod
    def open(
        cls,
        data: str | Path = "harken-data",
        *,
        store: str = "",
        lake: str = "",
        clock: Callable[[], Micros] = now,
        cache: int = 100_000,
        settle_rows: int = 100_000,
        settle_seconds: int = 600,
        room: Room = ROOM,
        make: bool = True,
    ) -> Hub:
        """The hub of a data folder, made if it is not there. `store` is a URL when it is not the embedded one; who only
        looks at such a one leaves no folder behind (`make`). Unavailable when the lake is not the store's."""
        typed.learn()  # what its threads read
        folder = Path(data)
        if not store:
            _make(folder)
        opened = open_store(store or _embedded(folder))
        files = Lake(lake or folder / "lake", clock=clock)
        try:
            with opened.read() as view:
                files.belongs(view.manifest())
            if make and not lake:
                _make(folder)  # only now: one that was mistyped beside a shared store is not made
        except BaseException:
            opened.close()
            raise
        hub = cls(
            opened,
            files,
            clock=clock,
            cache=cache,
            settle_rows=settle_rows,
            settle_seconds=settle_seconds,
            room=room,
        )
        if opened.scheme != "memory":
            hub.again = partial(cls.open, data, store=store, lake=lake, make=False)
        return hub

    @staticmethod
    def is_there(data: str | Path = "harken-data", *, store: str = "") -> bool:
        """Whether `open` would find a hub there, and not make one."""
        return store_is_there(store or _embedded(Path(data)))

    @property
    def config(self) -> Config:
        """The published configuration in force."""
        return self.core.plans.config

    @property
    def counted(self) -> Counted:
        """What this hub counted since it started."""
        return self.core.counted

    # ------------------------------------------------------------------ the main path

    def hear(self, batches: Sequence[RawBatch], told: Told | None = None) -> list[Answer]:
        """Take the batches in, in one transaction; the answers are given when everything is durable. `told` is what
        another process has heard of them already.

        Raises Unavailable when the store does not answer, and Conflict when the configuration has changed since it was
        `told`; then nothing was taken and the caller may send again.
        """
        with uncollected():
            return self._in_one(batches, told)

    def _in_one(self, batches: Sequence[RawBatch], told: Told | None) -> list[Answer]:
        started = time.perf_counter()
        plan = self.core.plans.listen
        heard = self._listened(batches, told)
        again = False

        def work(tx: Tx) -> list[Answer]:
            nonlocal heard, again
            if again or self.core.plans.listen is not plan:  # with what is in force now; a failed try left its marks
                heard = self._listened(batches, told)
            again = True
            return self._hear(tx, batches, heard)

        answers = self.core.write(work)
        self.counted.seconds += time.perf_counter() - started
        return answers

    def _listened(self, batches: Sequence[RawBatch], told: Told | None) -> list[listen.Heard]:
        plans = self.core.plans
        if told is None:
            return [listen.hear(batch, plans.listen) for batch in batches]
        if told.version != plans.config.version:
            raise Conflict("the configuration has changed since these batches were listened to; listen to them again")
        both = zip(batches, told.heard, strict=True)
        return [listen.unpacked(data) if data else listen.hear(batch, plans.listen) for batch, data in both]

    def _hear(self, tx: Tx, batches: Sequence[RawBatch], heard: Sequence[listen.Heard]) -> list[Answer]:
        core, working, plans = self.core, self.core.working, self.core.plans
        working.begin()
        received = max((batch.received for batch in batches), default=0)
        # each event once
        distinct: dict[str, Event] = {}
        for part in heard:
            for event in part.events:
                distinct.setdefault(event.id, event)
        for_ever = any(batch.lines for batch in batches)  # rows of files may be imported again at any time
        before = tx.claim(list(distinct), -1 if for_ever else received // DAY + SEEN_DAYS)
        events = [event for id, event in distinct.items() if id not in before]
        # whose they are
        working.load_identity(tx, events, plans)
        found = recognize.recognize(events, working.graph, plans.recognize)
        changes = Changes(events=events)
        concerned = working.take_in(tx, found, changes)
        # what is remembered of them
        inexact = working.fold(events, found.tids, plans)
        if inexact or found.refile:
            concerned |= repair(core, tx, events, found.refile, inexact, changes)
        # how their customers react
        react(core, tx, touched(core, events, concerned), changes, received)
        # once, durable
        changes.trails = working.changed_trails()
        changes.profiles = working.changed_profiles()
        if any(part.dropped for part in heard):
            changes.dropped = self.inbox.fitting(tx, [part.dropped for part in heard])
        tx.write(changes)
        self._count(heard, events, found)
        return _answers(heard, None if len(events) == sum(len(part.events) for part in heard) else events)

    def _count(self, heard: Sequence[listen.Heard], events: Sequence[Event], found: recognize.Recognition) -> None:
        counted = self.counted
        counted.events += len(events)
        counted.batches += len(heard)
        counted.duplicates += sum(len(part.events) for part in heard) - len(events)
        counted.dropped += sum(len(part.dropped) for part in heard)
        counted.moved += len(found.moved)
        counted.commits += 1

    # ------------------------------------------------------------------ living

    def check(self) -> dict[str, str]:
        """What `harken doctor` shows about store and lake; raises Unavailable when one is broken."""
        with self.core.read() as view:
            manifest = view.manifest()
        return {**self.core.store.check(), **self.core.lake.check(manifest)}

    def close(self) -> None:
        """Hear what is queued, stop the background work, let go of the store."""
        self.intake.stop()
        self.jobs.stop()
        self.core.store.close()

    def __enter__(self) -> Hub:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the garbage collector from looking through thousands of events while they are on their way: all of them are
    freed at the end, by their reference counts. Left as it was when somebody has turned it off."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(f"cannot use {folder} as data folder: {error.strerror}; choose another --data") from None


def _embedded(folder: Path) -> str:
    """The store of a data folder."""
    return f"sqlite:///{folder.absolute() / 'harken.db'}"


def _answers(heard: Sequence[listen.Heard], events: Sequence[Event] | None) -> list[Answer]:
    """What became of each batch; `events` are those that were taken, None when all were."""
    answers = []
    taken = {id(event) for event in events or ()}
    for part in heard:
        accepted = len(part.events) if events is None else sum(1 for event in part.events if id(event) in taken)
        duplicates = len(part.events) - accepted
        answers.append(Answer(accepted=accepted, duplicates=duplicates, dropped=tuple(part.dropped)))
    return answers
