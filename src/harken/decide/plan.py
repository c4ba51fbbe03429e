"""What a team published of placements, actions, limits, levers and controls -> Plan: rules compiled once, actions by
number, everything a decision reads as arrays over them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any, TypeAlias

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from harken import rules
from harken.errors import Invalid
from harken.rules import AnyOf, Evaluate, GoalChance, InSegment, InStage, Rule
from harken.words import Acting, Action, Control, Lever, Limit, Micros, Placement

Numbers: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]

JUDGED = ("eligible", "relevant", "suitable")  # the gates that are rules
NO_RULE = -1
NO_ASSET = -1
ALWAYS: Micros = 2**62
MOST_SHOWN = 20
MOST_FEATURES = 16


class Compiled(Struct, frozen=True):
    """One rule, however many actions ask it."""

    rule: Rule
    evaluate: Evaluate


class Slot(Struct, frozen=True, kw_only=True):
    """A placement and what may be shown in it."""

    placement: Placement
    channel: str
    keep: Micros
    candidates: Numbers  # numbers of the actions that are considered, rising
    assets_known: Numbers  # for each candidate the number of its asset for customers who are known, NO_ASSET if none
    assets_anonymous: Numbers
    limited: Mask  # for each limit of the plan, whether it holds here


class Bound(Struct, frozen=True, kw_only=True):
    """A limit and the actions it is about."""

    limit: Limit
    within: Micros
    concerns: Mask


class Weighted(Struct, frozen=True, kw_only=True):
    """A lever and the actions it lifts, with from when until when."""

    lever: Lever
    concerns: Mask
    starts: Micros
    ends: Micros


class There(Struct, frozen=True, kw_only=True):
    """What there is for documents to name; None = anything goes."""

    stages: Collection[str] | None = None
    goals: Collection[str] | None = None
    segments: Collection[str] | None = None
    policies: Collection[str] | None = None


ANYTHING = There()


class Plan(Struct, frozen=True, kw_only=True):
    """All actions by number, in the order of their ids; made once for each published version."""

    version: int
    actions: tuple[Action, ...]
    number: dict[str, int]
    value: Floats
    priority: Floats
    starts: Numbers
    ends: Numbers
    topics: tuple[str, ...]  # each topic an action has, and those above it
    group: Numbers  # by action: its topmost topic, as a number in `topics`; -1 without a topic
    purposes: tuple[str, ...]
    purpose: Numbers  # by action: a number in `purposes`; -1 = needs no consent
    regulated: Mask
    features: Floats  # actions x features
    feature_names: tuple[str, ...]
    rules: tuple[Compiled, ...]
    asked: dict[str, Numbers]  # gate -> by action: a number in `rules`, NO_RULE without one
    slots: dict[str, Slot]
    limits: tuple[Bound, ...]
    levers: tuple[Weighted, ...]
    controls: tuple[Control, ...]


def prepare(
    acting: Acting,
    *,
    version: int = 0,
    there: There = ANYTHING,
    channels: Mapping[str, str] = {},
) -> Plan:
    """Compile what was published; Invalid says which document is wrong, where, and what would be right.

    `there`: what documents may name. `channels`: touchpoint -> channel, for placements that say none.
    """
    for placement in acting.placements.values():
        _check_name(f"placements.{placement.id}.policy", "policy", placement.policy, there.policies)
    actions = tuple(acting.actions[id] for id in sorted(acting.actions))
    for action in actions:
        _check_action(action, there)
    compiled = _Rules()
    asked = {gate: np.array([compiled.number(_rule(action, gate)) for action in actions], np.int64) for gate in JUDGED}
    topics = tuple(sorted({above for action in actions for above in lineage(action.topic)}))
    purposes = tuple(sorted({action.purpose for action in actions if action.purpose}))
    names = tuple(sorted({name for action in actions for name in action.features}))
    if len(names) > MOST_FEATURES:
        raise Invalid(f"actions: {len(names)} different features, at most {MOST_FEATURES} can be learned from")
    limits = tuple(_bound(acting.limits[id], actions) for id in sorted(acting.limits))
    for control in acting.controls.values():
        if not 0 <= control.share <= 1:
            raise Invalid(f"controls.{control.id}.share: a part of all customers, 0 to 1, not {control.share}")
    return Plan(
        version=version,
        actions=actions,
        number={action.id: at for at, action in enumerate(actions)},
        value=np.array([action.value for action in actions], np.float64),
        priority=np.array([action.priority for action in actions], np.float64),
        starts=np.array([moment(one.starts, -ALWAYS, f"actions.{one.id}.starts") for one in actions], np.int64),
        ends=np.array([moment(one.ends, ALWAYS, f"actions.{one.id}.ends") for one in actions], np.int64),
        topics=topics,
        group=_numbered([action.topic.partition("/")[0] for action in actions], topics),
        purposes=purposes,
        purpose=_numbered([action.purpose for action in actions], purposes),
        regulated=np.array([action.regulated for action in actions], np.bool_),
        features=np.array([[one.features.get(name, 0.0) for name in names] for one in actions], np.float64).reshape(
            len(actions), len(names)
        ),
        feature_names=names,
        rules=tuple(compiled.found),
        asked=asked,
        slots={id: _slot(acting.placements[id], actions, limits, channels) for id in sorted(acting.placements)},
        limits=limits,
        levers=tuple(_weighted(acting.levers[id], actions) for id in sorted(acting.levers)),
        controls=tuple(acting.controls[id] for id in sorted(acting.controls)),
    )


def lineage(topic: str) -> list[str]:
    """A topic and all above it, the topmost first.

    >>> lineage("phones/android/pixel")
    ['phones', 'phones/android', 'phones/android/pixel']
    """
    parts = topic.split("/") if topic else []
    return ["/".join(parts[: depth + 1]) for depth in range(len(parts))]


def within(topic: str, wanted: Iterable[str]) -> bool:
    """Whether a topic is one of those wanted, or below one."""
    return any(topic == one or topic.startswith(one + "/") for one in wanted)


def moment(text: str, otherwise: Micros, where: str) -> Micros:
    """An ISO date or time as microseconds; without an offset it is UTC."""
    if not text:
        return otherwise
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(f"{where}: '{text}' is no date or time; such as 2026-12-01 or 2026-12-01T09:00:00Z") from None
    told = found if found.tzinfo else found.replace(tzinfo=UTC)
    return round(told.timestamp() * 1_000_000)


# ---------------------------------------------------------------------- parts


class _Rules:
    """Rules by what they say: an action that asks what another asks gets the same number."""

    def __init__(self) -> None:
        self.found: list[Compiled] = []
        self._numbers: dict[bytes, int] = {}

    def number(self, rule: Rule | None) -> int:
        if rule is None:
            return NO_RULE
        said = msgspec.json.encode(rules.plain(rule))
        if said not in self._numbers:
            self._numbers[said] = len(self.found)
            self.found.append(Compiled(rule, rules.compile(rule)))
        return self._numbers[said]


def _rule(action: Action, gate: str) -> Rule | None:
    """The rule of a gate; that an action is for some stages only makes it relevant there only."""
    written: dict[str, Any] = getattr(action, gate)
    rule = rules.parse(written, f"actions.{action.id}.{gate}") if written else None
    if gate != "relevant" or not action.stages:
        return rule
    in_stage: Rule = AnyOf(tuple(InStage(stage, "current") for stage in action.stages))
    return in_stage if rule is None else rules.All((in_stage, rule))


def _check_action(action: Action, there: There) -> None:
    where = f"actions.{action.id}"
    for stage in action.stages:
        _check_name(f"{where}.stages", "stage", stage, there.stages)
    _check_rules(action, there)
    if any(not part for part in action.topic.split("/")) and action.topic:
        raise Invalid(f"{where}.topic: '{action.topic}' is no path; such as phones/android")
    if not (action.value >= 0 and np.isfinite(action.value)):
        raise Invalid(f"{where}.value: what a positive response is worth, 0 or more, not {action.value}")
    if not (action.priority >= 0 and np.isfinite(action.priority)):
        raise Invalid(f"{where}.priority: a weight, 0 or more, not {action.priority}")
    codes = [response.code for response in action.responses]
    if twice := next((code for at, code in enumerate(codes) if code in codes[:at] or code in ("", "seen")), None):
        raise Invalid(f"{where}.responses: '{twice}' twice; each code is there once, and 'seen' is always there")
    for response in action.responses:
        if rules.duration(response.within) is None:
            raise Invalid(f"{where}.responses.{response.code}.within: '{response.within}' is no length of time, as 7d")


def _check_rules(action: Action, there: There) -> None:
    """What a rule by itself cannot know: which stages, goals and segments there are."""
    for gate in JUDGED:
        rule, where = _rule(action, gate), f"actions.{action.id}.{gate}"
        for leaf in rules.leaves(rule) if rule else ():
            match leaf:
                case InStage(stage):
                    _check_name(where, "stage", stage, there.stages)
                case GoalChance(goal):
                    _check_name(where, "goal", goal, there.goals)
                case InSegment(segment):
                    _check_name(where, "segment", segment, there.segments)


def _check_name(where: str, what: str, name: str, there: Collection[str] | None) -> None:
    if there is not None and name not in there:
        near = get_close_matches(name, there, 1)
        hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(there) or 'none yet'}"
        raise Invalid(f"{where}: no {what} named '{name}'; {hint}")


def _numbered(names: Sequence[str], among: Sequence[str]) -> Numbers:
    known = {name: at for at, name in enumerate(among)}
    return np.array([known.get(name, -1) for name in names], np.int64)


def _slot(
    placement: Placement, actions: Sequence[Action], limits: Sequence[Bound], channels: Mapping[str, str]
) -> Slot:
    where = f"placements.{placement.id}"
    if not 1 <= placement.most <= MOST_SHOWN:
        raise Invalid(f"{where}.most: 1 to {MOST_SHOWN} actions, not {placement.most}")
    if not 0 <= placement.floor <= 0.5:
        raise Invalid(f"{where}.floor: a share of the choice from 0 to 0.5, not {placement.floor}")
    if not 0 <= placement.explore <= 1:
        raise Invalid(f"{where}.explore: a share of customers from 0 to 1, not {placement.explore}")
    keep = rules.duration(placement.keep) if placement.keep else 0
    if keep is None:
        raise Invalid(
            f"{where}.keep: '{placement.keep}' is no length of time, such as 30m; empty to ask anew each time"
        )
    channel = placement.channel or channels.get(placement.touchpoint, "")
    found: list[tuple[int, int, int]] = []
    for number, action in enumerate(actions):
        wanted = not placement.topics or within(action.topic, placement.topics)
        if not wanted or (placement.actions and action.id not in placement.actions):
            continue
        known, anonymous = _asset(action, placement, "known"), _asset(action, placement, "anonymous")
        if known != NO_ASSET or anonymous != NO_ASSET:
            found.append((number, known, anonymous))
    table = np.array(found, np.int64).reshape(-1, 3)
    return Slot(
        placement=placement,
        channel=channel,
        keep=keep,
        candidates=table[:, 0].copy(),
        assets_known=table[:, 1].copy(),
        assets_anonymous=table[:, 2].copy(),
        limited=np.array([not one.limit.channels or channel in one.limit.channels for one in limits], np.bool_),
    )


def _asset(action: Action, placement: Placement, recognized: str) -> int:
    """The asset that is narrowest: made for the placement before one for any, for the recognition before one for any."""
    fits = [
        (asset.placement == placement.id, asset.recognized != "any", -at)
        for at, asset in enumerate(action.assets)
        if asset.format == placement.format
        and asset.placement in ("", placement.id)
        and asset.recognized in ("any", recognized)
    ]
    return -max(fits)[2] if fits else NO_ASSET


def _bound(limit: Limit, actions: Sequence[Action]) -> Bound:
    length = rules.duration(limit.within)
    if length is None:
        raise Invalid(f"limits.{limit.id}.within: '{limit.within}' is no length of time, such as 7d")
    if limit.most < 0:
        raise Invalid(f"limits.{limit.id}.most: a number of times, 0 or more, not {limit.most}")
    return Bound(limit=limit, within=length, concerns=_concerned(limit.actions, limit.topics, actions))


def _weighted(lever: Lever, actions: Sequence[Action]) -> Weighted:
    where = f"levers.{lever.id}"
    if not (lever.weight >= -1 and np.isfinite(lever.weight)):
        raise Invalid(f"{where}.weight: -1 (counts nothing) or more, not {lever.weight}")
    if not lever.actions and not lever.topics:
        raise Invalid(f"{where}: says which actions or topics it lifts")
    return Weighted(
        lever=lever,
        concerns=_concerned(lever.actions, lever.topics, actions),
        starts=moment(lever.starts, -ALWAYS, f"{where}.starts"),
        ends=moment(lever.ends, ALWAYS, f"{where}.ends"),
    )


def _concerned(ids: Collection[str], topics: Collection[str], actions: Sequence[Action]) -> Mask:
    everything = not ids and not topics
    return np.array([everything or one.id in ids or within(one.topic, topics) for one in actions], np.bool_)
