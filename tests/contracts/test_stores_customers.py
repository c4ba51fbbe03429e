"""Every store x the verbs around customers: identity, profiles, timers, memberships."""

from __future__ import annotations

from itertools import pairwise

from contracts.stores import NOW, event, evidence, known, profile, tid, timer, trail, write
from harken.stores import Changes, Store, joined
from harken.words import Membership, Timer, digest


def test_known_identifiers_are_replaced_and_found_by_id_and_profile(store: Store) -> None:
    ada, phone = known("ada"), known("+31", "phone", pid=known("ada").id, established=False, degree=3)
    device = known("d1", "anonymous_id", claims=[(1, 2, ada.id), (-5, 9, phone.id)], quarantined=True)
    write(store, known=[ada, phone, device])
    with store.read() as view:
        assert view.known([ada.id, phone.id, device.id, "nobody"]) == {one.id: one for one in (ada, phone, device)}
        assert view.known_of([ada.id, "nobody"]) == {ada.id: sorted([ada, phone], key=lambda one: one.id)}
    moved = known("+31", "phone", pid=device.id)
    write(store, known=[moved])
    with store.read() as view:
        assert view.known_of([ada.id, device.id])[ada.id] == [ada]
        assert {one.id for one in view.known_of([device.id])[device.id]} == {device.id, moved.id}


def test_find_known_takes_the_start_of_a_value_as_it_is_written(store: Store) -> None:
    values = ["100%", "1000", "100", "a_b", "axb", "A_b", "\U0010ffffz", "\U0010ffff", "", "é", "\ud7ff", "\ue000"]
    everybody = [known(value, kind) for value in values for kind in ("email", "user_id")]
    write(store, known=everybody)
    with store.read() as view:
        for prefix in [*values, "1", "zzz", "\U0010ffffzz"]:
            expected = sorted(
                (one for one in everybody if one.value.startswith(prefix)), key=lambda k: (k.value, k.kind)
            )
            assert view.find_known(prefix, 100) == expected
            assert view.find_known(prefix, 3) == expected[:3]


def test_quarantined_identifiers_come_busiest_first(store: Store) -> None:
    everybody = [known(str(n), quarantined=n % 2 == 0, degree=n % 5) for n in range(20)]
    write(store, known=everybody)
    expected = sorted((one for one in everybody if one.quarantined), key=lambda one: (-one.degree, one.id))
    with store.read() as view:
        assert view.quarantined() == expected
        assert view.quarantined(4) == expected[:4]


def test_evidence_joins_with_what_is_there_in_any_order(store: Store) -> None:
    late = evidence("ada", "bob", occurred=NOW + 50, learned=NOW, event_id="z" * 16, verified=True, source="app")
    early = evidence("ada", "bob", occurred=NOW + 5, learned=NOW + 90, event_id="b" * 16, by="eve", reason="why")
    tied = evidence("ada", "bob", occurred=NOW + 5, learned=NOW + 95, event_id="a" * 16)
    for order in ([late, early, tied], [tied, late, early], [early, tied, late]):
        write(store, dropped_evidence=[(late.a, late.b, "event")])
        write(store, evidence=order[:1])
        write(store, evidence=order[1:])
        with store.read() as view:
            assert view.evidence([late.a]) == [joined(joined(late, early), tied)]
    assert joined(late, early).verified
    assert joined(late, early).learned == NOW
    assert joined(late, tied).event_id == "a" * 16


def test_evidence_is_found_from_either_side_once_and_by_how(store: Store) -> None:
    ab, ab_cut, bc, cd = evidence("a", "b"), evidence("a", "b", "cut", by="eve"), evidence("b", "c"), evidence("c", "d")
    write(store, evidence=[ab, ab_cut, bc, cd])
    a, b, c, d = (digest("user_id", name) for name in "abcd")
    by_key = lambda one: (one.a, one.b, one.how)  # noqa: E731
    with store.read() as view:
        assert view.evidence([a, b, a]) == sorted([ab, ab_cut, bc], key=by_key)
        assert view.evidence([d]) == [cd]
        assert view.evidence([]) == view.evidence(["nobody"]) == []
    write(store, dropped_evidence=[(ab.a, ab.b, "cut"), (ab.a, ab.b, "operator"), (c, a, "event")])
    with store.read() as view:
        assert view.evidence([a]) == [ab]


def test_erase_known_takes_the_evidence_on_both_sides_with_it(store: Store) -> None:
    write(
        store,
        known=[known(name) for name in "abc"],
        evidence=[evidence(*pair) for pair in ("ab", "bc", "ac", "xy")],
    )
    with store.begin() as tx:
        assert tx.erase_known([digest("user_id", "a"), digest("user_id", "a"), digest("user_id", "x")]) == 1
    with store.read() as view:
        assert set(view.known(digest("user_id", name) for name in "abc")) == {digest("user_id", name) for name in "bc"}
        assert view.evidence(digest("user_id", name) for name in "abcy") == [evidence("b", "c")]
        assert view.find_known("a") == []
        assert view.known_of([digest("user_id", "a")]) == {}


def test_tens_of_thousands_of_ids_in_one_question(store: Store) -> None:
    names = [str(n) for n in range(35_000)]
    write(store, known=[known(name) for name in names], trails=[trail(name) for name in names])
    with store.read() as view:
        ids = [digest("user_id", name) for name in [*names, *names, "nobody"]]
        assert len(view.known(ids)) == len(view.known_of(ids)) == 35_000
        tids = [tid(name) for name in names]
        assert len(view.trails(tids)) == len(list(view.profile_ids_of_trails())) == 35_000
        owners = [digest("anonymous_id", name) for name in names]
        assert len(view.trails_of(owners)) == len(view.trails_owned(owners)) == 35_000
        assert view.events(tids, limit=5) == view.evidence(ids) == []
        assert view.profiles(ids) == {}


def test_profiles_are_replaced_dropped_and_listed_by_segment_in_pages(store: Store) -> None:
    everybody = sorted(
        (profile(str(n), segments={"even": NOW + n} if n % 2 == 0 else {}, judged=n) for n in range(20)),
        key=lambda p: p.pid,
    )
    write(store, profiles=everybody)
    even = [one for one in everybody if one.segments]
    with store.read() as view:
        assert view.profiles([one.pid for one in everybody] + ["nobody"]) == {one.pid: one for one in everybody}
        assert view.list_profiles("", 7) == everybody[:7]
        assert view.list_profiles(everybody[6].pid, 100) == everybody[7:]
        assert view.list_profiles("", 4, "even") == even[:4]
        assert view.list_profiles(even[3].pid, 100, "even") == even[4:]
        assert view.list_profiles("", 100, "nobody") == []
    left = even[0]
    left.segments = {"odd": NOW}
    write(store, profiles=[left], dropped_profiles=[even[1].pid, "nobody"])
    with store.read() as view:
        assert view.list_profiles("", 100, "even") == even[2:]
        assert view.list_profiles("", 100, "odd") == [left]
        assert view.profiles([even[1].pid]) == {}
        assert view.counts()["profiles"] == 19
    write(store, profiles=[left], dropped_profiles=[left.pid])
    with store.read() as view:
        assert view.profiles([left.pid]) == {left.pid: left}


def test_timers_are_set_replaced_dropped_and_due_in_order(store: Store) -> None:
    write(
        store,
        timers=[
            timer("a", NOW + 2),
            timer("b", NOW + 1, data=b"\0x"),
            timer("c", NOW + 3),
            timer("a", NOW - 9, kind="z"),
        ],
    )
    with store.read() as view:
        assert view.due(NOW + 2, 10) == [
            timer("a", NOW - 9, kind="z"),
            timer("b", NOW + 1, data=b"\0x"),
            timer("a", NOW + 2),
        ]
        assert view.due(NOW + 2, 1) == [timer("a", NOW - 9, kind="z")]
        assert view.counts()["timers"] == 4
    a = digest("user_id", "a")
    write(store, timers=[timer("a", NOW + 9)], dropped_timers=[(a, "z"), (a, "none"), (a, "segment")])
    with store.read() as view:
        assert view.due(NOW + 99, 10) == [timer("b", NOW + 1, data=b"\0x"), timer("c", NOW + 3), timer("a", NOW + 9)]


def test_ties_among_due_timers_go_by_profile_and_kind(store: Store) -> None:
    timers = [timer(name, NOW, kind=kind) for name in "dacb" for kind in "zy"]
    write(store, timers=timers)
    with store.read() as view:
        expected: list[Timer] = sorted(timers, key=lambda one: (one.pid, one.kind))
        assert view.due(NOW, 100) == expected
        assert view.due(NOW, 3) == expected[:3]


def test_memberships_are_a_log_with_rising_numbers(store: Store) -> None:
    entered = [Membership(pid=digest("user_id", str(n)), segment="s", entered=n % 2 == 0, at=NOW + n) for n in range(6)]
    write(store, memberships=entered[:3])
    write(store, memberships=entered[3:])
    with store.read() as view:
        log = view.memberships(0, 100)
        assert [(one.pid, one.segment, one.entered, one.at) for one in log] == [
            (m.pid, m.segment, m.entered, m.at) for m in entered
        ]
        assert all(a.seq < b.seq for a, b in pairwise(log))
        assert view.memberships(log[2].seq, 2) == log[3:5]


def test_each_time_a_trail_comes_to_another_profile_is_told(store: Store) -> None:
    """And when it is dropped. Not when it is written anew under the same one, nor when it is new; in the order of the writes."""
    moves: list[tuple[int, str]] = []

    def told(after: int = 0) -> list[str]:
        with store.read() as view:
            moves[:] = view.trails_moved(after)
            assert view.last_trail_move() == max([after, *(number for number, _ in moves)])
        assert [number for number, _ in moves] == sorted({number for number, _ in moves if number > after})
        return [tid_ for _, tid_ in moves]

    write(store, trails=[trail("ada"), trail("bob"), trail("eve")], events=[event(1)])
    write(store, trails=[trail("ada", events=5), trail("bob")])
    assert told() == []
    ada = trail("ada").pid
    write(store, trails=[trail("bob", pid=ada)])
    assert told() == [tid("bob")]
    with store.begin() as tx:
        tx.trails([tid("eve")])
        tx.write(Changes(trails=[trail("eve", pid=ada), trail("dan", pid=ada)], events=[event(2)]))
        tx.write(Changes(trails=[trail("eve", pid=trail("bob").pid)]))
    assert told() == [tid("bob"), tid("eve"), tid("eve")]
    last = moves[-1][0]
    write(store, trails=[trail("bob"), trail("eve", pid=trail("bob").pid, events=9)])
    assert told(last) == [tid("bob")]
    last = moves[-1][0]
    write(store, dropped_trails=[tid("dan")])
    write(store, trails=[trail("dan")])
    assert told(last) == [tid("dan")]
