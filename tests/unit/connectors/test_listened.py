"""Tables that are listened to column by column become the very events that their rows become one by one."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from harken.connectors import tables
from harken.connectors.tables import Asked
from harken.listen import Heard, Listener, hear, prepare, unpacked
from harken.words import DEFAULT_KEYS, Config, Interests, Key, Limits, Match, Source, Touchpoint

NOW = 1_769_860_800_000_000  # 2026-01-31 12:00 UTC
ASKED = ("revenue", "value", "action")
CONFIG = Config(
    sources={
        "shop": Source(id="shop", channel="store"),
        "small": Source(id="small", timezone="America/New_York", limits=Limits(event_bytes=400, batch_events=7)),
        "flat": Source(id="flat", limits=Limits(depth=1)),
    },
    keys=(*DEFAULT_KEYS, Key(id="card", priority=35, blocked=("blocked.*",))),
    touchpoints=(
        Touchpoint(id="store: Dear", channel="till", match=(Match(name="Bought", properties={"tier": "dear*"}),)),
        Touchpoint(id="web: Plans", match=(Match(path="/plans/*"),)),
        Touchpoint(id="web: A page of its own", match=(Match(type="page", path="/plans/7"),)),
    ),
    interests=Interests(property="topic", weights={"Bought": 2.5}),
)
PLAN = prepare(CONFIG)
TEXTS = st.sampled_from(
    ["", " ", "Bought", "Bought ", "dear 1", "/plans/7", "/plans/8", "phones/android", 'a"b\\,"x":null', "é\x00\n"]
)
CELLS = {
    "event": TEXTS,
    "tier": TEXTS,
    "path": TEXTS,
    "topic": TEXTS,
    "mail": st.sampled_from(["ada@x.test", "ADA@x.test", "no address", "", "x" * 600]),
    "card": st.sampled_from(["7", "8", " 7", "blocked", "0", "blocked 2"]),
    "number": st.sampled_from(["1", "2", "3", "3", " 4", " ", "x" * 99, "x" * 101]),
    "revenue": st.sampled_from([0.1, 1e300, float("nan"), float("inf"), -0.0, 5.0]),
    "value": st.integers(-(2**63), 2**63 - 1),
    "action": st.booleans(),
}  # fmt: skip
MOMENTS = {
    "microseconds": st.sampled_from([NOW, NOW - 1, NOW + 299_000_000, NOW + 301_000_000, 10**12, 0, 7]),
    "seconds": st.sampled_from([1_700_000_000, 0, 1, -5]),
    "fractions": st.sampled_from([1_700_000_000.25, 1e30, 0.0]),
    "text": st.sampled_from(["2026-01-30T10:00:00Z", "2026-01-30 10:00", "2017-11-05 01:30", "soon", "", "1700000000", "2027-01-01"]),
    "moment": st.datetimes(),
}  # fmt: skip
MAPPINGS: list[dict[str, Any]] = [
    {"event": "{event}", "properties": "*"},
    {"event": "Bought", "touchpoint": "store: {tier}", "channel": "{path}", "properties": {"revenue": "revenue", "plan.tier": "tier"}},
    {"event": "{event}", "type": "page", "properties": ["path", "value"], "id": ["number"]},
    {"event": "{event} {tier}", "properties": ["revenue", "action", "topic"], "id": ["number", "card"]},
    {"event": "Rated", "traits": ["tier"]},
    {"event": "{event}", "type": "alias", "properties": []},
    {"event": "Shown", "type": "decision", "properties": "*"},
]  # fmt: skip


@st.composite
def frames(draw: st.DrawFn) -> pl.DataFrame:
    rows = draw(st.integers(1, 25))

    def column(cells: st.SearchStrategy[Any], few: bool) -> list[Any]:
        made = st.one_of(st.none(), cells) if few else cells
        return draw(st.lists(made, min_size=rows, max_size=rows))

    when = draw(st.sampled_from([*MOMENTS]))
    gaps = draw(st.booleans())
    told = {name: column(cells, gaps) for name, cells in CELLS.items()}
    types = dict.fromkeys(CELLS, pl.String) | {"revenue": pl.Float64, "value": pl.Int64, "action": pl.Boolean}
    return pl.DataFrame(told, schema=types).with_columns(pl.Series("at", column(MOMENTS[when], gaps), strict=False))


def both(frame: pl.DataFrame, **stream: Any) -> tuple[list[Heard], list[Heard], int]:
    """What is heard of a table row by row, and by columns; and how many events went the short way."""
    with tempfile.TemporaryDirectory() as folder:
        frame.write_parquet(Path(folder) / "t.parquet")
        source = stream.pop("source", "shop")
        mapping = tables.Mapping(
            source=source,
            timezone="Europe/Berlin",
            streams=(tables.Stream(**{"name": "row", "files": ("t.parquet",), "time": "at", **stream}),),
        )
        [file] = tables.files(mapping, Path(folder))
        made = Listener(CONFIG, ASKED)
        asked = Asked(made.looks_at(source), made.properties)
        read = partial(tables.read, mapping, file, Path(folder), received=NOW, together=10)
        [plain], [part] = list(read()), list(read(asked=asked))
        by_row = [hear(batch, PLAN) for batch in plain.batches]
        told = [made.rows(rows) for rows in part.rows] or [made.batch(batch) for batch in part.batches]
        lines = [b"\n".join(rows.raws) for rows in part.rows] or [batch.body for batch in part.batches]
    assert lines == [batch.body for batch in plain.batches]
    assert [replace(one, body=b"") for one in part.batches] == [replace(one, body=b"") for one in plain.batches]
    assert part.bad == plain.bad
    return by_row, [unpacked(data) for data in told], len(part.rows)


def asked_for(heard: Heard) -> Heard:
    """With those properties only that are asked for, and told."""
    return Heard(
        [
            replace(
                one,
                properties={key: one.properties[key] for key in ASKED if one.properties.get(key) is not None},
            )
            for one in heard.events
        ],
        heard.dropped,
    )


@pytest.mark.parametrize("stream", MAPPINGS, ids=[one["event"] + one.get("type", "") for one in MAPPINGS])
@pytest.mark.parametrize("source", ["shop", "small", "flat"])
@settings(max_examples=25, deadline=None)
@given(frame=frames(), whose=st.sampled_from([{"email": "mail", "card": "card"}, {"card": "card"}]))
def test_rows_heard_by_columns_are_what_they_are_one_by_one(
    frame: pl.DataFrame, whose: dict[str, str], source: str, stream: dict[str, Any]
) -> None:
    by_row, by_column, _ = both(frame, identifiers=whose, source=source, **stream)
    assert [asked_for(one) for one in by_column] == [asked_for(one) for one in by_row]


def test_rows_that_say_what_rows_before_said_go_the_short_way() -> None:
    rows = 40
    frame = pl.DataFrame(
        {
            "at": [NOW - place for place in range(rows)],
            "card": [str(1 + place % 3) for place in range(rows)],
            "topic": [["phones", "plans"][place % 2] for place in range(rows)],
            "revenue": [place / 8 for place in range(rows)],
            "note": ["x" * place for place in range(rows)],
        }
    )
    by_row, by_column, batches = both(frame, identifiers={"card": "card"}, event="Bought")
    assert batches == 4
    assert [asked_for(one) for one in by_row] == [asked_for(one) for one in by_column]
    told = [[*one.properties] for heard in by_column for one in heard.events]
    assert told.count(["revenue"]) == rows - 3, "three rows show all cards and topics"


def test_tables_with_what_columns_cannot_tell_are_heard_row_by_row() -> None:
    usual = {"at": [NOW], "card": ["7"]}
    for frame, stream in (
        (pl.DataFrame({**usual, "list": [[1, 2]]}), {"event": "A"}),
        (pl.DataFrame({**usual, "tier": ["gold"]}), {"event": "A", "traits": ["tier"]}),
        (pl.DataFrame({**usual, "n": ["x"]}), {"event": "", "type": "identify"}),
        (pl.DataFrame({"at": [2.5], "card": ["7"]}, schema_overrides={"at": pl.Float32}), {"event": "A"}),
    ):
        by_row, by_column, batches = both(frame, identifiers={"card": "card"}, **stream)
        assert not batches
        assert by_row == by_column
