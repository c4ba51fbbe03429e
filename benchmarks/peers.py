"""A log as one Parquet file, and the name of another tool, in; how many seconds it takes for each question, out. Run by any
Python that has the tool: `python benchmarks/peers.py duckdb log.parquet`.

The file is in the order of customers and time. Loading into memory is not counted where a tool has to do it first. Queries
are written as their documentation shows, for the same question; what a tool cannot ask is left out.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

STEPS = [f"channel {number}: touchpoint {number}" for number in range(1, 6)]
WEEK = 7 * 86_400
MICROS = 1_000_000


def seconds(work: Callable[[], object]) -> float:
    """The better of two."""
    taken = []
    for _ in range(2):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return min(taken)


def read(path: str) -> Any:
    """Who, what and when as pandas has it, by what is there to read Parquet."""
    import pandas as pd

    columns = ["profile", "touchpoint", "occurred"]
    try:
        return pd.read_parquet(path, columns=columns)
    except ImportError:  # no pyarrow
        try:
            import polars as pl

            table = pl.read_parquet(path, columns=columns)
            return pd.DataFrame({name: table[name].to_numpy() for name in columns})
        except ImportError:
            import duckdb as tool

            return tool.connect().execute(f"select {', '.join(columns)} from read_parquet('{path}')").df()


def polars(path: str) -> dict[str, float]:
    """As people write it: sort, shift, group."""
    import polars as pl

    who, when, what = pl.col("profile"), pl.col("occurred"), pl.col("touchpoint")

    def rows() -> Any:
        return pl.scan_parquet(path).sort("profile", "occurred", "seq")

    def draw() -> object:
        after = [what.shift(-1).over("profile").alias("to"), (when.shift(-1) - when).over("profile").alias("took")]
        moves = rows().with_columns(after).filter(pl.col("to").is_not_null())
        return moves.group_by("touchpoint", "to").agg(pl.len(), who.n_unique(), pl.col("took").median()).collect()

    def funnel() -> object:
        started = pl.when(what == STEPS[0]).then(when).forward_fill().over("profile")
        found = rows().with_columns(started.alias("t1"))
        for number, step in enumerate(STEPS[1:], 2):
            before = pl.col(f"t{number - 1}")
            got = pl.when((what == step) & (when - before <= WEEK * MICROS)).then(before)
            found = found.with_columns(got.forward_fill().over("profile").alias(f"t{number}"))
        return found.select(
            who.filter(pl.col(f"t{n}").is_not_null()).n_unique().alias(f"n{n}") for n in range(1, 6)
        ).collect()

    def paths() -> object:
        first = rows().group_by("profile", maintain_order=True).agg(what.head(5).alias("path"))
        return first.group_by("path").len().sort("len", descending=True).head(20).collect()

    def markov() -> object:
        moves = rows().with_columns(what.shift(-1).over("profile").fill_null("END").alias("to"))
        return moves.group_by("touchpoint", "to").len().collect()

    return {
        name: seconds(work) for name, work in (("map", draw), ("funnel", funnel), ("paths", paths), ("markov", markov))
    }


def duckdb(path: str) -> dict[str, float]:
    """Portable SQL with window functions."""
    import duckdb as tool

    def ask(sql: str) -> Callable[[], object]:
        return lambda: tool.connect().execute(sql.replace("LOG", f"read_parquet('{path}')")).fetchall()

    first = "select (list(touchpoint order by occurred, seq))[1:5] as path from LOG group by profile"
    return {
        "map": seconds(ask(MAP)),
        "funnel": seconds(ask(funnel_sql())),
        "paths": seconds(ask(f"select path, count(*) as n from ({first}) group by path order by n desc limit 20")),
        "markov": seconds(ask(MARKOV)),
    }


def chdb(path: str) -> dict[str, float]:
    """ClickHouse in the process, over the same Parquet; its own functions where it has them."""
    import chdb as tool

    def ask(sql: str) -> Callable[[], object]:
        return lambda: tool.query(sql.replace("LOG", f"file('{path}', Parquet)"), "TSV").bytes()

    steps = ", ".join(f"touchpoint = '{step}'" for step in STEPS)
    funnel = f"windowFunnel({WEEK * MICROS})(toUInt64(occurred), {steps})"
    path_of = "arrayMap(x -> x.3, arraySlice(arraySort(groupArray((occurred, seq, touchpoint))), 1, 5))"
    return {
        "map": seconds(ask(CLICKHOUSE_MAP)),
        "funnel": seconds(ask(f"select d, count() from (select {funnel} as d from LOG group by profile) group by d")),
        "paths": seconds(
            ask(
                f"select p, count() as n from (select {path_of} as p from LOG group by profile) group by p order by n desc limit 20"
            )
        ),
        "markov": seconds(ask(CLICKHOUSE_MARKOV)),
    }


def pm4py(path: str) -> dict[str, float]:
    """Its public functions; loading is not counted."""
    import pandas as pd
    import pm4py as tool

    frame = read(path)
    frame["occurred"] = pd.to_datetime(frame["occurred"], unit="us")
    log = tool.format_dataframe(frame, case_id="profile", activity_key="touchpoint", timestamp_key="occurred")
    return {
        "map": seconds(lambda: (tool.discover_dfg(log), tool.discover_performance_dfg(log))),
        "markov": seconds(lambda: tool.discover_dfg(log)),
    }


def retentioneering(path: str) -> dict[str, float]:
    """Its public functions; loading is not counted. Its funnel knows no window."""
    os.environ["RETENTIONEERING_NO_TRACK"] = "1"
    import pandas as pd
    from retentioneering import Eventstream

    frame = read(path)
    frame["occurred"] = pd.to_datetime(frame["occurred"], unit="us")
    schema = {"path_cols": ["profile"], "event_col": "touchpoint", "timestamp_col": "occurred"}
    stream = Eventstream(frame, schema=schema)
    return {
        "map": seconds(lambda: [stream.transition_graph_data(edge_weight=one) for one in ("count", "time_median")]),
        "funnel": seconds(lambda: stream.funnel_data(STEPS)),
        "markov": seconds(lambda: stream.transition_graph_data(edge_weight="proba_out")),
    }


MAP = """with steps as (select touchpoint, occurred, profile, lead(touchpoint) over w as towards, lead(occurred) over w as later
         from LOG window w as (partition by profile order by occurred, seq))
         select touchpoint, towards, count(*), count(distinct profile), median(later - occurred)
         from steps where towards is not null group by all"""
MARKOV = """select touchpoint, towards, count(*) from (select touchpoint, coalesce(lead(touchpoint) over
            (partition by profile order by occurred, seq), 'END') as towards from LOG) group by all"""
OVER = "over (partition by profile order by occurred, seq rows between current row and 1 following)"
CLICKHOUSE_MAP = f"""select touchpoint, towards, count(), uniqExact(profile), quantileExact(0.5)(later - occurred)
    from (select profile, touchpoint, occurred, leadInFrame(touchpoint, 1, '') {OVER} as towards,
    leadInFrame(occurred, 1, 0) {OVER} as later from LOG) where towards != '' group by touchpoint, towards"""
CLICKHOUSE_MARKOV = f"""select touchpoint, towards, count() from (select touchpoint,
    leadInFrame(touchpoint, 1, 'END') {OVER} as towards from LOG) group by touchpoint, towards"""


def funnel_sql() -> str:
    """The latest start of a chain at each event, step by step."""
    window = "over (partition by profile order by occurred, seq rows unbounded preceding)"
    sql = f"(select *, max(case when touchpoint = '{STEPS[0]}' then occurred end) {window} as t1 from LOG)"
    for number, step in enumerate(STEPS[1:], 2):
        before = f"t{number - 1}"
        got = f"case when touchpoint = '{step}' and occurred - {before} <= {WEEK * MICROS} then {before} end"
        sql = f"(select *, max({got}) {window} as t{number} from {sql})"
    reached = ", ".join(f"count(distinct case when t{number} is not null then profile end)" for number in range(1, 6))
    return f"select {reached} from {sql}"


PEERS = {"polars": polars, "duckdb": duckdb, "chdb": chdb, "pm4py": pm4py, "retentioneering": retentioneering}

if __name__ == "__main__":
    if len(sys.argv) > 2:
        sys.path.pop(0)  # this folder: its files are named like other things
        print(json.dumps(PEERS[sys.argv[1]](sys.argv[2])))
