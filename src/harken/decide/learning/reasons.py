"""One candidate among others -> what of the context speaks for it more, or less, than for the average candidate."""

from __future__ import annotations

import numpy as np
from msgspec import Struct

from harken.decide.learning.belief import Floats
from harken.decide.learning.chances import Numbers, Weights


class Reason(Struct, frozen=True, kw_only=True):
    """One column of the context."""

    column: str
    value: float  # of the column, for this customer
    speaks: float  # how much it adds to the logit of this candidate, more than to that of the average one


def reasons(
    weights: Weights, columns: tuple[str, ...], context: Floats, features: Floats, group: Numbers, row: Numbers, at: int,
    most: int = 5,
) -> list[Reason]:  # fmt: skip
    """The columns that make most difference, the largest first. They add up, all together, to how much the candidate's
    logit is above the average one's; the first column is the action as such, whoever the customer is."""
    shared = (features[at] - features.mean(axis=0)) @ weights.shared_mean
    grouped = weights.group_mean[group[at]] - weights.group_mean[group].mean(axis=0)
    own = weights.own_mean[row[at]] - weights.own_mean[row].mean(axis=0)
    speaks = context * (shared + grouped + own)
    largest = np.argsort(-np.abs(speaks), kind="stable")[:most]
    return [
        Reason(column=columns[one], value=float(context[one]), speaks=float(speaks[one]))
        for one in largest
        if speaks[one] != 0
    ]
