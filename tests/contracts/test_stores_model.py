"""Every store against the memory store: any sequence of transactions leaves the same behind and gives the same answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from contracts.stores import (
    NOW,
    Place,
    Places,
    document,
    dropped,
    event,
    evidence,
    known,
    profile,
    stored,
    tid,
    timer,
    trail,
)
from harken.errors import Conflict, Invalid
from harken.stores import Changes, Retry, Settled, Store, Tx, View, letter_key
from harken.stores.memory import Store as Memory
from harken.words import Membership, digest

NAMES = ("ada", "bob", "eve", "100%")
names = st.sampled_from(NAMES)
some = st.lists(names, unique=True, max_size=3)
numbers = st.integers(1, 30)
times = st.integers(NOW - 3, NOW + 3)
ids = st.lists(st.integers(0, 40), unique=True, max_size=12)


class Undone(Exception):
    """What a transaction that is to leave nothing behind ends with."""


def seen(view: View) -> dict[str, object]:
    """Everything that can be read."""
    tids = [tid(name) for name in NAMES]
    who = [known(name).id for name in NAMES]
    return {
        "counts": dict(view.counts()),
        "tail": view.tail(0, 1000),
        "page": view.tail(5, 3),
        "last": view.last_seq(),
        "events": [view.events([one]) for one in tids],
        "all": view.events(tids),
        "older": view.events(tids[:3], before_seq=9, limit=4),
        "trails": {key: stored(one) for key, one in view.trails(tids).items()},
        "of": {key: [one.tid for one in those] for key, those in view.trails_of(who).items()},
        "owned": [one.tid for one in view.trails_owned(who)],
        "map": dict(view.profile_ids_of_trails()),
        "lasts": sorted(view.trails_last()),
        "manifest": view.manifest(),
        "known": view.known(who),
        "found": [view.find_known(start) for start in ("", "a", "100%", "e")],
        "known of": view.known_of(who),
        "quarantined": view.quarantined(),
        "evidence": [view.evidence([one]) for one in who],
        "profiles": view.list_profiles("", 100),
        "members": [view.list_profiles(who[1], 2, name) for name in NAMES],
        "memberships": view.memberships(0, 1000),
        "due": view.due(NOW, 100),
        "held": [view.letters_held("shop"), view.letters_open(letter_key(one) for one in view.dead_letters(0, 9, ""))],
        "letters": [view.dead_letters(0, 1000, state) for state in ("", "open", "replayed")],
        "documents": [view.documents(), view.documents(state="published")],
        "notes": [view.notes(""), view.note("ada")],
    }


class Stores(RuleBasedStateMachine):
    """The same transactions on both; the store under test is written by two nodes in turn where it may be."""

    places: Places

    @initialize(second=st.booleans())
    def open(self, second: bool) -> None:
        self.model = Memory()
        self.place: Place = type(self).places()
        self.nodes: list[Store] = [self.place.open()]
        if second and self.place.several:
            self.nodes.append(self.place.open())
        self.turn = 0

    def teardown(self) -> None:
        if hasattr(self, "place"):
            self.place.close()

    def both(self, work: Callable[[Tx], Any], *, keep: bool = True) -> None:
        """One transaction on each; what it gives or refuses must be the same."""
        self.turn += 1
        node = self.nodes[self.turn // 2 % len(self.nodes)]
        assert self.outcome(node, work, keep) == self.outcome(self.model, work, keep)

    def outcome(self, store: Store, work: Callable[[Tx], Any], keep: bool) -> object:
        while True:
            try:
                with store.begin() as tx:
                    gave = work(tx)
                    if not keep:
                        raise Undone  # noqa: TRY301 - the end of the block is what fails
                    return gave
            except Retry:
                continue
            except (Undone, Invalid, Conflict) as error:
                return type(error)

    @rule(
        who=st.lists(names, min_size=1, max_size=6), size=st.integers(0, 90), keep=st.sampled_from([True, True, False])
    )
    def hear(self, who: list[str], size: int, keep: bool) -> None:
        """Some events, on trails that are made when they are missing and rewritten when they are there."""

        def work(tx: Tx) -> list[int]:
            there = tx.trails(map(tid, who))
            trails = {name: there.get(tid(name)) or trail(name, events=0) for name in who}
            for name in who:
                trails[name].events += 1
                trails[name].state = b"s" * size + b"%d" % trails[name].events
            made = [event(number, name) for number, name in enumerate(who)]
            return [one.seq for one in tx.write(Changes(trails=list(trails.values()), events=made))]

        self.both(work, keep=keep)

    @rule(who=st.lists(names, max_size=4))
    def only_events(self, who: list[str]) -> None:
        self.both(
            lambda tx: [one.seq for one in tx.write(Changes(events=[event(n, name) for n, name in enumerate(who)]))]
        )

    @rule(name=names, other=names, keep=st.booleans())
    def move_trail(self, name: str, other: str, keep: bool) -> None:
        owner = known(other).id
        moved = trail(name, account=owner, owner=owner, pid=owner, state=b"moved")
        self.both(lambda tx: len(tx.write(Changes(trails=[moved]))), keep=keep)

    @rule(refiled=st.dictionaries(numbers, names, min_size=1), made=some, gone=some)
    def refile(self, refiled: dict[int, str], made: list[str], gone: list[str]) -> None:
        """As the hub does for a late sign-in: new trails, events that move there, the empty ones dropped."""
        self.both(
            lambda tx: len(
                tx.write(
                    Changes(
                        trails=[trail(name) for name in made],
                        refiled={seq: tid(name) for seq, name in refiled.items()},
                        dropped_trails=[tid(name) for name in gone],
                    )
                )
            )
        )

    @rule(gone=some)
    def drop(self, gone: list[str]) -> None:
        self.both(lambda tx: len(tx.write(Changes(dropped_trails=[tid(name) for name in gone]))))

    @rule(gone=some, also=st.booleans(), keep=st.sampled_from([True, True, False]))
    def erase(self, gone: list[str], also: bool, keep: bool) -> None:
        def work(tx: Tx) -> tuple[int, int]:
            count = tx.erase_events([tid(name) for name in gone])
            if also:
                count += tx.erase_memberships([known(name).id for name in gone])
                tx.write(
                    Changes(dropped_trails=[tid(name) for name in gone], dropped_profiles=[known(n).id for n in gone])
                )
            return count, tx.erase_known([known(name).id for name in gone])

        self.both(work, keep=keep)

    @rule(relabeled=st.dictionaries(numbers, names))
    def relabel(self, relabeled: dict[int, str]) -> None:
        self.both(lambda tx: len(tx.write(Changes(relabeled=relabeled))))

    @rule(through=st.integers(0, 25), right=st.sampled_from([True, True, False]))
    def settle(self, through: int, right: bool) -> None:
        def work(tx: Tx) -> int:
            before = tx.manifest() if right else b"another"
            last = min(through, tx.last_seq())
            return len(tx.write(Changes(settled=Settled(through=last, manifest=b"m%d" % through, before=before))))

        self.both(work)

    @rule(which=ids, day=st.integers(-1, 3), keep=st.sampled_from([True, True, False]))
    def claim(self, which: list[int], day: int, keep: bool) -> None:
        claimed = [digest("shop", str(number)) for number in which]
        self.both(lambda tx: (tx.claim(claimed[:4], day), tx.claim(claimed, day)), keep=keep)

    @rule(before=st.integers(0, 4))
    def forget(self, before: int) -> None:
        self.both(lambda tx: tx.forget_seen(before, 1000))

    @rule(name=names, other=names, one=times, degree=st.integers(0, 3), keep=st.booleans())
    def identify(self, name: str, other: str, one: int, degree: int, keep: bool) -> None:
        who = known(
            name, pid=known(other).id, first=one, degree=degree, quarantined=degree > 1, claims=[(one, one + 1, other)]
        )
        seen_together = evidence(name, other, "event", occurred=one, learned=NOW * 2 - one, event_id=str(degree) * 16)
        both = [seen_together] if name != other else []
        gone = [(seen_together.a, seen_together.b, "event")] if degree == 3 else []
        self.both(lambda tx: len(tx.write(Changes(known=[who], evidence=both, dropped_evidence=gone))), keep=keep)

    @rule(name=names, segments=st.dictionaries(names, times, max_size=3), gone=some, due=times, keep=st.booleans())
    def judge(self, name: str, segments: dict[str, int], gone: list[str], due: int, keep: bool) -> None:
        changes = Changes(
            profiles=[profile(name, segments=segments)],
            dropped_profiles=[known(one).id for one in gone],
            timers=[timer(name, due)],
            dropped_timers=[(known(one).id, "segment") for one in gone],
            memberships=[
                Membership(pid=known(name).id, segment=one, entered=True, at=at) for one, at in segments.items()
            ],
        )
        self.both(lambda tx: len(tx.write(changes)), keep=keep)

    @rule(
        raws=st.lists(st.binary(max_size=1), max_size=3),
        line=st.integers(0, 1),
        trusted=st.booleans(),
        mark=st.lists(numbers, max_size=3),
        value=st.sampled_from(["", "a", "é"]),
    )
    def letters(self, raws: list[bytes], line: int, trusted: bool, mark: list[int], value: str) -> None:
        def work(tx: Tx) -> int:
            tx.write(Changes(dropped=[dropped(raw, line=line, where="t:1" * line, trusted=trusted) for raw in raws]))
            tx.mark_dead_letters(mark, "replayed" if trusted else "open")
            return tx.erase_dead_letters([value])

        self.both(work)

    @rule(name=names, version=st.integers(1, 2), published=st.booleans(), keep=st.booleans())
    def small_things(self, name: str, version: int, published: bool, keep: bool) -> None:
        def work(tx: Tx) -> None:
            tx.write_documents([document(name, version, state="published" if published else "draft")])
            tx.write_note(name, b"note" if published else b"")

        self.both(work, keep=keep)

    @rule()
    def reopen(self) -> None:
        if self.place.lasting:
            for node in self.nodes:
                node.close()
            self.nodes = [self.place.open() for _ in self.nodes]

    @invariant()
    def same(self) -> None:
        if not hasattr(self, "nodes"):
            return
        with self.model.read() as view:
            wanted = seen(view)
        for node in self.nodes:
            with node.read() as view:
                there = seen(view)
            assert {key: value for key, value in there.items() if value != wanted[key]} == {}, wanted


def run(places: Places, examples: int) -> None:
    machine = type("Machine", (Stores,), {"places": staticmethod(places)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def test_any_transactions_leave_what_they_leave_in_memory(places: Places, request: pytest.FixtureRequest) -> None:
    run(places, 3 if "memory" in request.node.name else 25)
