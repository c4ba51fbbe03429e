"""Decisions and responses of a customer -> how often what was shown, as limits count it.

What was seen and how it was answered is counted by the labels it had then (action, topic, channel), each a name in
`Counters`, so days and many are no problem. What was decided and is not known to be seen is *held* for a while, so that
nobody who decides meanwhile gives it away twice; a response of the decision, whichever comes first, ends that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from msgspec import Struct, field

from harken.remember import counters
from harken.remember.counters import Counters
from harken.remember.names import OTHER, fitted
from harken.rules.windows import counted
from harken.words import Event, Micros

HOLDS: Final = 64
ENDED: Final = 128
WHATS: Final = frozenset({"seen", "positive", "neutral", "negative"})
_SEPARATOR: Final = "\x1f"

Label: TypeAlias = tuple[str, str]  # action, topic
Hold: TypeAlias = tuple[Micros, str, Micros, str, str, list[Label]]  # when, decision, until, placement, channel, what


class Dealings(Struct, array_like=True, gc=False):
    """What a trail remembers of decisions. Only ever append fields, with defaults."""

    counts: Counters = field(default_factory=Counters)  # what, action, topic and channel, as one name
    holds: list[Hold] = field(default_factory=list)  # rising, the newest
    ended: list[tuple[Micros, str]] = field(default_factory=list)  # decisions that were answered, rising, the newest

    def deal(self, event: Event) -> None:
        """Remember one event of type decision or response; others, and what is not told as the hub tells it, not."""
        told = event.properties
        if event.type == "decision":
            self._hold(event, told)
        elif (what := told.get("what")) in WHATS and isinstance(told.get("decision"), str):
            name = _SEPARATOR.join((what, _text(told, "action"), _text(told, "topic"), _text(told, "channel")))
            self.counts.count(name, event.occurred)
            self.ended = sorted({*self.ended, (event.occurred, fitted(told["decision"]))})[-ENDED:]

    def _hold(self, event: Event, told: Mapping[str, Any]) -> None:
        shown, until = told.get("shown"), told.get("until")
        if not isinstance(shown, list) or not isinstance(until, int) or not shown:
            return
        labels = [(_text(one, "action"), _text(one, "topic")) for one in shown if isinstance(one, dict)][:HOLDS]
        placement, channel = _text(told, "placement"), _text(told, "channel")
        self.holds.append((event.occurred, event.id, until, placement, channel, labels))
        self.holds.sort()
        del self.holds[:-HOLDS]

    def held(self, now: Micros) -> Iterator[Hold]:
        """What was decided, is not answered, and is not given up yet."""
        ended = {decision for _, decision in self.ended}
        return (one for one in self.holds if one[0] <= now < one[2] and one[1] not in ended)

    def count(self, what: str, now: Micros, within: Micros) -> Iterator[tuple[str, str, str, int]]:
        """(action, topic, channel, how often) in the window `now - within < moment <= now`; action "…" stands for what
        there were too many names of, and may be any. What is held counts as seen."""
        for name, counter in self.counts.all():
            if times := counted(counter, now, within):
                if name == OTHER:
                    yield OTHER, "", "", times
                    continue
                said, action, topic, channel = name.split(_SEPARATOR)
                if said == what:
                    yield action, topic, channel, times
        if what == "seen":
            for _, _, _, _, channel, labels in self.held(now):
                for action, topic in labels:
                    yield action, topic, channel, 1

    def last_decided(self, placement: str, now: Micros, within: Micros) -> Hold | None:
        """The newest decision of a placement in the window that showed something, answered or not."""
        return next((one for one in reversed(self.holds) if one[3] == placement and now - within < one[0] <= now), None)


def joined(parts: Iterable[Dealings]) -> Dealings:
    """What several trails remember together; a value of its own."""
    some = list(parts)
    holds = {(one[0], one[1]): one for part in some for one in part.holds}
    return Dealings(
        counters.joined(part.counts for part in some),
        [holds[key] for key in sorted(holds)][-HOLDS:],
        sorted({one for part in some for one in part.ended})[-ENDED:],
    )


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    return fitted(value.replace(_SEPARATOR, "")) if isinstance(value, str) else ""
