"""Events as `listen` and `recognize` hand them on, random and told: what the tests of `remember` fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from harken.remember import Plan, prepare
from harken.words import DAY, SECOND, Config, Event, Identifier, Interests, Segment, Touchpoint, digest

NOW = 20_000 * DAY + 11 * 3_600 * SECOND
HOUR = 3_600 * SECOND
MINUTE = 60 * SECOND
BROWSER = Identifier("anonymous_id", "b1")
ADA = Identifier("user_id", "ada")

TOUCHPOINTS = (
    Touchpoint(id="web: Home", channel="web", stage="discover", group="Pages"),
    Touchpoint(id="web: Plan page", channel="web", stage="consider"),
    Touchpoint(id="web: Checkout", channel="web", stage="buy"),
    Touchpoint(id="call_center: Billing call", channel="call_center", stage="get_help"),
    Touchpoint(id="web: Legal", channel="web"),
)


def plan(rules: Mapping[str, dict[str, Any]] | None = None, *, half_life: float = 30.0) -> Plan:
    """A plan with these segments."""
    segments = {id: Segment(id=id, rule=rule) for id, rule in (rules or {}).items()}
    return prepare(Config(touchpoints=TOUCHPOINTS, segments=segments, interests=Interests(half_life_days=half_life)))


PLAN = plan()


def event(occurred: int = NOW, name: str = "", **more: Any) -> Event:
    """An event with what matters to the test."""
    told: dict[str, Any] = {
        "type": "track", "source": "site", "channel": "web", "touchpoint": "", "identifiers": (BROWSER,),
        "message_id": digest(repr((occurred, name, sorted(more.items(), key=str)))),
    } | more  # fmt: skip
    id = digest(told["source"], told["message_id"])
    return Event(id=id, dialect="segment", name=name, occurred=occurred, received=occurred, **told)


def numbered(events: Sequence[Event]) -> list[Event]:
    """The same events, all different ones."""
    return [
        event(
            one.occurred, one.name, type=one.type, source=one.source, channel=one.channel, touchpoint=one.touchpoint,
            identifiers=one.identifiers, properties=one.properties, traits=one.traits, topics=one.topics,
            consent=one.consent, context=one.context, message_id=str(number),
        )
        for number, one in enumerate(events)
    ]  # fmt: skip


MOMENTS = st.one_of(
    st.integers(0, 40).map(lambda days: NOW - days * DAY),
    st.integers(0, 12).map(lambda part: NOW - DAY + part * 15 * MINUTE),
    st.integers(0, 40 * DAY).map(lambda length: NOW - length),
)
VALUES = st.one_of(
    st.sampled_from(["gold", "silver", 1, 1.0, True, None, 2.5, "1"]),
    st.sampled_from([["a", 1], {"city": "Bern", "zip": 3000.0}, {"zip": 3000, "city": "Bern"}]),
)
DEALT = (
    {"placement": "home", "channel": "web", "until": NOW + HOUR, "shown": [{"action": "a1", "topic": "phones"}]},
    {"placement": "home", "until": NOW - DAY, "shown": [{"action": "a1"}, {"action": "a2", "topic": "tv"}]},
    {"what": "seen", "decision": "d1", "action": "a1", "topic": "phones", "channel": "web"},
    {"what": "negative", "decision": "d2", "action": "a2"},
    {"what": "odd", "decision": 5, "shown": "x", "until": "y"},
)
EVENTS = st.builds(
    event,
    MOMENTS,
    st.sampled_from(["", "Plan Viewed", "Order Completed", "Signed In"]),
    type=st.sampled_from(["track", "track", "identify", "decision", "response"]),
    source=st.sampled_from(["site", "app"]),
    channel=st.sampled_from(["web", "web", "app", ""]),
    touchpoint=st.sampled_from(["", *(one.id for one in TOUCHPOINTS)]),
    identifiers=st.sampled_from([(BROWSER,), (ADA, BROWSER), (ADA, Identifier("device_id", "d1")), (ADA,)]),
    properties=st.sampled_from([{}, {"revenue": 9.99}, {"total": -5, "action": "a1"}, {"value": "12"}, *DEALT]),
    traits=st.dictionaries(st.sampled_from(["plan", "city"]), VALUES, max_size=2),
    topics=st.dictionaries(st.sampled_from(["phones", "phones/android", "tv"]), st.integers(1, 3000), max_size=2),
    consent=st.dictionaries(st.sampled_from(["email", "ads", "*"]), st.booleans(), max_size=2),
    context=st.sampled_from(
        [{}, {"locale": "en-US", "os": {"name": "iOS", "version": "17"}}, {"userAgent": "Firefox/126"}]
    ),
)
HISTORIES = st.lists(EVENTS, max_size=24).map(numbered)
