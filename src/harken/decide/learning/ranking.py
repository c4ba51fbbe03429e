"""A model, candidates, a context and what a yes is worth -> how good each one is, in each of some worlds that may be true."""

from __future__ import annotations

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from harken.decide.learning.belief import Floats
from harken.decide.learning.chances import Numbers, believed, worlds
from harken.decide.learning.snapshot import Snapshot

Mask = NDArray[np.bool_]

WORLDS = 128  # draws of what may be true; the smallest chance without the floor is one of them
CONTENDERS = 256  # of more candidates, those that may be best in a good world are drawn
REACH = 3.0  # standard deviations of a draw such a world is good by
WARM = 30  # an action seen fewer times is new
WARM_SHARE = 0.5  # of worlds in which new actions may be best, as long as there are others


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
    draws: Floats  # worlds x contenders


def drawn(
    model: Snapshot, candidates: Candidates, context: Floats, worth: Floats, random: np.random.Generator
) -> Drawn:
    """`worth`: by candidate, what a positive response is worth, as much as it counts."""
    seen = believed(model.weights, context, candidates.features, candidates.group, candidates.row)
    shift, slope = model.calibration
    chance = _chance(shift + slope * seen.mean)
    utility = chance * worth
    scale = model.about.prior.scale
    contenders = _contenders(_chance(shift + slope * (seen.mean + REACH * scale * seen.spread)) * worth, utility)
    draws = worlds(seen, contenders, WORLDS, scale, random)
    draws *= -slope
    draws -= shift
    np.exp(draws, out=draws)
    draws += 1
    np.divide(worth[contenders], draws, out=draws)
    fixed = candidates.fixed[contenders]
    draws[:, fixed] = utility[contenders[fixed]]
    _warm_up(draws, candidates.new[contenders] & ~fixed)
    return Drawn(utility=utility, chance=chance, raw=seen.mean, contenders=contenders, draws=draws)


def _chance(logits: Floats) -> Floats:
    found: Floats = 1 / (1 + np.exp(-logits))
    return found


def _contenders(good: Floats, utility: Floats) -> Numbers:
    """Those that may be best: worth most in a good world, and the best guess."""
    if len(good) <= CONTENDERS:
        return np.arange(len(good))
    chosen = np.argpartition(-good, CONTENDERS - 1)[:CONTENDERS]
    return np.union1d(chosen, [int(utility.argmax())])


def _warm_up(draws: Floats, new: Mask) -> None:
    """In some worlds only those that are no longer new may be best, as long as there are such."""
    if new.any() and not new.all():
        draws[int(WARM_SHARE * len(draws)) :, new] -= draws.max() + 1
