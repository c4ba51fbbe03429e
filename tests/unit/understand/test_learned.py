"""What is learned of what comes next: counted by hand, kept as bytes, the same as the analysis tells, and true of others."""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from harken.errors import Invalid
from harken.hub.core import foretold_of
from harken.logs import logs_of
from harken.remember import Last
from harken.understand import About, journeys_of
from harken.understand.foretelling import foretell
from harken.understand.learned import SILENCES, Learned, learned, packed, unpacked
from harken.understand.questions.next_step import ANALYSIS, NextStepQuestion
from harken.words import Config, Goal, Match
from unit.understand.logs import DAY, MINUTE, PLACES, by_chance, catalogue, frame, log

HOUR = 60 * MINUTE
WON = PLACES[2].id
CONFIG = replace(catalogue(), goals={"won": Goal(id="won", match=(Match(name="Won"),))})


def made(events: list[dict], now: int, config: Config = CONFIG) -> Learned:
    rows = frame(events).with_columns(name=frame(events).collect()["touchpoint"].replace({WON: "Won"}))
    return learned(logs_of(rows), config, now, len(events))


def same(one: Learned, other: Learned) -> bool:
    """Equal, array by array."""
    return packed(one) == packed(other)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 80))
def test_what_is_kept_is_what_was_learned(seed: int, size: int) -> None:
    found = made(by_chance(seed, size), 70 * DAY)
    again = unpacked(packed(found))
    assert same(again, found)
    assert (again.version, again.last_seq, again.within) == (str(70 * DAY), size, 7 * DAY)


def test_what_is_no_snapshot_is_refused() -> None:
    for data in (b"", b"something else", packed(made([], DAY))[:-3]):
        with pytest.raises(Invalid, match="learn anew"):
            unpacked(data)


def test_a_hub_without_goals_and_one_that_heard_nothing_learn_too() -> None:
    assert made([], DAY).plain.steps == 0
    found = made(by_chance(1, 80), 70 * DAY, catalogue())
    assert found.goals == {}
    assert found.plain.steps > 0


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.lists(st.integers(0, 9), min_size=1, max_size=3), st.booleans())
def test_looked_up_chances_are_those_the_analysis_foretells(seed: int, steps: list[int], whole: bool) -> None:
    found = made(by_chance(seed, 80), 70 * DAY)
    table = foretold_of(unpacked(packed(found)))
    last = tuple(found.plain.ids[one % len(found.plain.ids)] for one in steps)
    chance, until = table.chance("won", Last(last, whole and len(last) < 3, 0), 0)
    wanted = foretell(found.goals["won"], last, whole=whole and len(last) < 3).goal
    assert chance == (None if wanted is None else pytest.approx(wanted, abs=1e-12))
    assert until == SILENCES[1]


def test_after_a_step_the_chance_is_the_one_in_the_table_of_the_analysis() -> None:
    events = lived(3, 300)
    now = max(one["occurred"] for one in events) + 30 * DAY
    rows = frame(events).with_columns(name=frame(events).collect()["touchpoint"].replace({WON: "Won"}))
    question = NextStepQuestion(now=now, goals=("goal:won",), order=1)
    told = ANALYSIS.answer(journeys_of(rows, CONFIG, question), About(catalogue=CONFIG), question)
    table = foretold_of(made(events, now)).goals["won"].after
    for row in told["goal"].iter_rows(named=True):
        assert table[row["from"],] == pytest.approx(row["chance"])


def test_what_silence_leaves_of_a_chance_is_counted() -> None:
    """Twenty go on to the goal within minutes, twenty after two days, forty never: after a day's silence 20 of 60 do."""
    rows = []
    for one in range(80):
        rows.append((f"p{one:02}", 0, "web: Ad"))
        if one < 40:
            rows.append((f"p{one:02}", MINUTE if one < 20 else 2 * DAY, WON))
    found = made(log(*rows), 60 * DAY)
    ad = found.plain.ids.index("web: Ad")
    were, reached = np.moveaxis(found.silent["won"][ad], 1, 0)
    assert were.tolist() == [80, 60, 60, 60, 40, 40, 40, 40, 40]
    assert reached.tolist() == [40, 20, 20, 20, 0, 0, 0, 0, 0]
    fading = found.fading("won")[ad]
    assert fading[0] == 1
    assert fading[3] == pytest.approx((20 + 10 * 20 / 100) / 70 / ((40 + 10 * 40 / 120) / 90))
    assert 0 <= fading[4] < 0.01


# ---------------------------------------------------------------------- true of customers it was not made of


def lived(seed: int, customers: int) -> list[dict]:
    """Customers who look at ads and plans; who has just looked at a plan twice often buys, after a while."""
    chance = random.Random(seed)
    rows = []
    for one in range(customers):
        at, way = chance.randrange(20 * DAY), [PLACES[0].id]
        rows.append((f"p{seed}-{one}", at, way[0]))
        while chance.random() < 0.85:
            if len(way) > 1 and way[-1] == way[-2] == PLACES[3].id:
                step = WON if chance.random() < 0.6 else PLACES[0].id
            else:
                step = chance.choice([PLACES[0].id, PLACES[3].id, PLACES[3].id, PLACES[4].id])
            at += round(chance.expovariate(1) * (3 * DAY if step == WON else DAY))
            way.append(step)
            rows.append((f"p{seed}-{one}", at, step))
    return log(*rows)


@pytest.mark.parametrize(("silence", "most"), [(0, 0.02), (HOUR, 0.02), (DAY, 0.03), (4 * DAY, 0.08)])
def test_chances_come_true_for_customers_it_was_not_made_of(silence: int, most: float) -> None:
    """Of all that are given about the same chance, about so many reach the goal; also after they were silent. What is left
    of it goes by the last step alone, so after days it is less exact where the step before matters."""
    now = 200 * DAY
    table = foretold_of(made(lived(1, 3_000), now))
    chances, happened = [], []
    for way in ways_of(lived(2, 2_000)):
        for place, (at, _) in enumerate(way):
            if place + 1 < len(way) and way[place + 1][0] <= at + silence:
                continue
            steps = tuple(step for _, step in way[max(0, place - 2) : place + 1])
            chance, _ = table.chance("won", Last(steps, place < 2, at), at + silence)
            chances.append(chance)
            happened.append(
                any(at < later <= at + silence + 7 * DAY and step == WON for later, step in way[place + 1 :])
            )
    told, came = np.array(chances), np.array(happened)
    tenth = np.minimum((told * 10).astype(int), 9)
    apart = sum(abs(told[tenth == one].sum() - came[tenth == one].sum()) for one in range(10)) / len(told)
    assert apart < most
    assert told.std() > 0.05  # it tells customers apart
    assert ((told - came) ** 2).mean() < came.mean() * (1 - came.mean())  # and better than one share for all


def ways_of(events: list[dict]) -> list[list[tuple[int, str]]]:
    found: dict[str, list[tuple[int, str]]] = {}
    for one in events:
        found.setdefault(one["profile"], []).append((one["occurred"], one["touchpoint"]))
    for way in found.values():
        assert all(a[0] <= b[0] for a, b in pairwise(way))
    return [*found.values()]
