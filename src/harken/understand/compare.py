"""Two maps in, what changed between them out: for each link the chance of the next step, and what is beyond chance.

The chance of a -> b is the share of the customers at a who went straight on to b at least once. Its change marks the
place where something became different; counts further down the way change with it, chances there do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import erfc, sqrt

import polars as pl
from msgspec import Struct

from harken.errors import Invalid
from harken.understand.levels import OTHER, START
from harken.understand.map import WORDS, JourneyMap
from harken.understand.result import Column, Header, Json, fields_of, html_table, rows_of

EDGE = ["from", "to", "kind", "n_a", "n_b", "customers_a", "customers_b", "chance_a", "chance_b", "change", "z", "p", "q",
        "flagged"]  # fmt: skip
ENOUGH = 150  # customers at `from`, in both maps
POINTS = 0.02
REACH_POINTS = 0.01  # of all customers: a place few pass moves by little
FALSE_ALARMS = 0.05  # of the flagged links that may be chance after all (Benjamini–Hochberg)
COLUMNS = (
    Column("from", "From", "text"),
    Column("to", "To", "text"),
    Column("chance_a", "Chance before", "share"),
    Column("chance_b", "Chance now", "share"),
    Column("change", "Points", "points"),
    Column("q", "False alarm rate", "score"),
)


class Comparison(Struct, frozen=True, kw_only=True):
    """From map a to map b.

    `edges`, the largest flagged change first: from, to, kind, n_a, n_b (customers at `from`), customers_a, customers_b
    (who went on to `to`), chance_a, chance_b, change, z, p, q, flagged. z, p and q are null where nothing can be tested.
    `nodes`: id, label, customers_a, customers_b, reach_a, reach_b (share of all customers), change, q, flagged.
    """

    a: Header
    b: Header
    edges: pl.DataFrame
    nodes: pl.DataFrame
    caption: str

    @property
    def movers(self) -> pl.DataFrame:
        """The links whose change is beyond chance."""
        return self.edges.filter(pl.col("flagged"))

    def to_dict(self) -> dict[str, Json]:
        """Everything, JSON-safe."""
        return {
            "caption": self.caption,
            "a": fields_of(self.a),
            "b": fields_of(self.b),
            "edges": rows_of(self.edges),
            "nodes": rows_of(self.nodes),
        }

    def _repr_html_(self) -> str:
        return f"<h3>{escape(self.caption)}</h3>{html_table(self.movers, COLUMNS, 25)}"


def compare(a: JourneyMap, b: JourneyMap) -> Comparison:
    """What became different from `a` to `b`: two periods, or two segments."""
    if (a.question.level, a.question.journey, a.question.repeats) != (
        b.question.level,
        b.question.journey,
        b.question.repeats,
    ):
        raise Invalid("only maps of the same level, kind of journey and `repeats` can be compared")
    edges = _edges(a, b)
    nodes = _nodes(a, b)
    return Comparison(a=a.header, b=b.header, edges=edges, nodes=nodes, caption=_caption(edges, a, b))


def _edges(a: JourneyMap, b: JourneyMap) -> pl.DataFrame:
    ends = ["from", "to", "kind"]
    both = _told(a, "a").join(_told(b, "b"), on=ends, how="full", coalesce=True)
    both = both.join(_customers_at(a, "a"), on="from", how="left").join(_customers_at(b, "b"), on="from", how="left")
    both = both.with_columns(pl.col("n_a", "n_b", "customers_a", "customers_b").fill_null(0).cast(pl.Int64)).sort(ends)
    tests = [two_proportions(*row) for row in both.select("customers_a", "n_a", "customers_b", "n_b").iter_rows()]
    p = [test and test[1] for test in tests]
    both = both.with_columns(
        _share("a"),
        _share("b"),
        pl.Series("z", [test and test[0] for test in tests], dtype=pl.Float64),
        pl.Series("p", p, dtype=pl.Float64),
        pl.Series("q", adjusted(p), dtype=pl.Float64),
    ).with_columns((pl.col("chance_b") - pl.col("chance_a")).alias("change"))
    size = pl.col("change").abs().fill_null(0)
    flagged = (size >= POINTS - 1e-12) & (pl.col("q") <= FALSE_ALARMS).fill_null(False)
    both = both.with_columns(flagged.alias("flagged"))
    return both.sort("flagged", size, "from", "to", descending=[True, True, False, False]).select(EDGE)


def _told(one: JourneyMap, side: str) -> pl.DataFrame:
    """The links that say something: not those through OTHER, nor those that only the period makes."""
    told = pl.col("kind").is_in(["move", "start", "end"]) & (pl.col("from") != OTHER) & (pl.col("to") != OTHER)
    return one.edges.filter(told).select("from", "to", "kind", pl.col("customers").alias(f"customers_{side}"))


def _customers_at(one: JourneyMap, side: str) -> pl.DataFrame:
    """Customers at each place a link can come from. Of lives as many begin as customers; of visits that is not told."""
    places = one.nodes.select(pl.col("id").alias("from"), pl.col("customers").cast(pl.Int64).alias(f"n_{side}"))
    begun = one.totals.started if one.question.journey == "life" else 0
    return pl.concat([places, pl.DataFrame({"from": [START], f"n_{side}": [begun]})])


def _share(side: str) -> pl.Expr:
    there = pl.col(f"n_{side}")
    return pl.when(there > 0).then(pl.col(f"customers_{side}") / there).alias(f"chance_{side}")


def _nodes(a: JourneyMap, b: JourneyMap) -> pl.DataFrame:
    """Reach of each place."""
    sides = []
    for one, side in ((a, "a"), (b, "b")):
        reach = pl.col("customers") / max(1, one.totals.customers)
        sides.append(
            one.nodes.filter(pl.col("id") != OTHER).select(
                "id",
                "label",
                pl.col("customers").cast(pl.Int64).alias(f"customers_{side}"),
                reach.alias(f"reach_{side}"),
            )
        )
    both = sides[0].join(sides[1], on=["id", "label"], how="full", coalesce=True)
    both = both.with_columns(pl.exclude("id", "label").fill_null(0))
    all_a, all_b = a.totals.customers, b.totals.customers
    counted = both.select("customers_a", "customers_b").iter_rows()
    tests = [two_proportions(in_a, all_a, in_b, all_b) for in_a, in_b in counted]
    both = both.with_columns(
        (pl.col("reach_b") - pl.col("reach_a")).alias("change"),
        pl.Series("q", adjusted([test and test[1] for test in tests]), dtype=pl.Float64),
    )
    beyond = (pl.col("change").abs() >= REACH_POINTS - 1e-12) & (pl.col("q") <= FALSE_ALARMS).fill_null(False)
    return both.with_columns(beyond.alias("flagged")).sort(pl.col("change").abs(), "id", descending=[True, False])


def _caption(edges: pl.DataFrame, a: JourneyMap, b: JourneyMap) -> str:
    movers = edges.filter(pl.col("flagged"))
    if movers.is_empty():
        return "Nothing changed beyond chance."
    labels = dict(a.nodes.select("id", "label").iter_rows()) | dict(b.nodes.select("id", "label").iter_rows()) | WORDS
    most = movers.row(0, named=True)
    where = f"{labels.get(most['from'], most['from'])} → {labels.get(most['to'], most['to'])}"
    more = f", and {movers.height - 1} more" if movers.height > 1 else ""
    return f"{where} {most['change'] * 100:+.0f} points ({most['chance_a']:.0%} → {most['chance_b']:.0%}){more}."


# ---------------------------------------------------------------------- statistics


def two_proportions(x_a: int, n_a: int, x_b: int, n_b: int) -> tuple[float, float] | None:
    """z and two-sided p of the two-proportion test; None with fewer than `ENOUGH` customers on a side.

    >>> z, p = two_proportions(40, 200, 60, 200)
    >>> round(z, 3), round(p, 4)
    (2.309, 0.0209)
    """
    if min(n_a, n_b) < ENOUGH:
        return None
    pooled = (x_a + x_b) / (n_a + n_b)
    error = sqrt(pooled * (1 - pooled) * (1 / n_a + 1 / n_b))
    z = (x_b / n_b - x_a / n_a) / error if error else 0.0
    return z, erfc(abs(z) / sqrt(2))


def adjusted(p: Sequence[float | None]) -> list[float | None]:
    """Benjamini–Hochberg: the share of false alarms among everything at least this unlikely.

    >>> adjusted([0.01, None, 0.04, 0.03])
    [0.03, None, 0.04, 0.04]
    """
    tested = sorted((one, place) for place, one in enumerate(p) if one is not None)
    q: list[float | None] = [None] * len(p)
    least = 1.0
    for rank in range(len(tested), 0, -1):
        one, place = tested[rank - 1]
        least = q[place] = min(least, one * len(tested) / rank)
    return q
