"""What is shown of a customer."""

from __future__ import annotations

import msgspec
import pytest

from harken.remember import Change, Customer, Device, Stages, blank, customer, join, refold
from harken.words import DAY, SECOND, Event, Identifier
from unit.remember.heard import ADA, BROWSER, HOUR, NOW, PLAN, event

EMAIL = Identifier("email", "ada@example.test")


def shown(*events: Event, now: int = NOW) -> Customer:
    return customer("p1", refold(events, PLAN), (ADA, EMAIL), {"keen": NOW - DAY}, PLAN, now)


def test_a_customer_nobody_heard_of_shows_nothing() -> None:
    found = customer("p1", blank(), (), {}, PLAN, NOW)
    assert found == Customer(pid="p1")


def test_everything_that_is_remembered_is_shown() -> None:
    found = shown(
        event(NOW - 2 * DAY, "Home", touchpoint="web: Home", traits={"plan": "silver", "name": "Ada"}),
        event(NOW - DAY, "Order Completed", touchpoint="web: Checkout", properties={"revenue": 59.9}),
        event(NOW - HOUR, "Plan Viewed", touchpoint="web: Plan page", traits={"plan": "gold", "name": None}),
        event(NOW, "Called", channel="call_center", consent={"email": True, "ads": False}, topics={"phones/ios": 2000}),
    )
    assert (found.events, found.visits, found.first_seen, found.last_seen) == (4, 4, NOW - 2 * DAY, NOW)
    assert found.stage == Stages(current="consider", earliest="discover", furthest="buy")
    assert found.traits.keys() == {"plan"}
    assert (found.traits["plan"].value, found.traits["plan"].since) == ("gold", NOW - HOUR)
    assert found.traits["plan"].history == (Change(NOW - 2 * DAY, "silver"),)
    assert found.interests == {"phones": 2.0, "phones/ios": 2.0}
    assert {purpose: one.yes for purpose, one in found.consent.items()} == {"ads": False, "email": True}
    assert found.consent["email"].place == str(BROWSER)
    assert {name: (one.events, one.visits) for name, one in found.channels.items()} == {
        "call_center": (1, 1), "web": (3, 3),
    }  # fmt: skip
    home = found.touchpoints["web: Home"]
    assert (home.count, home.channel, home.stage, home.group) == (1, "web", "discover", "Pages")
    assert found.event_names["Plan Viewed"].count == 1
    assert found.money == {"Order Completed": 59.9}
    assert found.segments == {"keen": NOW - DAY}
    assert found.identifiers == (ADA, EMAIL)
    assert msgspec.json.decode(msgspec.json.encode(found))["stage"]["furthest"] == "buy"


def test_a_touchpoint_nobody_named_has_the_channel_it_was_met_on() -> None:
    found = shown(
        event(NOW - DAY, "/about", touchpoint="web: /about"),
        event(NOW - HOUR, "Bought", touchpoint="till: Garden", channel="store"),
        event(NOW - SECOND, "Scanned", touchpoint="store: Scanned", channel="store"),
        event(NOW, "/scan", touchpoint="web: /scan"),
        event(NOW + SECOND, "Left", touchpoint="store: Left", channel="store"),
        event(NOW, "Legal", touchpoint="web: Legal", channel="store"),
    )
    assert {name: one.channel for name, one in found.touchpoints.items()} == {
        "web: /about": "web", "till: Garden": "store", "store: Scanned": "store", "web: /scan": "web",
        "store: Left": "store", "web: Legal": "web",
    }  # fmt: skip
    assert (found.touchpoints["web: /about"].stage, found.touchpoints["web: /about"].group) == ("", "")


def test_a_notebook_shows_a_small_table_without_markup_of_its_values() -> None:
    found = shown(
        event(NOW - DAY, "Home", touchpoint="web: Home", traits={"name": "<script>alert(1)</script>", "vip": True}),
        event(NOW, "Bought", channel="<b>", traits={f"t{n}": n for n in range(20)}, consent={"email": True}),
    )
    html = found._repr_html_()
    assert html.count("<table>") == 1
    assert "<script>" not in html
    assert "<b>" not in html
    for text in ("user_id:ada", "email:ada@example.test", "2 in 2 visits", "discover", "keen", "email yes", "more",
                 "name &lt;script&gt;alert(1)&lt;/script&gt;"):  # fmt: skip
        assert text in html
    assert shown(event(traits={"vip": True, "note": "x" * 500}))._repr_html_().count("x") < 100
    empty = customer("p<1", blank(), (), {}, PLAN, NOW)._repr_html_()
    assert "<h3>p&lt;1</h3>" in empty
    assert "1970" not in empty


def test_interests_fade_by_half_in_a_half_life() -> None:
    bought = event(NOW, topics={"phones/ios": 1000})
    assert [shown(bought, now=NOW + days * DAY).interests.get("phones") for days in (0, 30, 60, 600)] == [
        1.0, 0.5, 0.25, None,
    ]  # fmt: skip


def test_a_trait_dated_in_the_future_is_not_shown_yet() -> None:
    found = shown(event(NOW - DAY, traits={"plan": "silver"}), event(NOW + DAY, traits={"plan": "gold"}))
    assert found.traits["plan"].value == "silver"
    assert found.traits["plan"].last_heard == NOW - DAY


def test_a_source_without_a_device_speaks_for_itself_about_consent() -> None:
    found = shown(event(identifiers=(ADA,), source="crm", consent={"email": False}))
    assert found.consent["email"].place == "crm"


def test_devices_tell_what_they_said_of_themselves_last() -> None:
    agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1 Version/17.5 Mobile Safari/604.1"
    context = {"userAgent": agent, "locale": "de-CH", "app": {"name": "Tideline", "version": "3.2"}}
    found = shown(
        event(NOW - DAY, context=context),
        event(NOW - HOUR),
        event(NOW - SECOND, identifiers=(Identifier("device_id", "d9"),), context={"os": {"name": "Android"}}),
    )
    assert found.devices == (
        Device(id="device_id:d9", os="Android", last=NOW - SECOND),
        Device(id="anonymous_id:b1", agent="Safari 17", os="iOS", app="Tideline 3.2", locale="de-CH", last=NOW - HOUR),
    )


@pytest.mark.parametrize(
    "context", [{"os": "weird", "app": 3, "locale": ["x"], "userAgent": {}}, {"userAgent": "\x1f" * 9}]
)
def test_odd_contexts_break_nothing(context: dict[str, object]) -> None:
    assert len(shown(event(context=context)).devices) == 1


def test_the_last_decisions_are_shown_newest_first() -> None:
    found = shown(
        *(event(NOW + number, type="decision", properties={"action": f"a{number}"}) for number in range(20)),
        now=NOW + DAY,
    )
    assert [one.action for one in found.decisions[:2]] == ["a19", "a18"]
    assert len(found.decisions) == 16


def test_a_profile_is_the_join_of_its_trails() -> None:
    web = refold([event(NOW, "A", traits={"plan": "gold"})], PLAN)
    app = refold([event(NOW + SECOND, "A", channel="app", source="app", traits={"plan": "silver"})], PLAN)
    found = customer("p1", join([web, app]), (ADA,), {}, PLAN, NOW + DAY)
    assert (found.events, found.visits, found.traits["plan"].value) == (2, 2, "silver")
    apart = customer("p1", join([web]), (ADA,), {}, PLAN, NOW + DAY)
    assert (apart.events, apart.traits["plan"].value) == (1, "gold")
