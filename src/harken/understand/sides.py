"""Places, a catalogue and a question about gaps in; what each place is out: whose side, a contact, a failure, a goal.

What nobody said is read from names: a channel called `call_center` is one where somebody helps, a touchpoint called
`web: Sign-in` asks who it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from msgspec import Struct

from harken.logs import Flags, Ints
from harken.understand.crossings import rule_of
from harken.understand.goals import goal_places
from harken.understand.handoffs import CONTRADICTION, DEAD_END, KNOWN_LATE, ONE_SIDE, PING_PONG, SLOW
from harken.understand.journeys import Journeys, Part
from harken.understand.levels import END, NONE, Nodes, matching, nodes_of
from harken.words import Config, Micros

if TYPE_CHECKING:
    from harken.understand.questions.gaps import GapsQuestion

HELPERS = ("call", "phone", "chat", "contact", "support", "service", "agent", "hotline", "help", "ticket", "branch")
SIGNING_IN = ("sign-in", "sign in", "signed in", "signin", "log-in", "log in", "logged in", "login", "authent")
ASKING = ("id check", "id-check", "identi", "verif", "register", "registration", "sign-up", "sign up", "signup", "form",
          "application", "address", "details", "kyc", "questionnaire", "survey")  # fmt: skip
PUSHED = ("message", "mail", "sms", "push", "notif", "letter")  # channels in which the company speaks first
NOWHERE = "NOWHERE"  # the end of a one-sided gap: no other side
SIDED = (PING_PONG, ONE_SIDE, KNOWN_LATE, SLOW)  # kinds of gap between sides, not nodes


class Where(Struct, frozen=True):
    """What each place is for the question. Codes: nodes first, then sides, END and NOWHERE."""

    nodes: Nodes
    sides: list[str]
    side: Ints
    contact: Flags
    failure: Flags
    intent: Flags
    goal: Flags
    asks: Ints
    sign_in: Flags
    pushed: Flags
    wrong: list[
        tuple[Ints, Micros]
    ]  # of each contradiction: bits 1 what should not come, 2 after what, 4 unless; within

    @property
    def names(self) -> list[str]:
        return [*(node.id for node in self.nodes.nodes), *self.sides, END, NOWHERE]

    def starts(self, kind: int) -> Ints:
        """Of each place: the code a gap of this kind that begins there comes from; -1: none can."""
        every = np.ones(len(self.side), np.bool_)
        if kind == CONTRADICTION:
            may = np.any([np.zeros(len(every), np.bool_), *(bits & 2 > 0 for bits, _ in self.wrong)], axis=0)
        else:
            may = (self.failure & ~self.contact, self.contact, ~self.pushed, every, self.asks >= 0, self.contact,
                   ~self.pushed, ~self.pushed)[kind]  # fmt: skip
        return np.where(may, self._code(kind), -1)

    def _code(self, kind: int) -> Ints:
        return len(self.nodes) + self.side if kind in SIDED else self.nodes.of_place

    def ends(self, kind: int, part: Part, to: Ints) -> Ints:
        """The code each gap goes to: of the step `to`, on a side or at a node; END and NOWHERE are no step."""
        codes = len(self.nodes) + len(self.sides)
        if kind in (DEAD_END, ONE_SIDE):
            return np.full(len(to), codes + (kind == ONE_SIDE), np.int64)
        return self._code(kind)[part.place[to]]


def where_of(journeys: Journeys, catalogue: Config, question: GapsQuestion) -> Where:
    places = journeys.places
    nodes = nodes_of(journeys, catalogue, question.level, question.opened)
    known = {one.id: one for one in catalogue.touchpoints}
    channels = [
        (known[touchpoint].channel if touchpoint in known else "") or said or NONE
        for touchpoint, said in places.select("touchpoint", "channel").iter_rows()
    ]
    sides_of = channels if question.sides == "channel" else [one or NONE for one in places["source"]]
    sides = sorted(set(sides_of))
    goal = goal_places(places, catalogue, question.goals)
    contact = _any(places, catalogue, question.contacts)
    if not question.contacts:
        contact = np.array([_named(one, HELPERS) for one in channels], np.bool_)
    pushed = np.array([_named(one, PUSHED) for one in channels], np.bool_)
    asks, sign_in = _asking(places, catalogue, question)
    failure = _any(places, catalogue, question.failures) if question.failures else np.ones(places.height, np.bool_)
    intent = _any(places, catalogue, question.intent) if question.intent else _intent(places, catalogue, goal)
    number = {side: code for code, side in enumerate(sides)}
    side = np.array([number[one] for one in sides_of], np.int64)
    wrong = [_bits(places, catalogue, one) for one in question.contradictions]
    return Where(nodes, sides, side, contact, failure & ~contact, intent & ~goal, goal, asks, sign_in, pushed, wrong)


def _bits(places: pl.DataFrame, catalogue: Config, text: str) -> tuple[Ints, Micros]:
    """What each place is to a contradiction, and how soon it has to come."""
    rule = rule_of(text)
    bits = np.zeros(places.height, np.int64)
    for bit, pattern in ((1, rule.wrong), (2, rule.cause), (4, rule.unless)):
        if pattern:
            bits |= goal_places(places, catalogue, (pattern,)).astype(np.int64) * bit
    return bits, rule.within


def _any(places: pl.DataFrame, catalogue: Config, patterns: tuple[str, ...]) -> Flags:
    found = np.zeros(places.height, np.bool_)
    for pattern in patterns:
        found |= matching(places, catalogue, pattern)
    return found


def _named(text: str, words: tuple[str, ...]) -> bool:
    lower = text.lower()
    return any(word in lower for word in words)


def _intent(places: pl.DataFrame, catalogue: Config, goal: Flags) -> Flags:
    """The places of the first stage of the lifecycle in which a goal lies."""
    staged = {one.id: one.stage for one in catalogue.touchpoints if one.stage}
    stages = [staged.get(touchpoint, "") for touchpoint in places["touchpoint"]]
    reached = {stage for stage, is_goal in zip(stages, goal.tolist(), strict=True) if is_goal and stage}
    order = {one.id: (one.order, one.id) for one in catalogue.stages}
    first = min(reached, key=lambda one: order.get(one, (len(order), one)), default=None)
    return np.array([stage == first for stage in stages], np.bool_)


def _asking(places: pl.DataFrame, catalogue: Config, question: GapsQuestion) -> tuple[Ints, Flags]:
    """What each place asks for, as a number (-1: nothing), and whether that is signing in. The same is asked where the
    touchpoint has the same name behind its channel, or where customers sign in."""
    told = _any(places, catalogue, question.asks)
    numbers: dict[str, int] = {}
    asks, sign_in = np.full(places.height, -1, np.int64), np.zeros(places.height, np.bool_)
    for place, (touchpoint, name) in enumerate(places.select("touchpoint", "name").iter_rows()):
        label = touchpoint.partition(": ")[2] or touchpoint
        signs = _named(label, SIGNING_IN) or _named(name, SIGNING_IN)
        if told[place] if question.asks else signs or _named(label, ASKING) or _named(name, ASKING):
            sign_in[place] = signs
            asks[place] = numbers.setdefault("" if signs else label.lower(), len(numbers))
    return asks, sign_in
