"""What changed between two maps, and what is beyond chance."""

from __future__ import annotations

import json

import polars as pl
import pytest

from harken.errors import Invalid
from harken.understand import JourneyMap, MapQuestion, compare, journey_map
from harken.understand.compare import adjusted, two_proportions
from harken.words import Config
from unit.understand.logs import DAY, frame, log

CHECK, CHECKOUT, PHONE, SHOP = "web: ID check", "web: Checkout", "call_center: Order", "web: Shop"


def funnel(people: int, checkout: int, phone: int, **asked: object) -> JourneyMap:
    """Everybody comes to the ID check; some go on to the checkout, some call, the others leave."""
    rows = []
    for n in range(people):
        rows.append((f"p{n}", 0, CHECK))
        if n < checkout + phone:
            rows.append((f"p{n}", 1, CHECKOUT if n < checkout else PHONE))
            rows.append((f"p{n}", 2, SHOP))
    return journey_map(frame(log(*rows)), Config(), MapQuestion(now=30 * DAY, **asked))  # type: ignore[arg-type]


def link(found: pl.DataFrame, a: str, b: str) -> dict:
    return found.row(by_predicate=(pl.col("from") == a) & (pl.col("to") == b), named=True)


def test_the_change_is_marked_where_it_began() -> None:
    """More people pass the check now. What follows the checkout has more customers too, but the same chances."""
    found = compare(funnel(1000, 500, 200), funnel(1000, 700, 100))
    changed = link(found.edges, CHECK, CHECKOUT)
    assert (changed["chance_a"], changed["chance_b"], changed["flagged"]) == (0.5, 0.7, True)
    assert changed["change"] == pytest.approx(0.2)
    assert {(a, b) for a, b in found.movers.select("from", "to").iter_rows()} == {
        (CHECK, CHECKOUT), (CHECK, PHONE), (CHECK, "END"),
    }  # fmt: skip
    assert link(found.edges, CHECKOUT, SHOP)["change"] == 0
    assert found.caption == "ID check → Checkout +20 points (50% → 70%), and 2 more."


def test_few_customers_are_not_tested() -> None:
    found = compare(funnel(149, 10, 0), funnel(1000, 900, 0))
    assert found.movers.is_empty()
    assert link(found.edges, CHECK, CHECKOUT)["p"] is None
    assert found.caption == "Nothing changed beyond chance."


def test_a_change_below_two_points_is_not_flagged_however_sure() -> None:
    found = compare(funnel(20_000, 10_000, 0), funnel(20_000, 10_380, 0))
    row = link(found.edges, CHECK, CHECKOUT)
    assert row["q"] < 0.01
    assert not row["flagged"]


def test_a_change_that_may_be_chance_is_not_flagged() -> None:
    row = link(compare(funnel(200, 100, 0), funnel(200, 108, 0)).edges, CHECK, CHECKOUT)
    assert row["change"] == pytest.approx(0.04)
    assert not row["flagged"]


def test_links_and_places_of_only_one_map_count_as_zero_in_the_other() -> None:
    found = compare(funnel(200, 100, 0), funnel(200, 100, 60))
    row = link(found.edges, CHECK, PHONE)
    assert (row["customers_a"], row["customers_b"], row["chance_a"]) == (0, 60, 0)
    assert row["flagged"]
    assert found.nodes.row(by_predicate=pl.col("id") == PHONE, named=True)["reach_b"] == 0.3


def test_a_places_reach_is_flagged_beyond_chance_and_from_one_point_on() -> None:
    found = compare(funnel(2000, 1000, 100), funnel(2000, 1000, 40)).nodes
    phone, check = (found.row(by_predicate=pl.col("id") == one, named=True) for one in (PHONE, CHECK))
    assert (phone["change"], phone["flagged"]) == (pytest.approx(-0.03), True)
    assert (check["change"], check["flagged"]) == (0, False)
    fewer = compare(funnel(149, 10, 100), funnel(2000, 1000, 40)).nodes
    assert not fewer["flagged"].any()
    small = compare(funnel(50_000, 1000, 400), funnel(50_000, 1000, 850)).nodes
    row = small.row(by_predicate=pl.col("id") == PHONE, named=True)
    assert row["q"] < 0.01
    assert not row["flagged"]


def test_open_ends_and_what_is_not_shown_are_not_compared() -> None:
    found = compare(funnel(200, 100, 50, nodes=2), funnel(300, 100, 50, nodes=2))
    assert not {"OPEN", "BEFORE", "OTHER"} & {*found.edges["to"], *found.edges["from"]}


def test_empty_maps_compare() -> None:
    found = compare(funnel(0, 0, 0), funnel(200, 100, 0))
    assert found.movers.is_empty()
    json.dumps(found.to_dict(), allow_nan=False)
    assert "<table>" in found._repr_html_()


def test_maps_of_different_levels_cannot_be_compared() -> None:
    with pytest.raises(Invalid):
        compare(funnel(1, 1, 0), funnel(1, 1, 0, level="stage"))


def test_the_test_is_the_pooled_two_proportion_z_test() -> None:
    z, p = two_proportions(100, 200, 130, 200) or (0, 0)
    assert (round(z, 4), round(p, 5)) == (3.0343, 0.00241)
    assert two_proportions(0, 200, 0, 300) == (0.0, 1.0)
    assert two_proportions(1, 149, 1, 200) is None


def test_false_alarm_rates_rise_with_p_and_never_pass_one() -> None:
    assert adjusted([0.9, 0.8, None]) == [0.9, 0.9, None]
    assert adjusted([]) == []
