"""A decision that was made, or one that might have been -> why: what each gate said of each action, how they were ranked,
what would have changed it. Looks only; no limit counts it."""

from __future__ import annotations

import zlib
from base64 import b85decode
from collections.abc import Mapping
from math import isnan
from typing import Any, Final

import msgspec
import numpy as np
from msgspec import Struct

from harken import decide, rules
from harken.decide import BIT, GATES, Decided, Slot
from harken.decide.learning.snapshot import Snapshot
from harken.decide.plan import JUDGED, NO_RULE
from harken.decide.policies.harken import POLICY
from harken.errors import NotFound
from harken.hub.core import Core, plans_of, policies
from harken.hub.learning import Learning
from harken.hub.met import CONFIGURED, Who, event_of, events_of, who_then
from harken.hub.moments import When, micros
from harken.hub.working import Plans
from harken.rules import Explained
from harken.stores import View
from harken.stores.lake import reading
from harken.words import Config, Event, Identifier, Micros

FLIPS: Final = 5  # changes told


class Gate(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one gate said of one action."""

    gate: str
    passed: bool
    words: str = ""  # why not, or what was asked
    rule: Explained | None = None


class Considered(Struct, frozen=True, kw_only=True):
    """One action that was considered."""

    action: str
    name: str
    topic: str
    goal: str
    gates: list[Gate]
    value: float
    weight: float | None  # what levers made it count; None where it was not ranked
    chance: float | None  # of a positive response, as the policy saw it
    score: float | None  # what it was ranked by
    propensity: float | None  # chance that it was shown where it was
    place: int  # in what was shown, from 1; 0 = not shown


class Flip(Struct, frozen=True, kw_only=True):
    """A change that would have let another action compete, or win."""

    action: str
    gate: str
    words: str
    wins: bool


class Said(Struct, frozen=True, kw_only=True):
    """What the customer did with it."""

    at: Micros
    action: str
    code: str
    what: str


class Why(Struct, frozen=True, kw_only=True):
    """A decision, explained."""

    decision: str
    pid: str
    placement: str
    at: Micros
    words: str
    policy: str
    control: str
    how: str  # what the control group gets; "" in none
    explored: bool
    version: int  # of the configuration
    seed: str
    left: dict[str, int]  # gate -> how many actions were left after it
    actions: list[Considered]  # shown first, then by score, then by how far they came
    flips: list[Flip]
    outcome: list[Said]
    faithful: bool | None  # made again from the log it is the same, bit for bit; None where nothing was decided


class _Asked(Struct, frozen=True, kw_only=True):
    """What a decision was asked with, as it was written down."""

    identifiers: tuple[Identifier, ...]
    properties: dict[str, Any]
    context: dict[str, Any]


class Explaining:
    """The verbs that say why."""

    def __init__(self, core: Core, learning: Learning) -> None:
        self._core = core
        self._learning = learning

    def why(self, decision: str) -> Why:
        """Why this was shown. NotFound when there is no such decision, or when its customer was erased."""
        tid, _, id = decision.partition(".")

        def ask(view: View) -> Why:
            event = event_of(self._core, view, tid, id) if view.trails([tid]) else None
            if event is None or event.type != "decision" or "through" not in event.properties:
                raise NotFound(f"no decision '{decision}' (any more); give the `id` it had", code="unknown_decision")
            return self._why(view, event)

        return reading(self._core.store, ask)

    def why_not(self, ref: str, action: str, placement: str, *, at: When = None) -> Why:
        """What would be decided for a customer now, or would have been at a time, and where this action fails."""
        core = self._core
        then = micros(at, "at")

        def ask(view: View) -> Why:
            known = core.find(view, ref)
            trails = view.trails_of([known.pid]).get(known.pid, [])
            if not trails:
                raise NotFound(f"nothing '{ref}' did is known", code="unknown_identifier")
            plans = core.plans
            if action not in plans.decide.number:
                there = ", ".join(plans.decide.number) or "none yet"
                raise NotFound(f"no action named '{action}'; there are: {there}", code="unknown_action")
            moment = core.clock() if then is None else then
            told = _Asked(identifiers=(Identifier(known.kind, known.value),), properties={}, context={})
            heard = [one.seq for one in events_of(core, view, [one.tid for one in trails]) if one.received <= moment]
            who = who_then(core, plans, view, trails[0].tid, moment, max(heard, default=0), told)
            slot = decide.slot_of(plans.decide, placement)
            models = self._learning.models(view)
            found = _decided(plans, placement, who, moment, "why-not", (), models)
            return _explained(
                plans, slot, found, who, moment, models, decision="", pid=known.pid, outcome=[], faithful=None
            )

        return reading(core.store, ask)

    def _why(self, view: View, event: Event) -> Why:
        told = event.properties
        plans = self._plans(view, int(told["version"]))
        at, through = int(told["at"]), int(told["through"])
        asked = _Asked(identifiers=event.identifiers, properties=told.get("asked") or {}, context=event.context)
        who = who_then(self._core, plans, view, event.tid, at, through, asked)
        placement = str(told["placement"])
        slot = decide.slot_of(plans.decide, placement)
        version = int(told.get("model", 0))
        model = self._learning.model(view, version)
        models = {} if model is None else {POLICY.name: model}
        found = _decided(plans, placement, who, at, event.message_id, told.get("taken") or (), models)
        pid = view.trails([event.tid])[event.tid].pid
        return _explained(
            plans, slot, found, who, at, models, decision=f"{event.tid}.{event.id}", pid=pid,
            outcome=self._outcome(view, pid, event.id), faithful=None if version and model is None else _same(found, told),
        )  # fmt: skip

    def _plans(self, view: View, version: int) -> Plans:
        """What was in force then, compiled."""
        core = self._core
        if version == core.plans.config.version:
            return core.plans
        kept = view.note(f"{CONFIGURED}{version}")
        if not kept:
            raise NotFound(f"the configuration of version {version} was not kept", code="unknown_version")
        config = msgspec.json.decode(zlib.decompress(kept), type=Config)
        return plans_of(config, core.plans.remember.foretold)  # chances are those learned last

    def _outcome(self, view: View, pid: str, id: str) -> list[Said]:
        tids = [trail.tid for trail in view.trails_of([pid]).get(pid, ())]
        found = [self._core.reread(one) for one in events_of(self._core, view, tids) if one.type == "response"]
        said = [
            Said(
                at=one.occurred,
                action=str(told.get("action", "")),
                code=str(told.get("code", "")),
                what=str(told["what"]),
            )
            for one in found
            if (told := one.properties).get("decision") == id and "what" in told
        ]
        return sorted(said, key=lambda one: one.at)


def _decided(
    plans: Plans, placement: str, who: Who, at: Micros, seed: str, taken: Any, models: Mapping[str, Snapshot]
) -> Decided:
    return decide.decide(
        plans.decide, placement, who.customer, at, seed=seed, policies=policies(), models=models, taken=taken
    )


def _same(found: Decided, told: Mapping[str, Any]) -> bool:
    """Whether a decision made again says the same, bit for bit."""
    failed = np.frombuffer(zlib.decompress(b85decode(told["failed"])), np.uint8)
    shown = [(one["action"], one["asset"], one["propensity"], one["utility"]) for one in told["shown"]]
    again = [(one.action, one.asset, one.propensity, one.utility) for one in found.shown]
    return shown == again and bool(np.array_equal(failed, found.judged.failed))


def _explained(
    plans: Plans, slot: Slot, found: Decided, who: Who, at: Micros, models: Mapping[str, Snapshot], *, decision: str, pid: str, outcome: list[Said],
    faithful: bool | None,
) -> Why:  # fmt: skip
    actions = [_considered(plans, slot, found, who, at, place) for place in range(len(slot.candidates))]
    actions.sort(key=lambda one: (
        one.place or 1_000, -(one.score if one.score is not None else -1.0), sum(not gate.passed for gate in one.gates)
    ))  # fmt: skip
    return Why(
        decision=decision, pid=pid, placement=slot.placement.id, at=at, words=_words(found, len(actions), actions),
        policy=found.policy, control=found.control, how=found.how, explored=found.explored,
        version=plans.decide.version, seed=found.seed, left=found.judged.left(), actions=actions,
        flips=_flips(plans, slot, found, who, at, actions, models), outcome=outcome, faithful=faithful,
    )  # fmt: skip


def _considered(plans: Plans, slot: Slot, found: Decided, who: Who, at: Micros, place: int) -> Considered:
    plan = plans.decide
    number = int(slot.candidates[place])
    action = plan.actions[number]
    failed = int(found.judged.failed[place])
    gates = [_gate(plans, slot, found, who, at, place, gate, not failed & BIT[gate]) for gate in GATES]
    ranked = np.flatnonzero(found.numbers == number)
    shown = next((at for at, one in enumerate(found.shown) if one.action == action.id), -1)
    chance = score = None
    if found.ranked is not None and len(ranked):
        score = float(found.ranked.utility[ranked[0]])
        told = float(found.ranked.chance[ranked[0]])
        chance = None if isnan(told) else told
    weight = float(decide.lifted(plan, np.array([number]), at)[0]) if score is not None else None
    return Considered(
        action=action.id, name=action.name or action.id, topic=action.topic, goal=action.goal, gates=gates,
        value=action.value, weight=weight, chance=chance, score=score,
        propensity=found.shown[shown].propensity if shown >= 0 else None, place=shown + 1,
    )  # fmt: skip


def _gate(plans: Plans, slot: Slot, found: Decided, who: Who, at: Micros, place: int, gate: str, passed: bool) -> Gate:
    """What a gate said, and where it said no, why."""
    plan = plans.decide
    number = int(slot.candidates[place])
    action = plan.actions[number]
    if gate in JUDGED:
        asked = int(plan.asked[gate][number])
        if asked == NO_RULE:
            return Gate(gate=gate, passed=True)
        told = rules.explain(plan.rules[asked].rule, who.customer.facts, at)
        return Gate(gate=gate, passed=passed, rule=told, words="" if passed else failing(told))
    if passed:
        return Gate(gate=gate, passed=True)
    if gate == "dated":
        words = f"only from {action.starts or 'ever'} to {action.ends or 'ever'}"
    elif gate == "asset":
        words = f"has no {slot.placement.format} for customers who are {'known' if who.customer.known else 'not known'}"
    elif gate == "consent":
        said = who.customer.facts.consent(action.purpose, at)[0]
        words = f"{'said no' if said is False else 'said nothing'} to {action.purpose}"
    elif gate == "limit":
        limit = plan.limits[int(found.judged.limit[place])].limit
        words = f"{limit.name or limit.id}: {limit.most} {limit.counts} in {limit.within} is the limit"
    else:
        words = "another placement of the same page shows it"
    return Gate(gate=gate, passed=False, words=words)


def failing(told: Explained) -> str:
    """The leaves that keep a rule from being true, in words."""
    if not told.parts:
        return told.words
    found = [failing(part) for part in told.parts if part.truth is told.truth]
    return "; ".join(found[:3]) or told.words


def _words(found: Decided, considered: int, actions: list[Considered]) -> str:
    """The decision in a sentence."""
    passed = len(found.numbers)
    if not considered:
        return "No action is made for this placement."
    if found.how == "nothing":
        return (
            f"In control group {found.control}, which is shown nothing; {passed} of {considered} actions were allowed."
        )
    if not found.shown:
        return f"None of {considered} actions was allowed."
    first = actions[0]
    if passed == 1:
        return f"Showed {first.name}: the only one of {considered} actions that was allowed."
    best = f"by {found.policy}" if not found.explored else f"by {found.policy}, which tries things out"
    return f"Showed {first.name}: chosen {best} from {passed} of {considered} actions that were allowed."


def _flips(
    plans: Plans, slot: Slot, found: Decided, who: Who, at: Micros, actions: list[Considered],
    models: Mapping[str, Snapshot],
) -> list[Flip]:  # fmt: skip
    """Actions that one gate alone kept out: what would have to be otherwise, and whether they would then score best."""
    kept_out = [(one, [gate for gate in one.gates if not gate.passed]) for one in actions]
    single = [(one, against[0]) for one, against in kept_out if len(against) == 1 and against[0].gate != "asset"]
    if not single or found.how == "nothing":
        return []
    plan = plans.decide
    numbers = np.append(found.numbers, [plan.number[one.action] for one, _ in single])
    ranked = decide.rank(
        plan, slot, numbers, who.customer, at, how=found.how, seed=found.seed, policies=policies(), models=models
    )
    allowed, rest = ranked.utility[: len(found.numbers)], ranked.utility[len(found.numbers) :]
    best = float(allowed.max()) if len(allowed) else None
    told = [
        (
            float(score),
            Flip(action=one.action, gate=gate.gate, words=gate.words, wins=best is None or float(score) > best),
        )
        for (one, gate), score in zip(single, rest, strict=True)
    ]
    told.sort(key=lambda pair: -pair[0])
    return [flip for _, flip in told[:FLIPS]]
