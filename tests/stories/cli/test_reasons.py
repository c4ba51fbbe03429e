"""Decisions at the terminal: the folder of the how-to put in force, and why something was shown."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import harken
from harken.hub.deciding import Ask
from harken.words import Identifier
from stories.cli.terminal import Terminal

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "decide-what-to-show.md"
YAML = re.compile(r"```yaml\n# (config/\w+\.yaml)\n(.*?)```", re.DOTALL)


@pytest.fixture
def decided(terminal: Terminal) -> tuple[Terminal, str]:
    """The documents as the how-to writes them, a customer who may not be made offers, and a decision."""
    for name, text in YAML.findall(PAGE.read_text(encoding="utf-8")):
        terminal.write(name, text)
    applied = terminal("apply", "config", "--reason", "to try it")
    assert applied.code == 0, applied.err
    with harken.open(terminal.data) as hub:
        ask = Ask(placements=("home-hero",), identifiers=(Identifier("user_id", "ada"),), source="web")
        return terminal, hub.decide(ask)[0].id


def test_why_says_what_was_shown_and_what_would_change_it(decided: tuple[Terminal, str]) -> None:
    terminal, decision = decided
    shown = terminal("why", decision)
    assert shown.code == 0, shown.err
    assert "Showed welcome: the only one of 2 actions that was allowed." in shown.out
    assert "made again bit for bit" in shown.out
    assert "said nothing to offers" in shown.out
    assert "What would change it" in shown.out
    shown = terminal("why", decision, "--json")
    assert shown.code == 0, shown.err
    told = json.loads(shown.out)
    assert told["actions"][0]["action"] == "welcome"


def test_why_not_says_where_an_action_fails(decided: tuple[Terminal, str]) -> None:
    terminal, _ = decided
    shown = terminal("why-not", "user_id:ada", "unlimited", "home-hero")
    assert "consent: said nothing to offers" in shown.out
    wrong = terminal("why-not", "user_id:ada", "unlimitd", "home-hero")
    assert (wrong.code, "there are: unlimited, welcome" in wrong.err) == (1, True)
    assert terminal("why", "x.y").code == 1
