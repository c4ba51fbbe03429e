"""Everybody's steps -> what is learned of what comes next, kept as a snapshot; one customer's last steps -> the chances of the
next one and of the goals.

The snapshot is a note in the store, made anew once a day, when there is four times as much to learn from, when goals change,
and when somebody asks. Reading it costs a customer's trails and a look into tables: no event is read.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from harken import remember
from harken.hub.configure import LEARN
from harken.hub.core import Core
from harken.hub.jobs import BUSY_EVENTS, Job, Jobs
from harken.stores import Tx, View
from harken.stores.lake import reading
from harken.understand.foretelling import foretell
from harken.understand.learned import Learned, learned, packed
from harken.words import DAY, SECOND, Micros

FEWEST = 1_000  # events from which on it is learned without being asked to
MORE = 4  # times as many events as the last time: learn again
NEXT = 5  # next steps that are told


class NextStep(Struct, frozen=True, kw_only=True):
    """What a customer may do next; `touchpoint` "(other)" is any that is not told apart."""

    touchpoint: str
    chance: float


class Model(Struct, frozen=True, kw_only=True):
    """What the chances come from. `steps`: it was made of; `within`: the time in which goals are foretold."""

    version: str
    made: Micros
    steps: int
    within: Micros
    goals: tuple[str, ...]

    @property
    def within_seconds(self) -> float:
        return self.within / SECOND


class Foreseen(Struct, frozen=True, kw_only=True):
    """One customer's chances. `next` and `leaves`: right after the last step, they make 1 with those not told. `goals`: of
    reaching each within the model's time from now on, None when nobody can know; they hold `until` then, and until the next
    step."""

    pid: str
    as_of: Micros
    after: tuple[str, ...] = ()  # the last steps, the latest last
    at: Micros | None = None  # when that was made
    until: Micros | None = None
    next: tuple[NextStep, ...] = ()
    leaves: float | None = None
    goals: dict[str, float | None] = {}
    model: Model | None = None  # None: nothing has been learned yet


class Chances:
    """What is learned of what comes next, and one customer's chances."""

    def __init__(self, core: Core, jobs: Jobs) -> None:
        self._core, self._jobs = core, jobs
        self._heard = 0
        jobs.also[LEARN] = self._run
        jobs.looks.append(self.look)

    # ------------------------------------------------------------------ one customer

    def of(self, ref: str, *, limit: int = NEXT) -> Foreseen:
        """The chances of one customer (`kind:value` or a profile id): of the `limit` likeliest next steps, of leaving, and
        of each goal; none of who made no step. NotFound when nobody is known by that."""
        core, now = self._core, self._core.clock()
        plan = core.plans.remember
        with core.read() as view:
            pid = core.find(view, ref).pid
            trails = view.trails_of([pid]).get(pid, [])
            model = core.learned(view)
            table = core.foretold(view)
        state = remember.join([remember.decode(trail.state) for trail in trails])
        last = remember.last_steps(state.touchpoints, plan.touchpoints, now)
        told = Foreseen(pid=pid, as_of=now, after=last.steps, at=last.at, model=told_of(model))
        if model is None or table is None or last.at is None or not model.plain.steps:
            return told
        found = foretell(model.plain, last.steps, whole=last.whole)
        likely = [NextStep(touchpoint=one, chance=chance) for one, chance in found.next.items() if chance > 0]
        goals = {goal: table.chance(goal, last, now) for goal in model.goals}
        return replace(
            told,
            next=tuple(likely[:limit]),
            leaves=found.leaves,
            goals={goal: chance for goal, (chance, _) in goals.items()},
            until=min((until for _, until in goals.values() if until is not None), default=None),
        )

    # ------------------------------------------------------------------ learning

    def model(self) -> Model | None:
        """What has been learned; None: nothing yet."""
        with self._core.read() as view:
            return told_of(self._core.learned(view))

    def learn(self) -> Model:
        """Learn anew, now."""
        core, now = self._core, self._core.clock()

        def read(view: View) -> Learned:
            return learned(core.index.logs(view), core.plans.config, now, view.last_seq())

        made = reading(core.store, read)

        def keep(tx: Tx) -> None:
            core.keep_learned(tx, made, packed(made))
            if core.plans.remember.foretells:  # whoever is in a segment by a chance
                tx.write_note("wanted:rejudge", str(now).encode())

        core.write(keep)
        core.write(core.load_config)
        told = told_of(made)
        assert told is not None
        return told

    def want(self) -> None:
        """Let the background learn anew."""
        self._core.write(lambda tx: tx.write_note(f"wanted:{LEARN}", str(self._core.clock()).encode()))

    def look(self, now: Micros) -> None:
        """Want to learn when it is due, and when nothing more urgent is going on."""
        heard, self._heard = self._heard, self._core.counted.events
        if self._heard - heard > BUSY_EVENTS:
            return
        with self._core.read() as view:
            made, seq = self._core.learned_when(view)
            there = view.last_seq()
        if there >= FEWEST and (not made or now - made >= DAY or there >= MORE * seq):
            self.want()

    def _run(self, asked: bytes, job: Job, step: Callable[[int], None]) -> bool:
        job.unit = "steps"
        step(self.learn().steps)
        return True


def told_of(model: Learned | None) -> Model | None:
    if model is None:
        return None
    return Model(
        version=model.version, made=model.made, steps=model.plain.steps, within=model.within, goals=tuple(model.goals)
    )  # fmt: skip
