"""Texts with a NUL, a half emoji, control characters: kept, or told as odd, in the same way whatever the store."""

from __future__ import annotations

import json

from harken.errors import NotFound
from harken.hub import Hub
from stories.hub.telling import NOW, Place, batch, check_states, did, hear, messages, segment, told

ODD = "a\x00b\x01c\x7f\u2028é🙂"


def test_traits_and_properties_with_odd_characters_come_back_as_they_were(place: Place) -> None:
    """Names and values, nested ones too; over a restart, out of the log and out of the lake."""
    hub = place.open()
    traits = {"plain": ODD, f"na{ODD}me": "x", "name": "y", "deep": {"k\x00": ["\x00", ODD]}}
    hear(hub, told(NOW, user="ada", **traits), did("Seen", NOW + 1, user="ada", properties={"p\x00": ODD}))
    for settle in (False, True):
        hub = place.again(hub)
        if settle:
            hub.settle()
        customer = hub.profile("user_id:ada")
        assert {name: one.value for name, one in customer.traits.items()} == traits
        [seen, _] = hub.timeline("user_id:ada").data
        assert seen.properties == {"p\x00": ODD}
        assert json.loads(json.dumps(hub.export("user_id:ada"), default=str))
        check_states(hub)


def test_a_rule_tells_texts_apart_that_differ_in_a_nul(hub: Hub) -> None:
    segment(hub, "odd", {"trait": "plan", "is": "go\x00ld"})
    hear(hub, told(NOW, user="u1", plan="go\x00ld"), told(NOW, user="u2", plan="gold"))
    members = [str(one.identifiers[0]) for one in hub.profiles(segment="odd").data]
    assert members == ["user_id:u1"]


def test_names_show_that_something_odd_was_in_them(place: Place) -> None:
    """A name is shown to people and grouped by, so a NUL in it is a sign; around it it is a blank."""
    hub = place.open()
    hear(hub, *[did(name, NOW + n, user="ada") for n, name in enumerate(["Plan\x00 Viewed", "Plan Viewed\x00"])])
    assert messages(hub, "user_id:ada") == ["Plan Viewed", "Plan\ufffd Viewed"]
    hub.settle()
    assert messages(hub, "user_id:ada") == ["Plan Viewed", "Plan\ufffd Viewed"]
    assert {one.touchpoint for one in hub.touchpoints()} == {"web: Plan Viewed", "web: Plan\ufffd Viewed"}


def test_ids_that_differ_in_a_nul_are_never_one_customer(hub: Hub) -> None:
    """The odd one waits in the inbox with its reason; the others of its batch are heard."""
    sent = [
        did("Seen", NOW, user=user, messageId=f"m{n}") for n, user in enumerate(["ada", "a\x00da", "ada\x00", "bob"])
    ]
    [answer] = hub.hear([batch(sent)])
    assert (answer.accepted, [one.index for one in answer.dropped]) == (2, [1, 2])
    assert all("NUL" in letter.detail for letter in hub.dead_letters().data)
    assert hub.profile("user_id:ada").events == 1
    for asked in ("user_id:a\x00da", "a\x00", "user_id:"):
        try:
            hub.profile(asked)
        except NotFound:
            continue
        raise AssertionError(asked)
    assert hub.profiles(q="a\x00").data == []
    assert hub.replay().still == 2


def test_message_ids_that_differ_in_a_nul_are_two_events(hub: Hub) -> None:
    for _ in range(2):
        hub.hear([batch([did("Seen", NOW, user="ada", messageId=id) for id in ("m", "m\x00", "\x00m")])])
    assert hub.profile("user_id:ada").events == 3
