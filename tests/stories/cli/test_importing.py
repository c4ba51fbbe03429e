"""Somebody imports tables of their own: looks first, stops in the middle, goes on, repairs, and counts nothing twice."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import harken
from stories.cli.terminal import COMMAND, Terminal, counts

VISITS = "mail,at,page\nada@x.test,2026-01-01T10:00:00Z,Plans\nbob@x.test,2026-01-02T10:00:00Z,Basket\n"
FLAGS = ("--who", "email=mail", "--time", "at", "--event", "page", "--source", "site", "--channel", "web")
MAPPING = """
source: shop
timezone: Europe/Berlin
streams:
  - name: order
    files: "orders/*.csv"
    time: at
    identifiers: {loyalty: card}
    event: Ordered
    touchpoint: "store: {department}"
    properties: [total]
"""
ORDERS = "card,at,department,total\nL1,2026-01-01 12:00,Food,10\nL2,2026-01-02 12:00,Toys,5\n,2026-01-03 12:00,Toys,1\n"


def test_a_table_is_imported_by_a_few_flags_and_seen_at_once(terminal: Terminal) -> None:
    terminal.write("visits.csv", VISITS)
    assert counts(terminal("import", "visits.csv", *FLAGS).out) == (2, 0, 0)
    shown = terminal("profile", "email:ADA@x.test")
    assert shown.code == 0
    assert "email:ada@x.test" in shown.out
    assert "2026-01-01 10:00" in shown.out
    assert "web: Plans" in shown.out


def test_the_same_file_again_says_so_and_again_counts_nothing_twice(terminal: Terminal) -> None:
    terminal.write("visits.csv", VISITS)
    terminal("import", "visits.csv", *FLAGS)
    assert "visits.csv: imported already" in terminal("import", "visits.csv", *FLAGS).out
    assert counts(terminal("import", "visits.csv", *FLAGS, "--again").out) == (0, 2, 0)
    terminal.write("visits.csv", VISITS + "cy@x.test,2026-01-03T10:00:00Z,Plans\n")
    assert counts(terminal("import", "visits.csv", *FLAGS).out) == (1, 2, 0)


def test_a_corrected_mapping_reads_its_files_anew_and_closes_the_letters(terminal: Terminal) -> None:
    terminal.write("visits.csv", VISITS)
    assert counts(terminal("import", "visits.csv", *FLAGS, "--time-format", "%d.%m.%Y").out) == (0, 0, 2)
    corrected = terminal("import", "visits.csv", *FLAGS)
    assert "visits.csv: was imported by another mapping, is read anew" in corrected.out
    assert counts(corrected.out) == (2, 0, 0)
    assert "Nothing waits here" in terminal("dead-letters", "list").out
    assert "imported already" in terminal("import", "visits.csv", *FLAGS).out


def test_other_id_columns_do_not_count_rows_twice_unasked(terminal: Terminal) -> None:
    terminal.write("visits.csv", VISITS)
    terminal("import", "visits.csv", *FLAGS)
    assert "imported already" in terminal("import", "visits.csv", *FLAGS, "--id", "mail").out


def test_several_tables_and_patterns_at_once(terminal: Terminal) -> None:
    terminal.write("a/visits.csv", VISITS)
    terminal.write("b/visits.csv", VISITS.replace("x.test", "y.test"))
    assert counts(terminal("import", "a/visits.csv", "b/visits.csv", *FLAGS).out) == (4, 0, 0)
    assert "imported already" in terminal("import", "*/visits.csv", *FLAGS).out


def test_a_dry_run_shows_rows_and_touches_nothing(terminal: Terminal) -> None:
    terminal.write("shop/import.yaml", MAPPING)
    terminal.write("shop/orders/jan.csv", ORDERS)
    terminal.write("shop/touchpoints.yaml", "- {id: 'store: Food', stage: buy}\n")
    shown = terminal("import", "shop", "--dry-run")
    assert shown.code == 0
    assert "loyalty:L1" in shown.out
    assert "2026-01-01 11:00:00" in shown.out  # noon in Berlin
    assert "store: Food" in shown.out
    assert "would go to the inbox orders/jan.csv:4" in shown.out
    assert "Nothing was imported" in shown.out
    assert not Path(terminal.data).exists()


def test_bad_rows_wait_in_the_inbox_until_they_are_put_right(terminal: Terminal) -> None:
    terminal.write("shop/import.yaml", MAPPING)
    orders = terminal.write("shop/orders/jan.csv", ORDERS + "L4,soon,Toys,2\nL5,2026-01-05 12:00,Toys\n")
    shown = terminal("import", "shop")
    assert counts(shown.out) == (2, 0, 3)
    assert "harken dead-letters list --source shop" in shown.out
    letters = json.loads(terminal("dead-letters", "list", "--json").out)
    assert [(one["where"], one["reason"]) for one in letters] == [
        ("orders/jan.csv:4", "no_identifier"),
        ("orders/jan.csv:5", "bad_time"),
        ("orders/jan.csv:6", "bad_row"),
    ]
    assert "3 fields where the header has 4" in letters[2]["detail"]
    text = orders.read_text().replace("\n,2026", "\nL3,2026").replace("soon", "2026-01-04 12:00")
    orders.write_text(text)
    assert counts(terminal("import", "shop").out) == (2, 2, 1)
    letters = json.loads(terminal("dead-letters", "list", "--json").out)
    assert [one["where"] for one in letters] == ["orders/jan.csv:6"]


def test_documents_beside_a_mapping_are_published_first(terminal: Terminal) -> None:
    terminal.write("shop/import.yaml", MAPPING.replace("loyalty", "household"))
    terminal.write("shop/orders/jan.csv", ORDERS)
    shown = terminal("import", "shop")
    assert shown.code == 1
    assert "no key named 'household'" in shown.err
    terminal.write("shop/keys.yaml", "- {id: household, priority: 35, limit: 1}\n")
    shown = terminal("import", "shop/import.yaml")
    assert "1 documents published" in shown.out
    assert counts(shown.out) == (2, 0, 1)


def test_a_source_may_send_less_at_once_than_a_chunk(terminal: Terminal) -> None:
    terminal.write("shop/import.yaml", MAPPING)
    terminal.write("shop/sources.yaml", "- {id: shop, channel: store, limits: {batch_events: 10}}\n")
    rows = "".join(f"L{n},2026-01-01 12:00,Food,1\n" for n in range(25))
    terminal.write("shop/orders/jan.csv", ORDERS.splitlines()[0] + "\n" + rows)
    assert counts(terminal("import", "shop").out) == (25, 0, 0)


def test_wrong_words_are_answered_with_what_would_be_right(terminal: Terminal) -> None:
    terminal.write("visits.csv", VISITS)
    terminal.write("shop/import.yaml", MAPPING)
    for words, says in [
        ((), "name a mapping"),
        (("visits.csv",), "say --who, --time, --event too"),
        (("visits.csv", *FLAGS[:-4], "--who", "male"), "no column 'male', did you mean 'mail'"),
        (("nothing.csv", *FLAGS), "no file fits 'nothing.csv'"),
        (("nowhere/",), "is a table"),
        (("shop", "--who", "mail"), "--who cannot go with a mapping"),
        (("shop", "visits.csv"), "one mapping at a time"),
        (("shop",), "no file fits 'orders/*.csv'"),
        (("visits.csv", *FLAGS, "--time-format", "%d.%m.%Y", "--timezone", "Berlin"), "no timezone 'Berlin'"),
    ]:
        shown = terminal("import", *words)
        assert shown.code == 1
        assert says in " ".join(shown.err.split()), shown.err
        assert "Traceback" not in shown.err


def test_stdin_is_a_table_too(terminal: Terminal) -> None:
    lines = "".join(
        json.dumps({"mail": f"c{n}@x.test", "at": 1_767_225_600 + n, "page": "Plans"}) + "\n" for n in range(3)
    )
    words = [*COMMAND, "import", "-", *FLAGS, "--data", terminal.data]
    for known in (0, 3):
        done = subprocess.run(words, input=lines, capture_output=True, text=True, check=True)
        assert counts(done.stdout) == (3 - known, known, 0)
    done = subprocess.run(words, input=lines.replace("c0@", "d0@"), capture_output=True, text=True, check=True)
    assert counts(done.stdout) == (1, 2, 0)


def test_a_mapping_reads_stdin(terminal: Terminal) -> None:
    file = terminal.write("shop.yaml", MAPPING)
    for known, place in ((0, ["shop.yaml", "-"]), (2, ["-", "shop.yaml"])):
        done = subprocess.run(
            [*COMMAND, "import", *place, "--data", terminal.data],
            input=ORDERS, capture_output=True, text=True, cwd=file.parent, check=True,
        )  # fmt: skip
        assert counts(done.stdout) == (2 - known, known, 1)
    with harken.open(terminal.data) as hub:
        assert sorted(one.touchpoint for one in hub.touchpoints()) == ["store: Food", "store: Toys"]
    terminal.write("two.yaml", MAPPING + MAPPING.partition("streams:")[2].replace("name: order", "name: more"))
    assert "stdin is one stream, the mapping has order, more" in " ".join(
        terminal("import", "two.yaml", "-").err.split()
    )


def test_a_kind_of_identifier_nobody_configured_is_told_before_a_row_is_read(terminal: Terminal) -> None:
    terminal.write("shop/import.yaml", MAPPING.replace("loyalty: card", "card_no: card"))
    terminal.write("shop/orders/jan.csv", ORDERS)
    for words in (("shop",), ("shop", "--dry-run")):
        shown = terminal("import", *words)
        assert shown.code == 1
        told = " ".join(shown.err.split())
        assert "stream 'order': no key named 'card_no'; there are" in told
        assert "loyalty" in told
    assert terminal("import", "visits.csv", "--who", "card_no=x", "--time", "at", "--event", "page").code == 1
    with harken.open(terminal.data) as hub:
        assert hub.touchpoints() == []
        assert not hub.dead_letters().data


ROWS = 60_000


def many(terminal: Terminal) -> None:
    head = "mail,at,page\n"
    rows = (f"c{n % 500}@x.test,2026-01-{1 + n % 28:02d}T10:{n % 60:02d}:00Z,Page {n % 9}\n" for n in range(ROWS))
    body = [*rows]
    body[7] = "broken\n"
    body[ROWS - 7] = "broken\n"
    terminal.write("visits.csv", head + "".join(body))


def noted(terminal: Terminal) -> int:
    """Rows the hub has noted as done."""
    if not (Path(terminal.data) / "harken.db").exists():
        return 0
    with harken.open(terminal.data) as hub, hub.core.read() as view:
        note = view.note("import:site:table:visits.csv")
    return int(json.loads(note)["rows"]) if note else 0


def test_killed_in_the_middle_it_goes_on_and_every_row_counts_once(terminal: Terminal) -> None:
    many(terminal)
    for kill in (signal.SIGKILL, signal.SIGINT):
        before = noted(terminal)
        process = terminal.start("import", "visits.csv", *FLAGS)
        until = time.monotonic() + 60
        while noted(terminal) <= before and process.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        process.send_signal(kill)
        _, err = process.communicate(timeout=60)
        assert process.returncode in (-kill, 130, 0), err
        if process.returncode == 130:
            assert "the same command goes on from there" in err
    shown = terminal("import", "visits.csv", *FLAGS)
    assert shown.code == 0
    with harken.open(terminal.data) as hub:
        events = sum(one.events for one in hub.touchpoints())
        letters = hub.dead_letters(limit=100).data
    assert events == ROWS - 2
    assert sorted(int(one.where.removeprefix("visits.csv:")) for one in letters) == [9, ROWS - 5]
    assert counts(terminal("import", "visits.csv", *FLAGS, "--again").out) == (0, ROWS - 2, 2)


def test_it_runs_as_a_program() -> None:
    done = subprocess.run([sys.executable, "-m", "harken", "version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"harken {harken.__version__}\n"
