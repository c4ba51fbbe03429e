"""Estimates against a known truth, and the publish gate under continuous looking.

The log is made the way Open Bandit Pipeline's SyntheticBanditDataset makes it: 5 columns of context, a linear (or, in one
cell, polynomial) logit by action and context, a softmax of the expected reward with temperature as logging policy. `near`
and `far` are a policy like the logged one and one that is nearly its opposite. The peer is what that library does by default: the same
estimator with a logistic model of context and action that do not cross. It is computed here: the library itself asks for
an older Python.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harken.decide import estimates
from harken.decide.betting import Bets, against_logged, found
from harken.decide.estimates import Logged
from harken.decide.forecast import PARTS

Floats = NDArray[np.float64]

CELLS = {  # (decisions, actions, temperature of the policy, polynomial)
    "1,000 near": (1_000, 10, 1.0, False),
    "5,000 near": (5_000, 10, 1.0, False),
    "1,000 far": (1_000, 10, -3.0, False),
    "5,000 far": (5_000, 10, -3.0, False),
    "5,000, 50 actions": (5_000, 50, 1.0, False),
    "5,000 polynomial": (5_000, 10, 1.0, True),
}


NO_BETTER = np.array([0.35, 0.1, 0.1, 0.1, 0.35])  # other than the logged one: it prefers the best and the worst alike


class Cell(NamedTuple):
    """Relative root mean square errors, and how often the interval of SNDR held the truth."""

    sndr: float
    snipw: float
    peer: float
    coverage: float


def cell(name: str, seeds: range) -> Cell:
    """One cell of the table."""
    count, actions, temperature, polynomial = CELLS[name]
    errors: list[tuple[float, float, float]] = []
    held = []
    for seed in seeds:
        logged, policy, truth = world(seed, count, actions, temperature, polynomial)
        one = estimates.sndr(logged, policy)
        errors.append(
            (one.value / truth - 1, estimates.snipw(logged, policy).value / truth - 1, peer(logged, policy) / truth - 1)
        )
        held.append(one.low <= truth <= one.high)
    sndr, snipw, other = np.sqrt(np.mean(np.square(errors), axis=0))
    return Cell(float(sndr), float(snipw), float(other), float(np.mean(held)))


def world(seed: int, count: int, actions: int, temperature: float, polynomial: bool) -> tuple[Logged, Floats, float]:
    """A log, a policy, and what it is worth: on the very contexts of the log, and on average."""
    fixed, random = np.random.default_rng(12_345), np.random.default_rng(seed)
    own, shared, base = fixed.uniform(-1, 1, (actions, 5)), fixed.uniform(-1, 1, 5), fixed.uniform(-1, 1, actions)
    context = random.normal(size=(count, 5))
    logit = context @ own.T + (context @ shared)[:, None] + base
    if polynomial:
        logit = logit + 0.5 * (context**2 - 1) @ own[::-1].T
    chance = 1 / (1 + np.exp(-logit))
    logging, policy = _soft(chance), _soft(chance * 3 * temperature if temperature > 0 else chance * temperature)
    action = (random.random((count, 1)) > logging.cumsum(axis=1)).sum(axis=1).clip(0, actions - 1)
    at = np.arange(count)
    reward = (random.random(count) < chance[at, action]).astype(float)
    logged = Logged(action=action, chance=logging[at, action], reward=reward, context=context)
    return logged, policy, float((policy * chance).sum(axis=1).mean())


def peer(logged: Logged, policy: Floats) -> float:
    """SNDR with a cross-fit logistic model in which action and context do not cross."""
    count, actions = policy.shape
    part = np.arange(count) % PARTS
    looked = np.hstack([np.ones((count, 1)), logged.context])
    told = np.empty((count, actions))
    for number in range(PARTS):
        rest = part != number
        design = np.hstack([looked[rest], np.eye(actions)[logged.action[rest]]])
        weights = np.zeros(design.shape[1])
        for _ in range(8):
            chance = 1 / (1 + np.exp(-design @ weights))
            slope = design.T @ (logged.reward[rest] - chance) - weights
            weights += np.linalg.solve((design.T * (chance * (1 - chance))) @ design + np.eye(len(weights)), slope)
        told[~rest] = 1 / (1 + np.exp(-((looked[~rest] @ weights[:6])[:, None] + weights[6:])))
    at = np.arange(count)
    weight = policy[at, logged.action] / logged.chance
    off = logged.reward - told[at, logged.action]
    return float((policy * told).sum(axis=1).mean() + weight @ off / weight.sum())


class Gate(NamedTuple):
    """How often a candidate was published, and after how many decisions in the median."""

    published: float
    median: float
    peeking: float  # how often a t-test looked at all the time would have


def gate(better: float, seeds: range, decisions: int = 10_000) -> Gate:
    """A candidate that is better by that part of a reward of about 60 %; looked at after each decision, 5 %.

    Both choose one of five actions; the candidate prefers those that are better by a little. Every 250 decisions the peer
    looks at a t-test of the same differences.
    """
    after, peeked = [], 0
    for seed in seeds:
        random = np.random.default_rng(seed)
        worth = np.array([0.45, 0.5, 0.55, 0.6, 0.65]) + 0.05
        policy = _tilted(worth, float(worth.mean()) * (1 + better)) if better else NO_BETTER
        action = random.integers(0, 5, decisions)
        reward = (random.random(decisions) < worth[action]).astype(float)
        differences = against_logged(policy[action] / 0.2, reward)
        money = Bets()
        at = decisions + 1
        for begin in range(0, decisions, 50):
            money = money.feed(differences[begin : begin + 50], 1.0)
            if found(money):
                at = begin + 50
                break
        after.append(at)
        looks = [differences[:until] for until in range(250, decisions + 1, 250)]
        peeked += any(one.mean() > 1.645 * one.std(ddof=1) / np.sqrt(len(one)) for one in looks)
    return Gate(float(np.mean(np.array(after) <= decisions)), float(np.median(after)), peeked / len(seeds))


def _tilted(worth: Floats, wanted: float) -> Floats:
    """A softmax of the worth that is worth as much as is wanted."""
    low, high = 0.0, 200.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if float(_soft(worth[None] * middle)[0] @ worth) < wanted else (low, middle)
    return _soft(worth[None] * low)[0]


def _soft(logits: Floats) -> Floats:
    high = np.exp(logits - logits.max(axis=1, keepdims=True))
    found_: Floats = high / high.sum(axis=1, keepdims=True)
    return found_
