"""Whole hubs over one PostgreSQL database: however the work is shared out, the same customers come of it."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator
from pathlib import Path

from contracts.waiting import PATIENCE
from harken import remember
from harken.hub import Hub
from harken.words import SECOND, RawBatch

START = 1_760_000_000


def told(chance: random.Random, number: int) -> dict[str, object]:
    """Something one of few customers does on one of few devices, which are shared."""
    heard: dict[str, object] = {
        "type": "track",
        "event": chance.choice(["Plan Viewed", "Plan Compared", "Plan Bought"]),
        "messageId": f"m-{number}",
        "timestamp": START + chance.randrange(5000),
    }
    signed_in = chance.random() > 0.4
    if signed_in:
        heard["userId"] = f"u{chance.randrange(25)}"
    if not signed_in or chance.random() < 0.4:
        heard["anonymousId"] = f"d{chance.randrange(40)}"
    if chance.random() < 0.2:
        heard["context"] = {"traits": {"email": f"e{chance.randrange(20)}@x.test"}}
    return heard


def batch(some: list[dict[str, object]]) -> RawBatch:
    body = json.dumps({"batch": some}).encode()
    return RawBatch(source="web", dialect="segment", body=body, received=(START + 6000) * SECOND, hint="batch")


def picture(hub: Hub) -> dict[str, object]:
    """Every customer with identifiers, trails and what is remembered, and where each event was filed."""
    with hub.core.read() as view:
        pids = [one.pid for one in view.list_profiles("", 10_000)]
        return {
            "customers": pids,
            "known": {
                pid: [(one.id, one.degree, one.quarantined, one.first, one.claims) for one in those]
                for pid, those in view.known_of(pids).items()
            },
            "trails": {
                pid: [(one.tid, one.events, one.first, one.last, one.owner, remember.decode(one.state)) for one in those]
                for pid, those in view.trails_of(pids).items()
            },
            "filed": {one.id: one.tid for one in view.tail(0, 10_000)},
        }  # fmt: skip


def test_three_hubs_at_once_make_the_same_customers_as_one_alone(url: str, tmp_path: Path) -> None:
    chance = random.Random(5)
    events = [told(chance, number) for number in range(450)]
    parts = [events[at : at + 15] for at in range(0, len(events), 15)]
    with Hub.open(tmp_path / "one", store="memory:") as alone:
        for part in parts:
            alone.hear([batch(part)])
        expected = picture(alone)
    chance.shuffle(parts)
    work: Iterator[list[dict[str, object]]] = iter(parts + parts[:5])  # some come twice
    taking = threading.Lock()
    failed: list[BaseException] = []

    def live(hub: Hub) -> None:
        try:
            while True:
                with taking:
                    part = next(work, None)
                if part is None:
                    return
                hub.hear([batch(part)])
        except BaseException as error:
            failed.append(error)

    hubs = [Hub.open(tmp_path / f"node {number}", store=url) for number in range(3)]
    threads = [threading.Thread(target=live, args=(hub,)) for hub in hubs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(3 * PATIENCE)
    assert not failed, failed[0]
    assert sum(hub.counted.events for hub in hubs) == len(events)
    for hub in hubs:
        assert picture(hub) == expected
        hub.close()
