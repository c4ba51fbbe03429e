"""The stores under contract: for each scheme a fixture `<scheme>_places`, and `places` / `place` / `store` over all."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import postgres
from contracts.stores import STORES, Place, Places
from contracts.waiting import Beside
from harken.plugins import open_store
from harken.stores import Store


@pytest.fixture
def memory_places() -> Iterator[Places]:
    made: list[Place] = []

    def make() -> Place:
        made.append(Place("memory:", several=False, lasting=False))
        return made[-1]

    yield make
    for place in made:
        place.close()


@pytest.fixture
def sqlite_places(tmp_path: Path) -> Iterator[Places]:
    made: list[Place] = []

    def make() -> Place:
        made.append(Place(str(tmp_path / f"hub{len(made)}")))
        return made[-1]

    yield make
    for place in made:
        place.close()


@pytest.fixture
def postgresql_places() -> Iterator[Places]:
    made: list[Place] = []

    def make() -> Place:
        made.append(Place(postgres.server().fresh()))
        return made[-1]

    yield make
    for place in made:
        place.close()
        postgres.server().drop(place.url)


@pytest.fixture
def url() -> str:
    """A fresh PostgreSQL database."""
    return postgres.server().fresh()


@pytest.fixture
def nodes(url: str) -> Iterator[tuple[Store, Store]]:
    """The stores of two hub nodes over one PostgreSQL database."""
    first, second = open_store(url), open_store(url)
    yield first, second
    first.close()
    second.close()


@pytest.fixture
def beside() -> Iterator[Beside[object]]:
    """Runs something in another thread while the test goes on."""
    with ThreadPoolExecutor(4) as pool:
        yield pool.submit


@pytest.fixture(params=STORES)
def places(request: pytest.FixtureRequest) -> Places:
    """Makes fresh, empty places of one store after another."""
    return request.getfixturevalue(f"{request.param}_places")  # type: ignore[no-any-return]


@pytest.fixture
def place(places: Places) -> Place:
    return places()


@pytest.fixture
def store(place: Place) -> Store:
    return place.open()
