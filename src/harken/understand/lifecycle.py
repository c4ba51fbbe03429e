"""Journeys and a question about the lifecycle in; which stage each step is in, who moved and who stands where, out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from msgspec import Struct
from msgspec.structs import replace

from harken.logs import Flags, Ints
from harken.understand.counting import Numbering, count
from harken.understand.goals import goal_places
from harken.understand.journeys import Journeys, Part, without_repeats
from harken.understand.kernels import compiled
from harken.understand.levels import BEFORE, END, NONE, OPEN, PSEUDO, START, Nodes, nodes_of
from harken.words import DAY, Config

if TYPE_CHECKING:
    from harken.understand.questions.stages import StagesQuestion

KINDS = {START: "entered", BEFORE: "began before", END: "left", OPEN: "still open"}


class Lifecycle(Struct, frozen=True):
    """The stages in order, which one each place is in (-1: none), its channel, and what goes on in the parts."""

    stages: list[str]
    labels: list[str]
    frames: Ints  # microseconds
    of_place: Ints
    channel: Ints
    goal: Flags
    parts: list[Part]  # as asked
    staged: list[Part]  # only steps that have a stage


class Standing(Struct, frozen=True):
    """Where the customers of a part stand: rows of profiles, their stage and standing."""

    customer: Ints
    stage: Ints
    standing: Ints


def lifecycle_of(journeys: Journeys, catalogue: Config, question: StagesQuestion) -> Lifecycle:
    nodes = nodes_of(journeys, catalogue, question.level, question.opened)
    listed = [one for one in nodes.stages.values() if one.id != NONE]
    of_place = np.where(nodes.stage_of_place < len(listed), nodes.stage_of_place, -1)
    frames = np.array([one.days * DAY or journeys.horizon for one in listed], np.int64)
    parts = [without_repeats(part, nodes.of_place, question.repeats) for part in journeys.parts]
    return Lifecycle(
        [one.id for one in listed],
        [one.name or one.id for one in listed],
        frames,
        of_place,
        _channels(journeys, catalogue, nodes),
        goal_places(journeys.places, catalogue, question.goals),
        parts,
        [_staged(part, of_place) for part in parts],
    )


def _channels(journeys: Journeys, catalogue: Config, nodes: Nodes) -> Ints:
    known = {one.id: one.channel for one in catalogue.touchpoints}
    names = [known.get(at) or said for at, said in journeys.places.select("touchpoint", "channel").iter_rows()]
    numbers = {name: number for number, name in enumerate(sorted({*names}))}
    return np.array([numbers[name] for name in names], np.int64)


def _staged(part: Part, of_place: Ints) -> Part:
    """The journeys without the steps that have no stage, and without journeys of nothing else."""
    keep = of_place[part.place] >= 0
    off = np.append(0, np.cumsum(keep))[part.off]
    some = np.diff(off) > 0
    return replace(
        part,
        off=np.append(off[:-1][some], off[-1:]),
        place=part.place[keep],
        occurred=part.occurred[keep],
        emotion=part.emotion[keep] if len(part.emotion) else part.emotion,
        customer=part.customer[some],
        began=part.began[some],
        ended=part.ended[some],
        reached=part.reached[some],
        truncated=part.truncated[some],
        open=part.open[some],
    )


def of_steps(part: Part) -> Ints:
    """The customer of each step."""
    return np.repeat(part.customer.astype(np.int64), np.diff(part.off))


def standing_of(cycle: Lifecycle, number: int, journeys: Journeys, question: StagesQuestion) -> Standing:
    part, staged = cycle.parts[number], cycle.staged[number]
    who = of_steps(staged)
    last = np.flatnonzero(np.append(who[1:] != who[:-1], len(who) > 0)) if len(who) else np.empty(0, np.int64)
    stage = cycle.of_place[staged.place[last]]
    acted = np.zeros(len(part.profiles), np.int64)
    acted[part.customer] = part.ended  # journeys of one customer come in order: the last one stays
    silent = journeys.until - acted[who[last]]
    frame = cycle.frames[stage]
    size = len(cycle.stages)
    happy = cycle.goal[staged.place]
    reached = np.unique(who[happy] * size + cycle.of_place[staged.place[happy]])
    done = np.isin(who[last] * size + stage, reached)
    standing = np.where(silent <= frame * question.active, 0, np.where(silent <= frame, 1, np.where(done, 2, 3)))
    return Standing(who[last], stage, standing)


@compiled
def turned(off: Any, place: Any, who: Any, stage_of: Any, channel_of: Any, turns: Any) -> None:
    """Add to `turns` (stage, forward | backward | loop) customers and moves; behind them, which customer was met last."""
    for journey in range(len(off) - 1):
        customer = np.int64(who[journey])
        for at in range(off[journey] + 1, off[journey + 1]):
            a, b = stage_of[place[at - 1]], stage_of[place[at]]
            if a == b and channel_of[place[at - 1]] == channel_of[place[at]]:
                continue
            turn = 2 if a == b else (0 if b > a else 1)
            turns[a, turn, 1] += 1
            if turns[a, turn, 2] != customer:
                turns[a, turn, 2] = customer
                turns[a, turn, 0] += 1


def moves_between(cycle: Lifecycle) -> pl.DataFrame:
    """Between stages, and in and out: from, to, kind, customers, journeys, events, median_seconds, p90_seconds."""
    size = len(cycle.stages)
    numbering = Numbering(size, max(1, size), np.maximum(cycle.of_place, 0), np.maximum(cycle.of_place, 0))
    links = count(cycle.staged, numbering).links
    ids = pl.Series([*cycle.stages, *PSEUDO], dtype=pl.String)
    labels = pl.Series([*cycle.labels, "begins", "began before", "leaves", "still open", "other"], dtype=pl.String)
    a, b = links["from"].cast(pl.Int64), links["to"].cast(pl.Int64)
    kinds = [
        KINDS.get(ids[i]) or KINDS.get(ids[j]) or ("stay" if i == j else "forward" if j > i else "backward")
        for i, j in zip(a, b, strict=True)
    ]
    frame = links.with_columns(
        ids.gather(a).alias("from"), ids.gather(b).alias("to"), labels.gather(a).alias("label_from"),
        labels.gather(b).alias("label_to"), pl.Series("kind", kinds, dtype=pl.String), a.alias("a"), b.alias("b"),
    )  # fmt: skip
    frame = frame.sort("customers", "events", "a", "b", descending=[True, True, False, False])
    return frame.select(
        "from", "to", "kind", "label_from", "label_to", "customers", "journeys", "events", "median_seconds", "p90_seconds"
    )  # fmt: skip


def movers(part: Part, cycle: Lifecycle, start: int, end: int) -> Ints:
    """The customers of a move; negative numbers are -2 START, -3 BEFORE, -4 END, -5 OPEN."""
    stage = cycle.of_place[part.place]
    if start <= -2 or end <= -2:
        at = stage[part.off[:-1]] if start <= -2 else stage[part.off[1:] - 1]
        flag = {-2: ~part.truncated, -3: part.truncated, -4: ~part.open, -5: part.open}[min(start, end)]
        mine: Ints = part.customer[flag & (at == max(start, end))].astype(np.int64)
        return mine
    came = stage == end
    came[1:] &= stage[:-1] == start
    came[part.off[:-1]] = False
    who: Ints = of_steps(part)[came]
    return who
