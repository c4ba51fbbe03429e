"""Single moves of tiny logs."""

from __future__ import annotations

from harken.understand import Scope, journeys_of, moves_of
from harken.words import Config
from unit.understand.logs import DAY, MINUTE, frame, log

A, B, C = "web: A", "web: B", "web: C"


def test_moves_are_told_in_the_order_of_their_arrival_without_repeats() -> None:
    rows = log(("ada", 0, A), ("ada", 9 * MINUTE, B), ("ada", 10 * MINUTE, B), ("bob", 0, B), ("bob", 3 * MINUTE, C))
    found = moves_of(journeys_of(frame(rows), Config(), Scope()), limit=10)
    assert found.frame.rows() == [(B, C, 3 * MINUTE), (A, B, 9 * MINUTE)]
    assert found.of == 2


def test_a_move_counts_by_when_it_arrives() -> None:
    rows = log(("ada", 0, A), ("ada", DAY + 1, B), ("ada", DAY + 2, A))
    found = moves_of(journeys_of(frame(rows), Config(), Scope()), since=DAY, limit=10)
    assert found.frame.rows() == [(A, B, DAY + 1), (B, A, DAY + 2)]


def test_too_many_moves_leave_out_whole_customers() -> None:
    rows = log(*[(f"c{who}", at * MINUTE + who, (A, B)[at % 2]) for who in range(200) for at in range(11)])
    journeys = journeys_of(frame(rows), Config(), Scope())
    found = moves_of(journeys, limit=500)
    assert found.of == 2_000
    assert 250 < found.frame.height <= 500
    assert found.frame.equals(moves_of(journeys, limit=500).frame)
    assert moves_of(journeys_of(frame(log()), Config(), Scope()), limit=5).of == 0
