"""Places split by what their events say: nothing is lost, the place's own name still means all of them, the rest stays."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harken.errors import Invalid, NotFound
from harken.logs import ABOUT, logs_of
from harken.understand import About, Answer, journeys_of
from harken.understand.levels import ALSO
from harken.understand.questions.paths import ANALYSIS, PathsQuestion
from harken.understand.splitting import by_property, parted
from harken.understand.told import Wanted
from unit.understand.logs import DAY, by_chance, catalogue, frame, log

PLAN, APP = "web: Plan page", "app: Überweisung 💶"


def told_of(events: pl.DataFrame, values: dict[int, str | None], places: pl.DataFrame, wanted: Wanted) -> pl.DataFrame:
    """What the events at these places say, by seq."""
    (name,) = wanted.properties
    rows = events.with_columns(pl.col("seq").replace_strict(values, default=None, return_dtype=pl.String).alias(name))
    rows = rows.with_columns(pl.lit("").alias("name"), pl.lit("").alias("source"))
    asked = places.select(ABOUT).filter(pl.Series(wanted.places))
    return rows.join(asked, on=ABOUT, how="semi").select("profile", "occurred", "seq", *ABOUT, name)


def ask(events: list[dict], told: dict[int, str | None], **asked: object) -> Answer:
    question = PathsQuestion(**asked)  # type: ignore[arg-type]
    rows, logs, config = frame(events).collect(), logs_of(frame(events)), catalogue()
    logs, config = parted(logs, config, question, lambda wanted: told_of(rows, told, logs.places, wanted))
    return ANALYSIS.answer(journeys_of(logs, config, question), About(catalogue=config), question)


def test_the_most_frequent_values_are_nodes_and_the_others_one() -> None:
    events = log(*((who, 0, PLAN) for who in "abcdefg"))
    values = {1: "large", 2: "large", 3: "small", 4: "small", 5: "tiny", 6: " ", 7: None}
    found = ask(events, values, split=(f"{PLAN} by plan",), values=2, depth=1)
    tree = dict(found["tree"].filter(pl.col("step") == 1).select("node", "customers").iter_rows())
    assert tree == {f"{PLAN} · large": 2, f"{PLAN} · small": 2, f"{PLAN} · (other)": 1, f"{PLAN} · (none)": 2}


def test_values_are_counted_in_the_period_that_is_asked_for() -> None:
    events = log(("a", 0, PLAN), ("b", 0, PLAN), ("c", 9 * DAY, PLAN))
    found = ask(events, {1: "old", 2: "old", 3: "new"}, split=(f"{PLAN} by plan",), values=1, depth=1, since=DAY)
    assert f"{PLAN} · new" in found["tree"]["node"].to_list()


def test_two_places_are_split_each_by_its_own_property_and_once() -> None:
    events = log(("a", 0, PLAN), ("a", 1, APP))
    split = (f"{PLAN} by plan", f"{APP} by way", "web: * by other")
    found = ask(events, {1: "large", 2: "phone"}, split=split, depth=2)
    assert found["variants"]["path"].to_list() == [f"{PLAN} · large > {APP} · phone > OPEN"]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 60), st.integers(1, 3), st.sampled_from(["life", "visit", "goal"]))
def test_what_is_counted_for_all_values_together_is_what_is_counted_for_the_place(
    seed: int, size: int, values: int, journey: str
) -> None:
    events = by_chance(seed, size)
    told = {one["seq"]: [None, "a", "b", "c", "d"][(seed + one["seq"] ** 2) % 5] for one in events}
    told[events[0]["seq"]] = "a"
    places = tuple({one["touchpoint"] for one in events[:2] if one["touchpoint"]})
    asked = {"journey": journey, "goal": (PLAN,) if journey == "goal" else ()}
    question = PathsQuestion(split=tuple(f"{one} by what" for one in places), values=values, **asked)  # type: ignore[arg-type]
    rows, logs, config = frame(events).collect(), logs_of(frame(events)), catalogue()
    before = journeys_of(logs, config, question)
    try:
        other, wider = parted(logs, config, question, lambda wanted: told_of(rows, told, logs.places, wanted))
    except NotFound:
        return
    after = journeys_of(other, wider, question)
    also = ALSO if ALSO in after.places.columns else "touchpoint"
    assert (after.events, after.customers, after.journeys) == (before.events, before.customers, before.journeys)
    for a, b in zip(before.parts, after.parts, strict=True):
        assert a.off.tolist() == b.off.tolist()
        assert before.places["touchpoint"].gather(a.place).to_list() == after.places[also].gather(b.place).to_list()
    anchored = PathsQuestion(anchor=places[0], split=question.split, values=values, depth=1) if places else question
    plain = PathsQuestion(anchor=places[0], depth=1) if places else question
    told_after = ANALYSIS.answer(after, About(catalogue=wider), anchored) if journey == "life" else None
    if told_after is not None and places:
        told_before = ANALYSIS.answer(before, About(catalogue=config), plain)
        assert told_after.totals["walks"] == told_before.totals["walks"]


def test_a_split_place_keeps_its_stage_and_channel() -> None:
    events = log(("a", 0, APP))
    question = PathsQuestion(split=(f"{APP} by way",))
    rows, logs = frame(events).collect(), logs_of(frame(events))
    _, wider = parted(logs, catalogue(), question, lambda wanted: told_of(rows, {1: "x"}, logs.places, wanted))
    (new,) = [one for one in wider.touchpoints if one.id == f"{APP} · x"]
    assert (new.stage, new.channel) == ("buy", "app")


@pytest.mark.parametrize(
    ("asked", "right"),
    [
        ({"split": ("web: Search",)}, "web: Search by term"),
        ({"split": (" by term",)}, "web: Search by term"),
        ({"split": (f"{PLAN} by plan",), "level": "stage"}, "level 'touchpoint'"),
        ({"values": 0}, "at least 1"),
    ],
)
def test_a_wrong_split_is_told_what_is_right(asked: dict, right: str) -> None:
    with pytest.raises(Invalid, match=right):
        PathsQuestion(**asked).check()


def test_a_pattern_may_have_by_in_it_and_the_last_one_parts() -> None:
    assert by_property("web: Shop by brand by color") == ("web: Shop by brand", "color")


def test_a_property_nobody_tells_is_named() -> None:
    with pytest.raises(NotFound, match="tells a 'trem'"):
        ask(log(("a", 0, PLAN)), {}, split=(f"{PLAN} by trem",))
