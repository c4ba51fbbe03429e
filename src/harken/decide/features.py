"""Who a customer is at a moment -> numbers under names, as policies learn from them.

    columns = vocabulary(stages=…, topics=…, …)      once a configuration: which numbers, the most telling first
    read = reader(columns)                           once a snapshot: how each is read
    read(customer, channel, now) -> float32          all between about -1 and 2, 0 where nothing is known

A column is its name: `stage:buy`, `interest:phones`. What has learned from columns keeps them, whatever the configuration
says later; one whose name means nothing any more is 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import cos, log1p, pi, sin
from typing import TypeAlias

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from harken.decide.gates import Customer
from harken.rules import duration, weight_now
from harken.words import DAY, SECOND, Micros

Context: TypeAlias = NDArray[np.float32]
Read: TypeAlias = Callable[[Customer, str, Micros], Context]
_Value: TypeAlias = Callable[[Customer, str, Micros], float]

ONE = "one"  # 1 for everybody
MOST = 64
ALWAYS = (ONE, "known", "new", "recency", "since", "hour:sin", "hour:cos", "weekend", "seen", "positive", "negative")
RECENT = duration("30d") or 0


class Vocabulary(Struct, frozen=True):
    """Columns, and those there was no room for."""

    columns: tuple[str, ...]
    left_out: tuple[str, ...] = ()


def vocabulary(
    *, stages: Iterable[str] = (), topics: Iterable[str] = (), channels: Iterable[str] = (),
    segments: Iterable[str] = (), touchpoints: Iterable[str] = (), keep: Sequence[str] = (), most: int = MOST,
) -> Vocabulary:  # fmt: skip
    """At most so many columns: those everybody has, then by kind in this order. `keep`: columns that have been learned
    from; they stay as long as the configuration has them, before any new one."""
    kinds = (
        ("stage", stages), ("interest", sorted({topic.partition("/")[0] for topic in topics if topic})),
        ("channel", channels), ("visits", channels), ("segment", segments), ("touchpoint", touchpoints),
    )  # fmt: skip
    wanted = dict.fromkeys([*ALWAYS, *(f"{kind}:{name}" for kind, names in kinds for name in names)])
    ordered = [*(name for name in keep if name in wanted), *(name for name in wanted if name not in keep)]
    ordered.sort(key=lambda name: name != ONE)
    return Vocabulary(tuple(ordered[:most]), tuple(ordered[most:]))


def reader(columns: Sequence[str]) -> Read:
    """How those columns are read of a customer, at a place (its channel) and a moment."""
    values = [_value(name) for name in columns]

    def read(customer: Customer, channel: str, now: Micros) -> Context:
        return np.array([value(customer, channel, now) for value in values], np.float32)

    return read


def _value(column: str) -> _Value:  # noqa: PLR0911 (one return for each kind)
    kind, _, name = column.partition(":")
    match kind:
        case "stage":
            return lambda customer, _, now: float(customer.facts.stage("current", now)[0] == name)
        case "interest":
            return lambda customer, _, now: _logged(
                weight_now(customer.facts.topic(name), customer.facts.half_life, now)
            )
        case "channel":
            return lambda _, channel, now: float(channel == name)
        case "visits":
            return lambda customer, _, now: _logged(_times(customer, "channel", name))
        case "segment":
            return lambda customer, _, now: float(customer.facts.segment(name, now).truth)
        case "touchpoint":
            return lambda customer, _, now: _logged(_times(customer, "touchpoint", name))
        case "hour":
            turn = sin if name == "sin" else cos
            return lambda _, channel, now: turn(2 * pi * (now % DAY) / DAY)
        case _:
            return _ALWAYS.get(column, _nothing)


def _logged(amount: float) -> float:
    """How much, so that ten times as much is one step more.

    >>> [round(_logged(amount), 2) for amount in (0, 1, 10, 100)]
    [0.0, 0.3, 1.04, 2.0]
    """
    return log1p(max(amount, 0.0)) / log1p(9)


def _times(customer: Customer, kind: str, name: str) -> int:
    found = customer.facts.times("channel" if kind == "channel" else "touchpoint", name)
    return found.total if found else 0


def _recency(customer: Customer, _: str, now: Micros) -> float:
    """How long ago they were last heard of: 1 a day, 2 a hundred days."""
    last = customer.facts.last(now)[0]
    return 0.0 if last is None else _logged((now - last) / DAY)


def _since(customer: Customer, _: str, now: Micros) -> float:
    first = customer.facts.first()
    return 0.0 if first is None else _logged(max(now - first, 0) / DAY)


def _answered(what: str) -> _Value:
    """How often something came to them in the last 30 days."""
    return lambda customer, _, now: _logged(sum(times for *_, times in customer.dealings.count(what, now, RECENT)))


def _nothing(_: Customer, _channel: str, _now: Micros) -> float:
    return 0.0


_ALWAYS: dict[str, _Value] = {
    ONE: lambda _, channel, now: 1.0,
    "known": lambda customer, _, now: float(customer.known),
    "new": lambda customer, _, now: float((customer.facts.first() or 0) > now - 1_800 * SECOND),
    "recency": _recency,
    "since": _since,
    "weekend": lambda _, channel, now: float((now // DAY + 3) % 7 >= 5),  # 1970 began on a Thursday
    "seen": _answered("seen"),
    "positive": _answered("positive"),
    "negative": _answered("negative"),
}
