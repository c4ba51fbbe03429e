"""One customer's right: everything of them to take along; or nothing of them left anywhere, and everybody else untouched."""

from __future__ import annotations

import gzip
import sqlite3
import threading
from pathlib import Path

import msgspec
import polars as pl
import pytest

from harken.errors import NotFound
from harken.hub import Hub
from harken.words import DAY, RawBatch
from stories.hub.telling import (
    HOUR,
    NOW,
    Place,
    Places,
    Sent,
    all_of,
    batch,
    check_states,
    did,
    hear,
    known,
    publish,
    segment,
    told,
)

SECRETS = (
    "zoe.secretly@example.test",
    "Zoe.Secretly@Example.Test",
    "zoe-user-77",
    "zoe-device-77",
    "Zoë Secretly",
    "Secret Street 9",
)
ZOE: tuple[Sent, ...] = (
    did("Seen", NOW, anon="zoe-device-77", properties={"note": "Secret Street 9"}),
    told(NOW + 1, anon="zoe-device-77", user="zoe-user-77", email="zoe.secretly@example.test", name="Zoë Secretly"),
    did("Bought", NOW + 2, user="zoe-user-77", properties={"revenue": 5, "to": "Secret Street 9"}),
)
ADA: tuple[Sent, ...] = (
    told(NOW, anon="a1", user="ada", email="ada@example.test"),
    did("Seen", NOW + 1, anon="a1"),
    did("Bought", NOW + 2, user="ada"),
)


def prepared(place: Place, *, settled: bool) -> Hub:
    """A hub that holds the customer in every place it has: tail, lake, inbox, segments, merges by hand, working memory."""
    hub = place.open()
    segment(hub, "buyers", {"event": "Bought", "within": "30d"})
    hear(hub, *ZOE[:2], *ADA)
    if settled:
        hub.settle()
    hear(hub, did("Other", NOW + 5, anon="z2"))
    hub.merge("anonymous_id:z2", "user_id:zoe-user-77", by="op")
    hear(hub, ZOE[2])
    hear(hub, did("Seen", NOW + 3, anon="zoe-device-77"), ADA[2])
    hub.hear([batch([{"messageId": "x", "userId": "zoe-user-77"}, {"messageId": "y", "mail": SECRETS[1]}])])
    hub.hear([RawBatch(source="web", dialect="segment", body=b'{"a', received=NOW)])
    return hub


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Every file under a folder, and what is packed in Parquet files, as text."""
    found = {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for name in list(found):
        if name.endswith(".parquet"):
            found[f"{name} rows"] = repr(pl.read_parquet(name).to_dicts()).encode()
        if name.endswith(".gz"):
            found[f"{name} rows"] = gzip.decompress(found[name])
    return found


def places_of(folder: Path, secrets: tuple[str, ...]) -> list[str]:
    return [
        f"{name}: {secret}"
        for name, content in bytes_of(folder).items()
        for secret in secrets
        if secret.encode() in content or repr(secret.encode())[2:-1].encode() in content
    ]


@pytest.mark.parametrize("settled", [False, True], ids=["in the store", "in the lake"])
def test_nothing_of_an_erased_customer_is_left_on_the_disk(place_of: Places, settled: bool) -> None:
    """Not in the database, its write-ahead log, the lake's files, the inbox; neither while the hub runs nor after it ends."""
    place = place_of("sqlite")
    hub = prepared(place, settled=settled)
    assert places_of(place.data, SECRETS), "they were there"
    receipt = hub.erase("email:zoe.secretly@example.test", by="op", reason="asked in a letter")
    assert not places_of(place.data, SECRETS)
    hear(hub, did("Seen", NOW + 9, anon="a1"))
    hub.settle()
    assert not places_of(place.data, SECRETS)
    hub_letters = hub.dead_letters().data
    hub.close()
    assert not places_of(place.data, SECRETS)
    assert receipt.places["dead letters"] == 2
    assert len(hub_letters) == 1
    assert "zoe" not in msgspec.json.encode(receipt).decode().lower()
    with sqlite3.connect(place.data / "harken.db") as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        for table in tables:
            rows = repr(db.execute(f'SELECT * FROM "{table}"').fetchall())
            assert not [secret for secret in SECRETS if secret in rows], table
    db.close()


@pytest.mark.parametrize("settled", [False, True], ids=["in the store", "in the lake"])
def test_an_erased_customer_is_nobody_and_nobody_else_is_touched(place: Place, settled: bool) -> None:
    """No read finds them by any id they had; the receipt counts each place; a resend does not bring them back."""
    hub = prepared(place, settled=settled)
    before = all_of(hub, ["user_id:ada"])
    zoe = hub.profile("user_id:zoe-user-77")
    receipt = hub.erase("user_id:zoe-user-77", by="op", reason="asked")
    assert receipt.places["recent events"] + receipt.places["lake"] == zoe.events == 5
    assert receipt.places["lake"] == (2 if settled else 0)
    assert receipt.places["identifiers"] == len(zoe.identifiers) == 4
    assert receipt.places["trails"] >= 3
    assert (receipt.by, receipt.reason) == ("op", "asked")
    for ref in ("user_id:zoe-user-77", "email:zoe.secretly@example.test", "anonymous_id:zoe-device-77", zoe.pid):
        for read in (hub.profile, hub.timeline, hub.identity, hub.export):
            with pytest.raises(NotFound):
                read(ref)
    assert all_of(hub, ["user_id:ada"]) == before
    assert [one.pid for one in hub.profiles().data] == [hub.profile("user_id:ada").pid]
    assert hub.journeys.events().collect().height == 3
    with hub.core.read() as view:
        copy = place.data / "lake" / "manifest.json"
        assert (copy.read_bytes() if copy.exists() else b"") == view.manifest()
    answer = hear(hub, *ZOE)
    assert (answer.accepted, answer.duplicates) == (0, len(ZOE))
    hub = place.again(hub)
    assert hear(hub, *ZOE).accepted == 0
    with pytest.raises(NotFound):
        hub.profile("user_id:zoe-user-77")
    hub.tick(NOW + 40 * DAY)
    check_states(hub)
    with pytest.raises(NotFound):
        hub.erase("user_id:zoe-user-77", by="op")


def test_an_erased_customer_who_comes_back_begins_anew(place: Place) -> None:
    """What is heard of them from now on is a new customer without a past."""
    hub = prepared(place, settled=True)
    hub.erase("user_id:zoe-user-77", by="op")
    hear(
        hub,
        did("Back", NOW + HOUR, anon="zoe-device-77", user="zoe-user-77"),
        did("Seen", NOW + HOUR, anon="zoe-device-77"),
    )
    assert hub.profile("user_id:zoe-user-77").events == 2
    assert known(hub, "user_id:zoe-user-77") == {"user_id:zoe-user-77", "anonymous_id:zoe-device-77"}
    assert not hub.profile("user_id:zoe-user-77").traits
    check_states(hub)


def test_erasing_one_of_two_on_a_device_leaves_the_other(place: Place) -> None:
    """B on A's browser keeps every event when A is erased, and is still recognized there."""
    hub = place.open()
    hear(
        hub,
        did("A in", NOW, anon="d", user="zoe-user-77"),
        did("A looked", NOW + 1, anon="d"),
        did("B in", NOW + 2, anon="d", user="bob"),
        did("B looked", NOW + 3, anon="d"),
    )
    hub.erase("user_id:zoe-user-77", by="op")
    assert hub.profile("user_id:bob").events == 2
    hear(hub, did("B in", NOW + 4, anon="d", user="bob"), did("B looked", NOW + 5, anon="d"))
    assert hub.profile("user_id:bob").events == 4
    check_states(hub)


def test_no_sign_in_of_an_erased_customer_is_left_on_a_device_of_another(place: Place) -> None:
    """Who signed in on Ada's tablet and is erased leaves nothing on it, and what happens there later is Ada's again."""
    hub = place.open()
    hear(
        hub,
        did("A in", NOW, anon="d", user="ada"),
        did("B in", NOW + 2, anon="d", user="zoe-user-77"),
        did("B looked", NOW + 3, anon="d"),
        did("A in", NOW + 4, anon="d", user="ada"),
        did("B in", NOW + 6, anon="d", user="zoe-user-77"),
    )
    zoe = hub.profile("user_id:zoe-user-77").pid
    assert hub.erase("user_id:zoe-user-77", by="op").places["sign-ins"] == 2
    with hub.core.read() as view:
        device = view.known([hub.core.identifier_id("anonymous_id:d")]).popitem()[1]
    assert device.claims == [(NOW, 0, hub.profile("user_id:ada").pid)]
    assert zoe not in repr(device)
    hear(hub, did("Looked", NOW + 7, anon="d"))
    assert hub.profile("user_id:ada").events == 3
    assert len(hub.profiles().data) == 1
    check_states(hub)


def test_the_log_of_segments_forgets_every_id_an_erased_customer_had(place: Place) -> None:
    """Also the ids of profiles that were merged into theirs; the receipt counts them."""
    hub = place.open()
    segment(hub, "buyers", {"event": "Bought", "within": "30d"})
    hear(hub, did("Bought", NOW, anon="zoe-device-77"))
    hear(hub, did("Bought", NOW, anon="a1", user="ada"))
    before = hub.profile("anonymous_id:zoe-device-77").pid
    hear(hub, told(NOW + 1, anon="zoe-device-77", user="zoe-user-77"))
    hub.tick(NOW + 40 * DAY)
    with hub.core.read() as view:
        logged = [one.pid for one in view.memberships(0, 100)]
    assert before in logged
    receipt = hub.erase("user_id:zoe-user-77", by="op")
    with hub.core.read() as view:
        left = view.memberships(0, 100)
    assert {one.pid for one in left} == {hub.profile("user_id:ada").pid}
    assert receipt.places["segment log"] == len(logged) - len(left) > 0


def test_who_was_held_back_by_the_erased_only_is_let_go(hub: Hub) -> None:
    """A terminal too many signed in on is one no more when enough of them are erased."""
    publish(hub, "key", id="anonymous_id", priority=90, device=True, quarantine=2)
    for number in range(3):
        hear(hub, did("In", NOW + number, anon="t", user=f"u{number}"))
    assert [one.value for one in hub.quarantined()] == ["t"]
    hub.erase("user_id:u2", by="op")
    assert hub.quarantined() == []
    assert hub.profile("anonymous_id:t").pid == hub.profile("user_id:u0").pid
    check_states(hub)


def test_a_resend_within_the_window_of_duplicates_brings_nobody_back(place: Place) -> None:
    """For as long as duplicates are caught at all, counted from when the event was heard; of rows of files for ever."""
    hub = place.open()
    file = RawBatch(
        source="till",
        dialect="harken",
        body=b'{"name": "Bought", "occurred": "2024-10-01T10:00:00Z", "identifiers": {"user_id": "zoe-user-77"}}',
        received=NOW,
        where="t.csv",
        lines=(1, 1),
    )
    hear(hub, *ZOE)
    hub.hear([file])
    hub.erase("user_id:zoe-user-77", by="op")
    for days in (1, 7):
        at = place.clock.set(NOW + DAY + days * DAY)
        hub.tick(at)
        assert hear(hub, *ZOE, received=at).accepted == 0
    hub.tick(place.clock.set(NOW + 400 * DAY))
    [answer] = hub.hear([file])
    assert (answer.accepted, answer.duplicates) == (0, 1)
    with pytest.raises(NotFound):
        hub.profile("user_id:zoe-user-77")


def test_an_export_holds_everything_as_json(place: Place) -> None:
    """Profile, identity with its evidence, and every event as it was sent, from store and lake, before they are erased."""
    hub = prepared(place, settled=True)
    export = msgspec.json.decode(msgspec.json.encode(hub.export("user_id:zoe-user-77")))
    assert len(export["events"]) == 5
    assert {one["raw"]["messageId"] for one in export["events"]} >= {one["messageId"] for one in ZOE}
    assert export["profile"]["traits"]["name"]["value"] == "Zoë Secretly"
    assert {one["value"] for one in export["identity"]["identifiers"]} >= {"zoe-user-77", "zoe.secretly@example.test"}
    assert export["identity"]["evidence"]


def test_erasing_while_others_are_heard(shared: Place) -> None:
    """Nothing of the erased comes back through what the hub remembers, nothing of the others is lost."""
    hub = shared.open()
    hear(hub, *ZOE)
    stop = threading.Event()
    heard = [0]

    def listen() -> None:
        while not stop.is_set():
            n = heard[0]
            hear(hub, did("Seen", NOW + n, anon=f"b{n % 5}"), did("Seen", NOW + n, anon="zoe-device-77"))
            heard[0] += 1

    thread = threading.Thread(target=listen)
    thread.start()
    while heard[0] < 20:
        pass
    hub.erase("user_id:zoe-user-77", by="op")
    while heard[0] < 40:
        pass
    stop.set()
    thread.join()
    with pytest.raises(NotFound):
        hub.profile("user_id:zoe-user-77")
    assert sum(hub.profile(f"anonymous_id:b{n}").events for n in range(5)) == heard[0]
    assert "name" not in hub.profile("anonymous_id:zoe-device-77").traits
    assert hub.profile("anonymous_id:zoe-device-77").events <= heard[0] - 20
    check_states(hub)
