"""Places, a catalogue and what somebody calls a goal in, the places where goals are reached out.

Events are counted by place, which has no properties. A goal that asks for properties or a path is reached at the touchpoints
whose own rule asks for the same: `call_center: Phone order` stands for calls with `reason: order`, so it reaches such a goal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

import numpy as np
import polars as pl

from harken.errors import NotFound
from harken.logs import Flags
from harken.understand.levels import matching
from harken.words import Config, Goal, Match, Touchpoint

PREFIX = "goal:"
COLUMNS = ("touchpoint", "source", "type", "name")


def goal_places(places: pl.DataFrame, catalogue: Config, wanted: Sequence[str] = ()) -> Flags:
    """Which places reach a goal: `goal:order` names one of the catalogue, other patterns are as in `matching`.

    Nothing wanted: all goals of the catalogue that are the company's too; if there are none, all it has.
    """
    reached = np.zeros(places.height, np.bool_)
    for pattern in wanted:
        if pattern.startswith(PREFIX):
            named = goal_named(catalogue, pattern.removeprefix(PREFIX).strip())
            reached |= fits(named.match, places, catalogue)
        else:
            reached |= matching(places, catalogue, pattern)
    if wanted:
        return reached
    every = [*catalogue.goals.values()]
    meant = [one for one in every if one.for_whom != "customer"] or every
    return fits([rule for one in meant for rule in one.match], places, catalogue)


def goal_named(catalogue: Config, name: str) -> Goal:
    """A goal of the catalogue; NotFound lists those there are."""
    if name not in catalogue.goals:
        there = ", ".join(catalogue.goals) or "none yet"
        raise NotFound(f"no goal named '{name}'; there are: {there}", code="unknown_goal")
    return catalogue.goals[name]


def fits(rules: Sequence[Match], places: pl.DataFrame, catalogue: Config) -> Flags:
    """Which places one of these rules fits."""
    known = {one.id: one for one in catalogue.touchpoints}
    rows = places.select(COLUMNS).iter_rows()
    return np.array([any(_fits(rule, row, known) for rule in rules) for row in rows], np.bool_)


def _fits(rule: Match, row: tuple[str, ...], known: dict[str, Touchpoint]) -> bool:
    touchpoint, source, kind, name = row
    if (rule.source and rule.source != source) or (rule.type and rule.type != kind):
        return False
    if rule.name and not fnmatchcase(name, rule.name):
        return False
    if not (rule.path or rule.properties):
        return True
    return any(_asks_the_same(own, rule) for own in _own(known, touchpoint))


def _own(known: dict[str, Touchpoint], touchpoint: str) -> Iterator[Match]:
    yield from known[touchpoint].match if touchpoint in known else ()


def _asks_the_same(own: Match, rule: Match) -> bool:
    if rule.path and not fnmatchcase(own.path, rule.path):
        return False
    return all(name in own.properties and own.properties[name] == value for name, value in rule.properties.items())
