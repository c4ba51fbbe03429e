"""A model of what comes next and steps made later in, how well it foretold them out: hits, losses, and whether of all
that it gave a chance of 30 % about 30 % happened."""

from __future__ import annotations

from typing import Any

import numpy as np
from msgspec import Struct

from harken.logs import Ints
from harken.understand.foretelling import TRUSTED, Foretelling, Keys, blend
from harken.understand.kernels import compiled
from harken.understand.statistics import Numbers

A = Any
BINS = 10


class Judged(Struct, frozen=True):
    """How well chances were foretold of steps that came later. `bins` [of chances, (times, sum of chances, how often)]."""

    steps: int
    top1: float
    top3: float
    log_loss: float
    bins: Numbers


@compiled
def judge(
    keys: A, counts: A, base: int, contexts: A, begins: A, onward: A, seen: A, splits: A, chances: A, found: A, bins: A
) -> None:
    """Judge a model (its orders one after another, `splits` says where each begins) by sorted keys and their counts.

    `found`: steps, right ones, those among the first three, sum of losses.
    """
    row, orders = 0, len(splits) // 2 - 1
    states = len(chances)
    while row < len(keys):
        context = keys[row] // 3 // base
        stop, total = row, 0
        while stop < len(keys) and keys[stop] // 3 // base == context:
            total += counts[stop]
            stop += 1
        chances[:] = 1.0 / states
        size = 1
        for order in range(orders):
            a, b = splits[2 * order], splits[2 * order + 2]
            c, d = splits[2 * order + 1], splits[2 * order + 3]
            blend(contexts[a:b], begins[a + order : b + order + 1], onward[c:d], seen[c:d], context % size, chances)
            size *= base
        for state in range(states):
            place = min(int(chances[state] * len(bins)), len(bins) - 1)
            bins[place, 0] += total
            bins[place, 1] += total * chances[state]
        for at in range(row, stop):
            state = keys[at] // 3 % base
            chance, better = chances[state], 0
            for other in range(states):
                better += chances[other] > chance or (chances[other] == chance and other < state)
            found[0] += counts[at]
            found[1] += counts[at] if better == 0 else 0
            found[2] += counts[at] if better < 3 else 0
            found[3] -= counts[at] * np.log(chance)
            bins[min(int(chance * len(bins)), len(bins) - 1), 2] += counts[at]
        row = stop


def judged(model: Foretelling, keys: Keys, order: int) -> Judged:
    """The model, its contexts cut to some steps, judged by the keys of other steps."""
    used = model.orders[: order + 1]
    pairs = [(len(one.contexts), len(one.onward)) for one in used]
    splits = np.concatenate([[0, 0], np.cumsum(np.array(pairs, np.int64), axis=0).ravel()]).astype(np.int64)
    found, bins = np.zeros(4), np.zeros((BINS, 3))
    contexts, begins, onward, seen = (
        np.concatenate(arrays)
        for arrays in zip(*((one.contexts, one.begins, one.onward, one.counts) for one in used), strict=True)
    )
    judge(
        keys.codes,
        keys.counts,
        model.base,
        contexts,
        begins,
        onward,
        seen,
        splits,
        np.empty(len(model.ids) + 1),
        found,
        bins,
    )
    many = int(found[0])
    top1, top3, loss = (found[1:] / many).tolist() if many else [float("nan")] * 3
    return Judged(many, top1, top3, loss, bins)


def judged_goal(model: Foretelling, keys: Keys, order: int) -> Judged:
    """The same of the chance of a goal; `top1` is the mean squared error (Brier), `top3` the share who reached it."""
    full, counts = keys.codes, keys.counts
    known = full % 3 < 2
    of, hit, counts = full[known] // 3 // model.base, full[known] % 3 == 1, counts[known]
    contexts, row = np.unique(of, return_inverse=True)
    chances = goal_chances(model, contexts, order)[row]
    told = np.isfinite(chances)
    chances, hit, counts = chances[told], hit[told], counts[told]
    many = int(counts.sum())
    bins = np.zeros((BINS, 3))
    place = np.minimum((chances * BINS).astype(np.int64), BINS - 1)
    for column, weights in enumerate((counts, counts * chances, counts * hit)):
        bins[:, column] = np.bincount(place, weights=weights, minlength=BINS)
    if not many:
        return Judged(0, float("nan"), float("nan"), float("nan"), bins)
    sure = np.clip(np.where(hit, chances, 1 - chances), 1e-9, 1)
    return Judged(
        many, float((counts * (hit - chances) ** 2).sum() / many), float((counts * hit).sum() / many),
        float(-(counts * np.log(sure)).sum() / many), bins,
    )  # fmt: skip


def goal_chances(model: Foretelling, contexts: Ints, order: int) -> Numbers:
    """`goal_of` of many contexts."""
    chances = np.full(len(contexts), np.nan)
    for number, one in enumerate(model.orders[: order + 1]):
        if not len(one.contexts):
            continue
        codes = contexts % model.base**number
        row = np.minimum(np.searchsorted(one.contexts, codes), len(one.contexts) - 1)
        there = (one.contexts[row] == codes) & (one.known[row] > 0)
        trusted = TRUSTED if number else 0
        shorter = np.where(np.isfinite(chances), chances, 0.0) if number else np.zeros(len(contexts))
        with np.errstate(divide="ignore", invalid="ignore"):
            longer = (one.hits[row] + trusted * shorter) / (one.known[row] + trusted)
        chances = np.where(there, longer, chances)
    return chances
