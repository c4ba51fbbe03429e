"""Every event is in the lake or the tail, once, under the profile that owns its trail; whatever happened before."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.lake.world import World
from harken.words import DAY


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_every_event_is_there_once_and_with_its_owner_whatever_was_done(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    world = World(tmp_path_factory.mktemp("world") / "lake", seed)
    verbs = [world.hear, world.hear, world.settle, world.settle, world.move, world.refile, world.erase,
             world.compact, world.relabel, world.sweep]  # fmt: skip
    world.hear()
    for step in range(14):
        world.now += DAY // 7
        world.chance.choice(verbs)()
        if step % 4 == 3:
            world.check()
    world.check()
