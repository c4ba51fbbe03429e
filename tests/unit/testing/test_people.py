"""Simulated customers react as their persona, need and memory say."""

from __future__ import annotations

from random import Random

from harken.testing import Clock, Shown, chance, respond, tideline
from harken.testing.people import Person, likes
from harken.testing.tideline.goods import PERSONAS
from harken.words import SECOND

OFFER = Shown(placement="web: Home page", action="family-share", topic="plans/family", value=0.3)


def somebody(persona: str) -> Person:
    return next(
        person for number in range(1_000) if (person := tideline.person(seed=1, number=number)).persona.id == persona
    )


def test_there_are_eight_personas_and_everybody_is_one_of_them() -> None:
    assert len(PERSONAS) == 8
    assert abs(sum(persona.share for persona in PERSONAS) - 1) < 1e-9
    kinds = [tideline.person(seed=1, number=number).persona.id for number in range(2_000)]
    for persona in PERSONAS:
        share = kinds.count(persona.id) / len(kinds)
        assert 0.6 * persona.share < share < 1.6 * persona.share


def test_an_offer_suits_who_likes_its_topic() -> None:
    assert chance(somebody("family_organizer"), OFFER) > 3 * chance(somebody("quiet_regular"), OFFER)


def test_somebody_with_a_problem_wants_it_solved_and_nothing_sold() -> None:
    person = somebody("family_organizer")
    before = chance(person, OFFER)
    person.need = "billing"
    fix = Shown(placement="app: View bill", action="explain-bill", kind="service", solves="billing")
    assert chance(person, OFFER) < before
    assert chance(person, fix) > 0.4


def test_the_same_thing_again_works_less_and_annoys_more() -> None:
    person = somebody("family_organizer")
    before = chance(person, OFFER)
    negative = []
    for turn in range(400):
        if turn == 200:
            negative.append(0)
        response = respond(person, OFFER, Random(turn)).response
        negative[-1:] = [(negative or [0])[-1] + (response == "negative")]
    assert person.seen["family-share"] > 300
    assert chance(person, OFFER) < before / 3


def test_responses_come_as_often_as_their_true_chance() -> None:
    person = somebody("student")
    positive = expected = 0.0
    for turn in range(3_000):
        person.seen, person.mood, person.need, person.pull = {}, 0.0, "", ""
        reaction = respond(person, OFFER, Random(turn))
        positive += reaction.response == "positive"
        expected += reaction.chance * 0.92
    assert abs(positive - expected) < 4 * expected**0.5


def test_a_good_answer_draws_them_on_and_solves_their_need() -> None:
    person = somebody("newcomer")
    fix = Shown(placement="web: ID check", action="video", kind="service", solves="id_check", leads_to="web: ID check")
    for turn in range(50):
        person.need, person.mood, person.seen, person.pull = "id_check", 0.0, {}, ""
        reaction = respond(person, fix, Random(turn), now=5 * SECOND)
        if reaction.solved:
            break
    assert person.need == ""
    assert person.pull == "web: ID check"
    assert person.pull_until > 5 * SECOND
    assert person.mood > 0


def test_the_same_draws_give_the_same_reaction() -> None:
    assert respond(somebody("student"), OFFER, Random(3)) == respond(somebody("student"), OFFER, Random(3))


def test_liking_a_topic_reaches_down_the_tree() -> None:
    tech = somebody("tech_enthusiast")
    assert likes(tech, "phones/android/pixel") == likes(tech, "phones") == 0.9
    assert likes(tech, "plans/senior") == 0.0


def test_a_clock_moves_only_when_told() -> None:
    clock = Clock(1_000 * SECOND)
    assert clock() == clock() == 1_000 * SECOND
    assert clock.forward(minutes=1, hours=1) == 4_660 * SECOND
    assert clock.set(5) == clock() == 5
