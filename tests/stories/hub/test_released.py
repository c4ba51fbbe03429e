"""Letting a quarantined identifier go by hand, looking at it first, and taking it back."""

from __future__ import annotations

from typing import Any

import pytest

from harken.errors import Invalid, NotFound
from harken.hub import Hub
from stories.hub.telling import HOUR, NOW, Place, all_of, check_states, did, hear, publish

PEOPLE = [f"u{n}" for n in range(6)]
REFS = [*(f"user_id:{user}" for user in PEOPLE), "anonymous_id:t"]
EVENTS = [did("Paid", NOW + n * HOUR - 20 * HOUR, anon="t", user=user) for n, user in enumerate(PEOPLE)]
EVENTS += [did("Idle", NOW + n * HOUR - 20 * HOUR + 1, anon="t") for n in range(6)]


def shared(hub: Hub, most: int) -> None:
    """Six people sign in on one terminal, where somebody did something in between."""
    publish(hub, "key", id="anonymous_id", priority=90, device=True, quarantine=most)
    hear(hub, *EVENTS)


def remembered(hub: Hub) -> dict[str, Any]:
    """What is known of everybody, without the reasons."""
    return {
        ref: told and {name: told[name] for name in ("customer", "events", "trails")}
        for ref, told in all_of(hub, REFS).items()
    }


@pytest.mark.parametrize("settled", [False, True])
def test_what_is_released_recognizes_as_if_it_had_never_been_held_back(place: Place, settled: bool) -> None:
    """A preview changes nothing; taking it back gives what was before, also from the lake and after a restart."""
    free = Place("memory:", place.data / "free", several=False, lasting=False).open()
    shared(free, 20)
    hub = place.open()
    shared(hub, 3)
    if settled:
        hub.settle()
    held = remembered(hub)
    assert held != remembered(free)
    assert hub.release("anonymous_id:t", by="ada", preview=True).preview
    assert remembered(hub) == held
    hub.release("anonymous_id:t", by="ada", reason="the family's tablet")
    assert remembered(hub) == remembered(free)
    assert hub.quarantined() == []
    check_states(hub)
    [said] = [one for one in hub.identity("anonymous_id:t").evidence if one.how == "release"]
    assert (said.by, said.reason, said.state) == ("ada", "the family's tablet", "released")
    hub = place.again(hub)
    hear(hub, did("Paid", NOW, anon="t", user="u9"))
    assert hub.quarantined() == []
    hub.erase("user_id:u9", by="ada")
    hub.unrelease("anonymous_id:t")
    assert [one.value for one in hub.quarantined()] == ["t"]
    assert remembered(hub) == held
    check_states(hub)
    free.close()


def test_what_is_not_held_back_cannot_be_released(hub: Hub) -> None:
    """It says so, and so does taking back what nobody did."""
    shared(hub, 20)
    with pytest.raises(Invalid, match="anonymous_id:t is not quarantined"):
        hub.release("anonymous_id:t", by="ada")
    with pytest.raises(Invalid, match="never released"):
        hub.unrelease("anonymous_id:t")
    with pytest.raises(NotFound, match="nobody is known by"):
        hub.release("email:nobody@x.test", by="ada")


def test_the_list_of_quarantined_goes_on_where_it_was(hub: Hub) -> None:
    publish(hub, "key", id="anonymous_id", priority=90, device=True, quarantine=1)
    for device in "abc":
        hear(hub, *(did("Paid", NOW + n, anon=device, user=f"{device}{n}") for n in range(2)))
    first = hub.quarantined(2)
    assert len(first) == 2
    assert [*first, *hub.quarantined(2, after=2)] == hub.quarantined()
