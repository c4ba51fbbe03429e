"""Journeys in, the lifecycle out: who moves forward and backward, where they enter, leave and stand; and one score of it all.

A step belongs to the stage its touchpoint has in the catalogue. Steps without a stage are looked through: the stages before and
after them follow one another. They still show that a customer acts.

- *forward*, *backward*: from one stage to a later or an earlier one. *loop*: within a stage, to another channel. *stay*: within a
  stage and a channel.
- *entered*: a journey begins in the stage (*began before*: the period cut it off). *left*: a journey ended there; *still open*:
  nobody can know yet.
- A customer *stands* in the stage of the last step that has one. A stage has its time-frame (`days` in the catalogue; without
  one, the horizon of the question). *active*: acted within 80 % of it before the end of the period. *inactive*: within all of it.
  Later than that: *done* with a goal reached in that stage, else *dropped off*.

**Journey Experience Score**, from -100 to 100, of a stage and of all: three parts, each from -1 to 1, and their weights.

- *going on* (`going_on`, 0.5): (active + done - dropped off) / customers who stand there. It is what customers do, so it counts half.
- *emotion* (`emotion`, 0.25): the mean of what was told in the stage, halved, as emotions go from -2 to 2.
- *direction* (`direction`, 0.25): (forward - backward) / (forward + backward), in customers who moved out of the stage.

A part nobody can tell (no emotion told, nobody moved) is left out, and the others weigh more. With `emotion` and `direction` at 0
it is the score of (active - dropped off) / all that others use, but for who is done. The interval is of going on and emotion, by
customers and by what was told; direction is taken as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import Any

import numpy as np
import polars as pl

from harken.errors import Invalid
from harken.logs import Ints
from harken.understand import kernels
from harken.understand.analysis import About, Analysis, Answer, Table, header_of
from harken.understand.journeys import Journeys, Part, Scope
from harken.understand.levels import NONE
from harken.understand.lifecycle import (
    KINDS,
    Lifecycle,
    lifecycle_of,
    movers,
    moves_between,
    of_steps,
    standing_of,
    turned,
)
from harken.understand.map import MapQuestion, map_of
from harken.understand.result import Column
from harken.understand.statistics import Z95

STANDINGS = ("active", "inactive", "done", "dropped_off")
TURNS = ("forward", "backward", "loop")
STRONGEST = 2.0  # emotions go from -2 to 2


class StagesQuestion(Scope, frozen=True, kw_only=True):
    """The lifecycle: movement between stages, where customers stand, and the Journey Experience Score."""

    goals: tuple[str, ...] = ()  # what makes a customer done in a stage; none: the company's goals
    active: float = 0.8  # share of a stage's time-frame within which somebody who acted is active
    going_on: float = 0.5  # weight of active and dropped off in the score
    emotion: float = 0.25  # weight of emotion in the score
    direction: float = 0.25  # weight of forward and backward in the score

    def check(self) -> None:
        """Invalid says what is wrong and what would be right."""
        super().check()
        if not 0 < self.active <= 1:
            raise Invalid("`active` is a share of a stage's time-frame: above 0, at most 1")
        weights = (self.going_on, self.emotion, self.direction)
        if min(weights) < 0 or sum(weights) <= 0:
            raise Invalid("`going_on`, `emotion` and `direction` are weights: none negative, and not all 0")


def answer_of(journeys: Journeys, about: About, question: StagesQuestion) -> Answer:
    """A row for each stage, where customers stand, and every move between stages."""
    question.check()
    cycle = lifecycle_of(journeys, about.catalogue, question)
    size = len(cycle.stages)
    standing = np.zeros((size, len(STANDINGS)), np.int64)
    for one in kernels.each(lambda number: standing_of(cycle, number, journeys, question), range(len(cycle.parts))):
        np.add.at(standing, (one.stage, one.standing), 1)
    turns = np.zeros((size, len(TURNS), 3), np.int64)
    for part in cycle.staged:
        turns[:, :, 2] = -1  # customers of another part have the same numbers
        turned(part.off, part.place, part.customer, cycle.of_place, cycle.channel, turns)
    moves = moves_between(cycle)
    stages = _stages(journeys, about, question, cycle, turns, moves, standing)
    whole = _score(_sums(standing), stages, _both(stages), question)
    return Answer(
        analysis="stages",
        question=question,
        header=header_of("stages", journeys, about, question),
        caption=_caption(stages, whole[0], standing, journeys),
        totals={
            "customers": journeys.customers,
            "customers_with_stage": int(standing.sum()),
            **{one: int(standing[:, place].sum()) for place, one in enumerate(STANDINGS)},
            "score": whole[0],
            "score_low": whole[1],
            "score_high": whole[2],
        },
        tables={
            "stages": Table(frame=stages, columns=COLUMNS, title="Stages", note=NOTE),
            "standing": Table(frame=_standings(cycle, standing), columns=STANDING, title="Where customers stand"),
            "moves": Table(frame=moves, columns=MOVES, title="Moves between stages"),
        },
    )


def customers_of(journeys: Journeys, about: About, question: StagesQuestion, row: Mapping[str, Any]) -> pl.Series:
    """The customers of a row: of `stages` (stage), `standing` (stage, standing) or `moves` (from, to)."""
    question.check()
    table, cycle = row.get("table", "stages"), lifecycle_of(journeys, about.catalogue, question)
    names = {**{one: number for number, one in enumerate(cycle.stages)}, **{one: -2 - n for n, one in enumerate(KINDS)}}
    people: list[tuple[Part, Ints]] = []
    for number, part in enumerate(cycle.staged):
        if table == "standing":
            stood = standing_of(cycle, number, journeys, question)
            wanted = stood.stage == names.get(str(row.get("stage")), -1)
            wanted &= stood.standing == [*STANDINGS, row.get("standing")].index(row.get("standing"))
            people.append((part, stood.customer[wanted]))
        elif table == "moves":
            people.append((part, movers(part, cycle, names.get(str(row.get("from")), -1), names.get(str(row.get("to")), -1))))  # fmt: skip
        elif table == "stages":
            there = cycle.of_place[part.place] == names.get(str(row.get("stage")), -1)
            people.append((part, of_steps(part)[there]))
        else:
            raise Invalid(f"no table '{table}'; there are stages, standing, moves")
    found = [part.profiles.gather(np.unique(mine).astype(np.int64)).alias("profile") for part, mine in people]
    return pl.concat([pl.Series("profile", [], dtype=pl.String), *found]).sort()


# ---------------------------------------------------------------------- score and tables


def _stages(
    journeys: Journeys, about: About, question: StagesQuestion, cycle: Lifecycle, turns: Ints, moves: pl.DataFrame,
    standing: Ints,
) -> pl.DataFrame:  # fmt: skip
    scope = {name: getattr(question, name) for name in Scope.__struct_fields__}
    drawn = map_of(journeys, about.catalogue, MapQuestion(**scope)).stages.filter(pl.col("stage") != NONE)
    ends = {kind: _ends(moves, kind) for kind in KINDS.values()}
    rows = []
    told = {row["stage"]: row for row in drawn.iter_rows(named=True)}
    for number, stage in enumerate(cycle.stages):
        seen, turned = told[stage], turns[number]
        row: dict[str, Any] = {
            "stage": stage,
            "label": cycle.labels[number],
            "customers": seen["customers"],
            "journeys": seen["journeys"],
            "events": seen["events"],
            **{one: int(turned[place, 0]) for place, one in enumerate(TURNS)},
            "entered": ends["entered"].get(stage, 0),
            "began_before": ends["began before"].get(stage, 0),
            "left": ends["left"].get(stage, 0),
            "still_open": ends["still open"].get(stage, 0),
            "now": int(standing[number].sum()),
            **{one: int(standing[number, place]) for place, one in enumerate(STANDINGS)},
            "frame_seconds": float(cycle.frames[number] / 1e6),
            **{one: seen[one] for one in ("emotion", "emotion_sd", "emotion_n")},
        }
        one = pl.DataFrame([row], schema=SCHEMA | dict.fromkeys(("score", "score_low", "score_high"), pl.Float64))
        score = _score(standing[number], one, (row["forward"], row["backward"]), question)
        rows.append(row | dict(zip(("score", "score_low", "score_high"), score, strict=True)))
    schema = SCHEMA | dict.fromkeys(("score", "score_low", "score_high"), pl.Float64)
    return pl.DataFrame(rows, schema=schema)


def _ends(moves: pl.DataFrame, kind: str) -> dict[str, int]:
    """Journeys of a kind of move in or out, by stage."""
    side = "to" if kind in ("entered", "began before") else "from"
    return dict(moves.filter(pl.col("kind") == kind).select(side, "journeys").iter_rows())


def _sums(standing: Ints) -> Ints:
    summed: Ints = standing.sum(axis=0)
    return summed


def _both(stages: pl.DataFrame) -> tuple[int, int]:
    return int(stages["forward"].sum()), int(stages["backward"].sum())


def _score(
    standing: Ints, stages: pl.DataFrame, turned: tuple[int, int], question: StagesQuestion
) -> tuple[float | None, float | None, float | None]:
    """The score with its interval; None where nobody stands."""
    active, _, done, dropped = (int(one) for one in standing)
    n = int(standing.sum())
    if not n:
        return None, None, None
    going = (active + done - dropped) / n
    parts = [(question.going_on, going, ((active + done + dropped) / n - going * going) / n)]
    told = stages.filter(pl.col("emotion_n") > 0)
    if (m := int(told["emotion_n"].sum())) > 0:
        mean = float((told["emotion"] * told["emotion_n"]).sum()) / m
        spread = float((told["emotion_sd"].fill_null(0) ** 2 * (told["emotion_n"] - 1)).sum()) / max(1, m - 1)
        parts.append((question.emotion, max(-1.0, min(1.0, mean / STRONGEST)), spread / STRONGEST**2 / m))
    forward, backward = turned
    if forward + backward:
        parts.append((question.direction, (forward - backward) / (forward + backward), 0.0))
    weight = sum(one[0] for one in parts)
    if weight <= 0:
        return None, None, None
    score = sum(one[0] * one[1] for one in parts) / weight
    half = Z95 * sqrt(sum((one[0] / weight) ** 2 * one[2] for one in parts))
    return 100 * score, 100 * max(-1.0, score - half), 100 * min(1.0, score + half)


def _standings(cycle: Lifecycle, standing: Ints) -> pl.DataFrame:
    rows = [
        (stage, cycle.labels[number], one, int(standing[number, place]), standing[number, place] / standing[number].sum())
        for number, stage in enumerate(cycle.stages)
        for place, one in enumerate(STANDINGS)
        if standing[number].sum()
    ]  # fmt: skip
    schema = {"stage": pl.String, "label": pl.String, "standing": pl.String, "customers": pl.Int64, "share": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _caption(stages: pl.DataFrame, score: float | None, standing: Ints, journeys: Journeys) -> str:
    if not journeys.journeys:
        return "Nobody made a step in this period."
    if score is None:
        return "No step has a stage: give touchpoints a `stage` in the catalogue."
    active, _, _, dropped = (int(one) for one in standing.sum(axis=0))
    said = f"Journey Experience Score {score:+.0f}: {active:,} of {int(standing.sum()):,} customers are active where they are"
    if not dropped:
        return f"{said}, nobody dropped off."
    worst = stages.sort("dropped_off", "stage", descending=[True, False]).row(0, named=True)
    return f"{said}, {dropped:,} dropped off, most in {worst['label']} ({worst['dropped_off']:,})."


COUNTS = ("customers", "journeys", "events", *TURNS, "entered", "began_before", "left", "still_open", "now", *STANDINGS)
SCHEMA: dict[str, Any] = {
    "stage": pl.String, "label": pl.String, **dict.fromkeys(COUNTS, pl.Int64), "frame_seconds": pl.Float64,
    "emotion": pl.Float64, "emotion_sd": pl.Float64, "emotion_n": pl.Int64,
}  # fmt: skip
NOTE = (
    "Forward, backward and loop: customers who moved so out of the stage. Entered and left: journeys. Score: -100 to 100, from "
    "who goes on, emotion and direction."
)
COLUMNS = (
    Column("label", "Stage", "text"),
    Column("customers", "Customers"),
    Column("entered", "Entered"),
    Column("forward", "Forward"),
    Column("backward", "Backward"),
    Column("loop", "Loops"),
    Column("left", "Left"),
    Column("now", "Stand here"),
    Column("active", "Active"),
    Column("inactive", "Inactive"),
    Column("done", "Done"),
    Column("dropped_off", "Dropped off"),
    Column("emotion", "Emotion", "score"),
    Column("score", "Score", "score"),
)
STANDING = (
    Column("label", "Stage", "text"),
    Column("standing", "Standing", "text"),
    Column("customers", "Customers"),
    Column("share", "Of the stage", "share"),
)
MOVES = (
    Column("label_from", "From", "text"),
    Column("label_to", "To", "text"),
    Column("kind", "Kind", "text"),
    Column("customers", "Customers"),
    Column("events", "Moves"),
    Column("median_seconds", "Median time", "seconds"),
)
ANALYSIS = Analysis(
    name="stages",
    title="Lifecycle",
    summary="Movement between stages, where customers stand and who dropped off, and the Journey Experience Score.",
    question=StagesQuestion,
    answer=answer_of,
    examples=({}, {"emotion": 0.0, "direction": 0.0}, {"journey": "visit"}),
    customers=customers_of,
)
