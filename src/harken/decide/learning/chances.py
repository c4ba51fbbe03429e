"""What was learned, candidates and a context -> logits, their spread, and draws of them in worlds that may be true."""

from __future__ import annotations

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from harken.decide.learning.belief import Floats

Numbers = NDArray[np.int64]
Draws = NDArray[np.float32]
NEW = -1  # row of an action of which nothing is known
NEW_GROUP = -2
NO_GROUP = -1


class Weights(Struct, frozen=True, kw_only=True):
    """All weights of a layout, as readers need them."""

    shared_mean: Floats  # (1 + features) x columns
    shared_covariance: Floats  # of it, flat
    group_mean: Floats  # groups x columns; the last two are of a group that is not known yet, and of no group
    group_covariance: Floats  # groups x columns x columns
    own_mean: Draws  # actions x columns; the last one is of an action that is not known yet
    own_variance: Draws


class Believed(Struct, frozen=True, kw_only=True):
    """Candidates as one context makes them look."""

    mean: Floats  # logit by candidate
    spread: Floats  # standard deviation of it
    features: Floats  # candidates x (1 + features)
    group: Numbers
    shared_root: Floats  # square root of the covariance of what all share
    group_spread: Floats  # standard deviation by group
    own_spread: Floats  # by candidate


def believed(weights: Weights, context: Floats, features: Floats, group: Numbers, row: Numbers) -> Believed:
    """How good each candidate looks. `features` with 1 first; `NEW` for a row, `NEW_GROUP`, `NO_GROUP` for a group."""
    kinds, columns = weights.shared_mean.shape
    shared = weights.shared_mean @ context
    half = (weights.shared_covariance.reshape(-1, columns) @ context).reshape(kinds, columns, kinds)
    covariance = np.einsum("icj,c->ij", half, context)
    group_mean = weights.group_mean @ context
    groups = len(group_mean)
    group_variance = (weights.group_covariance.reshape(-1, columns) @ context).reshape(groups, columns) @ context
    single = context.astype(np.float32)
    own_mean, own_variance = _each(weights.own_mean, row, single), _each(weights.own_variance, row, single * single)
    along = features @ covariance
    variance = np.einsum("ki,ki->k", along, features) + group_variance[group] + own_variance
    return Believed(
        mean=features @ shared + group_mean[group] + own_mean,
        spread=np.sqrt(np.maximum(variance, 0.0)),
        features=features,
        group=group,
        shared_root=_root(covariance),
        group_spread=np.sqrt(np.maximum(group_variance, 0.0)),
        own_spread=np.sqrt(own_variance),
    )


def worlds(believed: Believed, those: Numbers, count: int, scale: float, random: np.random.Generator) -> Draws:
    """Logits of those candidates in as many worlds, drawn together: what actions share, they share in each world."""
    kinds, groups = believed.features.shape[1], len(believed.group_spread)
    loads = np.zeros((len(those), kinds + groups), np.float32)
    loads[:, :kinds] = scale * believed.features[those] @ believed.shared_root
    group = believed.group[those]
    loads[np.arange(len(those)), kinds + group % groups] = scale * believed.group_spread[group]
    drawn = random.standard_normal((count, len(those)), np.float32)
    drawn *= (scale * believed.own_spread[those]).astype(np.float32)
    drawn += random.standard_normal((count, kinds + groups), np.float32) @ loads.T
    drawn += believed.mean[those].astype(np.float32)
    return drawn


def _each(table: Draws, row: Numbers, along: Draws) -> Floats:
    """Rows of a table along a vector; without copying rows, where most are asked for."""
    found = (table @ along)[row] if 2 * len(row) > len(table) else table[row] @ along
    return found.astype(np.float64)


def _root(covariance: Floats) -> Floats:
    values, vectors = np.linalg.eigh(covariance)
    found: Floats = vectors * np.sqrt(np.maximum(values, 0.0))
    return found
