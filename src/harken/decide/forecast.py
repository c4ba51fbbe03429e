"""Contexts, what was shown and what came of it -> what every action would bring in every context.

Logistic, with weights all actions share and weights of each action's own, both held small; each decision is forecast by a
model that has not seen it (every third one by the other two thirds).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PARTS = 3
ROUNDS = 6  # of what all share, and each action's own given that
SHARED_RIDGE = 1.0
OWN_RIDGE = 1.0


def forecast(context: Floats, action: NDArray[np.int64], reward: Floats, actions: int) -> Floats:
    """Decisions x actions: the reward of each, 0 to 1."""
    part = np.arange(len(action)) % PARTS
    looked = _scaled(context)
    found = np.empty((len(action), actions))
    for number in range(PARTS):
        rest, these = part != number, part == number
        weights = _fitted(looked[rest], action[rest], reward[rest], actions)
        found[these] = _chance(looked[these] @ weights.T)
    return found


def _scaled(context: Floats) -> Floats:
    """Columns of mean 0 and spread 1, and one of ones."""
    spread = context.std(axis=0)
    return np.hstack([np.ones((len(context), 1)), (context - context.mean(axis=0)) / np.where(spread > 0, spread, 1)])


def _fitted(looked: Floats, action: NDArray[np.int64], reward: Floats, actions: int) -> Floats:
    """Actions x columns: the weights of each."""
    columns = looked.shape[1]
    shared, own = np.zeros(columns), np.zeros((actions, columns))
    places = [np.flatnonzero(action == number) for number in range(actions)]
    free = np.array([1e-3] + [1.0] * (columns - 1))  # the share that answers at all is not held small
    for _ in range(ROUNDS):
        beside = (looked * own[action]).sum(axis=1)
        shared = _step(looked, reward, beside, shared, SHARED_RIDGE * free)
        beside = looked @ shared
        for number, those in enumerate(places):
            if len(those):
                own[number] = _step(
                    looked[those], reward[those], beside[those], own[number], np.full(columns, OWN_RIDGE)
                )
    return shared + own


def _step(looked: Floats, reward: Floats, beside: Floats, weights: Floats, ridge: Floats) -> Floats:
    """One Newton step, halved as long as it makes things worse."""
    logits = looked @ weights + beside
    chance = _chance(logits)
    slope = looked.T @ (reward - chance) - ridge * weights
    hessian = (looked * (chance * (1 - chance))[:, None]).T @ looked + np.diag(ridge)
    step = np.linalg.solve(hessian, slope)
    worth = _worth(logits, reward, weights, ridge)
    for _ in range(8):
        new = weights + step
        if _worth(looked @ new + beside, reward, new, ridge) >= worth:
            return np.asarray(new, np.float64)
        step = step / 2
    return weights


def _worth(logits: Floats, reward: Floats, weights: Floats, ridge: Floats) -> float:
    """Logarithm of the likelihood, and of holding weights small."""
    return float((reward * logits - np.logaddexp(0, logits)).sum() - (ridge * weights * weights).sum() / 2)


def _chance(logits: Floats) -> Floats:
    found: Floats = 1 / (1 + np.exp(-logits))
    return found
