"""What a rule reads, and segments that read each other."""

from __future__ import annotations

import pytest

from harken.errors import Invalid
from harken.rules import closure, parse, reads


def test_a_rule_tells_what_it_reads() -> None:
    found = reads(
        parse(
            {
                "all": [
                    {"event": "A", "within": "7d"},
                    {"spent": "B", "above": 1},
                    {"touchpoint": "web: A"},
                    {"channel": "web"},
                    {"trait": "address.city", "is": "Bern"},
                    {"interest": "phones", "above": 1},
                    {"consent": "email"},
                    {"has": "phone"},
                    {"stage": "buy"},
                    {"not": {"segment": "other"}},
                ]
            }
        )
    )
    assert found.events == {"A", "B"}
    assert found.touchpoints == {"web: A"}
    assert found.channels == {"web"}
    assert found.traits == {"address.city", "address"}
    assert (found.topics, found.purposes, found.identifiers, found.stages) == (
        {"phones"},
        {"email"},
        {"phone"},
        {"buy"},
    )
    assert found.segments == {"other"}
    assert found.timed
    assert not found.seen


@pytest.mark.parametrize(
    ("written", "timed"),
    [
        ({"event": "A"}, False), ({"event": "A", "within": "7d"}, True), ({"trait": "a", "is": 1}, False),
        ({"trait": "a", "is": 1, "for": "7d"}, True), ({"seen": "within 7d"}, True), ({"stage": "buy"}, False),
        ({"interest": "a", "above": 1}, True), ({"spent": "a", "above": 1}, False),
        ({"goal_chance": "a", "above": 0.5}, True),
    ],
)  # fmt: skip
def test_a_rule_tells_whether_time_alone_may_change_it(written: dict[str, object], timed: bool) -> None:
    assert reads(parse(written)).timed is timed


def test_a_chance_changes_with_any_step_and_by_time() -> None:
    found = reads(parse({"goal_chance": "order", "at_least": 0.3}))
    assert (found.goals, found.seen, found.timed) == ({"order"}, True, True)


def test_a_segment_reads_what_its_segments_read() -> None:
    named = {
        "a": parse({"segment": "b"}),
        "b": parse({"all": [{"segment": "c"}, {"event": "B"}]}),
        "c": parse({"event": "C", "within": "1d"}),
    }
    found = closure(named)
    assert found["a"].events == {"B", "C"}
    assert found["a"].segments == {"b", "c"}
    assert found["a"].timed
    assert found["c"].events == {"C"}


def test_a_circle_of_segments_is_named() -> None:
    named = {
        "x": parse({"segment": "a"}),
        "a": parse({"segment": "b"}),
        "b": parse({"not": {"segment": "c"}}),
        "c": parse({"segment": "a"}),
    }
    with pytest.raises(Invalid, match="segments a -> b -> c -> a: a segment cannot depend on itself"):
        closure(named)
    with pytest.raises(Invalid, match="segments a -> a"):
        closure({"a": parse({"segment": "a"})})


def test_a_missing_segment_is_told_with_those_there_are() -> None:
    with pytest.raises(Invalid, match="segment a: there is no segment 'lojal'; there is a, loyal"):
        closure({"a": parse({"segment": "lojal"}), "loyal": parse({"has": "email"})})
