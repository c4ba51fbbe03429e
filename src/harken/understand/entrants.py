"""Journeys and the steps of a funnel in, who began and how far each of them got out."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from msgspec import Struct
from msgspec.structs import replace

from harken.errors import Invalid
from harken.logs import Flags, Ints
from harken.understand import kernels
from harken.understand.chains import ORDERED, STRICT, UNORDERED, funneled
from harken.understand.journeys import Journeys, Part, Scope, without_repeats
from harken.understand.levels import END, Nodes
from harken.words import Micros

MODES = {"ordered": ORDERED, "strict": STRICT, "any": UNORDERED}
NO_WINDOW: Micros = 2**61
WHAT = ("customers", "dropped", "still_open", "late", "mature")
UP_TO = ("customers", "mature")  # these are counted at every step they got to, the others at the last one


class Chains(Struct, frozen=True, kw_only=True):
    """What a chain is."""

    count: int  # how many steps there are
    steps: Ints  # place -> bit j: it can be step j (from 0)
    bars: Ints  # place -> bit j: it voids a chain of j steps
    window: Micros
    mode: str
    by_order: bool


class Entrants(Struct, frozen=True):
    """Customers who began, one row each."""

    part: Ints  # the part of each, and its row among the profiles there
    who: Ints
    depth: Ints
    other: Ints  # depth when ties are seen the other way
    began: Ints  # the latest start
    open: Flags
    mature: Flags
    next: Ints  # the node that came instead
    late: Flags  # did the next step, but too late
    since: Ints  # customers × steps: from the start
    previous: Ints  # from the step before
    journeys: Ints  # per step

    def only(self, kept: Flags) -> Entrants:
        """Some of them. `journeys` is of all."""
        rows = (name for name in self.__struct_fields__ if name != "journeys")
        return replace(self, **{name: getattr(self, name)[kept] for name in rows})

    @property
    def count(self) -> int:
        """Steps of the funnel."""
        return len(self.journeys)

    def of(self, what: str) -> Flags:
        """Who is counted as what, at whatever step."""
        stays = self.depth < self.count
        if what == "mature":
            return self.mature
        if what == "still_open":
            return stays & self.open
        if what == "dropped":
            return stays & ~self.open
        return stays & ~self.open & self.late if what == "late" else np.ones(len(self.depth), np.bool_)

    def counts(self, what: str) -> list[int]:
        """How many at each step."""
        at = np.bincount(self.depth[self.of(what)], minlength=self.count + 1)[1:]
        told: list[int] = (np.cumsum(at[::-1])[::-1] if what in UP_TO else at).tolist()
        return told

    def at(self, what: str, step: int) -> Flags:
        """Who they are."""
        if what not in WHAT:
            raise Invalid(f"'{what}' is not a number of a step; there are {', '.join(WHAT)}")
        there: Flags = self.depth >= step if what in UP_TO else self.depth == step
        return there & self.of(what)

    def profiles(self, journeys: Journeys) -> pl.Series:
        """Who they are by name."""
        parts = [part.profiles.gather(self.who[self.part == at]) for at, part in enumerate(journeys.parts)]
        return pl.concat(parts).alias("profile") if parts else pl.Series("profile", [], dtype=pl.String)


def entrants(journeys: Journeys, scope: Scope, nodes: Nodes, chains: Chains) -> Entrants:
    """Everybody who began, in one pass."""
    k = chains.count
    kinds = np.unique(chains.steps[chains.steps > 0])
    kind_of = np.where(chains.steps > 0, np.searchsorted(kinds, chains.steps), -1)
    disjoint = bool(np.bitwise_or.reduce(kinds) == kinds.sum())

    def counted(part: Part) -> Any:
        part = without_repeats(part, nodes.of_place, scope.repeats)
        ends = scope.journey == "visit" or chains.window == NO_WINDOW
        over = part.reached | ~part.open if ends else part.reached
        return funneled(
            part.off, part.place, part.occurred, part.customer, over, chains.steps, chains.bars, nodes.of_place,
            nodes.pseudo(END), kind_of, kinds, disjoint, k, chains.window, journeys.until, MODES[chains.mode],
            chains.by_order,
        )  # fmt: skip

    made = kernels.each(counted, journeys.parts)
    numbers = np.ascontiguousarray(np.concatenate([np.zeros((0, 7), np.int64), *(one[1] for one in made)]).T)
    times = [np.concatenate([np.zeros((0, k), np.int64), *(one[at] for one in made)]) for at in (2, 3)]
    return Entrants(
        part=np.repeat(np.arange(len(made)), [len(one[0]) for one in made]),
        who=np.concatenate([np.zeros(0, np.int64), *(one[0] for one in made)]),
        depth=numbers[0],
        other=numbers[1],
        began=numbers[2],
        open=numbers[3] > 0,
        mature=numbers[4] > 0,
        next=numbers[5],
        late=numbers[6] > 0,
        since=times[0],
        previous=times[1],
        journeys=sum((one[4] for one in made), np.zeros(k, np.int64)),
    )
