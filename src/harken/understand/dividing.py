"""Journeys and a level in, the tree of what most have in common out, and which line of it each journey is on.

What is ranked, divided and trimmed, and what a line is, `harken.understand.questions.summary` says.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import Struct

from harken.logs import Flags, Ints
from harken.understand import kernels
from harken.understand.chains import spread
from harken.understand.journeys import Journeys, Part, without_repeats
from harken.understand.kernels import A, compiled
from harken.understand.levels import NONE, Nodes, nodes_of
from harken.words import SECOND, Config

if TYPE_CHECKING:
    from harken.understand.questions.summary import SummaryQuestion

AUTO = "auto"
DEEPEST = 20  # steps of a line
UNSTAGED = 0.1  # of all steps may be without a stage where stages are tried
TINY = 1e-9


class _Rest(Struct, frozen=True):
    """Journeys that look for a branch: per part which, and from where on they are looked at."""

    below: int  # the branch they are at
    journey: list[Ints]
    at: list[Ints]


class Branch(Struct, frozen=True, kw_only=True):
    """A node of the tree."""

    above: int
    step: int
    node: int
    path: tuple[int, ...]
    journey: list[Ints]  # per part
    median: float  # seconds since the branch above

    @property
    def count(self) -> int:
        return sum(len(one) for one in self.journey)


class Told(Struct, frozen=True, kw_only=True):
    """A tree and who is on which of its lines. `steps`: of each journey; `line`: the branch it is on."""

    nodes: Nodes
    branches: list[Branch]
    steps: list[Ints]
    line: list[Ints]
    enough: float

    def of(self, at: int) -> list[Ints]:
        """The journeys on a line, per part."""
        return [np.flatnonzero(line == at) for line in self.line]

    def named(self) -> list[Ints]:
        """Of each journey, how many of its steps its line names."""
        depth = np.array([one.step for one in self.branches])
        return [depth[line] for line in self.line]

    def told(self, share: float) -> list[Flags]:
        """Whose line names at least this share of the steps."""
        both = zip(self.named(), self.steps, strict=True)
        return [(named > 0) & (named >= share * steps - TINY) for named, steps in both]

    def on(self, which: list[Flags]) -> Ints:
        """How many of some journeys are on each line."""
        size = len(self.branches)
        found = np.zeros(size, np.int64)
        for line, some in zip(self.line, which, strict=True):
            found += np.bincount(line[some], minlength=size)
        return found

    @property
    def share(self) -> float:
        every = sum(len(one) for one in self.line)
        return float(self.on(self.told(self.enough)).sum()) / every if every else 0.0


# ---------------------------------------------------------------------- levels


def summed(journeys: Journeys, catalogue: Config, question: SummaryQuestion) -> Told:
    """The tree on the level that is asked for, or that tells most journeys."""
    question.check()
    if question.level != AUTO:
        return _grown(journeys, nodes_of(journeys, catalogue, question.level, question.opened), question)
    best: Told | None = None
    for nodes in _tried(journeys, catalogue):
        found = _grown(journeys, nodes, question)
        if best is None or found.share > best.share:
            best = found
        if best.share > 0.5:
            break
    assert best is not None
    return best


def _tried(journeys: Journeys, catalogue: Config) -> Iterator[Nodes]:
    """Levels on which a tree may be grown, the finest first."""
    places = catalogue.touchpoints
    yield nodes_of(journeys, catalogue, "touchpoint")
    if any(one.group for one in places):
        yield nodes_of(journeys, catalogue, "group")
    if any(one.stage for one in places):
        nodes = nodes_of(journeys, catalogue, "stage")
        none = np.array([id == NONE for id in nodes.ids])
        unstaged = sum(int(none[nodes.of_place[part.place]].sum()) for part in journeys.parts)
        if unstaged <= UNSTAGED * journeys.events:
            yield nodes


# ---------------------------------------------------------------------- rank, divide, trim


def _grown(journeys: Journeys, nodes: Nodes, question: SummaryQuestion) -> Told:
    """The branches, those above before those below, and which line each journey is on."""
    parts = kernels.each(lambda part: without_repeats(part, nodes.of_place, question.repeats), journeys.parts)
    every = [np.arange(part.journeys) for part in parts]
    branches = [Branch(above=-1, step=0, node=-1, path=(), journey=every, median=np.nan)]
    least, turn = question.least * sum(len(one) for one in every), 0
    waiting: list[tuple[int, int, int, _Rest]] = []

    def wait(rest: _Rest) -> None:
        nonlocal turn
        count, node = _ranked(parts, nodes, rest, least)
        turn += 1
        if node >= 0:
            heapq.heappush(waiting, (-count, turn, node, rest))

    wait(_Rest(0, every, [part.off[:-1] for part in parts]))
    while waiting:
        negative, _, node, rest = heapq.heappop(waiting)
        above = branches[rest.below]
        if above.step == DEEPEST or _lines_of(branches, least, rest.below, -negative) > question.lines:
            continue
        came, others, times = _divided(parts, nodes, rest, node, len(branches))
        median = float(spread(times, np.array([0, len(times)]), np.array([0.5]))[0, 0]) / SECOND
        branches.append(
            Branch(
                above=rest.below, step=above.step + 1, node=node, path=(*above.path, node), journey=came.journey,
                median=median,
            )
        )  # fmt: skip
        wait(came)
        wait(others)
    steps = [np.diff(part.off) for part in parts]
    return Told(
        nodes=nodes, branches=branches, steps=steps, line=_placed(branches, steps, least), enough=question.enough
    )


def _stays(branches: list[Branch], least: float, below: int = -1, count: int = 0) -> tuple[list[int], list[int]]:
    """Of each branch, the one whose line its journeys are on, and how many are on its own; `count` more of a branch `below`
    one would take them away from it."""
    own = [one.count for one in branches]
    for one in branches[1:]:
        own[one.above] -= one.count
    if below >= 0:
        own[below] -= count
    line = [*range(len(branches))]
    for at in range(len(branches) - 1, 0, -1):
        if own[at] < least or not own[at]:
            own[branches[at].above] += own[at]
            own[at], line[at] = 0, branches[at].above
    for at in range(1, len(branches)):
        line[at] = line[line[at]] if line[at] != at else at
    return line, own


def _lines_of(branches: list[Branch], least: float, below: int, count: int) -> int:
    """How many lines there would be with one more branch."""
    return 1 + sum(1 for own in _stays(branches, least, below, count)[1][1:] if own)


def _placed(branches: list[Branch], steps: list[Ints], least: float) -> list[Ints]:
    """The line each journey is on."""
    of = np.array(_stays(branches, least)[0])
    found = [np.zeros(len(one), np.int64) for one in steps]
    for at, branch in enumerate(branches):
        for line, mine in zip(found, branch.journey, strict=True):
            line[mine] = of[at]
    return found


def _ranked(parts: list[Part], nodes: Nodes, rest: _Rest, least: float) -> tuple[int, int]:
    """The node that these journeys have in common, and how many come to it; (0, -1): there is none."""

    def counted(at: int) -> Ints:
        part = parts[at]
        found: Ints = _support(part.off, part.place, nodes.of_place, rest.journey[at], rest.at[at], nodes.size)
        return found

    total = sum(kernels.each(counted, range(len(parts))), np.zeros((2, nodes.size), np.int64))
    often = [node for node in range(len(nodes)) if total[0, node] and total[0, node] >= least]
    best = max(often, key=lambda node: (int(total[1, node]), -node), default=-1)
    return (int(total[0, best]), best) if best >= 0 else (0, -1)


def _divided(parts: list[Part], nodes: Nodes, rest: _Rest, node: int, below: int) -> tuple[_Rest, _Rest, Ints]:
    """Those that come to the node, trimmed behind it; the others as they are; the time it took."""

    def found(at: int) -> Ints:
        part = parts[at]
        positions: Ints = _first(part.off, part.place, nodes.of_place, rest.journey[at], rest.at[at], node)
        return positions

    at = kernels.each(found, range(len(parts)))
    came = [one >= 0 for one in at]
    trimmed = [one[mine] + 1 for one, mine in zip(at, came, strict=True)]
    times = [np.empty(0, np.int64)]
    if rest.below:
        for part, before, mine, after in zip(parts, rest.at, came, trimmed, strict=True):
            times.append(part.occurred[after - 1] - part.occurred[before[mine] - 1])
    return (
        _Rest(below, [one[mine] for one, mine in zip(rest.journey, came, strict=True)], trimmed),
        _Rest(
            rest.below,
            [one[~mine] for one, mine in zip(rest.journey, came, strict=True)],
            [one[~mine] for one, mine in zip(rest.at, came, strict=True)],
        ),
        np.concatenate(times),
    )


@compiled
def _support(off: A, place: A, node_of: A, journeys: A, begins: A, size: int) -> Any:
    """How many of the journeys come to each node from where they are on; and the steps they make from there on, less those
    before it, in sum."""
    counts, met = np.zeros((2, size), np.int64), np.full(size, -1, np.int64)
    for row in range(len(journeys)):
        begin, end = begins[row], off[journeys[row] + 1]
        for at in range(begin, end):
            node = node_of[place[at]]
            if met[node] != row:
                met[node] = row
                counts[0, node] += 1
                counts[1, node] += (end - at) - (at - begin)
    return counts


@compiled
def _first(off: A, place: A, node_of: A, journeys: A, begins: A, node: int) -> Any:
    """Where each of the journeys first comes to a node; -1: never."""
    found = np.full(len(journeys), -1, np.int64)
    for row in range(len(journeys)):
        for at in range(begins[row], off[journeys[row] + 1]):
            if node_of[place[at]] == node:
                found[row] = at
                break
    return found
