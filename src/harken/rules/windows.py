"""Counting in time: moments of a customer, a window and limits -> true or false, and until when it stays so.

A window is half open: a moment counts while `now - within < moment <= now`; one later than `now` does not count yet.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Final, Protocol, TypeAlias

from msgspec import Struct

from harken.words import Micros

Span: TypeAlias = tuple[Micros, Micros, int]
"""(from when it counts, the moment that must be inside the window, how many): both the same for one event; the first
and the last moment of a visit or of a day whose events are only known by the day."""


class Times(Protocol):
    """Moments something happened at. `recent` holds the newest ones exactly, rising; `total` counts older ones too."""

    @property
    def total(self) -> int: ...
    @property
    def recent(self) -> Sequence[Micros]: ...
    def spans(self) -> Iterable[Span]:
        """All of it, older ones as coarse as they are known."""


class Verdict(Struct, frozen=True, gc=False):
    """Whether a rule is true now, and the earliest time it may change without any event (None: never)."""

    truth: bool
    until: Micros | None = None


TRUE: Final = Verdict(True)
FALSE: Final = Verdict(False)


def counted(times: Times | None, now: Micros, within: Micros | None) -> int:
    """How many count now."""
    if times is None or not times.recent:
        return 0
    recent = times.recent
    if recent[-1] <= now:
        if within is None:
            return times.total
        if recent[0] <= now - within or len(recent) == times.total:
            return len(recent) - bisect_right(recent, now - within)
    return _at(times.spans(), now, within)


def between(times: Times | None, now: Micros, within: Micros | None, low: int, high: int | None) -> Verdict:  # noqa: PLR0911
    """Is the count now from `low` to `high`, and when may that change by time alone? Exact to the microsecond."""
    if times is None or not times.recent:
        return TRUE if low == 0 else FALSE
    recent = times.recent
    if recent[-1] > now:
        return _walk(list(times.spans()), now, within, low, high)
    if within is None:
        return TRUE if low <= times.total and (high is None or times.total <= high) else FALSE
    after = now - within
    if recent[0] > after and len(recent) < times.total:
        return _walk(list(times.spans()), now, within, low, high)
    # from here on nothing enters, so the count can only fall, one moment after the other
    start = bisect_right(recent, after)
    count = len(recent) - start
    if count < low:
        return FALSE
    if high is None or count <= high:
        return Verdict(True, recent[len(recent) - low] + within) if low else TRUE
    leaving = recent[len(recent) - high - 1]
    return Verdict(False, leaving + within) if len(recent) - bisect_right(recent, leaving) >= low else FALSE


def _at(spans: Iterable[Span], now: Micros, within: Micros | None) -> int:
    return sum(n for enter, leave, n in spans if enter <= now and (within is None or leave > now - within))


def _walk(spans: list[Span], now: Micros, within: Micros | None, low: int, high: int | None) -> Verdict:
    """Play the coming entries and exits in order until the answer turns."""
    count = _at(spans, now, within)
    truth = low <= count and (high is None or count <= high)
    changes = [(enter, n) for enter, _, n in spans if enter > now]
    if within is not None:
        changes += [(leave + within, -n) for _, leave, n in spans if leave + within > now]
    changes.sort()
    for place, (moment, change) in enumerate(changes):
        count += change
        if place + 1 < len(changes) and changes[place + 1][0] == moment:
            continue
        if (low <= count and (high is None or count <= high)) is not truth:
            return Verdict(truth, moment)
    return TRUE if truth else FALSE
