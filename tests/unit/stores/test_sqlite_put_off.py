"""What SQLite puts off (claims, trail states) ends up in its place, whatever happens on the way: told with everything moving fast."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import test_stores_nodes as nodes
from contracts.stores import Place, event, stored, trail
from contracts.test_stores_model import run
from harken.plugins import open_store
from harken.stores import Changes
from harken.stores.sqlite.claims import keys_of
from harken.words import digest


def hasty(folder: Path) -> Place:
    """A place where what is put off moves after a few ids and bytes, so that small tests see all of it."""
    store = open_store(str(folder))
    store.close()
    with sqlite3.connect(folder / "harken.db") as db:
        paces = {"claim step": 3, "claim slices": 4, "late step": 300, "late slices": 3, "late span": 1}
        db.executemany("UPDATE marks SET value = ? WHERE name = ?", [(value, name) for name, value in paces.items()])
    db.close()
    return Place(str(folder))


def test_any_transactions_leave_what_they_leave_in_memory_when_everything_moves_fast(tmp_path: Path) -> None:
    made: list[Place] = []

    def make() -> Place:
        made.append(hasty(tmp_path / str(len(made))))
        return made[-1]

    run(make, 15)


def test_nodes_and_kills_do_no_harm_when_everything_moves_fast(tmp_path: Path) -> None:
    nodes.test_a_killed_process_loses_nothing_it_had_told_and_leaves_nothing_half(hasty(tmp_path / "kill"), 7)
    nodes.test_two_processes_claim_every_event_once(hasty(tmp_path / "claim"))
    place = hasty(tmp_path / "two")
    nodes.test_what_one_node_wrote_the_other_sees_and_goes_on_from((place.open(), place.open()))
    place.close()
    place = hasty(tmp_path / "forget")
    nodes.test_what_one_node_forgot_the_other_has_forgotten((place.open(), place.open()))
    place.close()


def test_many_small_commits_leave_a_short_journal_to_look_through(tmp_path: Path) -> None:
    place = hasty(tmp_path)
    with sqlite3.connect(tmp_path / "harken.db") as db:
        db.execute("UPDATE marks SET value = 16000 WHERE name = 'late step'")
    db.close()
    store = place.open()
    for round in range(200):
        with store.begin() as tx:
            tx.write(Changes(trails=[trail(str(round % 7), state=b"%d" % round)]))
    with sqlite3.connect(tmp_path / "harken.db") as db:
        assert db.execute("SELECT count(*) FROM late").fetchone()[0] <= 16 * 4
    db.close()
    with store.read() as view:
        assert [view.trails([trail(str(n)).tid])[trail(str(n)).tid].state for n in range(7)] == [
            b"%d" % max(round for round in range(200) if round % 7 == n) for n in range(7)
        ]
    store.close()


def test_claims_and_trails_end_up_in_their_tables_and_the_logs_stay_short(tmp_path: Path) -> None:
    place = hasty(tmp_path)
    store = place.open()
    states = {}
    for round in range(60):
        ids = [event(round * 5 + n).id for n in range(5)]
        with store.begin() as tx:
            assert tx.claim(ids, -1) == set()
            mine = trail(str(round % 7), state=b"%d" % round * 9)
            states[mine.tid] = stored(mine)
            tx.write(Changes(trails=[mine]))
    with sqlite3.connect(tmp_path / "harken.db") as db:
        assert db.execute("SELECT count(*) FROM seen").fetchone()[0] > 280
        assert db.execute("SELECT sum(length(ids)) / 12 FROM claim").fetchone()[0] <= 20
        assert db.execute("SELECT count(*) FROM late").fetchone()[0] <= 16
    db.close()
    for one in (store, place.open()):
        with one.begin() as tx:
            everything = {event(n).id for n in range(300)}
            assert tx.claim([*everything, digest("new", str(one))], -1) == everything
            assert {key: stored(value) for key, value in tx.trails(states).items()} == states
    place.close()


@given(st.lists(st.lists(st.integers(0, 60), unique=True, max_size=9), max_size=12))
@settings(max_examples=30, deadline=None)
def test_every_claim_is_exact_whatever_has_moved(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[int]]
) -> None:
    place = hasty(tmp_path_factory.mktemp("claims"))
    heard: set[str] = set()
    store = place.open()
    for number, batch in enumerate(batches):
        if number % 4 == 3:
            store = place.open()
        ids = [digest("shop", str(one)) for one in batch]
        with store.begin() as tx:
            assert tx.claim(ids, 5) == heard & set(ids)
        heard |= set(ids)
    place.close()


def test_ids_that_are_not_harkens_own_are_claimed_as_well(tmp_path: Path) -> None:
    odd = ["", "x", "é" * 16, "a" * 15 + "!", "a" * 16, "a" * 16_000, "Ab-_" * 4, "\0" * 16]
    assert len(set(keys_of(odd))) == len(odd)
    assert {len(key) for key in keys_of(odd)} == {12}
    store = open_store(str(tmp_path))
    with store.begin() as tx:
        assert tx.claim(odd, 3) == set()
        assert tx.claim(["new", *odd], 3) == set(odd)
    store.close()
