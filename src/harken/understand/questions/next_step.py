"""Journeys in, what comes next out: after each step the chances of the next one, of leaving, and of reaching a goal.

The chances are those of a Markov chain of variable order (`harken.understand.foretelling`). They are judged by time: a model
made of what was known at one moment foretells the steps made after it, beside a model that looks at the last step alone.
`foretell` with the model (`model_of`) gives the same for one customer's last steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from msgspec.structs import replace

from harken.errors import Invalid
from harken.logs import Ints
from harken.understand.analysis import About, Analysis, Answer, Table, header_of
from harken.understand.cutting import EVER
from harken.understand.foretelling import HIGHEST, Foretelling, Steps
from harken.understand.goals import goal_places
from harken.understand.journeys import Journeys, Scope, without_repeats
from harken.understand.judging import BINS, Judged, judged, judged_goal
from harken.understand.levels import END, nodes_of
from harken.understand.result import Column, Json
from harken.understand.statistics import wilson
from harken.words import DAY, Micros

MOST = 400
REST = "(other)"  # a state: places beyond `nodes`
CUT = "(others)"  # a row: next steps beyond `most`


class NextStepQuestion(Scope, frozen=True, kw_only=True):
    """Whose journeys, how far back to look, and which goal."""

    after: tuple[str, ...] = ()  # the last steps, the latest last: what comes after them; none: after each step
    goals: tuple[str, ...] = ()  # tell the chance of reaching them too, such as goal:order, web: Thanks, stage:buy
    within: Micros = 7 * DAY  # … within so long
    order: int = HIGHEST  # how many of the last steps to look at, 1 to 3
    least: int = 30  # several steps in a row count once they were seen so often
    most: int = 5  # so many next steps are shown after each; the others are one row
    nodes: int = 100  # so many are told apart, those of most steps; the others are one
    split: float = 0.8  # of the steps: what they say foretells the later ones, to be judged

    def check(self) -> None:
        """Invalid says what is wrong and what would be right."""
        super().check()
        if not 1 <= self.order <= HIGHEST:
            raise Invalid(f"`order` is how many of the last steps to look at: from 1 to {HIGHEST}")
        if self.within <= 0:
            raise Invalid("`within` is a length of time, such as 7d")
        if self.least < 1 or self.most < 1 or not 1 <= self.nodes <= MOST:
            raise Invalid(f"`least`, `most` and `nodes` are counts from 1; `nodes` to {MOST}")
        if not 0 < self.split < 1:
            raise Invalid("`split` is a share between 0 and 1, such as 0.8")


class _Asked:
    """The steps of a question, its states and their labels."""

    def __init__(self, journeys: Journeys, about: About, question: NextStepQuestion) -> None:
        question.check()
        nodes = nodes_of(journeys, about.catalogue, question.level, question.opened)
        self.journeys = journeys
        if question.repeats != "keep":
            parts = tuple(without_repeats(part, nodes.of_place, question.repeats) for part in journeys.parts)
            self.journeys = replace(journeys, parts=parts)
        self.rest = len(nodes) > question.nodes
        kept = nodes.nodes[: question.nodes]
        self.ids = [*(node.id for node in kept), *([REST] if self.rest else [])]
        self.labels = [*(node.label for node in kept), *(["other"] if self.rest else [])]
        self.state_of = np.minimum(nodes.of_place, question.nodes)
        goal = goal_places(journeys.places, about.catalogue, question.goals) if question.goals else None
        self.steps = Steps(
            self.journeys, self.state_of, self.ids, goal, question.within, order=question.order, least=question.least,
            rest=self.rest, level=question.level,
        )  # fmt: skip

    def here(self) -> tuple[list[pl.Series], list[Ints]]:
        """Of each part, the customers whose journey is open, and the state of their last step."""
        who, where = [], []
        for part in self.journeys.parts:
            who.append(part.profiles.gather(part.customer[part.open]))
            where.append(self.state_of[part.place[part.off[1:][part.open] - 1]])
        return who, where


def model_of(journeys: Journeys, about: About, question: NextStepQuestion) -> Foretelling:
    """What is known of what comes next, to foretell it of one customer (`harken.understand.foretelling.foretell`)."""
    steps = _Asked(journeys, about, question).steps
    sure, _ = steps.times(question.split)
    return steps.learned(*steps.keys((-EVER, sure, journeys.until)))


def answer(journeys: Journeys, about: About, question: NextStepQuestion) -> Answer:
    """What comes next after each step, the chance of the goal, and how well all that is foretold."""
    asked = _Asked(journeys, about, question)
    sure, split = asked.steps.times(question.split)
    known = split - journeys.horizon if sure < journeys.until else split  # … at the split, of what came before it
    every, before, later = asked.steps.keys(
        (-EVER, sure, journeys.until), (-EVER, known, split), (split, sure, journeys.until)
    )
    model, earlier = asked.steps.learned(every), asked.steps.learned(before)
    if question.after and REST not in asked.ids:
        _all_known(asked, question)
    judgments = [(order, judged(earlier, later, order)) for order in sorted({1, question.order})]
    tables = {
        "next": Table(frame=_next(asked, model, question), columns=_NEXT_COLUMNS, title="What comes next"),
        "quality": Table(frame=_quality(judgments), columns=_QUALITY_COLUMNS, title="How well it is foretold",
                         note="Steps made later than those it was learned from."),
    }  # fmt: skip
    bins = [("next step", judgments[-1][1].bins)]
    if question.goals:
        tables["goal"] = Table(frame=_goal(asked, model), columns=_GOAL_COLUMNS, title="Who reaches the goal")
        of_goal = judged_goal(earlier, later, question.order)
        bins.append(("goal", of_goal.bins))
    tables["calibration"] = Table(
        frame=_calibration(bins), columns=_CALIBRATION_COLUMNS, title="Whether chances come true"
    )
    return Answer(
        analysis="next_step",
        question=question,
        header=header_of("next_step", journeys, about, question),
        caption=_caption(model, judgments, tables["next"].frame, question),
        totals=_totals(journeys, model, judgments, split, of_goal if question.goals else None),
        tables=tables,
    )


def customers(journeys: Journeys, about: About, question: NextStepQuestion, row: Mapping[str, Any]) -> pl.Series:
    """Who is there now: whose journey is open and whose last step is that of a row (`from`)."""
    asked = _Asked(journeys, about, question)
    here = str(row.get("from", "")).rpartition(" > ")[2]
    if here not in asked.ids:
        raise Invalid(f"nobody has been at '{here}'; the table `next` names the steps in `from`")
    state = asked.ids.index(here)
    found = [who.filter(pl.Series(where == state)) for who, where in zip(*asked.here(), strict=True)]
    return pl.concat(found).unique() if found else pl.Series(dtype=pl.String)


def _all_known(asked: _Asked, question: NextStepQuestion) -> None:
    unknown = [step for step in question.after if step not in asked.ids]
    if unknown:
        some = ", ".join(asked.ids[:5])
        raise Invalid(f"nobody has been at '{unknown[0]}' (level {question.level}); there are {some} …")


# ---------------------------------------------------------------------- tables


def _now(asked: _Asked) -> Ints:
    """How many customers are at each state now."""
    who, where = asked.here()
    found = np.zeros(len(asked.ids), np.int64)
    for names, states in zip(who, where, strict=True):
        pairs = pl.DataFrame({"who": names, "state": states}).unique()
        found += np.bincount(pairs["state"].to_numpy(), minlength=len(found))
    return found


def _next(asked: _Asked, model: Foretelling, question: NextStepQuestion) -> pl.DataFrame:
    """The likeliest next steps after each context, leaving among them; the others as one row."""
    now = _now(asked)
    labels = [*asked.labels, "leaves"]
    ids = [*model.ids, END]
    rows = []
    for name, here, code, depth in _contexts(model, question):
        chances = model.chances_of(code, depth)
        seen = _seen(model, code, depth)
        order = sorted(range(len(ids)), key=lambda one: (-chances[one], ids[one]))
        rows += [
            (name, ids[state], labels[state], float(chances[state]), int(seen[state]), int(now[here]))
            for state in order[: question.most]
        ]
        left = order[question.most :]
        if left:
            rows.append((name, CUT, "others", float(chances[left].sum()), int(seen[left].sum()), int(now[here])))
    return pl.DataFrame(rows, schema=_NEXT, orient="row")


def _contexts(model: Foretelling, question: NextStepQuestion) -> list[tuple[str, int, int, int]]:
    """(name, state now, code, depth) of what is asked for: some last steps, or each step, those made most first."""
    if not model.steps:
        return []
    if question.after:
        code, depth = model.context(question.after, whole=False)
        return [(" > ".join(question.after), max(0, code % model.base - 1), code, depth)]
    one = model.orders[1]
    total = np.add.reduceat(one.counts, one.begins[:-1])
    order = np.argsort(-total, kind="stable")
    return [(model.ids[code - 1], code - 1, code, 1) for code in one.contexts[order].tolist()]


def _seen(model: Foretelling, code: int, depth: int) -> Ints:
    """How often each next step was seen after the longest part of a context that was seen at all."""
    found = np.zeros(len(model.ids) + 1, np.int64)
    for number in range(min(depth, len(model.orders) - 1), -1, -1):
        order = model.orders[number]
        row = int(np.searchsorted(order.contexts, code % model.base**number))
        if row < len(order.contexts) and order.contexts[row] == code % model.base**number:
            low, high = order.begins[row : row + 2]
            found[order.onward[low:high]] = order.counts[low:high]
            break
    return found


def _goal(asked: _Asked, model: Foretelling) -> pl.DataFrame:
    """Of each step, how many reached the goal in time after it, and the chance of that."""
    now, one, rows = _now(asked), model.orders[1], []
    for row, code in enumerate(one.contexts.tolist()):
        known, hits = int(one.known[row]), int(one.hits[row])
        low, high = wilson(hits, known)
        rows.append((
            model.ids[code - 1], asked.labels[code - 1], known, hits, hits / known if known else float("nan"), low, high, model.goal_of(code, 1), int(now[code - 1]),
        ))  # fmt: skip
    return pl.DataFrame(rows, schema=_GOAL, orient="row").sort("chance", "from", descending=[True, False])


def _quality(judgments: list[tuple[int, Judged]]) -> pl.DataFrame:
    rows = [(_model(order), one.steps, one.top1, one.top3, one.log_loss) for order, one in judgments]
    return pl.DataFrame(rows, schema=_QUALITY, orient="row")


def _model(order: int) -> str:
    return "the last step alone" if order == 1 else f"the last {order} steps"


def _calibration(bins: list[tuple[str, Any]]) -> pl.DataFrame:
    rows = []
    for what, table in bins:
        for place, (times, chances, happened) in enumerate(table.tolist()):
            if times:
                rows.append((what, place / BINS, (place + 1) / BINS, int(times), chances / times, happened / times))
    return pl.DataFrame(rows, schema=_CALIBRATION, orient="row")


def _apart(bins: Any) -> float:
    """How far chances are from what happened, on average (expected calibration error)."""
    times = bins[:, 0].sum()
    return float(np.abs(bins[:, 1] - bins[:, 2]).sum() / times) if times else float("nan")


def _totals(
    journeys: Journeys, model: Foretelling, judgments: list[tuple[int, Judged]], split: int, goal: Judged | None
) -> dict[str, Json]:
    plain, best = judgments[0][1], judgments[-1][1]
    told: dict[str, Json] = {
        "customers": journeys.customers, "steps": model.steps, "judged": best.steps, "split": split,
        "top1": best.top1, "top3": best.top3, "log_loss": best.log_loss, "log_loss_last_step": plain.log_loss,
        "calibration_error": _apart(best.bins),
    }  # fmt: skip
    if goal is not None:
        told |= {
            "goal_judged": goal.steps, "goal_share": goal.top3, "goal_brier": goal.top1, "goal_log_loss": goal.log_loss,
            "goal_calibration_error": _apart(goal.bins),
        }  # fmt: skip
    return {name: None if isinstance(value, float) and np.isnan(value) else value for name, value in told.items()}


def _caption(
    model: Foretelling, judgments: list[tuple[int, Judged]], rows: pl.DataFrame, question: NextStepQuestion
) -> str:
    if not model.steps:
        return "Nobody can know yet what comes next after any step."
    if question.after:
        row = rows.row(0, named=True)
        onward = "leaving" if row["to"] == END else row["label"]
        return f"After {row['from']} the likeliest next step is {onward}: {_percent(row['chance'])}."
    plain, best = judgments[0][1], judgments[-1][1]
    if not best.steps:
        return f"What comes next is known of {model.steps:,} steps: too few to judge how well it is foretold."
    told = f"The next step is foretold right {_percent(best.top1)} of the time by {_model(judgments[-1][0])}"
    if judgments[-1][0] == 1:
        return f"{told}, and is among the first three {_percent(best.top3)} of the time."
    return f"{told}, {_percent(plain.top1)} by the last alone; it is among the first three {_percent(best.top3)} of the time."


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")


_NEXT = {
    "from": pl.String, "to": pl.String, "label": pl.String, "chance": pl.Float64, "seen": pl.Int64, "now": pl.Int64,
}  # fmt: skip
_NEXT_COLUMNS = (
    Column("from", "After", "text"),
    Column("label", "Next", "text"),
    Column("chance", "Chance", "share"),
    Column("seen", "Seen"),
    Column("now", "Customers there now"),
)
_GOAL = {
    "from": pl.String, "label": pl.String, "steps": pl.Int64, "reached": pl.Int64, "share": pl.Float64,
    "low": pl.Float64, "high": pl.Float64, "chance": pl.Float64, "now": pl.Int64,
}  # fmt: skip
_GOAL_COLUMNS = (
    Column("label", "After", "text"),
    Column("steps", "Steps"),
    Column("reached", "Reached it"),
    Column("share", "Share", "share"),
    Column("low", "At least", "share"),
    Column("high", "At most", "share"),
    Column("chance", "Foretold", "share"),
    Column("now", "Customers there now"),
)
_QUALITY = {"model": pl.String, "steps": pl.Int64, "top1": pl.Float64, "top3": pl.Float64, "log_loss": pl.Float64}
_QUALITY_COLUMNS = (
    Column("model", "Foretold by", "text"),
    Column("steps", "Steps"),
    Column("top1", "Right", "share"),
    Column("top3", "Among three", "share"),
    Column("log_loss", "Log loss", "score"),
)
_CALIBRATION = {
    "what": pl.String, "low": pl.Float64, "high": pl.Float64, "times": pl.Int64, "foretold": pl.Float64, "happened": pl.Float64,
}  # fmt: skip
_CALIBRATION_COLUMNS = (
    Column("what", "What", "text"),
    Column("low", "Chance from", "share"),
    Column("high", "to", "share"),
    Column("times", "Times"),
    Column("foretold", "Foretold", "share"),
    Column("happened", "Happened", "share"),
)

ANALYSIS = Analysis(
    name="next_step",
    title="Next step",
    summary="What comes next after each step, the chance of a goal, and how well both are foretold.",
    question=NextStepQuestion,
    answer=answer,
    examples=({}, {"goals": ("stage:buy",)}, {"level": "channel", "order": 1}),
    customers=customers,
)
