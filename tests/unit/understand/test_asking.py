"""What people ask -> a question: its fields, their kinds, what they are for, and what is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import pytest

from harken.errors import Invalid
from harken.understand import Scope, analyses
from harken.understand.asking import FLAG, LENGTH, MOMENT, TEXT, WHOLE, fields_of_question, length, question_of
from harken.words import DAY, SECOND, Micros

SIZES = ("small", "large")


class PickyQuestion(Scope, frozen=True, kw_only=True):
    """One field of each kind."""

    steps: tuple[str, ...]  # places, in order
    window: Micros | None = 7 * DAY  # all within this
    limit: int = 10
    share: float = 0.5
    whole: bool = False
    way: Literal["here", "there"] = "here"
    size: str = "small"
    """How large it is,
    in words."""
    waits: tuple[Micros, ...] = ()
    changed_at: Micros | None = None


def asked(**said: object) -> PickyQuestion:
    found = question_of("tested", PickyQuestion, said, lambda value, name: 5)
    assert isinstance(found, PickyQuestion)
    return found


def test_fields_have_kinds_words_and_what_they_are_for() -> None:
    told = {one.name: one for one in fields_of_question(PickyQuestion)}
    assert next(iter(told)) == "steps"
    assert told["steps"].many
    assert told["steps"].required
    assert told["steps"].help == "places, in order"
    kinds = {name: told[name].kind for name in ("window", "limit", "whole", "changed_at", "since", "waits", "way")}
    assert kinds == {"window": LENGTH, "limit": WHOLE, "whole": FLAG, "changed_at": MOMENT, "since": MOMENT,
                     "waits": LENGTH, "way": TEXT}  # fmt: skip
    assert told["way"].words == ("here", "there")
    assert told["size"].words == SIZES
    assert told["size"].help == "How large it is, in words."
    assert told["window"].shown() == 604_800
    assert not {"now", "profiles"} & set(told)


def test_lengths_of_time_are_seconds_or_texts() -> None:
    for said in (7 * 86_400, "7d", "7 days", "1w", "168h", "604800", timedelta(days=7)):
        assert asked(steps=["a"], window=said).window == 7 * DAY
    assert asked(steps=["a"], waits=["1min", 30]).waits == (60 * SECOND, 30 * SECOND)
    assert asked(steps=["a"], window=None).window is None
    assert asked(steps=["a"], window="none").window is None
    for wrong in ("soon", "7 moons", "-3d", True, [], float("nan")):
        with pytest.raises(Invalid, match="a length of time"):
            length(wrong, "window")


def test_one_text_is_a_list_of_one() -> None:
    assert asked(steps="web: Home").steps == ("web: Home",)
    assert asked(steps=("a", "b")).steps == ("a", "b")


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({}, "needs steps: places, in order"),
        ({"steps": ["a"], "windw": 1}, "it asks for steps, window, limit"),
        ({"steps": ["a"], "limit": 1.5}, "a whole number"),
        ({"steps": ["a"], "limit": True}, "a whole number"),
        ({"steps": ["a"], "way": "nowhere"}, "one of here, there"),
        ({"steps": ["a"], "whole": 1}, "true or false"),
        ({"steps": 5}, "a list, each a text"),
        ({"steps": ["a", 5]}, "a text"),
        ({"steps": ["a"], "profiles": ["p"]}, "does not ask for 'profiles'"),
        ({"steps": ["a"], "level": "planet"}, "one of touchpoint, group"),
    ],
)
def test_what_is_wrong_is_told_with_what_would_be_right(said: dict[str, object], says: str) -> None:
    with pytest.raises(Invalid, match=says):
        asked(**said)


@pytest.mark.parametrize("name", sorted(analyses()))
def test_every_field_of_every_analysis_says_what_it_is_for(name: str) -> None:
    for field in fields_of_question(analyses()[name].question):
        assert field.help, f"{name}: {field.name} has no comment beside it"
