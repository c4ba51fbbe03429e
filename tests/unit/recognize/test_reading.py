"""How little of the store recognizing reads, how much a Graph may hold, and how large a component may grow."""

from __future__ import annotations

import pytest

from harken.recognize import Graph, absorb, file, members, missing, rebuild_claims, recognize, strangers, trim
from unit.recognize.world import PLAN, World, event, id_of, oracle, plan_with


def test_known_combos_ask_for_nothing():
    world = World()
    world.hear(event("u:ada a:1", 1), event("e:x", 2), event("a:1", 3))
    found = world.hear(event("u:ada a:1", 5), event("e:x", 6), event("a:1", 7))
    assert world.asked == []
    assert (found.known, found.evidence, found.trails) == ([], [], {})


def test_a_new_visitor_asks_only_for_the_row_of_the_new_identifier():
    world = World()
    world.hear(event("u:ada a:1", 1))
    world.hear(event("a:2", 2))
    assert world.asked == [{id_of("a:2")}]


def test_a_fresh_graph_reads_one_step_for_what_is_known_already():
    world = World(keep=False)
    world.hear(event("u:ada a:1", 1), event("u:ada e:x", 2), event("e:x p:1", 3))
    world.hear(event("u:ada a:1", 9))
    assert set().union(*world.asked) == {id_of("u:ada"), id_of("a:1")}


def test_whole_components_are_read_only_when_something_new_is_said():
    world = World(keep=False)
    world.hear(event("u:ada a:1", 1), event("u:ada e:x", 2), event("e:x p:1", 3), event("u:zoe a:9", 4))
    world.hear(event("u:ada a:2", 9))
    asked = set().union(*world.asked)
    assert asked >= {id_of(text) for text in ("u:ada", "a:1", "e:x", "p:1", "a:2")}
    assert id_of("u:zoe") not in asked


def test_customers_who_share_devices_in_a_chain_are_not_read_together():
    world = World(keep=False)
    for n in range(60):
        world.hear(event(f"u:{n} a:{n}", 10 * n), event(f"u:{n + 1} a:{n}", 10 * n + 5))
    world.hear(event("u:30 a:new", 9_999))
    asked = set().union(*world.asked)
    assert len(asked) < 20
    assert world.state() == oracle(world.log.values(), [], PLAN)


def test_recognizing_before_everything_was_read_is_an_error():
    graph = Graph()
    events = [event("u:ada a:1", 1)]
    assert missing(events, graph, PLAN) == strangers(events, graph, PLAN) == {id_of("u:ada"), id_of("a:1")}
    with pytest.raises(LookupError, match="missing"):
        recognize(events, graph, PLAN)


def test_a_graph_is_let_go_when_it_has_grown_too_large():
    world = World()
    world.hear(event("u:ada a:1", 1), event("e:x", 2))
    trim(world.graph, 10)
    assert members(world.graph, id_of("u:ada")) == {id_of("u:ada"), id_of("a:1")}
    trim(world.graph, 2)
    assert members(world.graph, id_of("u:ada")) == set()
    found = world.hear(event("u:ada a:1", 3))
    assert found.trails.keys() == set(found.tids)


def test_what_the_graph_holds_is_newer_than_what_is_absorbed_again():
    world = World()
    world.hear(event("a:1", 5))
    old = world.read_known([id_of("a:1")])
    world.hear(event("u:ada a:1", 6))
    absorb(world.graph, old, [], [id_of("a:1")])
    assert world.graph.known[id_of("a:1")].pid == id_of("u:ada")


def test_another_configuration_reads_the_same_identifiers_anew():
    world = World()
    first = event("u:ada", 1)
    world.hear(first)
    world.plan = plan_with(user_id={"needs_proof": True})
    later = event("u:ada", 2)
    world.hear(later)
    assert world.filed[first.id] != world.filed[later.id]


def test_a_customer_of_three_thousand_identifiers_is_decided_in_one_go():
    plan = plan_with(user_id={"quarantine": 10_000})
    world = World(plan)
    world.hear(*(event(f"u:ada a:{n}", n) for n in range(3_000)))
    assert len(world.groups()) == 1
    found = world.hear(event("u:ada e:x", 1))
    assert found.moved == {}
    assert world.together("u:ada", "e:x", "a:2999")


def test_who_once_had_a_device_is_read_when_the_log_brings_them_back():
    plan = plan_with(anonymous_id={"quarantine": 1_000})
    world = World(plan)
    sign_ins = [event(f"u:{n} a:1", 10 * n) for n in range(80)]
    world.hear(*sign_ins)
    world.graph = Graph()
    late = event("a:1", 15)
    world.load([late])
    assert recognize([late], world.graph, plan).refile == {id_of("a:1"): 0}
    rebuild_claims(world.graph, id_of("a:1"), [*sign_ins, late], plan)
    assert file(late, world.graph, plan) == world.filed[sign_ins[1].id]
    again = event("a:1", 16)
    world.hear(late, again)
    assert world.who(late) == world.who(again) == id_of("u:1")


def test_rows_that_were_handed_out_are_never_changed_afterwards():
    world = World()
    first = world.hear(event("a:1", 5)).known[0]
    as_it_was = (first.first, first.pid, list(first.claims))
    world.hear(event("u:ada a:1", 2))
    assert (first.first, first.pid, list(first.claims)) == as_it_was
