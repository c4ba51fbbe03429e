"""Plug-ins are found by entry point and by folder, and what is missing or broken is told."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from harken.errors import NotFound, Unavailable
from harken.plugins import _loaded, found, load, open_store

FILES = {
    "__init__.py": "",
    "paper.py": "class Store:\n    scheme = 'paper+a4'\n    def __init__(self, url): self.url = url\n",
    "plain.py": "class Store: pass\n",
    "lake.py": "NOT_A_STORE = True\n",
    "_hidden.py": "raise RuntimeError('never opened')\n",
    "needs.py": "import a_package_nobody_has\nclass Store: pass\n",
}


@pytest.fixture
def group(tmp_path: Path) -> Iterator[str]:
    """A folder of plug-ins without any entry point."""
    (tmp_path / "shelf_of_stores").mkdir()
    for name, text in FILES.items():
        (tmp_path / "shelf_of_stores" / name).write_text(text)
    sys.path.insert(0, str(tmp_path))
    yield "shelf_of_stores"
    sys.path.remove(str(tmp_path))
    for name in [name for name in sys.modules if name.startswith("shelf_of_stores")]:
        del sys.modules[name]


def test_a_file_in_the_folder_is_a_plug_in_under_its_scheme_or_its_own_name(group: str) -> None:
    assert found(group) == {"paper+a4": "shelf_of_stores.paper:Store", "plain": "shelf_of_stores.plain:Store"}
    paper = load(group, "paper+a4")
    assert isinstance(paper, type)
    assert paper("x").url == "x"


def test_what_is_not_there_is_told_with_what_there_is(group: str) -> None:
    with pytest.raises(NotFound, match=r"no 'stone' in shelf_of_stores; there is paper\+a4, plain"):
        load(group, "stone")
    with pytest.raises(NotFound, match="there is nothing"):
        load(group, "paper", "Connector")


def test_an_installed_plug_in_that_cannot_be_loaded_is_told_with_what_it_needs() -> None:
    for value in ("a_package_nobody_has.stores:Store", "harken.stores.memory:Nothing"):
        with pytest.raises(Unavailable, match=r"'gone' of harken\.stores .* cannot be loaded"):
            _loaded(EntryPoint("gone", value, "harken.stores"))


def test_postgres_is_another_name_and_case_does_not_matter() -> None:
    assert open_store("MEMORY:").scheme == "memory"
    assert open_store("memory://").scheme == "memory"
    with pytest.raises(Unavailable):
        open_store("postgres://nobody@127.0.0.1:1/none?connect_timeout=1")
