"""Journeys and an anchor in, paths out: what customers do before or after it, as a tree, as a flow, and whole.

The anchor is where journeys begin (START), end (END), stand (OPEN) or were under way already (BEFORE), or the first, last
or each time at a place. Every walk from it counts where it goes: the children of a node of the tree make up the node, and
what flows into a node of the flow flows out of it again. A walk ends with END, OPEN or START, BEFORE; it goes on behind the
last step with MORE. What is not shown is OTHER. `prefix` begins the tree with a longer walk, so each node, OTHER and MORE
can be opened; `limit` 0 shows everything. `split` tells a place apart by what its events say of a property: each frequent value
is a node of its own, the others are one, and none is lost.

Customers and walks are both counted: with the first or last time of a whole life they are the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from harken.errors import Invalid, NotFound
from harken.logs import Ints
from harken.understand import kernels, walks
from harken.understand.analysis import About, Analysis, Answer, Table, header_of
from harken.understand.chains import spread
from harken.understand.journeys import Journeys, Scope
from harken.understand.levels import BEFORE, END, OPEN, OTHER, START, matching, nodes_of
from harken.understand.result import Column, Json
from harken.understand.splitting import by_property
from harken.understand.trees import APART, KINDS, Shown, Walked, flow_of, shown_at, tree_of
from harken.understand.walks import EDGES, MORE, Asked
from harken.words import SECOND

OCCURRENCES = ("first", "last", "each")
DIRECTIONS = ("after", "before")
DEEPEST = 30


class PathsQuestion(Scope, frozen=True, kw_only=True):
    """From where, which way, how far, and how much to show."""

    anchor: str = START  # START, END, OPEN, BEFORE, or a touchpoint or pattern such as "stage:buy"
    occurrence: Literal["first", "last", "each"] = "first"  # which time at the anchor
    direction: Literal["after", "before"] = "after"  # what came after the anchor, or before it; before END it is before
    depth: int = 5  # steps to look at
    prefix: tuple[str, ...] = ()  # begin with these nodes, in the order of the walk: opens what lies behind them
    limit: int = 6  # children of a node, and nodes of a step, to show; the others are OTHER; 0 = all
    least: float = 0.002  # … that at least this share of all walks goes to (with a limit)
    variants: int = 20  # whole walks to list, the most frequent; 0 = all
    split: tuple[str, ...] = ()  # places to tell apart by what events say there, such as "web: Search by term"
    values: int = 8  # of a split: the most frequent values, others together

    def check(self) -> None:
        """Invalid says what is wrong and what would be right."""
        super().check()
        for said, what, words in (
            (self.occurrence, "an occurrence", OCCURRENCES),
            (self.direction, "a direction", DIRECTIONS),
        ):
            if said not in words:
                raise Invalid(f"'{said}' is not {what}; there are {', '.join(words)}")
        if not 1 <= self.depth <= DEEPEST:
            raise Invalid(f"`depth` is a number of steps from 1 to {DEEPEST}")
        if self.values < 1:
            raise Invalid("`values` is how many values a place is split into: at least 1")
        if self.split and self.level != "touchpoint":
            raise Invalid(f"`split` parts touchpoints: it needs the level 'touchpoint', not '{self.level}'")
        for one in self.split:
            by_property(one)
        if self.limit < 0 or self.variants < 0 or not 0 <= self.least <= 1:
            raise Invalid("`limit` and `variants` are counts and `least` a share from 0 to 1; none can be negative")

    def patterns(self) -> tuple[str, ...]:
        """See `Scope.patterns`."""
        return (*super().patterns(), *(by_property(one)[0] for one in self.split))

    @property
    def back(self) -> bool:
        """Whether the walks go backward."""
        return self.anchor in (END, OPEN) or (self.anchor not in EDGES and self.direction == "before")


def answer(journeys: Journeys, about: About, question: PathsQuestion) -> Answer:
    """The paths."""
    walked = _walked(journeys, about, question)
    tree, variants = tree_of(walked, _shown(question)), _variants(walked, question)
    nodes, links = flow_of(walked, _shown(question))
    totals = _totals(walked, tree, variants)
    return Answer(
        analysis="paths",
        question=question,
        header=header_of("paths", journeys, about, question),
        caption=_caption(variants, totals, question),
        totals=totals,
        tables={
            "variants": Table(frame=variants, columns=VARIANTS, title="Whole walks", note=_covered(variants, totals)),
            "tree": Table(frame=tree, columns=TREE, title="Step by step", note="Times are from the step before."),
            "links": Table(frame=links, columns=LINKS, title="Flow"),
            "nodes": Table(frame=nodes, columns=NODES, title="Nodes of the flow"),
        },
    )


def customers(journeys: Journeys, about: About, question: PathsQuestion, row: Mapping[str, Any]) -> pl.Series:
    """Who is behind a row: `path` of the tree or of a whole walk, `step` and `node` of the flow, or `step`, `from`, `to`."""
    walked = _walked(journeys, about, question)
    table = row.get("table", "tree")
    if table in ("tree", "variants"):
        kept = _along(walked, question, str(row.get("path", "")), whole=table == "variants")
    elif table in ("nodes", "links"):
        kept = _through(walked, question, row, table)
    else:
        raise NotFound(f"no table '{table}'; there are variants, tree, links, nodes")
    found = [one.profiles.gather(np.unique(one.customer[mine])) for one, mine in zip(walked.every, kept, strict=True)]
    return pl.concat(found).alias("profile") if found else pl.Series("profile", [], dtype=pl.String)


def _walked(journeys: Journeys, about: About, question: PathsQuestion) -> Walked:
    question.check()
    nodes = nodes_of(journeys, about.catalogue, question.level, question.opened)
    numbers = {id: number for number, id in enumerate(nodes.ids)}
    edge = question.anchor in EDGES
    anchors = np.zeros(journeys.places.height, np.bool_)
    asked = Asked(
        anchor=question.anchor if edge else "",
        places=anchors if edge else matching(journeys.places, about.catalogue, question.anchor),
        which=OCCURRENCES.index(question.occurrence),
        back=question.back,
        depth=question.depth,
        prefix=np.array([numbers.get(id, -1) for id in question.prefix], np.int64),
        repeats=question.repeats,
    )
    return Walked(walks.walks_of(journeys, nodes, asked), nodes, numbers, asked.prefix)


def _shown(question: PathsQuestion) -> Shown:
    return Shown(
        anchor=question.anchor,
        label=_begins(question),
        depth=question.depth,
        limit=question.limit,
        least=question.least,
    )


# ---------------------------------------------------------------------- whole walks


def _variants(walked: Walked, question: PathsQuestion) -> pl.DataFrame:
    """The most frequent walks, whole."""
    keys = walks.keys_of(walked.every, walked.size)
    if not len(keys):
        return pl.DataFrame(schema=VARIANTS_SCHEMA | {"coverage": pl.Float64})
    distinct, counts = _counted(keys)
    most = np.sort(_largest(counts, question.variants))
    wanted, counts = distinct[most], counts[most]
    cuts = np.cumsum([0, *(len(one) for one in walked.every)])
    spans = list(zip(walked.every, pairwise(cuts), strict=True))
    ends = len(walked.nodes)
    found = kernels.each(
        lambda one: walks.people(
            keys[one[1][0] : one[1][1]], wanted, one[0].customer, one[0].nodes, ends, one[0].occurred, one[0].first,
            one[0].back, one[0].inside,
        ),
        spans,
    )  # fmt: skip
    people = sum(one[3] for one in found)
    at = np.concatenate([one[1] for one in found])
    times = medians(at, np.concatenate([one[2] for one in found]), len(wanted))
    example = np.zeros(len(wanted), np.int64)
    example[at] = np.concatenate([one[0] + begin for one, begin in zip(found, cuts[:-1], strict=True)])
    ids, labels, every = walked.ids, walked.labels, len(keys)
    rows = []
    for row, count in enumerate(counts.tolist()):
        part = int(np.searchsorted(cuts, example[row], side="right")) - 1
        steps = [int(node) for node in walked.every[part].nodes[example[row] - cuts[part]] if node >= 0]
        rows.append(
            {
                "path": APART.join(ids[node] for node in steps),
                "label": " → ".join(labels[node] for node in steps),
                "steps": len(steps) - 1,
                "ending": KINDS[ids[steps[-1]]],
                "customers": int(people[row]),
                "walks": count,
                "share": count / every,
                "median_seconds": times[row] if len(steps) > 2 else None,
            }
        )
    frame = pl.DataFrame(rows, schema=VARIANTS_SCHEMA).sort("walks", "path", descending=[True, False])
    return frame.with_columns((pl.col("walks").cum_sum() / every).alias("coverage"))


def _largest(counts: Ints, most: int) -> Ints:
    """Where the largest are; of equal ones the first."""
    if most and most < len(counts):
        least = int(np.flatnonzero(np.cumsum(np.bincount(counts)[::-1]) >= most)[0])
        there = np.flatnonzero(counts >= int(counts.max()) - least)
        return there[np.argsort(-counts[there], kind="stable")[:most]]
    return np.arange(len(counts))


def medians(row: Ints, took: Ints, rows: int) -> list[float]:
    """The median time of each row, in seconds."""
    order = np.argsort(row, kind="stable")
    begins = np.append(0, np.cumsum(np.bincount(row, minlength=rows)))
    told: list[float] = (spread(took[order], begins, np.array([0.5]))[:, 0] / SECOND).tolist()
    return told


def _counted(keys: Ints) -> tuple[Ints, Ints]:
    """Each key once, in order, and how often it is there. Each processor sorts the keys of one range."""
    some = np.sort(keys[:: max(1, len(keys) // 4096)])
    cuts = np.unique(some[[len(some) * n // kernels.WORKERS for n in range(1, kernels.WORKERS)]])
    lows = [None, *cuts.tolist()]
    highs = [*cuts.tolist(), None]

    def ranged(n: int) -> tuple[Ints, Ints]:
        low, high = lows[n], highs[n]
        inside = np.ones(len(keys), np.bool_) if low is None else keys >= low
        ordered = keys[inside if high is None else inside & (keys < high)]
        ordered.sort()
        begins = (
            np.append(0, np.flatnonzero(ordered[1:] != ordered[:-1]) + 1) if len(ordered) else np.empty(0, np.int64)
        )
        return ordered[begins], np.diff(np.append(begins, len(ordered)))

    found = kernels.each(ranged, range(len(lows)))
    return np.concatenate([one[0] for one in found]), np.concatenate([one[1] for one in found])


# ---------------------------------------------------------------------- people


def _number(walked: Walked, id: str) -> int:
    number = walked.size - 1 if id == MORE else walked.numbers.get(id)
    if number is None:
        raise NotFound(f"no node '{id}' on these paths")
    return number


def _along(walked: Walked, question: PathsQuestion, path: str, *, whole: bool) -> list[NDArray[np.bool_]]:
    """Which walks go along a path. OTHER stands for the children of its parent that are not shown."""
    if not path:
        return [np.ones(len(one), np.bool_) for one in walked.every]
    ids = _split(path, walked)
    kept = [np.ones(len(one), np.bool_) for one in walked.every]
    for level, number in enumerate(ids[: question.depth + 1]):
        if number == walked.other:
            before = APART.join(path.split(APART)[:-1])
            tree = tree_of(walked, _shown(question)).filter(
                (pl.col("step") == level + 1) & pl.col("path").str.starts_with(before)
            )
            brothers = tree.filter(pl.col("path").str.strip_prefix(before).str.strip_prefix(APART) == pl.col("node"))
            shown = [_number(walked, node) for node in brothers["node"] if node != OTHER]
            kept = [mine & ~np.isin(one.nodes[:, level], shown) & (one.nodes[:, level] >= 0)
                    for one, mine in zip(walked.every, kept, strict=True)]  # fmt: skip
        else:
            kept = [mine & (one.nodes[:, level] == number) for one, mine in zip(walked.every, kept, strict=True)]
    return kept


def _split(path: str, walked: Walked) -> list[int]:
    """A path as nodes; names may have what parts them."""
    found: list[int] = []
    rest = path.split(APART)
    while rest:
        for size in range(len(rest), 0, -1):
            number = walked.size - 1 if rest[:size] == [MORE] else walked.numbers.get(APART.join(rest[:size]))
            if number is not None:
                found.append(number)
                rest = rest[size:]
                break
        else:
            raise NotFound(f"no node '{rest[0]}' on these paths")
    return found


def _through(walked: Walked, question: PathsQuestion, row: Mapping[str, Any], table: str) -> list[NDArray[np.bool_]]:
    """Which walks go through a node or link of the flow."""
    step = row.get("step", 1)
    if not isinstance(step, int) or not 1 <= step <= question.depth + 1:
        raise Invalid(f"the flow has the steps 1 to {question.depth + 1}; there is no step {step!r}")
    shown, rows = shown_at(walked, _shown(question))

    def at(place: int, id: str) -> list[NDArray[np.bool_]]:
        number = _number(walked, id)
        if number not in rows[place]:
            raise NotFound(f"'{id}' is not shown at step {place + 1}")
        wanted = rows[place].index(number)
        return [(one.nodes[:, place] >= 0) & (shown[place][one.nodes[:, place]] == wanted) for one in walked.every]

    if table == "nodes":
        return at(step - 1, str(row.get("node", "")))
    into = at(step - 1, str(row.get("to", "")))
    if step == 1:
        return into
    return [a & b for a, b in zip(at(step - 2, str(row.get("from", ""))), into, strict=True)]


# ---------------------------------------------------------------------- words


def _begins(question: PathsQuestion) -> str:
    said = {START: "begins", BEFORE: "began before", END: "leaves", OPEN: "still open"}.get(
        question.anchor, question.anchor
    )
    return APART.join((said, *question.prefix))


def _totals(walked: Walked, tree: pl.DataFrame, variants: pl.DataFrame) -> dict[str, Json]:
    every = sum(len(one) for one in walked.every)
    return {
        "customers": int(tree["customers"][0]),
        "walks": every,
        "shown": variants.height,
        "covered": int(variants["walks"].sum()),
        "coverage": int(variants["walks"].sum()) / every if every else None,
    }


def _covered(variants: pl.DataFrame, totals: Mapping[str, Json]) -> str:
    return f"{variants.height:,} walks are shown: {totals['covered']:,} of {totals['walks']:,}."


def _caption(variants: pl.DataFrame, totals: Mapping[str, Json], question: PathsQuestion) -> str:
    """The one thing to see first."""
    if not totals["walks"]:
        return f"Nobody came past {_begins(question)} in this period."
    first = variants.row(0, named=True)
    way = "before" if question.back else "after"
    return f"Most frequent {way} {_begins(question)}: {first['label']}, {first['walks']:,} of {totals['walks']:,}."


VARIANTS_SCHEMA: dict[str, Any] = {
    "path": pl.String, "label": pl.String, "steps": pl.Int64, "ending": pl.String, "customers": pl.Int64, "walks": pl.Int64, "share": pl.Float64,
    "median_seconds": pl.Float64,
}  # fmt: skip
CUSTOMERS, WALKS = Column("customers", "Customers"), Column("walks", "Walks")
TREE = (
    Column("step", "Step"),
    Column("path", "Way", "text"),
    CUSTOMERS,
    WALKS,
    Column("share", "Of all", "share"),
    Column("share_of_parent", "Of the step before", "share"),
    Column("median_seconds", "Median time", "seconds"),
)
NODES = (Column("step", "Step"), Column("label", "Where", "text"), CUSTOMERS, WALKS, Column("share", "Of all", "share"))
LINKS = (Column("step", "Step"), Column("from", "From", "text"), Column("to", "To", "text"), CUSTOMERS, WALKS)
VARIANTS = (
    Column("label", "Walk", "text"),
    CUSTOMERS,
    WALKS,
    Column("share", "Share", "share"),
    Column("coverage", "Together", "share"),
    Column("median_seconds", "Median time", "seconds"),
)

ANALYSIS = Analysis(
    name="paths",
    title="Paths",
    summary="What customers do after or before something, as a tree, as a flow, and the most frequent whole walks.",
    question=PathsQuestion,
    answer=answer,
    customers=customers,
    examples=(
        {},
        {"anchor": "web: Basket", "depth": 3},
        {"anchor": "web: Order placed", "direction": "before", "occurrence": "each", "level": "channel"},
        {"anchor": "END", "depth": 2, "limit": 3},
        {"anchor": "web: Plan page", "depth": 2, "split": ("web: Plan page by plan",)},
    ),
)
