"""Stories for a hub: short ways to say who did what when, to hear it, and to read back all a hub knows of somebody."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from harken.errors import NotFound
from harken.hub import Hub
from harken.testing import Clock
from harken.words import DAY, SECOND, Answer, Micros, RawBatch

NOW: Micros = 20_000 * DAY + 12 * 3600 * SECOND  # 2024-10-04, noon
MINUTE, HOUR = 60 * SECOND, 3600 * SECOND
Sent: TypeAlias = dict[str, Any]


class Place:
    """Where one hub's data lives, and its clock. `open` again for a second node (if `several`), `again` to restart."""

    def __init__(self, url: str, data: Path, *, several: bool, lasting: bool) -> None:
        self.url, self.data, self.several, self.lasting = url, data, several, lasting
        self.clock = Clock(NOW + DAY)
        self.hubs: list[Hub] = []

    def open(self, **options: Any) -> Hub:
        self.hubs.append(Hub.open(self.data, store=self.url, clock=self.clock, **options))
        return self.hubs[-1]

    def again(self, hub: Hub) -> Hub:
        """The hub stopped and started, where the store lasts."""
        if not self.lasting:
            return hub
        hub.close()
        return self.open()

    def close(self) -> None:
        for hub in self.hubs:
            hub.close()


Places: TypeAlias = Callable[..., Place]


def iso(at: Micros) -> str:
    seconds, micros = divmod(at, SECOND)
    from datetime import UTC, datetime, timedelta

    return (datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=micros)).isoformat().replace("+00:00", "Z")


def did(name: str, at: Micros = NOW, *, anon: str = "", user: str = "", email: str = "", **more: Any) -> Sent:
    """A track call: somebody, known by any of these, did this at that time."""
    sent: Sent = {"type": "track", "event": name, "timestamp": iso(at)}
    traits = dict(more.pop("traits", {}))
    if email:
        traits["email"] = email
    if anon:
        sent["anonymousId"] = anon
    if user:
        sent["userId"] = user
    if traits:
        sent["context"] = {"traits": traits}
    sent |= more
    who = f"{anon}/{user}/{email}"
    return {"messageId": f"{name}:{who}:{at}", **sent}


def told(at: Micros = NOW, *, anon: str = "", user: str = "", **traits: Any) -> Sent:
    """An identify call."""
    sent: Sent = {"type": "identify", "timestamp": iso(at), "traits": traits}
    if anon:
        sent["anonymousId"] = anon
    if user:
        sent["userId"] = user
    return {"messageId": f"identify:{anon}/{user}/{json.dumps(traits, sort_keys=True)}:{at}", **sent}


def alias(previous: str, user: str, at: Micros = NOW) -> Sent:
    return {
        "messageId": f"alias:{previous}>{user}:{at}",
        "type": "alias",
        "previousId": previous,
        "userId": user,
        "timestamp": iso(at),
    }


def batch(
    events: Iterable[Sent], *, source: str = "web", received: Micros = NOW + DAY, trusted: bool = False
) -> RawBatch:
    """One request of a client."""
    body = json.dumps({"batch": list(events)}).encode()
    return RawBatch(source=source, dialect="segment", body=body, received=received, trusted=trusted)


def hear(hub: Hub, *events: Sent, source: str = "web", received: Micros = NOW + DAY) -> Answer:
    """All of these in one batch."""
    [answer] = hub.hear([batch(events, source=source, received=received)])
    assert not answer.dropped, answer.dropped
    return answer


def hear_each(hub: Hub, *events: Sent, source: str = "web", received: Micros = NOW + DAY) -> None:
    """Each of these in a batch and a transaction of its own."""
    for event in events:
        hear(hub, event, source=source, received=received)


def messages(hub: Hub, ref: str) -> list[str]:
    """What somebody did, newest first, by name; read page by page."""
    found, before = [], ""
    while True:
        page = hub.timeline(ref, before=before, limit=7)
        found += [one.name or one.type for one in page.data]
        before = page.next
        if not before:
            return found


def known(hub: Hub, ref: str) -> set[str]:
    """Every identifier of somebody, as kind:value."""
    return {str(one) for one in hub.profile(ref).identifiers}


def together(hub: Hub, a: str, b: str) -> bool:
    """Whether two references are one customer."""
    return hub.profile(a).pid == hub.profile(b).pid


def whole(hub: Hub, ref: str) -> Any:
    """Everything a hub says about one customer, in an order that does not depend on how it was heard."""
    try:
        profile = hub.profile(ref)
    except NotFound:
        return None
    customer = msgspec.to_builtins(profile)
    customer["identifiers"] = sorted(customer["identifiers"])
    timeline = hub.timeline(ref, limit=10_000).data
    identity = hub.identity(ref)
    return {
        "customer": customer,
        "events": sorted((one.occurred, one.id, one.tid, one.touchpoint, one.channel) for one in timeline),
        "trails": sorted(
            (one.tid, one.device, one.account, one.first, one.last, one.events) for one in identity.trails
        ),
        "identifiers": sorted(
            (one.kind, one.value, one.pid, one.first, one.established, one.quarantined, one.degree, tuple(one.claims))
            for one in identity.identifiers
        ),
        "evidence": sorted((one.a, one.b, one.how, one.state, one.occurred) for one in identity.evidence),
    }


def all_of(hub: Hub, refs: Sequence[str]) -> dict[str, Any]:
    return {ref: whole(hub, ref) for ref in refs}


def segment(hub: Hub, id: str, rule: dict[str, Any]) -> None:
    """Publish a segment."""
    hub.documents.put("segment", {"id": id, "rule": rule}, by="ada")
    hub.documents.publish("segment", id, by="ada")


def publish(hub: Hub, kind: str, **body: Any) -> None:
    """Publish a document."""
    hub.documents.put(kind, body, by="ada")
    hub.documents.publish(kind, body["id"], by="ada")
    hub.jobs.run_wanted()


def members(hub: Hub, id: str) -> set[str]:
    """Who is in a segment, by user id or else any identifier."""
    found = set()
    for customer in hub.profiles(segment=id, limit=1_000).data:
        assert id in customer.segments
        names = {one.kind: one.value for one in customer.identifiers}
        found.add(names.get("user_id") or min(names.values()))
    return found


def check_states(hub: Hub) -> int:
    """Every trail says what its events in the log say; how many trails there are."""
    from harken import remember
    from harken.hub.repair import logged

    with hub.core.read() as view:
        tids = [tid for tid, _ in view.profile_ids_of_trails()]
        events = logged(hub.core, view, tids)
        trails = view.trails(tids)
        owners = view.known([trail.owner for trail in trails.values()])
    of: dict[str, list[Any]] = {tid: [] for tid in tids}
    for event in events:
        of[event.tid].append(event)
    for tid, trail in trails.items():
        mine = of[tid]
        assert mine, f"trail {tid} has no events"
        assert (trail.events, trail.first, trail.last) == (
            len(mine),
            min(one.occurred for one in mine),
            max(one.occurred for one in mine),
        )
        state, anew = remember.decode(trail.state), remember.refold(mine, hub.core.plans.remember)
        assert normal(state) == normal(anew)
        assert trail.pid == owners[trail.owner].pid
    return len(trails)


def normal(state: Any) -> Any:
    """A state as plain data: dicts compare in any order."""
    return msgspec.to_builtins(state)
