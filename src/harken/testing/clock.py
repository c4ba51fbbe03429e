"""A time that only moves when told -> the microseconds everything under test takes for now."""

from __future__ import annotations

from harken.words import SECOND, Micros


class Clock:
    """Call it for the time; `forward` and `set` move it. Hand it in where a program takes `time.time`-like callables.

    >>> clock = Clock(1_700_000_000 * SECOND)
    >>> clock.forward(seconds=90, days=1) == clock()
    True
    >>> (clock() - 1_700_000_000 * SECOND) // SECOND
    86490
    """

    def __init__(self, now: Micros) -> None:
        self._now = now

    def __call__(self) -> Micros:
        return self._now

    def set(self, now: Micros) -> Micros:
        """Jump to a time, also back."""
        self._now = now
        return now

    def forward(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0) -> Micros:
        """Let time pass; gives the new time."""
        self._now += round((seconds + 60 * minutes + 3_600 * hours + 86_400 * days) * SECOND)
        return self._now
