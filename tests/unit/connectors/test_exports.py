"""Events -> files of other tools: nothing is lost, names with any character in them stay, and each form can be read."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

import polars as pl
import pytest

from harken.connectors.exports import FORMS, write
from harken.errors import Invalid

ODD = 'web: <Überweisung> & "💶"\x01'


@pytest.fixture
def events() -> pl.LazyFrame:
    rows = [
        {
            "profile": "b",
            "occurred": datetime(2026, 1, 2),
            "seq": 3,
            "touchpoint": "web: Home",
            "name": "Seen",
            "emotion": 0.5,
        },
        {
            "profile": "a",
            "occurred": datetime(2026, 1, 3),
            "seq": 2,
            "touchpoint": ODD,
            "name": "Paid",
            "emotion": None,
        },
        {
            "profile": "a",
            "occurred": datetime(2026, 1, 1, 0, 0, 0, 5),
            "seq": 1,
            "touchpoint": "",
            "name": "",
            "emotion": None,
        },
    ]
    same = {"channel": "web", "source": "site", "type": "track", "tid": "t", "properties": "{}"}
    return pl.LazyFrame([{**same, "id": f"e{row['seq']}", **row} for row in rows])


def test_xes_has_a_trace_for_each_customer_in_order(events: pl.LazyFrame, tmp_path: Path) -> None:
    assert write(events, tmp_path / "log.xes", "xes") == 3
    log = ElementTree.parse(tmp_path / "log.xes").getroot()
    told = [
        [{one.get("key"): one.get("value") for one in event} for event in trace.findall("event")]
        for trace in log.findall("trace")
    ]
    assert [trace.find("string").get("value") for trace in log.findall("trace")] == ["a", "b"]  # type: ignore[union-attr]
    assert [[event["concept:name"] for event in trace] for trace in told] == [
        ["track", ODD.replace("\x01", "?")],
        ["web: Home"],
    ]
    assert told[0][0]["time:timestamp"] == "2026-01-01T00:00:00.000005+00:00"
    assert told[1][0]["emotion"] == "0.5"


def test_ocel_says_who_and_through_what(events: pl.LazyFrame, tmp_path: Path) -> None:
    write(events, tmp_path / "log.json", "ocel")
    told = json.loads((tmp_path / "log.json").read_text())
    assert {one["id"]: one["type"] for one in told["objects"]} == {"a": "customer", "b": "customer", "trail:t": "trail"}
    assert (
        {one["type"] for one in told["events"]}
        == {one["name"] for one in told["eventTypes"]}
        == {"track", ODD, "web: Home"}
    )
    assert len({one["id"] for one in told["events"]}) == 3
    objects = {one["id"] for one in told["objects"]}
    for event in told["events"]:
        assert {one["objectId"] for one in event["relationships"]} <= objects
        datetime.fromisoformat(event["time"])
        declared = {one["name"] for one in told["eventTypes"][0]["attributes"]}
        assert {one["name"] for one in event["attributes"]} <= declared


@pytest.mark.parametrize(("form", "read"), [("parquet", pl.read_parquet), ("csv", pl.read_csv), ("arrow", pl.read_ipc)])
def test_tables_hold_every_column(form: str, read: object, events: pl.LazyFrame, tmp_path: Path) -> None:
    write(events, tmp_path / "log", form)
    found = read(tmp_path / "log")  # type: ignore[operator]
    assert found["seq"].to_list() == [1, 2, 3]
    assert set(found.columns) == set(events.collect_schema())


@pytest.mark.parametrize("form", sorted(FORMS))
def test_nothing_happened(form: str, events: pl.LazyFrame, tmp_path: Path) -> None:
    assert write(events.limit(0), tmp_path / "log", form) == 0
    text = (tmp_path / "log").read_bytes()
    if form == "ocel":
        assert json.loads(text)["events"] == []
    if form == "xes":
        assert ElementTree.fromstring(text).tag == "log"


def test_what_cannot_be_written_is_told(events: pl.LazyFrame, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="there are parquet"):
        write(events, tmp_path / "log", "pdf")
    with pytest.raises(Invalid, match="cannot write"):
        write(events, tmp_path / "nowhere" / "log", "xes")
