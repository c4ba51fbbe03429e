"""Everybody's steps in, what is learned of what comes next out: a snapshot that is kept, and looked up for one customer.

The same models as the analysis `next_step` makes of all time, on the level touchpoint, one for each goal of the catalogue.
They tell the chance right after a step. Who has been silent since is less, or more, likely to reach a goal: of all who were
silent for so long after a step at the same touchpoint, the share who reached it `within` the time from then on, by the share
right after it (with `TRUSTED` more who did as everybody), is what is left of the chance.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from harken.errors import Invalid
from harken.logs import Ints, Logs
from harken.understand.analysis import About
from harken.understand.foretelling import TRUSTED, Foretelling, Order
from harken.understand.goals import goal_places
from harken.understand.journeys import Journeys, Scope, journeys_of
from harken.understand.judging import goal_chances
from harken.understand.kernels import A, compiled
from harken.understand.levels import nodes_of
from harken.understand.questions.next_step import NextStepQuestion, model_of
from harken.words import SECOND, Config, Micros

FORM = 1  # of a packed snapshot; another one is made anew
Contexts = Mapping[tuple[str, ...], float]


SILENCES = (0, *(one * 3_600 * SECOND for one in (1, 6, 24, 48, 96, 168, 336, 720)))


class Learned(Struct, frozen=True, kw_only=True):
    """A model of the steps, and one for each goal; all of the same steps."""

    made: Micros
    last_seq: int  # of the events there were
    plain: Foretelling
    goals: dict[str, Foretelling]
    silent: dict[str, Ints]  # of a goal: state × silence × (how many were, how many of them reached it in time)

    def fading(self, goal: str) -> list[list[float]]:
        """Of each state, what is left of the chance after each of `SILENCES`."""
        were, reached = np.moveaxis(self.silent[goal], 2, 0)
        every = np.zeros(len(SILENCES))
        for place, (n, hits) in enumerate(zip(were.sum(axis=0), reached.sum(axis=0), strict=True)):
            every[place] = hits / n if n else every[place - 1]  # as long as anybody was ever silent
        share = (reached + TRUSTED * every) / (were + TRUSTED)
        left = np.divide(share, share[:, :1], out=np.ones_like(share), where=share[:, :1] > 0)
        return left.tolist()  # type: ignore[no-any-return]

    @property
    def version(self) -> str:
        """Another one each time it is made."""
        return str(self.made)

    @property
    def within(self) -> Micros:
        return self.plain.within


def learned(logs: Logs, catalogue: Config, now: Micros, last_seq: int) -> Learned:
    """What the steps up to now say; `last_seq`: of all events there are."""
    journeys = journeys_of(logs, catalogue, Scope(now=now))
    about = About(catalogue=catalogue)
    goals = {
        name: model_of(journeys, about, NextStepQuestion(now=now, goals=(f"goal:{name}",))) for name in catalogue.goals
    }
    silent = {name: _silent(journeys, catalogue, model, f"goal:{name}") for name, model in goals.items()}
    plain = model_of(journeys, about, NextStepQuestion(now=now))
    return Learned(made=now, last_seq=last_seq, plain=plain, goals=goals, silent=silent)


def contexts_of(model: Foretelling, begin: str) -> Contexts:
    """The chance of the goal after each context that is known, by its steps; `begin` stands before the first."""
    names = [begin, *model.ids, "", begin]
    found: dict[tuple[str, ...], float] = {}
    for number, order in enumerate(model.orders):
        chances = goal_chances(model, order.contexts, number)
        for code, chance in zip(
            order.contexts[order.known > 0].tolist(), chances[order.known > 0].tolist(), strict=True
        ):
            symbols = [code // model.base**place % model.base for place in range(number - 1, -1, -1)]
            found[tuple(names[symbol] for symbol in symbols)] = chance
    return found


def _silent(journeys: Journeys, catalogue: Config, model: Foretelling, goal: str) -> Ints:
    nodes = nodes_of(journeys, catalogue, model.level)
    states = len(model.ids)
    state_of = np.minimum(nodes.of_place, max(states - 1, 0))
    reaching = goal_places(journeys.places, catalogue, (goal,))
    edges = np.array(SILENCES, np.int64)
    found = np.zeros((states, len(SILENCES), 2), np.int64)
    for part in journeys.parts:
        silences(part.off, part.place, part.occurred, state_of, reaching, edges, model.within, journeys.until, found)
    return found


@compiled
def silences(
    off: A, place: A, occurred: A, state_of: A, goal: A, edges: A, within: int, end: int, found: A
) -> None:  # fmt: skip
    """Add to `found` (state, silence, 2) who was silent for so long after a step, and who of them reached a goal `within`
    from then on; only where that is known at the end."""
    for journey in range(len(off) - 1):
        coming, onward = np.int64(-1), np.int64(-1)
        for at in range(off[journey + 1] - 1, off[journey] - 1, -1):
            now, state = occurred[at], state_of[place[at]]
            for silence in range(len(edges)):
                then = now + edges[silence]
                if (onward >= 0 and onward <= then and silence > 0) or then + within >= end:
                    break
                found[state, silence, 0] += 1
                if coming >= 0 and coming <= then + within:
                    found[state, silence, 1] += 1
            onward = now
            if goal[place[at]]:
                coming = now


# ---------------------------------------------------------------------- kept


class _Packed(Struct):
    """A snapshot as bytes: what all goals share is there once."""

    form: int
    made: Micros
    last_seq: int
    level: str
    ids: tuple[str, ...]
    rest: bool
    within: int
    steps: int
    orders: list[tuple[bytes, bytes, bytes, bytes]]
    goals: dict[str, list[tuple[bytes, bytes]]]
    silent: dict[str, bytes]


def packed(one: Learned) -> bytes:
    """A snapshot as it is kept."""
    plain = one.plain
    orders = [(_bytes(o.contexts), _bytes(o.begins), _bytes(o.onward), _bytes(o.counts)) for o in plain.orders]
    goals = {name: [(_bytes(o.known), _bytes(o.hits)) for o in model.orders] for name, model in one.goals.items()}
    silent = {name: _bytes(found) for name, found in one.silent.items()}
    told = _Packed(
        FORM,
        one.made,
        one.last_seq,
        plain.level,
        plain.ids,
        plain.rest,
        plain.within,
        plain.steps,
        orders,
        goals,
        silent,
    )
    return zlib.compress(msgspec.msgpack.encode(told), 1)


def unpacked(data: bytes) -> Learned:
    """A snapshot as it was kept; Invalid when it is none of this form."""
    try:
        told = msgspec.msgpack.decode(zlib.decompress(data), type=_Packed)
    except (zlib.error, msgspec.MsgspecError):
        told = None
    if told is None or told.form != FORM:
        raise Invalid("this is no snapshot of what comes next that can be read; learn anew")
    shared = []
    for order in told.orders:
        contexts, begins, onward, counts = map(_array, order)
        nothing = np.zeros(len(contexts), np.int64)
        shared.append(Order(contexts, begins, onward, counts, nothing, nothing))
    plain = Foretelling(told.level, told.ids, told.rest, False, told.within, tuple(shared), told.steps)
    goals = {}
    for name, each in told.goals.items():
        own = [
            replace(one, known=_array(known), hits=_array(hits))
            for one, (known, hits) in zip(shared, each, strict=True)
        ]
        goals[name] = replace(plain, goals=True, orders=tuple(own))
    silent = {name: _array(data).reshape(len(told.ids), len(SILENCES), 2) for name, data in told.silent.items()}
    return Learned(made=told.made, last_seq=told.last_seq, plain=plain, goals=goals, silent=silent)


def _bytes(array: Ints) -> bytes:
    return array.astype("<i8").tobytes()


def _array(data: bytes) -> Any:
    return np.frombuffer(data, "<i8").astype(np.int64)
