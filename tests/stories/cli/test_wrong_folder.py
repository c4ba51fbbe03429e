"""A folder that is not the one the events were settled into is refused with what is right, and nothing is made there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import harken
import postgres
from harken.errors import Unavailable
from stories.cli.terminal import Terminal
from stories.hub.telling import NOW, did, hear

LOOKING = ["map", "profile user_id:u1", "doctor", "erase user_id:u1 --yes", "keys list", "quarantine list", "pull out"]
MAKING = ["keys create write", "import visits.csv --who user_id=who --time at --event what"]


@pytest.fixture
def url() -> str:
    """A PostgreSQL store that has settled three events into `right/lake`."""
    store = postgres.server().fresh()
    with harken.open("right", store=store) as hub:
        hear(hub, *[did("Seen", NOW + number, user=f"u{number}") for number in range(3)])
        hub.settle()
    return store


@pytest.fixture(autouse=True)
def at(terminal: Terminal) -> None:
    terminal.write("visits.csv", "who,at,what\nu9,2024-10-04T10:00:00Z,Seen\n")


@pytest.mark.parametrize("words", [*LOOKING, *MAKING])
def test_a_wrong_folder_beside_a_shared_store_is_refused_and_not_made(terminal: Terminal, url: str, words: str) -> None:
    shown = terminal(*words.split(), "--store", url, "--data", "wrong", at_hub=False)
    assert shown.code == 1
    said = " ".join((shown.out + shown.err).split())
    assert f"{terminal.folder}/wrong/lake" in said.replace(" ", "")  # a table folds a long path
    assert "is not the lake of this store" in said
    assert "with 3 events" in said
    assert "--lake" in said
    assert not Path("wrong").exists()
    assert not Path("out").exists()


def test_the_right_folder_is_taken_by_either_name(terminal: Terminal, url: str) -> None:
    for place in (["--data", "right"], ["--data", "wrong", "--lake", "right/lake"]):
        shown = terminal("doctor", "--store", url, *place, at_hub=False)
        assert shown.code == 0, shown
        assert "3 in " in shown.out
        assert not Path("wrong").exists()


def test_serve_does_not_begin_a_second_lake(terminal: Terminal, url: str) -> None:
    process = terminal.start("serve", "--port", "0", HARKEN_STORE=url)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "is not the lake of this store" in " ".join(said.split())
    assert not Path(terminal.data).exists()


def test_as_long_as_nothing_is_settled_any_folder_is_right_and_looking_makes_none(terminal: Terminal) -> None:
    store = postgres.server().fresh()
    with harken.open("right", store=store) as hub:
        hear(hub, did("Seen", NOW, user="u1"))
    assert terminal("profile", "user_id:u1", "--store", store).code == 0
    assert terminal("doctor", "--store", store).code == 0
    assert not Path(terminal.data).exists()


def test_a_database_file_that_was_moved_without_its_lake_says_so(terminal: Terminal) -> None:
    with harken.open(terminal.data) as hub:
        hear(hub, did("Seen", NOW, user="u1"))
        hub.settle()
    Path("moved").mkdir()
    shutil.copy(Path(terminal.data) / "harken.db", "moved/harken.db")
    with pytest.raises(Unavailable, match="moved/lake is not the lake of this store") as refused:
        harken.open("moved")
    assert refused.value.code == "wrong_lake"
    with harken.open("moved", lake=f"{terminal.data}/lake") as hub:
        assert hub.journeys.events().collect().height == 1


def test_a_lost_file_is_told_by_doctor_and_by_who_would_read_it(terminal: Terminal) -> None:
    """One file of several: the hub goes on hearing, but does not show a map that lacks customers."""
    with harken.open(terminal.data) as hub:
        for number in range(3):
            hear(hub, did("Seen", NOW + number, user="u1"))
            hub.settle()
    [_, lost, _] = sorted((Path(terminal.data) / "lake/events").iterdir(), key=lambda file: file.stat().st_mtime_ns)
    lost.unlink()
    shutil.rmtree(Path(terminal.data) / "lake/index")  # it knows what was in the file, so a map would still be whole
    shown = terminal("doctor")
    said = " ".join(shown.out.split())
    assert shown.code == 1
    assert "1 of the 3 runs of the lake" in said
    assert lost.name in said.replace(" ", "")
    assert "1 events cannot be read until they are put back from a backup" in said
    for words in ("map", "profile user_id:u1"):
        shown = terminal(*words.split())
        assert shown.code == 1, shown
        assert lost.name in shown.err.replace("\n", "").replace(" ", "")
        assert "`harken doctor` says what is missing" in " ".join(shown.err.split())
    with harken.open(terminal.data) as hub:
        assert hear(hub, did("Seen", NOW + 9, user="u1")).accepted == 1
        with pytest.raises(Unavailable, match="harken doctor"):
            hub.erase("user_id:u1", by="op")
