"""What customers answered -> what the policy that learns knows, as snapshots with a version; and which of them a decision is
made with.

Who answers waits in line, written down in the transaction of the answer (`answer:` notes, in the order of the log). One
node at a time, the one with the lease of the jobs, teaches the learner with them every second and keeps a snapshot; every
other reads the newest one when it decides. What each answer taught is kept, so that a no can become a yes, and a customer
can be forgotten, exactly.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
import numpy as np
from msgspec import Struct

from harken import rules
from harken.decide import Plan
from harken.decide.features import vocabulary
from harken.decide.learning.calibration import Served
from harken.decide.learning.layout import Layout
from harken.decide.learning.learner import Learner, Lesson
from harken.decide.learning.snapshot import Snapshot, resume, snapshot
from harken.decide.policies.harken import POLICY, case, untaught
from harken.hub.core import Core
from harken.hub.jobs import Jobs
from harken.hub.met import event_of
from harken.stores import Tx, View
from harken.words import DAY, SECOND, Event, Micros

NOW: Final = "model:now"
MODEL: Final = "model:"
LAYOUT: Final = "layout:"
ANSWER: Final = "answer:"
LESSON: Final = "lesson:"
DUE: Final = "lessons due:"
GONE: Final = "unlearn:"
KEEP: Final = 20  # snapshots, so that the latest decisions can be made again bit for bit
MOST: Final = 2_000  # answers learned at once
HOUR: Final = 3_600 * SECOND
WINDOW: Final = 7 * DAY  # where an action expects no positive response


class Head(Struct, frozen=True, kw_only=True):
    """Which snapshot is in force."""

    version: int = 0


class Waiting(Struct, frozen=True, array_like=True):
    """An answer that was not learned from yet."""

    tid: str
    decision: str
    action: str
    what: str  # seen, positive, neutral or negative


class Kept(Struct, frozen=True, array_like=True):
    """What an answer taught."""

    lesson: Lesson
    raw: float
    served: Served | None = None  # once no other answer can come


class Learning:
    """The snapshots, and the one writer."""

    def __init__(self, core: Core, jobs: Jobs) -> None:
        self._core = core
        self._found: tuple[int, Snapshot] | None = None
        self._learner: Learner | None = None
        self._version = -1
        jobs.looks.append(self.learn)

    # ------------------------------------------------------------------ deciding

    def models(self, view: View) -> Mapping[str, Snapshot]:
        """What each policy has learned, as of now; nothing before the first answer."""
        found = self.model(view, _head(view).version)
        return {} if found is None else {POLICY.name: found}

    def model(self, view: View, version: int) -> Snapshot | None:
        """One snapshot; None when there was none, or it is not kept any more."""
        found = self._found
        if found is not None and found[0] == version:
            return found[1]
        told = view.note(f"{MODEL}{version}") if version else b""
        if not told:
            return None
        made = Snapshot.from_bytes(told)
        if version == _head(view).version:
            self._found = (version, made)
        return made

    def told(self, plan: Plan, models: Mapping[str, Any], context: Any) -> tuple[dict[str, Any], Layout]:
        """What a decision writes down so that it can be learned from: the customer as it was looked at, and by which
        columns, which are kept once beside it."""
        model = models.get(POLICY.name)
        layout = (untaught(plan) if model is None else model).layout
        version = 0 if model is None else model.about.version
        return {"model": version, "layout": layout.id, "context": [round(float(one), 6) for one in context]}, layout

    def answered(self, tx: Tx, event: Event, placement: str) -> None:
        """Have an answer learned from, where it is one of a decision of a policy that learns."""
        slot = self._core.plans.decide.slots.get(placement)
        if slot is not None and slot.placement.policy == POLICY.name:
            told = event.properties
            waiting = Waiting(event.tid, told["decision"], told["action"], told["what"])
            tx.write_note(f"{ANSWER}{event.seq:020d}", msgspec.msgpack.encode(waiting))

    # ------------------------------------------------------------------ learning

    def learn(self, now: Micros) -> int:
        """Learn from who answered since, and keep a snapshot; how many answers there were."""
        with self._core.read() as view:
            if not self._wanted(view, now):
                return 0
        try:
            return self._core.write(lambda tx: self._learn(tx, now))
        except BaseException:
            self._learner = None  # what it was taught was not kept
            raise

    def _wanted(self, view: View, now: Micros) -> bool:
        return any((view.notes(ANSWER), view.notes(GONE), _due(view, now)))

    def _learn(self, tx: Tx, now: Micros) -> int:
        plan = self._core.plans.decide
        learner, version = self._writer(tx, plan)
        answers = tx.notes(ANSWER)
        for name, told in list(answers.items())[:MOST]:
            self._teach(tx, learner, plan, msgspec.msgpack.decode(told, type=Waiting), now)
            tx.write_note(name, b"")
        for name in _due(tx, now):
            for key in msgspec.msgpack.decode(tx.note(name), type=list[str]):
                kept = _kept(tx, key)
                if kept is not None and kept.served is None:
                    served = learner.final(kept.raw, positive=kept.lesson.positive)
                    tx.write_note(key, msgspec.msgpack.encode(msgspec.structs.replace(kept, served=served)))
            tx.write_note(name, b"")
        for name, told in tx.notes(GONE).items():
            gone = msgspec.msgpack.decode(told, type=list[Kept])
            learner.erase([one.lesson for one in gone], [one.served for one in gone if one.served is not None])
            tx.write_note(name, b"")
        version += 1
        tx.write_note(f"{MODEL}{version}", snapshot(learner, version).to_bytes())
        tx.write_note(f"{MODEL}{version - KEEP}", b"")
        tx.write_note(NOW, msgspec.json.encode(Head(version=version)))
        self._version = version
        return min(len(answers), MOST)

    def _writer(self, tx: Tx, plan: Plan) -> tuple[Learner, int]:
        """The learner where it stopped, on whichever node, by the columns of today's configuration."""
        version = _head(tx).version
        if self._learner is None or self._version != version:
            told = tx.note(f"{MODEL}{version}") if version else b""
            self._learner = resume(Snapshot.from_bytes(told)) if told else Learner(self._layout(plan, ()))
        learner = self._learner
        self._learner = None  # until this is kept
        learner.arrange(self._layout(plan, learner.layout.columns))
        for action in [one for one in learner.row if one not in plan.number]:
            learner.forget(action)
        self._learner = learner
        return learner, version

    def _layout(self, plan: Plan, keep: tuple[str, ...]) -> Layout:
        config = self._core.plans.config
        columns = vocabulary(
            stages=[stage.id for stage in config.stages],
            topics=plan.topics,
            channels=sorted({slot.channel for slot in plan.slots.values()} - {""}),
            segments=sorted(config.segments),
            touchpoints=sorted({placement.touchpoint for placement in config.acting.placements.values()} - {""}),
            keep=keep,
        ).columns
        return Layout(columns, plan.feature_names)

    def _teach(self, tx: Tx, learner: Learner, plan: Plan, answer: Waiting, now: Micros) -> None:
        key = f"{LESSON}{answer.decision}:{answer.action}"
        kept, positive = _kept(tx, key), answer.what == "positive"
        if kept is not None:
            if positive and not kept.lesson.positive and kept.served is None:
                tx.write_note(key, msgspec.msgpack.encode(Kept(learner.turn(kept.lesson), kept.raw)))
            return
        event = event_of(self._core, tx, answer.tid, answer.decision)
        number = plan.number.get(answer.action)
        if event is None or number is None or "context" not in event.properties:
            return  # erased, or the action is gone
        told = event.properties
        kept_layout = tx.note(f"{LAYOUT}{told['layout']}")
        if not kept_layout:
            return
        layout = msgspec.json.decode(zlib.decompress(kept_layout), type=Layout)
        context = np.array(told["context"], np.float32)
        lesson = learner.teach(case(plan, number, context, layout), positive=positive)
        raw = next((one.get("raw", 0.0) for one in told["shown"] if one["action"] == answer.action), 0.0)
        tx.write_note(key, msgspec.msgpack.encode(Kept(lesson, raw)))
        due = f"{DUE}{(now + _window(plan, number)) // HOUR + 1:012d}"
        waiting = tx.note(due)
        keys = msgspec.msgpack.decode(waiting, type=list[str]) if waiting else []
        tx.write_note(due, msgspec.msgpack.encode([*keys, key]))


def unlearn(tx: Tx, events: Iterable[Event], id: str) -> int:
    """Have forgotten what the answers of an erased customer taught; how many."""
    gone, keys = [], set()
    for event in events:
        if event.type == "response":
            keys.add(f"{LESSON}{event.properties.get('decision')}:{event.properties.get('action')}")
            tx.write_note(f"{ANSWER}{event.seq:020d}", b"")
    for key in sorted(keys):
        kept = _kept(tx, key)
        if kept is not None:
            gone.append(kept)
            tx.write_note(key, b"")
    if gone:
        tx.write_note(f"{GONE}{id}", msgspec.msgpack.encode(gone))
    return len(gone)


def _head(view: View) -> Head:
    told = view.note(NOW)
    return msgspec.json.decode(told, type=Head) if told else Head()


def _kept(view: View, key: str) -> Kept | None:
    told = view.note(key)
    return msgspec.msgpack.decode(told, type=Kept) if told else None


def _due(view: View, now: Micros) -> list[str]:
    """Names of the hours that are over."""
    return [name for name in view.notes(DUE) if int(name[len(DUE) :]) <= now // HOUR]


def _window(plan: Plan, number: int) -> Micros:
    """How long a positive response may come after the action was seen."""
    positive = [one.within for one in plan.actions[number].responses if one.sentiment == "positive"]
    return max((rules.duration(one) or WINDOW for one in positive), default=WINDOW)
