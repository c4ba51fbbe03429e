"""Items whose client gave them no id count once each, whether they are heard in their batch, out of the inbox, or both."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harken.hub import Hub
from harken.words import DAY, RawBatch
from stories.hub.telling import NOW, SECOND, Place, check_states, iso, publish

KINDS = ("good", "other", "no identifier", "too large", "too deep", "not a time", "never")
Item = dict[str, Any]


def item(kind: str, *, timed: bool = True) -> Item:
    """Something one customer did, in words both dialects understand, without an id of its own."""
    told: Item = {"type": "track", "event": "Seen", "name": "Seen", "userId": "ada", "identifiers": {"user_id": "ada"}}
    if timed:
        told["timestamp"] = iso(NOW)
    if kind == "other":
        told |= {"event": "Read", "name": "Read"}
    elif kind == "no identifier":
        del told["userId"]
        told |= {"identifiers": {"badge": "B7"}, "context": {"externalIds": [{"type": "badge", "id": "B7"}]}}
    elif kind == "too large":
        told["properties"] = {"text": "x" * 3_000, "price": float("nan")}  # what is mended keeps its id too
    elif kind == "too deep":
        told["properties"] = {"a": {"b": {"c": {"d": {"e": {"f": {"g": 1}}}}}}}
    elif kind == "not a time":
        told |= {"timestamp": "03:00 o'clock"}
    elif kind == "never":
        told |= {"type": "", "event": "", "name": ""}
    return told


def narrow(hub: Hub) -> None:
    publish(hub, "source", id="web", limits={"event_bytes": 2_000, "depth": 6, "batch_events": 9})


def wide(hub: Hub) -> None:
    """All that configuration can put right."""
    publish(hub, "source", id="web")
    publish(hub, "key", id="badge", priority=15)


def sent(items: list[Item], shape: str, received: int = NOW + DAY) -> RawBatch:
    """As one request: Segment's batch with words for all of them, or lines of an import."""
    if shape == "batch":
        body, dialect, hint = json.dumps({"batch": items, "context": {"locale": "de"}}), "segment", "batch"
    elif shape == "lines":
        body, dialect, hint = "\n".join(json.dumps(one) for one in items), "harken", "import"
    else:
        body, dialect, hint = json.dumps(items), "segment", "track"
    return RawBatch(
        source="web", dialect=dialect, body=body.encode(), received=received, hint=hint, context={"ip": "9.9.9.9"}
    )


def heard(hub: Hub) -> int:
    return sum(one.events for one in hub.profiles().data)


def able(kinds: list[str]) -> int:
    """How many can be heard once the configuration is right."""
    return sum(kind not in ("never", "not a time") for kind in kinds)


@settings(max_examples=120, deadline=None)
@given(
    kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=14),
    shape=st.sampled_from(["batch", "lines", "track"]),
    steps=st.lists(st.sampled_from(["send", "replay", "all again"]), max_size=4),
)
def test_any_mix_counts_each_once_however_often_it_is_sent_and_replayed(
    kinds: list[str], shape: str, steps: list[str]
) -> None:
    """Equal items beside one another are several; the same body sent again is the same items."""
    if shape == "track":
        kinds = ["good" if kind == "never" else kind for kind in kinds]  # its path tells the type, its name is there
    body = [item(kind) for kind in kinds]
    with TemporaryDirectory() as folder, Hub.open(Path(folder), store="memory:", clock=lambda: NOW + 2 * DAY) as hub:
        narrow(hub)
        hub.hear([sent(body, shape)])
        hub.hear([sent(body, shape, NOW + DAY + SECOND)])
        first = [letter.id for letter in hub.dead_letters().data]
        wide(hub)
        for number, step in enumerate(steps):
            if step == "send":
                hub.hear([sent(body, shape, NOW + DAY + (2 + number) * SECOND)])
            elif step == "replay":
                hub.replay()
            else:
                hub.replay(first)
        hub.replay()
        hub.hear([sent(body, shape, NOW + 2 * DAY)])
        assert heard(hub) == able(kinds)


@pytest.mark.parametrize("shape", ["batch", "lines"])
def test_replayed_and_sent_again_they_count_once(place: Place, shape: str) -> None:
    """In every store, over a restart, and also where the tail is settled in between."""
    hub = place.open()
    kinds = [*KINDS, *KINDS[2:5]]
    body = [item(kind) for kind in kinds]
    narrow(hub)
    [answer] = hub.hear([sent(body, shape)])
    assert (answer.accepted, len(answer.dropped)) == (2, len(kinds) - 2)
    assert hub.hear([sent(body, shape)])[0].duplicates == 2
    assert {letter.count for letter in hub.dead_letters().data} == {2}
    wide(hub)
    hub = place.again(hub)
    done = hub.replay()
    assert (done.accepted, done.duplicates, done.still) == (able(kinds) - 2, 0, 2)
    hub.settle()
    [again] = hub.hear([sent(body, shape, NOW + DAY + SECOND)])
    assert (again.accepted, again.duplicates) == (0, able(kinds))
    assert heard(hub) == able(kinds)
    check_states(hub)


def test_without_a_time_each_request_is_another_event_also_in_the_inbox(hub: Hub) -> None:
    """Three requests with the same words and no time are three; the inbox keeps them apart and replays three."""
    narrow(hub)
    body = [item(kind, timed=False) for kind in ("good", "too large")]
    for second in range(3):
        hub.hear([sent(body, "batch", NOW + second * SECOND)])
    assert heard(hub) == 3
    assert [letter.count for letter in hub.dead_letters().data] == [1, 1, 1]
    wide(hub)
    assert hub.replay().accepted == 3
    assert heard(hub) == 6
    assert hub.replay([letter.id for letter in hub.dead_letters(state="replayed").data]).duplicates == 3


def test_what_has_an_id_is_one_letter_from_whatever_batch(hub: Hub) -> None:
    narrow(hub)
    known = {**item("too large"), "messageId": "m-1"}
    hub.hear([sent([known, item("good")], "batch")])
    hub.hear([sent([item("other"), known], "batch", NOW + DAY + SECOND)])
    assert [letter.count for letter in hub.dead_letters().data] == [2]
    wide(hub)
    assert hub.replay().accepted == 1
