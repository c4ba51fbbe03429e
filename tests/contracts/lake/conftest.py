"""A lake, and a store with a trail for everybody."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.lake.holding import PEOPLE, put
from contracts.stores import trail
from harken.stores.lake import Lake
from harken.stores.memory import Store as Memory


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.fixture
def store() -> Memory:
    made = Memory("memory:")
    put(made, trails=[trail(name) for name in PEOPLE])
    return made
