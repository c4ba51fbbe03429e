"""What comes next: counted by hand, against a plain twin on random logs, judged in time, and told of one customer."""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harken.errors import Invalid
from harken.understand import MapQuestion, journey_map, journeys_of
from harken.understand.analysis import About, Answer
from harken.understand.foretelling import Foretelling, foretell, sums_of
from harken.understand.questions.next_step import ANALYSIS, NextStepQuestion, model_of
from unit.understand.logs import DAY, PLACES, by_chance, catalogue, frame, log
from unit.understand.oracle import is_step, node_of

A, B, C, WON = "web: A", "app: B", "web: C", "web: Thanks"
EVER = {"until": 1000 * DAY}


def made(events: list[dict] | pl.LazyFrame | list[pl.LazyFrame], asked: dict) -> tuple:
    question = NextStepQuestion(**asked)
    events = frame(events) if isinstance(events, list) and (not events or isinstance(events[0], dict)) else events
    return journeys_of(events, catalogue(), question), About(catalogue=catalogue()), question


def ask(events: list[dict] | pl.LazyFrame | list[pl.LazyFrame], **asked: object) -> Answer:
    return ANALYSIS.answer(*made(events, asked))


def learned(events: list[dict], **asked: object) -> Foretelling:
    return model_of(*made(events, asked))


def walks(*paths: str) -> list[dict]:
    """One customer for each text of letters, a step a minute."""
    name = {"a": A, "b": B, "c": C, "w": WON}
    return log(
        *((f"p{n}", t * 60_000_000, name[letter]) for n, path in enumerate(paths) for t, letter in enumerate(path))
    )


def test_a_context_counts_as_much_as_it_was_seen_and_the_rest_is_left_to_the_shorter_one() -> None:
    """ab x 3, ac x 1, all then leave: after any step b 3, c 1, END 4 of 8; after a: b 3, c 1 of 4."""
    model = learned(walks("ab", "ab", "ab", "ac"), order=1, **EVER)
    uniform = 1 / 4
    any_ = {A: 3 / 11 * uniform, B: (3 + 3 * uniform) / 11, C: (1 + 3 * uniform) / 11, "END": (4 + 3 * uniform) / 11}
    after = foretell(model, [A])
    assert after.next[B] == pytest.approx((3 + 2 * any_[B]) / 6)
    assert after.next[C] == pytest.approx((1 + 2 * any_[C]) / 6)
    assert after.next[A] == pytest.approx(2 * any_[A] / 6)
    assert after.leaves == pytest.approx(2 * any_["END"] / 6)
    assert next(iter(after.next)) == B
    assert sum(after.next.values()) + after.leaves == pytest.approx(1)


def test_longer_contexts_tell_what_the_last_step_alone_does_not() -> None:
    paths = ["acb"] * 40 + ["bca"] * 40
    events = walks(*paths)
    deep, shallow = learned(events, **EVER), learned(events, order=1, **EVER)
    assert foretell(deep, [A, C]).next[B] > 0.95
    assert foretell(deep, [B, C]).next[A] > 0.95
    assert foretell(shallow, [A, C]).next[B] == pytest.approx(0.5, abs=0.02)


def test_whether_the_journey_began_with_these_steps_counts() -> None:
    model = learned(walks(*["ab"] * 40, *["caac"] * 40), **EVER)
    assert foretell(model, [A]).next[B] > 0.95
    assert foretell(model, [A], whole=False).next[B] < 0.5


def test_a_step_nobody_made_ends_what_is_known_and_no_step_tells_of_any() -> None:
    model = learned(walks(*["ab"] * 10), **EVER)
    assert foretell(model, ["web: new", A], whole=False) == foretell(model, [A], whole=False)
    assert foretell(model, ["web: new"]) == foretell(model, [])
    with pytest.raises(Invalid, match="no steps"):
        foretell(learned([]), [A])


def test_the_last_step_of_an_open_journey_tells_nothing() -> None:
    """Steps made less than the horizon before the end do not count: of them only those who went on at once are known."""
    events = log(
        *((f"p{n}", day * DAY, place) for n in range(9) for day, place in ((0, A), (1, B))), ("q", 99 * DAY, A)
    )
    found = ask(events, until=100 * DAY, horizon=5 * DAY)
    assert found.totals["steps"] == 18
    assert found["next"].filter(pl.col("from") == A).select("to", "seen", "now").row(0) == (B, 9, 1)


def test_when_most_steps_are_too_new_all_that_is_known_counts() -> None:
    events = log(("p", 0, A), ("p", DAY, B), ("q", DAY, A), ("q", 2 * DAY, B))
    assert ask(events).totals["steps"] == 2


def test_the_chance_of_a_goal_is_of_those_it_is_known_of() -> None:
    """A goal exactly `within` counts; the goal step itself does not; who had not the time yet is not counted."""
    events = log(
        ("p", 0, A), ("p", 2 * DAY, WON), ("q", 0, A), ("q", 2 * DAY + 1, WON), ("r", 0, A), ("s", 38 * DAY, A), ("s", 39 * DAY, WON),
    )  # fmt: skip
    found = ask(events, goals=(WON,), within=2 * DAY, until=40 * DAY, horizon=DAY)
    rows = {row["from"]: row for row in found["goal"].iter_rows(named=True)}
    assert (rows[A]["steps"], rows[A]["reached"]) == (3, 1)
    assert (rows[WON]["steps"], rows[WON]["reached"]) == (2, 0)
    model = learned(events, goals=(WON,), within=2 * DAY, until=40 * DAY, horizon=DAY)
    assert foretell(model, [A], whole=False).goal == pytest.approx((1 + 10 * 1 / 5) / 13)
    assert foretell(learned(events), [A]).goal is None


def test_one_context_can_be_asked_for_and_places_nobody_was_at_are_refused() -> None:
    found = ask(walks(*["acb"] * 9, *["bca"] * 9), after=(A, C), least=5, **EVER)
    assert found["next"]["from"].unique().to_list() == [f"{A} > {C}"]
    assert found.caption == f"After {A} > {C} the likeliest next step is B: 95 %."
    with pytest.raises(Invalid, match="web: Z"):
        ask(walks("ab"), after=("web: Z",), **EVER)


def test_what_is_not_shown_is_one_row_and_the_chances_of_a_step_make_one() -> None:
    found = ask(walks("ab", "ac", "abab", "acca", "bacb"), most=1, **EVER)
    for _, rows in found["next"].group_by("from"):
        assert rows["chance"].sum() == pytest.approx(1)
        assert rows["to"].to_list()[-1] == "(others)"


def test_places_beyond_the_limit_are_one() -> None:
    found = ask(walks(*["abc"] * 9), nodes=1, **EVER)
    assert set(found["next"]["from"]) == {C, "(other)"}  # of as many steps the last by name


def test_later_steps_judge_it_and_more_steps_foretell_a_process_with_memory_better() -> None:
    chance = random.Random(5)
    rows = []
    for n in range(1500):
        walk, at = [chance.choice("abc")], n * 60_000_000 * 60
        for _ in range(6):
            before = walk[-2] if len(walk) > 1 else "a"
            walk.append(before if chance.random() < 0.8 else chance.choice("abc"))
        rows += [(f"p{n}", at + t, {"a": A, "b": B, "c": C}[letter]) for t, letter in enumerate(walk)]
    found = ask(log(*rows), horizon=DAY)
    alone, three = found["quality"].iter_rows(named=True)
    assert alone["steps"] == three["steps"] > 1000
    assert three["top1"] > alone["top1"] + 0.1
    assert three["log_loss"] < alone["log_loss"] - 0.1
    assert found.totals["calibration_error"] < 0.03
    assert "foretold right" in found.caption


def test_of_nobody_one_step_and_all_at_one_instant_something_sensible_is_said() -> None:
    for events in ([], log(("ada", 0, A))):
        assert ask(events, goals=(A,)).caption == "Nobody can know yet what comes next after any step."
    assert ask(log(("ada", 0, A), ("ada", 0, B))).caption == (
        "What comes next is known of 1 steps: too few to judge how well it is foretold."
    )
    ask(log(("ada", 0, A), ("ada", 0, B))).to_dict()


@pytest.mark.parametrize(
    "asked", [{"order": 4}, {"order": 0}, {"within": 0}, {"least": 0}, {"most": 0}, {"nodes": 0}, {"split": 1.0}]
)
def test_a_question_that_cannot_be_answered_says_what_would_be_right(asked: dict) -> None:
    with pytest.raises(Invalid):
        ask(walks("ab"), **asked)


# ---------------------------------------------------------------------- a plain twin


def plain(  # noqa: C901
    events: list[dict], until: int, horizon: int, journey: str, level: str, goal: str, within: int
) -> tuple[list, Counter]:
    """((context of three, outcome, goal reached), …) of every step that counts, and where customers are now."""
    known, mine = {place.id: place for place in PLACES}, defaultdict(list)
    for event in events:
        if is_step(event, known) and event["occurred"] < until:
            mine[event["profile"]].append(event)
    lives, now = [], Counter()
    for steps in mine.values():
        steps.sort(
            key=lambda e: (e["occurred"], known[e["touchpoint"]].rank if e["touchpoint"] in known else 2, e["seq"])
        )
        lives.append([steps[0]])
        for before, after in pairwise(steps):
            if journey == "visit" and after["occurred"] - before["occurred"] > horizon:
                lives.append([])
            lives[-1].append(after)
    every = [step for life in lives for step in life]
    sure = until - horizon
    if 2 * sum(step["occurred"] < sure for step in every) < len(every):
        sure = until
    found = []
    for life in lives:
        symbols = ["START", "START", *(node_of(step, known, level) for step in life)]
        if until - life[-1]["occurred"] <= horizon:
            now[symbols[-1]] += 1
        for at, step in enumerate(life):
            if step["occurred"] >= sure:
                continue
            if at + 1 < len(life):
                onward = symbols[at + 3]
            elif step["occurred"] + horizon < until:
                onward = "END"
            else:
                continue
            later = [one["occurred"] for one in life[at + 1 :] if one["touchpoint"] == goal]
            reached = bool(later) and later[0] - step["occurred"] <= within
            found.append((tuple(symbols[at : at + 3]), onward, reached if step["occurred"] + within < until else None))
    return found, now


def blended(found: list, context: tuple, states: list[str], order: int, least: int) -> dict[str, float]:
    chances = dict.fromkeys(states, 1 / len(states))
    for depth in range(order + 1):
        tail = context[3 - depth :]
        seen = Counter(onward for one, onward, _ in found if one[3 - depth :] == tail)
        n, different = sum(seen.values()), len(seen)
        if n and (depth < 2 or n >= least):
            chances = {state: (seen[state] + different * chance) / (n + different) for state, chance in chances.items()}
    return chances


def goal_chance(found: list, context: tuple, order: int, least: int) -> float | None:
    chance = None
    for depth in range(order + 1):
        mine = [reached for one, _, reached in found if one[3 - depth :] == context[3 - depth :]]
        told = [one for one in mine if one is not None]
        if told and (depth < 2 or len(mine) >= least):
            trusted = 10 if depth else 0
            chance = (sum(told) + trusted * (chance or 0)) / (len(told) + trusted)
    return chance


@settings(max_examples=120, deadline=None)
@given(
    st.integers(0, 10**6),
    st.integers(0, 70),
    st.integers(DAY, 90 * DAY),
    st.sampled_from(["life", "visit"]),
    st.sampled_from(["touchpoint", "stage", "channel"]),
    st.integers(1, 3),
    st.integers(1, 4),
)
def test_chances_equal_the_plain_reference_and_counts_agree_with_the_map(
    seed: int, size: int, until: int, journey: str, level: str, order: int, least: int
) -> None:
    events, within = by_chance(seed, size), 2 * DAY
    scope = {"until": until, "journey": journey, "level": level}
    scope |= {"timeout": DAY} if journey == "visit" else {"horizon": DAY}
    asked = {**scope, "order": order, "least": least, "goals": ("web: Ad",), "within": within, "most": 100}
    found, now = plain(events, until, DAY, journey, level, "web: Ad", within)
    model, answer = learned(events, **asked), ask(events, **asked)
    assert model.steps == answer.totals["steps"] == len(found)
    states = [*model.ids, "END"]
    for context in list({one for one, _, _ in found})[:12]:
        steps = [one for one in context if one != "START"]
        told = foretell(model, steps, whole=len(steps) < 3)
        wanted = blended(found, context, states, order, least)
        assert {**told.next, "END": told.leaves} == pytest.approx(wanted)
        goal = goal_chance(found, context, order, least)
        assert told.goal == (None if goal is None else pytest.approx(goal))
    rows = answer["next"].unique("from")
    assert {row["from"]: row["now"] for row in rows.iter_rows(named=True)}.items() <= {
        **dict.fromkeys(rows["from"], 0), **{id: n for id, n in now.items() if id in set(rows["from"])}
    }.items()  # fmt: skip
    picture = journey_map(frame(events), catalogue(), MapQuestion(**scope))
    still = dict(picture.nodes.select("id", "still_open").iter_rows())
    for id, here in rows.select("from", "now").iter_rows():
        assert here == still[id]
        assert len(ANALYSIS.customers(*made(events, asked), {"table": "next", "from": id})) == here


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(20, 120), st.integers(1, 3))
def test_judgments_equal_those_of_the_plain_reference(seed: int, size: int, order: int) -> None:
    """Told of the very steps it was learned from: the sums of losses and of ranks are those of its own chances."""
    from harken.understand.judging import judged, judged_goal
    from harken.understand.questions.next_step import _Asked

    events = by_chance(seed, size)
    journeys, about, question = made(events, {"horizon": DAY, "order": order, "goals": ("web: Ad",), "within": 2 * DAY})
    steps = _Asked(journeys, about, question).steps
    sure, _ = steps.times(0.8)
    (keys,) = steps.keys((-(2**62), sure, journeys.until))
    model = steps.learned(keys)
    found, of_goal = judged(model, keys, order), judged_goal(model, keys, order)
    rows, _ = plain(events, journeys.until, DAY, "life", "touchpoint", "web: Ad", 2 * DAY)
    states = [*model.ids, "END"]
    loss, right, three, squares, told = 0.0, 0, 0, 0.0, 0
    for context, onward, reached in rows:
        chances = model.chances_of(*model.context([one for one in context if one != "START"], whole="START" in context))
        chance = chances[states.index(onward)]
        better = sum(chances > chance) + sum(chances[: states.index(onward)] == chance)
        loss, right, three = loss - math.log(chance), right + (better == 0), three + (better < 3)
        if reached is not None:
            steps_ = [one for one in context if one != "START"]
            goal = model.goal_of(*model.context(steps_, whole="START" in context))
            squares, told = squares + (reached - goal) ** 2, told + 1
    assert found.steps == len(rows)
    if rows:
        assert (found.log_loss, found.top1, found.top3) == pytest.approx(
            (loss / len(rows), right / len(rows), three / len(rows))
        )
        assert found.bins[:, 0].sum() == len(rows) * len(states)
        assert found.bins[:, 1].sum() == pytest.approx(len(rows)) == found.bins[:, 2].sum()
    assert of_goal.steps == told
    if told:
        assert of_goal.top1 == pytest.approx(squares / told)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 60))
def test_neither_the_order_of_rows_nor_the_cut_into_frames_matters(seed: int, size: int) -> None:
    whole = frame(by_chance(seed, size)).collect()
    split = [part.lazy() for part in whole.partition_by("profile")]
    answers = [
        ask(one, goals=("web: Ad",), horizon=DAY).to_dict() for one in (whole.lazy(), split, whole.reverse().lazy())
    ]
    assert answers[0] == answers[1] == answers[2]


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(1, 9)), max_size=60))
def test_codes_that_are_too_many_for_a_table_are_summed_the_same(pairs: list[tuple[int, int]]) -> None:
    codes, counts = (np.array([one[at] for one in pairs], np.int64) for at in (0, 1))
    table, sorted_ = sums_of(codes, counts, 100), sums_of(codes, counts, 100, dense=0)
    assert [one.tolist() for one in table] == [one.tolist() for one in sorted_]
    assert dict(zip(*(one.tolist() for one in table), strict=True)) == {
        code: sum(count for other, count in pairs if other == code) for code, _ in pairs
    }
