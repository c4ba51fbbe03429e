"""A hub killed at any moment: what it acknowledged is there, once, and everything it remembers agrees with its log."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from harken.hub import Hub
from harken.hub.repair import logged
from harken.words import DAY
from stories.hub.telling import MINUTE, NOW, Place, Places, Sent, check_states, did, told

LISTENER = Path(__file__).with_name("listener.py")
START = 20_000 * DAY - 2 * DAY


@pytest.fixture(scope="module")
def nursery() -> Iterator[subprocess.Popen[str]]:
    """A process that forks listeners."""
    command = [sys.executable, str(LISTENER), "nursery"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        assert process.stdin
        process.stdin.close()


class Listener:
    """One run of the listening process, until it is done or killed."""

    def __init__(
        self, place: Place, events: list[Sent], nursery: subprocess.Popen[str], *, settles: bool = False
    ) -> None:
        url = place.url or f"sqlite:///{place.data.absolute() / 'harken.db'}"
        place.data.mkdir(exist_ok=True)
        self.out = place.data.with_name(f"{place.data.name}.said")
        self.out.write_text("")
        lines = place.data.with_name(f"{place.data.name}.lines")
        lines.write_text("\n".join(json.dumps(event) for event in events))
        assert nursery.stdin
        assert nursery.stdout
        asked = [str(place.data), url, "settles" if settles else "", str(lines), str(self.out)]
        nursery.stdin.write(json.dumps(asked) + "\n")
        nursery.stdin.flush()
        self.process = int(nursery.stdout.readline())

    def wait_for(self, what: str) -> None:
        """Wait until it has said that it is ready, or done."""
        until = time.monotonic() + 60
        while what not in self.out.read_text():
            assert time.monotonic() < until, f"the listener is not {what}: {self.out.read_text()[-200:]}"
            time.sleep(0.002)

    @property
    def done(self) -> bool:
        return "done" in self.out.read_text()

    def kill(self) -> None:
        """Kill it, as a power cut would, and wait until it is gone."""
        with contextlib.suppress(ProcessLookupError):
            while True:
                os.kill(self.process, signal.SIGKILL)
                time.sleep(0.001)

    def acknowledged(self) -> set[str]:
        """What was said in whole lines; the last one may be cut off."""
        lines = self.out.read_text().rpartition("\n")[0].splitlines()
        assert not [line for line in lines if line.startswith("error")], lines
        return {line[3:] for line in lines if line.startswith("ok ")}


def history(random: Random, size: int, name: str = "") -> list[Sent]:
    """People who come and go on few devices, sign in, sign out, tell who they are; late and out of order."""
    events: list[Sent] = []
    for number in range(size):
        at = START + random.randrange(2_000) * MINUTE
        who, device = random.randrange(12), f"{name}d{random.randrange(8)}"
        kind = random.random()
        if kind < 0.15:
            event = told(
                at, anon=device, user=f"{name}u{who}", email=f"{name}e{who % 6}@example.test", plan=f"p{who % 3}"
            )
        elif kind < 0.35:
            event = did("Bought", at, anon=device, user=f"{name}u{who}")
        else:
            event = did(random.choice(("Seen", "Read", "Asked")), at, anon=device)
        events.append({**event, "messageId": f"{name}m{number}"})
    return events


def check_heard(hub: Hub, sent: list[Sent], acknowledged: set[str]) -> None:
    """Every event once, counters and states as the log says, profiles no more and no less than their trails."""
    with hub.core.read() as view:
        tids = [tid for tid, _ in view.profile_ids_of_trails()]
        log = logged(hub.core, view, tids)
        trails = view.trails(tids)
        stored = {profile.pid for profile in view.list_profiles("", 10_000)}
    heard = Counter(event.message_id for event in log)
    assert not acknowledged - heard.keys(), "acknowledged and lost"
    assert set(heard.values()) == {1}, "heard twice"
    assert heard.keys() == {event["messageId"] for event in sent}
    assert len({event.seq for event in log}) == len(log)
    assert sum(trail.events for trail in trails.values()) == len(log)
    assert {trail.pid for trail in trails.values()} <= stored
    names = Counter(event.name for event in log if event.type == "track")
    shown: Counter[str] = Counter()
    customers = hub.profiles(limit=10_000).data
    for customer in customers:
        shown.update({name: tally.count for name, tally in customer.event_names.items() if name in names})
    assert shown == names
    assert sum(customer.events for customer in customers) == len(log)
    check_states(hub)


def kill_often(place: Place, nursery: subprocess.Popen[str], times: int, *, settles: bool, each: int) -> None:
    random = Random(times)
    sent: list[Sent] = []
    acknowledged: set[str] = set()
    cut_off = 0
    for round in range(times):
        sent += [{**event, "messageId": f"{round}-{event['messageId']}"} for event in history(random, each)]
        listener = Listener(
            place, [one for one in sent if one["messageId"] not in acknowledged], nursery, settles=settles
        )
        try:
            listener.wait_for("ready")
            time.sleep(random.random() ** 2 * 0.12)  # any moment, early ones more often
            cut_off += not listener.done
        finally:
            listener.kill()
        acknowledged |= listener.acknowledged()
    listener = Listener(place, [one for one in sent if one["messageId"] not in acknowledged], nursery, settles=settles)
    listener.wait_for("done")
    acknowledged |= listener.acknowledged()
    assert len(acknowledged) == len(sent)
    assert cut_off > times / 3, "too few were killed at work"
    hub = place.open()
    check_heard(hub, sent, acknowledged)
    assert same_as_one_batch(place, hub, sent)


def same_as_one_batch(place: Place, hub: Hub, sent: list[Sent]) -> bool:
    """A hub that heard it all at once, never killed, knows the same customers."""
    from stories.hub.telling import all_of, batch

    other = Place("memory:", place.data.with_name("other"), several=False, lasting=False)
    calm = other.open()
    calm.hear([batch(sent, received=20_000 * DAY)])
    other.clock.set(NOW)
    place.clock.set(NOW)
    people = [f"user_id:u{number}" for number in range(12)] + [f"anonymous_id:d{number}" for number in range(8)]
    assert all_of(hub, people) == all_of(calm, people)
    other.close()
    return True


def test_nothing_acknowledged_is_lost_when_the_hub_is_killed_a_hundred_times(
    place_of: Places, nursery: subprocess.Popen[str]
) -> None:
    """Killed with SIGKILL at random moments, started again, sent again what was not acknowledged: each event is there once."""
    kill_often(place_of("sqlite"), nursery, 100, settles=False, each=30)


def test_nothing_is_lost_when_the_hub_is_killed_while_it_settles(
    place_of: Places, nursery: subprocess.Popen[str]
) -> None:
    """The same with the tail moving into the lake all the while."""
    kill_often(place_of("sqlite"), nursery, 12, settles=True, each=60)


def test_two_nodes_killed_over_one_postgres(place_of: Places, nursery: subprocess.Popen[str]) -> None:
    """Two nodes over one PostgreSQL, one or the other killed ten times: nothing lost, nothing twice, no state wrong."""
    place = place_of("postgresql")
    nodes = [place, Place(place.url, place.data.with_name("second"), several=True, lasting=True)]
    random = Random(7)
    sent: list[Sent] = []
    acknowledged: set[str] = set()
    for round in range(10):
        sent += [{**event, "messageId": f"{round}-{event['messageId']}"} for event in history(random, 40)]
        missing = [one for one in sent if one["messageId"] not in acknowledged]
        listeners = [Listener(nodes[n], missing[n::2] + missing[: len(missing) // 3], nursery) for n in (0, 1)]
        try:
            for listener in listeners:
                listener.wait_for("ready")
            time.sleep(random.random() * 0.2)  # any moment
            listeners[round % 2].kill()
            listeners[1 - round % 2].wait_for("done")
        finally:
            for listener in listeners:
                listener.kill()
        for listener in listeners:
            acknowledged |= listener.acknowledged()
    last = Listener(place, [one for one in sent if one["messageId"] not in acknowledged], nursery)
    last.wait_for("done")
    hub = place.open()
    check_heard(hub, sent, acknowledged)
    assert same_as_one_batch(place, hub, sent)
