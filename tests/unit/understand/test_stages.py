"""The lifecycle: movement, where customers stand and the Journey Experience Score, by hand and against a plain twin."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from harken.errors import Invalid
from harken.understand import About, Answer, MapQuestion, journey_map, journeys_of
from harken.understand.questions.stages import ANALYSIS, StagesQuestion
from harken.words import Config
from unit.understand.logs import DAY, MINUTE, PLACES, by_chance, catalogue, frame, log
from unit.understand.oracle import Asked
from unit.understand.plain import journeys

AD, PLAN, APP, CALL, GOAL = (
    "web: Ad", "web: Plan page", "app: Überweisung 💶", "call_center: Billing call", "web: Sign-up"
)  # fmt: skip
STAGES = ["discover", "consider", "buy", "get_help"]


def framed(**days: int) -> Config:
    """The catalogue with time-frames."""
    config = catalogue()
    return replace(config, stages=tuple(replace(one, days=days.get(one.id, 0)) for one in config.stages))


def ask(events: list[dict], config: Config | None = None, **asked: object) -> Answer:
    question, config = StagesQuestion(**({"goals": (GOAL,)} | asked)), config or catalogue()  # type: ignore[arg-type]
    return ANALYSIS.answer(journeys_of(frame(events), config, question), About(catalogue=config), question)


def rows(answer: Answer, table: str = "stages") -> dict[str, dict]:
    return {row["stage"]: row for row in answer[table].iter_rows(named=True)}


def test_forward_backward_and_loops_are_told_apart_and_steps_without_stage_are_looked_through() -> None:
    answer = ask(
        log(("a", 0, AD), ("a", 1, "web: /unmapped"), ("a", 2, PLAN), ("a", 3, AD), ("a", 4, APP), ("a", 5, GOAL), ("a", 6, GOAL))
    )  # fmt: skip
    found = rows(answer)
    assert [found[one]["forward"] for one in STAGES] == [1, 0, 0, 0]
    assert [found[one]["backward"] for one in STAGES] == [0, 1, 0, 0]
    assert [found[one]["loop"] for one in STAGES] == [0, 0, 1, 0]
    moves = {(row["from"], row["to"]): row["kind"] for row in answer["moves"].iter_rows(named=True)}
    assert moves == {
        ("START", "discover"): "entered", ("discover", "consider"): "forward", ("consider", "discover"): "backward",
        ("discover", "buy"): "forward", ("buy", "buy"): "stay", ("buy", "OPEN"): "still open",
    }  # fmt: skip


def test_who_acted_in_time_is_active_then_inactive_then_dropped_off_unless_done() -> None:
    """The frame of buy is 10 days: 8 days of silence are active, 9 inactive, more dropped off, but not with a goal."""
    end = 100 * DAY
    events = log(
        ("active", end - 8 * DAY, APP), ("inactive", end - 8 * DAY - 1, APP), ("just", end - 10 * DAY, APP),
        ("dropped", end - 10 * DAY - 1, APP), ("done", end - 50 * DAY, GOAL), ("acts", end - 50 * DAY, APP),
        ("acts", end - DAY, "web: /unmapped"),
    )  # fmt: skip
    answer = ask(events, framed(buy=10), until=end)
    buy = rows(answer)["buy"]
    assert [buy[one] for one in ("active", "inactive", "dropped_off", "done", "now")] == [2, 2, 1, 1, 6]
    standing = answer["standing"].filter(pl.col("customers") > 0)
    assert standing["customers"].sum() == answer.totals["customers_with_stage"] == 6
    assert answer.caption.endswith("1 dropped off, most in Buy (1).")


def test_the_score_is_made_of_going_on_emotion_and_direction() -> None:
    """a, b and c are active, d dropped off: 0.5. Emotion 1 of 2: 0.5. Two forward, none backward: 1."""
    end = 100 * DAY
    events = log(
        ("a", end - 2, AD), ("a", end - 1, PLAN), ("b", end - 2, AD), ("b", end - 1, PLAN, {"emotion": 1.0}),
        ("c", end - 1, PLAN, {"emotion": 1.0}), ("d", 0, PLAN),
    )  # fmt: skip
    answer = ask(events, until=end, horizon=7 * DAY)
    assert answer.totals["score"] == pytest.approx(100 * (0.5 * 0.5 + 0.25 * 0.5 + 0.25 * 1))
    assert answer.totals["score_low"] < answer.totals["score"] < answer.totals["score_high"]
    assert rows(answer)["consider"]["score"] == pytest.approx(100 * (0.5 * 0.5 + 0.25 * 0.5) / 0.75)
    plain = ask(events, until=end, horizon=7 * DAY, emotion=0.0, direction=0.0)
    assert plain.totals["score"] == pytest.approx(50)


def test_emotions_beyond_the_scale_do_not_lift_the_score_beyond_its_end() -> None:
    answer = ask(log(("a", 0, AD, {"emotion": 9.0}), ("a", 1, PLAN)))
    assert answer.totals["score"] == pytest.approx(100)


def test_without_stages_it_says_what_to_do() -> None:
    answer = ask(log(("a", 0, "web: /unmapped")), Config())
    assert answer.caption == "No step has a stage: give touchpoints a `stage` in the catalogue."
    assert answer["stages"].is_empty()


@pytest.mark.parametrize(
    "asked", [{"active": 0.0}, {"going_on": -1.0}, {"going_on": 0.0, "emotion": 0.0, "direction": 0.0}]
)
def test_a_wrong_question_is_refused(asked: dict) -> None:
    with pytest.raises(Invalid):
        StagesQuestion(**asked).check()


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 60), st.sampled_from(["life", "visit"]), st.sampled_from([None, 20 * DAY]))
def test_the_lifecycle_equals_the_map_and_a_plain_twin(seed: int, size: int, journey: str, since: int | None) -> None:
    events, config = by_chance(seed, size), framed(buy=3)
    answer = ask(events, config, journey=journey, since=since)
    drawn = journey_map(frame(events), config, MapQuestion(journey=journey, since=since)).stages
    shared = ["stage", "customers", "journeys", "events", "emotion", "emotion_n"]
    told = answer["stages"].select(shared)
    assert told.equals(drawn.filter(pl.col("stage") != "(none)").select(shared).cast(dict(told.schema)))  # type: ignore[arg-type]
    known = {one.id: one for one in PLACES}
    all_of, end = journeys(events, PLACES, Asked(journey=journey, since=since))
    horizon = journeys_of(frame(events), config, StagesQuestion(journey=journey, since=since)).horizon
    turned, links = defaultdict(set), defaultdict(set)
    last: dict = {}
    acted: dict = {}
    reached = set()
    for one in all_of:
        staged = [step for step in one.steps if step["touchpoint"] in known]
        acted[one.profile] = one.steps[-1]["occurred"]
        if not staged:
            continue
        at = [known[step["touchpoint"]] for step in staged]
        links["BEFORE" if one.truncated else "START", at[0].stage].add(one.profile)
        links[at[-1].stage, "OPEN" if one.open else "END"].add(one.profile)
        last[one.profile] = at[-1].stage
        reached |= {(one.profile, place.stage) for place in at if place.id == GOAL}
        for a, b in pairwise(at):
            links[a.stage, b.stage].add(one.profile)
            if (a.stage, a.channel) != (b.stage, b.channel):
                way = STAGES.index(b.stage) - STAGES.index(a.stage)
                turned[a.stage, "loop" if way == 0 else "forward" if way > 0 else "backward"].add(one.profile)
    found = {(row["from"], row["to"]): row["customers"] for row in answer["moves"].iter_rows(named=True)}
    assert found == {ends: len(who) for ends, who in links.items()}
    standing: dict = defaultdict(int)
    for who, stage in last.items():
        frame_ = 3 * DAY if stage == "buy" else horizon
        silent = end - acted[who]
        slow = "done" if (who, stage) in reached else "dropped_off"
        standing[stage, "active" if silent <= 0.8 * frame_ else "inactive" if silent <= frame_ else slow] += 1
    for stage, row in rows(answer).items():
        for turn in ("forward", "backward", "loop"):
            assert row[turn] == len(turned[stage, turn])
        for one in ("active", "inactive", "done", "dropped_off"):
            assert row[one] == standing[stage, one]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 60), st.sampled_from([None, 20 * DAY]))
def test_the_customers_behind_every_row_are_as_many_as_it_counts(seed: int, size: int, since: int | None) -> None:
    events, config, question = by_chance(seed, size), catalogue(), StagesQuestion(since=since, goals=(GOAL,))
    given_ = journeys_of(frame(events), config, question), About(catalogue=config), question
    answer = ANALYSIS.answer(*given_)
    assert ANALYSIS.customers is not None
    for table in ("stages", "standing", "moves"):
        for row in answer[table].iter_rows(named=True):
            people = ANALYSIS.customers(*given_, {"table": table, **row})
            assert people.n_unique() == len(people) == row["customers"], (table, row)


def test_time_between_stages_is_told() -> None:
    answer = ask(log(("a", 0, AD), ("a", 5 * MINUTE, PLAN), ("b", 0, AD), ("b", 15 * MINUTE, PLAN)))
    move = answer["moves"].row(by_predicate=(pl.col("from") == "discover") & (pl.col("to") == "consider"), named=True)
    assert (move["customers"], move["median_seconds"]) == (2, 600)
