"""Behaviors 11 to 16: clocks that are wrong, events that come late, and who is in a segment when, also without an event."""

from __future__ import annotations

import pytest

from harken.errors import Invalid, NotFound
from harken.hub import Hub
from harken.words import DAY, SECOND, Membership
from stories.hub.telling import HOUR, NOW, Place, alias, batch, check_states, did, hear, iso, members, segment, told


def log(hub: Hub) -> list[tuple[str, bool]]:
    """Every change of membership so far."""
    with hub.core.read() as view:
        changes: list[Membership] = view.memberships(0, 1_000)
    return [(one.segment, one.entered) for one in changes]


# ---------------------------------------------------------------- time


def test_a_clock_two_hours_wrong_is_put_right_by_when_it_was_sent(hub: Hub) -> None:
    """Behavior 11: the distance to sentAt counts, from when the hub received it."""
    late = {**did("Seen", NOW - 2 * HOUR - 60 * SECOND, anon="b1"), "sentAt": iso(NOW - 2 * HOUR)}
    hear(hub, late, received=NOW)
    assert hub.profile("anonymous_id:b1").last_seen == NOW - 60 * SECOND


def test_a_senseless_time_of_sending_is_ignored_with_a_warning(hub: Hub) -> None:
    """Behavior 11: the event's own time counts, and the timeline says what was odd."""
    hear(hub, {**did("Seen", NOW - HOUR, anon="b1"), "sentAt": "1999-01-01T00:00:00Z"}, received=NOW)
    assert hub.profile("anonymous_id:b1").last_seen == NOW - HOUR
    [shown] = hub.timeline("anonymous_id:b1").data
    assert "sentAt" in " ".join(shown.warnings)


def test_a_late_event_moves_first_seen_and_no_later_value(hub: Hub) -> None:
    """Behavior 12: by event time, not by arrival, and the history shows both."""
    hear(hub, told(NOW, user="ada", plan="gold"), did("Seen", NOW, user="ada"))
    hear(hub, told(NOW - DAY, user="ada", plan="free", city="Ulm"))
    ada = hub.profile("user_id:ada")
    assert (ada.first_seen, ada.last_seen) == (NOW - DAY, NOW)
    assert ada.traits["plan"].value == "gold"
    assert [one.value for one in ada.traits["plan"].history] == ["free"]
    assert ada.traits["city"].value == "Ulm"
    hear(hub, told(NOW - HOUR, user="ada", plan="blue"))
    assert [one.value for one in hub.profile("user_id:ada").traits["plan"].history] == ["blue", "free"]
    check_states(hub)


def test_thousands_of_late_events_backwards_are_remembered_exactly(place: Place) -> None:
    """A reversed import of one customer, longer than what is kept in detail."""
    hub = place.open()
    events = [told(NOW - n * 3 * HOUR, user="ada", n=n // 40) for n in range(600)]
    for start in range(0, len(events), 150):
        hear(hub, *events[start : start + 150])
    ada = hub.profile("user_id:ada")
    assert (ada.events, ada.visits, ada.traits["n"].value) == (600, 600, 0)
    check_states(hub)


def test_what_lies_outside_the_window_or_in_the_future_does_not_count(place: Place) -> None:
    """Behavior 13, and the future counts once it is there."""
    hub = place.open()
    place.clock.set(NOW)
    segment(hub, "lately", {"event": "Seen", "within": "7d"})
    hear(hub, did("Seen", NOW - 8 * DAY, user="old"), received=NOW)
    hear(hub, did("Seen", NOW - 7 * DAY + 1, user="just"), received=NOW)
    assert members(hub, "lately") == {"just"}


# ---------------------------------------------------------------- segments


def test_did_it_once_or_twice(hub: Hub) -> None:
    """Behavior 14: the third time leaves; "did not do it": the first time leaves."""
    segment(hub, "some", {"event": "Seen", "at_least": 1, "at_most": 2})
    segment(hub, "never", {"event": "Bought", "never": True})
    hear(hub, did("Seen", NOW, user="ada"))
    assert members(hub, "some") == members(hub, "never") == {"ada"}
    hear(hub, did("Seen", NOW + 1, user="ada"))
    assert members(hub, "some") == {"ada"}
    hear(hub, did("Seen", NOW + 2, user="ada"))
    assert members(hub, "some") == set()
    hear(hub, did("Bought", NOW + 3, user="ada"))
    assert members(hub, "never") == set()
    assert log(hub) == [("never", True), ("some", True), ("some", False), ("never", False)]


def test_ageing_out_needs_no_event(place: Place) -> None:
    """Behavior 14: when the window has passed the timer leaves the segment, also after a restart; not before."""
    hub = place.open()
    segment(hub, "lately", {"event": "Seen", "within": "7d"})
    segment(hub, "gone", {"not": {"seen": "within 30d"}})
    hear(hub, did("Seen", NOW, user="ada"), received=NOW)
    hear(hub, did("Seen", NOW + DAY, user="ada"), received=NOW + DAY)
    hub = place.again(hub)
    place.clock.set(NOW + 8 * DAY - 1)
    hub.tick()
    assert members(hub, "lately") == {"ada"}
    place.clock.set(NOW + 8 * DAY)
    hub.tick()
    assert members(hub, "lately") == set()
    assert members(hub, "gone") == set()
    place.clock.set(NOW + 31 * DAY)
    hub.tick()
    assert members(hub, "gone") == {"ada"}
    assert log(hub) == [("lately", True), ("lately", False), ("gone", True)]
    with hub.core.read() as view:
        assert not view.due(NOW + 10_000 * DAY, 10), "nothing is left to come"


def test_an_event_of_the_future_counts_when_it_is_there(place: Place) -> None:
    """Behavior 13: by a timer, without another event."""
    hub = place.open()
    place.clock.set(NOW)
    segment(hub, "booked", {"event": "Trip"})
    hub.hear([batch([{**did("Trip", NOW + 3 * HOUR, user="ada")}], received=NOW)])
    if hub.profile("user_id:ada").last_seen == NOW + 3 * HOUR:
        assert members(hub, "booked") == set()
        place.clock.set(NOW + 3 * HOUR)
        hub.tick()
    assert members(hub, "booked") == {"ada"}


def test_a_changed_rule_judges_everybody_and_a_deleted_one_nobody(place: Place) -> None:
    """Behavior 15."""
    hub = place.open()
    for number in range(20):
        hear(hub, *[did("Seen", NOW + n, user=f"u{number:02}") for n in range(number % 4 + 1)])
    segment(hub, "keen", {"event": "Seen", "at_least": 4})
    assert members(hub, "keen") == set()
    hub.jobs.run_wanted()
    assert members(hub, "keen") == {f"u{n:02}" for n in range(3, 20, 4)}
    segment(hub, "very keen", {"all": [{"segment": "keen"}, {"event": "Seen", "at_least": 3}]})
    segment(hub, "keen", {"event": "Seen", "at_least": 2})
    hub.tick(NOW)
    assert members(hub, "keen") == {f"u{n:02}" for n in range(20) if n % 4 >= 1}
    assert members(hub, "very keen") == {f"u{n:02}" for n in range(20) if n % 4 >= 2}
    with pytest.raises(Invalid, match="keen"):
        hub.documents.retire("segment", "keen", by="ada")
    hub.documents.retire("segment", "very keen", by="ada")
    hub.documents.retire("segment", "keen", by="ada")
    hub.jobs.run_wanted()
    with pytest.raises(NotFound, match="no segment named 'keen'"):
        hub.profiles(segment="keen")
    assert all(not one.segments for one in hub.profiles().data)
    segment(hub, "keen", {"event": "Seen", "at_least": 4})
    assert members(hub, "keen") == set(), "a new segment of that name begins empty"


def test_for_a_week_is_not_reset_by_hearing_it_again(place: Place) -> None:
    """Behavior 16: only another value begins anew."""
    hub = place.open()
    segment(hub, "settled", {"trait": "plan", "is": "gold", "for": "7d"})
    for day in range(7):
        hear(hub, told(NOW + day * DAY, user="ada", plan="gold"), received=NOW + day * DAY)
        place.clock.set(NOW + day * DAY)
        hub.tick()
        assert members(hub, "settled") == set()
    hear(
        hub,
        told(NOW + DAY, user="bob", plan="gold"),
        told(NOW + 5 * DAY, user="bob", plan="blue"),
        received=NOW + 6 * DAY,
    )
    hear(hub, told(NOW + 6 * DAY, user="bob", plan="gold"), received=NOW + 6 * DAY)
    place.clock.set(NOW + 7 * DAY)
    hub.tick()
    assert members(hub, "settled") == {"ada"}
    place.clock.set(NOW + 8 * DAY)
    hub.tick()
    assert members(hub, "settled") == {"ada"}
    place.clock.set(NOW + 13 * DAY)
    hub.tick()
    assert members(hub, "settled") == {"ada", "bob"}


def test_merging_and_parting_judge_all_segments_of_both(hub: Hub) -> None:
    """What they did together counts for the one customer they are, and no longer once they are parted."""
    segment(hub, "twice", {"event": "Seen", "exactly": 2})
    segment(hub, "mailed", {"has": "email"})
    hear(hub, did("Seen", NOW, user="ada", email="ada@example.test"), did("Seen", NOW, user="bob"))
    assert members(hub, "twice") == set()
    hub.merge("user_id:ada", "user_id:bob", by="op")
    [one] = hub.profiles(segment="twice").data
    assert set(one.segments) == {"twice", "mailed"}
    hub.unmerge("user_id:bob", by="op")
    assert members(hub, "twice") == set()
    assert members(hub, "mailed") == {"ada"}
    hear(hub, did("Seen", NOW + 1, user="bob"))
    assert members(hub, "twice") == {"bob"}


def test_a_parted_identifier_is_no_longer_its_former_customers(hub: Hub) -> None:
    """`has: email` of the customer it was taken from, also right after, out of what the hub remembers."""
    segment(hub, "mailed", {"has": "email"})
    hear(hub, did("Seen", NOW, user="ada", email="e1@example.test"))
    hear(hub, did("Seen", NOW + 1, email="e1@example.test"))
    assert members(hub, "mailed") == {"ada"}
    hub.unmerge("email:e1@example.test", "user_id:ada", by="op")
    assert members(hub, "mailed") == {"e1@example.test"}
    hear(hub, did("Seen", NOW + 2, user="ada"))
    assert members(hub, "mailed") == {"e1@example.test"}


def test_a_late_sign_in_that_takes_events_away_judges_who_loses_them(place: Place) -> None:
    """Also when what they lose is the whole trail."""
    hub = place.open()
    segment(hub, "readers", {"event": "Read", "at_least": 2})
    hear(hub, did("Read", NOW, anon="d"), alias("d", "cyd", NOW), did("Read", NOW, user="cyd"))
    assert hub.profile("user_id:cyd").segments.keys() == {"readers"}
    hub = place.again(hub)
    hear(hub, did("In", NOW, anon="d", user="ada"))
    assert hub.profile("user_id:cyd").event_names["Read"].count == 1
    assert not hub.profiles(segment="readers").data
    check_states(hub)
