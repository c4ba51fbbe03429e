"""Journeys and steps in, a funnel out: how many customers get how far, how fast, and what those who do not go on did instead.

**Chain.** One event for each step, none for two of them, inside one journey, all within `window` of the first. *ordered*:
other events may come between. *strict*: no other event of the journey does. *any*: the steps may come in any order, and
step n means n different steps. A customer is as far as the deepest chain goes; A, A needs two events.

**Latest start, earliest finish.** Times are those of the chain with the latest start, the first time it gets to a step.

**Totals.** Customers count once, at their deepest chain. How often it happened in all says `journeys` with journeys of the kind
goal that end with the last step: chains that do not overlap, each counted.

**Ties.** Events of one instant count in the order that helps (`any`) or in the order of the log (`order`); `n_tie_dependent`
customers would be at another step the other way. What lies between two events lies strictly between them.

**Exclusions** between two steps void the chain; the customer may begin another.

**How they stand** at the end of the period: a chain that still has time is *open*, never dropped. Each step: customers =
those of the next step + dropped + still open. *mature*: those whose window is over, whatever they did; their share is the
one without bias. *expected*: the Kaplan-Meier estimate, which uses the open ones for as long as they were seen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from harken.errors import Invalid, NotFound
from harken.logs import Flags, Ints
from harken.understand.analysis import About, Analysis, Answer, Table, header_of
from harken.understand.chains import spread
from harken.understand.entrants import MODES, NO_WINDOW, WHAT, Chains, Entrants, entrants
from harken.understand.journeys import Journeys, Scope
from harken.understand.levels import END, OPEN, OTHER, Nodes, matching, nodes_of
from harken.understand.result import Column, Json
from harken.understand.statistics import kaplan_meier, wilson
from harken.words import DAY, SECOND, Config, Micros

TIES = ("any", "order")
MOST_STEPS = 20
CURVE = 50  # rows of the time to convert
_BETWEEN = re.compile(r"^(.*\S)\s+between\s+(\d+)\s+and\s+(\d+)$")


class FunnelQuestion(Scope, frozen=True, kw_only=True):
    """Which steps, in what order, within what time."""

    steps: tuple[str, ...]  # touchpoints, or patterns such as "stage:buy", "store: *", "web: Basket | web: Checkout"
    mode: Literal["ordered", "strict", "any"] = (
        "ordered"  # may others come between (ordered), may none (strict), or any order
    )
    window: Micros | None = 7 * DAY  # all steps within this of the first
    exclude: tuple[
        str, ...
    ] = ()  # who does this between two steps has to begin again: "web: Cancelled", or "web: Cancelled between 1 and 2"
    ties: Literal["any", "order"] = "any"  # events of one instant: in the order that helps, or in that of the log
    segments: tuple[str, ...] = ()  # segments to tell apart
    limit: int = 10  # things done instead to show for each step; 0 = all

    def check(self) -> None:
        """Invalid says what is wrong and what would be right."""
        super().check()
        if not 1 <= len(self.steps) <= MOST_STEPS:
            raise Invalid(f"a funnel has 1 to {MOST_STEPS} `steps`, such as `web: Plan page`, `stage:buy`")
        if self.mode not in MODES:
            raise Invalid(f"'{self.mode}' is not a mode of a funnel; there are {', '.join(MODES)}")
        if self.ties not in TIES:
            raise Invalid(f"'{self.ties}' is not a way to see ties; there are {', '.join(TIES)}")
        if (self.window is not None and self.window < 0) or self.limit < 0:
            raise Invalid("`window` is a length of time and `limit` a count: they cannot be negative")
        for text in self.exclude:
            pattern, first, last = self.between(text)
            if not pattern or not 1 <= first < last <= max(2, len(self.steps)):
                raise Invalid(f"exclude '{text}': steps go from 1 to {len(self.steps)}; right: `… between 1 and 2`")
            if self.mode == "any" and _BETWEEN.match(text):
                raise Invalid(f"exclude '{text}': steps in any order have no between; leave `between …` out")

    def patterns(self) -> tuple[str, ...]:
        """See `Scope.patterns`."""
        return (*super().patterns(), *(self.between(text)[0] for text in self.exclude))

    def between(self, text: str) -> tuple[str, int, int]:
        """An exclusion as pattern, and after and before which step it may not come."""
        told = _BETWEEN.match(text.strip())
        return (told[1], int(told[2]), int(told[3])) if told else (text.strip(), 1, max(2, len(self.steps)))


def answer(journeys: Journeys, about: About, question: FunnelQuestion) -> Answer:
    """The funnel."""
    question.check()
    nodes = nodes_of(journeys, about.catalogue, question.level, question.opened)
    found = _found(journeys, about.catalogue, question, nodes)
    steps = _steps(found, journeys.until, question)
    totals = _totals(found, steps)
    tables = {
        "steps": Table(
            frame=steps,
            columns=STEPS,
            title="Steps",
            note="Times are those of who got there: of the chain with the latest start, the first time it does.",
        ),
        "instead": Table(
            frame=_instead(found, nodes, question),
            columns=INSTEAD,
            title="What they did instead",
            note="The first thing within the window after the last step of those who did not go on.",
        ),
        "times": Table(
            frame=_times(found, journeys.until, len(question.steps)), columns=TIMES, title="Time to convert"
        ),
    }
    if question.segments:
        tables["segments"] = Table(
            frame=_by_segment(found, journeys, about, question), columns=(SEGMENT, *STEPS), title="By segment"
        )
    return Answer(
        analysis="funnel",
        question=question,
        header=header_of("funnel", journeys, about, question),
        caption=_caption(steps, totals),
        totals=totals,
        tables=tables,
    )


def customers(journeys: Journeys, about: About, question: FunnelQuestion, row: Mapping[str, Any]) -> pl.Series:
    """Who is behind a number: `step` (from 1) and `what` (customers, dropped, still_open, late, mature) of a table with
    steps, with `segment` if it has one; `step` and `next` (a node, END, OPEN or OTHER) of what they did instead; those
    who went all the way within `seconds` of the times."""
    question.check()
    table = row.get("table", "steps")
    if table not in ("steps", "segments", "instead", "times"):
        raise NotFound(f"no table '{table}'; there are steps, segments, instead, times")
    nodes = nodes_of(journeys, about.catalogue, question.level, question.opened)
    found = _found(journeys, about.catalogue, question, nodes)
    step = row.get("step", 1)
    if not isinstance(step, int) or not 1 <= step <= len(question.steps):
        raise Invalid(f"this funnel has the steps 1 to {len(question.steps)}; there is no step {step!r}")
    if table == "times":
        seconds = row.get("seconds", 0.0)
        if not isinstance(seconds, int | float):
            raise Invalid(f"`seconds` is a number, not {seconds!r}")
        kept = found.at("customers", len(question.steps)) & (found.since[:, -1] <= round(seconds * SECOND))
    elif table == "instead":
        instead = _instead(found, nodes, question).filter(pl.col("step") == step)["next"].to_list()
        wanted, ids = row.get("next", ""), np.array([*nodes.ids], object)
        names = np.where(found.open, OPEN, ids[found.next])
        stayed = (found.depth == step) & (step < len(question.steps))
        kept = stayed & (~np.isin(names, instead) if wanted == OTHER else names == wanted)
    else:
        kept = found.at(str(row.get("what", "customers")), step)
        if row.get("segment"):
            kept = kept & _in_segment(found, journeys, about, str(row["segment"]))
    return found.only(kept).profiles(journeys)


# ---------------------------------------------------------------------- counting


def _found(journeys: Journeys, catalogue: Config, question: FunnelQuestion, nodes: Nodes) -> Entrants:
    places = journeys.places
    steps, bars = np.zeros(places.height, np.int64), np.zeros(places.height, np.int64)
    for number, pattern in enumerate(question.steps):
        steps |= matching(places, catalogue, pattern).astype(np.int64) << number
    for text in question.exclude:
        pattern, first, last = question.between(text)
        bars |= matching(places, catalogue, pattern).astype(np.int64) * sum(1 << step for step in range(first, last))
    window = NO_WINDOW if question.window is None else question.window
    by_order = question.ties == "order"
    chains = Chains(
        count=len(question.steps), steps=steps, bars=bars, window=window, mode=question.mode, by_order=by_order
    )
    return entrants(journeys, question, nodes, chains)


def _steps(found: Entrants, until: Micros, question: FunnelQuestion) -> pl.DataFrame:
    k = len(question.steps)
    counts = {what: found.counts(what) for what in WHAT}
    reached, mature = counts["customers"], counts["mature"]
    since, previous = _quantiles(found.since, found.depth), _quantiles(found.previous, found.depth)
    if question.mode == "any":
        previous[:] = np.nan  # without an order there is no step before
    expected = _expected(found, until, k)
    rows = []
    for at, pattern in enumerate(question.steps):
        low, high = wilson(mature[at], mature[0])
        rows.append(
            {
                "step": at + 1,
                "label": pattern if question.mode != "any" else f"any {at + 1} of {k}",
                "customers": reached[at],
                "journeys": int(found.journeys[at]),
                "share": _share(reached[at], reached[0]),
                "share_of_previous": _share(reached[at], reached[at - 1]) if at else None,
                **{name: counts[name][at] for name in ("dropped", "still_open", "late", "mature")},
                "mature_share": _share(mature[at], mature[0]),
                "low": low,
                "high": high,
                "expected": expected[at],
                "median_seconds": since[at, 0] if at else 0.0,
                "p90_seconds": since[at, 1] if at else 0.0,
                "previous_median_seconds": previous[at, 0] if at else None,
                "previous_p90_seconds": previous[at, 1] if at else None,
            }
        )
    frame = pl.DataFrame(rows, schema=SCHEMA)
    return frame.with_columns(pl.col(pl.Float64).fill_nan(None))


def _share(count: int, of: int) -> float | None:
    return count / of if of else None


def _quantiles(times: Ints, depth: Ints) -> NDArray[np.float64]:
    """Median and 90 % quantile in seconds of those who got to each step."""
    k = times.shape[1]
    there = np.flatnonzero(depth > 1)
    times, depth = times[there], depth[there]
    columns = [times[depth > at, at] for at in range(k)]
    begins = np.cumsum([0, *(len(one) for one in columns)])
    found: NDArray[np.float64] = spread(np.concatenate(columns), begins, np.array([0.5, 0.9])) / SECOND
    return found


def _seen(found: Entrants, until: Micros, step: int) -> tuple[Ints, Ints]:
    """How long it took those who got to a step; how long those were seen who may get there yet."""
    waiting = found.open & (found.depth < step)
    return found.since[found.depth >= step, step - 1], until - found.began[waiting]


def _expected(found: Entrants, until: Micros, k: int) -> list[float]:
    """The product-limit estimate of getting to each step. Who dropped is known never to get there."""
    every = len(found.depth)
    if not every:
        return [float("nan")] * k
    shares = [1.0]
    for step in range(2, k + 1):
        took, seen = (np.sort(one) for one in _seen(found, until, step))
        there = every - np.arange(len(took)) - np.searchsorted(seen, took, side="left")
        with np.errstate(divide="ignore"):
            shares.append(float(-np.expm1(np.log1p(-1 / there).sum())))
    return shares


def _times(found: Entrants, until: Micros, k: int) -> pl.DataFrame:
    """The share that went all the way within each time, as far as that can be known."""
    took, seen = _seen(found, until, k)
    never = len(found.depth) - len(took) - len(seen)
    durations = np.concatenate([took, seen, np.full(min(never, 1), NO_WINDOW)])
    happened = np.arange(len(durations)) < len(took)
    curve = kaplan_meier(durations, happened, np.where(durations == NO_WINDOW, never, 1))
    rows = np.flatnonzero(curve.events > 0)
    if len(rows) > CURVE:
        rows = rows[np.unique(np.linspace(0, len(rows) - 1, CURVE).astype(np.int64))]
    data = {
        "seconds": curve.time[rows] / SECOND,
        "converted": np.cumsum(curve.events)[rows],
        "share": 1 - curve.share[rows],
        "low": 1 - curve.high[rows],
        "high": 1 - curve.low[rows],
        "at_risk": curve.at_risk[rows],
    }
    return pl.DataFrame(data).with_columns(pl.col(pl.Float64).fill_nan(None))


def _instead(found: Entrants, nodes: Nodes, question: FunnelQuestion) -> pl.DataFrame:
    """What came first after the last step, most customers first."""
    k = len(question.steps)
    stayed = found.depth < k
    kept = found.only(stayed)
    number = np.where(kept.open, nodes.pseudo(OPEN), kept.next)
    counts = np.bincount((kept.depth - 1) * nodes.size + number, minlength=k * nodes.size).reshape(k, nodes.size)
    ids, labels = nodes.ids, nodes.labels
    kinds = dict(zip(ids[len(nodes) :], ("start", "before", "end", "open", "other"), strict=True))
    rows: list[dict[str, Json]] = []
    for step in range(k - 1):
        every = int(counts[step].sum())
        there = sorted(np.flatnonzero(counts[step]).tolist(), key=lambda at: (-counts[step, at], ids[at]))
        nodes_there = [at for at in there if ids[at] not in (END, OPEN)]
        shown = {*(nodes_there[: question.limit] if question.limit else nodes_there), *(set(there) - set(nodes_there))}
        cut = sum(int(counts[step, at]) for at in there if at not in shown)
        told = [(ids[at], labels[at] if ids[at] != END else "nothing in time", int(counts[step, at]))
                for at in there if at in shown]  # fmt: skip
        if cut:
            told.append((OTHER, f"{len(there) - len(shown)} others", cut))
        rows += [{"step": step + 1, "next": id, "label": label, "kind": kinds.get(id, "node"), "customers": count,
                  "share": count / every} for id, label, count in told]  # fmt: skip
    schema = {"step": pl.Int64, "next": pl.String, "label": pl.String, "kind": pl.String, "customers": pl.Int64}
    return pl.DataFrame(rows, schema={**schema, "share": pl.Float64})


# ---------------------------------------------------------------------- people


def _by_segment(found: Entrants, journeys: Journeys, about: About, question: FunnelQuestion) -> pl.DataFrame:
    """The steps of each segment. `journeys` is not told apart."""
    frames = []
    for segment in question.segments:
        steps = _steps(found.only(_in_segment(found, journeys, about, segment)), journeys.until, question)
        frames.append(steps.select(pl.lit(segment).alias("segment"), pl.exclude("journeys")))
    return pl.concat(frames)


def _in_segment(found: Entrants, journeys: Journeys, about: About, segment: str) -> Flags:
    members = about.members.get(segment, pl.Series([], dtype=pl.String)).cast(pl.String)
    return found.profiles(journeys).is_in(members.implode()).to_numpy().astype(np.bool_)


# ---------------------------------------------------------------------- words


def _totals(found: Entrants, steps: pl.DataFrame) -> dict[str, Json]:
    last = steps.row(-1, named=True)
    return {
        "entered": len(found.depth),
        "converted": last["customers"],
        "dropped": int(steps["dropped"].sum()),
        "still_open": int(steps["still_open"].sum()),
        "share": last["share"],
        "mature": int(steps["mature"][0]),
        "mature_share": last["mature_share"],
        "expected": last["expected"],
        "n_tie_dependent": int((found.depth != found.other).sum()),
        "median_seconds": last["median_seconds"] if steps.height > 1 else None,
    }


def _caption(steps: pl.DataFrame, totals: Mapping[str, Json]) -> str:
    """The one thing to see first."""
    entered, converted = totals["entered"], totals["converted"]
    if not entered:
        return f"Nobody came to {steps['label'][0]} in this period."
    dropped = steps.head(-1)
    lost = int(dropped["dropped"].sum())
    whole = f"{converted:,} of {entered:,} who began went all the way"
    if not lost:
        return f"{whole}; nobody was lost, {totals['still_open']:,} may still go on."
    worst = dropped.sort("dropped", "step", descending=[True, False]).row(0, named=True)
    return f"{whole}; most of the lost stopped after {worst['label']}: {worst['dropped']:,} of {lost:,}."


SCHEMA: dict[str, Any] = {
    "step": pl.Int64, "label": pl.String, "customers": pl.Int64, "journeys": pl.Int64, "share": pl.Float64,
    "share_of_previous": pl.Float64, "dropped": pl.Int64, "still_open": pl.Int64, "late": pl.Int64, "mature": pl.Int64,
    "mature_share": pl.Float64, "low": pl.Float64, "high": pl.Float64, "expected": pl.Float64,
    "median_seconds": pl.Float64, "p90_seconds": pl.Float64, "previous_median_seconds": pl.Float64,
    "previous_p90_seconds": pl.Float64,
}  # fmt: skip
SEGMENT = Column("segment", "Segment", "text")
STEPS = (
    Column("step", "Step"),
    Column("label", "What", "text"),
    Column("customers", "Customers"),
    Column("share", "Of those who began", "share"),
    Column("share_of_previous", "Of the step before", "share"),
    Column("dropped", "Stopped here"),
    Column("late", "Came too late"),
    Column("still_open", "Still open"),
    Column("mature_share", "Of those with time enough", "share"),
    Column("low", "At least", "share"),
    Column("high", "At most", "share"),
    Column("expected", "Expected in the end", "share"),
    Column("previous_median_seconds", "Time from the step before", "seconds"),
    Column("median_seconds", "Time from the first", "seconds"),
    Column("p90_seconds", "9 of 10 within", "seconds"),
)
INSTEAD = (
    Column("step", "After step"),
    Column("label", "Next", "text"),
    Column("customers", "Customers"),
    Column("share", "Of those who did not go on", "share"),
)
TIMES = (
    Column("seconds", "Within", "seconds"),
    Column("converted", "Customers"),
    Column("share", "Share", "share"),
    Column("low", "At least", "share"),
    Column("high", "At most", "share"),
)

ANALYSIS = Analysis(
    name="funnel",
    title="Funnel",
    summary="How many customers get from step to step, how fast, and what those who stop did instead.",
    question=FunnelQuestion,
    answer=answer,
    customers=customers,
    examples=(
        {"steps": ["web: Plan page", "web: Basket", "web: Order placed"]},
        {"steps": ["stage:consider", "stage:buy"], "window": "30d", "exclude": ["web: Cancelled"]},
        {"steps": ["web: Basket", "web: Checkout", "web: Order placed"], "mode": "strict", "level": "channel"},
    ),
)
