"""Situations that broke other systems (recognizing 1 to 10), each in any order of arrival, by event and all at once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from random import Random

import pytest

from harken.words import Event, digest
from unit.recognize.world import PLAN, World, event, id_of, oracle, plan_with


def arrivals(events: list[Event], plan: object = PLAN, limit: int = 60) -> Iterator[World]:
    """The same events in many orders: one by one with and without memory, two by two, all at once."""
    orders = (
        list(permutations(events)) if len(events) < 5 else [Random(n).sample(events, len(events)) for n in range(limit)]
    )
    for number, order in enumerate([tuple(events), *orders[:limit]]):
        world = World(plan, keep=number % 2 == 0, polite=number % 3 != 0)  # type: ignore[arg-type]
        size = (1, 2, len(order))[number % 3]
        for start in range(0, len(order), size):
            world.hear(*order[start : start + size])
        yield world


# ---------------------------------------------------------------- 1, 2: signing in, sharing a browser


def test_what_a_visitor_did_before_signing_in_is_the_customers():
    before, sign_in, after = event("a:1", 1), event("u:ada a:1", 5), event("a:1", 9)
    for world in arrivals([before, sign_in, after]):
        assert {world.who(one) for one in (before, sign_in, after)} == {id_of("u:ada")}
        assert world.together("a:1", "u:ada")


def test_who_signs_in_next_on_a_browser_gets_nothing_of_who_was_there_before():
    browsing = event("a:1", 1)
    ada = [event("u:ada a:1", 2), event("a:1", 3), event("u:ada a:1", 4), event("a:1", 5)]
    bob = [event("u:bob a:1", 6), event("a:1", 7), event("u:bob a:1", 8), event("a:1", 99)]
    for world in arrivals([browsing, *ada, *bob]):
        assert {world.who(one) for one in (browsing, *ada)} == {id_of("u:ada")}
        assert {world.who(one) for one in bob} == {id_of("u:bob")}
        assert not world.together("u:ada", "u:bob")
        assert world.together("a:1", "u:ada")


def test_each_gets_their_own_when_two_take_turns_on_a_browser():
    turns = [("ada", 10), ("bob", 20), ("ada", 30), ("bob", 40), ("ada", 50)]
    sign_ins = [event(f"u:{who} a:1", at) for who, at in turns]
    anonymous = [event("a:1", at + 5) for _, at in turns]
    for world in arrivals([*sign_ins, *anonymous]):
        assert [world.who(one) for one in sign_ins] == [id_of(f"u:{who}") for who, _ in turns]
        assert [world.who(one) for one in anonymous] == [id_of(f"u:{who}") for who, _ in turns]


def test_the_browser_is_whose_who_signed_in_first_however_late_that_is_heard():
    bob, between, ada = event("u:bob a:1", 6), event("a:1", 4), event("u:ada a:1", 3)
    world = World()
    world.hear(bob, between)
    assert world.who(between) == id_of("u:bob")
    found = world.hear(ada)
    assert found.refile == {id_of("a:1"): 3}
    assert world.who(between) == id_of("u:ada")
    assert world.together("a:1", "u:ada")


def test_sign_ins_count_on_every_source_of_a_device():
    shop, app = event("u:ada d:1", 5, source="shop"), event("d:1", 6, source="app")
    for world in arrivals([shop, app]):
        assert world.who(app) == id_of("u:ada")
        assert world.filed[app.id] == digest("trail", "app", id_of("d:1"), id_of("u:ada"))


def test_a_signed_in_customer_without_device_has_a_trail_per_source():
    web, crm = event("u:ada", 1), event("u:ada", 2, source="crm")
    world = World()
    found = world.hear(web, crm)
    assert found.tids == [digest("trail", source, "", id_of("u:ada")) for source in ("web", "crm")]
    assert set(found.pids.values()) == {id_of("u:ada")}


# ---------------------------------------------------------------- 3: two customers stay two


@pytest.mark.parametrize(
    "bridge",
    [
        [event("a:1 u:ada", 5), event("a:1 u:bob", 6)],
        [event("e:home u:ada", 5), event("e:home u:bob", 6)],
        [event("p:home u:ada", 5), event("p:home u:bob", 6), event("p:home e:home", 7)],
        [event(alias=("ada", "bob"), at=5)],
        [event(alias=("bob", "ada"), at=5), event(alias=("ada", "x"), at=6), event(alias=("x", "bob"), at=7)],
        [event("crm:7 u:ada", 5), event("crm:7 u:bob", 6)],
    ],
    ids=["browser", "e-mail", "phone", "alias", "aliases", "crm"],
)
def test_two_customers_never_become_one_by_what_they_share(bridge: list[Event]):
    signs = [event("u:ada", 1), event("u:bob", 2)]
    for world in arrivals([*signs, *bridge]):
        assert not world.together("u:ada", "u:bob")
        assert [world.who(one) for one in signs] == [id_of("u:ada"), id_of("u:bob")]


def test_a_loyalty_card_first_seen_with_one_customer_does_not_go_to_another():
    events = [event("loyalty:9 u:ada", 1), event("loyalty:9 u:bob", 2), event("loyalty:9 e:shop", 3)]
    for world in arrivals(events):
        assert world.together("loyalty:9", "u:ada", "e:shop")
        assert not world.together("u:ada", "u:bob")


# ---------------------------------------------------------------- stitching across sources


def test_phone_e_mail_and_card_of_one_customer_meet_across_sources():
    events = [
        event("a:1", 1),
        event("p:+1 ", 2, source="calls"),
        event("loyalty:9", 3, source="store"),
        event("e:ada@x a:1", 4),
        event("e:ada@x p:+1", 5, source="crm"),
        event("loyalty:9 p:+1", 6, source="store"),
    ]
    for world in arrivals(events):
        assert world.together("a:1", "p:+1", "loyalty:9", "e:ada@x")
        assert {world.who(one) for one in events} == {id_of("loyalty:9")}


def test_an_event_with_only_an_e_mail_has_a_trail_of_its_own():
    mail = event("e:ada@x", 1, source="mail")
    world = World()
    assert world.hear(mail).tids == [digest("trail", "mail", "", id_of("e:ada@x"))]
    assert world.who(mail) == id_of("e:ada@x")
    world.hear(event("e:ada@x u:ada", 2))
    assert world.who(mail) == id_of("u:ada")


def test_a_profile_is_named_after_its_strongest_then_earliest_identifier():
    for world in arrivals([event("e:b", 3), event("e:a", 4), event("e:a p:1", 5), event("e:b p:1", 6)]):
        assert world.pid("p:1") == id_of("e:b")
    for world in arrivals([event("e:b", 3), event("e:b crm:1", 4), event("crm:1 u:z", 9)]):
        assert world.pid("e:b") == id_of("u:z")


def test_a_sixth_e_mail_is_refused_and_always_the_same_one():
    events = [event(f"u:ada e:{n}", 10 + n) for n in (3, 1, 6, 2, 5, 4)]
    for world in arrivals(events, limit=30):
        assert world.together("u:ada", *(f"e:{n}" for n in range(1, 6)))
        assert world.pid("e:6") == id_of("e:6")
        assert world.who(events[2]) == id_of("u:ada")


# ---------------------------------------------------------------- 7: old ids


def test_the_id_a_profile_had_before_still_finds_it():
    world = World()
    early = event("a:1", 1)
    world.hear(early)
    old = world.who(early)
    world.hear(event("e:x a:1", 2))
    older = world.who(early)
    world.hear(event("e:x u:ada", 3))
    assert old == id_of("a:1")
    assert older == id_of("e:x")
    assert world.known[old].pid == world.known[older].pid == world.who(early) == id_of("u:ada")


def test_all_trails_of_a_profile_move_with_it_when_it_is_merged():
    world = World(keep=False)
    trails = [event("e:x", n, source=f"s{n}") for n in range(5)]
    world.hear(*trails)
    found = world.hear(event("e:x u:ada", 9))
    assert found.moved == {id_of("e:x"): (id_of("e:x"), id_of("u:ada"))}
    assert {world.who(one) for one in trails} == {id_of("u:ada")}


# ---------------------------------------------------------------- 8: terminals and test accounts


@pytest.mark.parametrize("beside", [20, 21])
def test_an_id_is_quarantined_exactly_when_it_touches_more_than_its_key_allows(beside: int):
    events = [event(f"u:{n} a:terminal", n) for n in range(beside)] + [
        event(f"u:{n} e:{n}", 50 + n) for n in range(beside)
    ]
    for world in arrivals(events, limit=9):
        terminal = world.known[id_of("a:terminal")]
        assert terminal.quarantined == (beside > 20)
        assert terminal.degree == beside
        assert world.state() == oracle(events, [], PLAN)


def test_what_a_terminal_had_united_comes_apart_when_it_is_quarantined():
    first = [event(f"e:{n} a:terminal", n) for n in range(3)]
    world = World(keep=False)
    world.hear(*first)
    assert world.together("e:0", "e:1", "e:2", "a:terminal")
    found = world.hear(*(event(f"u:{n} a:terminal", 10 + n) for n in range(20)))
    assert found.owners == {id_of("a:terminal")}
    assert len({world.pid(f"e:{n}") for n in range(3)} | {world.pid("a:terminal")}) == 4


def test_a_terminal_keeps_its_customers_apart_and_its_anonymous_events_are_nobodys():
    signed = [event(f"u:{n} a:terminal", 10 * n) for n in range(25)]
    anonymous = [event("a:terminal", 10 * n + 5) for n in range(25)]
    for world in arrivals([*signed, *anonymous], limit=9):
        assert [world.who(one) for one in signed] == [id_of(f"u:{n}") for n in range(25)]
        assert {world.who(one) for one in anonymous} == {id_of("a:terminal")}
        assert world.known[id_of("a:terminal")].claims == []


def test_events_of_a_test_account_belong_to_the_devices_they_came_from():
    tests = [event(f"u:test a:{n}", n) for n in range(201)]
    real = [event("u:ada a:7", 500), event("a:7", 501)]
    for world in arrivals([*tests, *real], limit=6):
        assert world.known[id_of("u:test")].quarantined
        assert world.pid("u:test") == id_of("u:test")
        assert world.who(tests[7]) == id_of("u:ada")
        assert world.who(tests[8]) == id_of("a:8")
        assert world.together("a:7", "u:ada")


def test_a_trail_of_a_test_account_follows_its_device_also_when_little_is_loaded():
    plan = plan_with(user_id={"quarantine": 2})
    tests = [event(f"u:test a:{n}", n) for n in range(3)]
    world = World(plan, keep=False)
    world.hear(*tests)
    world.hear(event("u:ada a:1", 50))
    assert world.who(tests[1]) == id_of("u:ada")
    assert world.who(tests[2]) == id_of("a:2")


def test_a_default_loyalty_card_is_noticed_by_the_many_e_mails_it_meets():
    plan = plan_with(loyalty={"quarantine": 3})
    events = [event(f"loyalty:0001 e:{n}", n, source="store") for n in range(4)]
    for world in arrivals(events, plan):
        assert world.known[id_of("loyalty:0001")].quarantined
        assert len({world.pid(f"e:{n}") for n in range(4)}) == 4
        assert {world.who(one) for one in events} == {id_of("loyalty:0001")}


def test_a_quarantined_id_asks_for_no_evidence_when_another_customer_meets_it():
    world = World(keep=False)
    world.hear(*(event(f"u:{n} a:terminal", n) for n in range(30)))
    world.hear(event("u:new a:terminal", 99))
    assert world.asked == [{id_of("u:new"), id_of("a:terminal")}]
    assert world.known[id_of("a:terminal")].degree == 31


def test_a_released_id_recognizes_again_and_taken_back_it_does_not():
    events = [event(f"u:{n} a:1", n) for n in range(25)] + [event("a:1", 100)]
    for keep in (True, False):
        world = World(keep=keep)
        world.hear(*events)
        before = world.state()
        released = world.release("a:1")
        assert released.owners == {id_of("a:1")}
        assert world.together("a:1", "u:0")
        assert world.who(events[-1]) == id_of("u:24")
        assert world.state() == oracle(events, released.evidence, PLAN)
        world.hear(event("u:99 a:1", 200))
        assert not world.known[id_of("a:1")].quarantined
        world.undo(released)
        world.hear()
        assert world.known[id_of("a:1")].quarantined
        assert {id: row[0] for id, row in world.state()["known"].items() if id in before["known"]} == {
            id: row[0] for id, row in before["known"].items()
        }


def test_raising_the_bar_for_a_key_releases_what_was_over_it():
    events = [event(f"u:{n} a:1", n) for n in range(25)] + [event("a:1", 100)]
    world = World(keep=False)
    world.hear(*events)
    wide = plan_with(anonymous_id={"quarantine": 30})
    world.rejudge(wide, ["a:1"])
    assert world.state() == oracle(events, [], wide)


# ---------------------------------------------------------------- 10: aliases


@pytest.mark.parametrize("direction", [("x", "ada"), ("ada", "x")])
@pytest.mark.parametrize("when", [1, 5, 9])
def test_an_alias_means_the_same_in_either_direction_before_and_after_the_ids_are_known(direction, when):
    visit, sign_in = event("a:x", 3), event("u:ada", 6)
    alias = event(alias=direction, at=when)
    for world in arrivals([visit, sign_in, alias]):
        assert world.who(visit) == world.who(sign_in) == id_of("u:ada")
        assert world.together("a:x", "u:ada", "u:x", "a:ada")


def test_aliases_of_both_directions_give_the_same_rows():
    rest = [event("a:x", 3), event("u:ada a:y", 6), event("u:bob a:x", 7)]
    states = []
    for direction in (("x", "ada"), ("ada", "x")):
        world = World()
        world.hear(*rest, event(alias=direction, at=5, id="alias"))
        states.append(world.state())
    assert states[0] == states[1]


@pytest.mark.parametrize("other", [f"ada{n}" for n in range(8)])
def test_an_id_that_is_both_a_browsers_and_a_customers_stays_with_that_customer(other):
    events = [event(f"u:{other}", 1), event("u:bob", 2), event("a:bob", 3), event(alias=("bob", other), at=4)]
    world = World()
    world.hear(*events)
    assert world.together("a:bob", "u:bob")


def test_a_chain_of_aliases_is_one_customer():
    visits = [event("a:x", 1), event("a:y", 2), event("u:ada", 9)]
    aliases = [event(alias=("x", "y"), at=3), event(alias=("y", "z"), at=4), event(alias=("ada", "z"), at=5)]
    for world in arrivals([*visits, *aliases]):
        assert {world.who(one) for one in visits} == {id_of("u:ada")}


def test_an_alias_to_a_known_customer_ends_when_the_other_id_turns_out_to_be_a_customer_too():
    alias = event(alias=("bob", "ada"), at=1)
    world = World(keep=False)
    world.hear(alias, event("u:ada", 2))
    assert world.together("u:ada", "u:bob")
    world.hear(event("u:bob", 3))
    assert not world.together("u:ada", "u:bob")


def test_what_an_alias_only_names_counts_for_no_limit_and_names_no_profile():
    for world in arrivals([event(alias=("x", "y"), at=1), event("a:x e:mail", 5)]):
        assert world.pid("a:x") == id_of("e:mail")
        assert not world.known[id_of("u:x")].established
        assert world.together("u:x", "u:y", "a:y", "a:x")


def test_an_alias_event_is_filed_on_the_device_it_was_said_on():
    alias = event("a:x", alias=("x", "ada"), at=4)
    for world in arrivals([event("u:bob a:x", 2), alias]):
        assert world.who(alias) == id_of("u:bob")
    bare = event(alias=("x", "ada"), at=4)
    world = World()
    world.hear(bare)
    assert world.filed[bare.id] == digest("trail", "web", "", id_of("u:ada"))


def test_a_value_aliased_to_everybody_is_quarantined():
    plan = plan_with(anonymous_id={"quarantine": 3}, user_id={"quarantine": 6})
    events = [event(alias=("shared", f"{n}"), at=n) for n in range(8)] + [event(f"u:{n}", 20 + n) for n in range(8)]
    for world in arrivals(events, plan, limit=9):
        assert world.known[id_of("a:shared")].quarantined
        assert world.known[id_of("u:shared")].quarantined
        assert len({world.pid(f"u:{n}") for n in range(8)}) == 8


# ---------------------------------------------------------------- what counts of an event


def test_a_kind_without_key_recognizes_nobody_but_its_event_has_a_trail():
    lone, beside = event("plate:1", 1), event("plate:1 u:ada", 2)
    for world in arrivals([lone, beside]):
        assert world.filed[lone.id] == digest("trail", "web", "", id_of("plate:1"))
        assert world.who(lone) == id_of("plate:1")
        assert world.who(beside) == id_of("u:ada")
        assert not world.evidence


def test_the_first_of_two_values_of_an_exclusive_key_counts():
    both = event("u:ada u:bob", 1)
    world = World()
    world.hear(both)
    assert world.who(both) == id_of("u:ada")
    assert id_of("u:bob") not in world.known


def test_two_exclusive_kinds_on_an_event_are_one_customer_and_the_stronger_holds_the_trail():
    order = event("u:ada crm:7 a:1", 1)
    for world in arrivals([order, event("crm:7", 2, source="crm")]):
        assert world.filed[order.id] == digest("trail", "web", id_of("a:1"), id_of("u:ada"))
        assert world.together("u:ada", "crm:7", "a:1")


def test_an_unproved_value_of_a_key_that_needs_proof_recognizes_nobody():
    plan = plan_with(user_id={"needs_proof": True}, email={"needs_proof": True})
    claimed = event("u:ada e:ada@x a:thief", 1)
    bare = event("u:ada", 2)
    proved = event("u:ada e:ada@x a:1", 3, verified=True)
    for world in arrivals([claimed, bare, proved], plan):
        assert world.together("u:ada", "e:ada@x", "a:1")
        assert world.who(proved) == id_of("u:ada")
        assert world.who(claimed) == id_of("a:thief")
        assert world.who(bare) == digest("unverified user_id", "ada")


def test_an_unproved_alias_cannot_reach_a_customer_whose_key_needs_proof():
    plan = plan_with(user_id={"needs_proof": True})
    alias = event(alias=("mine", "ada"), at=2)
    for world in arrivals([event("u:ada", 1, verified=True), event("a:mine", 1), alias], plan):
        assert not world.together("a:mine", "u:ada")


def test_the_earliest_event_and_the_earliest_time_of_learning_prove_a_piece_of_evidence():
    late, early = event("u:ada a:1", 9, received=1_001), event("u:ada a:1", 5, received=1_002, source="app")
    for world in arrivals([late, early]):
        (row,) = world.evidence.values()
        assert (row.occurred, row.learned, row.event_id, row.source) == (5, 1_001, early.id, "app")


def test_an_event_that_names_nobody_is_filed_all_the_same():
    nobody = event("", 1)
    world = World()
    world.hear(nobody)
    assert world.who(nobody) == digest("nobody", "")
