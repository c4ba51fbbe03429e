"""The PostgreSQL store and its server: connections that end, a server that goes away, upkeep, and what is told of it."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

import postgres
from contracts.stores import dropped, event, known, tid, trail, write
from contracts.waiting import PATIENCE, again
from harken.errors import Invalid, Unavailable
from harken.stores import Changes, Retry
from harken.stores import postgres as ours
from harken.stores.postgres import Store
from harken.stores.postgres.link import SESSION, SQL
from harken.words import Membership, digest

# ---------------------------------------------------------------- a server that goes away


def cut_off(url: str) -> None:
    """End every connection of the stores, as an administrator or a failing network would."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'harken' AND datname = current_database()"
        )


def test_a_connection_lost_in_the_middle_is_a_retry_and_nothing_was_written(
    url: str, nodes: tuple[Store, Store]
) -> None:
    store = nodes[0]
    write(store, trails=[trail("ada")])
    for verb in range(3):
        with pytest.raises(Retry), store.begin() as tx:  # noqa: PT012 - at the end of the block
            tx.write(Changes(events=[event(verb)]))
            cut_off(url)
            (tx.last_seq, lambda: tx.write(Changes(events=[event(9)])), lambda: None)[verb]()
    with store.read() as view:
        assert view.tail(0, 10) == []
    assert write(store, events=[event(1)])[0].seq == 1


def test_cut_off_at_any_moment_it_has_what_was_told_as_written_and_nothing_else(
    url: str, nodes: tuple[Store, Store]
) -> None:
    store, over, told, unknown = nodes[0], threading.Event(), 0, 0
    write(store, trails=[trail("ada")])

    def cutter() -> None:
        while not over.wait(random.random() * 0.03):
            cut_off(url)

    cutting = threading.Thread(target=cutter)
    cutting.start()
    try:
        for turn in range(150):
            ids = range(turn * 10, turn * 10 + 10)
            try:
                with store.begin() as tx:
                    tx.claim([event(n).id for n in ids], 1)
                    tx.known([known(str(n)).id for n in ids])
                    tx.write(Changes(known=[known("a")], trails=[trail("ada")], events=[event(n) for n in ids]))
                told += 10
            except Retry:
                pass
            except Unavailable:  # could not even be asked
                unknown += 10
    finally:
        over.set()
        cutting.join()
    with store.read() as view:
        there = view.counts()["events"]
        assert view.counts()["seen"] == there
        assert 0 < told <= there <= told + unknown
        assert [one.seq for one in view.tail(0, 10_000)] == list(range(1, there + 1))


def test_connections_that_died_while_idle_are_replaced_unnoticed(url: str, nodes: tuple[Store, Store]) -> None:
    for store in nodes:
        write(store, trails=[trail("ada")])
    cut_off(url)
    for store in nodes:
        with store.read() as view:
            assert view.counts()["trails"] == 1
        assert write(store, events=[event(1)])
    cut_off(url)
    assert nodes[0].lease("settle", 60)


def test_a_read_that_is_cut_off_is_unavailable(url: str, nodes: tuple[Store, Store]) -> None:
    with pytest.raises(Unavailable, match="cut short"), nodes[0].read() as view:  # noqa: PT012 - at the end of the block
        cut_off(url)
        view.counts()


def test_a_server_that_is_down_is_unavailable_and_what_was_committed_is_there_when_it_is_back() -> None:
    server = postgres.Postgres(durable=True)
    try:
        store = Store(server.fresh())
        write(store, trails=[trail("ada")], events=[event(1)])
        with pytest.raises((Retry, Unavailable)), store.begin() as tx:  # noqa: PT012 - at the end of the block
            tx.write(Changes(events=[event(2)]))
            server.stop("crash")
        for _ in range(2):
            with pytest.raises(Unavailable, match="cannot be reached"), store.begin():
                pass
        with pytest.raises(Unavailable, match="cannot be reached"), store.read():
            pass
        with pytest.raises(Unavailable, match="cannot be reached"):
            store.check()
        with pytest.raises(Unavailable):
            store.lease("settle", 5)
        server.start()
        with store.read() as view:
            assert [one.id for one in view.tail(0, 10)] == [event(1).id]
        assert write(store, events=[event(3)])[0].seq == 2
        assert "NOT durable" not in store.check()["durability"]
        server.stop()
        store.close()
    finally:
        server.close()


class Network:
    """Sits between a store and its server on a socket, and fails when it sees a commit."""

    def __init__(self, folder: Path, target: str) -> None:
        self.target = target
        self.how = ""  # "": works; "before": the commit never arrives; "after": its answer never comes
        self.down_until = 0.0  # after a failure it is down for a moment
        self.mute = False  # answers get lost
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(folder / ".s.PGSQL.5432"))
        self.listener.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            if time.monotonic() < self.down_until:
                near.close()
                continue
            self.mute = False
            far = socket.socket(socket.AF_UNIX)
            far.connect(self.target)
            threading.Thread(target=self.pump, args=(near, far, True), daemon=True).start()
            threading.Thread(target=self.pump, args=(far, near, False), daemon=True).start()

    def pump(self, source: socket.socket, drain: socket.socket, out: bool) -> None:
        try:
            while data := source.recv(65536):
                failing = self.how if out and b"COMMIT\0" in data else ""
                if failing:
                    self.mute = True
                if not out and self.mute:
                    break
                if failing != "before":
                    drain.sendall(data)
                if failing:
                    self.how, self.down_until = "", time.monotonic() + 0.5
                    break
        except OSError:
            pass
        for end in (source, drain):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def close(self) -> None:
        self.listener.close()


@pytest.fixture
def network(tmp_path_factory: pytest.TempPathFactory, url: str) -> Iterator[tuple[Network, str]]:
    host = postgres.server().place.partition("host=")[2].replace("%2F", "/")
    folder = tmp_path_factory.mktemp("n")
    one = Network(folder, f"{host}/.s.PGSQL.5432")
    yield one, url.partition("host=")[0] + f"host={str(folder).replace('/', '%2F')}"
    one.close()


def test_a_commit_that_came_through_is_told_as_one_even_when_its_answer_was_lost(network: tuple[Network, str]) -> None:
    line, url = network
    store = Store(url)
    things = (
        {"events": [event(1)]},
        {"dropped": [dropped(b"odd")]},
        {"memberships": [Membership(pid="p", segment="s\0", entered=True, at=5)]},
    )
    write(store, trails=[trail("ada")])
    for changes in things:
        line.how = "after"
        with store.begin() as tx:
            tx.write(Changes(**changes))  # type: ignore[arg-type]
        assert line.how == ""
    with store.read() as view:
        assert len(view.tail(0, 9)) == len(view.dead_letters(0, 9)) == len(view.memberships(0, 9)) == 1
    store.close()


def test_a_commit_that_never_arrived_is_a_retry(network: tuple[Network, str]) -> None:
    line, url = network
    store = Store(url)
    write(store, trails=[trail("ada")])
    for changes in ({"events": [event(1)]}, {"trails": [trail("bob")]}):
        with pytest.raises(Retry), store.begin() as tx:  # noqa: PT012 - at the end of the block
            tx.write(Changes(**changes))  # type: ignore[arg-type]
            line.how = "before"
    time.sleep(0.5)  # a commit on its way after all would have arrived
    with store.read() as view:
        assert view.counts()["trails"] == 1
        assert view.tail(0, 9) == []
    store.close()


# ---------------------------------------------------------------- words


@pytest.mark.parametrize("secret", ["s3cr3t word", "p@ss/w:rd%"])
def test_a_password_is_never_told(secret: str) -> None:
    url = f"postgresql://ada:{quote(secret, safe='')}@127.0.0.1:1/harken"
    with pytest.raises(Unavailable) as told:
        Store(url)
    assert "postgresql://ada@127.0.0.1:1/harken cannot be reached" in str(told.value)
    with pytest.raises(Invalid) as odd:
        Store(f"postgresql://ada:{secret}@host:port/x?nonsense=%zz")
    for words in (str(told.value), repr(told.value), str(odd.value)):
        assert secret not in words
        assert quote(secret, safe="") not in words
    assert told.value.__cause__ is None


def test_a_store_shows_where_it_is_without_the_password(url: str) -> None:
    store = Store(url.replace("postgres@", "postgres:hush@"))
    assert "hush" not in repr(store) + str(store.check())
    assert store.check()["place"] in repr(store)
    store.close()


def test_a_database_that_does_not_exist_is_unavailable_and_says_what_to_do() -> None:
    with pytest.raises(Unavailable, match="createdb"):
        Store(postgres.database(postgres.server().place, "nowhere"))


# ---------------------------------------------------------------- upkeep


def test_nodes_that_start_at_once_on_an_empty_database_make_it_once(url: str) -> None:
    start = threading.Barrier(4)

    def node() -> int:
        start.wait(PATIENCE)
        store = Store(url)
        again(lambda: write(store, trails=[trail("ada")]))
        store.close()
        return store.migration

    with ThreadPoolExecutor(4) as pool:
        assert [one.result(PATIENCE) for one in [pool.submit(node) for _ in range(4)]] == [ours.newest()] * 4
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT number FROM harken.migrations").fetchall() == [
            (number,) for number in ours.migrations()
        ]


def test_a_database_written_by_a_newer_harken_is_refused(url: str, nodes: tuple[Store, Store]) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("INSERT INTO harken.migrations (number) VALUES (9999)")
    with pytest.raises(Unavailable, match="newer Harken"):
        Store(url)


def test_a_migration_that_fails_leaves_nothing_and_can_be_tried_again(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA harken; CREATE VIEW harken.notes AS SELECT 1")
        with pytest.raises(Unavailable):
            Store(url)
        assert connection.execute("SELECT to_regclass('harken.seen'), to_regclass('harken.migrations')").fetchone() == (
            None,
            None,
        )
        connection.execute("DROP VIEW harken.notes")
    Store(url).close()


def test_an_upgrade_keeps_the_data_and_one_that_is_cut_off_goes_on_where_it_was(url: str) -> None:
    """Behavior 32: a database of the first migration, with a letter and a note in it, whose second migration fails once."""
    first = ours.migrations()[1].partition("-- tuning")[0]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(ours.START)
        connection.execute(first)
        connection.execute("INSERT INTO harken.migrations (number) VALUES (1)")
        connection.execute(
            "INSERT INTO harken.dead_letters (id, at, source, dialect, reason, detail, place, raw, state) "
            "VALUES (1, 7, 'web', 'segment', 'no_type', 'no type', '#0', 'abc', 'open')"
        )
        connection.execute("INSERT INTO harken.notes VALUES (%s, 'n', 'kept')", [digest("note", "n")])
        connection.execute("ALTER TABLE harken.dead_letters ADD COLUMN trusted text")
        with pytest.raises(Unavailable, match="trusted"):
            Store(url)
        assert connection.execute("SELECT max(number) FROM harken.migrations").fetchone() == (1,)
        connection.execute("ALTER TABLE harken.dead_letters DROP COLUMN trusted")
    store = Store(url)
    assert store.migration == ours.newest()
    with store.read() as view:
        assert view.note("n") == b"kept"
        [letter] = view.dead_letters(0, 9)
        assert (letter.raw, letter.at, letter.last, letter.count) == (b"abc", 7, 7, 1)
    store.close()


def test_every_statement_goes_by_index_even_when_planned_on_empty_tables(url: str) -> None:
    Store(url).close()
    by_nature = {"documents", "keys", "give back leases", "erase dead letters"}  # small, or looking into every one
    with psycopg.connect(url, autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
        for name, value in SESSION.items():
            connection.execute("SELECT set_config(%s, %s, false)", [name, value])
        for name, statement in SQL.items():
            if statement.startswith((b"COPY", b"SET")):
                continue
            plan = "\n".join(row[0] for row in connection.execute(b"EXPLAIN (GENERIC_PLAN) " + statement))
            assert name in by_nature or "Seq Scan" not in plan, (name, plan)
            assert "Hash Join" not in plan, (name, plan)
            assert "Merge Join" not in plan, (name, plan)


def test_a_lease_is_one_nodes_until_it_runs_out(nodes: tuple[Store, Store]) -> None:
    first, second = nodes
    assert first.lease("settle", 60)
    assert not second.lease("settle", 60)
    assert second.lease("timers", 60)
    assert first.lease("settle", 1)
    time.sleep(1.1)  # until it has run out: the database's clock cannot be set
    assert second.lease("settle", 60)
    assert not first.lease("settle", 60)
    second.close()
    assert first.lease("settle", 60)
    assert first.lease("timers", 60)


def test_more_readers_than_connections_wait_their_turn(nodes: tuple[Store, Store]) -> None:
    write(nodes[0], trails=[trail("ada")])

    def read(_: int) -> int:
        with nodes[0].read() as view:
            time.sleep(0.01)  # so that all of them want a connection at once
            return view.counts()["trails"]

    with ThreadPoolExecutor(40) as pool:
        assert list(pool.map(read, range(80))) == [1] * 80


def test_trails_keep_their_number_and_updates_use_none_up(nodes: tuple[Store, Store]) -> None:
    write(nodes[0], trails=[trail("ada")])
    for turn in range(20):
        with nodes[turn % 2].begin() as tx:
            there = tx.trails([tid("ada")])
            tx.write(Changes(trails=list(there.values())))
        write(nodes[turn % 2], trails=[trail("ada", events=turn)])
    write(nodes[0], trails=[trail("bob")])
    with nodes[0].read() as view:
        both = view.trails([tid("ada"), tid("bob")])
        assert sorted(one.row for one in both.values()) == [1, 2]


def test_a_refused_write_does_not_become_half_a_commit(nodes: tuple[Store, Store]) -> None:
    with pytest.raises(Invalid), nodes[0].begin() as tx:  # noqa: PT012 - at the end of the block
        with pytest.raises(Invalid):
            tx.write(Changes(trails=[trail("ada")], events=[event(1, "nobody")]))
        tx.write_note("after", b"it")
    with nodes[0].read() as view:
        assert view.counts()["trails"] == 0
        assert view.note("after") == b""
