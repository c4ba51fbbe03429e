"""Events as clients word them -> the batches an edge receives, in order of arrival, with all that goes wrong on the way.

Some events are sent again (the same message id), some whole batches too, with a new `sentAt`. What comes from a
device with a wrong clock, or one that was offline, travels in a batch of its own, as it does in life: its `sentAt` is
by the device's clock, so that the hub can tell how far it is off.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from random import Random

from msgspec import Struct
from msgspec.structs import replace

from harken.testing.tideline.clients import iso
from harken.words import SECOND, Micros, RawBatch

WINDOW: Micros = 1_800 * SECOND  # a relay passes on what it has at least that often
EVENT_AGAIN = 0.005  # share of events that are sent twice
BATCH_AGAIN = 0.006
LATENCY: Micros = SECOND // 4
BROWSER_SOURCES = frozenset(("web", "app"))  # the others speak with a secret key

Entry = tuple[Micros, int, str, bytes, int]  # arrival, place in the queue, kind of event, event, person


class Batch(Struct, frozen=True, kw_only=True):
    """One request as it arrives. `people` are the simulated persons behind its events, in their order."""

    source: str
    hint: str  # what the path tells: `batch`, or for single events `page`, `track`, `identify`
    body: bytes
    received: Micros
    people: tuple[int, ...]
    trusted: bool  # sent by a server with a secret key


Packet = tuple[Micros, int, Batch, Micros]  # received, place in the queue, batch, sent by the sender's clock


def raw(batch: Batch) -> RawBatch:
    """The batch as the hub takes it."""
    return RawBatch(
        source=batch.source,
        dialect="segment",
        body=batch.body,
        received=batch.received,
        hint="" if batch.hint == "batch" else batch.hint,
        trusted=batch.trusted,
    )


def _stamp(sent: Micros) -> bytes:
    """How every body ends."""
    return b',"sentAt":"%b"}' % iso(sent).encode()


def _joined(events: Sequence[bytes]) -> bytes:
    return b'{"batch":[%b]' % b",".join(events)


class Outbox:
    """Holds what was sent until it arrives. A relay puts prompt events of a source into batches of up to `size`."""

    def __init__(self, rng: Random, *, size: int) -> None:
        self.size = size  # 0: no relay, every client posts for itself
        self._rng = rng
        self._count = 0
        self._windows: dict[int, dict[str, list[Entry]]] = {}
        self._packets: list[Packet] = []

    def put(self, source: str, kind: str, event: bytes, at: Micros, number: int) -> None:
        """An event sent at once by a client whose clock is right."""
        drawn = self._rng.random()
        arrival = at + LATENCY + int(drawn * SECOND)
        self._arrive(source, (arrival, self._count, kind, event, number))
        if drawn < EVENT_AGAIN:
            arrival += int(20 * SECOND * 1_000 ** self._rng.random())  # 20 seconds to 5 hours
            self._arrive(source, (arrival, self._count, kind, event, number))

    def _arrive(self, source: str, entry: Entry) -> None:
        self._count += 1
        if not self.size:
            self._post(source, entry)
            return
        number = entry[0] // WINDOW
        window = self._windows.get(number)
        if window is None:
            window = self._windows[number] = defaultdict(list)
        window[source].append(entry)

    def put_apart(
        self, source: str, events: Sequence[tuple[str, bytes]], number: int, sent: Micros, received: Micros
    ) -> None:
        """A batch of one device. `sent` is by its own clock."""
        if source == "web" and not self.size:
            for place, (kind, event) in enumerate(events):
                batch = _batch(source, kind, event[:-1], (number,), received + place)
                self._packet(batch, sent + place)
            return
        content = _joined([event for _, event in events])
        self._packet(_batch(source, "batch", content, (number,) * len(events), received), sent, twice=True)

    def _packet(self, batch: Batch, sent: Micros, *, twice: bool = False) -> None:
        """`batch` comes without the end of its body. With `twice`, some are sent again after seconds or minutes."""
        packet = replace(batch, body=batch.body + _stamp(sent))
        heappush(self._packets, (batch.received, self._count, packet, sent))
        self._count += 1
        if twice and self._rng.random() < BATCH_AGAIN:
            wait = int((5 + 600 * self._rng.random()) * SECOND)
            self._packet(replace(batch, received=batch.received + wait), sent + wait)

    def _post(self, source: str, entry: Entry) -> None:
        """One client's own call: the website posts event by event, everything else batches."""
        arrival, _, kind, event, number = entry
        if source == "web":
            batch = _batch(source, kind, event[:-1], (number,), arrival)
        else:
            batch = _batch(source, "batch", _joined([event]), (number,), arrival)
        self._packet(batch, arrival - LATENCY)

    def _relay(self, source: str, entries: list[Entry]) -> None:
        entries.sort()
        for begin in range(0, len(entries), self.size):
            part = entries[begin : begin + self.size]
            content = _joined([entry[3] for entry in part])
            received = part[-1][0]
            batch = _batch(source, "batch", content, tuple([entry[4] for entry in part]), received)
            self._packet(batch, received - LATENCY, twice=True)

    def take(self, until: Micros) -> list[Batch]:
        """Everything that arrives before `until`, in order. Call it with growing times, never past a border of windows."""
        for number in sorted(number for number in self._windows if number * WINDOW < until):
            window = self._windows.pop(number)
            if (number + 1) * WINDOW > until:  # the last: the relay passes on what it has
                rest: defaultdict[str, list[Entry]] = defaultdict(list)
                self._windows[number] = rest
                for source, entries in window.items():
                    rest[source] = [entry for entry in entries if entry[0] >= until]
                    window[source] = [entry for entry in entries if entry[0] < until]
            for source, entries in window.items():
                self._relay(source, entries)
        found = []
        while self._packets and self._packets[0][0] < until:
            found.append(heappop(self._packets)[2])
        return found

    def unbundle(self, start: Micros) -> None:
        """From now on every client posts for itself, also what is under way; nothing arrives before `start`."""
        self.size = 0
        for _, window in sorted(self._windows.items()):
            for source, entries in window.items():
                for entry in entries:
                    self._post(source, entry)
        self._windows.clear()
        self._packets = [_not_before(start, packet) for packet in self._packets]
        heapify(self._packets)


def _batch(source: str, hint: str, content: bytes, people: tuple[int, ...], received: Micros) -> Batch:
    return Batch(
        source=source,
        hint=hint,
        body=content,
        received=received,
        people=people,
        trusted=source not in BROWSER_SOURCES,
    )


def _not_before(start: Micros, packet: Packet) -> Packet:
    """The same packet, sent so much later that it does not arrive before `start`."""
    received, place, batch, sent = packet
    wait = max(0, start - received)
    if not wait:
        return packet
    body = batch.body[: -len(_stamp(sent))] + _stamp(sent + wait)
    return start, place, replace(batch, body=body, received=start), sent + wait
