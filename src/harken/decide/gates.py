"""A placement's candidates and one customer -> which of them may be shown, and of each other one at which gates it fails.

Every gate is asked about every candidate, so that a decision can say afterwards what each of them said. A rule that many
actions have is asked once. Gates, in the order people read them:

    dated      now is between its first and last day        eligible   may they have it
    asset      there is an asset for whom it is             relevant   does it mean something to them now
    consent    they said yes to its purpose                 suitable   is it good for them
    taken      another placement asked for shows it         limit      it would be too often
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from harken.decide.dealings import ANY, NOTHING, Dealings
from harken.decide.plan import JUDGED, NO_ASSET, NO_RULE, Bound, Numbers, Plan, Slot, within
from harken.rules import Facts
from harken.words import Micros

GATES = ("dated", "asset", "consent", "eligible", "relevant", "suitable", "limit", "taken")
BIT = {gate: 1 << at for at, gate in enumerate(GATES)}


class Customer(Struct, kw_only=True):
    """Who it is decided for."""

    facts: Facts
    unit: str  # the earliest identifier, for control groups
    known: bool = False  # more than a device is known of them
    dealings: Dealings = NOTHING


class Judged(Struct, frozen=True, kw_only=True):
    """What every gate said of every candidate of a slot."""

    failed: NDArray[np.uint8]  # by candidate: the BIT of each gate it fails; 0 = may be shown
    limit: Numbers  # by candidate: the number of the first limit it would pass, -1 if none
    truths: NDArray[np.int8]  # by rule of the plan: 1 true, 0 false, -1 not asked

    @property
    def passed(self) -> Numbers:
        """Places, among the candidates, of what may be shown."""
        return np.flatnonzero(self.failed == 0)

    def left(self) -> dict[str, int]:
        """How many are left after each gate, in order: the funnel of a decision."""
        left = {}
        so_far = 0
        for gate in GATES:
            so_far |= BIT[gate]
            left[gate] = int(((self.failed & so_far) == 0).sum())
        return left


def judge(plan: Plan, slot: Slot, customer: Customer, now: Micros, taken: Collection[str] = ()) -> Judged:
    """Ask every gate about every candidate. `taken`: actions that are shown beside this placement already."""
    candidates = slot.candidates
    failed = np.zeros(len(candidates), np.uint8)
    failed[(plan.starts[candidates] > now) | (plan.ends[candidates] <= now)] |= BIT["dated"]
    assets = slot.assets_known if customer.known else slot.assets_anonymous
    failed[assets == NO_ASSET] |= BIT["asset"]
    failed[~_consented(plan, customer, now)[plan.purpose[candidates]]] |= BIT["consent"]
    truths = np.full(len(plan.rules), -1, np.int8)
    for gate in JUDGED:
        asked = plan.asked[gate][candidates]
        for number in np.flatnonzero(np.bincount(asked - NO_RULE)) + NO_RULE:
            if number != NO_RULE and truths[number] < 0:
                truths[number] = plan.rules[number].evaluate(customer.facts, now).truth
        if len(truths):
            failed[(asked != NO_RULE) & (truths[asked] == 0)] |= BIT[gate]
    over = over_limit(plan, slot, customer.dealings, now)
    failed[over >= 0] |= BIT["limit"]
    if taken:
        failed[np.isin(candidates, [plan.number[id] for id in taken if id in plan.number])] |= BIT["taken"]
    return Judged(failed=failed, limit=over, truths=truths)


def _consented(plan: Plan, customer: Customer, now: Micros) -> NDArray[np.bool_]:
    """By purpose whether they said yes; the last one is for actions that need none. Nothing said is no."""
    said = [customer.facts.consent(purpose, now)[0] is True for purpose in plan.purposes]
    return np.array([*said, True], np.bool_)


def over_limit(plan: Plan, slot: Slot, dealings: Dealings, now: Micros) -> Numbers:
    """By candidate the first limit that showing it once more would pass, -1 if none."""
    candidates = slot.candidates
    found = np.full(len(candidates), -1, np.int64)
    for number in np.flatnonzero(slot.limited)[::-1]:
        bound = plan.limits[number]
        found[bound.concerns[candidates] & _full(plan, bound, dealings, now)[candidates]] = number
    return found


def _full(plan: Plan, bound: Bound, dealings: Dealings, now: Micros) -> NDArray[np.bool_]:
    """By action whether a limit is reached."""
    limit = bound.limit
    full = np.full(len(plan.actions), limit.most == 0, np.bool_)
    if limit.most == 0:
        return full
    counts: dict[str, int] = {}
    for action, topic, channel, times in dealings.count(limit.counts, now, bound.within):
        if action == ANY:
            counts[ANY] = counts.get(ANY, 0) + times
        elif _concerns(bound, action, topic, channel):
            key = action if limit.each == "action" else topic if limit.each == "topic" else ""
            counts[key] = counts.get(key, 0) + times
    unknown = counts.pop(ANY, 0)  # too many names to keep apart: fail closed
    if unknown >= limit.most:
        full[:] = True
    for key, count in counts.items():
        if count + unknown < limit.most:
            continue
        if limit.each == "all":
            full[:] = True
        elif limit.each == "topic":
            full |= np.array([action.topic == key for action in plan.actions], np.bool_)
        elif key in plan.number:
            full[plan.number[key]] = True
    return full


def _concerns(bound: Bound, action: str, topic: str, channel: str) -> bool:
    """Whether something that was shown counts, by the labels it had when it was."""
    limit = bound.limit
    of_these = not limit.actions and not limit.topics
    named = of_these or action in limit.actions or within(topic, limit.topics)
    return named and (not limit.channels or channel in limit.channels)
