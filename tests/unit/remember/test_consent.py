"""Yes and no, by purpose and place."""

from __future__ import annotations

from itertools import permutations

import pytest

from harken.remember.consent import Statements, effective, joined, state
from harken.words import DAY
from unit.remember.heard import NOW

Told = tuple[str, str, bool, int]  # purpose, place, yes, days after NOW


def said(*told: Told) -> Statements:
    made: Statements = {}
    for purpose, place, yes, day in told:
        state(made, purpose, place, yes, NOW + day * DAY)
    return made


CASES: list[tuple[tuple[Told, ...], bool | None]] = [
    ((), None),
    ((("ads", "a", True, 0),), None),
    ((("email", "a", True, 0),), True),
    ((("email", "a", True, 0), ("email", "a", False, 1)), False),
    ((("email", "a", False, 0), ("email", "a", True, 1)), True),
    ((("email", "a", True, 0), ("email", "a", False, 0)), False),
    ((("email", "a", False, 0), ("email", "b", True, 1)), False),
    ((("email", "a", True, 0), ("*", "a", False, 1)), False),
    ((("*", "a", False, 0), ("email", "a", True, 1)), True),
    ((("*", "a", False, 0), ("email", "b", True, 1)), False),
    ((("*", "a", False, 0),), False),
    ((("*", "a", True, 0),), True),
    ((("*", "a", False, 0), ("email", "a", True, 0)), False),
]


@pytest.mark.parametrize(("told", "yes"), CASES)
def test_the_later_counts_on_one_place_and_the_stricter_between_places(
    told: tuple[Told, ...], yes: bool | None
) -> None:
    for order in permutations(told):
        found = effective(said(*order), "email")
        assert (None if found is None else found.yes) is yes
        one_by_one = effective(joined([said(one) for one in order]), "email")
        assert one_by_one == found


def test_what_counts_is_told_with_place_and_time() -> None:
    found = effective(said(("email", "anonymous_id:b1", True, 0), ("*", "app", False, 2)), "email")
    assert found is not None
    assert (found.yes, found.place, found.at, found.by) == (False, "app", NOW + 2 * DAY, "*")
