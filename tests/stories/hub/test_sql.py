"""SQL over what a hub holds: every event once, under its profile; nothing else of the machine, and nothing changed."""

from __future__ import annotations

import resource
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from harken.errors import Invalid, TooLarge, Unavailable
from harken.hub import Hub
from stories.hub.telling import did, hear


@pytest.fixture
def heard(sqlite_hub: Hub) -> Hub:
    """Ada's page is settled, her call is not; Ben only looked."""
    hear(sqlite_hub, did("Plan Viewed", email="ada@example.test", properties={"price": 5}))
    sqlite_hub.settle()
    hear(sqlite_hub, did("Called", email="ada@example.test", properties={"price": 7, "emotion": -0.5}))
    hear(sqlite_hub, did("Plan Viewed", email="ben@example.test"))
    return sqlite_hub


def test_every_event_is_there_once_settled_or_not(heard: Hub) -> None:
    found = heard.sql(
        "SELECT name, count(*) AS n, sum((properties->>'price')::INT) AS price FROM events GROUP BY 1 ORDER BY 1"
    )
    assert found.rows() == [("Called", 1, 7), ("Plan Viewed", 2, 5)]
    moments = heard.sql("SELECT date_trunc('day', occurred) AS day, emotion FROM Events WHERE emotion < 0")
    assert moments.height == 1
    assert moments.schema["day"] == pl.Datetime("us")


def test_profiles_identifiers_and_trails_join(heard: Hub) -> None:
    found = heard.sql(
        "SELECT i.value, p.events, count(t.tid) AS trails FROM profiles p JOIN identifiers i USING (profile) "
        "JOIN trails t USING (profile) WHERE i.kind = 'email' GROUP BY 1, 2 ORDER BY 1"
    )
    assert found.rows() == [("ada@example.test", 2, 1), ("ben@example.test", 1, 1)]
    assert heard.sql("SELECT * FROM profiles WHERE events > 100").height == 0


def test_time_between_moments_and_columns_of_one_name_are_answered(heard: Hub) -> None:
    found = heard.sql("SELECT TIMESTAMP '2026-01-02 12:00' - TIMESTAMP '2026-01-01' AS took, [INTERVAL 1 DAY] AS more")
    assert found.rows() == [(timedelta(days=1, hours=12), "[1 day]")]
    joined = heard.sql("SELECT * FROM trails a JOIN trails b ON a.tid = b.tid")
    assert joined.height == 2
    assert {"profile", "profile_1", "last_seen_1"} < set(joined.columns)


@pytest.mark.parametrize("bounds", [{"seconds": 0}, {"seconds": float("nan")}, {"seconds": 1e20}, {"rows": 0}])
def test_bounds_that_are_none_are_refused(heard: Hub, bounds: dict[str, float]) -> None:
    with pytest.raises(Invalid, match="a number above 0"):
        heard.sql("SELECT 1", **bounds)


def test_tables_can_be_listed_and_described(heard: Hub) -> None:
    assert heard.sql("SHOW TABLES")["name"].to_list() == ["events", "identifiers", "profiles", "trails"]
    assert heard.sql("DESCRIBE events")["column_name"][0] == "profile"
    pivoted = heard.sql("FROM (PIVOT events ON name IN ('Called', 'Plan Viewed') USING count(*)) SELECT sum(Called)")
    assert pivoted.item() == 1


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("", "say what to select"),
        ("SELECT 1; SELECT 2", "2 statements"),
        ("DROP TABLE events", "not DROP"),
        ("DELETE FROM events", "not DELETE"),
        ("CREATE TABLE x AS SELECT 1", "not CREATE"),
        ("COPY (SELECT 1) TO 'x.csv'", "not COPY"),
        ("ATTACH 'x.db'", "not ATTACH"),
        ("SET threads = 64", "not SET"),
        ("INSTALL httpfs", "not LOAD"),
        ("PRAGMA database_list", "not PRAGMA"),
        ("PIVOT events ON name USING count(*)", "PIVOT needs to be told"),
        ("SELEC 1", "syntax error"),
        ("SELECT * FROM evnts", "there are the tables events, profiles, identifiers, trails"),
        ("SELECT nothing FROM events", "nothing"),
    ],
)
def test_what_is_no_select_is_refused(heard: Hub, query: str, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        heard.sql(query)


@pytest.mark.parametrize(
    "reached",
    ["read_text('{}')", "read_csv('{}')", "read_parquet('{}')", "'{}'", "glob('{}')", "read_blob('{}')", "sqlite_scan('{}', 'x')",
     "query('SELECT * FROM read_text(''{}'')')", "secret_frame"],
)  # fmt: skip
def test_no_file_and_no_variable_is_in_reach(heard: Hub, reached: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    secret_frame = pl.DataFrame({"a": [1]})
    with pytest.raises(Invalid):
        heard.sql(f"SELECT * FROM {reached.format(secret)}")
    assert secret_frame.height == 1
    for name in (p for p in heard.core.lake.files.present()):
        with pytest.raises(Invalid):
            heard.sql(f"SELECT * FROM '{Path(heard.core.lake.files.root) / name}'")


def test_settings_cannot_be_turned_back(heard: Hub) -> None:
    found = heard.sql(
        "SELECT value FROM duckdb_settings() WHERE name IN ('enable_external_access', 'lock_configuration') ORDER BY name"
    )
    assert [str(one).lower() for one in found["value"]] == ["false", "true"]


def test_what_takes_too_long_or_too_much_is_stopped(heard: Hub) -> None:
    with pytest.raises(Unavailable, match="not done in"):
        heard.sql("SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b", seconds=0.2)
    with pytest.raises(TooLarge, match="more than 10 rows"):
        heard.sql("SELECT * FROM range(1000000000)", rows=10)
    with pytest.raises(TooLarge, match="memory"):
        heard.sql("SELECT count(DISTINCT range::VARCHAR || repeat('x', 1000)) FROM range(10000000)", seconds=100)
    assert heard.sql("SELECT count(*) AS n FROM events")["n"][0] == 3


@pytest.mark.parametrize(
    "query", ["SELECT repeat('x', 2000000000)", "SELECT string_agg(repeat('x', 1000000), '') FROM range(4000)"]
)
def test_a_value_too_large_for_the_memory_ends_the_question_and_not_the_hub(heard: Hub, query: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises((TooLarge, Unavailable)):
        heard.sql(query, seconds=100)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kB
    assert heard.sql("SELECT count(*) AS n FROM events")["n"][0] == 3
