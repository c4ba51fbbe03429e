"""Vowpal Wabbit in the same seats, through its documented Python interface (`pip install vowpalwabbit`)."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np

from benchmarks.deciding.simulator import FEATURES, Moment, World

THERE = find_spec("vowpalwabbit") is not None
SETTINGS = {  # published beside the numbers
    "epsilon .05": "--epsilon 0.05",
    "epsilon .01 -l 2": "--epsilon 0.01 -l 2 --power_t 0.5",
    "SquareCB": "--squarecb",
}


class Bandit:
    """A contextual bandit with features of actions."""

    def __init__(self, settings: str, crosses: str, seed: int) -> None:
        from vowpalwabbit import Workspace

        self.vw = Workspace(f"--cb_explore_adf --quiet {settings} {crosses} --random_seed {seed}")
        self.random = np.random.default_rng(seed)

    def choose(self, shared: str, actions: list[str]) -> tuple[int, float]:
        """A place, and the chance it had."""
        chances = np.array(self.vw.predict([f"shared |{shared}", *(f"|{one}" for one in actions)]))
        chances /= chances.sum()
        place = int(self.random.choice(len(chances), p=chances))
        return place, float(chances[place])

    def told(self, shared: str, actions: list[str], place: int, chance: float, reward: float) -> None:
        lines = [f"|{one}" for one in actions]
        lines[place] = f"0:{-reward}:{chance} {lines[place]}"
        self.vw.learn([f"shared |{shared}", *lines])


class Player:
    """In the simulator: context, action, topic and features in namespaces, crossed as the model needs them."""

    def __init__(self, world: World, settings: str) -> None:
        self.world = world
        self.bandit = Bandit(settings, "-q ua -q ug -q uf", 1)
        self.waiting: tuple[str, list[str], float] = ("", [], 0.0)

    def choose(self, at: int, moment: Moment) -> int:
        shared = "u " + numbered(moment.context[1:])
        actions = [
            f"a {one} |g {self.world.topic[one]} |f "
            + " ".join(f"f{number}:{self.world.features[one, number]:.4f}" for number in range(FEATURES))
            for one in moment.eligible
        ]
        place, chance = self.bandit.choose(shared, actions)
        self.waiting = shared, actions, chance
        return place

    def told(self, at: int, moment: Moment, place: int, yes: bool) -> None:
        shared, actions, chance = self.waiting
        self.bandit.told(shared, actions, place, chance, float(yes))


def numbered(values: Any) -> str:
    """Features as text, zeros left out."""
    return " ".join(f"{number}:{value:.4f}" for number, value in enumerate(values) if value)
