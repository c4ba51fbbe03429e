"""Silo gaps: each kind by hand, all of them against a plain twin on random logs, and their loss against matched customers."""

from __future__ import annotations

import random
from collections import defaultdict
from statistics import median

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harken.errors import Invalid, NotFound
from harken.understand import About, Answer, MapQuestion, journey_map, journeys_of
from harken.understand.goals import goal_places
from harken.understand.handoffs import KINDS
from harken.understand.matched import contrasted, difference
from harken.understand.questions.gaps import ANALYSIS, GapsQuestion
from harken.words import Config, Goal, Match, Touchpoint
from unit.understand.logs import DAY, MINUTE, PLACES, by_chance, catalogue, frame, log
from unit.understand.oracle import Asked
from unit.understand.plain import journeys

HOUR = 60 * MINUTE
CALL, APP, PLAN, SIGN_UP = "call_center: Billing call", "app: Überweisung 💶", "web: Plan page", "web: Sign-up"
WIDE = {"minimum": 1, "limit": 10_000}
KINDS_OF_TWIN = tuple(one for one in KINDS if one not in ("slow_handoff", "known_late"))  # see test_gaps_between


def ask(events: list[dict], config: Config | None = None, **asked: object) -> Answer:
    question = GapsQuestion(**(WIDE | asked))  # type: ignore[arg-type]
    config = config or catalogue()
    return ANALYSIS.answer(journeys_of(frame(events), config, question), About(catalogue=config), question)


def rows(answer: Answer, kind: str) -> dict[tuple[str, str], dict]:
    return {
        (row["from"], row["to"]): row for row in answer["gaps"].filter(pl.col("kind") == kind).iter_rows(named=True)
    }


# ---------------------------------------------------------------------- by hand


def test_a_contact_on_another_side_soon_after_is_a_switch_from_the_last_thing_tried() -> None:
    found = ask(
        log(("a", 0, APP), ("a", HOUR, PLAN), ("a", 3 * HOUR, CALL), ("b", 0, PLAN), ("b", 49 * HOUR, CALL)),
        kinds=("channel_switch",),
    )
    assert rows(found, "channel_switch").keys() == {(PLAN, CALL)}
    row = rows(found, "channel_switch")[PLAN, CALL]
    assert (row["customers"], row["events"], row["at"], row["median_seconds"]) == (1, 1, 2, 7_200)
    assert row["total_seconds"] == 7_200


def test_a_switch_of_exactly_the_time_counts_and_one_microsecond_more_does_not() -> None:
    for late, wanted in ((0, 1), (1, 0)):
        found = ask(log(("a", 0, PLAN), ("a", 48 * HOUR + late, CALL)), kinds=("channel_switch",))
        assert len(rows(found, "channel_switch")) == wanted


def test_only_failures_that_are_named_make_a_switch() -> None:
    events = log(("a", 0, PLAN), ("a", HOUR, CALL), ("b", 0, APP), ("b", HOUR, CALL))
    found = ask(events, kinds=("channel_switch",), failures=("app: *",))
    assert rows(found, "channel_switch").keys() == {(APP, CALL)}


def test_a_second_call_is_a_repeated_contact_and_no_switch() -> None:
    found = ask(log(("a", 0, PLAN), ("a", HOUR, CALL), ("a", 25 * HOUR, CALL)))
    assert rows(found, "repeated_contact")[CALL, CALL]["median_seconds"] == 86_400
    assert rows(found, "channel_switch")[PLAN, CALL]["events"] == 1


def test_only_who_leaves_more_often_than_elsewhere_is_lost() -> None:
    """Two of four who came to the app left there and one of four who came to the plan page; those who went on from the
    app bought: a quarter of four is lost, half of the two who left."""
    bought = [(who, HOUR, SIGN_UP) for who in "cdfgh"]
    events = log(
        *((who, 0, APP) for who in "abcd"), *((who, 0, PLAN) for who in "efgh"), *bought, ("z", 90 * DAY, "web: Ad"),
    )  # fmt: skip
    found = ask(events, kinds=("dead_end",), goals=(SIGN_UP,), intent=(APP, PLAN))
    app, plan = rows(found, "dead_end")[APP, "END"], rows(found, "dead_end")[PLAN, "END"]
    assert (app["customers"], app["at"], app["chance"], app["elsewhere"]) == (2, 4, 0.5, 0.25)
    assert (app["goal"], app["goal_matched"], app["goal_loss"], app["n"], app["matched"]) == (0.0, 0.5, 0.5, 2, 2)
    assert (app["lost_goals"], app["value"], app["median_seconds"]) == (1.0, 1.0, None)
    assert app["elsewhere_low"] < 0.25 < app["elsewhere_high"]
    assert (plan["customers"], plan["chance"], plan["elsewhere"], plan["lost_goals"]) == (1, 0.25, 0.5, 0.0)
    assert found["gaps"]["from"].to_list() == [APP, PLAN]


def test_leaving_anywhere_after_intent_is_a_dead_end_and_after_a_goal_or_while_open_it_is_not() -> None:
    events = log(
        ("a", 0, APP), ("a", HOUR, CALL), ("b", 0, APP), ("b", HOUR, SIGN_UP), ("b", 2 * HOUR, PLAN), ("c", 0, PLAN),
        ("d", 60 * DAY, APP),
    )  # fmt: skip
    found = ask(events, kinds=("dead_end",), goals=(SIGN_UP,), intent=(APP,))
    assert rows(found, "dead_end").keys() == {(CALL, "END")}
    assert rows(found, "dead_end")[CALL, "END"]["at"] == 1


def test_what_the_company_sends_is_no_dead_end_but_where_its_customer_was() -> None:
    events = log(("a", 0, APP), ("a", DAY, "email: Reminder"), ("b", 60 * DAY, PLAN))
    assert rows(ask(events, kinds=("dead_end",), goals=(SIGN_UP,), intent=(APP,)), "dead_end").keys() == {(APP, "END")}


def test_there_and_back_is_a_ping_pong_between_sides_whatever_lies_on_each() -> None:
    found = ask(log(("a", 0, PLAN), ("a", HOUR, APP), ("a", 2 * HOUR, APP), ("a", 3 * HOUR, "web: Ad")))
    row = rows(found, "ping_pong")["web", "app"]
    assert (row["events"], row["median_seconds"], row["at"]) == (1, 3 * 3_600, 1)


def test_messages_of_the_company_are_no_ping_pong() -> None:
    found = ask(log(("a", 0, PLAN), ("a", HOUR, "email: Reminder"), ("a", 2 * HOUR, PLAN)))
    assert rows(found, "ping_pong") == {}


def test_the_same_asked_again_on_another_side_and_signing_in_again_soon() -> None:
    events = log(
        ("a", 0, "web: ID check"), ("a", DAY, "store: ID check"), ("a", 2 * DAY, "web: Sign-in"),
        ("a", 2 * DAY + HOUR, "web: Sign-in"), ("a", 2 * DAY + 2 * HOUR, "app: Login"),
    )  # fmt: skip
    found = ask(events, kinds=("asked_twice",))
    assert rows(found, "asked_twice").keys() == {("web: ID check", "store: ID check"), ("web: Sign-in", "app: Login")}


def test_a_caller_seen_nowhere_else_is_on_one_side_and_compared_with_nobody() -> None:
    events = log(("a", 0, CALL), ("b", 0, CALL), ("b", HOUR, PLAN), ("c", 0, PLAN), ("d", 30 * DAY, PLAN))
    row = rows(ask(events, goals=(PLAN,)), "one_side")["call_center", "NOWHERE"]
    assert (row["customers"], row["at"], row["goal_loss"], row["value"]) == (1, 2, None, None)


def test_who_may_have_been_seen_before_the_period_is_not_on_one_side() -> None:
    events = log(("a", DAY, CALL), ("b", 40 * DAY, PLAN))
    assert rows(ask(events, since=0), "one_side") == {}


def test_loss_is_against_customers_at_the_same_place_as_far_on() -> None:
    """Two switched and one of them bought; two at the same step did not and bought; one is far on and says nothing."""
    events = log(
        ("a", 0, PLAN, {"emotion": -1.0}), ("a", HOUR, CALL), ("a", 2 * HOUR, SIGN_UP), ("b", 0, PLAN), ("b", HOUR, CALL),
        ("c", 0, PLAN, {"emotion": 0.5}), ("c", HOUR, SIGN_UP), ("d", 0, PLAN), ("d", DAY, SIGN_UP),
        ("e", 0, APP), ("e", 1, APP), ("e", 2, PLAN), ("z", 60 * DAY, "web: Ad"),
    )  # fmt: skip
    row = rows(ask(events, kinds=("channel_switch",), goals=(SIGN_UP,), horizon=DAY), "channel_switch")[PLAN, CALL]
    assert (row["n"], row["matched"], row["goal"], row["goal_matched"], row["goal_loss"]) == (2, 2, 0.5, 1.0, 0.5)
    assert (row["contacts"], row["contacts_matched"], row["emotion_difference"]) == (1.0, 0.0, -1.5)
    assert (row["lost_goals"], row["more_contacts"], row["value"]) == (1.0, 2.0, pytest.approx(1.2))
    assert row["goal_loss_low"] < 0.5 < row["goal_loss_high"]


def test_who_cannot_be_watched_long_enough_is_not_compared() -> None:
    events = log(("a", 0, PLAN), ("a", HOUR, CALL), ("b", 0, PLAN), ("z", 13 * DAY, "web: Ad"))
    row = rows(ask(events, goals=(SIGN_UP,)), "channel_switch")[PLAN, CALL]
    assert (row["customers"], row["n"], row["goal"], row["value"]) == (1, 0, None, None)


def test_without_a_goal_the_note_says_how_to_name_one() -> None:
    found = ask(log(("a", 0, PLAN), ("a", HOUR, CALL)))
    assert "say `goals`" in found.tables["gaps"].note
    assert found["gaps"]["goal_loss"].null_count() == found["gaps"].height


@pytest.mark.parametrize("events", [[], log(("a", 5, PLAN)), log(("a", 0, PLAN), ("b", 0, CALL), ("c", 0, CALL))])
def test_little_to_count_is_counted_too(events: list[dict]) -> None:
    """No event, one event, everything open at one instant."""
    found = ask(events)
    assert found.caption
    assert found.to_dict()["totals"]["gaps"] == len(rows(found, "one_side")) * 2


@pytest.mark.parametrize(
    ("asked", "right"),
    [
        ({"kinds": ("rift",)}, "channel_switch"),
        ({"sides": "team"}, "channel, source"),
        ({"soon": 0}, "more than nothing"),
        ({"limit": 0}, "at least 1"),
        ({"contact_cost": -1.0}, "negative"),
        ({"contradictions": ("email: Reminder before goal:order",)}, "email: Reminder after goal:order"),
        ({"contradictions": ("email: Reminder after goal:order within soon",)}, "length of time"),
    ],
)
def test_a_wrong_question_is_told_what_is_right(asked: dict, right: str) -> None:
    with pytest.raises(Invalid, match=right):
        GapsQuestion(**asked).check()


# ---------------------------------------------------------------------- goals and statistics


def test_a_goal_with_properties_is_reached_where_a_touchpoint_asks_for_the_same() -> None:
    rule = Match(source="call", name="Call Ended", properties={"reason": "order"})
    config = Config(
        touchpoints=(Touchpoint(id="call: Order", match=(rule,)), Touchpoint(id="call: Help")),
        goals={
            "order": Goal(id="order", match=(rule, Match(name="Order *"))),
            "used": Goal(id="used", match=(Match(name="Used"),), for_whom="customer"),
        },
    )
    places = pl.DataFrame(
        {
            "touchpoint": ["call: Order", "call: Help", "web: Thanks", "app: Use"],
            "channel": [""] * 4,
            "name": ["Call Ended", "Call Ended", "Order Completed", "Used"],
            "source": ["call", "call", "web", "app"],
            "type": ["track"] * 4,
        }
    )
    assert goal_places(places, config).tolist() == [True, False, True, False]
    assert goal_places(places, config, ("goal:used", "call: Help")).tolist() == [False, True, False, True]
    with pytest.raises(NotFound, match="order, used"):
        goal_places(places, config, ("goal:nope",))


def test_a_difference_of_shares_has_newcombes_interval() -> None:
    """Newcombe 1998, table II, method 10: 56/70 - 48/80, 9/10 - 3/10 and 10/10 - 0/10."""
    for (a, n_a, b, n_b), wanted in (
        ((56, 70, 48, 80), (0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.1705, 0.8090)),
        ((10, 10, 0, 10), (0.6075, 1.0)),
    ):
        assert difference(a / n_a, n_a, b / n_b, n_b) == pytest.approx(wanted, abs=1e-4)


def test_strata_that_one_side_lacks_say_nothing() -> None:
    import numpy as np

    having, without = np.zeros((14, 6)), np.zeros((14, 6))
    having[0], having[1], without[0] = (10, 2, 0, 0, 0, 0), (90, 90, 0, 0, 0, 0), (40, 20, 4, 0, 0, 0)
    found = contrasted(having, without)
    assert (found.n, found.matched, found.goal, found.goal_matched) == (10, 40, 0.2, 0.5)
    assert found.emotion is None
    assert contrasted(having, np.zeros((14, 6))).n == 0


# ---------------------------------------------------------------------- against a plain twin


def twin(events: list[dict], asked: Asked, soon: int, long: int, goal: str) -> dict[str, dict]:  # noqa: C901
    """(kind, from, to) -> customers, events, times; slow."""
    known = {one.id: one for one in PLACES}

    def side(event: dict) -> str:
        one = known.get(event["touchpoint"])
        return (one.channel if one else "") or event["channel"] or "(none)"

    def helps(event: dict) -> bool:
        return side(event) == "call_center"

    def node(event: dict) -> str:
        name = event["touchpoint"] or "(none)"
        return f"{name} (touchpoint)" if name == "OTHER" else name

    stages = {one.id: one.stage for one in PLACES}
    found: dict = defaultdict(lambda: {"customers": set(), "events": 0, "times": []})
    seen: dict = defaultdict(list)

    def gap(kind: str, a: str, b: str, profile: str, time: int | None) -> None:
        one = found[kind, a, b]
        one["customers"].add(profile)
        one["events"] += 1
        one["times"] += [] if time is None else [time]

    all_of, _ = journeys(events, PLACES, asked)
    happened = any(event["touchpoint"] == goal for event in events)
    for one in all_of:
        seen[one.profile].append(one)
        steps = one.steps
        for at, here in enumerate(steps):
            if helps(here):
                before = [old for old in range(at) if helps(steps[old])]
                tried = [old for old in range(at) if not helps(steps[old]) and all(old > other for other in before)]
                if tried:
                    time = here["occurred"] - steps[tried[-1]]["occurred"]
                    if time <= soon:
                        gap("channel_switch", node(steps[tried[-1]]), node(here), one.profile, time)
                if before and here["occurred"] - steps[before[-1]]["occurred"] <= long:
                    gap("repeated_contact", node(steps[before[-1]]), node(here), one.profile,
                        here["occurred"] - steps[before[-1]]["occurred"])  # fmt: skip
            if here["touchpoint"] == SIGN_UP:
                before = [old for old in range(at) if steps[old]["touchpoint"] == SIGN_UP]
                if before and 0 < here["occurred"] - steps[before[-1]]["occurred"] <= long:
                    gap("asked_twice", SIGN_UP, SIGN_UP, one.profile,
                        here["occurred"] - steps[before[-1]]["occurred"])  # fmt: skip
        runs: list[list[dict]] = []
        for step in steps:
            if runs and side(runs[-1][-1]) == side(step):
                runs[-1].append(step)
            else:
                runs.append([step])
        for a, b, c in zip(runs, runs[1:], runs[2:], strict=False):
            time = c[0]["occurred"] - a[-1]["occurred"]
            if side(a[0]) == side(c[0]) and time <= soon:
                gap("ping_pong", side(a[0]), side(b[0]), one.profile, time)
        meant, intended = False, 0
        for step in steps:
            here = step["touchpoint"]
            if happened and stages.get(here) == "buy":
                meant, intended = True, step["occurred"]
            meant = meant and here != goal and step["occurred"] - intended <= long
        if meant and not one.open:
            gap("dead_end", node(steps[-1]), "END", one.profile, None)
        for at, here in enumerate(steps):
            if here["touchpoint"] == PLAN:
                causes = [step for step in steps[:at] if step["touchpoint"] in (goal, APP)]
                if causes and causes[-1]["touchpoint"] == goal and here["occurred"] - causes[-1]["occurred"] <= DAY:
                    gap("contradiction", goal, PLAN, one.profile, here["occurred"] - causes[-1]["occurred"])
    for profile, mine in seen.items():
        steps = [step for one in mine for step in one.steps]
        if {side(step) for step in steps} == {"call_center"} and not any(one.truncated for one in mine):
            gap("one_side", "call_center", "NOWHERE", profile, None)
    return found


@settings(max_examples=120, deadline=None)
@given(
    st.integers(0, 10**6),
    st.integers(0, 60),
    st.sampled_from(["life", "visit"]),
    st.sampled_from([None, 20 * DAY]),
    st.sampled_from([MINUTE, 30 * MINUTE, DAY]),
    st.sampled_from([MINUTE, DAY, 8 * DAY]),
)
def test_gaps_equal_the_plain_twin(seed: int, size: int, journey: str, since: int | None, soon: int, long: int) -> None:
    events = by_chance(seed, size)
    told = (f"{PLAN} after {SIGN_UP} within 1d unless {APP}",)
    answer = ask(
        events,
        kinds=KINDS_OF_TWIN,
        journey=journey,
        since=since,
        soon=soon,
        long=long,
        goals=(SIGN_UP,),
        contradictions=told,
    )
    wanted = twin(events, Asked(journey=journey, since=since), soon, long, SIGN_UP)
    found = {(one["kind"], one["from"], one["to"]): one for one in answer["gaps"].iter_rows(named=True)}
    assert found.keys() == wanted.keys()
    for key, one in wanted.items():
        row = found[key]
        assert (row["customers"], row["events"]) == (len(one["customers"]), one["events"]), key
        timed = one["times"]
        assert row["median_seconds"] == (pytest.approx(median(timed) / 1e6) if timed else None)
        assert row["total_seconds"] == (pytest.approx(sum(timed) / 1e6) if timed else None)
    people = {who for one in wanted.values() for who in one["customers"]}
    assert answer.totals["customers_with_gap"] == len(people)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 60))
def test_the_customers_behind_every_row_are_as_many_as_it_counts(seed: int, size: int) -> None:
    events, config = by_chance(seed, size), catalogue()
    question = GapsQuestion(minimum=2, limit=2, goals=(SIGN_UP,), contradictions=(f"{PLAN} after {SIGN_UP}",))
    everybody, about = journeys_of(frame(events), config, question), About(catalogue=config)
    answer = ANALYSIS.answer(everybody, about, question)
    assert ANALYSIS.customers is not None
    for table in ("gaps", "kinds"):
        for row in answer[table].iter_rows(named=True):
            people = ANALYSIS.customers(everybody, about, question, {"table": table, **row})
            assert people.n_unique() == len(people) == row["customers"], row


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 60))
def test_the_order_of_rows_and_their_frames_do_not_matter(seed: int, size: int) -> None:
    events, config = by_chance(seed, size), catalogue()
    question = GapsQuestion(**WIDE, goals=(SIGN_UP,), contradictions=(f"{PLAN} after {SIGN_UP}",))  # type: ignore[arg-type]

    def told(frames: object) -> dict:
        answer = ANALYSIS.answer(journeys_of(frames, config, question), About(catalogue=config), question)  # type: ignore[arg-type]
        return answer.to_dict()

    whole = told(frame(events))
    random.Random(seed + 1).shuffle(events)
    assert told(frame(events)) == whole
    parts = [frame([one for one in events if int(one["profile"][1:]) % 3 == part]) for part in range(3)]
    assert told(parts) == whole


def test_customers_at_a_node_are_those_of_the_map() -> None:
    events = by_chance(11, 300, customers=40)
    at = dict(journey_map(frame(events), catalogue(), MapQuestion()).nodes.select("id", "customers").iter_rows())
    answer = ask(events, goals=(SIGN_UP,))
    told = answer["gaps"].filter(
        pl.col("kind").is_in(["channel_switch", "repeated_contact", "dead_end", "asked_twice"])
    )
    assert told.height >= 8
    for row in told.iter_rows(named=True):
        assert row["at"] <= at[row["from"]] if row["kind"] == "dead_end" else row["at"] == at[row["from"]]
        assert row["chance_low"] <= row["chance"] <= row["chance_high"]
