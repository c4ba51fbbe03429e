"""Configuration: the typed documents a team publishes, and what holds without any."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct


class Limits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sizes one source may send, within what the hub takes at all (the setting `max_body_mb`)."""

    event_bytes: int = 32 * 1024
    batch_bytes: int = 500 * 1024  # of one request as sent; some clients (RudderStack) may want 4 MB
    unzipped_bytes: int = 4 * 1024 * 1024  # of one request after unzipping
    batch_events: int = 5_000
    depth: int = 32


class Source(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One system that sends events."""

    id: str  # as write keys, imports and `?source=` name it
    name: str = ""  # for people
    channel: str = "web"  # of its events that say none and fit no touchpoint
    timezone: str = "UTC"  # how a time without zone is read
    limits: Limits = Limits()  # what it may send
    resolution: Literal["s", "ms", "us", "day"] = "ms"  # how exactly its times are known


class Key(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A kind of identifier that recognizes a customer. Lower priority number = stronger."""

    id: str  # the kind: user_id, email, …
    priority: int  # 10 is stronger than 20
    limit: int = 0  # how many values one profile may have; 0 = any number; 1 = exclusive: two never merge
    device: bool = False  # names a device or browser, which several customers may share
    normalizer: Literal["text", "lower", "email", "phone"] = "text"  # how values are written alike: phone = E.164
    blocked: tuple[str, ...] = ()  # regular expressions (full match, any case) beside the built-in ones
    quarantine: int = 50  # how many different stronger identifiers may be seen beside one value
    needs_proof: bool = False  # unverified values are kept on the event but recognize nobody
    country: str = ""  # phone: region of numbers without a country code, ISO 3166 (e.g. "US")


class Match(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which events a touchpoint stands for; every given field must fit. `*` in names and paths fits anything."""

    source: str = ""  # id of a source
    type: str = ""  # track, page, screen, …
    name: str = ""  # of the event: `Plan *`
    path: str = ""  # URL path pattern: `/plans/*`
    properties: dict[str, Any] = {}  # name: the value it must have


class Touchpoint(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A named place where a customer meets the company."""

    id: str  # `web: Plan page`
    channel: str = ""  # "" = the source's
    stage: str = ""  # id of a stage
    group: str = ""  # a name for several touchpoints on a coarser map
    match: tuple[Match, ...] = ()  # one of them must fit
    rank: int = 2  # order among events of the same instant (session starts 0 and 1, closing markers 3)


class Stage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the lifecycle."""

    id: str  # as touchpoints name it
    name: str = ""  # for people
    order: int = 0  # the first has the smallest
    days: int = 0  # time-frame; 0 = none


class Segment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A named rule over profiles; membership is computed."""

    id: str  # as rules and questions name it
    name: str = ""  # for people
    rule: dict[str, Any] = {}  # see reference/rules.md


class Goal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule over events that counts as success, for the customer or the company."""

    id: str
    name: str = ""  # for people
    match: tuple[Match, ...] = ()  # one of them must fit
    for_whom: Literal["customer", "company", "both"] = "both"  # whose success it is
    value: str = ""  # property that tells what one is worth; "" = revenue, total, value or amount, what there is


class Survey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question customers are asked, and which events are their answers."""

    id: str
    name: str = ""  # for people
    asks: Literal["nps", "csat", "ces"] = "nps"  # would you recommend us; how satisfied are you; how easy was it
    match: tuple[Match, ...] = ()  # one of them must fit
    property: str = "score"  # of these events: the number answered
    worst: float | None = None  # the scale's ends; NPS 0 to 10, CSAT 1 to 5, CES 1 to 7 when they are not said
    best: float | None = None  # may be the smaller number, where 1 is best
    about: Literal["", "here", "before"] = ""  # the touchpoint of the answer, or the last one before; "" = by its name


class Interests(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where topics come from and how fast interest fades. One document, id `interests`."""

    id: str = "interests"
    property: str = "topic"  # event property that holds a topic path (`phones/android`) or a list of them
    half_life_days: float = 30.0  # after this, an interest weighs half
    weights: dict[str, float] = {}  # event name -> weight of one event; others count 1


class SavedView(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A page of the studio as the team wants to find it again."""

    id: str
    name: str = ""  # for people
    address: str = ""  # the page and what is chosen on it: `/map?segment=likely_to_leave`


class Origin(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an idea was read from: enough to ask the same again, and to look at it."""

    analysis: str = ""  # `gaps`
    question: dict[str, Any] = {}  # as `POST /api/journeys/{analysis}` takes it
    row: dict[str, Any] = {}  # of its answer, and `table`: whom it is about
    address: str = ""  # the page of the studio that shows it: `/gaps?gap=…`


class Idea(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something to try, why, and what is hoped of it."""

    id: str
    name: str = ""  # its title
    origin: Origin = Origin()
    hypothesis: str = ""  # what is believed to happen when it is done
    value: float | None = None  # what is expected of it, in the unit its origin counts in
    status: Literal["open", "trying", "done", "dropped"] = "open"
    owner: str = ""  # who looks after it
