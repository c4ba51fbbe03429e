"""What single events told besides where and when, in; which step of whom each one is, out.

Events are counted by place: an index has no properties. An analysis that needs some (what a survey was answered, what an order
was worth, the campaign somebody came from) names the places and the properties, and gets just these events as a frame.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from msgspec import Struct

from harken.logs import ABOUT, Flags, Ints
from harken.understand.journeys import Journeys, Part
from harken.understand.kernels import compiled

EVENT = {"profile": pl.String, "occurred": pl.Int64, "seq": pl.Int64, **dict.fromkeys(ABOUT, pl.String)}
CAMPAIGN = "campaign"
MINE = ("customer", "occurred", "place", "row")
A = Any  # a numpy array


class Wanted(Struct, frozen=True, kw_only=True):
    """Which events to read, and what of them: a frame of `EVENT` and a text for each property, null where there is none."""

    places: Flags  # of each place: are its events read
    properties: tuple[str, ...] = ()
    campaign: bool = False  # also the campaign each came from; only events that tell one

    @property
    def columns(self) -> tuple[str, ...]:
        """The texts told of each event."""
        return (*self.properties, *([CAMPAIGN] if self.campaign else []))


class Found(Struct, frozen=True):
    """Events of one part as arrays: whose (a row of its profiles), when, at which place, which row of the frame they are.
    `first` and `last`: where each customer's steps begin and end."""

    part: Part
    customer: Ints
    occurred: Ints
    place: Ints
    row: Ints
    first: Ints
    last: Ints

    def steps(self) -> Ints:
        """The step each event is: of those at its place and moment; -1 where it is none (not counted, or not there)."""
        return np.asarray(_steps(self.first, self.last, self.part.occurred, self.part.place, *self._events), np.int64)

    def before(self, step: Ints, passed: Flags, within: int) -> Ints:
        """The last step before each event (before its own step, when it is one), not longer than `within` ago, looking through
        steps at places that are `passed`; -1: there is none."""
        steps = self.part.occurred, self.part.place
        return np.asarray(_before(self.first, self.last, *steps, *self._events, step, passed, within), np.int64)

    @property
    def _events(self) -> tuple[Ints, Ints, Ints]:
        return self.customer, self.occurred, self.place


def found_in(journeys: Journeys, told: pl.DataFrame) -> list[Found]:
    """The events of each part, by customer and time. Those of nobody who is asked for are left out."""
    numbered = journeys.places.select(ABOUT).with_row_index("place")
    rows = told.select("profile", "occurred", "seq", *ABOUT).with_row_index("row")
    rows = rows.join(numbered, on=ABOUT).sort("occurred", "seq")
    found = []
    for part in journeys.parts:
        here = np.unique(part.customer)  # others in `profiles` may have their steps in another part
        people = pl.DataFrame({"profile": part.profiles.gather(here), "customer": here})
        mine = rows.join(people, on="profile").sort("customer", maintain_order=True)
        customer, occurred, place, row = (mine[name].to_numpy().astype(np.int64) for name in MINE)
        first, last = np.zeros((2, len(part.profiles)), np.int64)
        first[part.customer[::-1]] = part.off[:-1][::-1]  # the last one written is the earliest
        last[part.customer] = part.off[1:]
        found.append(Found(part, customer, occurred, place, row, first, last))
    return found


@compiled
def _until(occurred: A, low: int, high: int, moment: int) -> int:
    """How many of occurred[low:high] are not after a moment, from low on: the place behind them."""
    while low < high:
        middle = (low + high) // 2
        if occurred[middle] <= moment:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def _steps(first: A, last: A, occurred: A, place: A, customer: A, moment: A, of: A) -> A:
    found = np.full(len(customer), -1, np.int64)
    for event in range(len(customer)):
        begin = first[customer[event]]
        at = _until(occurred, begin, last[customer[event]], moment[event]) - 1
        while at >= begin and occurred[at] == moment[event]:
            if np.int64(place[at]) == of[event]:
                found[event] = at
                break
            at -= 1
    return found


@compiled
def _before(
    first: A, last: A, occurred: A, place: A, customer: A, moment: A, of: A, step: A, passed: A, within: int
) -> A:
    found = np.full(len(customer), -1, np.int64)
    for event in range(len(customer)):
        begin, at = first[customer[event]], step[event]
        if at < 0:
            at = _until(occurred, begin, last[customer[event]], moment[event])
        at -= 1
        while at >= begin and moment[event] - occurred[at] <= within:
            if not passed[place[at]]:
                found[event] = at
                break
            at -= 1
    return found
