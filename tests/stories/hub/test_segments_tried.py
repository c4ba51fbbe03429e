"""A rule nobody published yet is tried on the customers there are: as many fit as would be in the segment."""

from __future__ import annotations

from typing import Any

import pytest

from harken.errors import Invalid, NotFound
from harken.hub import Hub
from harken.words import SECOND
from stories.hub.telling import NOW, did, hear, members, segment, told

RULE: dict[str, Any] = {
    "all": [
        {"trait": "plan", "is": "gold"},
        {"any": [{"event": "Order", "at_least": 2}, {"not": {"has": "email"}}]},
    ]
}


def filled(hub: Hub) -> None:
    """Twelve customers: every third on gold, every second ordered twice, every fourth with an email address."""
    for n in range(12):
        traits = {"plan": "gold" if n % 3 == 0 else "free"} | ({"email": f"c{n}@example.test"} if n % 4 == 0 else {})
        hear(hub, told(NOW - 1_000, user=f"c{n}", **traits))
        for number in range(2 if n % 2 == 0 else 1):
            hear(hub, did("Order", NOW - 500 - number * SECOND, user=f"c{n}"))


def test_a_draft_fits_whom_the_published_segment_has(sqlite_hub: Hub) -> None:
    """The whole, and each part by itself; in an `all` also how many are left after each."""
    hub = sqlite_hub
    filled(hub)
    found = hub.segments.try_(RULE)
    assert (found.customers, found.matched, found.judged, found.of, found.exact) == (4, 4, 12, 12, True)
    assert [(one.path, one.customers, one.left) for one in found.parts] == [
        ("rule", 4, None),
        ("rule.all[0]", 4, 4),
        ("rule.all[1]", 12, 4),
        ("rule.all[1].any[0]", 6, None),
        ("rule.all[1].any[1]", 9, None),
        ("rule.all[1].any[1].not", 3, None),
    ]
    segment(hub, "gold", RULE)
    hub.jobs.run_wanted()
    assert {one.pid for one in hub.profiles(segment="gold").data} == {*found.examples}
    assert members(hub, "gold") == {"c0", "c3", "c6", "c9"}


def test_a_sample_says_that_it_is_one(sqlite_hub: Hub) -> None:
    """Fewer are judged than there are: the count is an estimate for all, and says from how many."""
    filled(sqlite_hub)
    found = sqlite_hub.segments.try_({"all": []}, limit=5)
    assert (found.customers, found.matched, found.judged, found.of, found.exact) == (12, 5, 5, 12, False)
    with pytest.raises(Invalid, match="limit"):
        sqlite_hub.segments.try_({"all": []}, limit=0)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"trait": "plan"}, "rule: says nothing to compare with"),
        ({"all": [{"stage": "nowhere"}]}, "rule: there is no stage 'nowhere'"),
        ({"property": "price", "above": 1}, "rule: `property: price` asks about one event"),
        ({"segment": "nobody"}, "there is no segment 'nobody'"),
        ({"segment": "self"}, "cannot depend on itself"),
    ],
)
def test_what_could_not_be_published_is_not_tried(sqlite_hub: Hub, rule: dict[str, Any], said: str) -> None:
    """The same problems, in the words of the draft."""
    with pytest.raises(Invalid) as caught:
        sqlite_hub.segments.try_(rule, id="self")
    assert said in str(caught.value)


def test_nothing_is_written_by_trying(sqlite_hub: Hub) -> None:
    """No document, no membership, no job."""
    filled(sqlite_hub)
    before = sqlite_hub.core.writes
    sqlite_hub.segments.try_(RULE)
    sqlite_hub.segments.words()
    assert sqlite_hub.core.writes == before
    assert not sqlite_hub.documents.list("segment")


def test_two_segments_overlap(sqlite_hub: Hub) -> None:
    """In both and in neither, and an unknown one is named."""
    hub = sqlite_hub
    filled(hub)
    segment(hub, "gold", {"trait": "plan", "is": "gold"})
    segment(hub, "buyers", {"event": "Order", "at_least": 2})
    hub.jobs.run_wanted()
    found = hub.segments.overlap("gold", "buyers")
    assert (found.a, found.b, found.both, found.neither, found.customers) == (4, 6, 2, 4, 12)
    with pytest.raises(NotFound, match="buyers"):
        hub.segments.overlap("gold", "sellers")


def test_the_words_rules_can_be_made_of(sqlite_hub: Hub) -> None:
    """Names with how many customers have them, and of a trait its values, most frequent first."""
    filled(sqlite_hub)
    found = sqlite_hub.segments.words()
    assert found.looked == 12
    plan = next(one for one in found.traits if one.name == "plan")
    assert (plan.customers, plan.values) == (12, ("free", "gold"))
    assert [(one.name, one.customers) for one in found.events if one.name == "Order"] == [("Order", 12)]
    assert {one.name: one.customers for one in found.identifiers} == {"user_id": 12, "email": 3}


def test_an_empty_hub_has_nobody_to_try_on(sqlite_hub: Hub) -> None:
    """Zero of zero, exactly."""
    found = sqlite_hub.segments.try_({"all": []})
    assert (found.customers, found.of, found.exact, sqlite_hub.segments.words().looked) == (0, 0, True, 0)
