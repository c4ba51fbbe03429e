"""A shop that decides 20,000 times: customers, actions that come and go, tastes that drift half-way; who captures how much.

Fixed, and the same for every policy: 200 live actions of 10 topics with 4 features each, 150 of them replaced at chance
times; 30 eligible each time; 24 context columns (the first is 1, of the others 3 in 10 are not 0); the logit of a yes is a
base rate, the action's, and what topic, features and action make of the context; half-way half of the topics' weights turn.
The truth has the form of Harken's model: this shows mechanisms, not lift. `captured` = (policy - random) / (best - random).
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np

from harken.decide.learning.chances import NEW, NEW_GROUP
from harken.decide.learning.layout import ONE, Layout
from harken.decide.learning.learner import Case, Learner, Lesson
from harken.decide.learning.ranking import WARM, Candidates, drawn
from harken.decide.learning.snapshot import snapshot

DECISIONS, LIVE, TOTAL, ELIGIBLE, TOPICS, FEATURES, COLUMNS = 20_000, 200, 350, 30, 10, 4, 24
BASE, OF_ACTION, OF_TOPIC, OF_FEATURE, OF_OWN, DRIFT = -3.85, 0.4, 0.405, 0.27, 0.2, 0.5
FLOOR, STALE = 0.02, 50  # part spread evenly; decisions until readers get the next snapshot
DELAY, WINDOW = 1_500, 6_000


class World:
    """The shop."""

    def __init__(self, seed: int, decisions: int = DECISIONS) -> None:
        random = self.random = np.random.default_rng(seed)
        wide = COLUMNS - 1
        self.decisions = decisions
        self.topic = random.integers(0, TOPICS, TOTAL)
        self.features = random.normal(size=(TOTAL, FEATURES)) / np.sqrt(FEATURES)
        self.base = BASE + OF_ACTION * random.normal(size=TOTAL)
        self.by_topic = OF_TOPIC * random.normal(size=(TOPICS, wide))
        self.by_feature = OF_FEATURE * random.normal(size=(FEATURES, wide))
        self.own = OF_OWN * random.normal(size=(TOTAL, wide))
        turned = OF_TOPIC * random.normal(size=(TOPICS, wide))
        self.later = np.sqrt(1 - DRIFT**2) * self.by_topic + DRIFT * turned
        self.live = list(range(LIVE))
        self.swaps = np.sort(random.choice(np.arange(1, decisions), TOTAL - LIVE, replace=False))
        self.swapped = 0

    def step(self, at: int) -> Moment:
        """The next customer."""
        gone = []
        while self.swapped < len(self.swaps) and self.swaps[self.swapped] == at:
            place = int(self.random.integers(LIVE))
            gone.append(self.live[place])
            self.live[place] = LIVE + self.swapped
            self.swapped += 1
        there = self.random.random(COLUMNS - 1) < 0.3
        some = self.random.normal(size=COLUMNS - 1) * there / 0.55 / np.sqrt(COLUMNS - 1) * 1.8
        eligible = np.sort(self.random.choice(self.live, ELIGIBLE, replace=False))
        tastes = (self.by_topic if at < self.decisions / 2 else self.later)[self.topic[eligible]]
        logit = self.base[eligible] + (tastes + self.features[eligible] @ self.by_feature + self.own[eligible]) @ some
        context = np.concatenate([[1.0], some])
        return Moment(context, eligible, 1 / (1 + np.exp(-logit)), gone, float(self.random.random()))


class Moment(NamedTuple):
    context: Any
    eligible: Any
    chance: Any  # true, by eligible action
    gone: list[int]
    luck: float  # it is a yes when this is below the chance


class Player(Protocol):
    """A policy that plays."""

    def choose(self, at: int, moment: Moment) -> int:
        """A place among the eligible."""

    def told(self, at: int, moment: Moment, place: int, yes: bool) -> None: ...


class Played(NamedTuple):
    captured: float
    random: float  # share of yes by chance
    best: float  # by knowing
    seconds: float


def play(player: Callable[[World], Player], seed: int, decisions: int = DECISIONS) -> Played:
    """One policy in one shop."""
    world = World(seed, decisions)
    one = player(world)
    got = by_chance = best = seconds = 0.0
    for at in range(decisions):
        moment = world.step(at)
        began = time.thread_time()
        place = one.choose(at, moment)
        yes = moment.luck < moment.chance[place]
        one.told(at, moment, place, bool(yes))
        seconds += time.thread_time() - began
        got += moment.chance[place]
        by_chance += moment.chance.mean()
        best += moment.chance.max()
    return Played((got - by_chance) / (best - by_chance), by_chance / decisions, best / decisions, seconds)


class Harken:
    """Harken's model with its generic prior, as it is served: snapshots, worlds, floor, warm-up."""

    def __init__(self, world: World, *, delay: int = 0, wait: bool = False) -> None:
        self.world, self.delay, self.wait = world, delay, wait
        names = (ONE, *(f"c{number}" for number in range(COLUMNS - 1)))
        self.learner = Learner(Layout(names, tuple(f"f{number}" for number in range(FEATURES))))
        self.model = snapshot(self.learner)
        self.random = np.random.default_rng(7_000 + int(world.swaps.sum()))
        self.turning: dict[int, list[Lesson]] = defaultdict(list)
        self.final: dict[int, list[tuple[Case, float, bool]]] = defaultdict(list)
        self.served: list[tuple[float, float, float]] = []  # raw, as served, true

    def choose(self, at: int, moment: Moment) -> int:
        for gone in moment.gone:
            self.learner.forget(str(gone))
        eligible, world, model = moment.eligible, self.world, self.model
        row = np.array([model.row.get(str(one), NEW) for one in eligible])
        candidates = Candidates(
            features=np.hstack([np.ones((ELIGIBLE, 1)), world.features[eligible].astype(np.float32)]),
            group=np.array([model.group.get(str(world.topic[one]), NEW_GROUP) for one in eligible]), row=row,
            new=np.append(model.numbers["seen"], 0.0)[row] < WARM, fixed=np.zeros(ELIGIBLE, np.bool_),
        )  # fmt: skip
        found = drawn(
            model, candidates, moment.context.astype(np.float32).astype(float), np.ones(ELIGIBLE), self.random
        )
        share = np.bincount(found.contenders[found.draws.argmax(axis=1)], minlength=ELIGIBLE) / len(found.draws)
        place = int(self.random.choice(ELIGIBLE, p=(1 - FLOOR) * share + FLOOR / ELIGIBLE))
        self.served.append((float(found.raw[place]), float(found.chance[place]), float(moment.chance[place])))
        return place

    def told(self, at: int, moment: Moment, place: int, yes: bool) -> None:
        action = moment.eligible[place]
        case = Case(
            action=str(action), group=str(self.world.topic[action]), context=moment.context.astype(np.float32),
            features=self.world.features[action].astype(np.float32), layout=self.learner.layout,
        )  # fmt: skip
        raw = self.served[-1][0]
        after = int(self.random.exponential(self.delay)) if self.delay else 0
        yes = yes and after < WINDOW
        if not self.wait:
            lesson = self.learner.teach(case, positive=False)
            if yes:
                self.turning[at + after].append(lesson)
        self.final[at + (WINDOW if self.delay else 0)].append((case, raw, yes))
        for lesson in self.turning.pop(at, ()):
            self.learner.turn(lesson)
        for answered, served, positive in self.final.pop(at, ()):
            self.learner.final(served, positive=positive)
            if self.wait:
                self.learner.teach(answered, positive=positive)
        if at % STALE == STALE - 1:
            self.model = snapshot(self.learner)


class Static:
    """A rule table: 8 segments, learned on the first 15 %, then fixed; the best action of the segment that is eligible."""

    def __init__(self, world: World) -> None:
        self.random = np.random.default_rng(1)
        self.until = world.decisions * 0.15
        self.planes = np.random.default_rng(2).normal(size=(3, COLUMNS - 1))
        self.shown, self.yes = np.ones((8, TOTAL)), np.full((8, TOTAL), 0.03)

    def _segment(self, moment: Moment) -> int:
        return int((self.planes @ moment.context[1:] > 0) @ np.array([1, 2, 4]))

    def choose(self, at: int, moment: Moment) -> int:
        if at < self.until:
            return int(self.random.integers(ELIGIBLE))
        segment = self._segment(moment)
        return int((self.yes[segment, moment.eligible] / self.shown[segment, moment.eligible]).argmax())

    def told(self, at: int, moment: Moment, place: int, yes: bool) -> None:
        if at < self.until:
            segment, action = self._segment(moment), moment.eligible[place]
            self.shown[segment, action] += 1
            self.yes[segment, action] += yes


def calibration(served: list[tuple[float, float, float]]) -> tuple[float, float]:
    """Expected calibration error over ten parts of equal size, and by how much the top part is off, against true chances."""
    told, true = np.array(served)[:, 1], np.array(served)[:, 2]
    parts = np.array_split(np.argsort(told), 10)
    off = [abs(float(told[part].mean() - true[part].mean())) * len(part) for part in parts]
    return sum(off) / len(told), float(told[parts[-1]].mean() / true[parts[-1]].mean()) - 1
