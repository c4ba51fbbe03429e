"""Customers enter and leave segments: at once, by time alone, and when rules change."""

from __future__ import annotations

from typing import Any

import pytest

from harken.errors import Invalid, NotFound
from harken.remember import Judged, Plan, TrailState, affected, blank, fold, join, judge, prepare, refold, why
from harken.words import DAY, DEFAULT_KEYS, SECOND, Config, Event, Identifier, Interests, Segment, Touchpoint
from unit.remember.heard import ADA, NOW, PLAN, event, plan


def state_of(*events: Event) -> TrailState:
    return refold(events, PLAN)


def judged(plan: Plan, state: TrailState, current: dict[str, int] | None = None, now: int = NOW, **more: Any) -> Judged:
    return judge("p1", state, more.pop("identifiers", (ADA,)), current or {}, plan, now, **more)


def moves(found: Judged) -> list[tuple[str, bool, int]]:
    return [(one.segment, one.entered, one.at) for one in found.memberships]


def viewed(*days_ago: int) -> list[Event]:
    return [event(NOW - ago * DAY, "Plan Viewed", touchpoint="web: Plan page") for ago in days_ago]


def test_14_did_it_once_or_twice_enters_and_the_third_time_leaves() -> None:
    made = plan({"keen": {"event": "Plan Viewed", "at_least": 1, "at_most": 2, "within": "30d"}})
    state, segments = blank(), {}
    seen = []
    for number, one in enumerate(viewed(3, 2, 1)):
        assert affected([one], made) == {"keen"}
        fold(state, one, made)
        found = judged(made, state, segments, one.occurred)
        segments = found.segments
        seen += moves(found)
        assert (found.due is None) is False, number
    assert seen == [("keen", True, NOW - 3 * DAY), ("keen", False, NOW - DAY)]


def test_14_never_did_it_leaves_with_the_first_time() -> None:
    made = plan({"quiet": {"event": "Plan Viewed", "never": True}})
    found = judged(made, blank())
    assert moves(found) == [("quiet", True, NOW)]
    found = judged(made, state_of(*viewed(0)), found.segments)
    assert moves(found) == [("quiet", False, NOW)]


def test_14_aging_out_leaves_without_a_new_event_exactly_when_told() -> None:
    made = plan({"recent": {"event": "Plan Viewed", "within": "30d"}})
    state = state_of(*viewed(10))
    found = judged(made, state)
    assert found.due == NOW + 20 * DAY
    assert judged(made, state, found.segments, found.due - 1).memberships == []
    left = judged(made, state, found.segments, found.due)
    assert moves(left) == [("recent", False, NOW + 20 * DAY)]
    assert (left.segments, left.due) == ({}, None)


def test_15_a_changed_rule_judges_anew_and_a_deleted_segment_is_left() -> None:
    state = state_of(*viewed(10))
    current = {"recent": NOW - DAY, "gone": NOW - DAY}
    found = judged(plan({"recent": {"event": "Plan Viewed", "within": "7d"}}), state, current)
    assert moves(found) == [("recent", False, NOW), ("gone", False, NOW)]
    assert found.segments == {}
    assert judged(plan(), state, {"gone": 1}).segments == {}


def test_16_has_been_gold_for_a_week_is_not_reset_by_hearing_gold_again() -> None:
    made = plan({"settled": {"trait": "plan", "is": "gold", "for": "7d"}})
    heard = [event(NOW - ago * DAY, traits={"plan": "gold"}) for ago in (6, 5, 1)]
    found = judged(made, state_of(*heard))
    assert (found.segments, found.due) == ({}, NOW + DAY)
    assert judged(made, state_of(*heard, event(NOW, traits={"plan": "gold"})), {}, NOW + DAY).segments == {
        "settled": NOW + DAY
    }


def test_13_an_event_in_the_future_counts_when_its_time_has_come() -> None:
    made = plan({"keen": {"event": "Plan Viewed"}, "buys": {"stage": "buy"}, "gold": {"trait": "plan", "is": "gold"}})
    ahead = event(NOW + DAY, "Plan Viewed", touchpoint="web: Checkout", traits={"plan": "gold"})
    state = state_of(event(NOW, "Home", touchpoint="web: Home"), ahead)
    found = judged(made, state)
    assert (found.segments, found.due) == ({}, NOW + DAY)
    assert judged(made, state, {}, NOW + DAY).segments.keys() == {"keen", "buys", "gold"}


def test_since_is_kept_while_a_customer_stays() -> None:
    made = plan({"keen": {"event": "Plan Viewed"}})
    found = judged(made, state_of(*viewed(1)), {"keen": NOW - 5 * DAY})
    assert (found.segments, found.memberships) == ({"keen": NOW - 5 * DAY}, [])


def test_a_segment_of_a_segment_follows_it() -> None:
    made = plan(
        {
            "b_keen": {"event": "Plan Viewed", "within": "30d"},
            "a_loyal": {"all": [{"segment": "b_keen"}, {"not": {"segment": "c_left"}}]},
            "c_left": {"stage": "leave"},
        }
    )
    found = judged(made, state_of(*viewed(1)))
    assert found.segments.keys() == {"a_loyal", "b_keen"}
    assert affected(viewed(1), made) == {"a_loyal", "b_keen", "c_left"}


def test_the_join_of_trails_is_judged() -> None:
    made = plan({"twice": {"event": "Plan Viewed", "exactly": 2}})
    trails = [state_of(*viewed(1)), state_of(*viewed(2))]
    assert judged(made, trails[0]).segments == {}
    assert judged(made, join(trails)).segments.keys() == {"twice"}


def test_the_due_time_speaks_of_all_segments_even_when_only_one_is_judged() -> None:
    made = plan({"recent": {"event": "Plan Viewed", "within": "30d"}, "gold": {"trait": "plan", "is": "gold"}})
    state = state_of(*viewed(10), event(NOW, traits={"plan": "gold"}))
    found = judged(made, state, {"recent": NOW - DAY}, only={"gold"})
    assert (found.segments, found.due) == ({"recent": NOW - DAY, "gold": NOW}, NOW + 20 * DAY)


def test_only_what_an_event_says_something_of_is_judged_again() -> None:
    made = plan(
        {
            "by_event": {"event": "Plan Viewed"},
            "by_touchpoint": {"touchpoint": "web: Plan page"},
            "by_channel": {"channel": "store"},
            "by_trait": {"trait": "address.city", "is": "Bern"},
            "by_topic": {"interest": "phones", "above": 1},
            "by_consent": {"consent": "email"},
            "by_stage": {"stage": "buy"},
            "by_identifier": {"has": "email"},
            "by_money": {"spent": "Order", "above": 1},
        }
    )
    cases: list[tuple[Event, set[str]]] = [
        (event(name="Else"), set()),
        (event(name="Plan Viewed"), {"by_event"}),
        (event(name="Order"), {"by_money"}),
        (event(touchpoint="web: Plan page"), {"by_touchpoint", "by_stage"}),
        (event(touchpoint="web: Legal"), set()),
        (event(channel="store"), {"by_channel"}),
        (event(traits={"address": {"city": "Bern"}}), {"by_trait"}),
        (event(topics={"phones/android": 1}), {"by_topic"}),
        (event(topics={"phonesX": 1}), set()),
        (event(consent={"*": False}), {"by_consent"}),
        (event(identifiers=(ADA, Identifier("email", "a@example.test"))), {"by_identifier"}),
    ]
    for one, segments in cases:
        assert affected([one], made) == segments
    assert affected([one for one, _ in cases], made) == {id for _, found in cases for id in found}
    assert affected([event(name="Plan Viewed")], PLAN) == set()
    assert affected([], plan({"seen": {"seen": "within 1d"}})) == set()
    assert affected([event()], plan({"seen": {"seen": "within 1d"}})) == {"seen"}


def test_stage_follows_the_catalogue_without_refolding() -> None:
    state = state_of(*viewed(1))
    rule = {"buys": {"stage": "buy"}}
    assert judged(plan(rule), state).segments == {}
    moved = prepare(
        Config(
            touchpoints=(Touchpoint(id="web: Plan page", stage="buy"),),
            segments={id: Segment(id=id, rule=one) for id, one in rule.items()},
        )
    )
    assert judged(moved, state).segments.keys() == {"buys"}


def test_each_kind_of_leaf_reads_what_was_folded() -> None:
    written: dict[str, dict[str, Any]] = {
        "money": {"spent": "Order", "between": [59, 60], "within": "7d"},
        "interest": {"interest": "phones", "at_least": 1.5},
        "visits": {"channel": "web", "exactly": 2},
        "email": {"consent": "email"},
        "has": {"has": "user_id"},
        "seen": {"seen": "within 1d"},
        "new": {"first_seen": "within 7d"},
        "began": {"stage": "discover", "is": "earliest"},
        "furthest": {"stage": "buy", "is": "furthest"},
        "current": {"stage": "consider"},
        "place": {"trait": "address.city", "is": "Bern"},
    }
    state = state_of(
        event(NOW - 2 * DAY, "Home", touchpoint="web: Home", traits={"address": {"city": "Bern"}}),
        event(NOW - 2 * DAY + SECOND, "Order", touchpoint="web: Checkout", properties={"revenue": 59.9}),
        event(NOW - SECOND, "Plan", touchpoint="web: Plan page", topics={"phones/ios": 1000, "phones": 500}),
        event(NOW - SECOND, consent={"email": True}),
    )
    assert judged(plan(written), state).segments.keys() == written.keys()
    assert judged(plan(written), blank(), identifiers=()).segments == {}


def test_why_says_leaf_by_leaf() -> None:
    made = plan({"keen": {"all": [{"event": "Plan Viewed", "at_least": 2}, {"has": "email"}]}})
    found = why("keen", state_of(*viewed(1)), (ADA,), made, NOW)
    assert not found.truth
    assert [part.words for part in found.parts] == ["Plan Viewed once, wanted at least 2", "has no email, wanted one"]
    with pytest.raises(NotFound, match="there is no segment 'lean'; there is keen"):
        why("lean", blank(), (), made, NOW)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "segments.x.rule: an empty rule asks nothing"),
    ({"evnt": "A"}, "segments.x.rule: there is no rule about 'evnt'; did you mean `event`?"),
    ({"stage": "byu"}, "segments.x.rule: there is no stage 'byu'; did you mean 'buy'?"),
    ({"not": {"property": "price", "above": 1}}, "segments.x.rule: `property: price` asks about one event"),
    ({"segment": "y"}, "segment x: there is no segment 'y'"),
    ({"not": {"segment": "x"}}, "segments x -> x: a segment cannot depend on itself"),
]


@pytest.mark.parametrize(("rule", "said"), WRONG)
def test_a_wrong_segment_is_refused_when_the_configuration_is_prepared(rule: dict[str, Any], said: str) -> None:
    with pytest.raises(Invalid) as caught:
        plan({"x": rule})
    assert said in str(caught.value)


def test_interest_needs_a_half_life() -> None:
    with pytest.raises(Invalid, match="half_life_days: wants more than 0"):
        prepare(Config(interests=Interests(half_life_days=0)))


def test_an_empty_configuration_uses_the_usual_keys_and_stages() -> None:
    made = prepare(Config())
    assert made.devices == {key.id for key in DEFAULT_KEYS if key.device}
    assert made.stages["buy"] == 3
