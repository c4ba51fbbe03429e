"""The journey map of tiny logs, counted by hand."""

from __future__ import annotations

import json

import polars as pl
import pytest

from harken.errors import Invalid
from harken.understand import JourneyMap, MapQuestion, journey_map, journeys_of, map_of
from harken.words import Config, Stage, Touchpoint
from unit.understand.logs import DAY, MINUTE, by_chance, catalogue, frame, log

A, B, C = "web: A", "web: B", "web: C"


def drawn(*rows: tuple, config: Config | None = None, **asked: object) -> JourneyMap:
    return journey_map(frame(log(*rows)), config or Config(), MapQuestion(**asked))  # type: ignore[arg-type]


def edges(found: JourneyMap, *columns: str) -> dict:
    columns = columns or ("customers", "events")
    return {(a, b): values if len(values) > 1 else values[0]
            for a, b, *values in found.edges.select("from", "to", *columns).iter_rows()}  # fmt: skip


def test_who_goes_where_and_how_fast() -> None:
    """ada: A B A B, bob: A B, cy: A. Times A -> B: 10, 30, 60 min."""
    found = drawn(
        ("ada", 0, A), ("ada", 10 * MINUTE, B), ("ada", 12 * MINUTE, A), ("ada", 42 * MINUTE, B),
        ("bob", 0, A), ("bob", 60 * MINUTE, B),
        ("cy", 5 * MINUTE, A),
        now=30 * DAY,
    )  # fmt: skip
    assert edges(found) == {
        ("START", A): [3, 3],
        (A, B): [2, 3],
        (B, A): [1, 1],
        (B, "END"): [2, 2],
        (A, "END"): [1, 1],
    }
    assert edges(found, "median_seconds", "p90_seconds")[A, B] == [30 * 60, 54 * 60]
    assert edges(found, "p_out") == {("START", A): 1, (A, B): 0.75, (A, "END"): 0.25, (B, A): 1 / 3, (B, "END"): 2 / 3}
    node = found.nodes.row(by_predicate=pl.col("id") == A, named=True)
    assert (node["customers"], node["events"], node["started"], node["left"]) == (3, 4, 3, 1)
    assert (node["share_left"], node["median_seconds"]) == (1 / 3, 1800)
    assert found.caption == "Most who leave do so after B: 2 of 3."


def test_the_median_of_two_times_is_their_mean() -> None:
    found = drawn(("ada", 0, A), ("ada", 1, B), ("bob", 0, A), ("bob", 4, B))
    assert edges(found, "median_seconds")[A, B] == 2.5e-6


def test_events_at_one_instant_are_zero_seconds_apart() -> None:
    found = drawn(("ada", 5, A), ("ada", 5, B))
    assert edges(found, "median_seconds")[A, B] == 0
    assert found.header.ties == 1


def test_a_journey_of_one_step_begins_and_ends_there() -> None:
    found = drawn(("ada", 0, A), now=DAY)
    assert edges(found) == {("START", A): [1, 1], (A, "OPEN"): [1, 1]}
    assert found.totals.moves == 0
    assert found.caption == "Nobody has left yet: all 1 journeys are still open."


def test_open_is_not_left() -> None:
    """ada went silent long ago, bob was here the day before the period ends."""
    found = drawn(("ada", 0, A), ("bob", 29 * DAY, A), until=30 * DAY)
    assert edges(found)[A, "END"] == edges(found)[A, "OPEN"] == [1, 1]
    assert found.nodes.select("left", "still_open", "share_left").row(0) == (1, 1, 0.5)
    assert (found.totals.left, found.totals.still_open) == (1, 1)


def test_a_journey_under_way_when_the_period_begins_does_not_start_there() -> None:
    found = drawn(("ada", 11 * DAY, A), ("bob", 20 * DAY, A), since=10 * DAY, until=60 * DAY)
    assert edges(found) == {("BEFORE", A): [1, 1], ("START", A): [1, 1], (A, "END"): [2, 2]}
    assert (found.totals.started, found.totals.truncated) == (1, 1)
    assert found.nodes.select("started", "continued").row(0) == (1, 1)


def test_two_histories_that_turn_out_to_be_one_customers_interleave() -> None:
    phone = [("bob", 0, A), ("bob", 20, C)]
    desk = [("ada", 10, B), ("ada", 30, A)]
    assert (A, B) not in edges(drawn(*phone, *desk))
    merged = drawn(*phone, *[("bob", *rest) for _, *rest in desk])
    assert {link for link in edges(merged) if link[0] != "START" and link[1] != "OPEN"} == {(A, B), (B, C), (C, A)}


def test_repeats_are_kept_unless_collapsed() -> None:
    """A A A B: the last A is followed by B after 5 minutes, in both readings."""
    rows = [("ada", 0, A), ("ada", MINUTE, A), ("ada", 2 * MINUTE, A), ("ada", 7 * MINUTE, B)]
    kept, collapsed = drawn(*rows), drawn(*rows, repeats="collapse")
    assert edges(kept, "events")[A, A] == 2
    assert (A, A) not in edges(collapsed)
    assert edges(kept, "median_seconds")[A, B] == edges(collapsed, "median_seconds")[A, B] == 300
    assert (kept.totals.events, collapsed.totals.events) == (4, 2)


def test_visits_are_journeys_of_their_own() -> None:
    rows = [("ada", 0, A), ("ada", 5 * MINUTE, B), ("ada", DAY, A), ("bob", 0, A)]
    found = drawn(*rows, journey="visit", until=2 * DAY)
    assert edges(found, "customers", "journeys") == {
        ("START", A): [2, 3],
        (A, B): [1, 1],
        (A, "END"): [2, 2],
        (B, "END"): [1, 1],
    }
    assert (found.totals.customers, found.totals.journeys) == (2, 3)
    assert found.caption == "Most visits end after A: 2 of 3."


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("touchpoint", {"web: Ad", "web: Ad 2", "app: Überweisung 💶", "web: /new"}),
        ("group", {"ads", "app: Überweisung 💶", "web: /new"}),
        ("stage", {"discover", "buy", "(none)"}),
        ("channel", {"web", "app"}),
    ],
)
def test_a_node_is_what_the_level_says(level: str, expected: set[str]) -> None:
    rows = [("ada", 0, "web: Ad"), ("ada", 1, "web: Ad 2"), ("ada", 2, "app: Überweisung 💶"), ("ada", 3, "web: /new")]
    found = drawn(*rows, config=catalogue(), level=level)
    assert set(found.nodes["id"]) == expected
    assert set(found.nodes["kind"]) == {level}


def test_nodes_are_named_and_placed_by_the_catalogue() -> None:
    rows = [("ada", 0, "app: Überweisung 💶", {"channel": "web"}), ("ada", 1, "web: /new", {"channel": "sms"})]
    found = drawn(*rows, config=catalogue())
    columns = ("id", "label", "channel", "stage", "group")
    assert set(found.nodes.select(columns).iter_rows()) == {
        ("app: Überweisung 💶", "Überweisung 💶", "app", "buy", ""),
        ("web: /new", "web: /new", "sms", "(none)", ""),
    }


def test_an_unmapped_place_lies_in_the_channel_of_most_of_its_steps() -> None:
    rows = [("ada", n, "Order placed", {"channel": "app" if n else "web"}) for n in range(3)]
    assert drawn(*rows).nodes["channel"].to_list() == ["app"]


def test_a_touchpoint_named_like_a_pseudo_node_is_not_taken_for_it() -> None:
    found = drawn(("ada", 0, "END"), ("ada", 1, "OTHER"), now=30 * DAY)
    assert set(found.nodes["id"]) == {"END (touchpoint)", "OTHER (touchpoint)"}
    assert found.edges.filter(pl.col("kind") == "end")["to"].to_list() == ["END"]


def test_stages_say_who_came_how_far() -> None:
    """3 discover, 2 go on to buy, 1 of them leaves there; nobody consults, and one step has no stage."""
    ad, pay = "web: Ad", "app: Überweisung 💶"
    found = drawn(
        ("ada", 0, ad), ("ada", 1, pay), ("bob", 0, ad), ("bob", 1, pay), ("bob", 2, "web: /x"), ("cy", 0, ad),
        config=catalogue(), now=30 * DAY,
    )  # fmt: skip
    columns = ("stage", "label", "customers", "share_of_previous", "left")
    assert list(found.stages.select(columns).iter_rows()) == [
        ("discover", "Discover", 3, None, 1),
        ("consider", "Consider", 0, 0, 0),
        ("buy", "Buy", 2, None, 1),
        ("get_help", "Get help", 0, 0, 0),
        ("(none)", "No stage", 1, None, 1),
    ]


def test_a_stage_only_a_touchpoint_names_is_shown_too() -> None:
    config = Config(touchpoints=(Touchpoint(id=A, stage="trial"),), stages=(Stage(id="buy"),))
    assert drawn(("ada", 0, A), config=config).stages["stage"].to_list() == ["buy", "trial"]


def test_emotion_is_a_mean_with_its_spread_and_number() -> None:
    rows = [("ada", n, A, {"emotion": value}) for n, value in enumerate([1.0, 3.0, None, float("nan")])]
    found = drawn(*rows, ("ada", 9, B))
    by_id = {row["id"]: row for row in found.nodes.iter_rows(named=True)}
    assert [by_id[A][name] for name in ("emotion", "emotion_sd", "emotion_n")] == [
        2,
        pytest.approx(2**0.5, abs=1e-6),
        2,
    ]
    assert [by_id[B][name] for name in ("emotion", "emotion_sd", "emotion_n")] == [None, None, 0]


def test_the_caption_says_where_most_leave_in_a_stage() -> None:
    check, pay = "web: ID check", "web: Pay"
    config = Config(
        touchpoints=(Touchpoint(id=check, channel="web", stage="buy"), Touchpoint(id=pay, channel="web", stage="buy")),
        stages=(Stage(id="buy", name="Buy"),),
    )
    rows = [(f"p{n}", 0, check) for n in range(3)] + [("q", 0, check), ("q", 1, pay), ("r", 0, A)]
    assert drawn(*rows, config=config, now=30 * DAY).caption == "Most who leave in Buy leave after ID check: 3 of 4."
    assert drawn(*rows, config=config, now=30 * DAY, level="stage").caption == "Most who leave do so in Buy: 4 of 5."


def test_nodes_beyond_the_limit_become_other_and_are_counted_once() -> None:
    """A B C A with the two places of most customers shown: C is OTHER, and who passed there is one customer."""
    rows = [("ada", 0, A), ("ada", 1, B), ("ada", 2, C), ("ada", 3, A), ("bob", 0, A), ("bob", 1, B)]
    found = drawn(*rows, nodes=2, now=30 * DAY)
    assert edges(found) == {
        ("START", A): [2, 2], (A, B): [2, 2], (B, "OTHER"): [1, 1], ("OTHER", A): [1, 1],
        (A, "END"): [1, 1], (B, "END"): [1, 1],
    }  # fmt: skip
    other = found.nodes.row(by_predicate=pl.col("kind") == "other", named=True)
    assert (other["id"], other["customers"], other["events"]) == ("OTHER", 1, 1)
    assert found.coverage.text == "1 of 3 links, 50 % of moves"


def test_links_that_are_not_shown_go_through_other() -> None:
    """Of A->B (3 moves), B->C (2), A->C (1), the strongest is shown; B->C stays too: it is C's strongest link."""
    rows = [(p, n, at) for p, way in {"p": "ABC", "q": "ABC", "r": "AB", "s": "AC"}.items()
            for n, at in enumerate(f"web: {one}" for one in way)]  # fmt: skip
    found = drawn(*rows, links=1, now=30 * DAY)
    assert {link for link, kind in edges(found, "kind").items() if kind == "move"} == {
        (A, B), (B, C), (A, "OTHER"), ("OTHER", C),
    }  # fmt: skip
    assert found.coverage.text == "2 of 3 links, 83 % of moves"
    assert edges(found, "median_seconds")[A, "OTHER"] == 1e-6
    assert found.to_dict()["other"]["customers"] == 1  # type: ignore[index, call-overload]


def test_full_coverage_is_the_exact_map() -> None:
    events = frame(by_chance(5, 200))
    assert journey_map(events, catalogue(), MapQuestion(coverage=1.0)).coverage.share == 1
    less = journey_map(events, catalogue(), MapQuestion(coverage=0.8)).coverage
    assert 0.8 <= less.share < 1
    assert less.shown < less.of


def test_an_empty_log_gives_an_empty_map_that_can_be_shown() -> None:
    found = drawn(config=catalogue(), coverage=0.5, nodes=3)
    assert (found.nodes.height, found.edges.height, found.totals.journeys) == (0, 0, 0)
    assert found.caption == "Nobody made a step in this period."
    assert found.stages["customers"].to_list() == [0, 0, 0, 0]
    assert json.loads(json.dumps(found.to_dict()))["coverage"]["share"] == 1
    assert "<table>" in found._repr_html_()


def test_the_map_is_json_safe_and_its_html_is_escaped() -> None:
    found = drawn(("ada", 0, "web: <script>&"), ("ada", 1, B, {"emotion": 1.0}), since=0)
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert {"header", "totals", "coverage", "nodes", "other", "edges", "stages", "caption", "level"} <= told.keys()
    assert told["nodes"][0]["id"] == "web: <script>&"
    assert "<script>" not in found._repr_html_()


def test_the_header_says_what_was_counted() -> None:
    found = drawn(("ada", 3, A), ("bob", 5, B), config=catalogue(), since=1, until=9, now=6)
    header = found.header
    assert (header.version, header.as_of, header.since, header.until, header.last_seq) == (7, 7, 1, 9, 2)
    assert (header.events, header.customers, header.horizon, header.exact) == (2, 2, 7 * DAY, True)


def test_other_levels_of_the_same_journeys_need_no_new_look_at_the_events() -> None:
    events, config = frame(by_chance(8, 100)), catalogue()
    kept = journeys_of(events, config, MapQuestion())
    for level in ("touchpoint", "stage"):
        question = MapQuestion(level=level)
        assert map_of(kept, config, question).to_dict() == journey_map(events, config, question).to_dict()


@pytest.mark.parametrize("asked", [{"level": "page"}, {"coverage": 1.5}, {"nodes": -1}, {"links": -2}])
def test_a_question_that_makes_no_sense_is_refused(asked: dict) -> None:
    with pytest.raises(Invalid):
        drawn(**asked)


def test_a_group_with_some_of_its_touchpoints_apart_counts_distinct_customers_of_what_is_left() -> None:
    """ada saw plans A and B, bob B and C. With A apart, the rest of the group is B and C: two customers, not three."""
    plans = ("web: Plan A", "web: Plan B", "web: Plan C")
    config = Config(touchpoints=tuple(Touchpoint(id=id, channel="web", group="Plans") for id in plans))
    rows = (("ada", 0, plans[0]), ("ada", 1, plans[1]), ("bob", 0, plans[1]), ("bob", 1, plans[2]))
    closed = drawn(*rows, config=config, level="group").nodes
    assert closed.select("id", "customers", "touchpoints").rows() == [("Plans", 2, 3)]
    opened = drawn(*rows, config=config, level="group", opened=plans[:1]).nodes
    assert opened.select("id", "label", "customers", "touchpoints").rows() == [
        ("Plans", "Plans", 2, 2),
        (plans[0], "Plan A", 1, 1),
    ]
    assert drawn(*rows, config=config).nodes["touchpoints"].to_list() == [1, 1, 1]


def test_only_groups_can_be_opened() -> None:
    with pytest.raises(Invalid, match="needs the level 'group'"):
        drawn(("ada", 0, A), opened=(A,))


def test_a_map_says_itself_in_one_line() -> None:
    found = drawn(("ada", 0, A), ("ada", MINUTE, B), ("bob", 0, A), ("bob", MINUTE, C))
    assert repr(found) == "JourneyMap(level='touchpoint', customers=2, nodes=3, links=2)"
    folded = drawn(("ada", 0, A), ("ada", MINUTE, B), ("bob", 0, A), ("bob", MINUTE, C), nodes=1)
    assert "nodes=1" in repr(folded)
    assert repr(drawn()) == "JourneyMap(level='touchpoint', customers=0, nodes=0, links=0)"


def test_a_map_without_stages_shows_no_table_of_them() -> None:
    rows = ("ada", 0, A), ("ada", MINUTE, B)
    assert "Of the stage before" not in drawn(*rows)._repr_html_()
    unused = Config(stages=(Stage(id="buy"),))
    assert "Of the stage before" not in drawn(*rows, config=unused)._repr_html_()
    staged = Config(stages=(Stage(id="buy"),), touchpoints=(Touchpoint(id=B, stage="buy"),))
    assert drawn(*rows, config=staged)._repr_html_().count("<table>") == 3
