"""Time and changed configuration -> timers run, the tail settled, history relabeled, everybody judged anew.

Every job goes on in pages of its own transactions, so that hearing never waits for it; it can be cut off at any page
and is begun again (the note that asks for it is removed only at its end). Of several nodes the one with the lease works.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

from msgspec import Struct

from harken import listen, understand
from harken.errors import Conflict, HarkenError
from harken.hub.configure import REIDENTIFY, REJUDGE, RELABEL
from harken.hub.core import Core
from harken.hub.react import ALL, react
from harken.hub.reidentify import reidentify
from harken.hub.repair import refold
from harken.listen.inside import properties_in
from harken.stores import Changes, Retry, Settled, Tx
from harken.stores.lake import BUCKETS, Vanished, owners_of
from harken.stores.lake.settling import Settling, prepared, settled
from harken.words import DAY, SECOND, Event, Micros

PAGE = 500
SETTLE_PAGE = 50_000
FORGET = 5_000  # claims of old events forgotten at a time
LEASE_SECONDS = 60
COMPACT_EVERY = 4  # settles
FEW = 20  # a tail this many times shorter than one that has to be settled stays where it is, however old
BUSY_EVENTS = 2_000  # heard between two looks
SWEEP_SECONDS = 3_600  # replaced files stay this long for those who read them


class Job(Struct, kw_only=True):
    """Work in the background: how far it is, counted in `unit`. `total` is 0 while it is not known."""

    name: str
    unit: str = ""  # events, customers, parts (of the lake), days
    done: int = 0
    total: int = 0
    began: Micros = 0
    ended: Micros = 0
    error: str = ""


Prepare = Callable[[int], Settling | None]
Progress = Callable[[Job], None]
Also = Callable[[bytes, Job, Callable[[int], None]], bool]  # what the note says, the job, a step -> whether it is done


class Jobs:
    """What a hub does besides hearing."""

    def __init__(self, core: Core, settle_rows: int, settle_seconds: int) -> None:
        self._core = core
        self._settle_rows = settle_rows
        self._settle_age = settle_seconds * SECOND
        self._jobs: dict[str, Job] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._working = threading.RLock()
        self._settles = 0
        self._heard = 0  # events, at the last look
        self._forgot = 0  # the day up to which what was heard is forgotten
        self.report: Progress = lambda job: None
        self.looks: list[Callable[[Micros], object]] = []  # of other parts: whether they want something to be done
        self.also: dict[str, Also] = {}  # work of other parts, by name: done when a note asks for it

    # ------------------------------------------------------------------ living

    def start(self, every: float = 1.0) -> None:
        """Do what is due every second, in a thread."""
        if self._thread is None:
            self._stop.clear()
            self._thread = threading.Thread(target=self._run, args=(every,), name="harken-jobs", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Finish the page at hand and end."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(30)
            self._thread = None

    def _run(self, every: float) -> None:
        self._index()
        with suppress(OSError):  # a full disk: the machine code is made anew by who asks
            understand.warm()
        while not self._stop.wait(every):
            try:
                self.tick()
            except (HarkenError, OSError) as error:  # the next look may find space, or the folder back
                self._job("tick", "").error = str(error)

    @property
    def stopping(self) -> bool:
        """Whether work should end soon."""
        return self._stop.is_set()

    def list(self) -> list[Job]:
        """Jobs of this node, those still going on first."""
        return sorted(self._jobs.values(), key=lambda job: (job.ended > 0, -job.began))

    def tick(self, now: Micros | None = None) -> None:
        """Do everything that is due: timers, wanted work, settling, forgetting."""
        at = self._core.clock() if now is None else now
        with self._working:
            if not self._core.store.lease("jobs", LEASE_SECONDS):
                return
            self.run_timers(at)
            for look in self.looks:
                try:
                    look(at)
                except Exception as error:  # one part that fails must not stop settling; its words may quote a customer
                    known = isinstance(error, HarkenError)
                    self._job("tick", "").error = str(error) if known else type(error).__name__
            self.run_wanted()
            if self._settling_is_due(at):
                self.settle()
            if self._forgot != at // DAY and self._core.write(lambda tx: tx.forget_seen(at // DAY, FORGET)) < FORGET:
                self._forgot = at // DAY  # nothing more to forget until tomorrow

    def _settling_is_due(self, now: Micros) -> bool:
        """Settling takes the processor that hearing needs, so under load it waits until the tail is ten times as long;
        and every file it makes costs each question about journeys a little, so it makes none for a few events."""
        heard, self._heard = self._heard, self._core.counted.events
        busy = self._heard - heard > BUSY_EVENTS
        with self._core.read() as view:
            rows = view.counts()["events"]
            oldest = view.tail(0, 1)
        if busy or rows * FEW < self._settle_rows:
            return rows >= self._settle_rows * 10
        return rows >= self._settle_rows or bool(oldest and now - oldest[0].received >= self._settle_age)

    def run_timers(self, now: Micros) -> int:
        """Judge the profiles whose time has come; how many."""
        done = 0
        while not self._stop.is_set():
            with self._core.read() as view:
                due = [timer.pid for timer in view.due(now, PAGE) if timer.kind == "segment"]
            if not due:
                break
            self._core.write(lambda tx, due=due: self._judge(tx, due, now, timers=True))  # type: ignore[misc]
            done += len(due)
        return done

    def run_wanted(self) -> None:
        """Do what changed configuration asks for."""
        with self._core.read() as view:
            wanted = view.notes("wanted:")
        steps: Sequence[tuple[str, Callable[[], None]]] = (
            (REIDENTIFY, self.reidentify),
            (RELABEL, self.relabel),
            (REJUDGE, self.rejudge),
        )
        for name, work in steps:
            asked = wanted.get(f"wanted:{name}")
            if asked is None:
                continue
            work()
            self._core.write(lambda tx, name=name, asked=asked: _done(tx, name, asked))  # type: ignore[misc]
        for name, also in self.also.items():
            asked = wanted.get(f"wanted:{name}")
            if asked:
                self._run_also(name, also, asked)

    def _run_also(self, name: str, also: Also, asked: bytes) -> None:
        job = self._job(name, "")  # who does it says what it counts in
        if also(asked, job, lambda done: self._step(job, done)):
            self._core.write(lambda tx: _done(tx, name, asked))
            self._end(job)

    def _job(self, name: str, unit: str, total: int = 0) -> Job:
        job = self._jobs[name] = Job(name=name, unit=unit, total=total, began=self._core.clock())
        return job

    def _step(self, job: Job, done: int) -> None:
        job.done += done
        job.total = max(job.total, job.done)
        self.report(job)

    def _end(self, job: Job) -> None:
        job.ended = self._core.clock()
        job.total = job.done
        self.report(job)

    # ------------------------------------------------------------------ segments

    def rejudge(self) -> None:
        """Judge everybody by the rules in force."""
        core = self._core
        with core.read() as view:
            job = self._job(REJUDGE, "customers", view.counts()["profiles"])
        after = ""
        while not self._stop.is_set():
            with core.read() as view:
                pids = [one.pid for one in view.list_profiles(after, PAGE)]
            if not pids:
                break
            core.write(lambda tx, pids=pids: self._judge(tx, pids, core.clock()))  # type: ignore[misc]
            after = pids[-1]
            self._step(job, len(pids))
        self._end(job)

    def _judge(self, tx: Tx, pids: Sequence[str], now: Micros, *, timers: bool = False) -> None:
        core, changes = self._core, Changes()
        core.working.begin()
        react(core, tx, dict.fromkeys(pids, ALL), changes, now)
        if timers:
            later = {timer.pid for timer in changes.timers}
            changes.dropped_timers = [(pid, "segment") for pid in pids if pid not in later]
        changes.profiles = core.working.changed_profiles()
        tx.write(changes)

    # ------------------------------------------------------------------ touchpoints

    def relabel(self) -> None:
        """Give every event of the past the touchpoint the catalogue names now, and refold the trails it changes.

        Trails are refolded before their events get the new label (a refold reads labels anew, it does not need the
        stored ones): cut off in between, the next run finds the same trails again."""
        core = self._core
        with core.read() as view:
            job = self._job(RELABEL, "events", view.counts()["events"] + core.lake.rows(view.manifest()))
        after = 0
        while not self._stop.is_set():
            with core.read() as view:
                page = view.tail(after, SETTLE_PAGE)
            if not page:
                break
            changed = {event.seq: name for event in page if (name := self._label(event)) != event.touchpoint}
            self._refold_all({event.tid for event in page if event.seq in changed})
            if changed:
                core.write(lambda tx, changed=changed: tx.write(Changes(relabeled=changed)))  # type: ignore[misc]
            after = page[-1].seq
            self._step(job, len(page))
        for bucket in range(BUCKETS):
            if not self._stop.is_set():
                self._relabel_bucket(bucket, job)
        self._end(job)

    def _label(self, event: Event) -> str:
        return listen.reread(event, self._core.plans.listen).touchpoint

    def _relabel_bucket(self, bucket: int, job: Job) -> None:
        core = self._core
        tids: set[str] = set()
        rows = 0

        def label(event: Event) -> str:
            nonlocal rows
            rows += 1
            name = self._label(event)
            if name != event.touchpoint:
                tids.add(event.tid)
            return name

        while True:
            with core.read() as view:
                manifest = view.manifest()
            if not manifest:
                return
            try:
                after = core.lake.relabel(manifest, label, bucket=bucket)
                self._refold_all(tids)
                self._swap(manifest, after)
            except (Conflict, Vanished):
                continue  # the bucket was compacted or erased from meanwhile
            self._step(job, rows)
            return

    def _refold_all(self, tids: set[str]) -> None:
        core = self._core
        ordered = sorted(tids)
        for start in range(0, len(ordered), PAGE):
            page = {*ordered[start : start + PAGE]}

            def work(tx: Tx, page: set[str] = page) -> None:
                changes = Changes()
                core.working.begin()
                core.working.load_trails(tx, page)
                here = {tid for tid in page if tid in core.working.trails}
                refold(core, tx, here, (), changes)
                pids = {core.working.trails[tid].pid for tid in here if tid in core.working.trails}
                if core.plans.config.segments:
                    react(core, tx, dict.fromkeys(pids, ALL), changes, core.clock())
                changes.trails, changes.profiles = core.working.changed_trails(), core.working.changed_profiles()
                tx.write(changes)

            core.write(work)

    # ------------------------------------------------------------------ identity

    def reidentify(self) -> None:
        """Keys changed: tell who is who anew, by the keys of now, and file every event of the past again."""
        job = self._job(REIDENTIFY, "customers")
        reidentify(self._core, lambda done: self._step(job, done))
        self._end(job)

    # ------------------------------------------------------------------ the lake

    def settle(self, prepare: Prepare | None = None) -> int:
        """Move the tail as it is now into the lake, page by page; gives the events moved. What is heard meanwhile waits
        for the next time: following it would make many small files. `prepare` makes the files elsewhere, and
        indexes them there, where many more follow: they are merged later."""
        core, moved = self._core, 0
        make = prepare or self.prepare
        with self._working:
            job = self._job("settle", "events")
            with core.read() as view:
                job.total, last = view.counts()["events"], view.last_seq()
            while not self._stop.is_set() and self._settled_through() < last:
                try:
                    made = make(SETTLE_PAGE)
                    if made and prepare is None:
                        core.index.prepare(made.after)
                    page = settled(core, core.lake, made) if made else 0
                except (Conflict, Retry):
                    continue  # heard, refiled or settled by another node meanwhile: look again
                if not page:
                    break
                moved += page
                self._step(job, page)
            self._settles += bool(moved and prepare is None)
            if moved and prepare is None and self._settles % COMPACT_EVERY == 0:
                self.compact()
            if moved:
                self._index()
            self._end(job)
        return moved

    def _index(self) -> None:
        """Have ready what questions about journeys read, so that the first one need not wait for it."""
        with suppress(HarkenError, OSError), self._core.read() as view:  # who asks will be told what is wrong
            self._core.index.make(view)

    def prepare(self, limit: int) -> Settling | None:
        """Up to `limit` of the oldest events of the tail, in files of the lake."""
        core = self._core

        def reread(event: Event) -> Event:
            return listen.reread(event, core.plans.listen)

        return prepared(core, core.lake, reread, limit=limit, inside=properties_in)

    def _settled_through(self) -> int:
        with self._core.read() as view:
            return self._core.lake.settled_through(view.manifest())

    def compact(self) -> None:
        """Merge small lake files and bring each profile's events together again after merges, bucket by bucket; one
        that others changed meanwhile is left for the next time."""
        core = self._core
        job = self._job("compact", "parts", BUCKETS)
        for bucket in range(BUCKETS):
            with core.read() as view:
                manifest, owners, moves = view.manifest(), owners_of(view), view.last_trail_move()
            if not manifest or self._stop.is_set():
                break
            with suppress(Conflict, Vanished):
                self._swap(manifest, core.lake.compact(manifest, owners, bucket=bucket, moves=moves))
            self._step(job, 1)
        with core.read() as view:
            core.lake.sweep(view.manifest(), SWEEP_SECONDS)
        self._end(job)

    def _swap(self, before: bytes, after: bytes) -> None:
        """Put in force what a job made of the manifest `before`, together with what others changed meanwhile."""
        if after == before:
            return
        core = self._core
        core.index.prepare(after)

        def work(tx: Tx) -> bytes:
            now = tx.manifest()
            both = core.lake.rebase(before, after, now)
            through = core.lake.settled_through(both)
            tx.write(Changes(settled=Settled(through=through, manifest=both, before=now)))
            return both

        core.lake.publish(core.write(work))


def _done(tx: Tx, name: str, asked: bytes) -> None:
    """The wanted work is done, unless it was asked for again meanwhile."""
    if tx.note(f"wanted:{name}") == asked:
        tx.write_note(f"wanted:{name}", b"")
