"""Answers, one by one -> beliefs about weights: the one writer's own copy, from which snapshots are made for readers.

    lesson = learner.teach(case, positive=False)     it was seen: a negative, at once
    lesson = learner.turn(lesson)                    it was answered: the negative is taken back, a positive learned
    served = learner.final(raw, positive=…)          its window is over: the chance it was served with is put right
    learner.erase(lessons, served)                   the customer is forgotten

What an observation teaches depends on what was known: the logistic likelihood is replaced by the Gaussian that touches it
where it meets what was believed (Laplace's approximation, one observation at a time), and each block of weights learns what
that observation says of it while the others are as unsure as they are. That Gaussian is the lesson. It is kept, and so can be
subtracted exactly, in any order, whatever was learned since.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from harken.decide.learning.belief import Floats, Full, Rows
from harken.decide.learning.calibration import Calibration, Served
from harken.decide.learning.laplace import met
from harken.decide.learning.layout import Layout, carried, places

MOST_GROUPS = 64  # that learn of their own; actions of others learn from all actions, and for themselves


class Prior(Struct, frozen=True, kw_only=True):
    """What is believed before anything is learned: variances of weights, on the logit. All settings there are."""

    start: float = -2.0  # logit of the chance of a positive response: about 12 %
    whole: float = 4.0  # of `start`
    column: float = 0.1  # of a column's weight for all actions
    feature: float = 0.5  # of a column's weight for a feature
    group: float = 1.0  # of a column's weight for a group
    group_one: float = 0.5  # of a group as such
    action: float = 0.03  # of a column's weight for one action
    action_one: float = 0.2  # of an action as such
    scale: float = 0.2  # how much of what is not known is tried out: standard deviations of a draw


GENERIC = Prior()


class Case(Struct, frozen=True, kw_only=True):
    """One action that was shown, as it was looked at."""

    action: str
    group: str  # "" = none
    context: NDArray[np.float32]  # by column
    features: NDArray[np.float32]  # by feature
    layout: Layout  # whose columns and features those are


class Lesson(Struct, frozen=True, kw_only=True, array_like=True):
    """What an observation taught, with all it takes to take it back. Kept with the response."""

    action: str
    born: int  # which of the actions of that name
    group: str
    layout: str
    context: bytes  # float32, by column
    features: bytes  # float32
    positive: bool
    shared: tuple[float, float]  # weight and response, for what all actions share
    grouped: tuple[float, float]
    own: float  # weight
    change: bytes  # float32, by column


class Learner:
    """Beliefs that change. Not for several threads."""

    def __init__(self, layout: Layout, prior: Prior = GENERIC) -> None:
        self.layout, self.prior = layout, prior
        self._layout_id = layout.id
        self.layouts = {self._layout_id: layout}
        self.lessons = 0  # learned, less those taken back
        self.shared = Full.prior(*_shared_prior(layout, prior))
        self.groups: dict[str, Full] = {}
        self.rows = Rows.of(own_variance(layout, prior))
        self.row: dict[str, int] = {}
        self.born: dict[str, int] = {}
        self.births = 0
        self._free: list[int] = []  # rows of actions that are gone
        self.seen, self.positive = np.zeros((2, 0))
        self.calibration = Calibration()

    # ------------------------------------------------------------------ learn

    def teach(self, case: Case, *, positive: bool) -> Lesson:
        """Learn from one action that was seen; what it taught is to be kept for `turn` and `erase`."""
        self._meet(case.action, case.group)
        if case.layout != self.layout:
            self.layouts[case.layout.id] = case.layout
        context = carried(case.context.astype(np.float64), case.layout.columns, self.layout.columns)
        features = carried(case.features.astype(np.float64), case.layout.features, self.layout.features)
        looked, group, row = _outer(features, context), self.groups.get(case.group), self.row[case.action]
        shared_gain, shared_variance = self.shared.spread(looked)
        group_gain, group_variance = group.spread(context) if group else (context, 0.0)
        own_mean, own_variance = self.rows.guess(row, context)
        shared_mean = float(self.shared.mean @ looked)
        group_mean = float(group.mean @ context) if group else 0.0
        mean, variance = shared_mean + group_mean + own_mean, shared_variance + group_variance + own_variance
        noise, response = met(mean, variance, positive)
        weight = 1 / (noise + variance)
        shared = (1 / (noise + variance - shared_variance), response - mean + shared_mean)
        grouped = (1 / (noise + variance - group_variance), response - mean + group_mean)
        change = self.rows.lesson(row, context, weight, response - mean)
        self.shared.add(looked, *shared, (shared_gain, shared_variance))
        if group:
            group.add(context, *grouped, (group_gain, group_variance))
        self._own(row, context, weight, change, positive, 1)
        self.lessons += 1
        return Lesson(
            action=case.action, born=self.born[case.action], group=case.group if group else "", layout=self._layout_id,
            context=context.astype(np.float32).tobytes(), features=features.astype(np.float32).tobytes(),
            positive=positive, shared=shared, grouped=grouped, own=weight, change=change.tobytes(),
        )  # fmt: skip

    def turn(self, lesson: Lesson) -> Lesson:
        """What was a negative until now is a positive: take it back exactly, learn the other."""
        self.take_back(lesson)
        context, features = self._looked(lesson)
        case = Case(
            action=lesson.action, group=lesson.group, context=context.astype(np.float32),
            features=features.astype(np.float32), layout=self.layout,
        )  # fmt: skip
        return self.teach(case, positive=not lesson.positive)

    def add(self, lesson: Lesson) -> None:
        """Take in what an observation taught, elsewhere or before."""
        self._apply(lesson, 1)

    def take_back(self, lesson: Lesson) -> None:
        """Know everything but this."""
        self._apply(lesson, -1)

    def final(self, raw: float, *, positive: bool) -> Served:
        """No other answer can come any more to what was served with this logit (as ranked, before calibration).

        Negatives that may still turn are not calibrated with: there are most of them where nobody could answer yet.
        """
        return self.calibration.teach(raw, positive=positive)

    def erase(self, lessons: Iterable[Lesson], served: Iterable[Served] = ()) -> Erased:
        """Forget what a customer's answers taught."""
        lessons, served = list(lessons), list(served)
        for lesson in lessons:
            self.take_back(lesson)
        for one in served:
            self.calibration.take_back(one)
        self.refresh()
        return Erased(lessons=len(lessons), served=len(served))

    def forget(self, action: str) -> None:
        """An action is gone: what it had of its own goes at once. What it taught of others stays."""
        row = self.row.pop(action, None)
        if row is not None:
            del self.born[action]
            self._free.append(row)
            self.rows.blank(row)
            self.seen[row] = self.positive[row] = 0.0

    def refresh(self) -> None:
        """Everything that waits is taken in, and rounding is undone."""
        for block in (self.shared, *self.groups.values()):
            block.refresh()

    # ------------------------------------------------------------------ names come and go

    def arrange(self, layout: Layout) -> None:
        """Go on with other columns or features: those of the same name keep what they know, new ones know nothing."""
        if layout == self.layout:
            return
        old, fresh = self.layout, Learner(layout, self.prior)
        columns, features = places(layout.columns, old.columns), places(layout.features, old.features)
        named = np.concatenate([[0], np.where(features >= 0, features + 1, -1)])
        at = np.where((named[:, None] >= 0) & (columns >= 0), named[:, None] * len(old.columns) + columns, -1).ravel()
        _carry(self.shared, fresh.shared, at)
        for group, block in self.groups.items():
            fresh.groups[group] = Full.prior(*group_prior(layout, self.prior))
            _carry(block, fresh.groups[group], columns)
        kept = np.flatnonzero(columns >= 0)
        rows = fresh.rows
        rows.precision = np.tile(rows.prior, (len(self.rows.shift), 1))
        rows.shift = np.zeros_like(rows.precision)
        rows.precision[:, kept] = self.rows.precision[:, columns[kept]]
        rows.shift[:, kept] = self.rows.shift[:, columns[kept]]
        self.layout, self.shared, self.groups, self.rows = layout, fresh.shared, fresh.groups, rows
        self._layout_id = layout.id
        self.layouts[self._layout_id] = layout

    def _meet(self, action: str, group: str) -> None:
        """Have a place for an action and its group."""
        if group and group not in self.groups and len(self.groups) < MOST_GROUPS:
            self.groups[group] = Full.prior(*group_prior(self.layout, self.prior))
        if action in self.row:
            return
        taken = set(self.row.values())
        row = (
            len(taken)
            if len(taken) >= len(self.rows.shift)
            else next(n for n in range(len(taken) + 1) if n not in taken)
        )
        self.rows.blank(row)
        if row >= len(self.seen):
            more = len(self.rows.shift) - len(self.seen)
            self.seen, self.positive = (np.concatenate([one, np.zeros(more)]) for one in (self.seen, self.positive))
        self.births += 1
        self.row[action], self.born[action] = row, self.births

    def _looked(self, lesson: Lesson) -> tuple[Floats, Floats]:
        """Context and features of a lesson by today's names."""
        old = self.layouts[lesson.layout]
        context = np.frombuffer(lesson.context, np.float32).astype(np.float64)
        features = np.frombuffer(lesson.features, np.float32).astype(np.float64)
        return (
            carried(context, old.columns, self.layout.columns),
            carried(features, old.features, self.layout.features),
        )

    def _apply(self, lesson: Lesson, sign: int) -> None:
        self.lessons += sign
        context, features = self._looked(lesson)
        self.shared.add(_outer(features, context), sign * lesson.shared[0], lesson.shared[1])
        if lesson.group in self.groups:
            self.groups[lesson.group].add(context, sign * lesson.grouped[0], lesson.grouped[1])
        if self.born.get(lesson.action) == lesson.born:
            change = np.frombuffer(lesson.change, np.float32)
            change = carried(change, self.layouts[lesson.layout].columns, self.layout.columns)
            self._own(self.row[lesson.action], context, lesson.own, change, lesson.positive, sign)

    def _own(
        self, row: int, context: Floats, weight: float, change: NDArray[np.float32], positive: bool, sign: int
    ) -> None:
        self.rows.add(row, context, sign * weight, sign * change)
        self.seen[row] += sign
        self.positive[row] += sign * positive


class Erased(Struct, frozen=True, kw_only=True):
    """What forgetting a customer did, and what it cannot do."""

    lessons: int  # taken back, each exactly
    served: int  # of calibration
    remains: tuple[str, ...] = (
        "where later responses of other customers were linearized: they were learned while these were known",
        "snapshots made before, as long as they are kept to make their decisions again",
    )


# ---------------------------------------------------------------------- parts


def _outer(features: Floats, context: Floats) -> Floats:
    """The context as it is, and once more for each feature."""
    return np.concatenate([context, np.outer(features, context).ravel()]) if len(features) else context


def _shared_prior(layout: Layout, prior: Prior) -> tuple[Floats, Floats]:
    count = len(layout.columns)
    variance = np.full(layout.size, float(prior.feature))
    variance[:count] = prior.column
    mean = np.zeros(layout.size)
    variance[0], mean[0] = prior.whole, prior.start
    return variance, mean


def group_prior(layout: Layout, prior: Prior) -> tuple[Floats, Floats]:
    variance = np.full(len(layout.columns), float(prior.group))
    variance[0] = prior.group_one
    return variance, np.zeros(len(layout.columns))


def own_variance(layout: Layout, prior: Prior) -> Floats:
    variance = np.full(len(layout.columns), float(prior.action))
    variance[0] = prior.action_one
    return variance


def _carry(old: Full, new: Full, at: NDArray[np.int64]) -> None:
    """What was known of the weights that are still there; `at`: for each new weight its old place, or -1."""
    old.settle()
    kept = np.flatnonzero(at >= 0)
    new.precision[np.ix_(kept, kept)] = old.precision[np.ix_(at[kept], at[kept])]
    new.shift[kept] = old.shift[at[kept]]
    new.refresh()
