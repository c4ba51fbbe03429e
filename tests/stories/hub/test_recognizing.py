"""Behaviors 1 to 10: who is one customer, in any order of arrival, with the events in the store or settled in the lake."""

from __future__ import annotations

from itertools import permutations

import pytest

from harken.errors import NotFound
from harken.hub import Hub
from stories.hub.telling import (
    HOUR,
    MINUTE,
    NOW,
    Place,
    Places,
    Sent,
    alias,
    all_of,
    batch,
    check_states,
    did,
    hear,
    hear_each,
    iso,
    known,
    members,
    messages,
    publish,
    segment,
    together,
    told,
    whole,
)

SIGN_IN = (
    did("Seen 1", NOW, anon="b1"),
    {**told(NOW + HOUR, anon="b1", plan="free"), "context": {"page": {"path": "/plans"}}},
    told(NOW + 2 * HOUR, anon="b1", user="ada", email="ada@example.test"),
    did("Bought", NOW + 3 * HOUR, anon="b1", user="ada"),
)
A_THEN_B = (
    did("Before", NOW, anon="b1"),
    did("A signed in", NOW + HOUR, anon="b1", user="ada"),
    did("A looked", NOW + 2 * HOUR, anon="b1"),
    did("B signed in", NOW + 3 * HOUR, anon="b1", user="bob"),
    did("B looked", NOW + 4 * HOUR, anon="b1"),
)
A_B_A = (
    *A_THEN_B,
    did("A is back", NOW + 5 * HOUR, anon="b1", user="ada"),
    did("A looked again", NOW + 6 * HOUR, anon="b1"),
)


def test_what_an_anonymous_visitor_did_belongs_to_the_customer_who_signs_in(place_of: Places) -> None:
    """Behavior 1, in every order of arrival."""
    seen = []
    for order in permutations(SIGN_IN):
        hub = place_of("memory").open()
        hear_each(hub, *order)
        assert messages(hub, "user_id:ada") == ["Bought", "identify", "identify", "Seen 1"]
        assert known(hub, "anonymous_id:b1") == {"user_id:ada", "anonymous_id:b1", "email:ada@example.test"}
        assert hub.profile("email:ADA@example.test").traits["plan"].value == "free"
        seen.append(whole(hub, "user_id:ada"))
    assert all(one == seen[0] for one in seen)


def test_signing_in_on_every_store(hub: Hub) -> None:
    """Behavior 1, event by event, with all reads."""
    hear_each(hub, *SIGN_IN[:2])
    before = hub.profile("anonymous_id:b1")
    assert (before.events, before.first_seen, before.last_seen) == (2, NOW, NOW + HOUR)
    hear_each(hub, *SIGN_IN[2:])
    after = hub.profile("user_id:ada")
    assert after.pid != before.pid
    assert hub.profile(before.pid) == after
    assert (after.events, after.first_seen, after.last_seen) == (4, NOW, NOW + 3 * HOUR)
    assert messages(hub, before.pid) == ["Bought", "identify", "identify", "Seen 1"]
    identity = hub.identity("email:ada@example.test")
    assert identity.anchor == "user_id:ada"
    assert {one.state for one in identity.evidence} == {"united"}
    assert sum(one.events for one in identity.trails) == 4
    assert len(hub.export("user_id:ada").events) == 4
    assert len(hub.profiles().data) == 1
    check_states(hub)


@pytest.mark.parametrize("settled", [False, True], ids=["in the store", "in the lake"])
@pytest.mark.parametrize("story", [A_THEN_B, A_B_A], ids=["A then B", "A then B then A"])
def test_two_people_on_one_browser_keep_what_is_theirs(
    place_of: Places, story: tuple[Sent, ...], settled: bool
) -> None:
    """Behavior 2, every sign-in and every look arriving last once, first once, and all of it reversed."""
    orders = [story, tuple(reversed(story))]
    orders += [(*story[:n], *story[n + 1 :], story[n]) for n in range(len(story))]
    orders += [(story[n], *story[:n], *story[n + 1 :]) for n in range(len(story))]
    seen = []
    for order in orders:
        hub = place_of("memory").open()
        for event in order:
            hear(hub, event)
            if settled:
                hub.settle()
        backs = ["A looked again", "A is back"] if story is A_B_A else []
        assert messages(hub, "user_id:ada") == [*backs, "A looked", "A signed in", "Before"]
        assert messages(hub, "user_id:bob") == ["B looked", "B signed in"]
        assert not together(hub, "user_id:ada", "user_id:bob")
        assert together(hub, "anonymous_id:b1", "user_id:ada")
        seen.append(all_of(hub, ["user_id:ada", "user_id:bob"]))
        check_states(hub)
    for order, one in zip(orders, seen, strict=True):
        assert one == seen[0], [event["event"] for event in order]


def test_a_late_sign_in_moves_events_on_every_store(place: Place) -> None:
    """Behavior 2 with B's sign-in arriving last: in the store, after a restart, and after settling."""
    for name in ("tail", "lake"):
        hub = place.open() if name == "tail" else place.again(hub)  # noqa: F821
        base = NOW if name == "tail" else NOW + 4 * HOUR
        device = f"device-{name}"
        hear(
            hub,
            did("A signed in", base, anon=device, user=f"ada-{name}"),
            did("A looked", base + HOUR, anon=device),
            did("B looked", base + 3 * HOUR, anon=device),
        )
        assert hub.profile(f"user_id:ada-{name}").events == 3
        if name == "lake":
            hub.settle()
        hub = place.again(hub)
        hear(hub, did("B signed in", base + 2 * HOUR, anon=device, user=f"bob-{name}"))
        assert messages(hub, f"user_id:ada-{name}") == ["A looked", "A signed in"]
        assert messages(hub, f"user_id:bob-{name}") == ["B looked", "B signed in"]
        assert hub.profile(f"user_id:bob-{name}").events == 2
        check_states(hub)
    with hub.core.read() as view:
        assert (place.data / "lake" / "manifest.json").read_bytes() == view.manifest()


def test_two_customers_are_never_merged_by_an_alias_or_a_device(hub: Hub) -> None:
    """Behavior 3: only an operator merges them, beyond every limit, and that can be undone."""
    hear_each(
        hub,
        did("Hi", NOW, anon="b1", user="ada"),
        did("Hi", NOW + MINUTE, anon="b1", user="bob"),
        alias("ada", "bob", NOW + HOUR),
        alias("bob", "ada", NOW + 2 * HOUR),
    )
    assert not together(hub, "user_id:ada", "user_id:bob")
    assert "refused" in {one.state for one in hub.identity("user_id:bob").evidence}
    refs = ["user_id:ada", "user_id:bob"]
    before = all_of(hub, refs)
    hub.merge("user_id:ada", "user_id:bob", by="op", reason="same person")
    assert together(hub, "user_id:ada", "user_id:bob")
    hub.unmerge("user_id:bob", "user_id:ada", by="op")
    assert all_of(hub, refs) == before


def test_values_that_mean_nobody_recognize_nobody(hub: Hub) -> None:
    """Behavior 4."""
    blocked = ["null", "undefined", "0000", "[object Object]", "guest", "-1"]
    for number, value in enumerate(blocked):
        hear(hub, did("Hi", NOW + number, anon=f"b{number}", user=value))
    hear(hub, did("Hi", NOW + 99, anon="b99", userId=""), did("Hi", NOW + 100, anon="b100", userId=None))
    assert len(hub.profiles().data) == len(blocked) + 2
    for value in blocked:
        with pytest.raises(NotFound, match="nobody is known by"):
            hub.profile(f"user_id:{value}")
    [answer] = hub.hear([batch([did("Hi", NOW, user="null")])])
    assert [one.reason for one in answer.dropped] == ["no_identifier"]


def test_an_old_id_finds_the_profile_for_ever_and_nothing_counts_twice(hub: Hub) -> None:
    """Behavior 7."""
    hear_each(hub, did("Hi", NOW, anon="phone"), did("Hi", NOW, anon="laptop"))
    hear(hub, did("Hi", NOW + HOUR, user="ada"))
    old = {ref: hub.profile(ref).pid for ref in ("anonymous_id:phone", "anonymous_id:laptop", "user_id:ada")}
    assert len({*old.values()}) == 3
    hear_each(
        hub, did("In", NOW + MINUTE, anon="phone", user="ada"), did("In", NOW + MINUTE, anon="laptop", user="ada")
    )
    ada = hub.profile("user_id:ada")
    for pid in old.values():
        assert hub.profile(pid) == ada
        assert hub.timeline(pid).pid == ada.pid
        assert hub.identity(pid).pid == ada.pid
    assert ada.events == 5
    assert ada.visits == 2  # at noon with both devices, which is one visit, and an hour later
    hear_each(hub, *[did("Back", NOW + 2 * HOUR, anon=device) for device in ("phone", "laptop")])
    assert (hub.profile("user_id:ada").events, hub.profile("user_id:ada").visits) == (7, 3)
    assert len(hub.profiles().data) == 1


def test_after_a_merge_by_hand_the_devices_of_both_belong_to_it_and_visits_count_once(place: Place) -> None:
    """Behavior 7, with a restart and the lake between: what either device does next is theirs together."""
    hub = place.open()
    hear(hub, did("Hi", NOW, anon="d1", user="ada"), did("Hi", NOW + 1, anon="d2", user="bob"))
    old = [hub.profile(f"user_id:{user}").pid for user in ("ada", "bob")]
    hub.merge("user_id:ada", "user_id:bob", by="op")
    hub.settle()
    hub = place.again(hub)
    hear_each(hub, did("Back", NOW + HOUR, anon="d1"), did("Back", NOW + HOUR + 1, anon="d2"))
    both = hub.profile("user_id:ada")
    assert [hub.profile(pid) for pid in (*old, "anonymous_id:d1", "anonymous_id:d2")] == [both] * 4
    assert (both.events, both.visits) == (4, 2)
    assert messages(hub, "user_id:bob") == ["Back", "Back", "Hi", "Hi"]
    check_states(hub)


def test_a_terminal_is_quarantined_and_merges_nobody(hub: Hub) -> None:
    """Behavior 8: past its key's quarantine a device is shown as such and everybody keeps their own."""
    people = [f"u{number:02}" for number in range(25)]
    for number, user in enumerate(people):
        hear(hub, did("Paid", NOW + number * MINUTE, anon="terminal", user=user))
        if number == 10:
            hear(hub, did("Idle", NOW + number * MINUTE + 1, anon="terminal"))
    assert [str_of(one) for one in hub.quarantined()] == ["anonymous_id:terminal"]
    pids = {hub.profile(f"user_id:{user}").pid for user in people}
    assert len(pids) == len(people)
    assert all(hub.profile(f"user_id:{user}").events == 1 for user in people)
    assert messages(hub, "anonymous_id:terminal") == ["Idle"]
    assert "quarantined" in {one.state for one in hub.identity("user_id:u03").evidence}
    check_states(hub)


def test_a_terminal_in_any_order_of_arrival(place_of: Places) -> None:
    """Behavior 8 with 5: forwards, backwards, in one batch, settled, restarted in the middle."""
    events = [did("Paid", NOW + n * MINUTE, anon="terminal", user=f"u{n:02}") for n in range(23)]
    events += [did("Idle", NOW + n * MINUTE + 1, anon="terminal") for n in (0, 9, 22)]
    refs = [f"user_id:u{n:02}" for n in range(23)] + ["anonymous_id:terminal"]
    seen = []
    for turn in range(4):
        place = place_of("sqlite")
        hub = place.open()
        if turn == 0:
            hear(hub, *events)
        elif turn == 1:
            hear_each(hub, *reversed(events))
        else:
            hear_each(hub, *events[: 10 + turn])
            if turn == 2:
                hub.settle()
            hub = place.again(hub)
            hear_each(hub, *reversed(events[10 + turn :]))
        seen.append(all_of(hub, refs))
        check_states(hub)
    for one in seen[1:]:
        assert one == seen[0]


@pytest.mark.parametrize("settled", [False, True], ids=["in the store", "in the lake"])
def test_unmerging_puts_everything_back(place: Place, settled: bool) -> None:
    """Behavior 9: the whole customer before the merge and after taking it back are the same."""
    hub = place.open()
    place.clock.forward(hours=30)
    segment(hub, "buyers", {"event": "Order Completed"})
    segment(hub, "gold", {"trait": "plan", "is": "gold"})
    segment(hub, "mailed", {"has": "email"})
    segment(hub, "loyal", {"event": "Seen", "at_least": 4})
    consent = {"consent": {"categoryPreferences": {"email": True}}}
    refusal = {"consent": {"categoryPreferences": {"email": False}}}
    hear(
        hub,
        told(NOW, anon="a1", user="ada", email="ada@example.test", plan="gold"),
        did("Seen", NOW + 1, anon="a1", user="ada"),
        did("Seen", NOW + 2, anon="a2", user="ada"),
        {**did("Order Completed", NOW + HOUR, user="ada", properties={"revenue": 12.5}), "context": consent},
        received=NOW + HOUR,
    )
    hear(
        hub,
        told(NOW + 5, anon="c1", user="bob", plan="blue"),
        did("Seen", NOW + 6, anon="c1", user="bob"),
        {**did("Seen", NOW + 7, anon="c1", user="bob"), "context": refusal},
        received=NOW + 2 * HOUR,
    )
    if settled:
        hub.settle()
    refs = ["user_id:ada", "user_id:bob"]
    before = all_of(hub, refs)
    preview = hub.merge("user_id:ada", "user_id:bob", by="op", preview=True)
    assert preview.preview
    assert len(preview.before) == 2
    assert len(preview.after) == 1
    assert all_of(hub, refs) == before
    done = hub.merge("email:ada@example.test", "anonymous_id:c1", by="op", reason="called in")
    assert (done.before, done.after, done.moved) == (preview.before, preview.after, preview.moved)
    both = hub.profile("user_id:bob")
    assert both.events == 7
    assert set(both.segments) == {"buyers", "mailed", "loyal"} | ({"gold"} if "gold" in both.segments else set())
    assert not both.consent["email"].yes
    assert len(hub.profiles().data) == 1
    hub = place.again(hub)
    assert hub.unmerge("user_id:bob", by="op", preview=True).after == preview.before
    assert hub.profile("user_id:bob") == both
    hub.unmerge("user_id:bob", by="op")
    assert all_of(hub, refs) == before
    check_states(hub)


def test_parting_what_was_recognized_keeps_them_apart(hub: Hub) -> None:
    """Behavior 9: a cut of what events said; events that say it again do not merge them, an operator does."""
    segment(hub, "mailed", {"has": "email"})
    hear(hub, did("Hi", NOW, anon="b1", email="shared@example.test"), did("Hi", NOW + 1, anon="b1", user="ada"))
    hear(hub, did("Yo", NOW + 2, anon="b2", email="shared@example.test"))
    assert together(hub, "anonymous_id:b2", "user_id:ada")
    hub.unmerge("anonymous_id:b2", "user_id:ada", by="op", reason="a family")
    assert not together(hub, "anonymous_id:b2", "user_id:ada")
    assert messages(hub, "anonymous_id:b2") == ["Yo"]
    assert hub.profile("anonymous_id:b2").segments.keys() == {"mailed"} & (
        {"mailed"} if "email:shared@example.test" in known(hub, "anonymous_id:b2") else set()
    )
    hear(hub, did("Again", NOW + 3, anon="b2", email="shared@example.test"))
    assert not together(hub, "anonymous_id:b2", "user_id:ada")
    hub.merge("anonymous_id:b2", "user_id:ada", by="op")
    assert together(hub, "anonymous_id:b2", "user_id:ada")
    check_states(hub)


def test_an_identifier_parted_from_all_that_was_done_is_an_empty_profile(hub: Hub) -> None:
    """Its id is what un-merge answers with, so it can be opened; what is heard with it later is its own."""
    hear(hub, did("Bought", NOW, user="ada", email="shared@example.test"))
    parted = hub.unmerge("email:shared@example.test", by="op").moved["email:shared@example.test"]
    for ref in ("email:shared@example.test", parted):
        alone = hub.profile(ref)
        assert (alone.pid, alone.events, alone.first_seen) == (parted, 0, None)
        assert [str(one) for one in alone.identifiers] == ["email:shared@example.test"]
        identity = hub.identity(ref)
        assert (identity.pid, identity.trails) == (parted, [])
        assert [str_of(one) for one in identity.identifiers] == ["email:shared@example.test"]
        assert "cut" in {one.how for one in identity.evidence}
        assert hub.timeline(ref).data == []
        assert hub.export(ref).events == []
    assert [one.pid for one in hub.profiles().data] == [hub.profile("user_id:ada").pid]
    hear(hub, did("Wrote", NOW + 1, email="shared@example.test"))
    assert messages(hub, parted) == ["Wrote"]
    check_states(hub)


@pytest.mark.parametrize("direction", ["old to new", "new to old"])
def test_an_alias_means_the_same_in_both_directions(hub: Hub, direction: str) -> None:
    """Behavior 10."""
    said = alias("b1", "ada", NOW + 2) if direction == "old to new" else alias("ada", "b1", NOW + 2)
    hear_each(hub, did("Seen", NOW, anon="b1"), did("Bought", NOW + 1, user="ada"), said)
    assert together(hub, "anonymous_id:b1", "user_id:ada")
    assert hub.profile("user_id:ada").events == 3
    hear(hub, did("Seen", NOW + 3, anon="b1"))
    assert hub.profile("user_id:ada").events == 4


def test_what_only_an_alias_named_is_no_identifier_of_a_customer(hub: Hub) -> None:
    """An alias does not say of which kinds its ids are: the one that is not is evidence, but nobody is shown by it, and no
    segment holds them for it; once an event carries it, it is shown."""
    segment(hub, "browsers", {"has": "anonymous_id"})
    hear(hub, did("Bought", NOW, user="ada"), alias("ada-before", "ada", NOW + 1))
    assert known(hub, "user_id:ada") == {"user_id:ada"}
    identity = hub.identity("user_id:ada")
    assert [one.value for one in identity.identifiers] == ["ada"]
    assert "anonymous_id:ada-before" in {end for one in identity.evidence for end in (one.a, one.b)}
    assert hub.profile("anonymous_id:ada-before").pid == identity.pid
    assert members(hub, "browsers") == set()
    hear(hub, did("Seen", NOW + 2, anon="ada-before"))
    assert known(hub, "user_id:ada") == {"user_id:ada", "anonymous_id:ada-before"}
    assert members(hub, "browsers") == {"ada"}
    hear(hub, alias("x", "y", NOW))
    assert len(known(hub, "user_id:y")) == 1


def test_what_is_no_step_is_no_place_anywhere(hub: Hub) -> None:
    """Identify, alias and group calls are at no touchpoint: not in a profile, its timeline, the map, nor the list to name."""
    said = [told(NOW, anon="b1", user="ada", plan="gold"), alias("b1", "ada", NOW + 1)]
    said.append({"type": "group", "userId": "ada", "groupId": "g", "timestamp": iso(NOW + 2), "messageId": "g"})
    hear(hub, *said, did("Bought", NOW + 3, user="ada"))
    assert list(hub.profile("user_id:ada").touchpoints) == ["web: Bought"]
    assert [one.touchpoint for one in hub.touchpoints()] == ["web: Bought"]
    assert [one.touchpoint for one in hub.timeline("user_id:ada").data] == ["web: Bought", "", "", ""]
    assert hub.journeys.map().header.events == 1
    publish(hub, "touchpoint", id="web: Sign-up", match=[{"type": "identify"}])
    assert set(hub.profile("user_id:ada").touchpoints) == {"web: Bought", "web: Sign-up"}
    assert hub.journeys.map().header.events == 2
    check_states(hub)


def test_alias_in_any_order_of_arrival(place_of: Places) -> None:
    """Behavior 10 with 5."""
    events = (did("Seen", NOW, anon="b1"), did("Bought", NOW + 1, user="ada"), alias("b1", "ada", NOW + 2))
    seen = []
    for order in permutations(events):
        hub = place_of("memory").open()
        hear_each(hub, *order)
        seen.append(whole(hub, "user_id:ada"))
    assert all(one == seen[0] for one in seen)


def test_identity_as_of_a_date_is_what_was_known_then(place: Place) -> None:
    """Every day's identity can still be seen: before a link was learned, before a merge by hand, and after."""
    hub = place.open()
    hear(hub, did("Seen", NOW, anon="b1"), received=NOW)
    hear(hub, did("Bought", NOW, user="ada"), received=NOW + HOUR)
    hear(hub, did("In", NOW, anon="b1", user="ada"), received=NOW + 2 * HOUR)
    hear(hub, did("Seen", NOW, user="bob"), received=NOW + 2 * HOUR)
    place.clock.set(NOW + 4 * HOUR)
    hub.merge("user_id:ada", "user_id:bob", by="op")

    def then(hours: int, ref: str = "user_id:ada") -> set[str]:
        return {f"{one.kind}:{one.value}" for one in hub.identity(ref, as_of=NOW + hours * HOUR).identifiers}

    with pytest.raises(NotFound, match="not known yet"):
        then(0)
    assert then(0, "anonymous_id:b1") == {"anonymous_id:b1"}
    assert then(1) == {"user_id:ada"}
    assert then(3) == {"user_id:ada", "anonymous_id:b1"}
    assert then(4) == then(5) == {"user_id:ada", "anonymous_id:b1", "user_id:bob"}


def str_of(one: object) -> str:
    return f"{one.kind}:{one.value}"  # type: ignore[attr-defined]
