"""A model, candidates, a context and what a yes is worth -> how good each one is, in each of some worlds that may be true."""

from __future__ import annotations

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from harken.decide.learning.belief import Floats
from harken.decide.learning.chances import Draws, Numbers, believed, worlds
from harken.decide.learning.snapshot import Snapshot

Mask = NDArray[np.bool_]

WORLDS = 64  # draws of what may be true; the smallest chance without the floor is one of them
CONTENDERS = 256  # of more candidates, those that may be best in a good world are drawn
REACH = 3.0  # standard deviations of a draw such a world is good by
WARM = 10  # an action seen fewer times is new
WARM_SHARE = 0.5  # of worlds in which a new action may be best, as long as there are others


class Candidates(Struct, frozen=True, kw_only=True):
    """Actions, as the model knows them."""

    features: Floats  # with 1 first
    group: Numbers  # number of a group of the model, NEW_GROUP, NO_GROUP
    row: Numbers  # row of the model, NEW
    new: Mask  # seen fewer than WARM times
    fixed: Mask  # worth the same in all worlds


class Drawn(Struct, frozen=True, kw_only=True):
    """How good each candidate is."""

    utility: Floats
    chance: Floats
    raw: Floats  # logit of the chance before calibration
    contenders: Numbers  # of the candidates, those that may be best
    draws: Draws  # worlds x contenders


def drawn(
    model: Snapshot, candidates: Candidates, context: Floats, worth: Floats, random: np.random.Generator
) -> Drawn:
    """`worth`: by candidate, what a positive response is worth, as much as it counts."""
    seen = believed(model.weights, context, candidates.features, candidates.group, candidates.row)
    shift, slope = model.calibration
    chance = _chance(shift + slope * seen.mean)
    utility = chance * worth
    scale = model.about.prior.scale
    reach = REACH * scale * seen.spread
    bad, good = (_chance(shift + slope * (seen.mean + off)) * worth for off in (-reach, reach))
    contenders = _contenders(bad, good, candidates.new & ~candidates.fixed)
    draws = worlds(seen, contenders, WORLDS, scale, random)
    draws *= np.float32(-slope)
    draws -= np.float32(shift)
    np.exp(draws, out=draws)
    draws += np.float32(1)
    np.divide(worth[contenders].astype(np.float32), draws, out=draws)
    fixed = candidates.fixed[contenders]
    draws[:, fixed] = utility[contenders[fixed]]
    _warm_up(draws, candidates.new[contenders] & ~fixed)
    return Drawn(utility=utility, chance=chance, raw=seen.mean, contenders=contenders, draws=draws)


def _contenders(bad: Floats, good: Floats, new: Mask) -> Numbers:
    """Those that may be best: worth more in a good world than any that is not new is for certain, even in a bad one."""
    certain = bad if new.all() else np.where(new, -1.0, bad)
    may_be = np.flatnonzero(good >= certain.max())
    if len(may_be) <= CONTENDERS:
        return may_be
    chosen = may_be[np.argpartition(-good[may_be], CONTENDERS - 1)[:CONTENDERS]]
    return np.union1d(chosen, [int(certain.argmax())])


def _warm_up(draws: Draws, new: Mask) -> None:
    """Each new action may be best only in its share of worlds, as long as there are others that are not new."""
    if new.any() and not new.all():
        columns = np.flatnonzero(new)
        first = np.arange(len(columns)) * len(draws) // len(columns)
        turn = (np.arange(len(draws))[:, None] - first) % len(draws)
        draws[:, columns] -= np.where(turn < WARM_SHARE * len(draws), 0, draws.max() + 1)


def _chance(logits: Floats) -> Floats:
    found: Floats = 1 / (1 + np.exp(-logits))
    return found
