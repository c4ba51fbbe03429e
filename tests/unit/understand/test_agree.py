"""One definition of a journey: what two analyses both count is the same number, on any log."""

from __future__ import annotations

from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from harken.understand import About, MapQuestion, Scope, analysis, journeys_of, map_of
from unit.understand.logs import DAY, PLACES, by_chance, catalogue, frame

EVER = 10**16


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 10**6),
    st.integers(1, 80),
    st.sampled_from(["life", "visit"]),
    st.none() | st.integers(0, 30 * DAY),
    st.sampled_from([place.id for place in PLACES]),
    st.sampled_from([place.id for place in PLACES]),
)
def test_map_paths_funnel_figures_and_next_steps_agree(
    seed: int, size: int, journey: str, since: int | None, first: str, second: str
) -> None:
    about = About(catalogue=catalogue())
    scope = {"journey": journey, "since": since}
    journeys = journeys_of(frame(by_chance(seed, size)), about.catalogue, Scope(**scope))  # type: ignore[arg-type]

    def ask(name: str, **said: Any) -> Any:
        one = analysis(name)
        return one.answer(journeys, about, one.question(**scope, **said))

    drawn = map_of(journeys, about.catalogue, MapQuestion(**scope))  # type: ignore[arg-type]
    node = {row["id"]: row for row in drawn.nodes.iter_rows(named=True)}
    there = node.get(first, {"customers": 0, "events": 0})
    straight = drawn.moves.filter((pl.col("from") == first) & (pl.col("to") == second))

    funnel = ask("funnel", steps=(first,), window=EVER)
    assert funnel.totals["entered"] == there["customers"]
    strict = ask("funnel", steps=(first, second), window=EVER, mode="strict", ties="order")
    if strict.totals["entered"]:
        assert strict["steps"]["customers"][1] == straight["customers"].sum()

    paths = ask("paths", anchor=first, occurrence="each", depth=2, limit=0)
    assert paths.totals["customers"] == there["customers"]
    assert paths.totals["walks"] == there["events"]

    kpis = {row["id"]: row for row in ask("kpis")["touchpoints"].iter_rows(named=True)}
    assert {id: row["customers"] for id, row in kpis.items() if row["customers"]} == {
        id: row["customers"] for id, row in node.items()
    }
    for name in ("funnel", "paths", "kpis", "stages", "gaps", "retention"):
        said = {"steps": (first,)} if name == "funnel" else {}
        header = ask(name, **said).header
        assert (header.events, header.customers) == (drawn.header.events, drawn.header.customers)
