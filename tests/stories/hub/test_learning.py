"""A hub whose decisions learn from what customers answer, and forget exactly what an erased one taught."""

from __future__ import annotations

import random
from itertools import count
from typing import Any

import numpy as np
import pytest

from harken.decide.learning.snapshot import Snapshot
from harken.errors import Invalid, NotFound
from harken.hub import Hub
from harken.hub.deciding import Ask
from harken.words import DAY, Identifier
from stories.hub.telling import Place, hear, told

HTML = [{"format": "html", "body": "<b>hi</b>"}]
YES = [{"code": "yes", "sentiment": "positive", "within": "2d"}, {"code": "no", "sentiment": "negative"}]


def put(hub: Hub, kind: str, id: str, **fields: Any) -> None:
    hub.documents.put(kind, {"id": id, **fields}, by="op")
    hub.documents.publish(kind, id, by="op", reason="test")


def catalogue(hub: Hub) -> None:
    put(hub, "segment", "gold", rule={"trait": "plan", "is": "gold"})
    put(hub, "placement", "home", channel="web", keep="", policy="harken")
    for id in ("phone", "plan"):
        put(hub, "action", id, topic=id, assets=HTML, responses=YES)


def ask(hub: Hub, user: str) -> tuple[str, str, float]:
    """The decision, what it shows, and with what chance."""
    found = hub.decide(Ask(placements=("home",), identifiers=(Identifier("user_id", user),), source="web"))[0]
    assert found.offers[0].propensity is not None
    return found.id, found.offers[0].action, found.offers[0].propensity


def model(hub: Hub) -> Snapshot | None:
    with hub.core.read() as view:
        return hub.learning.models(view).get("harken")


def known_of(hub: Hub) -> dict[str, np.ndarray[Any, Any]]:
    found = model(hub)
    assert found is not None
    return {name: np.array(one) for name, one in found.numbers.items() if name.startswith(("own", "shared", "group"))}


def test_gold_customers_come_to_see_what_gold_customers_like(hub: Hub) -> None:
    """Whoever has the gold plan likes phones, all others plans."""
    catalogue(hub)
    chance = random.Random(3)
    likes = {"gold": "phone", "tin": "plan"}
    people = [(f"u{number}", "gold" if number % 2 else "tin") for number in range(40)]
    hear(hub, *(told(user=user, plan=plan) for user, plan in people))
    best: list[bool] = []
    seeds = count()
    hub.deciding.seed = lambda: f"seed {next(seeds)}"
    for turn in range(8):
        for user, plan in people:
            decision, action, _ = ask(hub, user)
            hub.respond(decision, "seen")
            if chance.random() < (0.6 if likes[plan] == action else 0.05):
                hub.respond(decision, "yes")
            if turn == 7:
                best.append(likes[plan] == action)
        assert hub.learning.learn(hub.core.clock()) > 0
    assert sum(best) > 32, "of 40; by chance it were 20"
    found = model(hub)
    assert found is not None
    assert (found.about.version, found.about.lessons) == (8, 320)
    assert hub.learning.learn(hub.core.clock()) == 0, "nobody answered since"


def test_a_question_that_failed_half_way_leaves_nothing_that_later_ones_miss(hub: Hub) -> None:
    """Its transaction was rolled back, with the notes that decisions refer to."""
    catalogue(hub)
    hear(hub, told(user="ada", plan="gold"))
    ada = (Identifier("user_id", "ada"),)
    huge = {"text": "x" * 100_000}
    with pytest.raises(Invalid, match="bytes"):
        hub.decide(Ask(placements=("home",), identifiers=ada, source="web", properties=huge))
    with pytest.raises(NotFound, match="hero"):
        hub.decide(Ask(placements=("home", "hero"), identifiers=ada, source="web"))
    assert [one.type for one in hub.timeline("user_id:ada").data] == ["identify"]
    decision, _, _ = ask(hub, "ada")
    hub.respond(decision, "seen")
    assert hub.learning.learn(hub.core.clock()) == 1
    assert known_of(hub)
    assert hub.why(decision).faithful is True
    many = tuple(Identifier("email", f"a{number}@example.test") for number in range(33))
    with pytest.raises(Invalid, match="at most 32"):
        hub.decide(Ask(placements=("home",), identifiers=many, source="web"))


def test_a_yes_takes_the_no_of_being_seen_back(hub: Hub) -> None:
    catalogue(hub)
    hear(hub, told(user="ada", plan="gold"), told(user="bob", plan="gold"))
    decision, _, _ = ask(hub, "ada")
    hub.respond(decision, "seen")
    hub.learning.learn(hub.core.clock())
    hub.respond(decision, "yes")
    hub.respond(decision, "yes")
    hub.learning.learn(hub.core.clock())
    found = model(hub)
    assert found is not None
    assert (found.about.lessons, found.numbers["seen"].sum(), found.numbers["positive"].sum()) == (1, 1, 1)
    ask(hub, "bob")  # decided and never seen: teaches nothing
    assert hub.learning.learn(hub.core.clock()) == 0


def test_an_erased_customer_is_forgotten_exactly(hub: Hub, place: Place) -> None:
    catalogue(hub)
    hear(hub, *(told(user=user, plan="gold") for user in ("ada", "bob", "cyd")))
    for user in ("ada", "bob"):
        hub.respond(ask(hub, user)[0], "seen")
    hub.learning.learn(hub.core.clock())
    before = known_of(hub)
    decision, _, _ = ask(hub, "cyd")
    hub.respond(decision, "seen")
    hub.respond(decision, "yes")
    hub.learning.learn(hub.core.clock())
    receipt = hub.erase("user_id:cyd", by="op")
    assert receipt.places["lessons of decisions"] == 1
    hub.learning.learn(hub.core.clock())
    after = known_of(hub)
    for name, one in before.items():
        if one.shape == after[name].shape:
            assert np.allclose(one, after[name], atol=1e-6), name
    with hub.core.read() as view:
        assert not [name for name in view.notes("lesson:") if decision.partition(".")[2] in name]
    place.clock.forward(seconds=1)


def test_another_node_and_a_restart_go_on_with_what_was_learned(shared: Place) -> None:
    hub = shared.open()
    catalogue(hub)
    hear(hub, told(user="ada", plan="gold"), told(user="bob", plan="gold"))
    hub.respond(ask(hub, "ada")[0], "seen")
    hub.learning.learn(hub.core.clock())
    other = shared.open()
    other.respond(ask(other, "bob")[0], "seen")
    assert other.learning.learn(other.core.clock()) == 1
    hub.respond(ask(hub, "ada")[0], "seen")
    assert hub.learning.learn(hub.core.clock()) == 1
    again = shared.again(hub)
    found = model(again)
    assert found is not None
    assert (found.about.version, found.about.lessons) == (3, 3)


def test_a_decision_that_was_drawn_is_made_again_while_its_model_is_kept(hub: Hub) -> None:
    catalogue(hub)
    hear(hub, told(user="ada", plan="gold"))
    first, _, _ = ask(hub, "ada")
    hub.respond(first, "seen")
    hub.learning.learn(hub.core.clock())
    second, shown, propensity = ask(hub, "ada")
    hub.respond(second, "yes")
    hub.learning.learn(hub.core.clock())
    for decision in (first, second):
        assert hub.why(decision).faithful is True
    best = hub.why(second).actions[0]
    assert (best.action, best.propensity) == (shown, propensity)
    assert best.chance is not None
    assert 0 < best.chance < 1
    assert hub.why_not("user_id:ada", "phone", "home").actions[0].chance is not None


def test_chances_are_put_right_once_no_other_answer_can_come(hub: Hub, place: Place) -> None:
    catalogue(hub)
    hear(hub, told(user="ada", plan="gold"))
    decision, _, _ = ask(hub, "ada")
    hub.respond(decision, "seen")
    hub.learning.learn(hub.core.clock())
    assert model(hub).about.answers == 0  # type: ignore[union-attr]
    place.clock.forward(seconds=2 * 86_400 + 7_200)
    hub.learning.learn(hub.core.clock())
    assert model(hub).about.answers == 1  # type: ignore[union-attr]
    hub.respond(decision, "yes", at=hub.core.clock() - DAY)
    hub.learning.learn(hub.core.clock())
    assert model(hub).numbers["positive"].sum() == 0, "it came too late"  # type: ignore[union-attr]


def test_an_action_that_is_gone_is_forgotten_and_a_new_one_begins(hub: Hub) -> None:
    catalogue(hub)
    hear(hub, told(user="ada", plan="gold"))
    for _ in range(6):
        hub.respond(ask(hub, "ada")[0], "seen")
    hub.learning.learn(hub.core.clock())
    hub.documents.retire("action", "phone", by="op")
    put(hub, "action", "tv", topic="tv", assets=HTML, responses=YES)
    for _ in range(6):
        decision, action, _ = ask(hub, "ada")
        assert action in ("plan", "tv")
        hub.respond(decision, "seen")
    hub.learning.learn(hub.core.clock())
    found = model(hub)
    assert found is not None
    assert "phone" not in found.about.actions


@pytest.mark.parametrize("code", ["no", "neutral"])
def test_any_answer_says_that_it_was_seen(hub: Hub, code: str) -> None:
    catalogue(hub)
    hear(hub, told(user="ada", plan="gold"))
    hub.respond(ask(hub, "ada")[0], code)
    hub.learning.learn(hub.core.clock())
    found = model(hub)
    assert found is not None
    assert (found.about.lessons, found.numbers["positive"].sum()) == (1, 0)
