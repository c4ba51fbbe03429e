"""The SQLite store's own promises: where its file is, what it says when it cannot go on, upgrades, wiping, moving."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.stores import NOW, dropped, event, evidence, known, profile, tid, trail, write
from harken.errors import Invalid, NotFound, Unavailable
from harken.plugins import found, load, open_store
from harken.stores import Changes, Retry
from harken.stores.sqlite import Store
from harken.stores.sqlite.file import begin, connect, explained, file_of, migrations, upgrade
from harken.stores.sqlite.rows import starting
from harken.words import digest

# ---------------------------------------------------------------- where


@pytest.mark.parametrize(
    "url",
    [
        "{}",
        "{}/",
        "sqlite://{}/harken.db",
        "sqlite:///{}/harken.db",
        "sqlite:{}/harken.db",
        "sqlite://{}/",
        "SQLITE:{}/harken.db",
    ],
)
def test_a_directory_and_every_form_of_the_url_name_the_same_file(tmp_path: Path, url: str) -> None:
    store = open_store(url.format(tmp_path))
    store.close()
    assert (tmp_path / "harken.db").is_file()


def test_directories_on_the_way_are_made_and_escapes_are_read(tmp_path: Path) -> None:
    open_store(f"sqlite://{tmp_path}/a/b/my%20hub.sqlite").close()
    assert (tmp_path / "a" / "b" / "my hub.sqlite").is_file()
    (tmp_path / "there").mkdir()
    assert file_of(f"sqlite://{tmp_path}/there") == tmp_path / "there" / "harken.db"


def test_a_url_without_a_file_an_unknown_scheme_and_nothing_at_all_are_refused_with_what_there_is() -> None:
    with pytest.raises(Unavailable, match="names no file"):
        open_store("sqlite:")
    with pytest.raises(NotFound, match=r"no 'mysql' in harken\.stores; there is memory, postgresql, sqlite"):
        open_store("mysql://localhost/hub")
    with pytest.raises(Invalid, match="no store named"):
        open_store(" ")


def test_stores_are_found_by_entry_point_and_by_folder_under_the_same_names() -> None:
    assert set(found("harken.stores")) >= {"memory", "sqlite", "postgresql"}
    assert load("harken.stores", "sqlite") is Store
    # This folder has no entry points at all.
    assert load("harken.listen.dialects", "segment", "read") is not None


# ---------------------------------------------------------------- what cannot be


def test_a_file_where_the_directory_should_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("hello")
    with pytest.raises(Unavailable, match=r"file is a file, not a directory"):
        open_store(str(tmp_path / "file"))
    with pytest.raises(Unavailable, match=r"below cannot be made: a file of that name is in the way"):
        open_store(str(tmp_path / "file" / "below"))


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a directory nobody may write")
def test_a_place_that_cannot_be_written_is_named() -> None:
    with pytest.raises(Unavailable, match="/proc/"):
        open_store("/proc/self/fdinfo")


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everything")
def test_a_directory_or_file_that_may_only_be_read_is_named(tmp_path: Path) -> None:
    open_store(str(tmp_path)).close()
    (tmp_path / "harken.db").chmod(0o400)
    with pytest.raises(Unavailable, match="check owner and rights"):
        open_store(str(tmp_path))
    (tmp_path / "harken.db").chmod(0o600)
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(Unavailable, match="check"):
            open_store(str(tmp_path))
    finally:
        tmp_path.chmod(0o700)


def test_a_file_that_is_no_database_and_one_of_another_program_are_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "harken.db"
    file.write_bytes(b"no database " * 1000)
    with pytest.raises(Unavailable, match="not a SQLite database"):
        open_store(str(tmp_path))
    assert file.read_bytes() == b"no database " * 1000
    file.unlink()
    with sqlite3.connect(file) as db:
        db.execute("CREATE TABLE recipes (name)")
    with pytest.raises(Unavailable, match="of another program"):
        open_store(str(tmp_path))
    assert db.execute("SELECT name FROM sqlite_schema").fetchall() == [("recipes",)]
    db.close()


def test_a_database_of_a_newer_harken_is_left_alone(tmp_path: Path) -> None:
    open_store(str(tmp_path)).close()
    with sqlite3.connect(tmp_path / "harken.db") as db:
        db.execute("PRAGMA user_version=99")
    db.close()
    with pytest.raises(Unavailable, match=r"newer Harken \(schema 99, this one knows \d+\)"):
        open_store(str(tmp_path))


def test_damage_is_found_by_check_and_told_when_it_is_met(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    write(store, trails=[trail("ada")], events=[event(n, raw=os.urandom(3000)) for n in range(200)])
    store.close()
    file = tmp_path / "harken.db"
    with file.open("r+b") as db:
        for page in range(40, file.stat().st_size // 4096):
            db.seek(page * 4096)
            db.write(b"\xff" * 4096)
    store = open_store(str(tmp_path))
    with pytest.raises(Unavailable, match="damaged"):
        store.check()
    with pytest.raises(Unavailable, match=r"damaged|restore"), store.read() as view:
        view.tail(0, 1000)
    store.close()


def test_a_full_disk_is_told_loses_nothing_kept_before_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    code = """
import resource, sys
from contracts.stores import *
from harken.errors import Unavailable
store = plugins.open_store(sys.argv[1])
write(store, trails=[trail("ada")], events=[event(1)])
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))
try:
    for n in range(2, 99):
        with store.begin() as tx:
            tx.claim([event(n).id], -1)
            tx.write(Changes(events=[event(n, raw=b"x" * 50_000)], trails=[trail("ada", events=n)]))
        last = n
except Unavailable as error:
    told = str(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
with store.begin() as tx:
    assert tx.claim([event(last + 1).id], -1) == set()
    assert [one.seq for one in tx.write(Changes(events=[event(0)]))] == [last + 1]
print(last, told)
"""
    path = os.pathsep.join(["tests", "src"])
    ran = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[3],
        env={**os.environ, "PYTHONPATH": path},
    )
    assert ran.returncode == 0, ran.stderr
    last, told = ran.stdout.split(maxsplit=1)
    assert str(tmp_path) in told
    assert "disk" in told
    with open_store(str(tmp_path)).read() as view:
        assert [one.seq for one in view.tail(0, 999)] == list(range(1, int(last) + 2))
        assert view.trails([tid("ada")])[tid("ada")].events == int(last)


def test_a_writer_that_holds_on_too_long_means_try_again(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    other = sqlite3.connect(tmp_path / "harken.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    mine = connect(tmp_path / "harken.db", writes=True)
    with pytest.raises(Retry), explained(tmp_path / "harken.db"):
        begin(mine, wait=0.05)
    with store.read() as view:
        assert view.last_seq() == 0  # readers do not care
    other.execute("ROLLBACK")
    begin(mine, wait=0.05)
    mine.close()
    other.close()
    store.close()


@pytest.mark.parametrize("url", ["memory:", "{}"])
def test_a_transaction_inside_another_is_an_error_and_not_a_wait_for_ever(tmp_path: Path, url: str) -> None:
    store = open_store(url.format(tmp_path))
    with pytest.raises(RuntimeError, match="inside another"), store.begin(), store.begin():
        pass
    with store.begin() as tx:
        tx.write_note("n", b"goes on")
    store.close()


# ---------------------------------------------------------------- upgrades


def test_an_upgrade_keeps_the_data_and_one_that_fails_changes_nothing_and_is_taken_up_again(tmp_path: Path) -> None:
    file = tmp_path / "harken.db"
    store = open_store(str(tmp_path))
    write(store, trails=[trail("ada")], events=[event(1)])
    store.close()
    steps = migrations()
    newer = [
        *steps,
        (8, "CREATE TABLE extra (a); INSERT INTO extra\n VALUES ('half;way'); -- and\nCREATE TABLE more (b);"),
    ]
    db = connect(file, writes=True)
    with pytest.raises(sqlite3.OperationalError):
        upgrade(db, file, [*newer, (9, "INSERT INTO extra VALUES (2); INSERT INTO nowhere VALUES (1);")])
    assert db.execute("PRAGMA user_version").fetchone() == (8,)
    assert db.execute("SELECT * FROM extra").fetchall() == [("half;way",)]
    last = (9, "INSERT INTO extra VALUES (3); UPDATE event SET name = 'upgraded'")
    upgrade(db, file, [*newer, last])
    upgrade(db, file, [*newer, last])
    assert db.execute("SELECT * FROM extra").fetchall() == [("half;way",), (3,)]
    assert db.execute("SELECT name, raw FROM event").fetchall() == [("upgraded", b'{"n":1}')]
    db.close()
    with pytest.raises(Unavailable, match="newer"):
        open_store(str(tmp_path))


def test_many_may_open_a_new_place_at_once(tmp_path: Path) -> None:
    failed: list[BaseException] = []

    def work() -> None:
        try:
            store = open_store(str(tmp_path))
            write(store, trails=[trail("ada")])
            store.close()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert not failed


# ---------------------------------------------------------------- erased is gone


def test_what_was_erased_is_in_no_file_any_more(tmp_path: Path) -> None:
    secret = "Zanzibar-7319"
    store = open_store(str(tmp_path))
    mine = [event(n, "ada", raw=secret.encode() * 900, message_id=secret) for n in range(4)]
    write(store, trails=[trail("ada", state=secret.encode()), trail("bob")], events=[*mine, event(5, "bob")])
    for round in range(3):
        state = f"{secret} {round}".encode()
        write(store, trails=[trail("ada", state=state), trail("bob")], events=[event(9 + round, "bob")])
    write(
        store,
        known=[known(secret)],
        dropped=[dropped(secret.encode())],
        profiles=[profile("ada")],
        refiled={2: tid("bob")},
    )
    write(store, refiled={2: tid("ada"), 5: tid("ada")}, evidence=[evidence("ada", "bob", reason=secret)])
    assert any(secret.encode() in file.read_bytes() for file in tmp_path.iterdir())
    with store.begin() as tx:
        tx.erase_events([tid("ada")])
        tx.write(Changes(dropped_trails=[tid("ada")]))
        tx.erase_known([known(secret).id, digest("user_id", "ada")])
        tx.erase_dead_letters([secret])
    assert [file.name for file in tmp_path.iterdir() if secret.encode() in file.read_bytes()] == []
    with store.read() as view:
        assert (
            [one.seq for one in view.tail(0, 99)]
            == [one.seq for one in reversed(view.events([tid("bob")]))]
            == [6, 7, 8]
        )
    store.close()


# ---------------------------------------------------------------- reading


def test_readers_are_used_again_and_from_any_thread(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    write(store, trails=[trail("ada")], events=[event(1)])
    counted: list[int] = []

    def read() -> None:
        for _ in range(20):
            with store.read() as view, store.read() as another:
                counted.append(view.last_seq() + len(another.tail(0, 9)))

    threads = [threading.Thread(target=read) for _ in range(12)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert counted == [2] * 240
    store.close()


def test_a_failing_reader_gives_its_connection_back(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), store.read():
            _ = 1 / 0
    write(store, trails=[trail("ada")])
    with store.read() as view:
        assert view.counts()["trails"] == 1
    store.close()


@given(st.text(max_size=4), st.text(max_size=6))
@settings(max_examples=200)
def test_a_prefix_is_a_range_of_texts(prefix: str, text: str) -> None:
    where, cells = starting("v", prefix)
    with sqlite3.connect(":memory:") as db:
        for value in (text, prefix + text):
            found = db.execute(f"SELECT 1 FROM (SELECT ? AS v) WHERE {where}", (value, *cells)).fetchone()
            assert (found is not None) == value.startswith(prefix)
    db.close()


def test_check_tells_about_the_file(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    write(store, trails=[trail("ada")], events=[event(n) for n in range(100)])
    facts = store.check()
    assert facts["file"] == str(tmp_path / "harken.db")
    assert facts["migration"] == str(migrations()[-1][0])
    assert facts["journal"].startswith("wal")
    store.close()


def test_the_write_ahead_log_does_not_grow_without_end(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    write(store, trails=[trail("ada")])
    until = time.monotonic() + 3
    for number in range(400):
        write(store, events=[event(NOW + number, raw=b"x" * 250_000)], settled=None)
        if time.monotonic() > until:
            break
    assert (tmp_path / "harken.db-wal").stat().st_size < 48 * 1024 * 1024
    store.close()
