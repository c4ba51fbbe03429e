"""The effect of a change: counted by hand, against a plain twin on random logs, and found where it is and nowhere else."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from statistics import covariance, mean, variance

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harken.errors import Invalid, NotFound
from harken.understand import journeys_of
from harken.understand.analysis import About, Answer
from harken.understand.questions.effect import ANALYSIS, EffectQuestion
from unit.understand.logs import DAY, PLACES, by_chance, catalogue, frame, log
from unit.understand.oracle import is_step

A, WON = "web: A", "web: Thanks"
WEEK = 7 * DAY


def made(events: list[dict] | pl.LazyFrame | list[pl.LazyFrame], members: dict, asked: dict) -> tuple:
    when = asked.get("changed_at", ())
    asked = asked | {"changed_at": (when,) if isinstance(when, int) else when}
    question = EffectQuestion(**({"goals": (WON,), "segments": tuple(members)} | asked))
    events = frame(events) if isinstance(events, list) and (not events or isinstance(events[0], dict)) else events
    series = {name: pl.Series(sorted(who), dtype=pl.String) for name, who in members.items()}
    return journeys_of(events, catalogue(), question), About(catalogue=catalogue(), members=series), question


def ask(events: list[dict] | pl.LazyFrame | list[pl.LazyFrame], members: dict, **asked: object) -> Answer:
    return ANALYSIS.answer(*made(events, members, asked))


def people(events: list[dict], members: dict, row: dict, **asked: object) -> set[str]:
    found = ANALYSIS.customers(*made(events, members, asked), row)
    assert found.n_unique() == len(found)
    return set(found)


def effects(answer: Answer) -> dict[str, tuple]:
    return {row[0]: row[1:] for row in answer["effect"].iter_rows()}


FOUR = {"with": {"a", "b", "c", "d"}, "without": {"w", "x", "y", "z"}}
STORY = log(
    *((who, 0, A) for who in "abcdwxyz"),
    ("a", 27 * DAY, WON), ("w", 27 * DAY, WON),  # before
    ("a", 28 * DAY, WON), ("b", 30 * DAY, WON), ("c", 55 * DAY, WON),  # after, the first at the very instant of the change
    ("x", 40 * DAY, WON), ("y", 56 * DAY, WON),  # the last one too late by an instant
    ("late", 29 * DAY, WON),
)  # fmt: skip
WHEN = {"changed_at": 28 * DAY, "until": 60 * DAY}


def test_the_effect_is_the_change_of_one_group_less_that_of_the_other() -> None:
    """Of 4 with: 1 before, 3 after; of 4 without: 1 before, 1 after."""
    found = ask(STORY, FOUR, **WHEN)
    assert found["groups"].select("group", "customers", "before", "after", "change").rows() == [
        ("with", 4, 1, 3, 0.5), ("without", 4, 1, 1, 0.0),
    ]  # fmt: skip
    value, low, high, p = effects(found)["difference in differences"]
    error = math.sqrt(variance([0, 1, 1, 0]) / 4 + variance([-1, 1, 0, 0]) / 4)
    assert (value, low, high) == pytest.approx((0.5, 0.5 - 1.959964 * error, 0.5 + 1.959964 * error), abs=1e-6)
    assert p == pytest.approx(math.erfc(0.5 / error / math.sqrt(2)))
    assert effects(found)["after alone"][0] == 0.5
    assert found.caption == "No effect of the change can be told: +50.0 points, between −48.0 and +148.0."


def test_with_one_segment_all_others_are_compared() -> None:
    found = ask(STORY, {"with": FOUR["with"]}, **WHEN)
    assert found["groups"]["customers"].to_list() == [4, 4]  # who came after the change is in no group
    assert found["groups"]["group"].to_list() == ["with", "(others)"]


def test_the_people_behind_a_group_are_as_many() -> None:
    assert people(STORY, FOUR, {"group": "with"}, **WHEN) == FOUR["with"]
    assert people(STORY, FOUR, {"group": "with", "reached": "after"}, **WHEN) == {"a", "b", "c"}
    assert people(STORY, FOUR, {"group": "without", "reached": "before"}, **WHEN) == {"w"}
    with pytest.raises(Invalid, match="with and without"):
        people(STORY, FOUR, {"group": "x"}, **WHEN)
    with pytest.raises(Invalid, match="before or after"):
        people(STORY, FOUR, {"group": "with", "reached": "never"}, **WHEN)


def test_who_is_in_both_segments_is_in_no_group() -> None:
    found = ask(STORY, {"with": {"a", "b", "c"}, "without": {"c", "x", "y"}}, **WHEN)
    assert found["groups"]["customers"].to_list() == [2, 2]
    assert found.totals["in_both"] == 1
    assert "1 are: they are left out" in found["assumptions"]["holds"].to_list()


def test_as_much_time_is_taken_before_as_after_and_said_when_it_is_less_than_asked_for() -> None:
    found = ask(STORY, FOUR, changed_at=28 * DAY, until=28 * DAY + 15 * DAY)
    assert found.totals["window_seconds"] == 14 * 86_400
    assert any("14 days" in one for one in found["assumptions"]["holds"])
    assert ask(STORY, FOUR, changed_at=28 * DAY, until=29 * DAY).caption == (
        "Nothing can be told: there is no whole week both before and after the change."
    )


def world(
    size: int, *, effect: float, drift: float = 0.0, seed: int = 4, eager: float = 0.2
) -> tuple[list[dict], dict]:
    """Customers of 16 weeks; after week 8 those with the change reach the goal more often by `effect`; each week before,
    theirs grows by `drift`."""
    chance, rows = random.Random(seed), []
    for n in range(size):
        mine, likes = n % 2 == 0, chance.choice([0.02, eager])
        rows.append((f"p{n}", 0, A))
        for week in range(16):
            share = likes + (effect if mine and week >= 8 else 0) + (drift * week if mine else 0)
            if chance.random() < share:
                rows.append((f"p{n}", week * WEEK + chance.randrange(1, WEEK), WON))
    return log(*rows), {"with": {f"p{n}" for n in range(0, size, 2)}, "without": {f"p{n}" for n in range(1, size, 2)}}


EIGHT = {"changed_at": 8 * WEEK, "until": 16 * WEEK}


def test_an_effect_is_found_and_the_checks_before_it_pass() -> None:
    found = ask(*world(1500, effect=0.1), **EIGHT)
    assert found.totals["p"] < 0.001
    assert found.totals["checks_passed"] is True
    assert found.caption.startswith("If both groups had gone on alike, the change had an effect")
    assert found["periods"]["period"].to_list() == list(range(-8, 4))


def test_few_customers_and_a_change_nobody_named_are_no_evidence() -> None:
    events, members = world(1500, effect=0.1)
    unnamed = ask(events, members, until=16 * WEEK, since=0)
    assert unnamed.totals["p"] < 0.001
    assert unnamed.caption.startswith("The groups went apart about halfway through; say when something was changed")
    some = {"with": {"p0", "p2", "p4", "p6", "p8"}, "without": members["without"]}
    few = ask([one for one in events if one["profile"] in some["with"] | some["without"]], some, **EIGHT)
    assert few.caption.startswith(("Nothing can be told of the change by 5 customers of with", "No effect"))


def test_groups_that_went_apart_before_the_change_are_no_evidence() -> None:
    found = ask(*world(1500, effect=0.0, drift=0.03), **EIGHT)
    assert found.totals["checks_passed"] is False
    assert found.caption.startswith("The groups went apart before the change already")
    assert any(one.startswith("no: ") for one in found["assumptions"]["holds"])


def test_without_an_effect_one_is_told_about_as_seldom_as_said() -> None:
    """95 % intervals: of 60 worlds without an effect not more than 9 tell of one."""
    told = sum(ask(*world(160, effect=0.0, seed=seed), **EIGHT).totals["p"] < 0.05 for seed in range(60))
    assert told <= 9


def test_of_groups_drawn_by_lot_what_was_before_makes_the_interval_narrower() -> None:
    events, members = world(1500, effect=0.08, eager=0.6)
    found = effects(ask(events, members, random=True, **EIGHT))
    best, plain = found["freed from before (CUPED)"], found["after alone"]
    assert best[2] - best[1] < 0.95 * (plain[2] - plain[1])
    assert best[1] < plain[0] < best[2]
    assert ask(events, members, random=True, **EIGHT).caption.startswith(
        "The change had an effect on who reaches the goal"
    )


def test_who_was_drawn_and_never_came_counts() -> None:
    members = {"with": FOUR["with"] | {"ghost", "late"}, "without": FOUR["without"]}
    found = ask(STORY, members, random=True, **WHEN)
    assert found["groups"].select("customers", "after").rows() == [(6, 4), (4, 1)]
    assert people(STORY, members, {"group": "with"}, random=True, **WHEN) == members["with"]
    only = ask(STORY, members, random=True, profiles=["a", "ghost", "w"], **WHEN)
    assert only["groups"]["customers"].to_list() == [2, 1]


def test_when_everybody_did_the_same_nothing_is_told() -> None:
    events = log(
        *((who, day * DAY, place) for who in "ab" for day, place in ((0, A), (15, WON))), ("y", 0, A), ("z", 0, A)
    )
    found = ask(events, {"with": {"a", "b"}, "without": {"y", "z"}}, changed_at=14 * DAY, until=28 * DAY)
    assert (
        found.caption == "Nothing can be told of the change (+100.0 points): all customers of each group did the same."
    )
    found.to_dict()


def test_of_nobody_one_step_and_all_at_one_instant_something_sensible_is_said() -> None:
    for events in ([], log(("a", 0, A)), log(("a", 0, A), ("w", 0, WON))):
        assert (
            ask(events, FOUR).caption == "Nothing can be told: there is no whole week both before and after the change."
        )
        ask(events, FOUR).to_dict()
        ask(events, FOUR, random=True).to_dict()
    nobody = ask(STORY, {"with": {"nobody"}, "without": FOUR["without"]}, **WHEN)
    assert nobody.caption == "Nothing can be told: 0 customers of with had been there before the change."


@pytest.mark.parametrize(
    "asked",
    [
        {"segments": ()}, {"segments": ("with", "with")}, {"segments": ("with",), "random": True}, {"period": "year"},
        {"window": DAY}, {"goals": ()},
    ],
)  # fmt: skip
def test_a_question_that_cannot_be_answered_says_what_would_be_right(asked: dict) -> None:
    with pytest.raises(Invalid):
        ask(STORY, FOUR, **asked)


def test_a_segment_nobody_told_the_members_of_is_refused() -> None:
    with pytest.raises(NotFound):
        ask(STORY, FOUR, segments=("with", "unknown"))


def plain(events: list[dict], until: int, changed: int, weeks: int, group: set[str], other: set[str]) -> list[dict]:
    """Of both groups, each customer who had been there before: in which of the weeks around the change the goal was reached."""
    known, mine = {place.id: place for place in PLACES}, defaultdict(list)
    for event in events:
        if is_step(event, known) and event["occurred"] < until:
            mine[event["profile"]].append(event)
    found: list[dict] = [{}, {}]
    for who, steps in mine.items():
        if (who in group) == (who in other) or min(step["occurred"] for step in steps) >= changed:
            continue
        won = {(step["occurred"] - changed) // WEEK for step in steps if step["touchpoint"] == "web: Ad"}
        found[who in other][who] = {week for week in won if -2 * weeks <= week < weeks}
    return found


def compared(a: list[float], b: list[float]) -> tuple[float, float]:
    return mean(a) - mean(b), math.sqrt(variance(a) / len(a) + variance(b) / len(b))


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, 10**6), st.integers(0, 120), st.sets(st.integers(0, 11)), st.sets(st.integers(0, 11)), st.booleans()
)
def test_differences_equal_the_plain_reference(seed: int, size: int, one: set[int], two: set[int], lot: bool) -> None:
    events = by_chance(seed, size, customers=12)
    members = {"with": {f"p{n}" for n in one}, "without": {f"p{n}" for n in two}}
    changed, until, weeks = 28 * DAY, 42 * DAY, 2
    asked = {
        "goals": ("web: Ad",),
        "changed_at": changed,
        "since": 0,
        "until": until,
        "window": weeks * WEEK,
        "random": lot,
    }
    found = ask(events, members, **asked)
    hits = plain(events, until, changed, weeks, *members.values())
    if lot:
        drawn = [members["with"] - members["without"], members["without"] - members["with"]]
        later = plain(events, until, 10**18, weeks, *members.values())
        hits = [{who: set() for who in group} for group in drawn]
        for group, before in zip(hits, later, strict=True):
            group.update({who: set() for who in before})
        known = {place.id: place for place in PLACES}
        for event in events:
            if event["touchpoint"] == "web: Ad" and is_step(event, known) and event["occurred"] < until:
                week = (event["occurred"] - changed) // WEEK
                for group in hits:
                    if event["profile"] in group and -2 * weeks <= week < weeks:
                        group[event["profile"]] = group[event["profile"]] | {week}
    rows = found["groups"].select("customers", "before", "after").rows()
    after = [[float(any(w >= 0 for w in weeks_)) for weeks_ in group.values()] for group in hits]
    before = [[float(any(-weeks <= w < 0 for w in weeks_)) for weeks_ in group.values()] for group in hits]
    assert rows == [(len(group), sum(b), sum(a)) for group, b, a in zip(hits, before, after, strict=True)]
    for row in ("before", "after"):
        for n, name in enumerate(members):
            got = people(events, members, {"group": name, "reached": row}, **asked)
            assert len(got) == rows[n][1 if row == "before" else 2]
    if min(len(group) for group in hits) < 2:
        return
    told = effects(found)
    if lot:
        within = [
            (covariance(x, y) * (len(x) - 1), variance(x) * (len(x) - 1)) for x, y in zip(before, after, strict=True)
        ]
        spread = sum(v for _, v in within)
        theta = sum(c for c, _ in within) / spread if spread else 0
        value, error = compared(
            *([y - theta * x for x, y in zip(b, a, strict=True)] for b, a in zip(before, after, strict=True))
        )
        name = "freed from before (CUPED)"
    else:
        value, error = compared(
            *([y - x for x, y in zip(b, a, strict=True)] for b, a in zip(before, after, strict=True))
        )
        name = "difference in differences"
    assert told[name][0] == pytest.approx(value, abs=1e-9)
    if error > 1e-9:
        assert told[name][2] - told[name][0] == pytest.approx(1.959964 * error, rel=1e-5)
    never = compared(
        *(
            [float(any(-2 <= w < 0 for w in one)) - any(-4 <= w < -2 for w in one) for one in group.values()]
            for group in hits
        )
    )
    assert told["placebo, before the change"][0] == pytest.approx(never[0], abs=1e-9)
    steps = [-1.5, -0.5, 0.5, 1.5]
    trend = compared(
        *(
            [sum(s for s, w in zip(steps, range(-4, 0), strict=True) if w in one) / 5 for one in group.values()]
            for group in hits
        )
    )
    assert told["trend before, by period"][0] == pytest.approx(trend[0], abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 80), st.booleans())
def test_neither_the_order_of_rows_nor_the_cut_into_frames_matters(seed: int, size: int, lot: bool) -> None:
    whole = frame(by_chance(seed, size)).collect()
    split = [part.lazy() for part in whole.partition_by("profile")]
    members = {"x": {"p1", "p2"}, "y": {"p3", "p4", "p5"}}
    asked = {"goals": ("web: Ad",), "period": "day", "window": 5 * DAY, "random": lot}
    answers = [ask(one, members, **asked).to_dict() for one in (whole.lazy(), split, whole.reverse().lazy())]
    assert answers[0] == answers[1] == answers[2]
