"""Decisions by hand that are taken back by their name: who is who is as if nobody had decided."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from harken.errors import Invalid, NotFound
from harken.hub import Hub
from harken.hub.by_hand import Merged
from stories.hub.telling import (
    HOUR,
    MINUTE,
    NOW,
    Place,
    alias,
    all_of,
    batch,
    check_states,
    did,
    hear,
    members,
    segment,
    together,
)
from stories.hub.test_any_order import MODEST, REFS, SEGMENTS, differences, history

ADA, SHARED, TILL = "user_id:ada", "email:shared@example.test", "anonymous_id:b2"


def take_back(hub: Hub, ref: str, done: Merged, **more: Any) -> Merged:
    (said,) = done.said
    return hub.take_back(ref, said.a, said.b, how=said.how, **more)


def household(hub: Hub) -> None:
    segment(hub, "mailed", {"has": "email"})
    hear(hub, did("Hi", NOW, anon="b1", email="shared@example.test"), did("Hi", NOW + 1, anon="b1", user="ada"))
    hear(hub, did("Yo", NOW + 2, anon="b2", email="shared@example.test"))


def test_a_parting_taken_back_leaves_one_customer_as_before(hub: Hub, place: Place) -> None:
    household(hub)
    before = all_of(hub, [ADA, TILL, SHARED])
    place.clock.forward(seconds=60)
    done = hub.unmerge(TILL, ADA, by="op", reason="a family")
    assert [one.how for one in done.said] == ["cut"]
    apart = all_of(hub, [ADA, TILL, SHARED])
    preview = take_back(hub, TILL, done, preview=True)
    assert (len(preview.before), len(preview.after)) == (2, 1)
    assert all_of(hub, [ADA, TILL, SHARED]) == apart
    back = take_back(hub, TILL, done)
    assert (back.before, back.after, back.moved) == (preview.before, preview.after, preview.moved)
    assert (back.said, back.unsaid) == ([], done.said)
    place.clock.forward(seconds=-60)
    assert all_of(hub, [ADA, TILL, SHARED]) == before
    hear(hub, did("Again", NOW + 3, anon="b2", email="shared@example.test"))
    assert together(hub, TILL, ADA)
    check_states(hub)


def test_a_merge_taken_back_leaves_the_partings_it_had_set_aside(hub: Hub) -> None:
    household(hub)
    hub.unmerge(TILL, ADA, by="op", reason="a family")
    apart = all_of(hub, [ADA, TILL, SHARED])
    merged = hub.merge(TILL, ADA, by="boss", reason="no, one person")
    assert together(hub, TILL, ADA)
    assert [one.how for one in merged.unsaid] == ["cut"]
    take_back(hub, ADA, merged)
    assert all_of(hub, [ADA, TILL, SHARED]) == apart
    (cut,) = [one for one in hub.identity(TILL).evidence if one.how == "cut"]
    assert (cut.by, cut.reason) == ("op", "a family")
    hub.take_back(TILL, cut.a, cut.b, how="cut")
    assert together(hub, TILL, ADA)
    check_states(hub)


def test_when_one_of_two_merges_is_taken_back_the_other_still_beats_the_parting_before_both(
    hub: Hub, place: Place
) -> None:
    household(hub)
    hub.unmerge(TILL, ADA, by="op", reason="a family")
    apart = all_of(hub, [ADA, TILL, SHARED])
    place.clock.forward(seconds=60)
    first = hub.merge(TILL, ADA, by="boss", reason="no, one person")
    place.clock.forward(seconds=60)
    second = hub.merge(TILL, SHARED, by="boss", reason="I said so")
    preview = take_back(hub, ADA, first, preview=True)
    back = take_back(hub, ADA, first)
    assert (back.after, back.moved) == (preview.after, preview.moved)
    assert (back.said, back.unsaid) == ([], first.said)
    assert together(hub, TILL, ADA)
    check_states(hub)
    take_back(hub, ADA, second)
    place.clock.forward(seconds=-120)
    assert all_of(hub, [ADA, TILL, SHARED]) == apart


def test_unmerging_without_saying_from_whom_leaves_the_parting_that_the_merge_had_set_aside(hub: Hub) -> None:
    household(hub)
    hub.unmerge(TILL, ADA, by="op", reason="a family")
    apart = all_of(hub, [ADA, TILL, SHARED])
    hub.merge(TILL, ADA, by="boss")
    assert [one.how for one in hub.unmerge(ADA, by="op").said] == ["cut"]
    assert all_of(hub, [ADA, TILL, SHARED]) == apart


def test_unmerging_two_leaves_the_partings_that_their_merge_had_set_aside(hub: Hub) -> None:
    household(hub)
    hub.unmerge(TILL, ADA, by="op", reason="a family")
    apart = all_of(hub, [ADA, TILL, SHARED])
    merged = hub.merge(TILL, ADA, by="boss")
    assert hub.unmerge(TILL, ADA, by="op").unsaid == merged.said
    assert all_of(hub, [ADA, TILL, SHARED]) == apart
    with pytest.raises(Invalid, match="cannot be parted from itself"):
        hub.unmerge(ADA, ADA, by="op")


def test_a_parting_after_the_merge_that_is_left_holds_again(hub: Hub, place: Place) -> None:
    household(hub)
    hear(hub, did("Hi", NOW + HOUR, user="bob"))
    hub.merge(SHARED, "user_id:bob", by="boss")
    place.clock.forward(seconds=60)
    done = hub.unmerge(TILL, ADA, by="op", reason="a family")
    place.clock.forward(seconds=60)
    merged = hub.merge(TILL, ADA, by="boss", reason="no, one person")
    back = take_back(hub, ADA, merged)
    assert (back.said, back.unsaid) == (done.said, merged.said)
    assert not together(hub, TILL, ADA)
    check_states(hub)


def test_a_merge_said_again_sets_partings_aside_and_taken_back_gives_them_back(hub: Hub, place: Place) -> None:
    bob, mail = "user_id:bob", "email:bob@example.test"
    hear(hub, did("Hi", NOW, user="ada", email="ada@example.test"), did("Hi", NOW + 1, user="bob", email=mail[6:]))
    hub.merge(ADA, bob, by="op", reason="one person")
    place.clock.forward(seconds=60)
    hub.merge("email:ada@example.test", mail, by="op", reason="one person")
    place.clock.forward(seconds=60)
    parted = hub.unmerge(mail, ADA, by="op", reason="two")
    assert not together(hub, ADA, bob)
    apart = all_of(hub, [ADA, bob, mail])
    place.clock.forward(seconds=60)
    again = hub.merge(ADA, bob, by="boss", reason="one person after all")
    assert together(hub, ADA, bob)
    assert again.unsaid == parted.said
    assert hub.merge(ADA, bob, by="op", reason="one person").said == []
    take_back(hub, ADA, again)
    place.clock.forward(seconds=-60)
    assert all_of(hub, [ADA, bob, mail]) == apart
    stands = {one.how: one.reason for one in hub.identity(ADA).evidence if one.by}
    assert stands == {"operator": "one person", "cut": "two"}
    take_back(hub, mail, parted)
    assert together(hub, ADA, bob)
    check_states(hub)


def test_a_merge_holds_all_of_both_customers_together_though_a_part_of_them_was_parted_before(hub: Hub) -> None:
    """The parting named an identifier of the customer, the merge is kept by the names of the two profiles."""
    till = "anonymous_id:till"
    hear(hub, did("Hi", NOW, user="ada"), did("Hi", NOW, user="bob"), did("Hi", NOW, anon="till"))
    hub.merge(ADA, "user_id:bob", by="op")
    hub.unmerge("user_id:bob", till, by="op")
    apart = all_of(hub, [ADA, "user_id:bob", till])
    merged = hub.merge("user_id:bob", till, by="op")
    assert together(hub, ADA, "user_id:bob")
    assert together(hub, "user_id:bob", till)
    take_back(hub, "user_id:bob", merged)
    assert all_of(hub, [ADA, "user_id:bob", till]) == apart
    check_states(hub)


def test_a_release_is_taken_back_by_its_name_too(hub: Hub) -> None:
    hear(hub, *(did("Hi", NOW + n * MINUTE, anon="till", user=f"u{n}") for n in range(40)))
    (till,) = hub.quarantined()
    hub.release(till.id, by="op")
    assert hub.quarantined() == []
    hub.take_back(till.id, till.id, till.id, how="release")
    assert [one.id for one in hub.quarantined()] == [till.id]


def test_what_nobody_decided_cannot_be_taken_back(hub: Hub) -> None:
    household(hub)
    hear(hub, did("Hi", NOW + HOUR, user="bob"))
    with pytest.raises(Invalid, match="operator, cut or release"):
        hub.take_back(ADA, ADA, SHARED, how="event")
    with pytest.raises(NotFound, match="no decision by hand that parted"):
        hub.take_back(ADA, ADA, TILL, how="cut")
    hub.unmerge(TILL, ADA, by="op")
    with pytest.raises(NotFound, match="'user_id:bob' has no decision"):
        hub.take_back("user_id:bob", ADA, TILL, how="cut")
    assert not together(hub, TILL, ADA)


def test_nothing_of_an_erased_customer_stays_in_the_notes_of_decisions(hub: Hub) -> None:
    household(hub)
    hear(hub, did("Hi", NOW + HOUR, user="bob"), did("Hi", NOW + HOUR, user="cem"))
    hub.unmerge(TILL, ADA, by="op")
    hub.merge(TILL, ADA, by="op")
    hub.merge(ADA, "user_id:bob", by="op")
    hub.take_back(ADA, ADA, "user_id:bob", how="operator")
    ids = [one.id for one in hub.identity(ADA).identifiers]
    hub.erase(ADA, by="op")
    with hub.core.read() as view:
        notes = repr(view.notes("decided:"))
    assert not [id for id in ids if id in notes]


def test_a_third_customer_whom_a_parting_changes_is_as_before_when_it_is_taken_back(hub: Hub, place: Place) -> None:
    """The email has done nothing when it is parted; parting two others gives it a device, for as long as that holds."""
    segment(hub, "mailed", {"has": "email"})
    bob, cyd, email = "user_id:bob", "user_id:cyd", "email:e1@example.test"
    refs = [bob, cyd, email, "anonymous_id:d2"]
    hear(hub, alias("bob", "cyd", NOW), alias("d2", "cyd", NOW + 1), did("Read", NOW + 2, user="bob"))
    hear(hub, did("Read", NOW + 3, anon="d2", email="e1@example.test"))
    made = []
    for a, b in ((email, bob), (bob, cyd)):
        made.append((a, all_of(hub, refs), hub.unmerge(a, b, by="op")))
        place.clock.forward(seconds=60)
    assert members(hub, "mailed") == {"d2"}
    for ref, before, done in reversed(made):
        take_back(hub, ref, done)
        place.clock.forward(seconds=-60)
        assert not differences(all_of(hub, refs), before)
        place.clock.forward(seconds=60)
    assert members(hub, "mailed") == {"bob"}


@st.composite
def partings(draw: st.DrawFn) -> tuple[list[Any], list[tuple[int, str, str, str]]]:
    """A history, and operators who merge and part in the course of it."""
    events = draw(history())
    one = st.tuples(
        st.integers(1, len(events)), st.sampled_from(["merge", "part"]), st.sampled_from(REFS), st.sampled_from(REFS)
    )
    return events, draw(st.lists(one, min_size=1, max_size=5))


@given(partings())
@settings(max_examples=60, **MODEST)
def test_all_decisions_taken_back_leave_no_mark(partings: Any) -> None:
    """The newest first: after each, everything is as it was before it was decided."""
    events, acts = partings
    note(f"{events}\n{acts}")
    with tempfile.TemporaryDirectory() as folder:
        place = Place("memory:", Path(folder), several=False, lasting=False)
        hub = place.open()
        for id, rule in SEGMENTS.items():
            segment(hub, id, rule)
        for source, sent in events:
            hub.hear([batch([sent], source=source, received=NOW)])
        made = []
        for _, verb, a, b in acts:
            before = all_of(hub, REFS)
            try:
                done = (hub.merge if verb == "merge" else hub.unmerge)(a, b, by="op")
            except (NotFound, Invalid):
                continue
            if verb == "part" and any(one.how == "operator" for one in done.unsaid):
                made.clear()  # it took a merge back, so what was before that one is no more
            elif done.said:
                made.append((a, done, before))
        for ref, done, before in reversed(made):
            if take_back_possible(hub, done):
                take_back(hub, ref, done)
                assert not differences(all_of(hub, REFS), before)
                check_states(hub)
        place.close()


def take_back_possible(hub: Hub, done: Merged) -> bool:
    """Parting two may have taken a merge back meanwhile."""
    (said,) = done.said
    with hub.core.read() as view:
        rows = {(one.a, one.b, one.how) for one in view.evidence([said.a])}
    return (said.a, said.b, said.how) in rows
