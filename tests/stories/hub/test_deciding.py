"""Decisions of a real hub: who is shown what, what they answer, what limits count, and why."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from harken.errors import Invalid, NotFound
from harken.hub import Hub
from harken.hub.deciding import Ask, Decision
from harken.words import DAY, Identifier
from stories.hub.telling import HOUR, MINUTE, NOW, Place, batch, check_states, did, hear, told

GOLD = {"trait": "plan", "is": "gold"}
HTML = [{"format": "html", "body": "<b>hi</b>"}]


def put(hub: Hub, kind: str, id: str, **fields: Any) -> None:
    if kind == "action":
        fields.setdefault("assets", HTML)
    hub.documents.put(kind, {"id": id, **fields}, by="op")
    hub.documents.publish(kind, id, by="op", reason="test")


def catalogue(hub: Hub) -> None:
    put(hub, "placement", "home", channel="web", touchpoint="web: Home", keep="30m")
    put(hub, "action", "upgrade", topic="plans", priority=2, eligible=GOLD, responses=[
        {"code": "accepted", "sentiment": "positive"}, {"code": "no thanks", "sentiment": "negative"},
    ])  # fmt: skip
    put(hub, "action", "hello", priority=1)


def ask(hub: Hub, *placements: str, anon: str = "", user: str = "", **more: Any) -> list[Decision]:
    who = [Identifier(kind, value) for kind, value in (("anonymous_id", anon), ("user_id", user)) if value]
    return hub.decide(Ask(placements=placements or ("home",), identifiers=tuple(who), source="web", **more))


def shown(decision: Decision) -> list[str]:
    return [offer.action for offer in decision.offers]


def test_what_is_decided_follows_from_who_it_is(hub: Hub) -> None:
    catalogue(hub)
    hear(hub, told(user="ada", anon="b1", plan="gold"), did("Hi", user="bob"))
    assert [shown(one) for one in ask(hub, user="ada")] == [["upgrade"]]
    assert [shown(one) for one in ask(hub, user="bob")] == [["hello"]]
    (stranger,) = ask(hub, anon="never heard of")
    assert shown(stranger) == ["hello"]
    assert stranger.offers[0].body == "<b>hi</b>"
    check_states(hub)


def test_events_and_the_decision_they_ask_for_are_one(hub: Hub) -> None:
    catalogue(hub)
    who = Ask(placements=("home",), identifiers=(Identifier("user_id", "ada"),), source="web")
    answers, (decision,) = hub.interact([batch([told(NOW + DAY, user="ada", plan="gold")])], who)
    assert answers[0].accepted == 1
    assert shown(decision) == ["upgrade"]
    kinds = [one.type for one in hub.timeline("user_id:ada").data]
    assert kinds == ["decision", "identify"]


def test_the_same_question_gets_the_same_answer_for_a_while(hub: Hub, place: Place) -> None:
    catalogue(hub)
    hear(hub, told(user="ada", plan="gold"))
    (first,) = ask(hub, user="ada")
    place.clock.forward(seconds=60 * 20)
    (again,) = ask(hub, user="ada")
    assert (again.id, again.again, shown(again)) == (first.id, True, ["upgrade"])
    place.clock.forward(seconds=60 * 11)
    (later,) = ask(hub, user="ada")
    assert later.id != first.id
    hear(hub, told(NOW + DAY, user="ada", plan="tin"))
    assert shown(ask(hub, user="ada")[0]) == ["hello"], "what it may not have any more is not given again"


def test_a_limit_counts_what_is_held_and_what_was_seen_and_lets_go_of_what_was_not(hub: Hub, place: Place) -> None:
    catalogue(hub)
    put(hub, "limit", "once", most=1, within="7d", topics=["plans"])
    put(hub, "placement", "menu", channel="web", keep="")
    hear(hub, told(user="ada", plan="gold"))
    (first,) = ask(hub, user="ada")
    assert shown(first) == ["upgrade"]
    assert shown(ask(hub, "menu", user="ada")[0]) == ["hello"], "it is held for the other placement"
    place.clock.forward(seconds=31 * 60)
    (second,) = ask(hub, "menu", user="ada")
    assert shown(second) == ["upgrade"], "nobody saw it, so it is free again"
    hub.respond(second.id, "seen")
    place.clock.forward(seconds=6 * 86_400)
    assert shown(ask(hub, user="ada")[0]) == ["hello"]
    place.clock.forward(seconds=86_400)
    assert shown(ask(hub, user="ada")[0]) == ["upgrade"]
    check_states(hub)


def test_placements_asked_together_show_different_things(hub: Hub) -> None:
    catalogue(hub)
    put(hub, "placement", "menu", channel="web")
    hear(hub, told(user="ada", plan="gold"))
    assert [shown(one) for one in ask(hub, "home", "menu", user="ada")] == [["upgrade"], ["hello"]]


def test_a_response_counts_once_and_says_what_it_was(hub: Hub) -> None:
    catalogue(hub)
    hear(hub, told(user="ada", plan="gold"))
    (decision,) = ask(hub, user="ada")
    first, again = (hub.respond(decision.id, "accepted") for _ in range(2))
    assert (first.what, first.action, first.duplicate) == ("positive", "upgrade", False)
    assert again.duplicate
    with pytest.raises(Invalid, match="'code' is one of accepted, no thanks, seen"):
        hub.respond(decision.id, "bought")
    with pytest.raises(Invalid, match="'action' is one of upgrade"):
        hub.respond(decision.id, "seen", action="hello")
    with pytest.raises(NotFound, match=r"no decision .x\.y."):
        hub.respond("x.y", "seen")
    assert [one.type for one in hub.timeline("user_id:ada").data] == ["response", "decision", "identify"]


def test_a_response_may_come_when_the_decision_is_long_settled(hub: Hub, place: Place) -> None:
    catalogue(hub)
    put(hub, "placement", "menu", channel="web", keep="")
    hear(hub, told(user="ada", plan="gold"))
    (decision,) = ask(hub, user="ada")
    for _ in range(70):
        place.clock.forward(seconds=60)
        ask(hub, "menu", user="ada")
    hub.settle()
    assert hub.respond(decision.id, "accepted").what == "positive"
    assert hub.why(decision.id).outcome[0].code == "accepted"


def test_a_browser_that_signs_in_keeps_its_control_group(hub: Hub) -> None:
    catalogue(hub)
    put(hub, "control", "half", share=0.5)
    put(hub, "placement", "home", channel="web", keep="")
    for number in range(12):
        anon, user = f"b{number}", f"u{number}"
        hear(hub, did("Hi", NOW, anon=anon))
        before = hub.why(ask(hub, anon=anon)[0].id).control
        hear(hub, did("Hi", NOW + MINUTE, anon=anon, user=user))
        assert hub.why(ask(hub, user=user)[0].id).control == before


# ---------------------------------------------------------------------- why


def test_why_tells_every_gate_and_the_decision_is_made_again_bit_for_bit(hub: Hub, place: Place) -> None:
    catalogue(hub)
    put(
        hub,
        "action",
        "phone",
        topic="phones",
        priority=9,
        purpose="offers",
        relevant={"event": "Looked", "at_least": 2},
    )
    put(hub, "action", "old", priority=50, ends="2020-01-01")
    put(hub, "limit", "none", most=0, topics=["plans"])
    hear(hub, told(user="ada", anon="b1", plan="gold"))
    (decision,) = ask(hub, user="ada", context={"page": {"path": "/"}})
    place.clock.forward(seconds=60)
    hear(hub, did("Looked", NOW + DAY, anon="b1"), did("Looked", NOW + HOUR, user="ada"))
    put(hub, "action", "hello", priority=99, eligible={"trait": "x", "is": 1})
    hub.settle()
    why = hub.why(decision.id)
    assert why.faithful is True
    assert why.words == "Showed hello: the only one of 4 actions that was allowed."
    assert (why.left["consent"], why.left["limit"]) == (2, 1)
    failed = {one.action: {gate.gate: gate.words for gate in one.gates if not gate.passed} for one in why.actions}
    assert failed == {
        "hello": {},
        "upgrade": {"limit": "none: 0 seen in 7d is the limit"},
        "phone": {"consent": "said nothing to offers", "relevant": "Looked 0 times, wanted at least 2"},
        "old": {"dated": "only from ever to 2020-01-01"},
    }
    assert [(one.action, one.gate, one.wins) for one in why.flips] == [
        ("old", "dated", True),
        ("upgrade", "limit", True),
    ]
    assert why.actions[0].place == 1
    assert why.pid == hub.profile("user_id:ada").pid


def test_a_decision_for_a_browser_is_explained_by_what_was_known_before_it_signed_in(hub: Hub, place: Place) -> None:
    catalogue(hub)
    hear(hub, told(NOW, user="ada", plan="gold"), did("Hi", NOW, anon="b1"))
    (decision,) = ask(hub, anon="b1")
    place.clock.forward(seconds=HOUR // 1_000_000)
    hear(hub, did("Sign in", NOW + DAY + HOUR, anon="b1", user="ada"), received=NOW + DAY + HOUR)
    why = hub.why(decision.id)
    assert (why.faithful, shown(decision)) == (True, ["hello"])
    assert "trait plan is nothing" in str(next(one for one in why.actions if one.action == "upgrade").gates)


def test_why_not_asks_without_counting(hub: Hub, place: Place) -> None:
    catalogue(hub)
    put(hub, "limit", "once", most=1, within="7d")
    hear(hub, told(user="ada", plan="tin"))
    for _ in range(3):
        why = hub.why_not("user_id:ada", "upgrade", "home")
        assert next(one for one in why.actions if one.action == "upgrade").gates[3].passed is False
        assert why.left["limit"] == 1
    assert shown(ask(hub, user="ada")[0]) == ["hello"]
    with pytest.raises(NotFound, match="no action named 'upgrad'"):
        hub.why_not("user_id:ada", "upgrad", "home")


def test_a_customer_who_is_erased_leaves_no_decision(hub: Hub) -> None:
    catalogue(hub)
    hear(hub, told(user="ada", plan="gold"))
    (decision,) = ask(hub, user="ada")
    hub.respond(decision.id, "seen")
    hub.erase("user_id:ada", by="op")
    with pytest.raises(NotFound):
        hub.why(decision.id)
    with pytest.raises(NotFound):
        hub.respond(decision.id, "accepted")


# ---------------------------------------------------------------------- many at once


def test_a_limit_holds_when_many_ask_at_once(shared: Place) -> None:
    """Two hubs over one store, eight callers, one customer, one placement that keeps nothing."""
    first = shared.open()
    catalogue(first)
    put(first, "limit", "three", most=3, within="7d", actions=["upgrade"])
    for number in range(8):
        put(first, "placement", f"p{number}", channel="web", keep="")
    hear(first, told(user="ada", plan="gold"))
    hubs = [first, shared.open()]
    found: list[str] = []

    def many(number: int) -> None:
        for _ in range(5):
            found.extend(shown(ask(hubs[number % 2], f"p{number}", user="ada")[0]))

    threads = [threading.Thread(target=many, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 40
    assert found.count("upgrade") == 3


# ---------------------------------------------------------------------- what cannot be meant


def test_bad_questions_say_what_would_be_right(hub: Hub) -> None:
    catalogue(hub)
    with pytest.raises(NotFound, match="no placement named 'hero'; there are: home"):
        ask(hub, "hero", user="ada")
    with pytest.raises(Invalid, match="say for whom"):
        ask(hub)
    with pytest.raises(Invalid, match="each one once"):
        ask(hub, "home", "home", user="ada")
    with pytest.raises(Invalid, match=r"placements\.x\.policy: no policy named 'randon'; did you mean 'random'"):
        put(hub, "placement", "x", policy="randon")
    with pytest.raises(Invalid, match=r"actions\.x\.starts"):
        put(hub, "action", "x", starts="soon")
    assert ask(hub, user="ada")[0].offers
