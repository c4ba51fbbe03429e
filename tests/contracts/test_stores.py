"""Every store x the verbs around events: writing, claiming, trails, settling."""

from __future__ import annotations

import pytest

from contracts.stores import (
    HOSTILE,
    NOW,
    document,
    dropped,
    event,
    kept,
    known,
    profile,
    stored,
    tid,
    timer,
    trail,
    undone,
    write,
)
from harken.errors import Conflict, Invalid
from harken.stores import Changes, Settled, Store
from harken.stores.lake.rows import events_of
from harken.stores.lake.settling import tail_page
from harken.words import Trail, digest


def test_write_numbers_events_in_the_order_given_and_gives_envelope_and_raw_back(store: Store) -> None:
    first = write(store, trails=[trail("ada"), trail("bob")], events=[event(1), event(2, "bob"), event(3)])
    second = write(store, events=[event(4, verified=True, raw=b"", channel="", touchpoint="", name="")])
    assert [one.seq for one in first + second] == [1, 2, 3, 4]
    with store.read() as view:
        assert view.tail(0, 10) == [kept(one) for one in first + second]
        assert view.tail(2, 1) == [kept(first[2])]
        assert view.last_seq() == 4


def test_the_tail_comes_as_columns_too(store: Store) -> None:
    both = {tid(name): trail(name).pid for name in ("ada", "bob")}
    some = [event(n, ("ada", "bob")[n % 2], verified=n % 3 == 0, occurred=NOW - n, raw=b"\xff\0" * n) for n in range(9)]
    odd = [
        event(20 + n, "ada", message_id=text, name=text, channel=text, touchpoint=text, raw=text.encode())
        for n, text in enumerate(HOSTILE)
    ]
    write(store, trails=[trail("ada"), trail("bob")], events=some + odd)
    with store.begin() as tx:
        tx.write(Changes(refiled={2: tid("ada")}, relabeled={3: "elsewhere"}))
    with store.read() as view:
        for after, limit in ((0, 100), (4, 7), (4, 5000), (90, 10)):
            page = tail_page(view, after, limit)
            assert events_of(page) == view.tail(after, limit)
            assert page["profile"].to_pylist() == [both[one.tid] for one in view.tail(after, limit)]
        assert tail_page(view, 3, 2, ("touchpoint", "seq")).to_pylist() == [
            {"touchpoint": one.touchpoint, "seq": one.seq} for one in view.tail(3, 2)
        ]
    with store.begin() as tx:
        tx.erase_events([tid("bob")])
        assert events_of(tail_page(tx, 0, 100)) == tx.tail(0, 100)


def test_events_of_trails_come_newest_first_and_page_by_seq(store: Store) -> None:
    write(store, trails=[trail(name) for name in "abc"], events=[event(n, "abc"[n % 3]) for n in range(30)])
    both = [tid("a"), tid("b"), tid("a"), tid("nobody")]
    with store.read() as view:
        everything = view.events(both)
        assert [one.seq for one in everything] == [n + 1 for n in reversed(range(30)) if n % 3 < 2]
        assert view.events(both, limit=7) == everything[:7]
        assert view.events(both, before_seq=everything[6].seq, limit=7) == everything[7:14]
        assert view.events(both, before_seq=everything[6].seq) == everything[7:]
        assert view.events([]) == view.events([tid("nobody")]) == []


def test_hostile_texts_and_bytes_come_back_as_they_were(store: Store) -> None:
    texts = HOSTILE
    write(
        store,
        trails=[trail(text, source=text, state=text.encode()) for text in texts],
        known=[known(text, "email") for text in texts],
        events=[
            event(n, text, message_id=text, name=text, channel=text, touchpoint=text, source=text, raw=text.encode())
            for n, text in enumerate(texts)
        ],
        dropped=[dropped(text.encode(), detail=text, where="file " + text) for text in texts],
        profiles=[profile(text, segments={text: NOW}) for text in texts],
        timers=[timer("ada", NOW, kind=text, data=text.encode()) for text in texts],
    )
    with store.begin() as tx:
        for text in texts:
            tx.write_note("note " + text, text.encode() + b".")
        tx.write_documents([document(text, by=text, reason=text, body=text.encode()) for text in texts])
    with store.read() as view:
        assert [(one.name, one.raw.decode()) for one in view.tail(0, 100)] == [(text, text) for text in texts]
        assert {one.source for one in view.trails(tid(text) for text in texts).values()} == set(texts)
        for text in texts:
            assert view.events([tid(text)])[0].touchpoint == text
            assert known(text, "email") in view.find_known(text, 100)
            assert view.list_profiles("", 9, text) == (
                [profile(text, segments={text: NOW})] if text else view.list_profiles("", 9)
            )
            assert view.notes("note " + text)["note " + text] == text.encode() + b"."
        assert [one.detail for one in view.dead_letters(0, 100)] == list(texts)
        assert [one.kind for one in view.due(NOW, 100)] == sorted(texts)
        assert [one.id for one in view.documents()] == sorted(texts)


def test_a_raw_event_of_megabytes_comes_back(store: Store) -> None:
    raw = bytes(range(256)) * 16_384
    write(store, trails=[trail("ada")], events=[event(1, raw=raw)], dropped=[dropped(raw)])
    with store.read() as view:
        assert view.tail(0, 1)[0].raw == raw
        assert view.dead_letters(0, 1)[0].raw == raw


def test_an_event_for_a_trail_that_is_not_there_is_refused_and_nothing_is_written(store: Store) -> None:
    with pytest.raises(Invalid):
        write(store, trails=[trail("ada")], events=[event(1), event(2, "nobody")])
    write(store, trails=[trail("ada")], events=[event(1)])
    with pytest.raises(Invalid):
        write(store, refiled={1: tid("nobody")})
    with store.read() as view:
        assert view.counts()["trails"] == view.counts()["events"] == 1
        assert view.tail(0, 9)[0].tid == tid("ada")


def test_refiled_events_belong_to_the_other_trail_and_keep_their_number(store: Store) -> None:
    write(store, trails=[trail("ada")], events=[event(n) for n in range(4)])
    write(store, trails=[trail("bob")], refiled={2: tid("bob"), 3: tid("bob"), 99: tid("bob")})
    with store.read() as view:
        assert [one.seq for one in view.events([tid("bob")])] == [3, 2]
        assert [one.seq for one in view.events([tid("ada")])] == [4, 1]
        assert [one.tid for one in view.tail(0, 9)] == [tid("ada"), tid("bob"), tid("bob"), tid("ada")]


def test_relabeled_events_have_the_new_touchpoint(store: Store) -> None:
    write(store, trails=[trail("ada")], events=[event(n) for n in range(3)])
    write(store, relabeled={1: "web: Home", 3: "", 99: "web: Nowhere"})
    with store.read() as view:
        assert [one.touchpoint for one in view.tail(0, 9)] == ["web: Home", "web: Plan page", ""]
        assert [one.occurred for one in view.tail(0, 9)] == [NOW, NOW + 1, NOW + 2]


def test_erase_events_leaves_claims_and_numbers_behind(store: Store) -> None:
    ids = [event(n).id for n in range(4)]
    with store.begin() as tx:
        tx.claim(ids, -1)
        tx.write(
            Changes(
                trails=[trail("ada"), trail("bob")],
                events=[event(n, "ab"[n % 2] + "ob") if n % 2 else event(n) for n in range(4)],
            )
        )
        assert tx.erase_events([tid("bob"), tid("bob"), tid("nobody")]) == 2
    with store.begin() as tx:
        assert tx.erase_events([tid("bob")]) == 0
        assert tx.claim(ids, -1) == set(ids)
    with store.read() as view:
        assert [one.seq for one in view.tail(0, 9)] == [1, 3]
        assert view.last_seq() == 4
        assert view.counts()["events"] == 2
    assert [one.seq for one in write(store, events=[event(5)])] == [5]


def test_claim_tells_which_events_were_heard_before(store: Store) -> None:
    a, b, c, d = (event(n).id for n in range(4))
    with store.begin() as tx:
        assert tx.claim([a, b], 100) == set()
        assert tx.claim([b, c], 100) == {b}
        assert tx.claim([], 100) == set()
    with store.begin() as tx:
        assert tx.claim([a, b, c, d], 100) == {a, b, c}
        assert tx.claim([a, b, c, d], 100) == {a, b, c, d}


def test_claims_are_rolled_back_with_their_transaction(store: Store) -> None:
    ids = [event(n).id for n in range(5)]
    with undone(store) as tx:
        tx.claim(ids, 100)
    with store.begin() as tx:
        assert tx.claim(ids, 100) == set()


def test_many_claims_at_once_find_every_single_duplicate(store: Store) -> None:
    ids = [digest("shop", str(n)) for n in range(70_000)]
    with store.begin() as tx:
        assert tx.claim(ids[::7], 100) == set()
    with store.begin() as tx:
        assert tx.claim(ids, 100) == set(ids[::7])
        assert tx.claim(ids, 100) == set(ids)
    with store.read() as view:
        assert view.counts()["seen"] == len(ids)


def test_forget_seen_takes_the_oldest_days_first_and_never_those_kept_for_ever(store: Store) -> None:
    days = {digest("day", str(day), str(n)): day for day in (-1, 3, 7, 8) for n in range(10)}
    with store.begin() as tx:
        for day in (8, -1, 7, 3):
            assert tx.claim([id for id, its in days.items() if its == day], day) == set()
        tx.claim([id for id, its in days.items() if its == -1], 3)  # heard again: keeps its day
    with store.begin() as tx:
        assert tx.forget_seen(3, 1000) == 0
        assert tx.forget_seen(8, 4) == 4
    with store.begin() as tx:
        assert tx.forget_seen(8, 1000) == 16
        assert tx.forget_seen(8, 1000) == 0
    with store.read() as view:
        assert view.counts()["seen"] == 20
    with store.begin() as tx:
        assert tx.claim(list(days), 9) == {id for id, day in days.items() if day in (-1, 8)}


def test_trails_are_replaced_whole_and_found_by_tid_profile_and_owner(store: Store) -> None:
    ada, bob = trail("ada"), trail("bob", account=digest("user_id", "bob"))
    write(store, trails=[ada, bob])
    changed = trail("ada", pid=bob.pid, owner=bob.owner, state=b"\0new", events=7, last=NOW + 9, first=-5)
    write(store, trails=[changed])
    with store.read() as view:
        there = view.trails([ada.tid, bob.tid, ada.tid, "nobody"])
        assert {key: stored(one) for key, one in there.items()} == {ada.tid: stored(changed), bob.tid: stored(bob)}
        assert [one.tid for one in view.trails_of([bob.pid, ada.pid])[bob.pid]] == sorted([ada.tid, bob.tid])
        assert ada.pid not in view.trails_of([bob.pid, ada.pid])
        assert [one.tid for one in view.trails_owned([ada.device])] == [ada.tid]
        assert [one.tid for one in view.trails_owned([bob.account, bob.device, ""])] == [bob.tid]
        assert view.trails_owned([""]) == view.trails_owned([]) == []
        assert dict(view.profile_ids_of_trails()) == {ada.tid: bob.pid, bob.tid: bob.pid}
        assert sorted(view.trails_last()) == sorted((bob.pid, one.last) for one in (changed, bob))


def test_a_trail_written_back_as_read_stays_one_trail(store: Store) -> None:
    write(store, trails=[trail("ada"), trail("bob")], events=[event(1), event(2, "bob")])
    for round in range(3):
        with store.begin() as tx:
            there = tx.trails([tid("ada")])[tid("ada")]
            there.state = b"round %d" % round
            tx.write(Changes(trails=[there], events=[event(3 + round)]))
    with store.read() as view:
        assert view.counts()["trails"] == 2
        assert view.trails([tid("ada")])[tid("ada")].state == b"round 2"
        assert len(view.events([tid("ada")])) == 4
        assert len(view.events([tid("bob")])) == 1


def test_a_trail_from_a_transaction_that_failed_can_be_written_again(store: Store) -> None:
    mine = trail("ada")
    with undone(store) as tx:
        tx.write(Changes(trails=[mine], events=[event(1)]))
        copy = Trail(**{name: getattr(mine, name) for name in mine.__struct_fields__})
    write(store, trails=[trail("bob")], events=[event(2, "bob")])
    write(store, trails=[copy], events=[event(1)])
    with store.read() as view:
        assert sorted(view.trails([tid("ada"), tid("bob")])) == sorted([tid("ada"), tid("bob")])
        assert [one.tid for one in view.tail(0, 9)] == [tid("bob"), tid("ada")]


def test_dropped_trails_are_gone_and_one_with_events_is_refused(store: Store) -> None:
    write(store, trails=[trail("ada"), trail("bob")], events=[event(1)])
    with pytest.raises(Invalid):
        write(store, dropped_trails=[tid("bob"), tid("ada")])
    write(store, refiled={1: tid("bob")}, dropped_trails=[tid("ada"), tid("nobody")])
    with store.read() as view:
        assert set(view.trails([tid("ada"), tid("bob")])) == {tid("bob")}
        assert view.trails_of([digest("anonymous_id", "ada")]) == {}
        assert view.counts()["trails"] == 1
    write(store, dropped_trails=[tid("bob")], trails=[trail("bob", state=b"anew")])
    with store.read() as view:
        assert view.trails([tid("bob")])[tid("bob")].state == b"anew"
        assert len(view.events([tid("bob")])) == 1


def test_settling_forgets_the_rows_and_swaps_the_manifest_in_one(store: Store) -> None:
    write(store, trails=[trail("ada")], events=[event(n) for n in range(6)])
    write(store, settled=Settled(through=4, manifest=b'{"one":1}'))
    with store.read() as view:
        assert view.manifest() == b'{"one":1}'
        assert [one.seq for one in view.tail(0, 10)] == [5, 6]
        assert view.counts()["events"] == 2
        assert view.counts()["trails"] == 1
    write(
        store,
        settled=Settled(through=6, manifest=b'{"two":2}', before=b'{"one":1}'),
        relabeled={3: "gone"},
        refiled={3: tid("ada")},
    )
    with store.read() as view:
        assert view.tail(0, 10) == view.events([tid("ada")]) == []
        assert view.last_seq() == 6
    assert write(store, events=[event(9)])[0].seq == 7


def test_settling_from_another_manifest_is_a_conflict_and_changes_nothing(store: Store) -> None:
    write(store, trails=[trail("ada")], events=[event(n) for n in range(3)])
    write(store, settled=Settled(through=1, manifest=b"one"))
    for before in (b"", b"two"):
        with pytest.raises(Conflict):
            write(store, trails=[trail("bob")], settled=Settled(through=3, manifest=b"three", before=before))
    with store.read() as view:
        assert view.manifest() == b"one"
        assert [one.seq for one in view.tail(0, 10)] == [2, 3]
        assert view.counts()["trails"] == 1
    write(store, settled=Settled(through=0, manifest=b"reclustered", before=b"one"))
    with store.read() as view:
        assert view.manifest() == b"reclustered"
        assert len(view.tail(0, 10)) == 2
