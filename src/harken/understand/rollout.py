"""Journeys and a change that came to some segments in, pairs out: who has it beside who has not, around each moment.

Who counts had been there before the change (or was drawn by lot for it). `understand/contrast.py` says how pairs are compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from harken.errors import Invalid
from harken.logs import Flags, Ints
from harken.understand.analysis import About
from harken.understand.contrast import Pair, Periods, Reached, reaching
from harken.understand.goals import goal_places
from harken.understand.journeys import Journeys, Part
from harken.understand.kernels import each
from harken.understand.segments import OTHERS, members_of
from harken.words import DAY, Config, Micros

if TYPE_CHECKING:
    from harken.understand.questions.effect import EffectQuestion

PERIODS = {"day": DAY, "week": 7 * DAY}


def _moments(journeys: Journeys, question: EffectQuestion) -> tuple[Micros, list[Micros]]:
    """When the time looked at begins, and when each segment got the change."""
    first = min((int(part.occurred.min()) for part in journeys.parts), default=0)
    start = first if question.since is None else question.since
    return start, list(question.changed_at) or [(start + journeys.until) // 2]


def _periods(journeys: Journeys, question: EffectQuestion) -> list[Periods]:
    """The steps of time there are around each change: as many for all, as there are around the first."""
    start, changes = _moments(journeys, question)
    size = PERIODS[question.period]
    before, after = max(0, min(changes) - start) // size, max(0, journeys.until - min(changes)) // size
    window = min(question.window // size, before, after)
    return [Periods(one, size, min(before, 2 * window), window) for one in changes]


def _names(question: EffectQuestion) -> tuple[str, ...]:
    """The segments that got the change, and those who never did."""
    times = max(1, len(question.changed_at))
    return question.segments if len(question.segments) > times else (*question.segments, OTHERS)


def _goal(journeys: Journeys, catalogue: Config, question: EffectQuestion) -> Flags:
    if not question.goals and not catalogue.goals:
        raise Invalid("effect needs `goals`, such as web: Thanks or stage:buy: the catalogue has none of its own")
    return goal_places(journeys.places, catalogue, question.goals)


def _inside(journeys: Journeys, about: About, question: EffectQuestion) -> list[Ints]:
    """Of each part, the group of each customer, as `_names` has them; -1 none, -2 several."""
    names = _names(question)
    known = [members_of(journeys, about, name) for name in question.segments]
    found = []
    for n, part in enumerate(journeys.parts):
        flags = [one[n] for one in known]
        if len(names) > len(known):
            flags.append(~np.any(flags, axis=0))
        many, which = np.sum(flags, axis=0), np.argmax(np.array(flags), axis=0)
        found.append(
            np.where(many > 1, -2, np.where(many == 1, which, -1)).astype(np.int64)
            if len(part.profiles)
            else np.zeros(0, np.int64)
        )
    return found


def drawn_of(about: About, question: EffectQuestion) -> tuple[pl.Series, pl.Series]:
    """Everybody who was drawn for one group and not for the other, whether they ever came or not."""
    first, other = (about.members[one].cast(pl.String).unique() for one in question.segments)
    if question.profiles is not None:
        asked = question.profiles
        asked = asked.collect() if isinstance(asked, pl.LazyFrame) else asked
        names = asked["profile"] if isinstance(asked, pl.DataFrame) else pl.Series(list(asked), dtype=pl.String)
        first, other = (one.filter(one.is_in(names.implode())) for one in (first, other))
    return first.filter(~first.is_in(other.implode())), other.filter(~other.is_in(first.implode()))


def pairs_of(journeys: Journeys, about: About, question: EffectQuestion) -> tuple[list[Pair], int]:
    """Each segment that got the change, beside those who had not got it; and how many customers are in several segments and
    so in none of them. Segments that are not watched long enough after it, or have nobody beside them, are only beside others."""
    goal, inside = _goal(journeys, about.catalogue, question), _inside(journeys, about, question)
    names, every = _names(question), _periods(journeys, question)
    never = len(names) - 1
    made = []
    for number, periods in enumerate(every):
        ends = periods.changed + periods.window * periods.size
        beside = [n for n, one in enumerate(every) if n != number and one.changed >= ends] + [never]
        if number and ends > journeys.until:
            continue
        told = names[never] if len(every) == 1 else f"not yet, beside {names[number]}"
        groups = [
            _group(journeys, [np.isin(one, wanted) for one in inside], name, goal, periods, question)
            for name, wanted in ((names[number], [number]), (told, beside))
        ]
        if question.random:
            drawn = drawn_of(about, question)
            groups = [
                (Reached(one.name, len(who), one.hits), ids) for (one, ids), who in zip(groups, drawn, strict=True)
            ]
        (a, ids_a), (b, ids_b) = groups
        made.append(Pair((a, b), (ids_a, ids_b), periods))
    both = sum(
        int(np.count_nonzero(one[part.customer] == -2)) for part, one in zip(journeys.parts, inside, strict=True)
    )
    return [pair for pair in made if all(one.size for one in pair.groups)] or made[:1], both


def _group(
    journeys: Journeys, wanted: list[Flags], name: str, goal: Flags, periods: Periods, question: EffectQuestion
) -> tuple[Reached, Ints]:
    """The customers of a group who count, and their ids: their place among the profiles of all parts."""
    walked = each(
        lambda one: _walk(one[0], one[1], goal, periods, question), [*zip(journeys.parts, wanted, strict=True)]
    )
    begins = np.cumsum([0, *(len(part.profiles) for part in journeys.parts)])
    nobody = np.zeros((0, periods.history + periods.window), np.bool_)
    hits = np.concatenate([nobody, *(one[1] for one in walked)])
    ids = np.concatenate([np.zeros(0, np.int64), *(one[0] + begin for one, begin in zip(walked, begins, strict=False))])
    return Reached(name, len(hits), hits), ids


def _walk(part: Part, wanted: Flags, goal: Flags, periods: Periods, question: EffectQuestion) -> tuple[Ints, Flags]:
    """The customers who count (rows of the part's profiles), and in which periods each reached the goal."""
    there = np.zeros(len(part.profiles), np.bool_)
    there[part.customer] = True
    rows = np.flatnonzero(wanted & there)
    row_of = np.full(len(part.profiles), -1, np.int64)
    row_of[rows] = np.arange(len(rows))
    hits, here = np.zeros((len(rows), periods.history + periods.window), np.bool_), np.zeros(len(rows), np.bool_)
    reaching(
        part.off, part.place, part.occurred, part.customer, goal, row_of,
        periods.changed - periods.history * periods.size, periods.size, periods.changed, hits, here,
    )  # fmt: skip
    return (rows, hits) if question.random else (rows[here], hits[here])
