"""What operators decide: merges that beat every limit, partings that stay, previews, taking back; the identity page."""

from __future__ import annotations

import pytest

from harken.errors import Invalid, NotFound
from harken.recognize import Graph, explain, merge, undo, unmerge
from harken.recognize.settle import Recognition
from harken.words import Event
from unit.recognize.world import PLAN, World, event, id_of, oracle, plan_with


def both() -> tuple[World, list[Event]]:
    events = [event("u:ada e:ada a:1", 1), event("u:bob e:bob a:2", 2), event("a:1", 3)]
    world = World(keep=False)
    world.hear(*events)
    return world, events


def links(world: World, text: str) -> dict[tuple[str, str, str], tuple[str, int]]:
    graph = world.surround([id_of(text)], world.plan)
    return {(link.a, link.b, link.how): (link.state, link.order) for link in explain(graph, id_of(text), world.plan)}


def test_an_operator_can_merge_two_customers_and_new_events_keep_to_it():
    world, events = both()
    found = world.merge("u:ada", "u:bob")
    assert found.moved == {id: (id_of("u:bob"), id_of("u:ada")) for id in map(id_of, ("u:bob", "e:bob", "a:2"))}
    assert {world.who(one) for one in events} == {id_of("u:ada")}
    late = event("u:bob a:3", 9)
    world.hear(late)
    assert world.who(late) == id_of("u:ada")


def test_taking_a_merge_back_restores_what_was_there():
    world, _ = both()
    before = world.state()
    world.merge("u:ada", "u:bob")
    back = world.unmerge("u:bob", "u:ada")
    assert back.evidence == []
    assert world.state() == before


def test_a_merge_through_weaker_identifiers_is_taken_back_by_parting_the_customers():
    world, _ = both()
    before = world.state()
    world.merge("e:ada", "e:bob")
    assert world.together("u:ada", "u:bob")
    world.unmerge("u:bob", "u:ada")
    assert world.state() == before


def test_a_merge_beats_quarantine():
    world = World()
    world.hear(*(event(f"u:{n} a:terminal", n) for n in range(25)))
    world.merge("a:terminal", "u:3")
    assert world.together("a:terminal", "u:3")
    assert not world.together("u:3", "u:4")


def test_parting_an_e_mail_takes_along_what_hangs_on_it_and_the_rest_stays():
    events = [event("u:ada e:x", 1), event("e:x a:9", 2), event("u:ada a:1", 3)]
    world = World(keep=False)
    world.hear(*events)
    before = world.state()
    cut = world.unmerge("e:x")
    assert world.together("e:x", "a:9")
    assert world.together("u:ada", "a:1")
    assert not world.together("u:ada", "e:x")
    world.hear(event("u:ada e:x", 10))
    assert not world.together("u:ada", "e:x")
    world.undo(cut)
    assert {row.pid for row in world.known.values()} == {id_of("u:ada")}
    assert before["known"].keys() == world.state()["known"].keys()


def test_partings_hold_whichever_way_round_evidence_comes():
    world = World()
    world.hear(event("e:a", 1), event("p:b", 2))
    world.unmerge("e:a", "p:b")
    world.hear(event("e:a p:b", 3), event("e:a loyalty:1", 4), event("loyalty:1 p:b", 5))
    assert not world.together("e:a", "p:b")
    assert world.state() == oracle(
        world.log.values(), [row for row in world.evidence.values() if row.how == "cut"], PLAN
    )


def test_the_newest_word_counts_merging_takes_partings_between_the_two_back():
    world, _ = both()
    cuts = [world.unmerge("u:ada", "u:bob"), world.unmerge("e:ada", "a:2")]
    merged = world.merge("u:ada", "u:bob")
    assert world.together("u:ada", "u:bob", "e:ada", "a:2")
    assert {(row.a, row.b) for row in merged.dropped} == {(row.a, row.b) for cut in cuts for row in cut.evidence}
    world.undo(merged)
    assert not world.together("u:ada", "u:bob")
    assert sum(row.how == "cut" for row in world.evidence.values()) == 2


def test_merging_again_what_is_merged_changes_nothing_and_so_does_taking_that_back():
    world, _ = both()
    world.merge("u:ada", "u:bob")
    before = world.state()
    again = world.merge("u:bob", "u:ada", at=9_999)
    assert (again.evidence, again.known) == ([], [])
    world.undo(again)
    assert world.state() == before


def test_partings_one_behind_the_other_do_not_stop_a_merge():
    world = World()
    world.hear(event("u:ada e:x", 1), event("p:1 loyalty:1", 2), event("loyalty:1 e:y", 3))
    world.unmerge("u:ada", "p:1")
    world.unmerge("e:x", "e:y")
    world.unmerge("loyalty:1", "p:1")
    world.merge("u:ada", "p:1")
    assert world.together("u:ada", "p:1")


def test_a_device_parted_from_its_first_customer_follows_its_second_everywhere():
    world = World(keep=False)
    world.hear(event("crm:1 a:1", 1), event("crm:2 a:1", 2))
    world.unmerge("a:1", "crm:1")
    assert world.together("a:1", "crm:2")
    world.hear(event("u:zoe crm:2", 3))
    assert world.together("a:1", "u:zoe")


def test_parting_twice_takes_the_merge_back_and_then_keeps_apart_what_hangs_together_anyway():
    world = World()
    world.hear(event("u:ada e:x", 1))
    world.merge("u:ada", "e:x")
    world.unmerge("e:x", "u:ada")
    assert not world.together("u:ada", "e:x")
    assert {row.how for row in world.evidence.values()} == {"event", "cut"}


def test_a_preview_on_a_graph_of_its_own_changes_nothing():
    world, _ = both()
    before = world.state()
    graph = world.surround([id_of("u:ada"), id_of("u:bob")])
    found = merge(graph, id_of("u:ada"), id_of("u:bob"), by="eve", reason="", at=9, plan=PLAN)
    assert len(found.moved) == 3
    assert world.state() == before


@pytest.mark.parametrize("ids", [("u:ada", "u:ada"), ("u:ada", "u:nobody")])
def test_merging_nonsense_says_what_would_be_right(ids):
    world, _ = both()
    with pytest.raises((Invalid, NotFound), match=r"name two|no identifier"):
        world.merge(*ids)


def test_an_anchor_cannot_be_parted_from_itself():
    world, _ = both()
    with pytest.raises(Invalid, match=r"user_id:ada cannot be parted from itself.*name the other"):
        world.unmerge("u:ada")


def test_what_was_heard_cannot_be_taken_back_as_if_it_was_decided():
    world, _ = both()
    heard = Recognition(evidence=list(world.evidence.values()))
    with pytest.raises(Invalid, match="not decided by hand"):
        undo(world.surround(world.known), heard.evidence, [], PLAN)


def test_deciding_without_having_read_the_surroundings_is_an_error():
    world, _ = both()
    graph = Graph()
    with pytest.raises(NotFound):
        unmerge(graph, id_of("u:ada"), None, by="", reason="", at=1, plan=PLAN)
    world.load([event("u:ada", 9)])
    lacking = World()
    lacking.known, lacking.evidence = world.known, world.evidence
    lacking.load([event("u:ada", 9)])
    lacking.load([event("u:bob", 9)])
    with pytest.raises(LookupError, match="frontier"):
        merge(lacking.graph, id_of("u:ada"), id_of("u:bob"), by="", reason="", at=1, plan=PLAN)


# ---------------------------------------------------------------- the identity page


def test_the_page_tells_what_became_of_every_piece_of_evidence():
    plan = plan_with(phone={"needs_proof": True}, device_id={"quarantine": 1})
    world = World(plan)
    world.hear(
        event("u:ada e:x", 1),
        event("u:bob e:x", 2),
        event("u:ada a:1", 3),
        event("e:x a:1", 4),
        event("u:ada p:1", 5),
        event("u:ada d:hub", 6),
        event("u:bob d:hub", 7),
    )
    world.unmerge("u:ada", "u:bob")
    assert links(world, "u:ada") == {
        ("user_id:ada", "email:x", "event"): ("united", 1),
        ("user_id:ada", "anonymous_id:1", "event"): ("united", 2),
        ("email:x", "anonymous_id:1", "event"): ("united", 0),
        ("user_id:bob", "email:x", "event"): ("refused", 0),
        ("user_id:ada", "device_id:hub", "event"): ("quarantined", 0),
        ("user_id:ada", "unverified phone:1", "event"): ("unverified", 0),
        ("user_id:ada", "user_id:bob", "cut"): ("parted", 0),
    }


def test_the_page_says_why_in_words():
    world = World()
    world.hear(event("u:ada a:1", 1), event("u:bob a:1", 2), event("u:ada e:x", 3))
    world.unmerge("e:x", "u:ada")
    graph = world.surround([id_of("u:ada")])
    why = {(link.a, link.b): link.why for link in explain(graph, id_of("u:ada"), PLAN) if link.why}
    assert why == {
        ("user_id:bob", "anonymous_id:1"): "it would give one profile more values of a key than its limit",
        ("user_id:ada", "email:x"): "it would bring together what was parted by hand",
    } | {("user_id:ada", "email:x"): why["user_id:ada", "email:x"]}
    released = World()
    released.hear(*(event(f"u:{n} a:1", n) for n in range(25)))
    released.release("a:1")
    states = links(released, "a:1")
    assert states["anonymous_id:1", "anonymous_id:1", "release"] == ("released", 0)


def test_the_page_is_found_by_every_id_the_profile_had():
    world = World()
    world.hear(event("a:1", 1), event("a:1 e:x", 2), event("e:x u:ada", 3))
    pages = [links(world, text) for text in ("a:1", "e:x", "u:ada")]
    assert pages[0] == pages[1] == pages[2]
    assert len(pages[0]) == 2


def test_a_merge_by_hand_stands_last_of_what_united_on_the_page():
    world, _ = both()
    world.merge("u:ada", "u:bob")
    assert list(links(world, "u:ada").items())[-1] == (("user_id:ada", "user_id:bob", "operator"), ("united", 5))


def test_merged_customers_keep_all_that_was_theirs_even_past_the_limits():
    world = World(keep=False)
    theirs = [f"{who} crm:{who} loyalty:{who} " + " ".join(f"e:{who}{n}" for n in range(5)) for who in ("1", "2")]
    world.hear(*(event(f"u:{ids}", 1) for ids in theirs))
    before = world.state()
    world.merge("e:11", "e:22")
    assert len(world.groups()) == 1
    world.unmerge("u:1", "crm:2")
    assert world.state() == before
