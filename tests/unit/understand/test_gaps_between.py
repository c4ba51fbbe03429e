"""Gaps between sides: slow handoffs, customers known too late, contradictions, and what a switch is about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from statistics import median

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harken.understand import About, Answer, journeys_of
from harken.understand.crossings import rule_of
from harken.understand.questions.gaps import ANALYSIS, GapsQuestion
from harken.words import DAY, Config
from unit.understand.logs import MINUTE, PLACES, SCHEMA, by_chance, catalogue, log
from unit.understand.oracle import Asked
from unit.understand.plain import journeys

HOUR = 60 * MINUTE
CALL, APP, PLAN, SIGN_UP = "call_center: Billing call", "app: Überweisung 💶", "web: Plan page", "web: Sign-up"
WIDE = {"minimum": 1, "limit": 10_000}
LINKS = {"profile": pl.String, "source_from": pl.String, "first_from": pl.Int64, "last_from": pl.Int64,
         "source_to": pl.String, "first_to": pl.Int64, "last_to": pl.Int64, "linked": pl.Int64, "id": pl.String}  # fmt: skip


class Told:
    """Records as a test says them: links, how late each side's events are heard, and topics by (profile, occurred)."""

    def __init__(self, links: Sequence[tuple] = (), topics: dict[tuple[str, int], str] | None = None) -> None:
        self.rows, self.topics = links, topics or {}

    def links(self, profiles: pl.Series) -> pl.DataFrame:
        return pl.DataFrame(self.rows, schema=LINKS, orient="row").filter(pl.col("profile").is_in(profiles.implode()))

    def delays(self, sides: pl.DataFrame, since: int | None, until: int) -> pl.DataFrame:
        every = sides["side"].unique().sort()
        return pl.DataFrame({"side": every, "delay": [2e6] * len(every), "delay_p90": [9e6] * len(every)})

    def values(self, places: pl.DataFrame, property: str, at: pl.DataFrame | None = None) -> pl.DataFrame:
        assert property == "topic"
        assert at is not None
        told = [(who, when, self.topics.get((who, when))) for who, when in at.iter_rows()]
        rows = pl.DataFrame(told, schema={"profile": pl.String, "occurred": pl.Int64, "value": pl.String}, orient="row")
        return rows.join(places.select("place"), how="cross").with_columns(pl.lit(0, pl.Int64).alias("seq"))


def ask(events: list[dict], records: Told | None = None, config: Config | None = None, **asked: object) -> Answer:
    question = GapsQuestion(**(WIDE | asked))  # type: ignore[arg-type]
    config = config or catalogue()
    told = pl.DataFrame(events, schema={**SCHEMA, "source": pl.String})
    about = About(catalogue=config, records=records)
    return ANALYSIS.answer(journeys_of(told, config, question), about, question)


def rows(answer: Answer, kind: str) -> dict[tuple[str, str], dict]:
    return {
        (row["from"], row["to"]): row for row in answer["gaps"].filter(pl.col("kind") == kind).iter_rows(named=True)
    }


def of(source: str) -> dict:
    return {"source": source}


# ---------------------------------------------------------------------- known too late


def test_a_crossing_before_both_systems_knew_of_one_another_is_known_too_late() -> None:
    """Ada calls an hour after the web and signs in two hours later; Ben's call is linked from the start."""
    events = log(("ada", 0, PLAN, of("web")), ("ada", HOUR, CALL, of("calls")), ("ben", 0, PLAN, of("web")),
                 ("ben", HOUR, CALL, of("calls")))  # fmt: skip
    links = [("ada", "web", 0, 9 * HOUR, "calls", HOUR, HOUR, 3 * HOUR, "phone")]
    found = ask(events, Told(links), kinds=("known_late",))
    row = rows(found, "known_late")["web", "call_center"]
    assert (row["customers"], row["at"], row["median_seconds"]) == (1, 2, 7_200)
    told = found["identity"].row(0, named=True)
    assert (told["id"], told["late"], told["crossings"], told["share"], told["customers"]) == ("phone", 1, 2, 0.5, 1)
    assert told["share_low"] < 0.5 < told["share_high"]


@pytest.mark.parametrize(("linked", "late"), [(HOUR - 1, 0), (HOUR, 0), (HOUR + 1, 1)])
def test_what_links_both_at_the_very_step_is_in_time(linked: int, late: int) -> None:
    events = log(("ada", 0, PLAN, of("web")), ("ada", HOUR, CALL, of("calls")))
    links = [("ada", "web", 0, HOUR, "calls", 0, HOUR, linked, "phone")]
    assert len(rows(ask(events, Told(links), kinds=("known_late",)), "known_late")) == late


def test_of_several_traces_there_at_the_time_the_one_known_first_counts() -> None:
    events = log(("ada", 0, PLAN, of("web")), ("ada", HOUR, CALL, of("calls")))
    late = ("ada", "web", 0, HOUR, "calls", 0, HOUR, DAY, "phone")
    before = ("ada", "web", 0, HOUR, "calls", 0, HOUR, 0, "crm")
    over = ("ada", "web", 0, HOUR, "calls", 2 * HOUR, 3 * HOUR, 0, "crm")
    assert rows(ask(events, Told([late, before]), kinds=("known_late",)), "known_late") == {}
    assert len(rows(ask(events, Told([late, over]), kinds=("known_late",)), "known_late")) == 1


def test_a_table_without_a_hub_says_that_only_a_hub_knows_since_when() -> None:
    found = ask(log(("ada", 0, PLAN), ("ada", HOUR, CALL)), kinds=("known_late",))
    assert "only a hub can tell" in found.tables["gaps"].note


# ---------------------------------------------------------------------- slow handoffs


def test_a_crossing_slower_than_steps_within_both_sides_is_a_slow_handoff_by_the_excess() -> None:
    events = log(
        ("a", 0, PLAN), ("a", MINUTE, PLAN), ("a", 61 * MINUTE, CALL), ("a", 71 * MINUTE, CALL), ("b", 0, PLAN),
        ("b", 2 * MINUTE, CALL),
    )  # fmt: skip
    found = ask(events, Told(), kinds=("slow_handoff",))
    row = rows(found, "slow_handoff")["web", "call_center"]
    assert (row["customers"], row["events"], row["median_seconds"]) == (1, 1, 50 * 60)
    told = found["latency"].row(0, named=True)
    assert (told["median_seconds"], told["within_from_seconds"], told["within_to_seconds"]) == (31 * 60, 60, 600)
    assert (told["latency_seconds"], told["delay_seconds"], told["crossings"]) == (21 * 60, 2.0, 2)


def test_sides_between_which_crossing_is_as_fast_as_staying_have_no_slow_handoff() -> None:
    events = log(("a", 0, PLAN), ("a", HOUR, PLAN), ("a", 2 * HOUR, CALL), ("b", 0, PLAN), ("b", MINUTE, CALL),
                 ("c", 0, PLAN), ("c", MINUTE, CALL))  # fmt: skip
    assert rows(ask(events, kinds=("slow_handoff",)), "slow_handoff") == {}


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 60), st.sampled_from(["life", "visit"]), st.sampled_from([DAY, 8 * DAY]))
def test_slow_handoffs_equal_the_plain_twin(seed: int, size: int, journey: str, long: int) -> None:
    events = by_chance(seed, size)
    known = {one.id: one for one in PLACES}

    def side(event: dict) -> str:
        one = known.get(event["touchpoint"])
        return (one.channel if one else "") or event["channel"] or "(none)"

    inside: dict = defaultdict(list)
    crossing: dict = defaultdict(list)
    for one in journeys(events, PLACES, Asked(journey=journey))[0]:
        for a, b in zip(one.steps, one.steps[1:], strict=False):
            time = b["occurred"] - a["occurred"]
            if time <= long and side(a) != side(b):
                crossing[side(a), side(b)].append((a["touchpoint"], b["touchpoint"], time))
            elif time <= long:
                for key in (("from", a["touchpoint"]), ("to", b["touchpoint"]), ("side", side(a))):
                    inside[key].append(time)
    wanted = {}
    for (a, b), each in crossing.items():
        usual = [(_usual(inside, "from", one[0], a), _usual(inside, "to", one[1], b)) for one in each]
        lows = [[u[end] for u in usual if u[end] is not None] for end in (0, 1)]
        typical = [median(one) for one in lows if one]
        over = [
            t[2] - max(v for v in u if v is not None)
            for t, u in zip(each, usual, strict=True)
            if any(v is not None for v in u)
        ]
        slow = [one for one in over if one > 0]
        if typical and slow and median(t[2] for t in each) > max(typical):
            wanted[a, b] = (len(slow), median(round(one) for one in slow))
    found = rows(ask(events, journey=journey, long=long, kinds=("slow_handoff",)), "slow_handoff")
    assert found.keys() == wanted.keys()
    for key, (count, over) in wanted.items():
        assert (found[key]["events"], found[key]["median_seconds"]) == (count, pytest.approx(over / 1e6)), key


def _usual(inside: dict, way: str, place: str, side: str) -> float | None:
    told = inside.get((way, place)) or inside.get(("side", side))
    return median(told) if told else None


# ---------------------------------------------------------------------- contradictions


def test_what_should_not_come_after_a_goal_is_a_contradiction_each_time() -> None:
    reminder = "email: Reminder"
    events = log(("a", 0, reminder), ("a", HOUR, SIGN_UP), ("a", 2 * HOUR, reminder), ("a", 3 * HOUR, reminder),
                 ("b", 0, SIGN_UP), ("c", 0, SIGN_UP), ("c", 1, APP), ("c", HOUR, reminder))  # fmt: skip
    told = f"{reminder} after {SIGN_UP} unless {APP}"
    found = ask(events, kinds=("contradiction",), contradictions=(told,))
    row = rows(found, "contradiction")[SIGN_UP, reminder]
    assert (row["customers"], row["events"], row["at"], row["median_seconds"]) == (1, 2, 3, 5_400)


def test_two_contradictions_after_one_step_are_both_told_and_compared() -> None:
    events = log(("a", 0, SIGN_UP), ("a", HOUR, PLAN), ("a", 2 * HOUR, CALL), ("b", 0, SIGN_UP), ("z", 60 * DAY, APP))
    told = (f"{PLAN} after {SIGN_UP}", f"{CALL} after {SIGN_UP}")
    found = rows(ask(events, kinds=("contradiction",), contradictions=told, goals=(CALL,)), "contradiction")
    assert found.keys() == {(SIGN_UP, PLAN), (SIGN_UP, CALL)}
    assert {(one["n"], one["matched"], one["goal"], one["goal_matched"]) for one in found.values()} == {
        (1, 1, 1.0, 0.0)
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("email: Reminder after goal:order", ("email: Reminder", "goal:order", -1, "")),
        ("a | b after c within 7d", ("a | b", "c", 7 * DAY, "")),
        ("a after c within 1 week unless d | e", ("a", "c", 7 * DAY, "d | e")),
        ("a after c unless d", ("a", "c", -1, "d")),
    ],
)
def test_a_contradiction_is_read_as_it_is_written(text: str, told: tuple) -> None:
    found = rule_of(text)
    assert (found.wrong, found.cause, found.within, found.unless) == told


def test_without_a_declared_contradiction_the_note_says_how_to_declare_one() -> None:
    assert "`contradictions` declares" in ask(log(("a", 0, PLAN)), kinds=("contradiction",)).tables["gaps"].note


# ---------------------------------------------------------------------- what a switch is about


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("phones", "phones", True),
        ("phones/android", '["plans","Phones/ios"]', True),
        ("phones", "plans", False),
        (None, "plans", True),
        ("phones", None, True),
    ],
)
def test_a_contact_about_another_topic_is_no_switch(first: str | None, second: str | None, same: bool) -> None:
    topics = {key: value for key, value in ((("a", 0), first), (("a", HOUR), second)) if value is not None}
    events = log(("a", 0, PLAN), ("a", HOUR, CALL))
    found = ask(events, Told(topics=topics), kinds=("channel_switch",))
    assert bool(rows(found, "channel_switch")) == same
    assert rows(ask(events, Told(topics=topics), kinds=("channel_switch",), same_topic=False), "channel_switch")
