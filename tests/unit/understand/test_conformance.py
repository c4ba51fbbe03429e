"""Journeys laid on designed paths: by hand, and by chance against every way there is to lay them."""

from __future__ import annotations

import itertools
import random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harken.errors import Invalid
from harken.understand import About, Answer, Journeys, journeys_of
from harken.understand.journeys import without_repeats
from harken.understand.levels import matching, nodes_of
from harken.understand.questions.conformance import ConformanceQuestion, Step, answer, customers
from harken.words import DAY as A_DAY
from harken.words import Config
from unit.understand.logs import DAY, MINUTE, by_chance, catalogue, frame, log

PATH = "web: A > web: B? > web: C+ within 7d"
LATER = 90 * DAY


def asked(way: str, path: str = PATH, apart: int = MINUTE, now: int = LATER, **more: object) -> Answer:
    """One journey: its letters are the touchpoints."""
    rows = [("ada", at * apart, f"web: {letter}") for at, letter in enumerate(way)]
    question = ConformanceQuestion(path=path, now=now, **more)  # type: ignore[arg-type]
    journeys = journeys_of(frame(log(*rows)), Config(), question)
    return answer(journeys, About(catalogue=Config()), question)


def deviations(found: Answer) -> list[tuple]:
    return sorted(found["deviations"].select("what", "step", "after").iter_rows())


def test_what_the_marks_of_a_step_mean() -> None:
    question = ConformanceQuestion(
        path="web: Plan page > a | b?+ > store: Purchase within 7d > x* within 2h of the start"
    )
    assert question.steps() == [
        Step(pattern="web: Plan page"),
        Step(pattern="a | b", optional=True, again=True),
        Step(pattern="store: Purchase", within=7 * A_DAY),
        Step(pattern="x*", within=A_DAY // 12, of_start=True),
    ]


@pytest.mark.parametrize("way", ["ABC", "AC", "ABCC", "XAXXCX", "ACCC"])
def test_journeys_as_designed(way: str) -> None:
    found = asked(way)
    assert found.totals["as_designed"] == found.totals["fitness"] == 1
    assert deviations(found) == []
    assert found.caption == "1 of 1 journeys follow the path."


@pytest.mark.parametrize(
    ("way", "wanted", "fitness"),
    [
        ("AB", [("missing", 3, 2)], 1 - 1 / 4),
        ("C", [("missing", 1, 0)], 1 - 1 / 3),
        ("CA", [("out of order", 1, 3)], 1 - 2 / 4),
        ("AABC", [("too often", 1, 1)], 1 - 1 / 6),
        ("ABBC", [("too often", 2, 2)], 1 - 1 / 6),
        ("BAC", [("too often", 2, 0)], 1 - 1 / 5),
    ],
)
def test_who_deviates_how_and_where(way: str, wanted: list, fitness: float) -> None:
    found = asked(way)
    assert deviations(found) == wanted
    assert found.totals["fitness"] == pytest.approx(fitness)
    assert found.totals["as_designed"] == 0


@pytest.mark.parametrize(
    ("way", "path", "wanted", "two", "one"),
    [
        ("BAC", "web: A > web: B > web: C", [("swapped", 2, 0)], 2, 1),
        ("ACB", "web: A > web: B > web: C", [("swapped", 3, 1)], 2, 1),
        ("AXCB", "web: A > web: B > web: C", [("swapped", 3, 1)], 2, 1),
        ("BADC", "web: A > web: B > web: C > web: D", [("swapped", 2, 0), ("swapped", 4, 2)], 4, 2),
        ("CAB", "web: A > web: B > web: C", [("out of order", 3, 0)], 2, 2),
    ],
)
def test_two_neighbors_in_the_other_order_are_one_swap(way: str, path: str, wanted: list, two: int, one: int) -> None:
    highest = 2 * len(way.replace("X", ""))
    for swaps, cost in (("two", two), ("one", one)):
        found = asked(way, path, swaps=swaps)
        assert deviations(found) == wanted
        assert found.totals["fitness"] == pytest.approx(1 - cost / highest)
    assert found["steps"]["swapped"].sum() == sum(what == "swapped" for what, *_ in wanted)


def test_a_variant_is_what_was_done_of_the_path_with_where_it_deviates() -> None:
    ways = {"ada": "ABCC", "ben": "AXBC", "cy": "CA", "di": "AABC", "ed": "BAC", "flo": "X"}
    rows = [(who, at * MINUTE, f"web: {one}") for who, way in ways.items() for at, one in enumerate(way)]
    question = ConformanceQuestion(path="web: A > web: B > web: C+", now=LATER, variants=3)
    journeys = journeys_of(frame(log(*rows)), Config(), question)
    about = About(catalogue=Config())
    found = answer(journeys, about, question)["variants"]
    first, *others, rest = found.to_dicts()
    assert (first["variant"], first["journeys"], first["fitness"]) == ("web: A > web: B > web: C", 2, 1)
    assert (rest["id"], rest["variant"], rest["customers"]) == ("other", "All 1 other ways", 1)
    told = {row["variant"]: [row[name] for name in ("missing", "swapped", "out_of_order", "extra")] for row in others}
    known = {
        "web: C > web: A": ["web: B", "", "web: A", ""],
        "web: A ×2 > web: B > web: C": ["", "", "", "web: A"],
        "web: B > web: A > web: C": ["", "web: B", "", ""],
    }
    assert told.items() <= known.items()
    assert found["share"].sum() == pytest.approx(1)
    assert customers(journeys, about, question, {"table": "variants", **first}).to_list() == ["ada", "ben"]
    assert customers(journeys, about, question, {"table": "variants", **rest}).len() == 1
    assert customers(journeys, about, question, {"table": "variants", "id": "nope"}).len() == 0


def test_a_way_still_open_and_one_that_ended_are_two_variants() -> None:
    rows = [("ada", 0, "web: A"), ("ben", LATER, "web: A")]
    question = ConformanceQuestion(path="web: A > web: B", now=LATER + 1)
    found = answer(journeys_of(frame(log(*rows)), Config(), question), About(catalogue=Config()), question)["variants"]
    assert sorted(found.select("variant", "open", "missing").rows()) == [
        ("web: A", False, "web: B"), ("web: A", True, "")
    ]  # fmt: skip


def test_a_deadline_counts_from_the_step_before_or_from_the_start() -> None:
    assert deviations(asked("AC", apart=7 * DAY)) == []
    late = asked("AC", apart=7 * DAY + 1)
    assert deviations(late) == [("too late", 3, 1)]
    assert (late.totals["fitness"], late.totals["as_designed"]) == (1, 0)
    assert deviations(asked("ABC", apart=5 * DAY)) == []
    assert deviations(asked("ABC", PATH + " of the start", apart=5 * DAY)) == [("too late", 3, 2)]


def test_what_may_still_come_is_not_missing_unless_it_is_overdue() -> None:
    assert deviations(asked("AB", now=3 * DAY)) == []
    assert asked("AB", now=3 * DAY).totals["as_designed"] == 1
    assert deviations(asked("A", now=8 * DAY, horizon=20 * DAY)) == [("too late", 3, 1)]
    assert deviations(asked("B", now=3 * DAY)) == [("too often", 2, 0)]


def test_what_came_before_the_period_is_not_missing() -> None:
    question = ConformanceQuestion(path="web: A > web: B > web: C", since=DAY, now=LATER)
    journeys = journeys_of(frame(log(("ada", 0, "web: A"), ("ada", 2 * DAY, "web: B"), ("ada", 3 * DAY, "web: C"))), Config(), question)  # fmt: skip
    assert answer(journeys, About(catalogue=Config()), question).totals["as_designed"] == 1


def test_others_cost_when_asked() -> None:
    found = asked("AXC", others="count")
    assert deviations(found) == [("not planned", 0, 1)]
    assert found.totals["fitness"] == pytest.approx(1 - 1 / 5)
    assert asked("XX").totals["not_judged"] == 1
    assert asked("XX").caption == asked("").caption == "No journey came to a step of this path."


def test_bad_questions_say_what_would_be_right() -> None:
    for wrong, told in (
        ({"path": ""}, "1 to 20 steps"),
        ({"path": "web: A > > web: B"}, "1 to 20 steps"),
        ({"path": "web: A > ?"}, "is no step"),
        ({"path": "web: A within a while"}, "length of time"),
        ({"path": "stage:"}, "names no place"),
        ({"others": "hell"}, "free, count"),
        ({"swaps": "none"}, "two, one"),
        ({"variants": 0}, "at least 1"),
    ):
        with pytest.raises(Invalid, match=told):
            asked("A", **wrong)


# ---------------------------------------------------------------------- by chance, against every way


def cheapest(masks: list[set[int]], steps: list[Step], truncated: bool, open_: bool, swap: int) -> int:
    """The least cost of all ways to give events to steps in order, where two neighbors may be exchanged for `swap`."""
    exchanges: list[list[int]] = [[]]
    for at in range(len(masks) - 1):
        exchanges += [[*one, at] for one in exchanges if not one or one[-1] < at - 1]
    return min(_cheapest(masks, steps, truncated, open_, one, swap) for one in exchanges)


def _cheapest(
    masks: list[set[int]], steps: list[Step], truncated: bool, open_: bool, exchanged: list[int], swap: int
) -> int:
    k, best = len(steps), 10**9
    masks = [*masks]
    for at in exchanged:
        masks[at], masks[at + 1] = masks[at + 1], masks[at]
    for given_ in itertools.product(*([None, *sorted(mask)] for mask in masks)):
        pairs = [(given_[at], given_[at + 1]) for at in exchanged]
        if any(a is None or b is None or b != a + 1 for a, b in pairs):
            continue
        taken = [step for step in given_ if step is not None]
        if any(a > b or (a == b and not steps[a].again) for a, b in itertools.pairwise(taken)):
            continue
        low = min(taken, default=0 if open_ else k) if truncated else 0
        high = max(taken, default=low - 1) + 1 if open_ else k
        missing = sum(not steps[at].optional and at not in taken for at in range(low, high))
        best = min(best, given_.count(None) + missing + swap * len(exchanged))
    return best


PATHS = [
    "web: Ad > web: Plan page > web: Sign-up",
    "stage:discover+ > web: Plan page? > stage:buy",
    "web: * > web: Plan page+ > web: Ad? > web: * within 1d",
    "web: Sign-up within 1h of the start",
]


@settings(max_examples=120, deadline=None)
@given(
    st.integers(0, 10**6),
    st.integers(0, 36),
    st.sampled_from(PATHS),
    st.sampled_from(["free", "count"]),
    st.none() | st.integers(0, 20 * DAY),
    st.sampled_from(["life", "visit"]),
    st.sampled_from(["keep", "collapse", "first"]),
    st.sampled_from(["two", "one"]),
)
def test_costs_are_the_least_there_are_and_numbers_agree(
    seed: int, size: int, path: str, others: str, since: int | None, journey: str, repeats: str, swaps: str
) -> None:
    said = {"path": path, "others": others, "since": since, "journey": journey, "repeats": repeats, "swaps": swaps}
    question = ConformanceQuestion(**said, variants=3)  # type: ignore[arg-type]
    events = by_chance(seed, size, customers=8)
    journeys = journeys_of(frame(events), catalogue(), question)
    about = About(catalogue=catalogue())
    found = answer(journeys, about, question)
    fits = fitness_by_hand(journeys, question)
    assert found.totals["journeys"] == len(fits)
    assert found.totals["fitness"] == (
        pytest.approx(sum(1 - c / h for c, h in fits) / len(fits), abs=1e-6) if fits else None
    )
    paid = {
        "missing": 1,
        "swapped": 2 if swaps == "two" else 1,
        "out of order": 2,
        "too often": 1,
        "not planned": 1,
        "too late": 0,
    }
    cost = sum(paid[what] * n for what, n in found["deviations"].select("what", "events").iter_rows())
    assert cost == sum(cost for cost, _ in fits)
    assert found["fitness"]["journeys"].sum() == found["variants"]["journeys"].sum() == len(fits)
    for name in ("deviations", "steps", "fitness", "variants"):
        for row in found[name].head(8).to_dicts():
            if name == "steps" or row["customers"]:
                who = customers(journeys, about, question, {"table": name, **row})
                assert who.len() == who.n_unique() == row["customers"], (name, row)
    random.Random(seed).shuffle(events)
    parts = [frame([one for one in events if int(one["profile"][1:]) % 3 == part]) for part in range(3)]
    assert answer(journeys_of(parts, catalogue(), question), about, question).to_dict() == found.to_dict()


def fitness_by_hand(journeys: Journeys, question: ConformanceQuestion) -> list[tuple[int, int]]:
    """(cost, highest cost) of each journey that came to a step."""
    steps = question.steps()
    meant = [matching(journeys.places, catalogue(), step.pattern) for step in steps]
    nodes = nodes_of(journeys, catalogue(), question.level, question.opened)
    found = []
    for whole in journeys.parts:
        part = without_repeats(whole, nodes.of_place, question.repeats)
        for j in range(part.journeys):
            masks = [
                {at for at, flags in enumerate(meant) if flags[place]}
                for place in part.place[part.off[j] : part.off[j + 1]]
            ]
            if not any(masks):
                continue
            masks = masks if question.others == "count" else [mask for mask in masks if mask]
            loose = bool(part.truncated[j] or part.open[j])
            highest = len(masks) + (0 if loose else sum(not step.optional for step in steps))
            swap = 2 if question.swaps == "two" else 1
            cost = cheapest(masks, steps, bool(part.truncated[j]), bool(part.open[j]), swap)
            found.append((cost, highest))
    return found


def test_the_order_of_steps_shows_where_people_are_lost() -> None:
    """Of three who plan one buys in time, one too late, one never."""
    plan, buy = "web: Plan page", "app: Überweisung 💶"
    rows = [("ada", 0, plan), ("ada", DAY, buy), ("bob", 0, plan), ("bob", 8 * DAY, buy), ("cy", 0, plan)]
    question = ConformanceQuestion(path=f"{plan} > {buy} within 7d", now=LATER)
    journeys = journeys_of(frame(log(*rows)), Config(), question)
    about = About(catalogue=Config())
    found = answer(journeys, about, question)
    steps = found["steps"].select("customers", "missing", "too_late").rows()
    assert steps == [(3, 0, 0), (2, 1, 1)]
    late = customers(journeys, about, question, {"table": "deviations", "what": "too late", "step": 2, "after": 1})
    assert late.to_list() == ["bob"]
    assert found["fitness"].select("fit", "journeys").rows() == [
        ("as designed", 1),
        ("at least 80 %", 1),
        ("at least 60 %", 1),
    ]
    assert isinstance(found["deviations"], pl.DataFrame)
