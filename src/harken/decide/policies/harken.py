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
from harken.decide.learning.chances import NEW, NEW_GROUP, NO_GROUP, Believed, Numbers, believed, worlds
from harken.decide.learning.layout import Layout, carried
from harken.decide.learning.learner import MOST_GROUPS, Case, Learner
from harken.decide.learning.reasons import Reason, reasons
from harken.decide.learning.snapshot import Snapshot, snapshot
from harken.decide.plan import Plan
from harken.decide.policy import Asked, Ranked

WORLDS = 128  # draws of what may be true; the smallest chance without the floor is one of them
CONTENDERS = 256  # of more candidates, those that may be best in a good world are drawn
REACH = 3.0  # standard deviations of a draw such a world is good by
WARM = 30  # an action seen fewer times is new
WARM_SHARE = 0.5  # of worlds in which new actions may be best, as long as there are others
KEPT = 4  # pairs of plan and model that are kept as they fit together


class Fitted(Struct, frozen=True, kw_only=True):
    """A plan's actions as a model knows them, by their number in the plan."""

    plan: Plan
    model: Snapshot
    read: Read
    features: Floats  # with 1 first
    group: Numbers
    row: Numbers
    new: np.ndarray[tuple[int], np.dtype[np.bool_]]


class Harken:
    """Learns from every answer."""

    name = "harken"
    about = "Chance of a positive response, learned from all answers so far, times value and levers. Tries out what it does not know."
    learns = True

    def __init__(self) -> None:
        self._fitted: tuple[Fitted, ...] = ()

    def rank(self, asked: Asked) -> Ranked:
        fitted = self._fit(asked.plan, asked.model)
        context, seen = _look(fitted, asked)
        worth = asked.value * asked.weight
        shift, slope = fitted.model.calibration
        chance = _chance(shift + slope * seen.mean)
        utility = chance * worth
        scale = fitted.model.about.prior.scale
        contenders = _contenders(_chance(shift + slope * (seen.mean + REACH * scale * seen.spread)) * worth, utility)
        draws = worlds(seen, contenders, WORLDS, scale, asked.random)
        draws *= slope
        draws += shift
        draws = _chance(draws)
        draws *= worth[contenders]
        numbers = asked.numbers[contenders]
        regulated = asked.plan.regulated[numbers]
        draws[:, regulated] = utility[contenders[regulated]]
        _warm_up(draws, fitted.new[numbers] & ~regulated)
        return Ranked(
            utility=utility, chance=chance, contenders=contenders, draws=draws, context=context, raw=seen.mean
        )

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


def _look(fitted: Fitted, asked: Asked) -> tuple[Context, Believed]:
    context = fitted.read(asked.customer, asked.slot.channel, asked.now)
    numbers = asked.numbers
    return context, believed(
        fitted.model.weights, context.astype(np.float64), fitted.features[numbers], fitted.group[numbers],
        fitted.row[numbers],
    )  # fmt: skip


def _chance(logits: Floats) -> Floats:
    """Logits as chances, in place where they are no longer needed."""
    found: Floats = 1 / (1 + np.exp(-logits))
    return found


def _contenders(good: Floats, utility: Floats) -> Numbers:
    """Those that may be best: worth most in a good world, and the best guess."""
    if len(good) <= CONTENDERS:
        return np.arange(len(good))
    chosen = np.argpartition(-good, CONTENDERS - 1)[:CONTENDERS]
    return np.union1d(chosen, [int(utility.argmax())])


def _warm_up(draws: Floats, new: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> None:
    """In some worlds only those that are no longer new may be best, as long as there are such."""
    if new.any() and not new.all():
        draws[int(WARM_SHARE * len(draws)) :, new] -= draws.max() + 1
