"""Places without a name, and drafts of touchpoints -> the rules that catch them, and what the rules would catch."""

from __future__ import annotations

import pytest

from harken.errors import Invalid
from harken.hub import Hub
from stories.hub.telling import NOW, Place, did, hear, publish


def page(path: str, user: str) -> dict[str, object]:
    return {
        "type": "page",
        "userId": user,
        "messageId": f"{path}-{user}",
        "properties": {"path": path},
    }


def visited(hub: Hub) -> None:
    hear(hub, page("/orders/1", "ada"), page("/orders/2", "bob"), page("/help", "ada"), did("Paid", NOW, user="ada"))


def test_rules_are_proposed_for_places_and_catch_what_they_were_read_from(place: Place) -> None:
    hub = place.open()
    visited(hub)
    for settled in (False, True):
        if settled:
            hub.settle()
        orders, paid = hub.naming.propose(["web: /orders/*", "web: Paid"])
        assert [(one.type, one.path) for one in orders.match] == [("page", "/orders/*")]
        assert [(one.type, one.name) for one in paid.match] == [("track", "Paid")]
        caught = hub.naming.preview({"id": "web: Order", "match": [{"type": "page", "path": "/orders/*"}]})
        assert (caught.events, caught.customers, caught.now) == (2, 2, {"web: /orders/*": 2})
        assert (caught.looked_at, caught.of) == (4, 4)
        assert {one.name for one in caught.examples} == {"/orders/*"}


def test_what_events_of_a_place_say_is_listed_with_how_many_say_it(place: Place) -> None:
    hub = place.open()
    said = [{"term": "shoes", "n": 1, "list": [1]}, {"term": "boots", "empty": ""}, {"term": "shoes"}]
    hear(hub, *(did("Search", NOW + at, user="ada", properties=one) for at, one in enumerate(said)))
    for settled in (False, True):
        if settled:
            hub.settle()
        term, number = hub.naming.properties("web: Search")
        assert (term.name, term.events, term.of, term.values, term.examples) == ("term", 3, 3, 2, ["shoes", "boots"])
        assert (number.name, number.events, number.examples) == ("n", 1, ["1"])
    assert hub.naming.properties("web: Nowhere") == []


def test_a_place_nobody_was_at_has_no_rules(place: Place) -> None:
    (proposed,) = place.open().naming.propose(["web: Nowhere"])
    assert (proposed.match, proposed.channel) == ((), "")


def test_a_preview_says_what_publishing_then_does(place: Place) -> None:
    hub = place.open()
    visited(hub)
    publish(hub, "touchpoint", id="web: Order one", match=[{"path": "/orders/1"}])
    draft = {"id": "web: Order", "stage": "buy", "match": [{"path": "/orders/*"}, {"name": "Paid"}]}
    caught = hub.naming.preview(draft)
    assert caught.events == 2  # the narrower touchpoint keeps its own
    publish(hub, "touchpoint", **draft)
    hub.tick()
    assert {one.touchpoint: one.events for one in hub.touchpoints()} == {
        "web: Order": 2,
        "web: Order one": 1,
        "web: /help": 1,
    }


@pytest.mark.parametrize(
    ("rule", "events"),
    [
        ({"name": "P*d"}, 1),
        ({"name": "*"}, 4),
        ({"name": "Pai"}, 0),
        ({"source": "shop", "name": "Paid"}, 0),
        ({"type": "page"}, 3),
        ({"path": "*/2"}, 1),
    ],
)
def test_a_preview_looks_at_every_part_of_a_rule(place: Place, rule: dict[str, object], events: int) -> None:
    hub = place.open()
    visited(hub)
    assert hub.naming.preview({"id": "new", "match": [rule]}).events == events


def test_a_draft_that_is_none_is_refused_with_what_is_wrong(place: Place) -> None:
    with pytest.raises(Invalid, match="did you mean 'match'"):
        place.open().naming.preview({"id": "x", "matches": []})
