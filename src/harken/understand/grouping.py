"""Journeys and a question about personas in, which group each journey is in out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from harken.logs import Ints
from harken.understand import kernels, shapes
from harken.understand.clusters import Points, Stability, k_means, nearest, stability
from harken.understand.journeys import Journeys, Part, without_repeats
from harken.understand.levels import OTHER, Nodes
from harken.understand.statistics import hashes_of

if TYPE_CHECKING:
    from harken.understand.questions.personas import PersonasQuestion

SHORTEST = 3  # steps
NODES, MOVES = 40, 40
DRAWN = 1_000  # journeys that stability is tried on
RESAMPLES = 10


class Scale(Struct, frozen=True):
    """What makes numbers of journeys comparable, and the columns they are read into."""

    node_of: Ints
    move_of: Ints
    nodes: int
    moves: int
    mean: Points
    size: Points

    def points(self, part: Part, chosen: Ints) -> Points:
        found = shapes.shapes(
            part.off, part.place, part.occurred, chosen, self.node_of, self.move_of, self.nodes, self.moves
        )
        points: Points = (found - self.mean) / self.size
        return points


class Groups(Struct, frozen=True):
    """What was found: for each part the group of each journey (k: unassigned, k + 1: too short), and how far it is."""

    k: int
    parts: list[Part]
    group: list[Ints]
    apart: list[Points]
    tried: list[Stability]
    scale: Scale
    centers: Points
    far: float  # from a center: like nobody


def groups_of(journeys: Journeys, nodes: Nodes, question: PersonasQuestion) -> Groups:
    parts = [without_repeats(part, nodes.of_place, question.repeats) for part in journeys.parts]
    long = [np.flatnonzero(np.diff(part.off) >= SHORTEST) for part in parts]
    chosen, numbers = _sampled(parts, long, question.sample)
    scale, points = _scale(parts, chosen, nodes)
    order = np.lexsort((*points.T[::-1], numbers))  # the same, whatever part and row a journey came from
    points, numbers = points[order], numbers[order]
    k, tried = _how_many(points, numbers, question)
    if k == 0:
        short = [np.ones(part.journeys, np.int64) for part in parts]
        none = np.empty((0, len(scale.mean)))
        return Groups(0, parts, short, [np.zeros(part.journeys) for part in parts], tried, scale, none, 0.0)
    found = k_means(points, numbers, k)
    apart = np.sqrt(nearest(points, found.centers)[1])
    low, high = np.quantile(apart, (0.25, 0.75))
    far = float(high + 3 * max(high - low, 1e-6))

    def assign(one: int) -> tuple[Ints, Points]:
        group, distance = np.full(parts[one].journeys, len(found.centers) + 1, np.int64), np.zeros(parts[one].journeys)
        nearest_, squared = nearest(scale.points(parts[one], long[one]), found.centers)
        distance[long[one]] = np.sqrt(squared)
        group[long[one]] = np.where(distance[long[one]] > far, len(found.centers), nearest_)
        return group, distance

    assigned = kernels.each(assign, range(len(parts)))
    group, apart_ = [one[0] for one in assigned], [one[1] for one in assigned]
    return _ordered(Groups(len(found.centers), parts, group, apart_, tried, scale, found.centers, far))


def _sampled(parts: list[Part], long: list[Ints], sample: int) -> tuple[list[Ints], Any]:
    """At most `sample` long journeys, those of the smallest customers' numbers; of each a number of its own."""
    numbers = []
    for part, mine in zip(parts, long, strict=True):
        hashes = hashes_of(part.profiles)[part.customer[mine]]
        numbers.append(hashes ^ (part.began[mine].astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)))
    every = np.sort(np.concatenate(numbers)) if numbers else np.empty(0, np.uint64)
    last = every[min(sample, len(every)) - 1] if len(every) else np.uint64(0)
    kept = [mine <= last for mine in numbers]
    chosen = [one[keep] for one, keep in zip(long, kept, strict=True)]
    told = [one[keep] for one, keep in zip(numbers, kept, strict=True)]
    return chosen, np.concatenate(told) if told else np.empty(0, np.uint64)


def _scale(parts: list[Part], chosen: list[Ints], nodes: Nodes) -> tuple[Scale, Points]:
    """Columns for nodes and moves, and the sample's points in them; blocks of columns weigh the same."""
    kept = min(len(nodes), NODES)
    node_of = np.minimum(nodes.of_place, kept)
    counts = np.zeros((kept + 1) ** 2, np.int64)
    for part in parts:
        found = kernels.links_of(part.off, part.place, node_of, kept + 1, False)
        counts += np.bincount(found, minlength=len(counts))
    ids = [*nodes.ids[:kept], OTHER]
    frequent = sorted(np.flatnonzero(counts).tolist(), key=lambda one: (-counts[one], ids[one // (kept + 1)], ids[one % (kept + 1)]))  # fmt: skip
    move_of = np.full((kept + 1) ** 2, -1, np.int64)
    move_of[frequent[:MOVES]] = np.arange(len(frequent[:MOVES]))
    moves, columns = len(frequent[:MOVES]), kept + 1 + len(frequent[:MOVES]) + shapes.PACE
    raw = Scale(node_of, move_of.reshape(kept + 1, -1), kept, moves, np.zeros(columns), np.ones(columns))
    found = [raw.points(part, one) for part, one in zip(parts, chosen, strict=True)]
    points = np.concatenate(found) if found else np.empty((0, columns))
    mean, size = np.zeros(columns), np.ones(columns)
    if len(points):
        ordered = np.sort(points, axis=0)  # sums do not depend on the order of journeys
        mean, spread = ordered.mean(axis=0), ordered.std(axis=0)
        for block in (slice(0, kept + 1), slice(kept + 1, kept + 1 + moves)):
            size[block] = max(float(np.sqrt((spread[block] ** 2).sum())), 1e-9)
        pace = slice(kept + 1 + moves, columns)
        size[pace] = np.maximum(spread[pace], 1e-9) * np.sqrt(shapes.PACE)
    mean, size = np.round(mean, 12), np.round(size, 12)
    scale = Scale(node_of, raw.move_of, kept, moves, mean, size)
    return scale, (points - mean) / size


def _how_many(points: Points, numbers: Any, question: PersonasQuestion) -> tuple[int, list[Stability]]:
    """As many as was asked for, or as come back. 0: there is no journey to group."""
    different = len(np.unique(np.round(points, 6), axis=0)) if len(points) else 0
    if different < 2:
        return different, []
    if question.personas:
        few = points[:DRAWN]
        tried = [stability(few, numbers[:DRAWN], min(question.personas, different), RESAMPLES)]
        return min(question.personas, different), tried
    most = min(question.most, different, len(points) // 5)
    tried = [stability(points[:DRAWN], numbers[:DRAWN], k, RESAMPLES) for k in range(2, most + 1)]
    return max((one.k for one in tried if one.least >= question.stable), default=1), tried


def _ordered(groups: Groups) -> Groups:
    """The largest first; equally large ones by who is nearest to the center."""
    sizes = np.zeros(groups.k, np.int64)
    for group in groups.group:
        sizes += np.bincount(group, minlength=groups.k + 2)[: groups.k]
    medoids = [medoid(groups, one)[2] for one in range(groups.k)]
    order = sorted(range(groups.k), key=lambda one: (-sizes[one], medoids[one]))
    new = np.empty(groups.k + 2, np.int64)
    new[[*order, groups.k, groups.k + 1]] = np.arange(groups.k + 2)
    return replace(groups, group=[new[one] for one in groups.group], centers=groups.centers[order])


def medoid(groups: Groups, wanted: int) -> tuple[int, int, tuple[float, str, int]]:
    """The journey nearest to the center of a group: its part, its number, and what puts it first."""
    best: tuple[int, int, tuple[float, str, int]] | None = None
    for number, (part, group, apart) in enumerate(zip(groups.parts, groups.group, groups.apart, strict=True)):
        mine = np.flatnonzero(group == wanted)
        if not len(mine):
            continue
        close = np.round(apart[mine], 6)
        for journey in mine[close == close.min()][:1_000].tolist():
            key = (
                float(round(apart[journey], 6)),
                part.profiles[int(part.customer[journey])],
                int(part.began[journey]),
            )
            if best is None or key < best[2]:
                best = number, journey, key
    return best or (0, -1, (0.0, "", 0))
