"""How good each action is, and a source of chance -> which are chosen, each with the exact chance it had.

The chance of an action is the share of draws in which it is best, mixed with a floor spread evenly over all that may be
tried, so that no chance is too small to learn from. One action is taken from exactly this vector: what is logged is the
chance of what was really chosen, though the draws are few. Slates are filled one by one without putting back; each place
logs its chance given those before it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from harken.decide.plan import Floats, Mask
from harken.decide.policy import Ranked


class Pick(Struct, frozen=True):
    """One place of a slate."""

    at: int  # among the actions ranked
    chance: float  # that it was chosen here, given the places before
    best: float  # chance of the one that had the largest


def choose(
    ranked: Ranked, most: int, random: np.random.Generator, *, floor: float = 0.0, explore: bool = True,
    tried: Mask | None = None,
) -> list[Pick]:  # fmt: skip
    """Up to `most` actions, best first. `floor`: share of the choice spread evenly over those `tried` (all of them, if
    not told). Without `explore` the best guess is chosen; equally good ones have equal chances."""
    left = np.ones(len(ranked.utility), np.bool_)
    draws = ranked.draws if explore else None
    picks: list[Pick] = []
    while len(picks) < most and left.any():
        chances = _best_guess(ranked.utility, left) if draws is None else _drawn(ranked, draws, left)
        spread = left if tried is None else left & tried
        if explore and floor > 0 and spread.any():
            chances = (1 - floor) * chances + floor * spread / spread.sum()
        at = _taken(chances, float(random.random()))
        picks.append(Pick(at, float(chances[at]), float(chances.max())))
        left[at] = False
    return picks


def _best_guess(utility: Floats, left: Mask) -> Floats:
    """All chance on the best one; shared where several are equally good."""
    best: Floats = (left & (utility >= utility[left].max())).astype(np.float64)
    best /= best.sum()
    return best


def _drawn(ranked: Ranked, draws: NDArray[np.floating[Any]], left: Mask) -> Floats:
    """How often each is best among those left. Where no contender is left, the best guess of the others."""
    contenders: NDArray[np.int64] = np.arange(len(left)) if ranked.contenders is None else ranked.contenders
    there = left[contenders]
    if not there.any():
        return _best_guess(ranked.utility, left)
    best = contenders[there][draws[:, there].argmax(axis=1)]
    return np.bincount(best, minlength=len(left)) / len(draws)


def _taken(chances: Floats, portion: float) -> int:
    """The one at this portion of all chance; never one that has none."""
    possible = np.flatnonzero(chances > 0)
    reached = np.cumsum(chances[possible])
    return int(possible[min(np.searchsorted(reached, portion * reached[-1], side="right"), len(possible) - 1)])
