"""What was shown to a customer, held for them, and answered by them -> how often, as limits count it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, TypeAlias

from harken.words import Micros

What: TypeAlias = Literal["held", "seen", "positive", "neutral", "negative"]


class Dealing(NamedTuple):
    """One time something came to a customer, by the labels it had then. `held`: decided, and not known to be seen; it counts
    as seen until `until`, so that nobody who decides meanwhile gives it away twice."""

    moment: Micros
    what: What
    decision: str
    action: str
    topic: str
    channel: str
    until: Micros = 0


def counting(dealings: Iterable[Dealing], what: What, now: Micros, within: Micros) -> list[Dealing]:
    """Those that count at a moment: in the window `now - within < moment <= now`; of what is held what is still held."""
    past = [one for one in dealings if one.moment <= now]
    found = [one for one in past if one.what == what and one.moment > now - within]
    if what == "seen":
        answered = {one.decision for one in past if one.what != "held"}
        found += [one for one in past if one.what == "held" and one.until > now and one.decision not in answered]
    return found


def shown_last(dealings: Sequence[Dealing], now: Micros) -> dict[str, Micros]:
    """Action -> when it was last seen."""
    found: dict[str, Micros] = {}
    for one in dealings:
        if one.what == "seen" and one.moment <= now:
            found[one.action] = max(one.moment, found.get(one.action, one.moment))
    return found
