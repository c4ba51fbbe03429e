"""An analyst with a table and no hub: the same journeys, whatever the file and however it tells moments."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import polars as pl
import pytest

import harken
from harken import understand
from harken.cli import main
from harken.errors import Invalid, NotFound
from harken.understand.result import csv_text

ROWS = [
    ("ada", "2026-01-01T10:00:00", "Home", "web", "look"),
    ("ada", "2026-01-01T10:05:00", "Plans <new>", "web", "look"),
    ("ada", "2026-01-02T09:00:00", "Order", "store", "buy"),
    ("ben", "2026-01-01T11:00:00", "Home", "web", "look"),
    ("ben", "2026-01-01T11:01:00", "Plans <new>", "web", "look"),
    ("cyd", "2026-01-03T11:00:00", "Home", "web", "look"),
]
TABLE = pl.DataFrame(ROWS, schema=["customer", "time", "page", "place", "phase"], orient="row")
SAID = {"who": "customer", "when": "time", "what": "page"}
MOVES = {("Home", "Plans <new>"): 2, ("Plans <new>", "Order"): 1}


def moves(found: harken.hub.analyst.Analyst) -> dict[tuple[str, str], int]:  # type: ignore[name-defined]
    rows = found.map().moves.select("from", "to", "customers").iter_rows()
    return {(a, b): customers for a, b, customers in rows}


@pytest.mark.parametrize("ending", ["csv", "tsv", "parquet", "ndjson", "jsonl"])
def test_files_are_read(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"events.{ending}"
    write = {"csv": TABLE.write_csv, "tsv": lambda to: TABLE.write_csv(to, separator="\t"), "parquet": TABLE.write_parquet,
             "ndjson": TABLE.write_ndjson, "jsonl": TABLE.write_ndjson}  # fmt: skip
    write[ending](path)
    assert moves(harken.journeys(path, **SAID)) == MOVES
    assert moves(harken.journeys(str(path), **SAID)) == MOVES


def test_a_csv_file_is_read_whatever_stands_between_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    for separator in (";", "\t", "|"):
        TABLE.write_csv(path, separator=separator)
        assert moves(harken.journeys(path, **SAID)) == MOVES


def test_an_empty_file_is_told_as_one(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_bytes(b"")
    with pytest.raises(Invalid, match=r"events\.csv is empty"):
        harken.journeys(path)


@pytest.mark.parametrize(
    ("days", "begins"), [(("01/02/2026", "13/02/2026"), "2026-02-01"), (("01/02/2026", "02/03/2026"), "2026-01-02")]
)
def test_days_come_first_where_one_can_be_nothing_else(days: tuple[str, str], begins: str) -> None:
    rows = pl.DataFrame({"user": ["ada", "ada"], "ts": [f"{day} 10:00" for day in days], "event": ["a", "b"]})
    found = harken.journeys(rows)
    assert found.left_out == 0
    assert found.map(until=f"{begins}T12:00").totals.events == 1


@pytest.mark.parametrize(
    "times",
    [
        lambda at: at.isoformat(),
        lambda at: at.replace(tzinfo=UTC).isoformat(),
        lambda at: at.replace(tzinfo=UTC).isoformat().replace("+00:00", "Z"),
        lambda at: at.strftime("%Y-%m-%d %H:%M:%S"),
        lambda at: at.strftime("%d.%m.%Y %H:%M"),
        lambda at: at,
        lambda at: at.replace(tzinfo=UTC),
        lambda at: int(at.replace(tzinfo=UTC).timestamp()),
        lambda at: at.replace(tzinfo=UTC).timestamp() * 1_000,
        lambda at: str(int(at.replace(tzinfo=UTC).timestamp())),
    ],
)
def test_moments_are_read_however_they_are_told(times: object) -> None:
    rows = [times(datetime.fromisoformat(at)) for _, at, *_ in ROWS]  # type: ignore[operator]
    found = harken.journeys(TABLE.with_columns(pl.Series("time", rows)), **SAID)
    assert moves(found) == MOVES
    assert found.map(since="2026-01-02").totals.customers == 2
    assert found.map().moves["median_seconds"].to_list() == [180.0, 82_500.0]


def test_usual_names_are_guessed_and_stages_come_in_order() -> None:
    table = TABLE.rename({"customer": "User_ID", "time": "timestamp", "page": "event"})
    found = harken.journeys(table.lazy(), stage="phase", channel="place")
    assert moves(found) == MOVES
    assert found.map(level="stage").stages["stage"].to_list() == ["look", "buy"]
    assert set(found.map(level="channel").nodes["id"]) == {"web", "store"}
    assert found.levels == ("touchpoint", "stage", "channel")


def test_every_analysis_can_be_asked() -> None:
    found = harken.journeys(TABLE, **SAID)
    answer = found.funnel(steps=["Home", "Order"], window="7d")
    assert answer.analysis == "funnel"
    assert found.ask("funnel", steps=["Home", "Order"]).to_dict() == answer.to_dict()
    assert "funnel" in dir(found)
    assert "<svg" in found._repr_html_()


def test_rows_that_do_not_say_enough_are_left_out_and_counted() -> None:
    more = pl.DataFrame([("", "2026-01-01", "Home", "", ""), ("eve", "never", "Home", "", ""), ("eve", "2026-01-01", None, "", "")],
                        schema=TABLE.columns, orient="row")  # fmt: skip
    found = harken.journeys(pl.concat([TABLE, more]), **SAID)
    assert found.left_out == 3
    assert moves(found) == MOVES


@pytest.mark.parametrize(
    ("table", "said", "says"),
    [
        (TABLE, {**SAID, "who": "custmer"}, "there is no column 'custmer'; there are customer, time"),
        (TABLE.rename({"time": "x"}), {}, "say which column tells when"),
        ("nowhere.csv", SAID, "there is no file"),
        ("events.xlsx", SAID, "files are read that end in .csv"),
        (5, SAID, "is no table"),
        (TABLE.with_columns(time=pl.lit("soon")), SAID, "no row has who"),
    ],
)
def test_what_is_wrong_is_told(table: object, said: dict[str, str], says: str) -> None:
    with pytest.raises(Invalid, match=re.escape(says)):
        harken.journeys(table, **said)


def test_the_page_stands_alone_and_shows_names_as_they_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    TABLE.write_csv(tmp_path / "events.csv")
    words = [
        "map",
        str(tmp_path / "events.csv"),
        "--who",
        "customer",
        "--when",
        "time",
        "--what",
        "page",
        "--channel",
        "place",
    ]
    with pytest.raises(SystemExit) as ended:
        main([*words, "--html", str(tmp_path / "out.html")])
    assert ended.value.code == 0, capsys.readouterr().err
    text = (tmp_path / "out.html").read_text(encoding="utf-8")
    assert not re.search(r"(?:src|href)=|@import|fetch\(|XMLHttp", text), "it asks for nothing else"
    assert "Plans &lt;new&gt;" in text
    assert "<new>" not in text
    assert text.count("<section data-map") == 2
    svg = re.search(r"<svg.*?</svg>", text, re.DOTALL)
    assert svg
    drawn = ElementTree.fromstring(svg[0])
    titles = [one.text or "" for one in drawn.iter("{http://www.w3.org/2000/svg}title")]
    assert any("Home → Plans <new>: 2 customers" in title for title in titles)
    with pytest.raises(SystemExit):
        main([*words, "--json"])
    assert '"level": "touchpoint"' in capsys.readouterr().out


def test_nothing_is_drawn_of_nothing(tmp_path: Path) -> None:
    found = harken.journeys(TABLE.clear(), **SAID)
    assert "<svg" not in found.page()
    assert found.map().totals.customers == 0


ASKED = {"funnel": {"steps": ["Home", "Order"]}, "conformance": {"path": "Home > Order"}}
ODD = (None, "x", [1], {"a": 1}, 1e300, 99, 10**30)


@pytest.mark.parametrize("name", [one.name for one in understand.analyses().values() if one.customers is not None])
def test_a_row_that_no_table_has_is_refused_in_words_or_counts_nobody_else(name: str) -> None:
    journeys = harken.journeys(TABLE, **SAID, channel="place", stage="phase")
    try:
        answer = journeys.ask(name, **ASKED.get(name, {}))
    except Invalid:  # it compares segments, which a table has not
        return
    for table, shown in answer.tables.items():
        row = shown.frame.row(0, named=True) if shown.frame.height else dict.fromkeys(shown.frame.columns)
        for field in ("table", *shown.frame.columns):
            for odd in ODD:
                try:
                    found = journeys.customers(name, {"table": table, **row, field: odd}, **ASKED.get(name, {}))
                except (Invalid, NotFound):
                    continue
                assert {*found} <= {"ada", "ben", "cyd"}, (field, odd)


def test_csv_is_nothing_a_spreadsheet_would_run() -> None:
    frame = pl.DataFrame({"page": ["=1+1", "-x", "@a", "+49", "Home = 1", None], "n": [-1, 2, 3, 4, 5, 6]})
    assert csv_text(frame).splitlines() == ["page,n", "'=1+1,-1", "'-x,2", "'@a,3", "'+49,4", "Home = 1,5", ",6"]
