"""What limits ask of a customer's past: how often something came to them, by the labels it had then."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol

from harken.words import Micros

ANY: Final = "…"  # an action nobody knows the name of any more: it may be any of them


class Dealings(Protocol):
    """What was shown to a customer and how they answered."""

    def count(self, what: str, now: Micros, within: Micros) -> Iterable[tuple[str, str, str, int]]:
        """(action, topic, channel, how often) in the window `now - within < moment <= now`. `what`: seen, positive,
        neutral or negative. What was decided, and may yet be seen, counts as seen."""


class Nothing:
    """Nothing was ever shown."""

    def count(self, what: str, now: Micros, within: Micros) -> Iterable[tuple[str, str, str, int]]:
        return ()


NOTHING: Final = Nothing()
