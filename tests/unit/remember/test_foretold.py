"""The last steps a customer's counters remember, and the chance of a goal after them, looked up in small tables."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harken.errors import Invalid
from harken.remember import BEGIN, REST, Foretold, Judged, Last, Plan, Table, fold, join, judge, last_steps, prepare
from harken.remember.state import TrailState
from harken.words import Config, Goal, Segment, Touchpoint
from unit.remember.heard import HOUR, MINUTE, NOW, event

A, B, C = "web: A", "web: B", "web: C"
FORETOLD = Foretold(
    silences=(0, HOUR, 24 * HOUR),
    known=frozenset({A, B}),
    rest=True,
    goals={
        "order": Table(
            {(): 0.01, (A,): 0.2, (B,): 0.1, (A, B): 0.4, (BEGIN, BEGIN, A): 0.3, (REST,): 0.05},
            {A: (1.0, 0.5, 0.1), B: (1.0, 3.0, 0.1), REST: (1.0, 1.0, 1.0)},
        )
    },
)


def plan(rule: dict | None = None, foretold: Foretold | None = FORETOLD) -> Plan:
    segments = {"soon": Segment(id="soon", rule=rule)} if rule else {}
    places = (Touchpoint(id=A), Touchpoint(id=B, rank=1))
    return prepare(Config(touchpoints=places, goals={"order": Goal(id="order")}, segments=segments), foretold)


def met(*steps: tuple[str, int]) -> TrailState:
    state = TrailState()
    for touchpoint, at in steps:
        fold(state, event(at, touchpoint=touchpoint, message_id=f"{touchpoint}{at}"), plan())
    return state


def judged(state: TrailState, now: int, foretold: Foretold | None = FORETOLD, **rule: float) -> Judged:
    return judge("p", state, [], {}, plan({"goal_chance": "order", **rule}, foretold), now)


def test_the_longest_context_that_is_known_tells_the_chance() -> None:
    told = {(A,): 0.2, (B, A): 0.2, (A, B): 0.4, (B, A, B): 0.4, (A, C): 0.05, (C, C, B): 0.1}
    for steps, chance in told.items():
        assert FORETOLD.chance("order", Last(steps, False, NOW), NOW)[0] == chance, steps
    assert FORETOLD.chance("order", Last((A,), True, NOW), NOW)[0] == 0.3
    assert FORETOLD.chance("renewal", Last((A,), True, NOW), NOW) == (None, None)
    assert FORETOLD.chance("order", Last(), NOW) == (None, None)


def test_a_chance_changes_with_silence_and_says_when() -> None:
    last = Last((B, A), False, NOW)
    assert FORETOLD.chance("order", last, NOW + HOUR - 1) == (0.2, NOW + HOUR)
    assert FORETOLD.chance("order", last, NOW + HOUR) == (0.1, NOW + 24 * HOUR)
    assert FORETOLD.chance("order", last, NOW + 99 * HOUR) == (pytest.approx(0.02), None)
    assert FORETOLD.chance("order", Last((A, B), False, NOW), NOW + HOUR)[0] == 1.0  # never more than sure
    coming = Last((A,), False, NOW, NOW + MINUTE)
    assert FORETOLD.chance("order", coming, NOW)[1] == NOW + MINUTE


def test_where_others_are_not_told_apart_nor_together_they_end_what_is_known() -> None:
    apart = Foretold(silences=(0,), known=frozenset({A}), rest=False, goals=FORETOLD.goals)
    assert apart.context((A, C, A), True) == (A,)
    assert apart.chance("order", Last((C,), True, NOW), NOW) == (None, None)


def test_the_last_steps_are_those_of_the_counters() -> None:
    state = met((A, NOW - 3 * HOUR), (B, NOW - 2 * HOUR), (A, NOW - HOUR), (C, NOW), ("", NOW))
    known = {A: Touchpoint(id=A)}
    assert last_steps(state.touchpoints, known, NOW) == Last((B, A, C), False, NOW, None)
    assert last_steps(state.touchpoints, known, NOW - 1) == Last((A, B, A), False, NOW - HOUR, NOW)
    assert last_steps(state.touchpoints, known, NOW - 2 * HOUR) == Last((A, B), True, NOW - 2 * HOUR, NOW - HOUR)
    assert last_steps(TrailState().touchpoints, known, NOW) == Last()


def test_at_one_instant_the_rank_decides_then_the_name() -> None:
    state = met((C, NOW), (A, NOW), (B, NOW))
    assert last_steps(state.touchpoints, {A: Touchpoint(id=A), B: Touchpoint(id=B, rank=1)}, NOW).steps == (B, A, C)


def test_steps_that_are_not_kept_exactly_are_steps() -> None:
    """More than the newest moments of a touchpoint: these are not all."""
    state = met(*((A, NOW - one * HOUR) for one in range(40)))
    assert last_steps(state.touchpoints, {}, NOW - 38 * HOUR).whole is False


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([A, B, C]), st.integers(0, 30)), unique_by=lambda one: one[1]),
    st.integers(0, 30),
    st.integers(0, 3),
)
def test_they_are_the_last_of_all_steps_however_trails_split_them(
    steps: list[tuple[str, int]], now: int, trails: int
) -> None:
    parts = [met(*((name, at) for name, at in steps if at % (trails + 1) == one)) for one in range(trails + 1)]
    found = last_steps(join(parts).touchpoints, {}, now)
    before = sorted((at, name) for name, at in steps if at <= now)
    assert found.steps == tuple(name for _, name in before[-3:])
    assert found.whole is (len(before) < 3)
    assert found.coming == min((at for _, at in steps if at > now), default=None)


def test_a_segment_is_entered_by_a_step_and_left_by_silence() -> None:
    state = met((A, NOW - HOUR), (B, NOW))
    entered = judged(state, NOW, at_least=0.4)
    assert (entered.segments, entered.due) == ({"soon": NOW}, NOW + HOUR)
    assert judged(state, NOW + 24 * HOUR, at_least=0.4).segments == {}
    assert judged(state, NOW, above=0.4).segments == {}


def test_without_anything_learned_nobody_is_in_it() -> None:
    assert judged(met((A, NOW)), NOW, None, at_least=0).segments == {}


def test_a_goal_that_is_not_there_is_refused_with_those_there_are() -> None:
    with pytest.raises(Invalid, match=r"segments.soon.rule: there is no goal 'ordr'; did you mean 'order'\?"):
        plan({"goal_chance": "ordr", "above": 0.1})
