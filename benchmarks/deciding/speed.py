"""A decision in process: gates, ranking, exact chance and the record of it; updates of one writer; chances against counts.

Times are those of the processor (one thread), so that another program on the machine counts for little.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from math import erfc, sqrt
from typing import Any

import msgspec
import numpy as np

from harken.decide import Asked, Customer, Decided, Plan, choose, decide, prepare
from harken.decide.features import reader
from harken.decide.learning.layout import ONE, Layout
from harken.decide.learning.learner import Case, Learner
from harken.decide.learning.snapshot import Snapshot, snapshot
from harken.decide.policies.harken import POLICY, case, untaught
from harken.rules import FALSE, Line, Verdict
from harken.words import DAY, Acting, Action, Asset, Micros, Placement

NOW: Micros = 20_000 * DAY
TOPICS = 20


class Somebody:
    """`rules.Facts` of a customer who likes some topics."""

    half_life = 30.0

    def __init__(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        self.likes = {
            f"t{one:02}": {NOW // DAY - 3: int(random.integers(1, 9_000))} for one in random.integers(0, TOPICS, 5)
        }
        self.plan = ["tin", "gold"][seed % 2]

    def times(self, kind: str, name: str) -> None:
        return None

    def trait(self, name: str) -> Line:
        return [(NOW - DAY, self.plan)]

    def spent(self, name: str) -> Mapping[int, int]:
        return {}

    def topic(self, topic: str) -> Mapping[int, int]:
        return self.likes.get(topic, {})

    def stage(self, which: str, now: Micros) -> tuple[str, Micros | None]:
        return "buy", None

    def consent(self, purpose: str, now: Micros) -> tuple[bool | None, Micros | None]:
        return True, None

    def has(self, kind: str) -> bool:
        return True

    def first(self) -> Micros | None:
        return NOW - 50 * DAY

    def last(self, now: Micros) -> tuple[Micros | None, Micros | None]:
        return NOW - DAY, None

    def segment(self, name: str, now: Micros) -> Verdict:
        return FALSE

    def field(self, where: str, name: str) -> Any:
        return None


def shop(actions: int) -> Plan:
    """Actions of 20 topics with 4 features; one in ten has a rule of its own kind, one in ten needs consent."""
    random = np.random.default_rng(1)
    return prepare(
        Acting(
            placements={"home": Placement(id="home", policy="harken", channel="web")},
            actions={
                f"a{number:04}": Action(
                    id=f"a{number:04}", topic=f"t{number % TOPICS:02}", value=float(random.uniform(1, 9)),
                    features={name: float(random.normal()) for name in ("price", "margin", "length", "novelty")},
                    eligible={"trait": "plan", "is": "gold"} if number % 10 == 0 else {},
                    purpose="offers" if number % 10 == 1 else "", assets=(Asset(),),
                )
                for number in range(actions)
            },
        )
    )  # fmt: skip


def somebody(seed: int) -> Customer:
    return Customer(facts=Somebody(seed), unit=f"k{seed}", known=True)


def learned(plan: Plan, answers: int = 3_000) -> Snapshot:
    """A model of that plan after some answers."""
    start = untaught(plan)
    learner, read, random = Learner(start.layout), reader(start.layout.columns), np.random.default_rng(2)
    for number in range(answers):
        one = int(random.integers(len(plan.actions)))
        learner.teach(
            case(plan, one, read(somebody(number), "web", NOW), start.layout), positive=bool(random.random() < 0.1)
        )
    return snapshot(learner, 1)


def record(decided: Decided) -> bytes:
    """All that is kept of a decision, as it would be written to the log."""
    ranked = decided.ranked
    told = (
        decided.seed,
        decided.policy,
        decided.control,
        decided.explored,
        decided.shown,
        decided.judged.failed.tobytes(),
    )
    if ranked is None or ranked.context is None or ranked.contenders is None:
        return msgspec.msgpack.encode(told)
    best = ranked.utility[ranked.contenders].astype(np.float32).tobytes()
    return msgspec.msgpack.encode((*told, ranked.context.tobytes(), ranked.contenders.astype(np.int32).tobytes(), best))


def decisions(actions: int, count: int) -> tuple[float, float]:
    """Median and 99th percentile, in milliseconds of the processor: choose, and encode the record."""
    plan = shop(actions)
    models = {"harken": learned(plan)}
    customers = [somebody(seed) for seed in range(50)]
    taken = []
    for number in range(count + 20):
        began = time.thread_time_ns()
        found = decide(
            plan, "home", customers[number % 50], NOW, seed=str(number), policies={"harken": POLICY}, models=models
        )
        record(found)
        taken.append((time.thread_time_ns() - began) / 1e6)
    low, high = np.percentile(taken[20:], [50, 99])
    return float(low), float(high)


def updates(count: int, *, columns: int = 50, features: int = 4, actions: int = 1_000) -> float:
    """Answers learned in a second by one writer: a negative each, one in twenty taken back and learned as a positive."""
    random = np.random.default_rng(3)
    layout = Layout(
        (ONE, *(f"c{number}" for number in range(columns - 1))), tuple(f"f{number}" for number in range(features))
    )
    learner = Learner(layout)
    contexts = random.normal(size=(200, columns)).astype(np.float32)
    tastes = random.normal(size=(actions, features)).astype(np.float32)
    cases = [
        Case(action=str(one), group=str(one % 20), context=contexts[number % 200], features=tastes[one], layout=layout)
        for number, one in enumerate(random.integers(0, actions, count))
    ]  # fmt: skip
    began = time.thread_time()
    for number, one in enumerate(cases):
        lesson = learner.teach(one, positive=False)
        if number % 20 == 0:
            learner.turn(lesson)
    return count / (time.thread_time() - began)


def frequencies(draws: int) -> tuple[float, float]:
    """Chances as logged against how often it happens: each choice is made twice from the same ranking, and the second is the
    same action as the first with just the first one's logged chance. By tenth of that chance, the smallest probability that
    this is so (chi-square), and the mean weight of choosing evenly instead. A tenth of the choice is spread evenly."""
    plan = shop(40)
    model, slot = learned(plan, 400), plan.slots["home"]
    random = np.random.default_rng(5)
    chances, again = [], []
    for number in range(draws // 200):
        asked = Asked(
            plan=plan, slot=slot, numbers=slot.candidates, customer=somebody(number % 50), value=plan.value,
            weight=np.ones(40), now=NOW, random=random, model=model,
        )  # fmt: skip
        ranked = POLICY.rank(asked)
        for _ in range(100):
            first, second = (choose(ranked, 1, random, floor=0.1)[0] for _ in range(2))
            chances.append(first.chance)
            again.append(first.at == second.at)
    told, happened = np.array(chances), np.array(again)
    least = 1.0
    for part in np.array_split(np.argsort(told, kind="stable"), 10):
        off = happened[part].sum() - told[part].sum()
        least = min(least, erfc(abs(off) / sqrt(2 * (told[part] * (1 - told[part])).sum())))
    return least, float((1 / 40 / told).mean())
