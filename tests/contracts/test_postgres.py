"""What only a store shared by several hub nodes promises: nothing is lost, nothing doubled, the logs show no gap."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import psycopg
import pytest

from contracts.stores import NOW, document, dropped, event, evidence, known, profile, tid, trail, write
from contracts.waiting import PATIENCE, Beside, again, waits
from harken.stores import Changes, Retry, Settled
from harken.stores.postgres import Store
from harken.words import Event, Known, Membership

# ---------------------------------------------------------------- two nodes, one customer


def hear(store: Store, names: list[str], number: int) -> None:
    """A small hub: meet or recognize everybody named, count the event on each of them and on their trail."""
    customers = [known(name) for name in names]

    def work() -> None:
        with store.begin() as tx:
            assert tx.claim([event(number).id], 20_000) == set()
            there = tx.known([one.id for one in customers])
            trails = tx.trails([tid(name) for name in names])
            profiles = tx.profiles([one.id for one in customers])
            for one, name in zip(customers, names, strict=True):
                now = there.get(one.id) or Known(**{f: getattr(one, f) for f in one.__struct_fields__})
                now.degree += 1
                there[one.id] = now
                left = trails.get(tid(name)) or trail(name, pid=one.id, events=0)
                left.events += 1
                trails[left.tid] = left
                profiles.setdefault(one.id, profile(name)).judged += 1
            tx.write(
                Changes(
                    known=list(there.values()), trails=list(trails.values()), profiles=list(profiles.values()),
                    events=[event(number, names[0])], evidence=[evidence(names[0], names[-1], occurred=NOW + number)],
                )
            )  # fmt: skip

    again(work)


def test_two_nodes_that_make_and_change_the_same_customers_lose_nothing(nodes: tuple[Store, Store]) -> None:
    names = [f"customer {n}" for n in range(7)]
    turns = 60
    start = threading.Barrier(4)

    def node(which: int) -> None:
        start.wait(PATIENCE)
        for turn in range(turns):
            some = [names[(turn * 3 + which + k) % len(names)] for k in range(1 + turn % 4)]
            hear(nodes[which % 2], some, which * 1000 + turn)

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(node, which) for which in range(4)]:
            done.result(timeout=60)
    told = sum(1 + turn % 4 for turn in range(turns)) * 4
    with nodes[0].read() as view:
        ids = [known(name).id for name in names]
        assert sum(one.degree for one in view.known(ids).values()) == told
        assert sum(one.events for one in view.trails([tid(name) for name in names]).values()) == told
        assert sum(one.judged for one in view.profiles(ids).values()) == told
        assert [one.seq for one in view.tail(0, 10_000)] == list(range(1, 4 * turns + 1))
        assert min(one.occurred for one in view.evidence(ids)) == NOW
        assert view.counts()["known"] == view.counts()["trails"] == view.counts()["profiles"] == len(names)


@pytest.mark.parametrize("kept", [True, False])
def test_who_meets_the_same_newcomer_waits_for_the_first(
    url: str, nodes: tuple[Store, Store], beside: Beside[int], kept: bool
) -> None:
    ada = known("ada", degree=1)

    def other() -> int:
        with nodes[1].begin() as tx:
            there = tx.known([ada.id])
            return there[ada.id].degree if there else 0

    with suppress(ZeroDivisionError), nodes[0].begin() as tx:
        assert tx.known([ada.id]) == {}
        found = beside(lambda: again(other))
        assert waits(url)
        tx.write(Changes(known=[ada], profiles=[profile("ada")]))
        _ = 1 / int(kept)
    assert found.result(PATIENCE) == (1 if kept else 0)
    with nodes[0].read() as view:
        assert set(view.known([ada.id])) == ({ada.id} if kept else set())
        assert view.counts()["known"] == (1 if kept else 0)
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM harken.meetings").fetchone() == (0,)


def test_a_customer_who_moved_while_we_waited_is_read_where_he_is_now(
    url: str, nodes: tuple[Store, Store], beside: Beside[tuple[str, str, int]]
) -> None:
    ada, phone, bob = known("ada"), known("+31", "phone", pid=known("ada").id), known("bob")
    mine = trail("ada", pid=ada.id, owner=ada.id)
    write(nodes[0], known=[ada, phone, bob], trails=[mine], profiles=[profile("ada"), profile("bob", judged=1)])

    def other() -> tuple[str, str, int]:
        with nodes[1].begin() as tx:
            who = tx.known([phone.id])[phone.id].pid
            return who, tx.trails([mine.tid])[mine.tid].pid, tx.profiles([who])[who].judged

    with nodes[0].begin() as tx:
        everybody = tx.known([ada.id, bob.id, phone.id])
        found = beside(lambda: again(other))
        assert waits(url)
        for one in everybody.values():
            one.pid = bob.id
        mine.pid = bob.id
        tx.write(
            Changes(
                known=list(everybody.values()), trails=[mine], profiles=[profile("bob", judged=2)],
                dropped_profiles=[ada.id],
            )
        )  # fmt: skip
    assert found.result(PATIENCE) == (bob.id, bob.id, 2)


def test_the_same_event_at_two_nodes_is_heard_once(
    url: str, nodes: tuple[Store, Store], beside: Beside[set[str]]
) -> None:
    ids = [event(n).id for n in range(50)]

    def other() -> set[str]:
        with nodes[1].begin() as tx:
            return tx.claim([*ids[25:], event(99).id], 5)

    with nodes[0].begin() as tx:
        assert tx.claim(ids, 5) == set()
        found = beside(other)
        assert waits(url)
    assert found.result(PATIENCE) == set(ids[25:])


def test_two_nodes_in_each_others_way_go_round_again_and_both_get_through(
    nodes: tuple[Store, Store], beside: Beside[None]
) -> None:
    ada, bob = known("ada"), known("bob")
    write(nodes[0], known=[ada, bob], profiles=[profile("ada"), profile("bob")])
    both_have_one = threading.Barrier(2)
    tries: list[str] = []

    def node(store: Store, first: str, second: str) -> None:
        tries.append(first)
        with store.begin() as tx:
            tx.known([first])
            if len(tries) <= 2:
                both_have_one.wait(PATIENCE)
            there = tx.known([second])
            there[second].degree += 1
            tx.write(Changes(known=list(there.values())))

    started = time.monotonic()
    one = beside(lambda: again(lambda: node(nodes[0], ada.id, bob.id)))
    again(lambda: node(nodes[1], bob.id, ada.id))
    one.result(PATIENCE)
    assert len(tries) > 2
    assert time.monotonic() - started < 5
    with nodes[0].read() as view:
        assert [one.degree for one in view.known([ada.id, bob.id]).values()] == [1, 1]


def test_a_new_trail_that_another_node_made_meanwhile_is_not_overwritten(nodes: tuple[Store, Store]) -> None:
    with pytest.raises(Retry), nodes[0].begin() as tx:  # noqa: PT012 - at the end of the block
        assert tx.trails([tid("ada")]) == {}
        write(nodes[1], trails=[trail("ada", events=5)])
        tx.write(Changes(trails=[trail("ada", events=1)]))
    with nodes[0].read() as view:
        assert view.trails([tid("ada")])[tid("ada")].events == 5


def test_two_nodes_that_read_the_same_trail_or_profile_take_turns(
    url: str, nodes: tuple[Store, Store], beside: Beside[tuple[int, int]]
) -> None:
    write(nodes[0], trails=[trail("ada")], profiles=[profile("ada", judged=1)])
    mine, pid = tid("ada"), profile("ada").pid

    def other() -> tuple[int, int]:
        with nodes[1].begin() as tx:
            return tx.profiles([pid])[pid].judged, tx.trails_owned([trail("ada").device])[0].events

    with nodes[0].begin() as tx:
        left, one = tx.trails([mine])[mine], tx.profiles([pid])[pid]
        found = beside(lambda: again(other))
        assert waits(url)
        left.events, one.judged = 7, 8
        tx.write(Changes(trails=[left], profiles=[one]))
    assert found.result(PATIENCE) == (8, 7)


# ---------------------------------------------------------------- the logs


def test_the_tail_never_shows_a_number_before_all_smaller_ones(
    url: str, nodes: tuple[Store, Store], beside: Beside[list[Event]]
) -> None:
    write(nodes[0], trails=[trail("ada"), trail("bob")])
    with nodes[0].begin() as tx:
        [first] = tx.write(Changes(events=[event(1)]))
        later = beside(lambda: write(nodes[1], trails=[trail("eve")], events=[event(2, "eve")]))
        assert waits(url)
        with nodes[1].read() as view:
            assert view.tail(0, 10) == []
    assert [first.seq, later.result(PATIENCE)[0].seq] == [1, 2]


def test_who_follows_the_logs_while_many_write_misses_nothing(nodes: tuple[Store, Store]) -> None:
    write(nodes[0], trails=[trail(name) for name in "abcd"])
    left = threading.Semaphore(4)

    def writer(which: int) -> None:
        with left:
            for turn in range(40):
                some = [event(which * 10_000 + turn * 10 + k, "abcd"[which]) for k in range(turn % 3)]
                bad = b"%d %d" % (which, turn)
                entered = [Membership(pid="p", segment="s", entered=True, at=which)] * (turn % 2)
                again(
                    lambda some=some, entered=entered, bad=bad: write(
                        nodes[which % 2],
                        events=some,
                        memberships=entered,
                        dropped=[dropped(bad), dropped(b"again")],
                    )
                )  # type: ignore[misc]

    seen: dict[str, list[int]] = {"tail": [], "members": [], "letters": []}
    with ThreadPoolExecutor(4) as pool:
        working = [pool.submit(writer, which) for which in range(4)]
        over = False
        while not over:
            over = all(one.done() for one in working)
            with nodes[1].read() as view:
                seen["tail"] += [one.seq for one in view.tail(len(seen["tail"]), 10_000)]
                seen["members"] += [one.seq for one in view.memberships(len(seen["members"]), 10_000)]
                seen["letters"] += [one.id for one in view.dead_letters(len(seen["letters"]), 10_000)]
        for one in working:
            one.result()
    for name, number in (("tail", 4 * 39), ("members", 4 * 20), ("letters", 4 * 40 + 1)):
        assert seen[name] == list(range(1, number + 1)), name
    with nodes[0].read() as view:
        assert [one.count for one in view.dead_letters(0, 200) if one.raw == b"again"] == [4 * 40]


def test_documents_that_another_node_wrote_since_they_were_read_are_not_overwritten(nodes: tuple[Store, Store]) -> None:
    def publish(store: Store, by: str) -> None:
        with store.begin() as tx:
            version = 1 + max((one.version for one in tx.documents("segment", "s")), default=0)
            if by == "slow" and version == 1:
                publish(nodes[1], "quick")
            tx.write_documents([document("s", version, by=by)])
            tx.write_documents([document("t", version, by=by)])

    with pytest.raises(Retry):
        publish(nodes[0], "slow")
    publish(nodes[0], "slow")
    with nodes[1].read() as view:
        assert [(one.version, one.by) for one in view.documents("segment", "s")] == [(1, "quick"), (2, "slow")]


def test_log_and_manifest_belong_together_while_a_transaction_reads_them(
    url: str, nodes: tuple[Store, Store], beside: Beside[object]
) -> None:
    write(nodes[0], trails=[trail("ada")], events=[event(1), event(2)])
    with nodes[0].begin() as tx:
        assert tx.manifest() == b""
        settling = beside(lambda: write(nodes[1], settled=Settled(through=1, manifest=b"one")))
        assert waits(url)
        assert len(tx.events([tid("ada")])) == 2
        with nodes[1].begin() as other:  # sharing is no hindrance to others; only who asks for the tail wants it alone
            assert len(other.events([tid("ada")])) == 2
    settling.result(PATIENCE)
    with nodes[0].begin() as tx:
        assert [one.seq for one in tx.tail(0, 9)] == [2]
        assert tx.manifest() == b"one"
