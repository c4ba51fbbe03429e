"""Which events are steps, in which order, and what a journey is: counted by hand."""

from __future__ import annotations

import polars as pl
import pytest

from harken.errors import Invalid
from harken.understand import Journeys, Scope, journeys_of
from harken.words import Config, Touchpoint
from unit.understand.logs import DAY, MINUTE, catalogue, frame, log

A, B, C = "web: A", "web: B", "web: C"


def walked(journeys: Journeys) -> list[list[str]]:
    """Each journey as its touchpoints."""
    names = journeys.places["touchpoint"].to_list()
    return [
        [names[place] for place in part.place[a:b]]
        for part in journeys.parts
        for a, b in zip(part.off[:-1], part.off[1:], strict=True)
    ]


def walk(*rows: tuple, config: Config | None = None, **scope: object) -> list[list[str]]:
    return walked(journeys_of(frame(log(*rows)), config or Config(), Scope(**scope)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "touchpoint", "counts"),
    [
        ("track", "web: /x", True), ("page", "web: /x", True), ("screen", "web: /x", True), ("page", "", True),
        ("feedback", "web: /x", True), ("feedback", "", False), ("", "web: /x", True),
        ("identify", "web: /x", False), ("alias", "web: /x", False), ("group", "web: /x", False),
        ("consent", "web: /x", False), ("decision", "web: /x", False), ("response", "web: /x", False),
        ("identify", "web: Sign-up", True), ("response", "web: Sign-up", True),
    ],
)  # fmt: skip
def test_bookkeeping_is_no_step_unless_the_catalogue_names_its_touchpoint(
    kind: str, touchpoint: str, counts: bool
) -> None:
    events = frame(log(("ada", 1, touchpoint, {"type": kind})))
    assert journeys_of(events, catalogue(), Scope()).events == int(counts)


def test_steps_go_by_time_not_by_row() -> None:
    assert walk(("ada", 30, C), ("ada", 10, A), ("ada", 20, B)) == [[A, B, C]]


def test_ties_go_by_rank_then_by_seq() -> None:
    """Session starts (rank 0) come first and closing markers (rank 3) last among events of one instant."""
    config = Config(touchpoints=(Touchpoint(id=C, rank=0), Touchpoint(id=A, rank=3)))
    assert walk(("ada", 5, A), ("ada", 5, B), ("ada", 5, B), ("ada", 5, C), config=config) == [[C, B, B, A]]
    assert walk(("ada", 5, B), ("ada", 5, A), ("ada", 5, C)) == [[B, A, C]]


def test_ties_are_counted() -> None:
    rows = [("ada", 5, A), ("ada", 5, B), ("ada", 5, C), ("ada", 6, A), ("bob", 6, A)]
    assert journeys_of(frame(log(*rows)), Config(), Scope()).ties == 2


def test_all_events_at_one_instant_are_one_visit() -> None:
    assert walk(*[("ada", 7, each) for each in (A, B, A)], journey="visit", timeout=0) == [[A, B, A]]


def test_a_gap_of_exactly_the_timeout_stays_in_the_visit() -> None:
    rows = [("ada", 0, A), ("ada", 30 * MINUTE, B), ("ada", 60 * MINUTE + 1, C)]
    assert walk(*rows, journey="visit") == [[A, B], [C]]
    assert walk(*rows, journey="life") == [[A, B, C]]


def test_the_period_holds_its_first_instant_but_not_its_last() -> None:
    rows = [("ada", 9, A), ("ada", 10, B), ("ada", 20, C)]
    assert walk(*rows, since=10, until=20) == [[B]]


def test_the_future_has_not_happened() -> None:
    assert walk(("ada", 10, A), ("ada", 11, B), now=10) == [[A]]
    assert walk(("ada", 10, A), ("ada", 11, B), now=10, until=50) == [[A]]


def test_only_the_customers_asked_for() -> None:
    events, names = log(("ada", 1, A), ("bob", 1, B), ("cy", 1, C)), pl.DataFrame({"profile": ["bob", "eve"]})
    for who in ({"bob"}, ["bob", "eve"], names["profile"], names, names.lazy()):
        assert walked(journeys_of(frame(events), Config(), Scope(profiles=who))) == [[B]]
    assert walked(journeys_of(frame(events), Config(), Scope(profiles=set()))) == []


def test_background_is_taken_out_but_keeps_a_journey_alive() -> None:
    """The steps around it follow one another; the visit goes on through it; a journey of nothing else is none."""
    home = "web: Home"
    rows = [("ada", 0, A), ("ada", 20 * MINUTE, home), ("ada", 40 * MINUTE, B), ("bob", 0, home)]
    found = journeys_of(frame(log(*rows)), Config(), Scope(journey="visit", background=(home,)))
    assert walked(found) == [[A, B]]
    assert (found.customers, found.journeys, found.events) == (1, 1, 2)


def test_background_counts_for_when_a_journey_ended() -> None:
    """Somebody seen on the home page yesterday has not left, wherever the step before was."""
    rows = [("ada", 0, A), ("ada", 29 * DAY, "web: Home")]
    found = journeys_of(frame(log(*rows)), Config(), Scope(background=("web: Home",), now=30 * DAY, horizon=7 * DAY))
    assert (found.parts[0].ended[0], found.parts[0].open[0]) == (29 * DAY, True)


@pytest.mark.parametrize(
    ("gaps", "horizon"),
    [
        ([], 7 * DAY),
        ([DAY] * 20, 7 * DAY),
        ([DAY] * 19 + [50 * DAY], 7 * DAY),
        ([DAY] * 18 + [20 * DAY, 50 * DAY], 20 * DAY),
        ([9 * DAY, 8 * DAY], 9 * DAY),
        ([7 * DAY + 1], 7 * DAY + 1),
    ],
)
def test_the_horizon_is_the_gap_95_percent_do_not_exceed_but_a_week_at_least(gaps: list[int], horizon: int) -> None:
    rows = [("ada", sum(gaps[:n]), A) for n in range(len(gaps) + 1)]
    assert journeys_of(frame(log(*rows)), Config(), Scope()).horizon == horizon


def test_gaps_between_customers_are_none() -> None:
    rows = [("ada", 0, A), ("bob", 90 * DAY, A)]
    assert journeys_of(frame(log(*rows)), Config(), Scope()).horizon == 7 * DAY


@pytest.mark.parametrize(("silent", "open_"), [(7 * DAY, True), (7 * DAY + 1, False)])
def test_a_journey_is_open_until_it_was_silent_for_longer_than_the_horizon(silent: int, open_: bool) -> None:
    found = journeys_of(frame(log(("ada", 0, A))), Config(), Scope(until=silent))
    assert found.parts[0].open.tolist() == [open_]


@pytest.mark.parametrize(("after", "truncated"), [(0, True), (7 * DAY - 1, True), (7 * DAY, False)])
def test_a_journey_that_starts_within_the_horizon_of_the_period_may_have_begun_before(
    after: int, truncated: bool
) -> None:
    found = journeys_of(frame(log(("ada", DAY + after, A))), Config(), Scope(since=DAY))
    assert found.parts[0].truncated.tolist() == [truncated]


def test_without_a_beginning_of_the_period_no_journey_is_truncated() -> None:
    assert journeys_of(frame(log(("ada", 0, A))), Config(), Scope()).parts[0].truncated.tolist() == [False]


def test_an_empty_log_has_no_journeys() -> None:
    for found in (journeys_of(frame([]), Config(), Scope()), journeys_of([], Config(), Scope(since=5))):
        assert (found.customers, found.journeys, found.events, [*found.parts]) == (0, 0, 0, [])


def test_seventy_thousand_touchpoints_stay_apart() -> None:
    rows = {"profile": ["ada"] * 70_000, "occurred": range(70_000), "seq": range(70_000)}
    events = pl.DataFrame(rows | {"touchpoint": [f"web: {n}" for n in range(70_000)]}).lazy()
    assert journeys_of(events, Config(), Scope()).places["touchpoint"].n_unique() == 70_000


def test_times_may_be_datetimes_and_columns_that_matter_little_may_be_missing() -> None:
    events = pl.DataFrame({"profile": ["a", "a"], "occurred": [10, 5], "seq": [1, 2], "touchpoint": [A, B]}).lazy()
    dated = events.with_columns(pl.col("occurred").cast(pl.Datetime("us", "UTC")))
    assert walked(journeys_of(events, Config(), Scope())) == walked(journeys_of(dated, Config(), Scope())) == [[B, A]]


def test_a_frame_without_a_needed_column_is_refused_by_name() -> None:
    with pytest.raises(Invalid, match="there is no touchpoint"):
        journeys_of(pl.LazyFrame({"profile": ["a"], "occurred": [1]}), Config(), Scope())


@pytest.mark.parametrize(
    "scope",
    [{"journey": "session"}, {"since": 5, "until": 5}, {"timeout": -1}, {"journey": "visit", "horizon": DAY}],
)
def test_a_scope_that_makes_no_sense_is_refused(scope: dict) -> None:
    with pytest.raises(Invalid):
        journeys_of(frame([]), Config(), Scope(**scope))


def test_rows_without_profile_or_time_are_nobodys() -> None:
    events = pl.LazyFrame({"profile": ["a", None, "a", "b"], "occurred": [1, 2, 3, None], "touchpoint": [A, B, C, A]})
    assert walked(journeys_of(events, Config(), Scope())) == [[A, C]]
