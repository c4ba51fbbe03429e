"""What the hub can do for a customer, as a team publishes it: placements, actions with their assets, limits, levers,
control groups."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from msgspec import Struct

from harken.words.configured import Match

Format: TypeAlias = Literal["html", "json", "text", "image", "script"]
Sentiment: TypeAlias = Literal["positive", "neutral", "negative"]


class Placement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A slot on a touchpoint where a decision can be shown."""

    id: str  # as callers name it: home-hero
    name: str = ""  # for people
    touchpoint: str = ""  # where it is; "" = wherever it is asked for
    channel: str = ""  # as limits and reports name it; "" = the touchpoint's
    selector: str = ""  # CSS selector of the element on a page
    how: Literal["replace", "before", "after", "append", "callback"] = "replace"  # how the tag puts it there
    format: Format = "html"  # of the assets that fit
    most: int = 1  # how many actions it shows, 1 to 20
    topics: tuple[str, ...] = ()  # only actions of these topics and below; none: of any
    actions: tuple[str, ...] = ()  # only these; none: any
    fallback: Any = None  # what is shown when there is nothing to show; None = the caller's own content
    time_limit_ms: int = 50  # after so long the caller gets the fallback
    keep: str = "30m"  # the same customer asking again gets the same answer for so long
    policy: str = "priority"  # how actions are ranked: the name of a policy
    floor: float = 0.02  # share of the choice that is spread evenly over all that may be shown, where a policy learns
    explore: float = 1.0  # share of customers a learning policy may try things on; the others get what it thinks best


class Asset(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an action looks like in one kind of placement."""

    format: Format = "html"
    placement: str = ""  # only in this placement; "" = in any of the format
    recognized: Literal["any", "anonymous", "known"] = (
        "any"  # for whom: known = signed in once, or known by more than a device
    )
    body: Any = ""  # a template of text, or for json any value whose texts are templates


class Response(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something a customer may do with an action. `seen` is known without being written down."""

    code: str  # as it is reported: accepted, later, dismissed
    sentiment: Sentiment = "neutral"
    match: tuple[Match, ...] = ()  # events that are this response, if they come within `within` after it was seen
    within: str = "7d"


class Action(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something the hub can show or do for a customer. Rules are `eligible` (may they have it), `relevant` (does it mean
    something to them now) and `suitable` (is it good for them)."""

    id: str
    name: str = ""  # for people
    topic: str = ""  # path in the topic tree: phones/android; actions of a topic learn from each other
    goal: str = ""  # id of the goal it serves
    value: float = 1.0  # what a positive response is worth, in one unit for all actions
    priority: float = 1.0  # the team's own weight, for policies that do not learn
    stages: tuple[str, ...] = ()  # only for customers in these stages; none: in any
    starts: str = ""  # ISO date or time (UTC), from when
    ends: str = ""  # until when, not included
    purpose: str = ""  # of consent it needs; "" = none
    eligible: dict[str, Any] = {}  # rules, see reference/rules.md; none: everybody
    relevant: dict[str, Any] = {}
    suitable: dict[str, Any] = {}
    features: dict[str, float] = {}  # what it is like, in numbers (at most 16), for policies that learn
    regulated: bool = False  # never tried out: shown only where a policy thinks it best
    owner: str = ""
    assets: tuple[Asset, ...] = ()
    responses: tuple[Response, ...] = ()


class Limit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often something may reach one customer. What counts is what was shown, by the labels it had then."""

    id: str
    name: str = ""  # for people
    most: int = 1  # this many, and no more
    within: str = "7d"  # in any such length of time
    counts: Literal["seen", "positive", "neutral", "negative"] = "seen"
    each: Literal["action", "topic", "all"] = "all"  # counted for each action, each topic, or all together
    actions: tuple[str, ...] = ()  # only these; none: all
    topics: tuple[str, ...] = ()  # only these and below; none: all
    channels: tuple[str, ...] = ()  # only there; none: everywhere


class Lever(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A weight the team puts on actions for a time: 0.55 makes them count 1.55 times, -0.5 half."""

    id: str
    name: str = ""  # for people
    weight: float = 0.0
    actions: tuple[str, ...] = ()  # these
    topics: tuple[str, ...] = ()  # and those of these topics and below
    starts: str = ""  # ISO date or time (UTC)
    ends: str = ""


class Control(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A group of customers, by chance and for as long as it stands, for whom it is decided differently, to compare with."""

    id: str
    name: str = ""  # for people
    share: float = 0.02  # of customers, 0 to 1; whoever is in stays in when it grows
    how: Literal["nothing", "random", "no_levers", "chance_only"] = "nothing"  # what they get
    placements: tuple[str, ...] = ()  # only there; none: everywhere
    salt: str = ""  # another text draws other customers; "" = the id


class Acting(Struct, frozen=True, kw_only=True):
    """All of it together, as it is published."""

    placements: dict[str, Placement] = {}
    actions: dict[str, Action] = {}
    limits: dict[str, Limit] = {}
    levers: dict[str, Lever] = {}
    controls: dict[str, Control] = {}
