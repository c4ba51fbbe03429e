"""The contract of a policy: candidates that passed every gate -> how good each one is for this customer, now.

One file in `policies/` is one policy, found by being there: it offers `POLICY`, something with a `name` and `rank`.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from harken.decide.gates import Customer
from harken.decide.plan import Floats, Numbers, Plan, Slot
from harken.words import Micros


class Asked(Struct, frozen=True, kw_only=True):
    """What a policy is asked."""

    plan: Plan
    slot: Slot
    numbers: Numbers  # of the actions to rank: at least one
    customer: Customer
    value: Floats  # by action asked: what a positive response is worth
    weight: Floats  # by action asked: how many times the team's levers let it count
    now: Micros
    random: np.random.Generator  # the only chance there is, so that a decision can be made again
    model: Any = None  # what it has learned, of its own kind; None before anything


class Ranked(Struct, frozen=True, kw_only=True):
    """How good each action is. What is best is chosen: in each draw, where there are draws.

    A policy that knows how sure it is gives `draws`: each row is one world that may be true, each column what one of the
    `contenders` is worth there. The chance that an action is chosen is the share of worlds in which it is the best one, so
    what is logged is the chance of what really happens, after values, levers and everything.
    """

    utility: Floats  # by action asked: what showing it is worth, best guess
    chance: Floats  # by action asked: chance of a positive response, NaN where the policy knows none
    contenders: Numbers | None = None  # places among those asked, of the columns of `draws`
    draws: NDArray[np.floating[Any]] | None = None  # draws x contenders
    context: NDArray[np.float32] | None = None  # the customer as numbers, which a policy that learns needs again
    raw: Floats | None = None  # by action asked: logit of the chance before it was calibrated, for learning likewise


class Policy(Protocol):
    """What a file in `policies/` offers as `POLICY`."""

    name: str
    about: str  # one sentence for people
    learns: bool  # whether `model` is made from responses

    def rank(self, asked: Asked) -> Ranked: ...
