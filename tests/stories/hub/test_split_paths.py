"""Paths that tell a place apart by what its events say: of a hub, and of a table with other columns."""

from __future__ import annotations

from pathlib import Path

import polars as pl

import harken
from harken.hub import Hub
from harken.testing import Clock
from harken.words import DAY
from stories.hub.telling import MINUTE, NOW, did, hear


def test_a_hub_splits_by_what_lake_and_tail_say(tmp_path: Path) -> None:
    with Hub.open(tmp_path, clock=Clock(NOW + DAY)) as hub:
        hear(hub, did("Search", anon="a", properties={"term": "shoes"}), did("Buy", NOW + MINUTE, anon="a"))
        hub.settle()
        hear(hub, did("Search", anon="b", properties={"term": "boots"}), did("Search", anon="c", properties={"n": 1}))
        found = hub.journeys.paths(anchor="web: Search", split=["web: Search by term"], depth=1)
        assert found.totals["walks"] == 3
        begun = hub.journeys.paths(split=["web: Search by term"], depth=1)["tree"].filter(pl.col("step") == 1)
        names = {"web: Search · shoes": 1, "web: Search · boots": 1, "web: Search · (none)": 1}
        assert dict(begun.select("node", "customers").iter_rows()) == names
        row = begun.filter(pl.col("node") == "web: Search · shoes").row(0, named=True)
        who = hub.journeys.customers("paths", row, split=["web: Search by term"], depth=1)
        assert who == [hub.profile("anonymous_id:a").pid]


def test_a_table_splits_by_its_other_columns() -> None:
    rows = {"user": ["a", "b"], "time": [1, 2], "page": ["Search", "Search"], "term": ["shoes", None]}
    found = harken.journeys(pl.DataFrame(rows)).paths(split=["Search by term"], depth=1)["tree"]
    assert {*found["node"]} >= {"Search · shoes", "Search · (none)"}
