"""Behavior 5 as a law: whatever order, split, repetition, restart or settling, the same history gives the same customers."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

import postgres
from harken.errors import NotFound
from stories.hub.telling import HOUR, NOW, Place, Sent, alias, all_of, batch, check_states, did, segment, together, told

PEOPLE, DEVICES, EMAILS = ("ada", "bob", "cyd"), ("d1", "d2"), ("e1@example.test", "e2@example.test")
REFS = [*(f"user_id:{user}" for user in PEOPLE), *(f"anonymous_id:{one}" for one in DEVICES)]
REFS += [f"email:{one}" for one in EMAILS]
SEGMENTS: dict[str, dict[str, Any]] = {
    "readers": {"event": "Read", "at_least": 2},
    "quiet": {"event": "Bought", "never": True},
    "gold": {"trait": "plan", "is": "gold"},
    "mailed": {"has": "email"},
    "asked": {"consent": "email"},
    "both": {"all": [{"segment": "readers"}, {"segment": "mailed"}]},
}
CONSENT = {None: {}, True: {"consent": {"categoryPreferences": {"email": True}}}, False: {"consent": {"categoryPreferences": {"email": False}}}}  # fmt: skip


@st.composite
def event(draw: st.DrawFn) -> tuple[str, Sent]:
    """One event from one of two sources: an act, something told, or an alias."""
    at = NOW - draw(st.integers(0, 12)) * HOUR
    device, user = draw(st.sampled_from(("", *DEVICES))), draw(st.sampled_from(("", "", *PEOPLE)))
    email = draw(st.sampled_from(("", "", "", *EMAILS)))
    kind = draw(st.sampled_from(("act", "act", "act", "told", "alias")))
    if kind == "alias":
        sent = alias(draw(st.sampled_from((*PEOPLE, *DEVICES))), draw(st.sampled_from(PEOPLE)), at)
    else:
        if not (device or user or email):
            device = "d1"
        if kind == "told" and (device or user):
            said: dict[str, Any] = {"plan": draw(st.sampled_from(("gold", "blue", None)))}
            if email:
                said["email"] = email
            sent = told(at, anon=device, user=user, **said)
        else:
            name = draw(st.sampled_from(("Read", "Bought", "Seen")))
            sent = did(name, at, anon=device, user=user, email=email)
        extra = CONSENT[draw(st.sampled_from((None, None, True, False)))]
        if extra:
            sent = {**sent, "context": {**sent.get("context", {}), **extra}}
    return draw(st.sampled_from(("web", "web", "app"))), sent


@st.composite
def history(draw: st.DrawFn) -> list[tuple[str, Sent]]:
    """Some events, each with an id of its own."""
    events = draw(st.lists(event(), min_size=2, max_size=12))
    return [(source, {**sent, "messageId": f"m{number}"}) for number, (source, sent) in enumerate(events)]


def seen(place: Place) -> dict[str, Any]:
    hub = place.hubs[-1]
    views = all_of(hub, REFS)
    for one in views.values():
        if one is not None:  # when a segment was entered is a matter of when it was heard
            one["customer"]["segments"] = sorted(one["customer"]["segments"])
    views["profiles"] = sorted(one.pid for one in hub.profiles(limit=100).data)
    check_states(hub)
    return views


def differences(one: Any, other: Any, at: str = "") -> list[str]:
    """Where two answers differ, in words short enough to read."""
    if isinstance(one, dict) and isinstance(other, dict):
        keys = sorted({*one, *other})
        return [found for key in keys for found in differences(one.get(key), other.get(key), f"{at}.{key}")]
    if isinstance(one, list) and isinstance(other, list):
        return [f"{at}: {[x for x in one if x not in other]} / {[x for x in other if x not in one]}"] * (one != other)
    return [f"{at}: {one} / {other}"] * (one != other)


def tell(place: Place, parts: list[list[tuple[str, Sent]]], between: list[str]) -> dict[str, Any]:
    """Hear the parts, a transaction each, with something in between; and what the hub says then."""
    hub = place.open()
    for id, rule in SEGMENTS.items():
        segment(hub, id, rule)
    hub.jobs.run_wanted()
    for number, part in enumerate(parts):
        hub.hear([batch([sent], source=source, received=NOW) for source, sent in part])
        step = between[number % len(between)]
        if step == "settle":
            hub.settle()
        elif step == "restart":
            hub = place.again(hub)
        elif step == "forget":
            hub.core.working.forget()
        elif step == "crowd":
            hub.core.working.limit = 2  # from here on every transaction lets go of what it did not hear of
    return seen(place)


@st.composite
def retold(draw: st.DrawFn) -> tuple[list[tuple[str, Sent]], list[list[tuple[str, Sent]]], list[str]]:
    """A history, the same in another order with repetitions and split anyhow, and what happens between the parts."""
    events = draw(history())
    other = draw(st.permutations(events)) + draw(st.lists(st.sampled_from(events), max_size=4))
    cuts = sorted({0, len(other), *draw(st.lists(st.integers(0, len(other)), max_size=6))})
    parts = [list(other[a:b]) for a, b in pairwise(cuts)]
    return (
        events,
        parts,
        draw(st.lists(st.sampled_from(("", "", "settle", "restart", "forget", "crowd")), min_size=1, max_size=4)),
    )


def check(store: str, retold: tuple[list[tuple[str, Sent]], list[list[tuple[str, Sent]]], list[str]]) -> None:
    events, parts, between = retold
    with tempfile.TemporaryDirectory() as folder:
        plain = Place("memory:", Path(folder, "plain"), several=False, lasting=False)
        url = {"memory": "memory:", "sqlite": ""}.get(store) if store != "postgresql" else postgres.server().fresh()
        other = Place(url or "", Path(folder, "other"), several=True, lasting=store != "memory")
        try:
            note(f"plain: {events}\nother: {parts}\nbetween: {between}")
            assert not differences(tell(other, parts, between), tell(plain, [events], [""]))
        finally:
            other.close()
            plain.close()


MODEST = {"deadline": None, "suppress_health_check": list(HealthCheck), "print_blob": True}


@given(retold())
@settings(max_examples=60, **MODEST)
def test_any_order_gives_the_same_in_memory(retold: Any) -> None:
    """Any order, split, repetition, settling."""
    check("memory", retold)


@given(retold())
@settings(max_examples=40, **MODEST)
def test_any_order_gives_the_same_in_sqlite(retold: Any) -> None:
    """The same, restarted in between."""
    check("sqlite", retold)


@given(retold())
@settings(max_examples=6, **MODEST)
def test_any_order_gives_the_same_in_postgresql(retold: Any) -> None:
    """The same, restarted in between."""
    check("postgresql", retold)


@st.composite
def hands(draw: st.DrawFn) -> tuple[list[tuple[str, Sent]], dict[int, list[tuple[str, str, bool]]]]:
    """A history, and operators who merge by hand in the course of it: at which event, whom, and taken back at once or not."""
    events = draw(history())
    acts: dict[int, list[tuple[str, str, bool]]] = {}
    for _ in range(draw(st.integers(1, 4))):
        act = draw(st.sampled_from(REFS)), draw(st.sampled_from(REFS)), draw(st.booleans())
        acts.setdefault(draw(st.integers(1, len(events))), []).append(act)
    return events, acts


@given(hands())
@settings(max_examples=40, **MODEST)
def test_a_merge_by_hand_taken_back_leaves_no_mark(hands: Any) -> None:
    """In any history, among other merges: merging makes one customer, parting makes two again, exactly as they were."""
    events, acts = hands
    note(f"{events}\n{acts}")
    with tempfile.TemporaryDirectory() as folder:
        place = Place("memory:", Path(folder), several=False, lasting=False)
        hub = place.open()
        for id, rule in SEGMENTS.items():
            segment(hub, id, rule)
        for number, (source, sent) in enumerate(events, 1):
            hub.hear([batch([sent], source=source, received=NOW)])
            for a, b, back in acts.get(number, ()):
                with suppress(NotFound):
                    if together(hub, a, b):
                        continue
                    before = all_of(hub, REFS)
                    place.clock.forward(seconds=1)
                    hub.merge(a, b, by="op")
                    assert together(hub, a, b)
                    check_states(hub)
                    if back:
                        hub.unmerge(a, b, by="op")
                        place.clock.forward(seconds=-1)
                        assert not differences(all_of(hub, REFS), before)
                        check_states(hub)
        place.close()
