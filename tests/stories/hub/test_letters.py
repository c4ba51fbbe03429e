"""The dead-letter inbox: what could not be taken is kept once, within bounds, and heard again as it came."""

from __future__ import annotations

import json

import pytest

from harken.hub import Hub
from harken.hub.inbox import NOT_KEPT, Room
from harken.words import RawBatch
from stories.hub.telling import NOW, SECOND, Place, batch, check_states, did, hear, publish, told

BAD = {"messageId": "bad", "type": "track", "event": "Nobody did this"}


def test_letters_are_replayed_once_their_cause_is_gone(place: Place) -> None:
    """Too large before, heard after the limit was raised, at the time it was received; what is still bad stays open."""
    hub = place.open()
    large = did("Read", NOW, anon="b1", properties={"text": "x" * 40_000})
    [answer] = hub.hear([batch([large, {"messageId": "bad"}, did("Seen", NOW, anon="b1")], received=NOW)])
    assert (answer.accepted, [one.reason for one in answer.dropped]) == (1, ["too_large", "no_type"])
    hub.hear([RawBatch(source="app", dialect="segment", body=b"no json", received=NOW)])
    letters = hub.dead_letters().data
    assert [one.reason for one in letters] == ["too_large", "no_type", "not_json"]
    assert [one.reason for one in hub.dead_letters(source="app").data] == ["not_json"]
    nothing = hub.replay()
    assert (nothing.accepted, nothing.duplicates, nothing.still) == (0, 0, 3)
    publish(hub, "source", id="web", limits={"event_bytes": 100_000})
    hub = place.again(hub)
    done = hub.replay()
    assert (done.accepted, done.duplicates, done.still) == (1, 0, 2)
    assert hub.profile("anonymous_id:b1").events == 2
    assert hub.profile("anonymous_id:b1").last_seen == NOW
    assert [one.reason for one in hub.dead_letters().data] == ["no_type", "not_json"]
    assert [one.reason for one in hub.dead_letters(state="replayed").data] == ["too_large"]
    again = hub.replay([letters[0].id])
    assert (again.accepted, again.duplicates) == (0, 1)
    assert hub.discard([letters[1].id]) == 1
    assert [one.reason for one in hub.dead_letters().data] == ["not_json"]
    assert [one.reason for one in hub.dead_letters(state="discarded").data] == ["no_type"]
    assert hear(hub, large).duplicates == 1
    check_states(hub)


def test_letters_come_page_by_page(place: Place) -> None:
    """Each once, in the order they came, with a source or without."""
    hub = place.open()
    for number in range(7):
        body = json.dumps({"n": number}).encode()
        hub.hear([RawBatch(source="web" if number % 2 else "app", dialect="segment", body=body, received=NOW)])
    found, after = [], 0
    while True:
        page = hub.dead_letters(after=after, limit=3)
        found += page.data
        after = page.next
        if not after:
            break
    assert len(found) == 7
    assert len({one.id for one in found}) == 7
    assert len(hub.dead_letters(source="app").data) == 4


def test_what_is_sent_again_and_again_is_one_letter_with_a_count(place: Place) -> None:
    """A client that keeps sending what cannot be taken, from any batch and after a restart; other sources are others."""
    hub = place.open()
    hub.hear([batch([BAD, BAD], received=NOW + 5 * SECOND), batch([BAD], received=NOW)])
    hub = place.again(hub)
    hub.hear([batch([did("Seen", NOW, anon="b1"), BAD], received=NOW + 9 * SECOND), batch([BAD], source="app")])
    first, other = hub.dead_letters().data
    assert (first.count, first.at, first.last) == (4, NOW, NOW + 9 * SECOND)
    assert (other.source, other.count) == ("app", 1)
    assert hub.inbox.waiting().open == 2
    hub.discard([first.id])
    hub.hear([batch([BAD])])
    assert [one.count for one in hub.dead_letters(source="web").data] == [1]


def test_a_replayed_row_of_a_file_is_the_row_that_is_imported_again(place: Place) -> None:
    """It keeps its line, so importing the file again counts it once; two equal rows are two."""
    hub = place.open()
    row = {"name": "Bought", "occurred": "2024-10-01T10:00:00Z", "identifiers": {"email": "a@x.test"}}
    row["properties"] = {"text": "x" * 40_000}
    rows = "\n".join([json.dumps(row)] * 2)
    file = RawBatch(
        source="till", dialect="harken", body=rows.encode(), received=NOW, trusted=True, where="t.csv", lines=(7, 2)
    )
    [answer] = hub.hear([file])
    assert [one.where for one in answer.dropped] == ["t.csv:7", "t.csv:8"]
    assert [(one.line, one.trusted, one.count) for one in hub.dead_letters().data] == [(7, True, 1), (8, True, 1)]
    publish(hub, "source", id="till", limits={"event_bytes": 100_000})
    done = hub.replay()
    assert (done.accepted, done.duplicates, done.still) == (2, 0, 0)
    [again] = hub.hear([file])
    assert (again.accepted, again.duplicates) == (0, 2)
    assert hub.profile("email:a@x.test").events == 2


def test_a_replayed_letter_is_trusted_as_it_came(hub: Hub) -> None:
    """What came with a secret key proves its identifiers, also when it is heard later; what came without does not."""
    publish(hub, "key", id="loyalty", priority=30, limit=1, needs_proof=True)
    large = {"text": "x" * 40_000}
    for name, trusted in (("Till", True), ("Page", False)):
        sent = did(name, NOW, properties=large, email=f"{name}@x.test", traits={"loyalty": f"{name}-77"})
        hub.hear([batch([sent], trusted=trusted)])
    publish(hub, "source", id="web", limits={"event_bytes": 100_000})
    assert hub.replay().accepted == 2
    assert hub.profile("loyalty:Till-77").pid == hub.profile("email:till@x.test").pid
    [seen] = hub.identity("email:page@x.test").evidence
    assert seen.state == "unverified"


def test_a_public_key_cannot_fill_the_inbox(place: Place) -> None:
    """Over the room of a batch and of a source letters are only counted; what waits already still counts in its letter."""
    hub = place.open(room=Room(batch=3, letters=5))
    bad = [{"messageId": str(number), "type": "track", "event": "Nobody"} for number in range(9)]
    [answer] = hub.hear([batch([*bad[:4], bad[0]])])
    assert len(answer.dropped) == 5  # the client is told of each
    page = hub.dead_letters()
    assert [(one.count, one.where) for one in page.data] == [(2, "#0"), (1, "#1"), (1, "#2")]
    assert page.not_kept == 1
    hub.hear([batch(bad[4:6]), batch([bad[6], bad[1]]), batch(bad[:2], source="app")])
    page = hub.dead_letters(source="web")
    assert [one.count for one in page.data] == [2, 2, 1, 1, 1]
    assert page.not_kept == 2
    assert hub.dead_letters(source="app").not_kept == 0
    assert (hub.inbox.waiting().open, hub.inbox.waiting().not_kept) == (7, 2)
    hub.hear([batch([did("Seen", NOW, anon="b1"), bad[7]])])
    assert hub.profile("anonymous_id:b1").events == 1
    assert hub.dead_letters(source="web").not_kept == 3
    assert hub.discard(source="web") == 5
    assert (hub.dead_letters().not_kept, len(hub.dead_letters().data)) == (0, 2)
    hub.hear([batch(bad[:3])])
    assert len(hub.dead_letters(source="web").data) == 3


def test_an_inbox_is_bounded_in_bytes_too(hub: Hub) -> None:
    """A few large bodies fill a disk as well as many small ones."""
    hub.inbox = type(hub.inbox)(hub.core, hub.hear, Room(megabytes=1))
    for number in range(4):
        body = b"no json %d " % number + b"x" * 400_000
        hub.hear([RawBatch(source="web", dialect="segment", body=body, received=NOW + number)])
    page = hub.dead_letters()
    assert (len(page.data), page.not_kept) == (2, 2)
    with hub.core.read() as view:
        assert list(view.notes(NOT_KEPT)) == [NOT_KEPT + "web"]


def test_what_a_server_sends_with_a_secret_key_is_bounded_by_its_source_only(place: Place) -> None:
    """A large import with a wrong mapping tells of every row, up to the room of the source."""
    hub = place.open(room=Room(batch=2, letters=4))
    bad = [{"messageId": str(number), "type": "track", "event": "Nobody"} for number in range(6)]
    hub.hear([batch(bad, trusted=True)])
    page = hub.dead_letters()
    assert (len(page.data), page.not_kept) == (4, 2)


def test_letters_of_one_reason_can_be_looked_at_and_dealt_with_alone(hub: Hub) -> None:
    nobody = [{"messageId": str(number), "type": "track", "event": "Nobody"} for number in range(3)]
    hub.hear([batch(nobody), batch(nobody[:1], source="app")])
    hub.hear([RawBatch(source="web", dialect="segment", body=b"no json", received=NOW)])
    piles = {(one.source, one.reason): one.letters for one in hub.inbox.piles()}
    (other,) = {reason for _, reason in piles} - {"no_identifier"}
    assert piles == {("app", "no_identifier"): 1, ("web", "no_identifier"): 3, ("web", other): 1}
    assert [one.reason for one in hub.dead_letters(source="web", reason=other).data] == [other]
    assert hub.replay(reason=other).still == 1
    assert hub.discard(source="web", reason="no_identifier") == 3
    assert {(one.source, one.reason) for one in hub.inbox.piles()} == {("app", "no_identifier"), ("web", other)}
    assert [one.letters for one in hub.inbox.piles("discarded")] == [3]


@pytest.mark.parametrize("state", ["replayed", "discarded"])
def test_every_open_letter_can_be_dealt_with_at_once(hub: Hub, state: str) -> None:
    """More than a page of them."""
    bad = [{"messageId": str(number), "type": "track", "event": "Nobody"} for number in range(620)]
    for start in (0, 310):
        hub.hear([batch(bad[start : start + 310])])
    assert hub.inbox.waiting().open == 620
    if state == "discarded":
        assert hub.discard() == 620
    else:
        assert hub.replay().still == 620
        hear(hub, told(NOW, anon="b1", plan="gold"))
    assert hub.inbox.waiting().open == (0 if state == "discarded" else 620)
