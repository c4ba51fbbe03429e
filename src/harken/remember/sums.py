"""Weights of topics and money on events -> integer thousandths by day; how old they are counts when they are read."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any, Final, TypeAlias

from harken.remember.counters import add_day
from harken.remember.names import OTHER, fitted, surplus, topic_rank

TOPICS: Final = 64
MONEY: Final = 64
MOST: Final = 1_000_000_000  # of one event, in whole units

READS: Final = ("revenue", "total", "value")  # all that is read of the properties of events that are no bookkeeping

ByDay: TypeAlias = dict[int, int]


def weigh(topics: dict[str, ByDay], topic: str, day: int, thousandths: int) -> None:
    """A topic was met; `trim` when there may be too many."""
    by_day = topics.get(topic)
    if by_day is None:
        by_day = topics.setdefault(fitted(topic), {})
    add_day(by_day, day, thousandths)


def trim(topics: dict[str, ByDay]) -> None:
    """When there are too many, the deepest ones become part of the topic above them, so that what they are added to
    stays: the same topics in any order, however late it is done."""
    named = sorted(topics.keys() - {OTHER}, key=topic_rank)
    if len(named) > TOPICS and "/" not in named[-1]:  # nothing lies above any of them: they just go
        for gone in named[TOPICS:]:
            del topics[gone]
        return
    while len(named) > TOPICS:
        name = named.pop()
        lost = topics.pop(name)
        above = name.rpartition("/")[0]
        if above:
            into = topics.get(above)
            if into is None:
                into = topics[above] = {}
                if above != OTHER:
                    insort(named, above, key=topic_rank)
            for day, thousandths in lost.items():
                add_day(into, day, thousandths)


def amount(properties: Mapping[str, Any]) -> int:
    """The money an event tells of, in thousandths: its `revenue`, else `total`, else `value`.

    >>> amount({"total": 59.9, "currency": "EUR"}), amount({"revenue": "12.5"}), amount({"value": True})
    (59900, 12500, 0)
    """
    for name in READS:
        if name not in properties:
            continue
        told = properties[name]
        if told is None or told is True or told is False:
            continue
        try:
            money = float(told) if isinstance(told, int | float | str) else 0.0
        except (ValueError, OverflowError):
            continue
        if isfinite(money) and abs(money) <= MOST:
            return round(money * 1000)
    return 0


def spend(money: dict[str, ByDay], name: str, day: int, thousandths: int) -> None:
    """Money on an event of this name, if any."""
    if not thousandths:
        return
    by_day = money.get(name)
    if by_day is not None:
        add_day(by_day, day, thousandths)
        return
    add_day(money.setdefault(fitted(name), {}), day, thousandths)
    drop_surplus(money)


def drop_surplus(money: dict[str, ByDay]) -> None:
    while (gone := surplus(money, MONEY)) is not None:
        del money[gone]


def joined_topics(tables: Iterable[dict[str, ByDay]]) -> dict[str, ByDay]:
    made = _added(tables)
    if len(made) > TOPICS:
        made = {name: dict(by_day) for name, by_day in made.items()}
        trim(made)
    return made


def joined_money(tables: Iterable[dict[str, ByDay]]) -> dict[str, ByDay]:
    made = _added(tables)
    drop_surplus(made)
    return made


def _added(tables: Iterable[dict[str, ByDay]]) -> dict[str, ByDay]:
    """Sums of several trails added up. Shares what only one of them holds."""
    made: dict[str, ByDay] = {}
    own: set[str] = set()
    for table in tables:
        for name, by_day in table.items():
            mine = made.get(name)
            if mine is None:
                made[name] = by_day
                continue
            if name not in own:
                own.add(name)
                mine = made[name] = dict(mine)
            for day, thousandths in by_day.items():
                add_day(mine, day, thousandths)
    return made


def below(topics: Mapping[str, ByDay], topic: str) -> ByDay:
    """A topic's weights by day with those of all topics below it."""
    inside = topic + "/"
    found = [by_day for name, by_day in topics.items() if name == topic or name.startswith(inside)]
    if len(found) == 1:
        return found[0]
    made: ByDay = {}
    for by_day in found:
        for day, thousandths in by_day.items():
            made[day] = made.get(day, 0) + thousandths
    return made
