"""A process beside the hub listens, the hub hears what it is handed over."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from harken.errors import Conflict
from harken.hub import Told
from harken.listen import Listener
from stories.hub.telling import Place, batch, did, messages, publish


def test_batches_that_were_listened_to_elsewhere_count_like_others_unless_the_configuration_has_changed(
    place: Place,
) -> None:
    hub = place.open()
    first = batch(
        [did("Plan Viewed", user="ada"), did("Plan Bought", user="ada"), {"type": "track", "event": "Nobody"}]
    )
    odd = batch([did("Odd", user="ada", properties={"n": 10**30})])
    listen_to = Listener(hub.config).batch
    elsewhere = Told([listen_to(first), listen_to(odd)], hub.config.version)
    bodiless = replace(first, body=b"")
    answers = hub.hear([bodiless, odd], elsewhere)
    assert [(one.accepted, one.duplicates, len(one.dropped)) for one in answers] == [(2, 0, 1), (1, 0, 0)]
    assert [(one.accepted, one.duplicates) for one in hub.hear([first, odd])] == [(0, 2), (0, 1)]
    assert sorted(messages(hub, "user_id:ada")) == ["Odd", "Plan Bought", "Plan Viewed"]
    second = batch([did("Plan Left", user="ada")])
    late = Told([listen_to(second)], hub.config.version)
    publish(hub, "touchpoint", id="web: Left", match=[{"name": "Plan Left"}])
    with pytest.raises(Conflict, match="listen to them again"):
        hub.hear([replace(second, body=b"")], late)
    again = Told([Listener(hub.config).batch(second)], hub.config.version)
    assert hub.hear([replace(second, body=b"")], again)[0].accepted == 1
    assert "web: Left" in {one.touchpoint for one in hub.touchpoints()}
