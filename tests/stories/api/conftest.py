"""One running hub for the stories that do not end it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from stories.api.running import Running

_number = count()


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(tmp_path_factory.mktemp("hub")) as server:
        yield server


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A name no other test uses, for customers and messages."""
    return f"{request.node.originalname[5:30]}-{next(_number)}"
