"""What customers answered so far: chance x value x levers, tried out where it is not known yet.

The chance of a positive response follows from who the customer is, what the action is like, its topic and the action
itself (`learning/`). In each of some worlds that may be true every action has a worth; the chance that an action is shown is
the share of worlds where it is worth most. An action that is regulated is worth the same in all of them: nothing is tried
out with it.
"""

from __future__ import annotations

import numpy as np
from msgspec import Struct

from harken.decide.features import Context, Read, reader, vocabulary
from harken.decide.learning.belief import Floats
from harken.decide.learning.chances import NEW, NEW_GROUP, NO_GROUP, Numbers
from harken.decide.learning.layout import Layout, carried
from harken.decide.learning.learner import MOST_GROUPS, Case, Learner
from harken.decide.learning.ranking import WARM, Candidates, drawn
from harken.decide.learning.reasons import Reason, reasons
from harken.decide.learning.snapshot import Snapshot, snapshot
from harken.decide.plan import Mask, Plan
from harken.decide.policy import Asked, Ranked

KEPT = 4  # pairs of plan and model that are kept as they fit together


class Fitted(Struct, frozen=True, kw_only=True):
    """A plan's actions as a model knows them, by their number in the plan."""

    plan: Plan
    model: Snapshot
    read: Read
    features: Floats  # with 1 first
    group: Numbers
    row: Numbers
    new: Mask


class Harken:
    """Learns from every answer."""

    name = "harken"
    about = "Chance of a positive response, learned from all answers so far, times value and levers. Tries out what it does not know."
    learns = True

    def __init__(self) -> None:
        self._fitted: tuple[Fitted, ...] = ()

    def rank(self, asked: Asked) -> Ranked:
        fitted, numbers = self._fit(asked.plan, asked.model), asked.numbers
        context = fitted.read(asked.customer, asked.slot.channel, asked.now)
        candidates = Candidates(
            features=fitted.features[numbers], group=fitted.group[numbers], row=fitted.row[numbers],
            new=fitted.new[numbers], fixed=asked.plan.regulated[numbers],
        )  # fmt: skip
        worth = asked.value * asked.weight
        found = drawn(fitted.model, candidates, context.astype(np.float64), worth, asked.random)
        return Ranked(
            utility=found.utility, chance=found.chance, contenders=found.contenders, draws=found.draws, context=context,
            raw=found.raw,
        )  # fmt: skip

    def reasons(self, asked: Asked, at: int, most: int = 5) -> list[Reason]:
        """Why the one at that place among those asked: what speaks for it more than for the average candidate."""
        fitted, numbers = self._fit(asked.plan, asked.model), asked.numbers
        context = fitted.read(asked.customer, asked.slot.channel, asked.now).astype(np.float64)
        return reasons(
            fitted.model.weights, fitted.model.layout.columns, context, fitted.features[numbers], fitted.group[numbers],
            fitted.row[numbers], at, most,
        )  # fmt: skip

    def _fit(self, plan: Plan, model: Snapshot | None) -> Fitted:
        for one in self._fitted:
            if one.plan is plan and (one.model is model or (model is None and not one.model.about.version)):
                return one
        found = _fitted(plan, untaught(plan) if model is None else model)
        self._fitted = (found, *self._fitted[: KEPT - 1])
        return found


POLICY = Harken()


def untaught(plan: Plan) -> Snapshot:
    """What is known before anything is learned: version 0."""
    columns = vocabulary(
        topics=plan.topics, channels=sorted({slot.channel for slot in plan.slots.values()} - {""})
    ).columns
    return snapshot(Learner(Layout(columns, plan.feature_names)))


def case(plan: Plan, number: int, context: Context, layout: Layout) -> Case:
    """An action that was shown, as the learner is told. `context`: as `Ranked` had it; `layout`: the model's."""
    topic = plan.group[number]
    features = carried(plan.features[number], plan.feature_names, layout.features)
    return Case(
        action=plan.actions[number].id, group=plan.topics[topic] if topic >= 0 else "", context=context,
        features=features.astype(np.float32), layout=layout,
    )  # fmt: skip


def _fitted(plan: Plan, model: Snapshot) -> Fitted:
    row = np.array([model.row.get(action.id, NEW) for action in plan.actions], np.int64)
    unmet = NEW_GROUP if len(model.group) < MOST_GROUPS else NO_GROUP
    topics = np.array([model.group.get(topic, unmet) for topic in plan.topics] + [NO_GROUP], np.int64)
    features = [carried(one, plan.feature_names, model.layout.features) for one in plan.features]
    known = np.append(model.numbers["seen"], 0.0)
    ones = np.ones((len(plan.actions), 1))
    return Fitted(
        plan=plan,
        model=model,
        read=reader(model.layout.columns),
        features=np.hstack([ones, np.array(features).reshape(len(plan.actions), -1).astype(np.float32)]),
        group=topics[plan.group],
        row=row,
        new=known[row] < WARM,
    )
