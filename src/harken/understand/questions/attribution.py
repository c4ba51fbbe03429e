"""Journeys in, attribution out: which touchpoints or campaigns led to a goal, by seven models, and how far these disagree.

**Path.** What a customer did since the last time the goal was reached (or since the journey began) until it is reached,
not longer than `lookback` before. What comes after the last goal is a path that led nowhere once the customer has left; while
the journey is open nobody can know, and it is not counted. A goal with nothing before it is credited to nobody.

**Models.** By rule: *first*, *last*, *linear* (each step alike), *decay* (half as much for each `half_life` before the last
step), *position* (`first_share`, `last_share`, the rest alike). *Shapley*: what each place adds on average to the paths whose
places are all there; for this game each different place of a path gets alike (Zhao, Mahboobi & Bagheri 2018). *Markov*: how
many conversions would be missing without the place, if customers went by the chances of one step to the next (Anderl et al.
2016); it needs paths that led nowhere. Each model gives away exactly as many conversions as there were.

**Campaigns** (`credited`): what is credited are not places but the campaigns steps came by (`context.campaign`, a property such as
`campaign` or `utm_campaign`, or the page's address). Steps without one have no part; a goal that came by one itself has it before.

All of them describe what went together. None says what would have happened otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any, Literal

import numpy as np
import polars as pl
from msgspec import Struct
from msgspec.structs import replace

from harken.errors import Invalid
from harken.logs import Ints
from harken.understand.analysis import About, Analysis, Answer, Table, header_of
from harken.understand.credited import States, campaigned
from harken.understand.crediting import (
    DIRECT,
    RULES,
    SHAPLEY,
    UNITS,
    Credit,
    Paths,
    Weighing,
    in_units,
    removal_effects,
)
from harken.understand.goals import goal_places
from harken.understand.journeys import Journeys, Scope, without_repeats
from harken.understand.levels import nodes_of
from harken.understand.result import Column, Json
from harken.understand.statistics import REPLICATES, Numbers, interval
from harken.understand.told import Wanted
from harken.words import DAY, Config, Micros

MOST = 500
CREDITED = ("places", "campaigns")
MODELS = ("first", "last", "linear", "decay", "position", "shapley", "markov")
WORDS = {
    "first": "first step", "last": "last step", "linear": "linear", "decay": "time decay", "position": "position",
    "shapley": "Shapley", "markov": "Markov",
}  # fmt: skip
NOTHING = "(nothing before)"
DESCRIPTIVE = "Descriptive: what went together, not what would have happened otherwise."


class AttributionQuestion(Scope, frozen=True, kw_only=True):
    """Whose journeys, which goal, and how far back."""

    goals: tuple[
        str, ...
    ] = ()  # what is reached, such as goal:order, web: Thanks, stage:buy; none: the company's goals
    credited: Literal["places", "campaigns"] = "places"  # what the goal is credited to: places (`level`), or campaigns
    lookback: Micros = 30 * DAY  # steps longer before the goal have nothing to do with it
    half_life: Micros = 7 * DAY  # of credit in the model of time decay
    first_share: float = 0.4  # of the first step in the model by position …
    last_share: float = 0.4  # … and of the last one
    nodes: int = 100  # so many are told apart, those of most steps; the others are one, in the models too
    replicates: int = REPLICATES  # for the intervals: so often are customers drawn again; 0: no intervals

    def check(self) -> None:
        """Invalid says what is wrong and what would be right."""
        super().check()
        if self.credited not in CREDITED:
            raise Invalid(f"'{self.credited}' cannot be credited; there are {', '.join(CREDITED)}")
        if self.lookback < 0 or self.half_life <= 0:
            raise Invalid("`lookback` and `half_life` are lengths of time, such as 30d and 7d; `half_life` is not 0")
        if self.first_share < 0 or self.last_share < 0 or self.first_share + self.last_share > 1:
            raise Invalid("`first_share` and `last_share` are shares from 0 to 1 that make 1 together at most")
        if not 1 <= self.nodes <= MOST:
            raise Invalid(f"`nodes` is a count from 1 to {MOST}")
        if not 0 <= self.replicates <= 2_000:
            raise Invalid("`replicates` is a count from 0 to 2,000; 200 is usual")


class _Models(Struct, frozen=True):
    """Credit in units [model, state], the share of each [model, state] with low and high, and removal effects."""

    names: tuple[str, ...]
    units: Ints
    shares: Numbers
    low: Numbers
    high: Numbers
    effects: Numbers


def answer(journeys: Journeys, about: About, question: AttributionQuestion) -> Answer:
    """What each place is credited with by each model, and how far they are apart."""
    paths, states, nodes = _asked(journeys, about, question)
    credit = paths.credited(states.of_place, len(states.nodes))
    models = _models(credit, question.replicates)
    wide = _wide(states, credit, models)
    tables = {
        "touchpoints": Table(frame=wide, columns=_columns(models), title="Credit", note=_note(credit, question)),
        "credits": Table(frame=_long(states, models), columns=_LONG_COLUMNS, title="Credit by model", note=DESCRIPTIVE),
        "disagreement": Table(frame=_apart(models), columns=_APART_COLUMNS, title="How far models are apart"),
    }
    if question.credited == "places" and question.level in ("touchpoint", "group") and "markov" in models.names:
        tables["channels"] = _granularity(journeys, about.catalogue, question, paths, states, models)
    return Answer(
        analysis="attribution",
        question=question,
        header=header_of("attribution", journeys, about, question),
        caption=_caption(states, credit, models),
        totals=_totals(journeys, credit, models, nodes),
        tables=tables,
    )


def customers(journeys: Journeys, about: About, question: AttributionQuestion, row: Mapping[str, Any]) -> pl.Series:
    """Who reached the goal on a path that the `id` of a row of `touchpoints` was on."""
    if row.get("table", "touchpoints") != "touchpoints":
        raise Invalid(f"nobody in particular is behind a row of '{row['table']}'; rows of `touchpoints` have customers")
    paths, states, _ = _asked(journeys, about, question)
    ids = [*(node.id for node in states.nodes), NOTHING]
    wanted = str(row.get("id", ""))
    if wanted not in ids:
        raise Invalid(f"no row '{wanted}'; the table `touchpoints` names them in `id`")
    state = DIRECT if wanted == NOTHING else ids.index(wanted)
    met = paths.behind(states.of_place, len(states.nodes), state)
    found = [part.profiles.filter(pl.Series(one)) for part, one in zip(journeys.parts, met, strict=True)]
    return pl.concat(found) if found else pl.Series(dtype=pl.String)


def wanted_of(places: pl.DataFrame, catalogue: Config, question: AttributionQuestion) -> Wanted | None:
    """The campaign of every step, when campaigns are credited."""
    if question.credited != "campaigns":
        return None
    return Wanted(places=np.ones(places.height, np.bool_), campaign=True)


def _asked(journeys: Journeys, about: About, question: AttributionQuestion) -> tuple[Paths, States, int]:
    """Paths, what is credited, and how many there are of it."""
    question.check()
    catalogue = about.catalogue
    if not question.goals and not catalogue.goals:
        raise Invalid("attribution needs `goals`, such as web: Thanks or stage:buy: the catalogue has none of its own")
    goal = goal_places(journeys.places, catalogue, question.goals)
    if question.credited == "campaigns":
        found = campaigned(journeys, goal, about.told, question.repeats)
        return (
            Paths(found.journeys, found.goal, _weighing(question)),
            States.of_campaigns(found, question.nodes),
            len(found.names),
        )
    nodes = nodes_of(journeys, catalogue, question.level, question.opened)
    parts = tuple(without_repeats(part, nodes.of_place, question.repeats) for part in journeys.parts)
    paths = Paths(replace(journeys, parts=parts), goal, _weighing(question))
    return paths, States.of(nodes, question.nodes), len(nodes)


def _weighing(question: AttributionQuestion) -> Weighing:
    return Weighing(
        lookback=question.lookback, half_life=question.half_life, first=question.first_share, last=question.last_share
    )


# ---------------------------------------------------------------------- models


def _models(credit: Credit, replicates: int) -> _Models:
    """Every model that can be told: without paths that led nowhere nothing is ever missing, so there is no Markov."""
    attributed = int((credit.conversions - credit.direct).sum())
    markov = credit.lost > 0 and attributed > 0
    moves = credit.moves.sum(axis=0, dtype=np.int64).astype(np.float64)
    effects = removal_effects(moves) if markov else np.full(credit.states, np.nan)
    units = credit.credit.sum(axis=0).T
    if markov:
        units = np.vstack([units, in_units(effects, attributed)])
    names = MODELS if markov else MODELS[:RULES]
    shares = units / (attributed * UNITS) if attributed else np.full(units.shape, np.nan)
    low = high = np.full(shares.shape, np.nan)
    if replicates and attributed:
        low, high = interval(_replicates(credit, replicates, markov=markov))
    return _Models(names, units, shares, low, high, effects)


def _replicates(credit: Credit, replicates: int, *, markov: bool) -> Numbers:
    """Shares [model, state, replicate]. A replicate in which nobody reached the goal tells nothing."""
    drawn, moves = credit.drawn(replicates)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.moveaxis(drawn / drawn[:, :, :1].sum(axis=1, keepdims=True), 0, -1).transpose(1, 0, 2)
        if not markov:
            return np.asarray(found, np.float64)
        effects = np.concatenate([removal_effects(some) for some in np.array_split(moves, max(1, replicates // 20))])
        shares = (effects / effects.sum(axis=1, keepdims=True)).T
    return np.concatenate([found, shares[None]])


def _apart(models: _Models) -> pl.DataFrame:
    """How much of the credit two models put at different places (total variation), the furthest first."""
    rows = []
    for a, b in combinations(range(len(models.names)), 2):
        apart = float(np.abs(models.shares[a] - models.shares[b]).sum() / 2)
        rows.append((models.names[a], models.names[b], apart))
    frame = pl.DataFrame(rows, schema={"model": pl.String, "other": pl.String, "apart": pl.Float64}, orient="row")
    return frame.filter(pl.col("apart").is_finite()).sort("apart", "model", "other", descending=[True, False, False])


def _granularity(
    journeys: Journeys, catalogue: Config, question: AttributionQuestion, paths: Paths, states: States, models: _Models
) -> Table:
    """Credit of places summed up by channel beside the credit of channels: two answers, not to be mixed."""
    channels = nodes_of(journeys, catalogue, "channel")
    asked = States.of(channels, question.nodes)
    there = _models(paths.credited(asked.of_place, len(asked.nodes), bags=1), 0)
    summed: dict[str, list[float]] = {}
    for node, shares in zip(states.nodes, models.shares.T, strict=True):
        into = summed.setdefault(node.channel or node.id, [0.0, 0.0])
        into[0] += float(shares[-1])
        into[1] += float(shares[SHAPLEY])
    rows = [
        (node.id, summed.get(node.id, [0.0, 0.0])[0], float(there.shares[-1][n]),
         summed.get(node.id, [0.0, 0.0])[1], float(there.shares[SHAPLEY][n]))
        for n, node in enumerate(asked.nodes)
    ]  # fmt: skip
    frame = pl.DataFrame(rows, schema=_GRANULARITY, orient="row").sort("markov", "channel", descending=[True, False])
    return Table(
        frame=frame,
        columns=_GRANULARITY_COLUMNS,
        title="Channels",
        note="Places summed up are not the same as channels asked for: decide about channels with the level channel.",
    )


# ---------------------------------------------------------------------- tables


def _wide(states: States, credit: Credit, models: _Models) -> pl.DataFrame:
    """A row for each place some model credits, and one for goals with nothing before.

    Markov may credit a place that was on no path to the goal: paths that led nowhere cross there those that did.
    """
    rows = []
    for n, node in enumerate(states.nodes):
        if not models.units[:, n].any():
            continue
        shares = models.shares[:, n]
        rows.append((
            node.id, node.label, node.channel, node.stage, int(credit.paths[n]), int(credit.customers[n]),
            *(models.units[:, n] / UNITS).tolist(), float(shares.min()), float(shares.max()),
            float(models.effects[n]),
        ))  # fmt: skip
    if credit.paths[-1]:
        direct = int(credit.paths[-1])
        given = [float(direct)] * len(models.names)
        rows.append((NOTHING, "nothing before", "", "", direct, int(credit.customers[-1]), *given, None, None, None))
    schema = {
        "id": pl.String, "label": pl.String, "channel": pl.String, "stage": pl.String, "conversions": pl.Int64,
        "customers": pl.Int64, **dict.fromkeys(models.names, pl.Float64), "least": pl.Float64, "most": pl.Float64,
        "removal_effect": pl.Float64,
    }  # fmt: skip
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame.sort(pl.col("least").is_null(), -(pl.col("least") + pl.col("most")), "id")


def _long(states: States, models: _Models) -> pl.DataFrame:
    """A row for each place and model, the most credited first."""
    rows = [
        (node.id, node.label, model, float(models.units[m, n] / UNITS), float(models.shares[m, n]),
         float(models.low[m, n]), float(models.high[m, n]))
        for n, node in enumerate(states.nodes)
        if models.units[:, n].any()
        for m, model in enumerate(models.names)
    ]  # fmt: skip
    schema = {
        "id": pl.String, "label": pl.String, "model": pl.String, "credit": pl.Float64, "share": pl.Float64,
        "low": pl.Float64, "high": pl.Float64,
    }  # fmt: skip
    order = pl.Series("order", [MODELS.index(row[2]) for row in rows], dtype=pl.Int64)
    frame = pl.DataFrame(rows, schema=schema, orient="row").with_columns(order)
    return frame.sort("order", "credit", "id", descending=[False, True, False]).drop("order")


def _totals(journeys: Journeys, credit: Credit, models: _Models, nodes: int) -> dict[str, Json]:
    apart = _apart(models)
    return {
        "customers": journeys.customers,
        "conversions": int(credit.conversions.sum()),
        "converted": credit.converted,
        "nothing_before": int(credit.direct.sum()),
        "lost_paths": credit.lost,
        "open_paths": credit.open,
        "nodes": nodes,
        "disagreement": float(apart["apart"][0]) if apart.height else None,
    }


def _columns(models: _Models) -> tuple[Column, ...]:
    return (
        Column("label", "Touchpoint", "text"),
        Column("channel", "Channel", "text"),
        Column("conversions", "On the way to"),
        Column("customers", "Customers"),
        *(Column(name, WORDS[name].capitalize(), "score") for name in models.names),
        Column("least", "Share from", "share"),
        Column("most", "Share to", "share"),
        Column("removal_effect", "Missing without it", "share"),
    )


def _note(credit: Credit, question: AttributionQuestion) -> str:
    told = f"{DESCRIPTIVE} {credit.open:,} paths that are still open are not counted."
    if not credit.lost:
        told += " No path led nowhere, so nothing can be said by Markov."
    if question.credited == "campaigns":
        return f"{told} Steps that came by no campaign have no part."
    return f"{told} The models see each {question.level} as one: another level gives other credit."


def _caption(states: States, credit: Credit, models: _Models) -> str:
    conversions, direct = int(credit.conversions.sum()), int(credit.direct.sum())
    if not conversions:
        return "Nobody reached the goal."
    if direct == conversions:
        return f"Nothing came before the goal: {conversions:,} of {conversions:,} were reached with the first step."
    spread = np.round(models.shares.max(axis=0) - models.shares.min(axis=0), 9)
    node = int(np.argmax(spread))
    if spread[node] < 0.005:
        top = int(np.argmax(models.shares.mean(axis=0)))
        return f"All models agree: {states.nodes[top].label} has {_percent(models.shares[0, top])} of the credit."
    low, high = int(np.argmin(models.shares[:, node])), int(np.argmax(models.shares[:, node]))
    return (
        f"Models disagree most about {states.nodes[node].label}: {_percent(models.shares[low, node])} of the credit "
        f"({WORDS[models.names[low]]}) or {_percent(models.shares[high, node])} ({WORDS[models.names[high]]})."
    )


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")


_LONG_COLUMNS = (
    Column("label", "Touchpoint", "text"),
    Column("model", "Model", "text"),
    Column("credit", "Credit", "score"),
    Column("share", "Share", "share"),
    Column("low", "At least", "share"),
    Column("high", "At most", "share"),
)
_APART_COLUMNS = (
    Column("model", "Model", "text"),
    Column("other", "Other model", "text"),
    Column("apart", "Credit at other places", "share"),
)
_GRANULARITY = {
    "channel": pl.String, "markov_summed": pl.Float64, "markov": pl.Float64, "shapley_summed": pl.Float64, "shapley": pl.Float64,
}  # fmt: skip
_GRANULARITY_COLUMNS = (
    Column("channel", "Channel", "text"),
    Column("markov_summed", "Markov, places summed up", "share"),
    Column("markov", "Markov, channels", "share"),
    Column("shapley_summed", "Shapley, places summed up", "share"),
    Column("shapley", "Shapley, channels", "share"),
)

ANALYSIS = Analysis(
    name="attribution",
    title="Attribution",
    summary="Which touchpoints, channels or campaigns led to a goal, by seven models side by side, with how far they disagree.",
    question=AttributionQuestion,
    answer=answer,
    examples=(
        {"goals": ("stage:buy",)},
        {"goals": ("stage:buy",), "level": "channel"},
        {"goals": ("stage:buy",), "credited": "campaigns"},
    ),
    customers=customers,
    wanted=wanted_of,
)
