"""A customer's last steps and what everybody's steps say of goals in, the chance of a goal out: what rules compare.

The table of chances is made from a model of what comes next, outside; here it is only looked up, for the longest of the last
steps that it knows. The last steps are those the counters of touchpoints remember: moments are exact, so their order is; of
several at one instant the rank of the touchpoint decides, then its name.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence

from msgspec import Struct

from harken.remember.counters import SIZE, Counters
from harken.words import Micros, Touchpoint

LOOKED = 3  # steps that are looked back at
BEGIN = ""  # stands before the first step of all
REST = "(other)"  # any touchpoint that is not told apart
RANK = 2  # of touchpoints the catalogue gives none


class Last(Struct, frozen=True):
    """A customer's last steps as of a moment, the latest last; when that was made, when one dated later comes."""

    steps: tuple[str, ...] = ()
    whole: bool = True  # these are all
    at: Micros | None = None
    coming: Micros | None = None


class Table(Struct, frozen=True):
    """Of one goal: its chance right after some steps; and by the last of them, what is left of it after each silence."""

    after: Mapping[tuple[str, ...], float]
    fading: Mapping[str, tuple[float, ...]]


class Foretold(Struct, frozen=True, kw_only=True):
    """By goal: the chance of reaching it within a time from now on, for who made some last steps, the last so long ago."""

    silences: tuple[Micros, ...]  # rising, from 0: a chance holds until the next of them
    known: frozenset[str]  # touchpoints that are told apart
    rest: bool  # whether the others are one, REST; otherwise nothing is known of them
    goals: Mapping[str, Table]

    def chance(self, goal: str, last: Last, now: Micros) -> tuple[float | None, Micros | None]:
        """The chance (None: nobody can know), and when it changes by itself."""
        table = self.goals.get(goal)
        context = self.context(last.steps, last.whole)
        if table is None or last.at is None or not context:
            return None, last.coming
        silence = bisect_right(self.silences, now - last.at)
        until = last.at + self.silences[silence] if silence < len(self.silences) else None
        if until is None or (last.coming is not None and last.coming < until):
            until = last.coming
        for begin in range(len(context) + 1):
            if (found := table.after.get(context[begin:])) is not None:
                fading = table.fading.get(context[-1])
                return min(1.0, found * fading[silence - 1]) if fading else found, until
        return None, until

    def context(self, steps: Sequence[str], whole: bool) -> tuple[str, ...]:
        """The last steps as the tables name them. One nobody knows ends what is known."""
        told: list[str] = []
        for step in reversed(steps):
            if step not in self.known and not self.rest:
                return tuple(reversed(told))
            told.append(step if step in self.known else REST)
        return tuple([BEGIN] * (LOOKED - len(told) if whole else 0) + told[::-1])


def last_steps(met: Counters, catalogue: Mapping[str, Touchpoint], now: Micros) -> Last:
    """The last steps of who met these touchpoints."""
    found: list[tuple[Micros, int, str]] = []
    coming: Micros | None = None
    more = bool(met.older)
    for name, packed in met.recent.items():
        place = catalogue.get(name)
        rank = RANK if place is None else place.rank
        taken = 0
        for at in range(len(packed) - SIZE, -1, -SIZE):
            moment = int.from_bytes(packed[at : at + SIZE], "big")
            if moment > now:
                coming = moment if coming is None or moment < coming else coming
                continue
            found.append((moment, rank, name))
            taken += 1
            if taken == LOOKED:
                more = more or at > 0
                break
    found.sort()
    last = found[-LOOKED:]
    whole = not more and len(last) == len(found) and len(last) < LOOKED
    return Last(tuple(name for _, _, name in last), whole, last[-1][0] if last else None, coming)
