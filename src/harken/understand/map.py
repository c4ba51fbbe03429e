"""Journeys in, the journey map out: which place follows which, for how many customers, how fast, and where they leave.

The directly-follows graph with everything that enters and leaves it. START and BEFORE lead in (a journey begins, or began
before the period), END and OPEN lead out (the customer left, or nobody can know yet), OTHER stands for what is not shown.
Counted in events, what flows into a node flows out of it again: moves + START + BEFORE in = moves + END + OPEN out.
"""

from __future__ import annotations

from html import escape

import polars as pl
from msgspec import Struct
from msgspec.structs import replace

from harken.errors import Invalid
from harken.logs import Frames, Logs
from harken.understand.analysis import About, header_of
from harken.understand.counting import Counted, count
from harken.understand.drawing import Drawing, shown_links
from harken.understand.journeys import Journeys, Scope, journeys_of, without_repeats
from harken.understand.levels import BEFORE, END, NONE, OPEN, OTHER, START
from harken.understand.page import drawing
from harken.understand.result import Column, Coverage, Header, Json, fields_of, html_table, rows_of
from harken.words import Config


class MapQuestion(Scope, frozen=True, kw_only=True):
    """Whose journeys, what a node is (`Scope`), and how much to show."""

    nodes: int = 0  # show that many nodes, those of most customers; the others become OTHER; 0 = all
    links: int = 0  # show that many links between nodes, the strongest; the others go through OTHER; 0 = all
    coverage: float = 1.0  # … or as many as make up this share of all moves. A node keeps its strongest links anyway

    def check(self) -> None:
        """Invalid says what is wrong and what would be right."""
        super().check()
        if not 0 <= self.coverage <= 1 or self.nodes < 0 or self.links < 0:
            raise Invalid("`coverage` is a share from 0 to 1, `nodes` and `links` are counts; none can be negative")


class Totals(Struct, frozen=True, kw_only=True):
    """Of the whole map. journeys = started + truncated = left + still_open; events = moves + journeys."""

    customers: int = 0
    journeys: int = 0
    events: int = 0
    moves: int = 0
    started: int = 0
    truncated: int = 0
    left: int = 0
    still_open: int = 0


class JourneyMap(Struct, frozen=True, kw_only=True):
    """The map as frames.

    `nodes`, most customers first: id, label, kind, channel, stage, group, customers, journeys, events, started, continued,
    left, still_open (customers whose journey began here, was under way here, ended here, may go on from here),
    share_left (of the customers here), median_seconds (to the next step), emotion, emotion_sd, emotion_n, touchpoints
    (how many it stands for).

    `edges`: from, to, kind (move, start, before, end, open), customers, journeys, events, p_out (the chance that a step
    at `from` is followed by `to`), median_seconds, p90_seconds. The times are those of customers who went this way.

    `stages`, in order: stage, label, customers, share_of_previous, left, still_open, events, emotion, …
    """

    question: MapQuestion
    header: Header
    totals: Totals
    nodes: pl.DataFrame
    edges: pl.DataFrame
    stages: pl.DataFrame
    coverage: Coverage
    caption: str

    @property
    def moves(self) -> pl.DataFrame:
        """The edges between nodes."""
        return self.edges.filter(pl.col("kind") == "move")

    @property
    def coverage_text(self) -> str:
        return self.coverage.text

    def to_dict(self) -> dict[str, Json]:
        """Everything, JSON-safe."""
        other = [row for row in rows_of(self.nodes) if isinstance(row, dict) and row["kind"] == "other"]
        return {
            "level": self.question.level,
            "caption": self.caption,
            "header": fields_of(self.header),
            "totals": fields_of(self.totals),
            "coverage": {**fields_of(self.coverage), "text": self.coverage.text},
            "nodes": rows_of(self.nodes.filter(pl.col("kind") != "other")),
            "other": other[0] if other else None,
            "edges": rows_of(self.edges),
            "stages": rows_of(self.stages),
        }

    def __repr__(self) -> str:
        nodes = self.nodes.filter(pl.col("kind") != "other").height
        return (
            f"JourneyMap(level={self.question.level!r}, customers={self.totals.customers}, nodes={nodes}, "
            f"links={self.moves.height})"
        )

    def _repr_html_(self) -> str:
        labels = dict(self.nodes.select("id", "label").iter_rows()) | WORDS
        staged = self.stages.filter(pl.col("stage") != NONE)["events"].sum() > 0
        stages = html_table(self.stages, STAGE_COLUMNS, 25) if staged else ""
        nodes = html_table(self.nodes, NODE_COLUMNS, 25)
        moves = html_table(self.edges, EDGE_COLUMNS, 25, labels)
        return f"<h3>{escape(self.caption)}</h3>{drawing(self)}{stages}{nodes}{moves}<p>{self.coverage.text}</p>"


WORDS = {START: "begins", BEFORE: "began before", END: "leaves", OPEN: "still open", OTHER: "other"}
NODE_COLUMNS = (
    Column("label", "Touchpoint", "text"),
    Column("stage", "Stage", "text"),
    Column("channel", "Channel", "text"),
    Column("customers", "Customers"),
    Column("events", "Steps"),
    Column("left", "Left here"),
    Column("share_left", "Share", "share"),
    Column("still_open", "Still open"),
    Column("median_seconds", "Time to next", "seconds"),
    Column("emotion", "Emotion", "score"),
)
EDGE_COLUMNS = (
    Column("from", "From", "text"),
    Column("to", "To", "text"),
    Column("customers", "Customers"),
    Column("events", "Moves"),
    Column("p_out", "Chance", "share"),
    Column("median_seconds", "Median time", "seconds"),
)
STAGE_COLUMNS = (
    Column("label", "Stage", "text"),
    Column("customers", "Customers"),
    Column("share_of_previous", "Of the stage before", "share"),
    Column("left", "Left"),
    Column("still_open", "Still open"),
    Column("emotion", "Emotion", "score"),
)


def journey_map(events: Frames | Logs, catalogue: Config, question: MapQuestion | None = None) -> JourneyMap:
    """The map of these events (see `journeys_of` for their columns)."""
    asked = question or MapQuestion()
    asked.check()
    return map_of(journeys_of(events, catalogue, asked), catalogue, asked)


def warm() -> None:
    """Have the machine code of the map ready: where it was never made, that takes some seconds."""
    journey_map(pl.LazyFrame({"profile": ["a", "a"], "occurred": [0, 1], "touchpoint": ["a", "b"]}), Config())


def map_of(journeys: Journeys, catalogue: Config, question: MapQuestion) -> JourneyMap:
    """The map of journeys that were built with the same scope: another level or limit of it costs little."""
    question.check()
    drawing = Drawing(journeys, catalogue, question.level, question.opened)
    if question.repeats == "first":
        of_place = drawing.numbering.of_place
        parts = tuple(without_repeats(part, of_place, "first") for part in journeys.parts)
        journeys = replace(journeys, parts=parts, events=sum(part.steps for part in parts))
    collapse = question.repeats == "collapse"
    counted = count(journeys.parts, drawing.numbering, collapse=collapse)
    moves = drawing.between(counted.links)
    coverage = Coverage(shown=moves.height, of=moves.height, share=1.0)
    if question.nodes or question.links or question.coverage < 1:
        counted, coverage = _limited(journeys, drawing, counted, question)
    nodes, edges, stages = drawing.nodes(counted), drawing.edges(counted), drawing.stages(counted)
    totals = _totals(journeys, edges, int(moves["events"].sum()))
    return JourneyMap(
        question=question,
        header=header_of("map", journeys, About(catalogue=catalogue), question),
        totals=totals,
        nodes=nodes,
        edges=edges,
        stages=stages,
        coverage=coverage,
        caption=_caption(question, totals, nodes, edges, stages),
    )


def _limited(journeys: Journeys, drawing: Drawing, full: Counted, question: MapQuestion) -> tuple[Counted, Coverage]:
    """Counted again with everything that is not shown going through OTHER."""
    moves = drawing.between(full.links)
    kept = drawing.first_nodes(full, question.nodes)
    among = moves.filter(pl.col("from").is_in(kept.implode()) & pl.col("to").is_in(kept.implode()))
    every = int(moves["events"].sum())
    shown = shown_links(among, every, limit=question.links, coverage=question.coverage)
    hidden = drawing.codes(among.join(shown, on=("from", "to"), how="anti"))
    counted = count(journeys.parts, drawing.folded(kept), collapse=question.repeats == "collapse", hidden=hidden)
    share = int(shown["events"].sum()) / every if every else 1.0
    return counted, Coverage(shown=shown.height, of=moves.height, share=share)


def _totals(journeys: Journeys, edges: pl.DataFrame, moves: int) -> Totals:
    ends = dict(edges.group_by("kind").agg(pl.col("journeys").sum()).iter_rows())
    return Totals(
        customers=journeys.customers,
        journeys=journeys.journeys,
        events=moves + journeys.journeys,
        moves=moves,
        started=ends.get("start", 0),
        truncated=ends.get("before", 0),
        left=ends.get("end", 0),
        still_open=ends.get("open", 0),
    )


def _caption(
    question: MapQuestion, totals: Totals, nodes: pl.DataFrame, edges: pl.DataFrame, stages: pl.DataFrame
) -> str:
    """The one thing to see first."""
    visits = question.journey == "visit"
    if not totals.journeys:
        return "Nobody made a step in this period."
    if not totals.left:
        return f"Nobody has left yet: all {totals.journeys:,} {'visits' if visits else 'journeys'} are still open."
    ends = edges.filter(pl.col("kind") == "end").select(pl.col("from").alias("id"), pl.col("journeys").alias("n"))
    ends = ends.join(nodes.filter(pl.col("kind") != "other"), on="id").sort("n", "id", descending=[True, False])
    if ends.is_empty():
        return f"{totals.left:,} of {totals.journeys:,} {'visits have ended' if visits else 'customers have left'}."
    worst = ends.row(0, named=True)
    most = "Most visits end" if visits else "Most who leave do so"
    if question.level in ("stage", "channel"):
        return f"{most} in {worst['label']}: {worst['n']:,} of {totals.left:,}."
    if worst["stage"] == NONE:
        return f"{most} after {worst['label']}: {worst['n']:,} of {totals.left:,}."
    there = int(ends.filter(pl.col("stage") == worst["stage"])["n"].sum())
    stage = stages.row(by_predicate=pl.col("stage") == worst["stage"], named=True)["label"]
    who, leave = ("visits that end", "end") if visits else ("who leave", "leave")
    return f"Most {who} in {stage} {leave} after {worst['label']}: {worst['n']:,} of {there:,}."
