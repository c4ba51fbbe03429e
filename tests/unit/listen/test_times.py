"""When an event happened: times as they are written, clocks that go wrong, zones that are missing."""

from __future__ import annotations

import pytest

from harken.errors import Invalid
from harken.listen import prepare, reread
from harken.words import DAY, SECOND, Config, Source
from unit.listen.hearing import NOW, PLAN, at, heard, one, refused, stored, track

MINUTE = 60 * SECOND
HOUR = 60 * MINUTE


@pytest.mark.parametrize(
    "written",
    [
        "2026-01-31T11:00:00Z",
        "2026-01-31T11:00:00.000Z",
        "2026-01-31T11:00:00.000000000Z",
        "2026-01-31T12:00:00+01:00",
        "2026-01-31T11:00:00.000+00:00",
        "2026-01-31t11:00:00z",
        "2026-01-31 11:00:00 UTC",
        "2026-01-31 12:00:00 +0100",
        "2026-01-31 11:00:00Z",
        "20260131T110000Z",
        "Sat, 31 Jan 2026 11:00:00 GMT",
        1769857200,
        1769857200.0,
        1769857200000,
        1769857200000000,
        "1769857200",
        "1769857200000",
        "1769857200.0",
    ],
)
@pytest.mark.parametrize("field", ["timestamp", "originalTimestamp"])
def test_a_time_may_be_written_in_many_ways(field: str, written: object) -> None:
    event = one(track(**{field: written}))
    assert event.occurred == at("2026-01-31T11:00:00Z")
    assert event.warnings == ()


@pytest.mark.parametrize(
    ("written", "micros"),
    [
        ("2026-01-31T11:00:00.123456Z", 123456),
        ("2026-01-31T11:00:00.1Z", 100000),
        ("2026-01-31T11:00:00.123456789Z", 123456),
    ],
)
def test_a_time_is_kept_to_the_microsecond(written: str, micros: int) -> None:
    assert one(track(timestamp=written)).occurred % SECOND == micros


@pytest.mark.parametrize(
    "written",
    ["soon", "2026-13-01T00:00:00Z", "1989-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", True, {"a": 1},
     ["2026"], 0, False, 1, -5, 1e30, 2**80, "99999999999999999999", "²", "2026-01-31T25:00:00Z", "x" * 5000],
)  # fmt: skip
def test_an_impossible_time_is_refused_and_says_what_would_be_right(written: object) -> None:
    dropped = refused(track(timestamp=written))
    assert dropped.reason == "bad_time"
    assert "ISO 8601" in dropped.detail
    assert len(dropped.detail) < 200


@pytest.mark.parametrize("absent", [None, ""])
def test_without_a_time_an_event_happened_when_it_was_received(absent: str | None) -> None:
    assert one(track(timestamp=absent)).occurred == NOW


@pytest.mark.parametrize(
    ("source", "utc", "zone"),
    [("web", "11:00:00", "UTC"), ("app", "10:00:00", "Europe/Berlin"), ("shop", "16:00:00", "America/New_York")],
)
def test_a_time_without_zone_is_read_in_the_zone_of_its_source_with_a_warning(source: str, utc: str, zone: str) -> None:
    event = one(track(timestamp="2026-01-30T11:00:00"), source=source)
    assert event.occurred == at(f"2026-01-30T{utc}Z")
    assert event.warnings == (f"time without zone read as {zone}",)


def test_a_zone_nobody_knows_is_refused_with_the_configuration() -> None:
    with pytest.raises(Invalid, match="Mars/Olympus"):
        prepare(Config(sources={"web": Source(id="web", timezone="Mars/Olympus")}))


# ---------------------------------------------------------------- clocks


def test_a_clock_two_hours_wrong_is_corrected_by_what_it_says_the_time_of_sending_was() -> None:
    for off in (-2 * HOUR, 2 * HOUR):
        event = one(track(timestamp=(NOW - 10 * MINUTE + off) // 1000, sentAt=(NOW + off) // 1000))
        assert event.occurred == NOW - 10 * MINUTE
        assert "2 hours" in event.warnings[0]


def test_the_batch_s_sending_time_corrects_as_the_item_s_does_and_survives_in_the_raw() -> None:
    body = {"batch": [track(originalTimestamp="2026-01-31T09:50:00Z")], "sentAt": "2026-01-31T10:00:00Z"}
    event = one(body)
    assert event.occurred == NOW - 10 * MINUTE
    assert reread(stored(event), PLAN).warnings == event.warnings != ()


@pytest.mark.parametrize("late", [0, 1, 200, 299])
def test_the_time_the_network_takes_is_not_corrected(late: int) -> None:
    event = one(track(timestamp="2026-01-31T11:00:00Z", sentAt=(NOW - late * SECOND) // 1000))
    assert event.occurred == at("2026-01-31T11:00:00Z")
    assert event.warnings == ()


def test_a_retried_event_keeps_its_time_since_sending_is_stamped_anew() -> None:
    event = one(track(timestamp="2026-01-31T04:00:00Z", sentAt="2026-01-31T11:59:59Z"))
    assert event.occurred == at("2026-01-31T04:00:00Z")


def test_an_event_dated_back_two_days_stays_there() -> None:
    for sent in ({}, {"sentAt": "2026-01-31T11:59:59Z"}):
        event = one(track(timestamp="2026-01-29T12:00:00Z", **sent))
        assert event.occurred == NOW - 2 * DAY
        assert event.warnings == ()


@pytest.mark.parametrize(
    "sent",
    ["soon", "", "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "2025-12-21T12:00:00Z", "2026-03-13T12:00:00Z",
     "2026-01-31T08:00:00Z", "2099-01-01T00:00:00Z", 0, True, {"a": 1}, 1e300],
)  # fmt: skip
def test_a_sending_time_of_nonsense_is_ignored(sent: object) -> None:
    event = one(track(timestamp="2026-01-31T11:00:00Z", sentAt=sent))
    assert event.occurred == at("2026-01-31T11:00:00Z")
    assert [warning[:15] for warning in event.warnings] == (["sentAt ignored:"] if sent else [])


def test_the_warning_of_a_sending_time_of_nonsense_says_why() -> None:
    assert one(track(timestamp="2026-01-31T11:00:00Z", sentAt="2025-12-21T12:00:00Z")).warnings == (
        "sentAt ignored: 41 days off",
    )


def test_an_event_of_the_future_is_pulled_to_when_it_was_received() -> None:
    event = one(track(timestamp="2026-02-02T12:00:00Z"))
    assert (event.occurred, event.warnings) == (NOW, ("2 days in the future: read as when it was received",))
    assert one(track(timestamp="2026-01-31T12:04:59Z")).occurred == NOW + 299 * SECOND


def test_history_is_not_corrected_by_a_sending_time_of_then() -> None:
    old = track(timestamp="2026-01-21T10:00:00Z", sentAt="2026-01-21T10:00:01Z")
    assert one({"batch": [old]}, hint="import").occurred == at("2026-01-21T10:00:00Z")
    forwarded = {**old, "receivedAt": "2026-01-21T10:00:02Z", "originalTimestamp": "2026-01-21T09:00:00Z"}
    assert one(forwarded).occurred == at("2026-01-21T10:00:00Z")


def test_history_sent_again_alone_is_still_history() -> None:
    body = {"batch": [track(timestamp="2026-01-21T10:00:00Z")], "sentAt": "2026-01-21T10:00:01Z"}
    event = one(body, hint="import")
    assert one(event.raw).occurred == event.occurred
    assert reread(stored(event), PLAN).warnings == event.warnings == ()


def test_times_of_a_batch_are_judged_item_by_item() -> None:
    outcome = heard([track(timestamp="2026-01-31T11:00:00Z"), track(timestamp="soon"), track(timestamp=1769857200)])
    assert [event.occurred for event in outcome.events] == [at("2026-01-31T11:00:00Z")] * 2
    assert [dropped.index for dropped in outcome.dropped] == [1]
