"""What personas are known for, held against the profiles of the customers behind them."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
import pytest

from contracts.analyses import tideline_hub
from harken.hub import Hub
from harken.remember import Customer


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with tideline_hub(tmp_path_factory.mktemp("tideline")) as hub:
        yield hub


def three_strongest(customer: Customer) -> list[str]:
    """Topics two levels deep, or one where there is nothing below, strongest first."""
    every = customer.interests
    deep = [one for one in every if one.count("/") == 1 or not any(other.startswith(f"{one}/") for other in every)]
    return [one for one in deep if one.count("/") < 2 and every[one] > 0][:3]


def test_as_many_customers_have_it_as_is_told(hub: Hub) -> None:
    asked = {"personas": 2}
    answer = hub.journeys.ask("personas", **asked)
    known = answer["known"].filter(pl.col("kind").is_in(["interest", "trait"]))
    assert {"interest"} <= {*known["kind"]}
    of = {
        name: [hub.profile(pid) for pid in hub.journeys.customers("personas", {"persona": name}, **asked)]
        for name in ("P1", "P2")
    }
    for row in known.iter_rows(named=True):
        people = of[row["persona"]]
        if row["kind"] == "interest":
            have = [one for one in people if row["name"] in three_strongest(one)]
        else:
            have = [
                one for one in people if row["name"] in one.traits and one.traits[row["name"]].value == row["value"]
            ]
        assert (row["n"], row["of"]) == (len(have), len(people))
        assert row["share"] > row["share_all"]
