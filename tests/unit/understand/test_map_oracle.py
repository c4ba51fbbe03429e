"""The map equals a plain reference on random logs, whatever is asked, and its numbers agree with one another."""

from __future__ import annotations

import random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harken.understand import MapQuestion, journey_map
from unit.understand.logs import DAY, MINUTE, PLACES, by_chance, catalogue, frame
from unit.understand.oracle import Asked, answer

LEVELS = ["touchpoint", "group", "stage", "channel"]

questions = st.fixed_dictionaries(
    {
        "since": st.none() | st.integers(0, 60 * DAY),
        "until": st.none() | st.integers(60 * DAY + 1, 90 * DAY),
        "now": st.none() | st.integers(0, 100 * DAY),
        "profiles": st.none() | st.sets(st.sampled_from([f"p{n}" for n in range(7)])),
        "journey": st.sampled_from(["life", "visit"]),
        "timeout": st.sampled_from([0, MINUTE, 30 * MINUTE, DAY]),
        "background": st.sampled_from([(), ("web: Ad",), ("web: Ad", "web: /unmapped", "nowhere")]),
        "level": st.sampled_from(LEVELS),
        "repeats": st.sampled_from(["keep", "collapse", "first"]),
    }
)


def same(found: object, wanted: object) -> bool:
    return found == (pytest.approx(wanted, abs=2e-6) if isinstance(wanted, float) else wanted)


def check(rows: pl.DataFrame, keys: tuple[str, ...], wanted: dict) -> None:
    found = {tuple(row[key] for key in keys): row for row in rows.iter_rows(named=True)}
    wanted = {key if isinstance(key, tuple) else (key,): value for key, value in wanted.items()}
    assert found.keys() == wanted.keys()
    for key, values in wanted.items():
        assert all(same(found[key][name], value) for name, value in values.items()), (key, found[key], values)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 60), questions)
def test_map_equals_the_plain_reference(seed: int, size: int, asked: dict) -> None:
    events = by_chance(seed, size)
    wanted = answer(events, PLACES, Asked(**asked))
    found = journey_map(frame(events), catalogue(), MapQuestion(**asked))
    assert (found.totals.customers, found.totals.journeys) == (wanted.customers, wanted.journeys)
    assert found.header.events == wanted.events
    if wanted.journeys:
        assert (found.header.horizon, found.header.ties) == (wanted.horizon, wanted.ties)
    check(found.nodes, ("id",), wanted.node)
    check(found.edges, ("from", "to"), wanted.edge)
    check(found.stages.filter(pl.col("events") > 0), ("stage",), wanted.stage)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10**6),
    st.integers(0, 80),
    questions,
    st.integers(0, 6),
    st.integers(0, 12),
    st.sampled_from([0.0, 0.5, 0.8, 1.0]),
)
def test_what_flows_in_flows_out_whatever_is_shown(
    seed: int, size: int, asked: dict, nodes: int, links: int, coverage: float
) -> None:
    question = MapQuestion(**asked, nodes=nodes, links=links, coverage=coverage)
    events = frame(by_chance(seed, size))
    found = journey_map(events, catalogue(), question)
    into = dict(found.edges.group_by("to").agg(pl.col("events").sum()).iter_rows())
    out = dict(found.edges.group_by("from").agg(pl.col("events").sum()).iter_rows())
    for row in found.nodes.iter_rows(named=True):
        assert into[row["id"]] == out[row["id"]] == row["events"]
    totals = found.totals
    assert totals.journeys == totals.started + totals.truncated == totals.left + totals.still_open
    assert totals.events == totals.moves + totals.journeys
    assert totals.journeys == out.get("START", 0) + out.get("BEFORE", 0) == into.get("END", 0) + into.get("OPEN", 0)
    whole = journey_map(events, catalogue(), MapQuestion(**asked))
    assert whole.totals == totals
    assert whole.stages.equals(found.stages)
    shown = found.nodes.filter(pl.col("kind") != "other")
    kept = whole.nodes.filter(pl.col("id").is_in(shown["id"].implode()))
    assert shown.drop("median_seconds").equals(kept.drop("median_seconds"))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 60), questions)
def test_the_order_of_rows_and_their_frames_do_not_matter(seed: int, size: int, asked: dict) -> None:
    events = by_chance(seed, size)
    whole = journey_map(frame(events), catalogue(), MapQuestion(**asked)).to_dict()
    random.Random(seed + 1).shuffle(events)
    assert journey_map(frame(events), catalogue(), MapQuestion(**asked)).to_dict() == whole
    events.sort(key=lambda event: (event["profile"], event["occurred"], event["seq"]))
    assert journey_map(frame(events), catalogue(), MapQuestion(**asked)).to_dict() == whole
    parts = [frame([one for one in events if int(one["profile"][1:]) % 3 == part]) for part in range(3)]
    assert journey_map(parts, catalogue(), MapQuestion(**asked)).to_dict() == whole


@pytest.mark.parametrize("journey", ["life", "visit"])
def test_the_levels_agree(journey: str) -> None:
    """Customers, journeys, steps, left and open are the same at every level; stages are too."""
    events = by_chance(3, 400, customers=30)
    maps = {
        level: journey_map(frame(events), catalogue(), MapQuestion(level=level, journey=journey, since=20 * DAY))
        for level in LEVELS
    }
    assert len({each.totals for each in maps.values()}) == 1
    assert all(each.stages.equals(maps["stage"].stages) for each in maps.values())
    touchpoints = maps["touchpoint"].nodes
    for level in ("stage", "channel"):
        summed = touchpoints.group_by(pl.col(level).alias("id")).agg(pl.col("events").sum())
        ours = summed.sort("id") if level == "stage" else None
        if ours is not None:
            assert ours.equals(maps[level].nodes.select("id", "events").sort("id"))
    reached = dict(maps["stage"].nodes.select("id", "customers").iter_rows())
    for row in maps["stage"].stages.iter_rows(named=True):
        assert row["customers"] == reached.get(row["stage"], 0)


def test_a_map_of_more_nodes_than_links_can_have_rows_of_their_own_is_the_same() -> None:
    """With thousands of pages only the links that are there get a row."""
    chance = random.Random(5)
    events = [
        {**one, "touchpoint": f"web: /{chance.randrange(1_500)}", "type": "page"} for one in by_chance(5, 6_000, 40)
    ]
    found, wanted = journey_map(frame(events), catalogue(), MapQuestion()), answer(events, PLACES, Asked())
    assert found.nodes.height > 1_000
    check(found.nodes, ("id",), wanted.node)
    check(found.edges, ("from", "to"), wanted.edge)
    some = journey_map(frame(events), catalogue(), MapQuestion(nodes=1_200, links=900))
    into = some.edges.group_by("to").agg(pl.col("events").sum()).rename({"to": "id"})
    out = some.edges.group_by("from").agg(pl.col("events").sum()).rename({"from": "id"})
    both = into.join(out, on="id", suffix="_out")
    assert both.filter(pl.col("events") != pl.col("events_out")).is_empty()
