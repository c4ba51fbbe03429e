"""Journeys are cut once for several questions, and anew where there is no room: what is told of them stays the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from harken.logs import Log, Logs, Memo, logs_of
from harken.understand import MapQuestion, Scope, journey_map, journeys_of
from harken.understand.journeys import Journeys
from harken.words import DAY, Config
from unit.understand.logs import by_chance, catalogue, frame, log

SCOPES: list[dict[str, Any]] = [
    {}, {"journey": "visit"}, {"journey": "visit", "timeout": DAY}, {"journey": "goal", "goal": ("web: Ad",)},
    {"since": 2 * DAY}, {"until": 3 * DAY}, {"background": ("web: Plan page",)},
]  # fmt: skip


def events(seed: int, size: int) -> pl.LazyFrame:
    """By chance; of every second log each event is a step."""
    rows = by_chance(seed, size)
    return frame([{**row, "type": "page"} for row in rows] if seed % 2 else rows)


def told(journeys: Journeys) -> list[object]:
    """Everything journeys say."""
    arrays = [
        [getattr(part, name).tolist() for name in part.__struct_fields__ if name != "profiles"]
        for part in journeys.parts
    ]
    people = [part.profiles.to_list() for part in journeys.parts]
    numbers = {name: getattr(journeys, name) for name in journeys.__struct_fields__ if name not in ("parts", "places")}
    return [repr(arrays), people, numbers]


def in_pieces(logs: Logs, room: int) -> Logs:
    """The same logs in small pieces, with so much room to keep what is made of them."""
    return Logs(logs.places, tuple(piece for part in logs.parts for piece in part.pieces(20)), Memo(room))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(SCOPES))
def test_what_there_is_no_room_for_is_cut_anew_and_the_same(seed: int, scope: dict[str, Any]) -> None:
    logs = logs_of(events(seed, 80))
    kept, anew = (journeys_of(in_pieces(logs, room), catalogue(), Scope(**scope)) for room in (1 << 30, 0))
    assert told(kept) == told(anew)
    assert told(kept) == told(kept)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.lists(st.sampled_from(range(12)), min_size=2, max_size=5), st.sampled_from(SCOPES))
def test_a_question_after_others_is_answered_as_the_first_one(
    seed: int, ends: list[int], scope: dict[str, Any]
) -> None:
    """Also when the period ends at another moment each time: events may lie between, or none."""
    rows = events(seed, 80)
    logs = logs_of(rows)
    last = int(np.concatenate([part.occurred for part in logs.parts]).max()) if logs.parts else 0
    for end in ends:
        asked = Scope(**{**scope, "until": None, "now": end * max(1, last) // 10})
        assert told(journeys_of(logs, catalogue(), asked)) == told(journeys_of(logs_of(rows), catalogue(), asked))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(SCOPES))
def test_a_log_cut_with_and_without_copying_is_the_same(seed: int, scope: dict[str, Any]) -> None:
    """With somebody to be passed over, events are copied; without, they are left where they are."""
    logs = logs_of(events(seed, 60))
    nobody = tuple(replace(part, out=np.zeros(len(part.profiles), np.bool_)) for part in logs.parts)
    plain = journeys_of(logs, catalogue(), Scope(**scope))
    assert told(plain) == told(journeys_of(Logs(logs.places, nobody), catalogue(), Scope(**scope)))


def test_steps_of_a_whole_log_are_not_copied() -> None:
    logs = logs_of(frame(log(("ada", 0, "web: A"), ("ada", DAY, "web: B"), ("bob", 5, "web: A"))))
    part = journeys_of(logs, Config(), Scope(journey="visit")).parts[0]
    assert np.shares_memory(part.place, logs.parts[0].place)
    assert np.shares_memory(part.occurred, logs.parts[0].occurred)
    assert part.off.tolist() == [0, 1, 2, 3]


def test_another_catalogue_is_another_question() -> None:
    logs = logs_of(frame(log(("ada", 0, "web: A"), ("ada", 1, "web: B"))))
    one = journey_map(logs, Config(), MapQuestion())
    two = journey_map(logs, Config(), MapQuestion(background=("web: A",)))
    assert (one.totals.events, two.totals.events) == (2, 1)


class Thing:
    def __init__(self, bytes: int) -> None:
        self.bytes = bytes


def test_the_memo_keeps_what_was_used_last_as_far_as_there_is_room() -> None:
    memo = Memo(100)
    made = {name: memo.of(name, lambda: Thing(40)) for name in "ab"}
    assert memo.of("a", lambda: Thing(0)) is made["a"]
    memo.of("c", lambda: Thing(40))
    assert memo.of("a", lambda: Thing(0)) is made["a"]
    assert memo.of("b", lambda: Thing(40)) is not made["b"]


@pytest.mark.parametrize("room", [0, 99])
def test_what_is_larger_than_the_memo_is_not_kept(room: int) -> None:
    memo = Memo(room)
    assert memo.of("a", lambda: Thing(100)) is not memo.of("a", lambda: Thing(100))


def test_what_no_longer_fits_is_made_anew() -> None:
    memo = Memo(100)
    first = memo.of("a", lambda: Thing(1))
    assert memo.of("a", lambda: Thing(2), lambda made: made.bytes == 2) is not first


def test_pieces_of_a_log_are_all_of_it() -> None:
    one: Log = logs_of(frame(by_chance(7, 90))).parts[0]
    pieces = one.pieces(10)
    assert len(pieces) > 3
    assert np.concatenate([piece.occurred for piece in pieces]).tolist() == one.occurred.tolist()
