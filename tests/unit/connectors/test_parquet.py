"""Parquet: typed columns keep what they mean."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from harken.errors import Invalid
from unit.connectors.told import Read, mapping


def written(folder: Path, frame: pl.DataFrame, *, skip: int = 0, **stream: Any) -> Read:
    frame.write_parquet(folder / "a.parquet", row_group_size=4_000)
    return Read(mapping(files=["a.parquet"], **stream), folder, skip=skip)


def test_every_type_becomes_what_json_has_for_it(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "who": [1.0, None],
            "at": [datetime(2026, 1, 31, 12), datetime(2026, 1, 31, 13)],
            "price": [Decimal("9.50"), None],
            "day": [date(2026, 1, 1), None],
            "hour": [time(7, 30), None],
            "took": [timedelta(seconds=90), None],
            "tags": [["a", "b"], None],
            "cart": [{"sum": 5, "on": date(2026, 1, 2)}, None],
            "token": [b"\x00\xff", None],
            "rate": [float("nan"), 0.5],
            "big": [2**60, None],
        }
    ).with_columns(pl.Series("plan", ["gold", None], dtype=pl.Categorical), pl.lit(None).alias("nothing"))
    found = written(tmp_path, frame)
    first = found.items[0]
    assert first["identifiers"] == {"user_id": "1"}
    assert first["time"] == 1_769_860_800_000_000
    assert first["properties"] == {
        "price": 9.5,
        "day": "2026-01-01",
        "hour": "07:30:00",
        "took": "PT1M30S",
        "tags": ["a", "b"],
        "cart": {"sum": 5, "on": "2026-01-02"},
        "token": "AP8=",
        "big": 2**60,
        "plan": "gold",
    }
    assert found.items[1]["properties"] == {"rate": 0.5}
    events, dropped = found.heard()
    assert len(events) == 1
    assert [(one.reason, one.where) for one in dropped] == [("no_identifier", "a.parquet:2")]


@pytest.mark.parametrize(
    ("at", "zone", "micros"),
    [
        (datetime(2026, 7, 1, 12), "Europe/Berlin", datetime(2026, 7, 1, 10, tzinfo=UTC)),
        (datetime(2026, 7, 1, 12), "UTC", datetime(2026, 7, 1, 12, tzinfo=UTC)),
        (date(2026, 7, 1), "America/New_York", datetime(2026, 7, 1, 4, tzinfo=UTC)),
        (datetime(2017, 3, 12, 2, 30), "America/New_York", datetime(2017, 3, 12, 7, 30, tzinfo=UTC)),  # skipped
        (datetime(2017, 11, 5, 1, 30), "America/New_York", datetime(2017, 11, 5, 5, 30, tzinfo=UTC)),  # said twice
        (datetime(2026, 7, 1, 12, tzinfo=UTC), "Europe/Berlin", datetime(2026, 7, 1, 12, tzinfo=UTC)),
    ],
)
def test_times_without_zone_are_of_the_mappings_zone(tmp_path: Path, at: object, zone: str, micros: datetime) -> None:
    found = written(tmp_path, pl.DataFrame({"who": ["a"], "at": [at]}), timezone=zone)
    assert found.items[0]["time"] == round(micros.timestamp() * 1_000_000)
    (event,), _ = found.heard()
    assert event.occurred == found.items[0]["time"]


def test_rows_before_the_place_to_go_on_are_not_read(tmp_path: Path) -> None:
    frame = pl.DataFrame({"who": [f"c{n}" for n in range(12_000)], "at": [1_780_000_000] * 12_000})
    found = written(tmp_path, frame, skip=7_001)
    assert [item["id"] for item in found.items[:2]] == ["order|a.parquet|7002", "order|a.parquet|7003"]
    assert len(found.items) == 4_999


def test_a_struct_is_reached_into_by_a_dot(tmp_path: Path) -> None:
    frame = pl.DataFrame({"user": [{"mail": "a@x.test"}, None], "at": [1_780_000_000] * 2})
    found = written(tmp_path, frame, identifiers={"email": "user.mail"}, properties=[])
    assert [item["identifiers"] for item in found.items] == [{"email": "a@x.test"}, {}]
    with pytest.raises(Invalid, match="named with a dot is not there"):
        written(tmp_path, frame, identifiers={"email": "user.male"})


@pytest.mark.parametrize(
    ("column", "stream", "says"),
    [
        ({"who": [[1]]}, {}, "an identifier or id is one value"),
        ({"at": [True]}, {}, "holds Boolean, which is no time"),
        ({"deep": [[b"a"]]}, {}, "holds bytes inside"),
    ],
)
def test_what_a_column_cannot_mean_is_refused(tmp_path: Path, column: Any, stream: Any, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        written(tmp_path, pl.DataFrame({"who": ["a"], "at": [1_780_000_000], **column}), **stream)


def test_another_file_is_not_parquet_because_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_text("who,at\n")
    with pytest.raises(Invalid, match="not a Parquet file"):
        Read(mapping(files=["a.parquet"]), tmp_path)
