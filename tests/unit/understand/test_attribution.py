"""Credit for goals: counted by hand, against plain twins and brute force on random logs, and in agreement with the map."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from fractions import Fraction
from itertools import pairwise, permutations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harken.errors import Invalid, NotFound
from harken.understand import MapQuestion, journey_map, journeys_of
from harken.understand.analysis import About, Answer
from harken.understand.credited import REST
from harken.understand.crediting import removal_effects
from harken.understand.questions.attribution import ANALYSIS, NOTHING, AttributionQuestion
from unit.understand.logs import DAY, PLACES, by_chance, catalogue, frame, log
from unit.understand.oracle import is_step, node_of

A, B, C, WON = "web: A", "app: B", "web: C", "web: Thanks"
END = {"until": 1000 * DAY}


def ask(events: list[dict] | pl.LazyFrame | list[pl.LazyFrame], **asked: object) -> Answer:
    question = AttributionQuestion(**({"goals": (WON,)} | asked))
    events = frame(events) if isinstance(events, list) and (not events or isinstance(events[0], dict)) else events
    return ANALYSIS.answer(journeys_of(events, catalogue(), question), About(catalogue=catalogue()), question)


def people(events: list[dict], id: str, **asked: object) -> set[str]:
    question = AttributionQuestion(**({"goals": (WON,)} | asked))
    about = About(catalogue=catalogue())
    found = ANALYSIS.customers(journeys_of(frame(events), catalogue(), question), about, question, {"id": id})
    assert found.n_unique() == len(found)
    return set(found)


def credit(answer: Answer, model: str) -> dict[str, float]:
    return dict(answer["touchpoints"].select("id", model).rows())


ONE_PATH = log(
    ("ada", 0, A), ("ada", 7 * DAY, B), ("ada", 14 * DAY, A), ("ada", 21 * DAY, C), ("ada", 22 * DAY, WON), ("bob", 0, A),
)  # fmt: skip


def test_each_rule_weighs_the_steps_of_a_path_as_it_says() -> None:
    found = ask(ONE_PATH, **END)
    near = pytest.approx
    assert credit(found, "first") == {A: 1, B: 0, C: 0}
    assert credit(found, "last") == {A: 0, B: 0, C: 1}
    assert credit(found, "linear") == {A: 0.5, B: 0.25, C: 0.25}
    assert credit(found, "decay") == near({A: (1 / 8 + 1 / 2) / 1.875, B: 0.25 / 1.875, C: 1 / 1.875}, abs=1e-6)
    assert credit(found, "position") == near({A: 0.5, B: 0.1, C: 0.4}, abs=1e-6)
    assert credit(found, "shapley") == near({A: 1 / 3, B: 1 / 3, C: 1 / 3}, abs=1e-6)


def test_two_steps_share_what_position_gives_to_the_ends_and_one_has_all() -> None:
    found = ask(
        log(("ada", 0, A), ("ada", 1, B), ("ada", 2, WON), ("bob", 0, C), ("bob", 1, WON)),
        first_share=0.6,
        last_share=0.2,
        **END,
    )
    assert credit(found, "position") == pytest.approx({A: 0.75, B: 0.25, C: 1}, abs=1e-6)


def test_a_step_exactly_the_lookback_before_the_goal_is_on_its_path_and_one_before_is_not() -> None:
    events = log(("ada", 0, A), ("ada", 1, B), ("ada", DAY + 1, WON))
    assert credit(ask(events, lookback=DAY, **END), "linear") == {B: 1}
    assert ask(events, lookback=DAY - 1, **END)["touchpoints"]["id"].to_list() == [NOTHING]


def test_a_goal_with_nothing_before_and_a_second_goal_at_once_are_credited_to_nobody() -> None:
    events = log(("ada", 0, WON), ("ada", DAY, A), ("ada", 2 * DAY, WON), ("ada", 2 * DAY, WON))
    found = ask(events, **END)
    assert (found.totals["conversions"], found.totals["nothing_before"], found.totals["converted"]) == (3, 2, 1)
    for model in ("first", "last", "linear", "decay", "position", "shapley"):
        assert credit(found, model) == {A: 1, NOTHING: 2}
    assert people(events, NOTHING, **END) == people(events, A, **END) == {"ada"}


def test_paths_that_led_nowhere_are_kept_and_open_ones_are_not() -> None:
    events = log(
        ("ada", 0, A), ("ada", 1, WON),
        ("bob", 0, B),  # has left
        ("cy", 995 * DAY, B),  # may still come
        ("dee", 0, A), ("dee", 1, WON), ("dee", 2, C),  # went on after the goal, and left
    )  # fmt: skip
    found = ask(events, **END)
    assert (found.totals["lost_paths"], found.totals["open_paths"], found.totals["conversions"]) == (2, 1, 2)


def test_without_paths_that_led_nowhere_nothing_is_said_by_markov() -> None:
    found = ask(log(("ada", 0, A), ("ada", 1, WON)), **END)
    assert "markov" not in found["touchpoints"].columns
    assert "No path led nowhere" in found.tables["touchpoints"].note
    assert found["touchpoints"]["removal_effect"].is_nan().all()
    assert found.caption == "All models agree: A has 100 % of the credit."


def test_markov_counts_what_would_be_missing() -> None:
    """A -> goal twice, B -> A -> goal once, B -> nowhere once: without A nothing is left; without B one third is missing."""
    events = log(
        *((f"p{n}", t, place) for n in range(2) for t, place in enumerate((A, WON))),
        ("q", 0, B), ("q", 1, A), ("q", 2, WON), ("r", 0, B),
    )  # fmt: skip
    found = ask(events, **END)
    effects = dict(found["touchpoints"].select("id", "removal_effect").rows())
    assert effects == pytest.approx({A: 1.0, B: 1 / 3})
    assert credit(found, "markov") == pytest.approx({A: 9 / 4, B: 3 / 4})
    assert found.caption == "Models disagree most about A: 67 % of the credit (first step) or 100 % (last step)."
    assert found.totals["disagreement"] == pytest.approx(1 / 3)


def test_levels_are_asked_apart_and_their_difference_is_shown() -> None:
    events = log(
        ("p", 0, A),
        ("p", 1, C),
        ("p", 2, WON),
        ("q", 0, A),
        ("q", 1, B),
        ("q", 2, WON),
        ("r", 0, C),
        ("s", 0, B),
        ("t", 0, A),
    )
    found = ask(events, **END)
    asked = ask(events, level="channel", **END)
    shares = dict(found["channels"].select("channel", "markov").rows())
    total = sum(credit(asked, "markov").values())
    assert shares == pytest.approx({id: value / total for id, value in credit(asked, "markov").items()})
    summed = dict(found["channels"].select("channel", "markov_summed").rows())
    markov = credit(found, "markov")
    assert summed["web"] == pytest.approx((markov[A] + markov[C]) / total)
    assert summed["web"] != pytest.approx(shares["web"], abs=0.01)
    assert "another level gives other credit" in found.tables["touchpoints"].note
    assert "channels" not in asked.tables


def test_places_beyond_the_limit_are_one_in_the_models_and_everything_adds_up() -> None:
    events = log(
        *((f"p{n}", t, place) for n in range(3) for t, place in enumerate((A, A, B, C, WON))), ("q", 0, A), ("q", 1, C)
    )
    found = ask(events, nodes=1, **END)
    assert set(found["touchpoints"]["id"]) == {A, REST}
    for model in ("first", "linear", "markov"):
        assert sum(credit(found, model).values()) == 3
    assert people(events, REST, nodes=1, **END) == {"p0", "p1", "p2"}


def test_repeats_can_be_taken_as_one() -> None:
    events = log(*(("p", t, place) for t, place in enumerate((A, A, A, B, WON))))
    assert credit(ask(events, **END), "linear") == {A: 0.75, B: 0.25}
    assert credit(ask(events, repeats="collapse", **END), "linear") == {A: 0.5, B: 0.5}


def test_intervals_hold_the_shares_and_become_narrow_with_many_customers() -> None:
    def widest(size: int) -> float:
        paths = ((A, B, WON), (B, WON), (C, A, WON), (C,), (A,), (B, C, B))
        rows = [(f"p{n}", t, place) for n in range(size) for t, place in enumerate(paths[n * 7 % 6])]
        frame = ask(log(*rows), **END)["credits"]
        assert (frame["low"] <= frame["share"] + 1e-9).all()
        assert (frame["share"] <= frame["high"] + 1e-9).all()
        return float((frame["high"] - frame["low"]).max())

    few, many = widest(120), widest(6000)
    assert 0.1 < few < 0.4
    assert many == pytest.approx(few / math.sqrt(50), rel=0.35)


def test_without_replicates_there_are_no_intervals() -> None:
    assert ask(ONE_PATH, replicates=0, **END)["credits"]["low"].is_nan().all()


def test_of_nobody_one_step_and_all_at_one_instant_something_sensible_is_said() -> None:
    assert ask([]).caption == "Nobody reached the goal."
    assert ask(log(("ada", 0, A))).caption == "Nobody reached the goal."
    assert ask(log(("ada", 0, WON))).caption == "Nothing came before the goal: 1 of 1 were reached with the first step."
    at_once = ask(log(("ada", 0, A), ("ada", 0, B), ("ada", 0, WON)), replicates=3)
    assert credit(at_once, "decay") == pytest.approx({A: 0.5, B: 0.5}, abs=1e-6)
    at_once.to_dict()


@pytest.mark.parametrize(
    "asked", [{"goals": ()}, {"lookback": -1}, {"half_life": 0}, {"first_share": 0.7}, {"nodes": 0}, {"replicates": -1}]
)
def test_a_question_that_cannot_be_answered_says_what_would_be_right(asked: dict) -> None:
    with pytest.raises(Invalid):
        ask(ONE_PATH, **asked)


def test_goals_and_rows_there_are_none_of_are_refused_by_name() -> None:
    with pytest.raises(NotFound):
        ask(ONE_PATH, goals=("goal:none",))
    with pytest.raises(Invalid, match="touchpoints"):
        people(ONE_PATH, "web: Z")


# ---------------------------------------------------------------------- plain twins


def plain_paths(
    events: list[dict], goal: str, until: int, horizon: int, level: str, lookback: int
) -> tuple[list, list, int]:
    """(paths that led to the goal as [(node, age)], paths that led nowhere as [node], how many are open)."""
    known, mine = {place.id: place for place in PLACES}, defaultdict(list)
    for event in events:
        if is_step(event, known) and event["occurred"] < until:
            mine[event["profile"]].append(event)
    won, lost, still = [], [], 0
    for profile, steps in mine.items():
        steps.sort(
            key=lambda e: (e["occurred"], known[e["touchpoint"]].rank if e["touchpoint"] in known else 2, e["seq"])
        )
        path: list[dict] = []
        for step in steps:
            if step["touchpoint"] == goal:
                near = [one for one in path if step["occurred"] - one["occurred"] <= lookback]
                won.append((profile, [(node_of(one, known, level), one["occurred"]) for one in near]))
                path = []
            else:
                path.append(step)
        if path and until - steps[-1]["occurred"] <= horizon:
            still += 1
        elif path:
            lost.append(
                [node_of(one, known, level) for one in path if path[-1]["occurred"] - one["occurred"] <= lookback]
            )
    return won, lost, still


def by_rules(won: list, half_life: int) -> dict[str, dict[str, Fraction]]:
    found: dict[str, dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    for _, path in won:
        n = len(path)
        if not n:
            for model in ("first", "last", "linear", "decay", "position", "shapley"):
                found[model][NOTHING] += 1
            continue
        different = {node for node, _ in path}
        for node in different:
            found["shapley"][node] += Fraction(1, len(different))
        found["first"][path[0][0]] += 1
        found["last"][path[-1][0]] += 1
        halves = [Fraction(2.0 ** ((when - path[-1][1]) / half_life)) for _, when in path]
        ends = {1: [Fraction(1)], 2: [Fraction(1, 2)] * 2}.get(
            n, [Fraction(2, 5), *[Fraction(1, 5 * max(1, n - 2))] * (n - 2), Fraction(2, 5)]
        )
        for (node, _), half, end in zip(path, halves, ends, strict=True):
            found["linear"][node] += Fraction(1, n)
            found["decay"][node] += half / sum(halves)
            found["position"][node] += end
    return found


def shapley(won: list) -> dict[str, float]:
    """Over all orders in which places can come: what each adds to the paths whose places are all there."""
    sets = [frozenset(node for node, _ in path) for _, path in won if path]
    players = sorted(set().union(*sets)) if sets else []
    found = dict.fromkeys(players, 0)
    for order in permutations(players):
        there: set[str] = set()
        for player in order:
            before = sum(one <= there for one in sets)
            there.add(player)
            found[player] += sum(one <= there for one in sets) - before
    return {player: value / math.factorial(len(players)) for player, value in found.items()}


def chance_of_goal(moves: Counter, removed: str) -> float:
    """By going step after step, very often, with a state whose visitors all go nowhere."""
    out: Counter = Counter()
    for (a, _), n in moves.items():
        out[a] += n
    at, reached = {"START": 1.0}, 0.0
    for _ in range(3000):
        onward: dict[str, float] = defaultdict(float)
        for (a, b), n in moves.items():
            share = at.get(a, 0.0) * n / out[a]
            if b == "GOAL":
                reached += share
            elif b not in ("NOWHERE", removed):
                onward[b] += share
        at = onward
        if sum(at.values()) < 1e-15:
            break
    return reached


def effects_by_force(won: list, lost: list) -> dict[str, float]:
    moves: Counter = Counter()
    for path, end in [
        *(([node for node, _ in path], "GOAL") for _, path in won),
        *((path, "NOWHERE") for path in lost),
    ]:
        moves.update(pairwise(["START", *path, end]))
    whole = chance_of_goal(moves, "")
    nodes = {a for a, _ in moves} - {"START"}
    return {node: 1 - chance_of_goal(moves, node) / whole for node in nodes}


@settings(max_examples=120, deadline=None)
@given(
    st.integers(0, 10**6),
    st.integers(0, 60),
    st.integers(DAY, 90 * DAY),
    st.sampled_from(["web: Ad", "web: Sign-up", "app: Überweisung 💶"]),
    st.sampled_from(["touchpoint", "group", "stage", "channel"]),
    st.sampled_from([0, DAY, 30 * DAY]),
)
def test_every_model_equals_its_plain_twin(
    seed: int, size: int, until: int, goal: str, level: str, lookback: int
) -> None:
    events, half_life = by_chance(seed, size), 3 * DAY
    asked = {"goals": (goal,), "until": until, "horizon": DAY, "level": level, "lookback": lookback}
    found = ask(events, half_life=half_life, replicates=5, **asked)
    won, lost, still = plain_paths(events, goal, until, DAY, level, lookback)
    totals = found.totals
    assert (totals["conversions"], totals["lost_paths"], totals["open_paths"]) == (len(won), len(lost), still)
    for model, wanted in by_rules(won, half_life).items():
        assert credit(found, model) == pytest.approx(
            {id: float(wanted[id]) for id in found["touchpoints"]["id"]}, abs=1e-5
        )
    with_it = Counter(node for _, path in won for node in {node for node, _ in path} or {NOTHING})
    assert {id: n for id, n in found["touchpoints"].select("id", "conversions").rows() if n} == dict(with_it)
    for id, count in found["touchpoints"].select("id", "customers").rows():
        assert people(events, id, **asked) == {
            who for who, path in won if (id in {node for node, _ in path}) or (id == NOTHING and not path)
        }
        assert len(people(events, id, **asked)) == count
    for model in set(found["touchpoints"].columns) & {
        "first",
        "last",
        "linear",
        "decay",
        "position",
        "shapley",
        "markov",
    }:
        assert sum(credit(found, model).values()) == len(won)  # exactly
    if lost and any(path for _, path in won):
        effects = effects_by_force(won, lost)
        for id, effect in found["touchpoints"].filter(pl.col("id") != NOTHING).select("id", "removal_effect").rows():
            assert effect == pytest.approx(effects[id], abs=1e-9)
    nodes = journey_map(frame(events), catalogue(), MapQuestion(until=until)).nodes
    assert sum(nodes.filter(pl.col("id") == goal)["events"]) == len(won)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 50), st.sampled_from(["group", "stage"]))
def test_shapley_equals_the_average_over_all_orders(seed: int, size: int, level: str) -> None:
    events = by_chance(seed, size)
    found = ask(events, goals=("web: Sign-up",), level=level, replicates=0, **END)
    won, _, _ = plain_paths(events, "web: Sign-up", END["until"], 0, level, 30 * DAY)
    if len({node for _, path in won for node, _ in path}) <= 6:
        given_ = {id: value for id, value in credit(found, "shapley").items() if id != NOTHING and value}
        assert given_ == pytest.approx(shapley(won), abs=1e-5)


def test_staying_at_a_place_changes_no_removal_effect() -> None:
    chance = np.random.default_rng(3)
    moves = chance.integers(1, 50, (6, 7)).astype(float)
    plain = removal_effects(moves)
    for state in range(1, 6):
        moves[state, state - 1] += 1000
    assert removal_effects(moves) == pytest.approx(plain)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 60))
def test_neither_the_order_of_rows_nor_the_cut_into_frames_matters(seed: int, size: int) -> None:
    whole = frame(by_chance(seed, size)).collect()
    split = [part.lazy() for part in whole.partition_by("profile")]
    answers = [
        ask(one, goals=("web: Ad",), horizon=DAY, replicates=20).to_dict()
        for one in (whole.lazy(), split, whole.reverse().lazy())
    ]
    assert answers[0] == answers[1] == answers[2]
