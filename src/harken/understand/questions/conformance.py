"""Journeys and a designed path in, how far they follow it out: fitness, and who deviates where and how.

The path is one text: `web: Plan page > web: Basket? > web: Order placed within 7d`. Steps are places or patterns, parted by
` > `. `?` behind a step: it may be left out. `+`: it may come several times. `within 7d`: at most so long after the step done
before it; `within 7d of the start`: after the first one.

*Fitness* of a journey = 1 - cost / highest cost (see `alignment`): 1 is as designed, 0 has nothing of it. *Deviations*: a
step is **missing**, **swapped** with the one before it (two neighbors in the other order, nothing in between), **out of order**
(it was made, but elsewhere), **too often**, **too late**; **not planned** when what the path does not name costs too. A swap
costs 2, as leaving out and doing too often do; 1 with `swaps` one. *After* is how many steps of the path were done by then. Open journeys are laid on the
beginning of the path: what may still come is not missing. For those under way when the period began, what came before
is not missing either. Journeys that came to no step of the path are not judged.

A *variant* is what journeys did of the path, in their order: the events its steps name (and all others, when they count), a step
that may come several times once however often it came in a row. Being late is no part of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import polars as pl
from msgspec import Struct

from harken.errors import Invalid, NotFound
from harken.logs import Ints
from harken.understand import kernels
from harken.understand.alignment import CLASSES, TOO_LATE, aligned, tally
from harken.understand.analysis import About, Analysis, Answer, Table, header_of, whole
from harken.understand.asking import length
from harken.understand.journeys import Journeys, Part, Scope, without_repeats
from harken.understand.levels import matching, nodes_of
from harken.understand.result import Column, Json
from harken.understand.trees import APART
from harken.understand.variants import OTHER, Meant, grouped, variants_table
from harken.words import Micros

MOST_STEPS = 20
OTHERS = ("free", "count")
SWAPS = ("two", "one")
FITS = (("as designed", 1.0), ("at least 80 %", 0.8), ("at least 60 %", 0.6), ("at least 40 %", 0.4), ("at least 20 %", 0.2), ("less", 0.0))  # fmt: skip
_STEP = re.compile(
    r"^(?P<pattern>.*?\S)\s*(?P<marks>[?+]{0,2})(?:\s+within\s+(?P<time>.+?)(?P<start>\s+of\s+the\s+start)?)?$"
)


class Step(Struct, frozen=True, kw_only=True):
    """A step of a designed path."""

    pattern: str
    optional: bool = False
    again: bool = False  # may come several times
    within: Micros = -1
    of_start: bool = False


class ConformanceQuestion(Scope, frozen=True, kw_only=True):
    """Which path, and what to do with what it does not name."""

    path: str
    """The designed path: steps parted by " > ", each a touchpoint or pattern such as "stage:buy". "?" behind a step: it may be
    left out; "+": it may come several times; "within 7d": at most so long after the step before it, or "within 7d of the
    start". So "web: Plan page+ > web: Basket > web: Checkout? > web: Order placed within 7d"."""
    others: Literal["free", "count"] = "free"  # events the path does not name cost nothing, or 1 each
    swaps: Literal["two", "one"] = (
        "two"  # what two neighbors of the path made in the other order cost: two deviations, or one
    )
    variants: int = 20  # so many ways customers took are listed, the most frequent; the others are one row

    def check(self) -> None:
        """Invalid says what is wrong and what would be right."""
        super().check()
        if self.others not in OTHERS:
            raise Invalid(f"'{self.others}' is not what others cost; there are {', '.join(OTHERS)}")
        if self.swaps not in SWAPS:
            raise Invalid(f"'{self.swaps}' is not what a swap costs; there are {', '.join(SWAPS)}")
        if self.variants < 1:
            raise Invalid("`variants` is a number of rows: at least 1")
        self.steps()

    def patterns(self) -> tuple[str, ...]:
        """See `Scope.patterns`."""
        return tuple(step.pattern for step in self.steps())

    def steps(self) -> list[Step]:
        """The path's steps."""
        texts = [text.strip() for text in self.path.split(APART)]
        if not 1 <= len(texts) <= MOST_STEPS or any(not one.strip("> ") or ">" in (one[0], one[-1]) for one in texts):
            raise Invalid(
                f"`path` has 1 to {MOST_STEPS} steps, parted by ` > `: web: Plan page > web: Order placed within 7d"
            )
        return [_step(text) for text in texts]


def _step(text: str) -> Step:
    told = _STEP.match(text)
    if told is None or not told["pattern"].strip("?+ "):
        raise Invalid(f"path: '{text}' is no step; right: `web: Basket`, `web: Basket?`, `web: Basket+ within 7d`")
    within = -1 if told["time"] is None else length(told["time"].strip(), "path")
    return Step(
        pattern=told["pattern"],
        optional="?" in told["marks"],
        again="+" in told["marks"],
        within=within,
        of_start=told["start"] is not None,
    )


class _Judged(Struct, frozen=True):
    """Journeys that came to the path, one row each (part, customer, open, cost, highest, done, late, fitness, variant), and each
    deviation (row, person, code as `aligned` has it)."""

    journeys: pl.DataFrame
    deviations: pl.DataFrame
    steps: list[Step]
    untouched: int
    parts: list[Part]
    meant: Meant

    @property
    def k(self) -> int:
        """How many steps the path has."""
        return len(self.steps)

    def coded(self, what: str, step: int) -> int:
        """The first code of a deviation; the next k are those after more steps."""
        return (CLASSES.index(what) * self.k + max(step - 1, 0)) * (self.k + 1)


def answer(journeys: Journeys, about: About, question: ConformanceQuestion) -> Answer:
    """How the journeys follow the path."""
    judged = _judged(journeys, about, question)
    deviations, steps = _deviations(judged), _steps(judged)
    totals = _totals(judged)
    return Answer(
        analysis="conformance",
        question=question,
        header=header_of("conformance", journeys, about, question),
        caption=_caption(deviations, totals),
        totals=totals,
        tables={
            "deviations": Table(
                frame=deviations, columns=DEVIATIONS, title="Deviations", note="A journey may have several."
            ),
            "steps": Table(frame=steps, columns=STEPS, title="Steps of the path"),
            "variants": variants_table(
                judged.journeys, judged.deviations, judged.parts, judged.meant, question.variants
            ),
            "fitness": Table(frame=_fitness(judged), columns=FITNESS, title="Fitness"),
        },
    )


def customers(journeys: Journeys, about: About, question: ConformanceQuestion, row: Mapping[str, Any]) -> pl.Series:
    """Who is behind a row: `what`, `step` and `after` of a deviation; `step` (and `what`: customers, or a deviation) of the
    steps; `id` of the variants; `fit` of the fitness."""
    judged = _judged(journeys, about, question)
    table, step = row.get("table", "deviations"), row.get("step")
    if table == "deviations" and row.get("what") in CLASSES and isinstance(step, int):
        code = judged.coded(str(row["what"]), step) + whole(row, "after")
        kept = judged.deviations.filter(pl.col("code") == code)["row"]
    elif table == "steps" and isinstance(step, int) and 1 <= step <= len(judged.steps):
        what = str(row.get("what", "customers"))
        if what == "customers":
            kept = judged.journeys.filter(_done(step - 1))["row"]
        elif what in CLASSES:
            code = judged.coded(what, step)
            kept = judged.deviations.filter(pl.col("code").is_between(code, code + judged.k))["row"]
        else:
            raise Invalid(f"'{what}' is not a number of a step; there are customers, {', '.join(CLASSES)}")
    elif table == "variants":
        kept = _of_variant(judged, str(row.get("id", "")), question.variants)
    elif table == "fitness":
        kept = judged.journeys.filter(pl.col("fit") == str(row.get("fit")))["row"]
    else:
        raise NotFound("there are the tables deviations, steps (of the path, from 1), variants and fitness")
    who = judged.journeys.filter(pl.col("row").is_in(kept.unique().implode())).select("part", "customer").unique()
    parts = [
        part.profiles.gather(who.filter(pl.col("part") == at)["customer"].sort())
        for at, part in enumerate(journeys.parts)
    ]
    return pl.concat(parts).alias("profile") if parts else pl.Series("profile", [], dtype=pl.String)


def _of_variant(judged: _Judged, id: str, most: int) -> pl.Series:
    """The rows of journeys of one variant; of all that are not shown."""
    if id == OTHER:
        shown = grouped(judged.journeys).head(most)
        return judged.journeys.join(shown.select("variant"), on="variant", how="anti")["row"]
    number = int(id, 16) if re.fullmatch("[0-9a-f]{16}", id) else -1
    return judged.journeys.filter(pl.col("variant") == number)["row"]


def _judged(journeys: Journeys, about: About, question: ConformanceQuestion) -> _Judged:
    question.check()
    steps, places = question.steps(), journeys.places
    k = len(steps)
    nodes = nodes_of(journeys, about.catalogue, question.level, question.opened)
    masks = np.zeros(places.height, np.int64)
    for at, step in enumerate(steps):
        masks |= matching(places, about.catalogue, step.pattern).astype(np.int64) << at
    counted = (masks > 0) | (question.others == "count")
    marks = [np.array(each, np.int64) for each in zip(*((not one.optional, one.again, one.within, one.of_start)
             for one in steps), strict=True)]  # fmt: skip

    parts = [without_repeats(part, nodes.of_place, question.repeats) for part in journeys.parts]

    def judge(part: Part) -> Any:
        return aligned(
            part.off, part.place, part.occurred, part.truncated, part.open & ~part.reached, masks, counted, k, *marks,
            2 - SWAPS.index(question.swaps), journeys.until,
        )  # fmt: skip

    found = kernels.each(judge, parts)
    frames = [_rows(at, part, told) for at, (part, (told, _, _)) in enumerate(zip(journeys.parts, found, strict=True))]
    firsts = np.cumsum([0, *(part.journeys for part in journeys.parts)])
    whose = np.concatenate(
        [np.empty(0, np.int64), *(one[1] + first for one, first in zip(found, firsts[:-1], strict=True))]
    )
    code = np.concatenate([np.empty(0, np.int64), *(one[2] for one in found)])
    rows = pl.concat([pl.DataFrame(schema=ROWS), *frames]).with_row_index("row")
    deviations = pl.DataFrame(
        {"row": pl.Series(whose, dtype=pl.UInt32), "person": rows["person"].gather(whose), "code": code}
    )
    late = np.zeros(rows.height, np.bool_)
    late[whose[code // ((k + 1) * k) == TOO_LATE]] = True
    touched = rows.with_columns(pl.Series("late", late)).filter("touched")
    fitness = (1 - pl.col("cost") / pl.col("highest")).alias("fitness")
    again = sum(one.again << at for at, one in enumerate(steps))
    meant = Meant(masks, counted, [one.pattern for one in steps], again)
    judged = touched.with_columns(fitness).with_columns(_fit())
    return _Judged(judged, deviations, steps, rows.height - touched.height, parts, meant)


def _rows(at: int, part: Part, told: Ints) -> pl.DataFrame:
    person = (at << 32) + part.customer.astype(np.int64)
    data = {
        "person": person,
        "part": np.full(part.journeys, at),
        "journey": np.arange(part.journeys),
        "customer": part.customer,
        "open": part.open,
        "touched": told[:, 0] > 0,
    }
    return pl.DataFrame(
        data | {name: told[:, n] for n, name in enumerate(("cost", "highest", "done", "variant"), 1)}, schema=ROWS
    )


def _fit() -> pl.Expr:
    """Which row of the fitness; too late is not as designed, whatever it cost."""
    said = pl.lit(FITS[-1][0])
    for name, least in reversed(FITS[1:-1]):
        said = pl.when(pl.col("fitness") >= least - 1e-12).then(pl.lit(name)).otherwise(said)
    return pl.when((pl.col("cost") == 0) & ~pl.col("late")).then(pl.lit(FITS[0][0])).otherwise(said).alias("fit")


def _done(step: int) -> pl.Expr:
    return (pl.col("done") // (1 << step)) % 2 == 1


# ---------------------------------------------------------------------- frames


def _counts(rows: pl.DataFrame, group: Ints, groups: int) -> Ints:
    """Customers, journeys and events of each."""
    found: Ints = tally(group, rows["person"].to_numpy(), rows["row"].to_numpy(), groups)
    return found


def _people(rows: pl.DataFrame) -> int:
    """Of journeys; those of a customer lie together."""
    return int((rows["person"] != rows["person"].shift()).fill_null(value=True).sum())


def _deviations(judged: _Judged) -> pl.DataFrame:
    """Most customers first."""
    k, every = judged.k, max(1, _people(judged.journeys))
    counts = _counts(judged.deviations, judged.deviations["code"].to_numpy(), len(CLASSES) * k * (k + 1))
    patterns, made = ["", *(one.pattern for one in judged.steps)], []
    for code in np.flatnonzero(counts[2]).tolist():
        what, after = CLASSES[code // ((k + 1) * k)], code % (k + 1)
        step = 0 if what == CLASSES[-1] else code // (k + 1) % k + 1  # what is not planned is at no step of the path
        people, journeys, events = counts[:, code].tolist()
        told = {"label": patterns[step], "after": after, "after_label": patterns[after], "customers": people}
        made.append(
            {"what": what, "step": step, **told, "share": people / every, "journeys": journeys, "events": events}
        )
    frame = pl.DataFrame(made, schema=DEVIATIONS_SCHEMA)
    return frame.sort("customers", "what", "step", "after", descending=[True, False, False, False])


def _steps(judged: _Judged) -> pl.DataFrame:
    """Of each step of the path: who made it, and who deviates there."""
    k, every = judged.k, _people(judged.journeys)
    counts = _counts(judged.deviations, judged.deviations["code"].to_numpy() // (k + 1), len(CLASSES) * k)[0]
    made = []
    for at, step in enumerate(judged.steps):
        done = _people(judged.journeys.filter(_done(at)))
        told = {what.replace(" ", "_"): int(counts[number * k + at]) for number, what in enumerate(CLASSES[:-1])}
        share = done / every if every else None
        made.append({"step": at + 1, "label": step.pattern, "customers": done, "share": share, **told})
    return pl.DataFrame(made, schema=STEPS_SCHEMA)


def _fitness(judged: _Judged) -> pl.DataFrame:
    """How many journeys fit how well."""
    every, made = max(1, judged.journeys.height), []
    for fit, _ in FITS:
        rows = judged.journeys.filter(pl.col("fit") == fit)
        if rows.height:
            made.append({"fit": fit, "customers": _people(rows), "journeys": rows.height, "share": rows.height / every})
    return pl.DataFrame(made, schema=FITNESS_SCHEMA)


def _totals(judged: _Judged) -> dict[str, Json]:
    rows = judged.journeys
    fits = rows.filter(pl.col("fit") == FITS[0][0]).height
    mean = rows["fitness"].mean()
    return {
        "customers": _people(rows),
        "journeys": rows.height,
        "still_open": int(rows["open"].sum()),
        "as_designed": fits,
        "as_designed_share": fits / rows.height if rows.height else None,
        "fitness": round(mean, 9) if isinstance(mean, float) else None,
        "not_judged": judged.untouched,
    }


def _caption(deviations: pl.DataFrame, totals: Mapping[str, Json]) -> str:
    """The one thing to see first."""
    every = totals["journeys"]
    if not every:
        return "No journey came to a step of this path."
    said = f"{totals['as_designed']:,} of {every:,} journeys follow the path"
    if deviations.is_empty():
        return f"{said}."
    worst = deviations.row(0, named=True)
    what = f"{worst['label']} {worst['what']}" if worst["step"] else worst["what"]
    where = f" after {worst['after_label']}" if worst["after"] else " at the beginning"
    return f"{said}; most deviate by: {what}{where}, {worst['customers']:,} of {totals['customers']:,} customers."


ROWS: dict[str, Any] = {"person": pl.Int64, "part": pl.Int64, "journey": pl.Int64, "customer": pl.UInt32, "open": pl.Boolean, "touched": pl.Boolean, "cost": pl.Int64,
                        "highest": pl.Int64, "done": pl.Int64, "variant": pl.Int64}  # fmt: skip
DEVIATIONS_SCHEMA: dict[str, Any] = {"what": pl.String, "step": pl.Int64, "label": pl.String, "after": pl.Int64,
                                     "after_label": pl.String, "customers": pl.Int64, "share": pl.Float64,
                                     "journeys": pl.Int64, "events": pl.Int64}  # fmt: skip
FITNESS_SCHEMA: dict[str, Any] = {"fit": pl.String, "customers": pl.Int64, "journeys": pl.Int64, "share": pl.Float64}
STEPS_SCHEMA: dict[str, Any] = {"step": pl.Int64, "label": pl.String, "customers": pl.Int64, "share": pl.Float64,
                                "missing": pl.Int64, "swapped": pl.Int64, "out_of_order": pl.Int64, "too_often": pl.Int64, "too_late": pl.Int64}  # fmt: skip
DEVIATIONS = (
    Column("what", "What", "text"),
    Column("label", "Step", "text"),
    Column("after_label", "After", "text"),
    Column("customers", "Customers"),
    Column("share", "Share", "share"),
    Column("journeys", "Journeys"),
)
STEPS = (
    Column("step", "Step"),
    Column("label", "What", "text"),
    Column("customers", "Made it"),
    Column("share", "Share", "share"),
    Column("missing", "Missing"),
    Column("swapped", "Swapped"),
    Column("out_of_order", "Out of order"),
    Column("too_often", "Too often"),
    Column("too_late", "Too late"),
)
FITNESS = (
    Column("fit", "Fitness", "text"),
    Column("customers", "Customers"),
    Column("journeys", "Journeys"),
    Column("share", "Share", "share"),
)

ANALYSIS = Analysis(
    name="conformance",
    title="Conformance",
    summary="How far journeys follow a designed path, and who deviates from it where and how.",
    question=ConformanceQuestion,
    answer=answer,
    customers=customers,
    examples=(
        {"path": "web: Plan page+ > web: Basket > web: Checkout? > web: Order placed within 7d"},
        {"path": "stage:consider+ > stage:buy+ within 30d of the start", "journey": "visit", "others": "count"},
    ),
)
