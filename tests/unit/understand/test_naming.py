"""Places a question names that are none: told, with what was meant."""

from __future__ import annotations

import pytest

from harken.understand import Scope, journeys_of
from harken.understand.levels import parts_of
from harken.understand.naming import unknown
from harken.understand.questions.funnel import FunnelQuestion
from harken.understand.questions.paths import PathsQuestion
from unit.understand.logs import catalogue, frame, log

EVENTS = log(("a", 0, "web: Plan page"), ("a", 1, "call_center: Billing call"), ("a", 2, "web: /odd"))


def told(question: Scope) -> tuple[str, ...]:
    return unknown(journeys_of(frame(EVENTS), catalogue(), question), catalogue(), question)


@pytest.mark.parametrize(
    ("step", "wanted"),
    [
        ("web: Plan page", ()),
        ("web: *", ()),
        ("stage:consider | channel:call_center", ()),
        ("web: Plan pgae", ("There is no place 'web: Plan pgae' (did you mean 'web: Plan page'?).",)),
        ("WEB: PLAN PAGE", ("There is no place 'WEB: PLAN PAGE' (did you mean 'web: Plan page'?).",)),
        ("web: Plan page | stage:considr", ("There is no place 'stage:considr' (did you mean 'stage:consider'?).",)),
        ("store: *", ("There is no place 'store: *'.",)),
        ("entirely else", ("There is no place 'entirely else'.",)),
        ("web: Sign-up", ("Nobody was ever at 'web: Sign-up'.",)),
    ],
)
def test_each_part_of_a_pattern_is_looked_for(step: str, wanted: tuple[str, ...]) -> None:
    assert told(FunnelQuestion(steps=(step,))) == wanted


def test_ends_of_journeys_are_places_of_paths() -> None:
    for anchor in ("START", "END", "OPEN", "BEFORE"):
        assert told(PathsQuestion(anchor=anchor)) == ()


def test_goals_backgrounds_and_exclusions_are_looked_at_too() -> None:
    question = FunnelQuestion(steps=("web: *",), exclude=("web: Nope between 1 and 2",), background=("web: Home",))
    assert len(told(question)) == 2
    assert len(told(Scope(journey="goal", goal=("web: Thnks",)))) == 1


def test_a_pattern_without_a_known_word_before_the_colon_is_a_touchpoint() -> None:
    assert parts_of("web: Basket") == [("touchpoint", "web: Basket", "web: Basket")]
