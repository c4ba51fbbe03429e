from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import postgres
from harken.hub import Hub
from stories.hub.telling import Place, Places

STORES = ("memory", "sqlite", "postgresql")


@pytest.fixture
def place_of(tmp_path: Path) -> Iterator[Places]:
    """Makes fresh places of a store, by its name."""
    made: list[Place] = []

    def make(store: str = "sqlite") -> Place:
        data = tmp_path / f"data{len(made)}"
        if store == "memory":
            place = Place("memory:", data, several=False, lasting=False)
        elif store == "sqlite":
            place = Place("", data, several=True, lasting=True)
        else:
            place = Place(postgres.server().fresh(), data, several=True, lasting=True)
        made.append(place)
        return place

    yield make
    for place in made:
        place.close()


@pytest.fixture(params=STORES)
def place(request: pytest.FixtureRequest, place_of: Places) -> Place:
    return place_of(request.param)


@pytest.fixture(params=("sqlite", "postgresql"))
def shared(request: pytest.FixtureRequest, place_of: Places) -> Place:
    """A place that several hubs may have open at once."""
    return place_of(request.param)


@pytest.fixture
def hub(place: Place) -> Hub:
    return place.open()


@pytest.fixture
def sqlite_hub(place_of: Places) -> Hub:
    return place_of("sqlite").open()
