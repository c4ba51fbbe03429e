"""Tideline's customers fall into the gaps its story puts there, and the hub finds them; what it keeps besides steps tells more."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from harken.hub import Hub
from harken.testing import Clock, tideline
from harken.words import DAY, SECOND
from stories.hub.telling import MINUTE, NOW, did, hear

END = 1_800_000_000 * SECOND
BILL, CALL = "app: View bill", "call_center: Billing call"


def test_what_tidelines_customers_fall_into_is_found_with_the_customers_behind_it(tmp_path: Path) -> None:
    """A bill that shocks sends people to the phone; a failed ID check is asked again; the chatbot hands over; baskets are left."""
    with Hub.open(tmp_path, clock=Clock(END)) as hub:
        hub.documents.apply(tideline.CONFIGURATION, by="test")
        hub.hear([tideline.raw(one) for one in tideline.history(seed=7, customers=400, days=90, end=END)])
        answer = hub.journeys.ask("gaps", minimum=3, limit=300)
        gaps = {(row["kind"], row["from"], row["to"]): row for row in answer["gaps"].iter_rows(named=True)}
        bill = gaps["channel_switch", BILL, CALL]
        assert bill["customers"] > 20
        assert 3_600 < bill["median_seconds"] < 12 * 3_600
        assert bill["emotion_high"] < 0, "who is sent to the phone feels worse than matched customers"
        assert bill["contacts"] > bill["contacts_matched"]
        assert gaps["asked_twice", "web: ID check", "web: ID check"]["customers"] >= 3
        assert gaps["repeated_contact", "chat: Chatbot", "chat: Agent chat"]["customers"] > 20
        left, basket = gaps["dead_end", "web: ID check", "END"], gaps["dead_end", "web: Basket", "END"]
        assert left["chance"] > left["elsewhere_high"], "the ID check is left more often than other places"
        assert left["goal_loss"] > 0
        assert basket["customers"] > left["customers"], "more leave at the basket, but not more often than elsewhere"
        assert basket["lost_goals"] == 0
        assert {*answer["kinds"]["kind"]} >= {
            "channel_switch",
            "repeated_contact",
            "dead_end",
            "ping_pong",
            "asked_twice",
        }
        people = hub.journeys.customers("gaps", {"table": "gaps", **bill}, minimum=3, limit=300)
        assert len({*people}) == bill["customers"]
        ranked = answer["gaps"].filter(pl.col("value").is_not_null())["value"]
        assert ranked.is_sorted(descending=True)


# ---------------------------------------------------------------------- what only records tell


def heard(folder: Path) -> Hub:
    """Ada looks at plans, calls ten minutes later, and only the next day says at the site that the phone is hers; Ben said
    so before. Half of it is in the lake."""
    hub = Hub.open(folder, clock=Clock(NOW + DAY))
    plans = {"topic": "plans/large"}
    said = [did("Plan Viewed", anon="ada-web", properties=plans), did("Plan Viewed", anon="ben-web", properties=plans)]
    hear(hub, did("Registered", NOW - DAY, anon="ben-web", traits={"phone": "+12025550102"}), *said)
    hub.settle()
    for who, topic in (("+12025550101", "plans"), ("+12025550102", "bills")):
        called = did("Call Ended", NOW + 10 * MINUTE, messageId=who, traits={"phone": who}, properties={"topic": topic})
        hear(hub, called, source="call_center")
    hear(hub, did("Registered", NOW + DAY, anon="ada-web", traits={"phone": "+12025550101"}))
    return hub


def test_a_call_before_anybody_could_know_who_calls_is_known_too_late(tmp_path: Path) -> None:
    with heard(tmp_path) as hub:
        answer = hub.journeys.gaps(sides="source", minimum=1, kinds=("known_late",))
        (row,) = answer["gaps"].to_dicts()
        assert (row["from"], row["to"], row["customers"], row["at"]) == ("web", "call_center", 1, 2)
        assert row["median_seconds"] == 86_400 - 600
        told = answer["identity"].row(0, named=True)
        assert (told["id"], told["late"], told["crossings"]) == ("phone", 1, 2)


def test_a_call_about_another_topic_is_no_switch(tmp_path: Path) -> None:
    with heard(tmp_path) as hub:
        said = {"sides": "source", "minimum": 1, "kinds": ("channel_switch",), "contacts": ("source:call_center",)}
        (row,) = hub.journeys.gaps(**said)["gaps"].to_dicts()
        assert hub.journeys.customers("gaps", row, **said) == [hub.profile("phone:+12025550101").pid]
        assert hub.journeys.gaps(**said, same_topic=False)["gaps"]["customers"].to_list() == [2]


def test_how_late_events_of_a_side_are_heard_is_told_with_its_handoffs(tmp_path: Path) -> None:
    with heard(tmp_path) as hub:
        told = hub.journeys.gaps(sides="source")["latency"].filter(pl.col("from") == "web").row(0, named=True)
        assert told["delay_seconds"] == 86_400
