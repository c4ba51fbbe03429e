"""A placement, a customer and a time -> what is shown there, with the chance each had, and all it takes to say why.

    gates -> control group -> policy -> choice

Nothing here is by chance but the draw, and the draw follows from the decision's seed: the same plan, model, customer,
time and seed give the same decision, bit for bit.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from hashlib import blake2b
from typing import Any

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from harken.decide.choose import choose
from harken.decide.control import control_of, portion
from harken.decide.gates import Customer, Judged, judge
from harken.decide.plan import Floats, Numbers, Plan, Slot
from harken.decide.policy import Asked, Policy, Ranked
from harken.errors import NotFound
from harken.words import Micros


class Shown(Struct, frozen=True, kw_only=True):
    """One action that was chosen."""

    action: str
    asset: int  # its number among the action's assets
    propensity: float  # chance that it was chosen at this place of the slate
    chance: float  # of a positive response, as the policy saw it; NaN where it knows none
    utility: float  # what it was ranked by
    weight: float  # what levers made it count
    raw: float = 0.0  # logit of the chance before it was calibrated, where the policy learns


class Decided(Struct, frozen=True, kw_only=True):
    """A decision as it was made."""

    placement: str
    shown: tuple[Shown, ...]  # best first; none: the caller shows its own content, or the placement's fallback
    policy: str
    control: str  # the group the customer is in, "" in none
    how: str  # what that group gets: nothing, random, …; "" in none
    explored: bool  # whether it could have been something else than the best guess
    seed: str
    judged: Judged
    numbers: Numbers  # of the actions that were ranked
    ranked: Ranked | None  # None when nothing passed, or nothing is shown to this group


def decide(
    plan: Plan, placement: str, customer: Customer, now: Micros, *, seed: str, policies: Mapping[str, Policy],
    models: Mapping[str, Any] = {}, taken: Collection[str] = (),
) -> Decided:  # fmt: skip
    """Decide what to show. `models`: by policy what it has learned. NotFound names the placements there are."""
    slot = slot_of(plan, placement)
    judged = judge(plan, slot, customer, now, taken)
    places = judged.passed
    numbers = slot.candidates[places]
    control = control_of(plan.controls, placement, customer.unit)
    how = control.how if control else ""
    policy = policy_of(slot, how, policies)
    nothing = Decided(
        placement=placement, shown=(), policy=policy.name, control=control.id if control else "", how=how,
        explored=False, seed=seed, judged=judged, numbers=numbers, ranked=None,
    )  # fmt: skip
    if not len(numbers) or how == "nothing":
        return nothing
    random = _chance(seed)
    weight = weights(plan, numbers, now, how)
    ranked = policy.rank(_asked(plan, slot, numbers, customer, now, how, random, models.get(policy.name)))
    explored = policy.learns and portion("explore", placement, customer.unit) < slot.placement.explore
    picks = choose(
        ranked, slot.placement.most, random, floor=slot.placement.floor if policy.learns else 0.0,
        explore=explored or not policy.learns, tried=~plan.regulated[numbers],
    )  # fmt: skip
    assets = (slot.assets_known if customer.known else slot.assets_anonymous)[places]
    shown = tuple(
        Shown(
            action=plan.actions[numbers[pick.at]].id,
            asset=int(assets[pick.at]),
            propensity=pick.chance,
            chance=float(ranked.chance[pick.at]),
            utility=float(ranked.utility[pick.at]),
            weight=float(weight[pick.at]),
            raw=0.0 if ranked.raw is None else float(ranked.raw[pick.at]),
        )
        for pick in picks
    )
    return replace(nothing, shown=shown, explored=explored, ranked=ranked)


def rank(
    plan: Plan, slot: Slot, numbers: Numbers, customer: Customer, now: Micros, *, how: str, seed: str,
    policies: Mapping[str, Policy], models: Mapping[str, Any] = {},
) -> Ranked:  # fmt: skip
    """How good these actions would be, whatever the gates say of them: to tell what a gate has kept out."""
    policy = policy_of(slot, how, policies)
    return policy.rank(_asked(plan, slot, numbers, customer, now, how, _chance(seed), models.get(policy.name)))


def policy_of(slot: Slot, how: str, policies: Mapping[str, Policy]) -> Policy:
    """The placement's; for the control group that shows it what chance does, another."""
    return policies["random"] if how == "random" else policies[slot.placement.policy]


def weights(plan: Plan, numbers: Numbers, now: Micros, how: str) -> Floats:
    """What levers let each action count; nothing in control groups that do without."""
    return np.ones(len(numbers)) if how in ("no_levers", "chance_only", "random") else lifted(plan, numbers, now)


def _asked(
    plan: Plan, slot: Slot, numbers: Numbers, customer: Customer, now: Micros, how: str,
    random: np.random.Generator, model: Any,
) -> Asked:  # fmt: skip
    return Asked(
        plan=plan, slot=slot, numbers=numbers, customer=customer,
        value=np.ones(len(numbers)) if how == "chance_only" else plan.value[numbers],
        weight=weights(plan, numbers, now, how), now=now, random=random, model=model,
    )  # fmt: skip


def slot_of(plan: Plan, placement: str) -> Slot:
    """The placement of that name."""
    if placement not in plan.slots:
        there = ", ".join(plan.slots) or "none yet"
        raise NotFound(f"no placement named '{placement}'; there are: {there}", code="unknown_placement")
    return plan.slots[placement]


def lifted(plan: Plan, numbers: Numbers, now: Micros) -> Floats:
    """What levers let each action count: 1 and the weights of those in force, added up; never below nothing."""
    weight = np.ones(len(numbers))
    for one in plan.levers:
        if one.starts <= now < one.ends:
            weight += one.lever.weight * one.concerns[numbers]
    return np.maximum(weight, 0.0)


def _chance(seed: str) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(int.from_bytes(blake2b(seed.encode(), digest_size=16).digest())))
