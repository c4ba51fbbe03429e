"""What was decided for a customer and how they answered, as limits count it."""

from __future__ import annotations

from typing import Any

from harken.remember import blank, decode, encode, fold, join
from harken.remember.dealings import Dealings
from harken.words import DAY, Event
from unit.remember.heard import HOUR, MINUTE, NOW, PLAN, event


def decided(occurred: int, *actions: str, until: int = 0, placement: str = "home") -> Event:
    shown = [{"action": action, "topic": "phones"} for action in actions]
    told = {"placement": placement, "channel": "web", "until": until or occurred + 30 * MINUTE, "shown": shown}
    return event(occurred, type="decision", properties=told)


def answered(occurred: int, decision: Event, what: str, action: str) -> Event:
    told = {"decision": decision.id, "what": what, "action": action, "topic": "phones", "channel": "web"}
    return event(occurred, type="response", properties=told)


def dealings(*events: Event) -> Dealings:
    state = blank()
    for one in events:
        fold(state, one, PLAN)
    return decode(encode(state)).dealings


def counts(told: Dealings, what: str = "seen", now: int = NOW, within: int = 7 * DAY) -> list[Any]:
    return sorted(told.count(what, now, within))


def test_what_is_held_counts_as_seen_until_it_is_given_up() -> None:
    told = dealings(decided(NOW - HOUR, "a", "b", until=NOW + 1))
    assert counts(told) == [("a", "phones", "web", 1), ("b", "phones", "web", 1)]
    assert counts(told, now=NOW + 1) == []
    assert counts(told, now=NOW - HOUR - 1) == [], "it was not decided yet"


def test_an_answer_ends_the_hold_whichever_comes_first() -> None:
    decision = decided(NOW - HOUR, "a", until=NOW + HOUR)
    seen = answered(NOW - HOUR + 1, decision, "seen", "a")
    assert counts(dealings(decision, seen)) == counts(dealings(seen, decision)) == [("a", "phones", "web", 1)]
    said_no = answered(NOW - MINUTE, decision, "negative", "a")
    assert counts(dealings(decision, said_no)) == []
    assert counts(dealings(decision, said_no), "negative") == [("a", "phones", "web", 1)]


def test_trails_are_joined_so_an_answer_elsewhere_ends_a_hold_here() -> None:
    decision = decided(NOW - HOUR, "a", until=NOW + HOUR)
    here, there = blank(), blank()
    fold(here, decision, PLAN)
    fold(there, answered(NOW, decision, "seen", "a"), PLAN)
    both = join([here, there]).dealings
    assert list(both.held(NOW)) == []
    assert counts(both) == [("a", "phones", "web", 1)]


def test_hundreds_of_answers_are_counted_and_none_is_pushed_out_by_decisions() -> None:
    first = decided(NOW - 6 * DAY, "a")
    many = [decided(NOW - 5 * DAY + number * MINUTE, "b") for number in range(500)]
    answers = [answered(one.occurred + 1, one, "seen", "b") for one in many]
    told = dealings(first, answered(NOW - 6 * DAY + 1, first, "seen", "a"), *many, *answers)
    assert counts(told) == [("a", "phones", "web", 1), ("b", "phones", "web", 500)]
    assert counts(told, within=6 * DAY - 1) == [("b", "phones", "web", 500)]


def test_too_many_names_count_as_anything() -> None:
    seen = [answered(NOW, decided(NOW), "seen", f"offer {number}") for number in range(300)]
    found = counts(dealings(*seen))
    assert len(found) == 257
    assert ("…", "", "", 44) in found


def test_the_last_decision_of_a_placement_is_known_for_a_while() -> None:
    told = dealings(decided(NOW - HOUR, "a"), decided(NOW - MINUTE, "b", placement="mail"), decided(NOW - HOUR // 2))
    last = told.last_decided("home", NOW, 2 * HOUR)
    assert last is not None
    assert last[5] == [("a", "phones")]
    assert told.last_decided("home", NOW, HOUR) is None
    assert told.last_decided("home", NOW - HOUR - 1, DAY) is None


def test_what_is_told_in_another_way_is_no_dealing() -> None:
    odd = [
        event(NOW, type="decision", properties={"shown": "a", "until": 5}),
        event(NOW, type="decision", properties={"action": "a"}),
        event(NOW, type="response", properties={"what": "seen"}),
        event(NOW, type="response", properties={"what": "loved", "decision": "d"}),
    ]
    assert dealings(*odd) == Dealings()
