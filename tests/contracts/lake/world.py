"""A store and a lake that anything may happen to, and what they should hold then."""

from __future__ import annotations

import random
from pathlib import Path

from msgspec.structs import replace

from contracts.lake.holding import PEOPLE, manifest, owner, put, seen, swap, whole
from contracts.stores import NOW, event, tid, trail
from harken.stores import Changes, Settled
from harken.stores.lake import Lake
from harken.stores.lake.settling import settle_tail
from harken.stores.memory import Store as Memory
from harken.words import DAY, Event


class World:
    """A store and a lake, and beside them a plain dictionary that says what they should hold."""

    def __init__(self, place: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        self.now = NOW
        self.lake = Lake(place, clock=lambda: self.now)
        self.store = Memory("memory:")
        self.trails = {tid(name): trail(name) for name in PEOPLE}
        self.rows: dict[int, list[str]] = {}  # seq -> [tid, touchpoint]
        put(self.store, trails=[*self.trails.values()])
        self.number = 0

    def hear(self) -> None:
        told = []
        for _ in range(self.chance.randrange(1, 30)):
            self.number += 1
            mine = self.chance.choice([*self.trails.values()])
            when = self.chance.randrange(5 * DAY)
            told.append(replace(event(self.number), tid=mine.tid, occurred=when, raw=b"{}"))
        for one in put(self.store, events=told):
            self.rows[one.seq] = [one.tid, one.touchpoint]

    def settle(self) -> None:
        settle_tail(self.store, self.lake, whole, limit=self.chance.randrange(1, 40))

    def move(self) -> None:
        """A merge or an un-merge: a trail belongs to another profile."""
        one = self.chance.choice([*self.trails.values()])
        one.pid = owner(self.chance.choice(PEOPLE))
        put(self.store, trails=[one])

    def refile(self) -> None:
        """Some events of a trail belong to another one after all."""
        before, after = self.chance.choice([*self.trails]), self.chance.choice([*self.trails])
        moved = [seq for seq, row in self.rows.items() if row[0] == before and self.chance.random() < 0.5]
        for seq in moved:
            self.rows[seq][0] = after
        with self.store.begin() as tx:
            old = tx.manifest()
            new = self.lake.refile(old, dict.fromkeys(moved, (before, after)))
            through = self.lake.settled_through(old)
            settled = Settled(through=through, manifest=new, before=old) if new != old else None
            tx.write(Changes(refiled=dict.fromkeys(moved, after), settled=settled))

    def erase(self) -> None:
        if len(self.trails) < 4:
            return
        gone = self.chance.sample([*self.trails], 2)
        wanted = sum(row[0] in gone for row in self.rows.values())
        with self.store.begin() as tx:
            old = tx.manifest()
            new, from_lake = self.lake.erase(old, gone)
            assert from_lake + tx.erase_events(gone) == wanted
            through = self.lake.settled_through(old)
            settled = Settled(through=through, manifest=new, before=old) if new != old else None
            tx.write(Changes(dropped_trails=gone, settled=settled))
        self.rows = {seq: row for seq, row in self.rows.items() if row[0] not in gone}
        for one in gone:
            del self.trails[one]

    def come_back(self) -> None:
        """A trail that is gone is there again, for another profile."""
        gone = [name for name in PEOPLE if tid(name) not in self.trails]
        if gone:
            name = self.chance.choice(gone)
            self.trails[tid(name)] = one = trail(name, pid=owner(self.chance.choice(PEOPLE)))
            put(self.store, trails=[one])

    def compact(self) -> None:
        with self.store.read() as view:
            old, owners = view.manifest(), dict(view.profile_ids_of_trails())
        share = self.chance.choice([0.0, 0.02, 0.5])
        bucket = self.chance.choice([None, None, 3])
        swap(self.store, self.lake, self.lake.compact(old, owners, share=share, bucket=bucket))

    def relabel(self) -> None:
        part = self.chance.randrange(3)

        def label(one: Event) -> str:
            return f"place {self.now}" if one.seq % 3 == part else one.touchpoint

        with self.store.read() as view:
            old, tail = view.manifest(), view.tail(0, 10_000)
        new = self.lake.relabel(old, label)
        for seq, row in self.rows.items():
            row[1] = label(event(0, seq=seq, touchpoint=row[1]))
        put(self.store, relabeled={one.seq: label(one) for one in tail})
        swap(self.store, self.lake, new)

    def sweep(self) -> None:
        self.lake.sweep(manifest(self.store), self.chance.choice([0, 3600]))

    def check(self) -> None:
        wanted = sorted((self.trails[one].pid, seq, place) for seq, (one, place) in self.rows.items())
        assert seen(self.store, self.lake) == wanted
        with self.store.read() as view:
            for mine in self.chance.sample([*self.trails], 3):
                both = [*view.events([mine]), *self.lake.events_of(view.manifest(), [mine])]
                assert [one.seq for one in both] == sorted((s for s, row in self.rows.items() if row[0] == mine))[::-1]
                assert {(one.tid, one.touchpoint) for one in both} <= {(mine, row[1]) for row in self.rows.values()}
            self.lake.check(view.manifest())
