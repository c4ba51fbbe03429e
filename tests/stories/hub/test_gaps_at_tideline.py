"""Tideline's customers fall into the gaps its story puts there, and the hub finds them."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from harken.hub import Hub
from harken.testing import Clock, tideline
from harken.words import SECOND

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
        left = gaps["dead_end", "web: Basket", "END"]
        assert left["goal_loss_low"] > 0
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
