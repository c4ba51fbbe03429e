"""Personas: groups that were planted are found and told, the same every time; k-means and its index against plain ones."""

from __future__ import annotations

import random
from itertools import combinations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harken.errors import Invalid
from harken.understand import About, Answer, MapQuestion, journey_map, journeys_of
from harken.understand.assigning import assign, personas_of
from harken.understand.clusters import adjusted_rand, k_means, nearest, stability
from harken.understand.levels import nodes_of
from harken.understand.questions.personas import ANALYSIS, PersonasQuestion
from harken.understand.questions.summary import ANALYSIS as SUMMARY
from harken.understand.questions.summary import SummaryQuestion
from harken.understand.statistics import hashes_of
from unit.understand.logs import DAY, MINUTE, by_chance, catalogue, frame, log

AD, PLAN, APP, CALL, GOAL = (
    "web: Ad", "web: Plan page", "app: Überweisung 💶", "call_center: Billing call", "web: Sign-up"
)  # fmt: skip
KINDS = {"shopper": [AD, PLAN, PLAN, GOAL], "caller": [APP, CALL, CALL, APP, CALL], "reader": [AD, AD, "web: Ad 2"]}


def ask(events: list[dict], **asked: object) -> Answer:
    question, config = PersonasQuestion(**({"goals": (GOAL,)} | asked)), catalogue()  # type: ignore[arg-type]
    return ANALYSIS.answer(journeys_of(frame(events), config, question), About(catalogue=config), question)


def planted(each: dict[str, int]) -> list[dict]:
    """So many customers of each kind, each with a pace of its own, and some who take one step only."""
    chance, rows = random.Random(3), []
    for kind, size in each.items():
        for one in range(size):
            at = chance.randrange(30 * DAY)
            for place in KINDS.get(kind, [AD]):
                rows.append((f"{kind}{one}", at, place, {"emotion": -1.0 if kind == "caller" else 0.5}))
                at += round(MINUTE * chance.uniform(1, 3) * (600 if kind == "caller" else 1))
    return log(*rows)


def test_groups_that_were_planted_are_found_and_told() -> None:
    answer = ask(planted({"shopper": 60, "caller": 40, "reader": 50, "short": 20}))
    rows = {row["persona"]: row for row in answer["personas"].iter_rows(named=True)}
    assert rows.keys() == {"P1", "P2", "P3", "too short"}
    assert [rows[one]["journeys"] for one in rows] == [60, 50, 40, 20]
    shopper, caller = rows["P1"], rows["P3"]
    assert shopper["typical"] == "Ad → Plan page → Sign-up"
    assert (shopper["goal"], caller["goal"]) == (1.0, 0.0)
    assert (caller["emotion"], caller["median_steps"]) == (-1.0, 5.0)
    assert "Billing call" in caller["label"] + caller["words"]
    assert caller["medoid"].startswith("caller")
    chosen = answer["stability"].filter(pl.col("chosen") != "")
    assert (chosen["k"].item(), chosen["rand"].item() >= 0.8) == (3, True)
    assert answer.caption.startswith("There are 3 personas")


class Memory:
    """What is remembered of the planted kinds: callers are interested in bills and mostly have an old plan."""

    def people(self, profiles: pl.Series, at: int) -> pl.DataFrame:
        rows = []
        for number, profile in enumerate(profiles):
            kind = profile.rstrip("0123456789")
            rows.append((profile, "trait", "plan", "old" if kind == "caller" and number % 4 else "new"))
            rows.append((profile, "trait", "city", f"city {number}"))
            if kind == "caller":
                rows.append((profile, "interest", "help/bills", ""))
        return pl.DataFrame(rows, schema=["profile", "kind", "name", "value"], orient="row")

    def links(self, profiles: pl.Series) -> pl.DataFrame:
        raise NotImplementedError

    def delays(self, sides: pl.DataFrame, since: int | None, until: int) -> pl.DataFrame:
        raise NotImplementedError

    def values(self, places: pl.DataFrame, property: str, at: pl.DataFrame | None = None) -> pl.DataFrame:
        raise NotImplementedError


def test_what_customers_are_known_for_is_told_beside_all() -> None:
    question, config = PersonasQuestion(goals=(GOAL,)), catalogue()
    journeys = journeys_of(frame(planted({"shopper": 60, "caller": 40, "reader": 50, "short": 20})), config, question)
    answer = ANALYSIS.answer(journeys, About(catalogue=config, records=Memory()), question)
    known = answer["known"]
    assert {*known["persona"]} == {"P1", "P2", "P3"}
    of = {(row["persona"], row["kind"], row["label"]): row for row in known.iter_rows(named=True)}
    bills = of["P3", "interest", "help/bills"]
    assert (bills["n"], bills["of"], bills["share"]) == (40, 40, 1.0)
    assert bills["share_all"] == pytest.approx(40 / 150)  # who took one step is not compared with
    assert ("P1", "interest", "help/bills") not in of
    old = of["P3", "trait", "plan: old"]
    assert old["share"] == old["n"] / 40
    assert not [one for one in of if "city" in one[2]]  # as many as there are customers
    calls = of["P3", "stage", "Get help"]
    assert (calls["n"], calls["of"], calls["share_all"]) == (120, 200, 120 / (200 + 240 + 150))
    words = answer["personas"].filter(persona="P3")["words"].item()
    assert words.startswith(
        "Mostly call_center, mainly in Get help, interested in help/bills, plan: old, annoyed; 40 journeys"
    )
    assert "interested" not in answer["personas"].filter(persona="too short")["words"].item()


def test_without_a_hub_channels_and_stages_are_told_all_the_same() -> None:
    known = ask(planted({"shopper": 60, "caller": 40, "reader": 50}))["known"]
    assert {*known["kind"]} == {"channel", "stage"}


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(["keep", "collapse", "first"]), st.sampled_from(["touchpoint", "stage"]))
def test_a_journey_is_assigned_later_as_it_was_in_the_answer(seed: int, repeats: str, level: str) -> None:
    """By the answer's tables alone; also those of customers it was not made of get a persona, the same each time."""
    events, config = [*by_chance(seed, 60, customers=20), *planted({"shopper": 20, "caller": 20})], catalogue()
    question = PersonasQuestion(personas=3, repeats=repeats, level=level)
    journeys = journeys_of(frame(events), config, question)
    answer = ANALYSIS.answer(journeys, About(catalogue=config), question)
    personas = personas_of(answer)
    nodes = nodes_of(journeys, config, level)
    ways = {
        part.profiles[customer]: [
            (nodes.ids[nodes.of_place[place]], int(at))
            for place, at in zip(part.place[a:b], part.occurred[a:b], strict=True)
        ]
        for part in journeys.parts
        for customer, a, b in zip(part.customer.tolist(), part.off[:-1], part.off[1:], strict=True)
    }
    assert ANALYSIS.customers is not None
    for row in answer["personas"].iter_rows(named=True):
        for profile in ANALYSIS.customers(journeys, About(catalogue=config), question, {"table": "personas", **row}):
            assert assign(personas, ways[profile]) == row["persona"]
    stranger = [("somewhere else", at * MINUTE) for at in range(4)]
    assert assign(personas, stranger) == assign(personas, stranger)
    assert assign(personas, []) == "too short"


def test_only_an_answer_about_personas_assigns() -> None:
    answer = SUMMARY.answer(
        journeys_of(frame([]), catalogue(), SummaryQuestion()), About(catalogue=catalogue()), SummaryQuestion()
    )
    with pytest.raises(Invalid, match="about summary"):
        personas_of(answer)
    nobody = ask([])
    assert assign(personas_of(nobody), [(AD, 0), (AD, 1), (AD, 2)]) == "too short"


def test_a_number_of_personas_that_was_asked_for_and_does_not_come_back_is_called_so() -> None:
    answer = ask(by_chance(5, 400, customers=100), personas=7)
    least = answer["stability"]["least"].item()
    assert least < 0.8
    assert (
        f"do not always come back when customers are drawn again (adjusted Rand at least {least:.2f})" in answer.caption
    )


def test_lift_is_the_share_of_the_persona_by_the_share_of_all() -> None:
    special = ask(planted({"shopper": 60, "caller": 40, "reader": 50}))["special"]
    row = special.row(by_predicate=(pl.col("persona") == "P3") & (pl.col("id") == CALL), named=True)
    assert (row["journeys"], row["share"], row["share_all"]) == (40, 1.0, pytest.approx(40 / 150))
    assert row["lift"] == pytest.approx(150 / 40)


def test_somebody_like_nobody_is_in_no_persona() -> None:
    odd = log(*[("odd", n * 9 * DAY, place) for n, place in enumerate([CALL, AD] * 60)])
    answer = ask([*planted({"shopper": 60, "caller": 60}), *odd], personas=2)
    assert answer["personas"].filter(pl.col("persona") == "unassigned")["customers"].item() == 1


def test_one_kind_of_journey_makes_one_persona() -> None:
    answer = ask(log(*[(f"p{n}", n + at * MINUTE, AD) for n in range(30) for at in range(3)]))
    assert answer.totals["personas"] == 1
    assert "one persona" in answer.caption
    assert ask(log(("a", 0, AD), ("a", 1, AD))).caption.startswith("No journey is long enough")


@pytest.mark.parametrize("asked", [{"personas": 1}, {"most": 1}, {"stable": 0.0}, {"sample": 5}, {"most": 99}])
def test_a_wrong_question_is_refused(asked: dict) -> None:
    with pytest.raises(Invalid):
        PersonasQuestion(**asked).check()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 80), st.sampled_from(["life", "visit"]), st.sampled_from([0, 3]))
def test_every_journey_is_in_one_row_and_its_customers_are_there(
    seed: int, size: int, journey: str, personas: int
) -> None:
    events, config = by_chance(seed, size, customers=20), catalogue()
    question = PersonasQuestion(journey=journey, personas=personas, goals=(GOAL,))
    given_ = journeys_of(frame(events), config, question), About(catalogue=config), question
    answer = ANALYSIS.answer(*given_)
    drawn = journey_map(frame(events), config, MapQuestion(journey=journey))
    assert answer["personas"]["journeys"].sum() == drawn.totals.journeys
    assert ANALYSIS.customers is not None
    for row in answer["personas"].iter_rows(named=True):
        people = ANALYSIS.customers(*given_, {"table": "personas", **row})
        assert len(people) == row["customers"]
    random.Random(seed).shuffle(events)
    parts = [frame([one for one in events if int(one["profile"][1:]) % 3 == part]) for part in range(3)]
    again = ANALYSIS.answer(journeys_of(parts, config, question), About(catalogue=config), question)
    assert (
        again["personas"]
        .select("persona", "journeys", "customers", "medoid")
        .equals(answer["personas"].select("persona", "journeys", "customers", "medoid"))
    )


def cloud(seed: int, size: int, centers: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random_ = np.random.default_rng(seed)
    truth = random_.integers(0, centers, size)
    middles = random_.normal(0, 8, (centers, 3))
    points = middles[truth] + random_.normal(0, 0.4, (size, 3))
    return points, truth, hashes_of(pl.Series([f"c{n}" for n in range(size)]))


def test_k_means_finds_clouds_and_does_not_depend_on_the_order_of_points() -> None:
    points, truth, numbers = cloud(4, 300, 4)
    found = k_means(points, numbers, 4)
    assert adjusted_rand(truth, found.group) == 1.0
    order = np.random.default_rng(1).permutation(300)
    other = k_means(points[order], numbers[order], 4)
    assert adjusted_rand(found.group[order], other.group) == 1.0
    assert other.inertia == pytest.approx(found.inertia)
    plain = [min(range(4), key=lambda one: ((point - found.centers[one]) ** 2).sum()) for point in points]
    assert nearest(points, found.centers)[0].tolist() == plain
    middles = [points[found.group == one].mean(axis=0) for one in range(4)]
    assert np.allclose(middles, found.centers)


def test_equal_points_make_no_more_groups_than_there_are_different_ones() -> None:
    points = np.array([[0.0, 0.0]] * 5 + [[1.0, 0.0]] * 5)
    assert len(k_means(points, np.arange(10, dtype=np.uint64), 6).centers) == 2


def test_the_right_number_of_groups_comes_back_and_one_too_many_does_less() -> None:
    points, _, numbers = cloud(4, 300, 4)
    assert stability(points, numbers, 4, 10).mean > 0.99
    assert stability(points, numbers, 6, 10).mean < 0.95


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=12))
def test_the_adjusted_rand_index_equals_counting_pairs(pairs: list[tuple[int, int]]) -> None:
    a, b = (np.array(one, np.int64) for one in zip(*pairs, strict=True))
    both = first = second = 0
    for one, two in combinations(range(len(a)), 2):
        same_a, same_b = a[one] == a[two], b[one] == b[two]
        both, first, second = both + (same_a and same_b), first + same_a, second + same_b
    every = len(a) * (len(a) - 1) / 2
    expected, most = first * second / every, (first + second) / 2
    assert adjusted_rand(a, b) == pytest.approx(1.0 if most == expected else (both - expected) / (most - expected))
