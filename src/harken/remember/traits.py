"""What was heard of a trait and when -> its runs: what it was, from when to when, how often that was heard.

Runs follow from the set of what was heard, whatever order it came in, by event time; at the same instant by value.
The newest 8 runs of a trait are kept. What would part a run in the middle of what is not kept in detail cannot be
placed without the log: then `observe` says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from math import isfinite
from typing import Any, Final

import msgspec
from msgspec import Struct

from harken.remember.names import OTHER, fitted, surplus
from harken.words import Micros

RUNS: Final = 8
NAMES: Final = 300
SIZE: Final = 1_000  # characters of a value, as JSON unless it is text


class Run(Struct, array_like=True, gc=False):
    """A value that was heard `times` times from `first` to `last`, and no other in between."""

    first: Micros
    last: Micros
    value: Any
    times: int = 1


def clean(value: Any) -> Any:
    """A value as it is kept: one form for what is equal, nothing too large, nothing that cannot be written.

    >>> clean(3.0), clean("x" * 5000)[-3:], clean({"b": 1, "a": [2.0]}), clean(10**30)
    (3, 'xx…', {'a': [2], 'b': 1}, '1000000000000000000000000000000')
    """
    kind = type(value)
    if kind is str:
        return value if len(value) <= SIZE else value[: SIZE - 1] + OTHER
    if kind is bool or value is None:
        return value
    if kind is int:
        return value if -(2**63) <= value < 2**63 else clean(str(value))
    if kind is float:
        if not isfinite(value):
            return None
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    return _clean_nested(value)


def _clean_nested(value: Any) -> Any:
    try:
        text = msgspec.json.encode(value, order="sorted")
    except (TypeError, ValueError, OverflowError, RecursionError):
        return clean(str(value))
    if len(text) > SIZE:
        return text[: SIZE - 1].decode(errors="ignore") + OTHER
    return _rebuilt(msgspec.json.decode(text))


def _rebuilt(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rebuilt(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_rebuilt(one) for one in value]
    return clean(value)


def order(value: Any) -> bytes:
    """Tells values apart, and which of two at the same instant comes first."""
    return msgspec.json.encode(value, order="sorted")


def _same(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    return bool(one == other) if not isinstance(one, dict | list) else order(one) == order(other)


def observe(traits: dict[str, list[Run]], name: str, value: Any, moment: Micros) -> bool:
    """A trait was heard; True when it cannot be placed exactly without the log."""
    value = clean(value)
    runs = traits.get(name)
    if runs is None:
        name = fitted(name)
        runs = traits.setdefault(name, [])
        while (gone := surplus(traits, NAMES)) is not None:
            del traits[gone]
    if not runs:
        runs.append(Run(moment, moment, value))
        return False
    newest = runs[-1]
    if moment >= newest.first and _same(newest.value, value):
        newest.times += 1
        newest.last = max(newest.last, moment)
        return False
    if moment <= newest.last:
        return _late(runs, value, moment)
    runs.append(Run(moment, moment, value))
    if len(runs) > RUNS:
        del runs[0]
    return False


def _late(runs: list[Run], value: Any, moment: Micros) -> bool:
    """Heard late, or at the same instant as something else."""
    key = order(value)
    place = len(runs) - 1
    while place >= 0 and (runs[place].first, order(runs[place].value)) > (moment, key):
        place -= 1
    if place >= 0:
        run = runs[place]
        if _same(run.value, value):
            run.last = max(run.last, moment)
            run.times += 1
            return False
        if (moment, key) < (run.last, order(run.value)):
            return _part(runs, place, Run(moment, moment, value))
    following = runs[place + 1] if place + 1 < len(runs) else None
    full = len(runs) >= RUNS
    if following is not None and _same(following.value, value):
        following.first = moment
        following.times += 1
        return full and place < 0  # a run that is not kept any more may lie between
    if not (full and place < 0):
        runs.insert(place + 1, Run(moment, moment, value))
        if len(runs) > RUNS:
            del runs[0]
    return False


def _part(runs: list[Run], place: int, between: Run) -> bool:
    """Part a run in two. Exact when it was heard twice; otherwise the log knows what was heard when."""
    run = runs[place]
    rest = Run(run.last, run.last, run.value)
    exact = run.times == 2
    run.last, run.times = run.first, max(1, run.times - 1)
    runs[place + 1 : place + 1] = [between, rest]
    del runs[:-RUNS]
    return not exact


def joined(tables: Iterable[Mapping[str, list[Run]]]) -> dict[str, list[Run]]:
    """The runs of several trails side by side, rising; `line` reads them as one."""
    made: dict[str, list[Run]] = {}
    own: set[str] = set()
    for table in tables:
        for name, runs in table.items():
            if name in made:
                made[name] = made[name] + runs
                own.add(name)
            else:
                made[name] = runs
    for name in own:
        made[name].sort(key=lambda run: (run.first, run.last, order(run.value), run.times))
    while (gone := surplus(made, NAMES)) is not None:
        del made[gone]
    return made


def line(runs: Sequence[Run]) -> list[tuple[Micros, Any]]:
    """What the trait was since when, rising.

    Runs of different trails may overlap. Each begin and end is a moment the value was heard; a value that was heard
    more often than that, and of which another trail contradicted the middle, counts again from that contradiction on.
    """
    if len(runs) == 1:
        return [(runs[0].first, runs[0].value)]
    if all(one.last < two.first for one, two in pairwise(runs)):
        made = [(runs[0].first, runs[0].value)] if runs else []
        for run in runs[1:]:
            if not _same(made[-1][1], run.value):
                made.append((run.first, run.value))
        return made
    return _overlaid(runs)


def _overlaid(runs: Sequence[Run]) -> list[tuple[Micros, Any]]:
    points = [(run.first, order(run.value), False, number) for number, run in enumerate(runs)]
    points += [(run.last, order(run.value), True, number) for number, run in enumerate(runs) if run.times > 1]
    made: list[tuple[Micros, Any]] = []
    previous = 0
    for moment, _, closing, number in sorted(points):
        run = runs[number]
        if not made or not _same(made[-1][1], run.value):
            resumed = closing and run.times > 2 and run.first < previous
            made.append((previous if resumed else moment, run.value))
        previous = moment
    return made
