"""A mapping says what a row means: which files, who, when, what, and what joins in."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from harken.connectors import tables
from harken.errors import Invalid
from unit.connectors.told import Read, mapping, read

BODY = "who,at,what\nada,2026-01-31 12:00,Plans\n"


def test_text_times_are_of_the_mappings_zone_too(tmp_path: Path) -> None:
    (event,), _ = read(tmp_path, "a.csv", BODY, timezone="Europe/Berlin").heard()
    assert event.occurred == 1_769_857_200_000_000  # 11:00 UTC


@pytest.mark.parametrize(
    ("written", "format", "micros"),
    [
        ("31.01.2026 12:00", "%d.%m.%Y %H:%M", 1_769_857_200_000_000),
        ("1/31/2026 12:00:00 PM", "%m/%d/%Y %I:%M:%S %p", 1_769_857_200_000_000),
        ("31.01.2026", "%d.%m.%Y", 1_769_814_000_000_000),
    ],
)
def test_times_of_an_own_format(tmp_path: Path, written: str, format: str, micros: int) -> None:
    body = f"who,at\nada,{written}\nbob,soon\ncy,\n"
    found = read(tmp_path, "a.csv", body, timezone="Europe/Berlin", time_format=format)
    (event,), dropped = found.heard()
    assert event.occurred == micros
    assert found.reasons == {"a.csv:3": f"at: 'soon' is not a time written as {format}"}
    assert found.bad[0].raw == b'{"who":"bob","at":"soon"}'
    assert [(one.where, one.reason) for one in dropped] == [("a.csv:4", "bad_time")]


@pytest.mark.parametrize(
    ("at", "utc"),
    [
        ("2017-07-01 12:00", "2017-07-01T16:00"),
        ("2017-07-01", "2017-07-01T04:00"),
        (
            "2017-03-12 02:30",
            "2017-03-12T07:30",
        ),  # skipped when the clock was set forward: an hour later by the new time
        ("2017-11-05 01:30", "2017-11-05T05:30"),  # said twice when it was set back: the first
        ("2017-11-05T01:30:00-05:00", "2017-11-05T06:30"),  # a time that says its offset needs no zone
        ("2017-11-05 01:30:00 -0400", "2017-11-05T05:30"),
        ("2017-07-01T12:00:00Z", "2017-07-01T12:00"),
        ("1498910400", "2017-07-01T12:00"),
    ],
)
def test_a_zone_is_for_times_that_say_none(tmp_path: Path, at: str, utc: str) -> None:
    for name, body in (("a.csv", f"who,at\nada,{at}\n"), ("a.ndjson", f'{{"who": "ada", "at": "{at}"}}')):
        (event,), _ = read(tmp_path, name, body, timezone="America/New_York").heard()
        assert event.occurred == datetime.fromisoformat(utc + "+00:00").timestamp() * 1_000_000


@pytest.mark.parametrize(
    ("at", "format", "utc"),
    [
        ("12.03.2017 02:30", "%d.%m.%Y %H:%M", "2017-03-12T07:30"),
        ("05.11.2017 01:30", "%d.%m.%Y %H:%M", "2017-11-05T05:30"),
        ("05.11.2017 01:30 -0500", "%d.%m.%Y %H:%M %z", "2017-11-05T06:30"),
    ],
)
def test_so_it_is_for_times_of_an_own_format(tmp_path: Path, at: str, format: str, utc: str) -> None:
    found = read(tmp_path, "a.csv", f"who,at\nada,{at}\n", timezone="America/New_York", time_format=format)
    assert found.heard()[0][0].occurred == datetime.fromisoformat(utc + "+00:00").timestamp() * 1_000_000


def test_day_and_hour_may_stand_in_two_columns(tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", "who,day,hour\nada,2026-01-31,12:00\n", time="{day}T{hour}", properties=[])
    assert found.items[0]["time"] == "2026-01-31T12:00"
    found = read(tmp_path, "a.csv", "who\nada\n", time="2026-01-31")
    assert found.heard()[0][0].occurred == 1_769_817_600_000_000


def test_ids_tell_rows_apart_wherever_they_stand(tmp_path: Path) -> None:
    one, two = "who,at,no,line\n", ["ada,2026-01-01,o1,1\n", "ada,2026-01-01,o1,2\n", "ada,2026-01-01,,1\n"]
    sorted_ = read(tmp_path, "a.csv", one + "".join(two), id=["no", "line"])
    turned = read(tmp_path, "a.csv", one + "".join(reversed(two)), id=["no", "line"])
    assert [item["id"] for item in sorted_.items] == ["order|o1|1", "order|o1|2", "order|a.csv|4"]
    assert [item["id"] for item in turned.items] == ["order|a.csv|2", "order|o1|2", "order|o1|1"]


def test_files_of_one_name_in_two_folders_are_two_files(tmp_path: Path) -> None:
    for folder in ("2025", "2026"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "jan.csv").write_text(BODY)
    found = Read(mapping(files=["*/jan.csv", "2025/*.csv"]), tmp_path)
    assert [item["id"] for item in found.items] == ["order|2025/jan.csv|2", "order|2026/jan.csv|2"]
    absolute = Read(mapping(files=[f"{tmp_path}/*/jan.csv"]), Path("/"))
    assert [item["id"] for item in absolute.items] == ["order|2025/jan.csv|2", "order|2026/jan.csv|2"]


def test_a_name_that_looks_like_a_pattern_is_a_name_first(tmp_path: Path) -> None:
    assert len(read(tmp_path, "a[1].csv", BODY).items) == 1


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ("nothing-*.csv", "no file fits 'nothing-"),
        ("package:no_such_package/a.csv", "pip install no-such-package"),
        ("package:harken/a.csv", "has no file 'a.csv'"),
    ],
)
def test_files_that_are_not_there_are_named(tmp_path: Path, files: str, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        tables.files(mapping(files=[files]), tmp_path)


def test_a_format_that_cannot_be_told_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="say `format: csv`"):
        read(tmp_path, "a.xlsx", BODY)
    assert len(read(tmp_path, "a.dat", BODY, format="csv").items) == 1


def test_small_tables_add_columns(tmp_path: Path) -> None:
    """Whatever type the key has on either side; a row without partner keeps nothing, and none is doubled."""
    (tmp_path / "goods.csv").write_text("sku,name,price\n1,Pipe,5\n01,Other,6\n2,Tap,7\n")
    join = [{"file": "goods.csv", "by": "sku", "take": ["name"]}]
    found = read(
        tmp_path, "a.csv", "who,at,sku\na,2026-01-01,1\nb,2026-01-01,3\n", join=join, touchpoint="store: {name}"
    )
    assert [item["touchpoint"] for item in found.items] == ["store: Pipe", "store: unknown"]
    assert [item["properties"] for item in found.items] == [{"sku": 1, "name": "Pipe"}, {"sku": 3}]
    lines = read(tmp_path, "a.ndjson", '{"who":"a","at":"2026-01-01","sku":2,"x":[1]}\n', join=join)
    assert lines.items[0]["properties"] == {"name": "Tap", "sku": 2, "x": [1]}
    with pytest.raises(Invalid, match=r"join goods\.csv: there is no column 'ean'"):
        read(tmp_path, "a.csv", BODY, join=[{"file": "goods.csv", "by": "ean"}])


def test_an_empty_trait_is_not_told_at_all(tmp_path: Path) -> None:
    body = "who,plan,age\nada,gold,\nbob,,31\n"
    found = read(tmp_path, "a.csv", body, type="identify", time="2026-01-01", traits=["plan", "age"], properties=[])
    assert [item["traits"] for item in found.items] == [{"plan": "gold"}, {"age": 31}]


def test_only_the_columns_that_are_named_travel(tmp_path: Path) -> None:
    body = "who,at,a,b,c\nada,2026-01-01,1,2,3\n"
    assert read(tmp_path, "a.csv", body, properties=["a"]).items[0]["properties"] == {"a": 1}
    assert read(tmp_path, "a.csv", body, properties={"x": "b", "y": "{a}-{c}"}).items[0]["properties"] == {
        "x": 2,
        "y": "1-3",
    }
    assert "properties" not in read(tmp_path, "a.csv", body, properties=[]).items[0]


def test_no_batch_is_larger_than_asked_and_lines_follow_one_another(tmp_path: Path) -> None:
    rows = [f"c{n},2026-01-03\n" for n in range(2_500)]
    rows[700] = "broken\n"
    path = tmp_path / "a.csv"
    path.write_text("who,at\n" + "".join(rows))
    made = mapping(files=["a.csv"])
    (file,) = tables.files(made, tmp_path)
    parts = list(tables.read(made, file, tmp_path, received=1, together=1_000))
    assert [batch.lines for part in parts for batch in part.batches] == [(2, 700), (703, 1_000), (1703, 799)]
    assert [(part.rows_done, part.line_done) for part in parts] == [(2_500, 2_501)]


MAPPING: dict[str, Any] = {
    "source": "shop",
    "streams": [
        {"name": "order", "files": "a.csv", "time": "at", "identifiers": {"user_id": "who"}, "event": "Ordered"}
    ],
}


def test_a_mapping_file_is_text_throughout(tmp_path: Path) -> None:
    """A day, a number or a `no` in YAML is what it looks like."""
    (tmp_path / "import.yaml").write_text(
        "source: 7\nstreams:\n- {name: no, files: a.csv, time: 2017-01-01, identifiers: {user_id: 08}, event: Ordered, id: no}\n"
    )
    found, folder = tables.load(tmp_path)
    (stream,) = found.streams
    assert (found.source, stream.name, stream.time, stream.identifiers, stream.id, stream.files) == (
        "7", "no", "2017-01-01", {"user_id": "08"}, ("no",), ("a.csv",),
    )  # fmt: skip
    assert folder == tmp_path


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("", "has `source` and `streams`"),
        ("source: [", "not YAML"),
        ("source: a\nstreams: []\n", "`streams` is empty"),
        ("source: a\nstreams:\n- {name: x, files: a, time: t, identifers: {a: b}}\n", "did you mean 'identifiers'"),
        ("source: a\nchannel: web\nstreams: []\n", "'channel' is said for each stream, below `streams`"),
        ("source: a\ntables: []\n", "there may be source, streams, timezone"),
        ("source: a\nstreams:\n- {name: x, files: a, time: t, identifiers: {}, event: E}\n", "`identifiers` is empty"),
        ("source: a\nstreams:\n- {name: x, files: a, time: t, identifiers: {email: b}}\n", "`event` is missing"),
        (
            "source: a\ntimezone: Europe/Berlim\nstreams:\n- {name: x, files: a, time: t, event: E, identifiers: {email: b}}\n",
            "did you mean Europe/Berlin",
        ),
    ],
)
def test_a_mapping_that_cannot_work_is_refused_before_a_table_is_opened(tmp_path: Path, body: str, says: str) -> None:
    (tmp_path / "import.yaml").write_text(body)
    with pytest.raises(Invalid, match=says):
        tables.load(tmp_path)


def test_two_streams_need_two_names() -> None:
    made = mapping(files=["a.csv"])
    from harken.connectors.tables.mappings import check

    with pytest.raises(Invalid, match="two streams have this name"):
        check(tables.Mapping(source="a", streams=made.streams * 2), "test")


def test_a_few_flags_make_a_mapping() -> None:
    made = tables.quick(["a.csv"], who=["email=mail", "card"], when="at", what="page", source="site", channel="web")
    (stream,) = made.streams
    assert stream.identifiers == {"email": "mail", "user_id": "card"}
    assert (stream.event, stream.channel, made.source) == ("{page}", "web", "site")


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a.csv", "who,at,what\nada,2026-01-31,Plans\nbob,2026-01-31,\ncy,2026-01-31,  \n"),
        (
            "a.ndjson",
            '{"who": "ada", "at": "2026-01-31", "what": "Plans"}\n{"who": "bob", "at": "2026-01-31", "what": null}\n'
            '{"who": "cy", "at": "2026-01-31", "what": " "}\n',
        ),
    ],
)
def test_a_row_whose_event_column_is_empty_is_a_bad_row(tmp_path: Path, name: str, body: str) -> None:
    found = read(tmp_path, name, body, event="{what}", channel="web")
    (event,), dropped = found.heard()
    assert (event.name, event.touchpoint, dropped) == ("Plans", "web: Plans", [])
    says = "what: is empty, and it alone tells what happened (`event: '{what}'`)"
    first = 2 if name == "a.ndjson" else 3  # a CSV has a header
    assert found.reasons == {f"{name}:{first}": says, f"{name}:{first + 1}": says}
    assert b'"bob"' in found.bad[0].raw


def test_an_empty_column_inside_a_text_is_unknown(tmp_path: Path) -> None:
    body = "who,at,what\nada,2026-01-31,\nbob,2026-01-31,Garden\n"
    found = read(tmp_path, "a.csv", body, event="Bought in {what}", touchpoint="store: {what}", channel="store")
    events, dropped = found.heard()
    assert [(one.name, one.touchpoint) for one in events] == [
        ("Bought in unknown", "store: unknown"), ("Bought in Garden", "store: Garden"),
    ]  # fmt: skip
    assert (found.bad, dropped) == ([], [])
    assert len(read(tmp_path, "b.csv", body).heard()[0]) == 2  # what happened is said for all rows
