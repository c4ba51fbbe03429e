"""CSV as people's systems really write it: every row is read as meant, or is in the inbox with its line and a reason."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harken.connectors.tables.delimited import csv_rows
from harken.errors import Invalid
from unit.connectors.told import read

HEAD = "who,at,total\n"


def test_a_row_becomes_an_event_with_typed_properties(tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", HEAD + "ada,2026-01-31T12:00:00Z,9.50\nbob,2026-01-31,12\n")
    assert found.items[0]["identifiers"] == {"user_id": "ada"}
    assert [one["properties"] for one in found.items] == [{"total": 9.5}, {"total": 12.0}]
    events, dropped = found.heard()
    assert [event.name for event in events] == ["Ordered", "Ordered"]
    assert not dropped


def test_lines_are_those_an_editor_shows(tmp_path: Path) -> None:
    body = HEAD + '\nada,2026-01-01,"1"\n"bob\nsmith",2026-01-02,2\n\ncy,nonsense,3\ndan,2026-01-04\neve,2026-01-05,5\n'
    found = read(tmp_path, "a.csv", body)
    assert [one["identifiers"]["user_id"] for one in found.items] == ["ada", "bob\nsmith", "cy", "eve"]
    assert found.reasons == {"a.csv:8": "2 fields where the header has 3; quote fields that hold ','"}
    _, dropped = found.heard()
    assert [one.where for one in dropped] == ["a.csv:7"]
    assert found.rows == 5


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("semicolon.csv", "who;at;total\nada;2026-01-01;5\n"),
        ("tab.tsv", "who\tat\ttotal\nada\t2026-01-01\t5\n"),
        ("pipe.txt", "who|at|total\nada|2026-01-01|5\n"),
        ("mark.csv", b"\xef\xbb\xbfwho,at,total\nada,2026-01-01,5\n"),
        ("windows.csv", "who,at,total\r\nada,2026-01-01,5\r\n"),
        ("no-end.csv", "who,at,total\nada,2026-01-01,5"),
        ("quoted.csv", '"who","at","total"\n"ada","2026-01-01","5"\n'),
        ("blank-first.csv", "\n\nwho,at,total\nada,2026-01-01,5\n"),
        ("zipped.csv.gz", gzip.compress(b"who,at,total\nada,2026-01-01,5\n", mtime=0)),
    ],
)
def test_every_usual_way_to_write_it_means_the_same(tmp_path: Path, name: str, body: str | bytes) -> None:
    found = read(tmp_path, name, body)
    assert [(one["identifiers"], one["time"], one["properties"]) for one in found.items] == [
        ({"user_id": "ada"}, "2026-01-01", {"total": 5})
    ]
    assert not found.bad


def test_another_encoding_is_said(tmp_path: Path) -> None:
    body = "who;at;total\nJürgen;2026-01-01;5\n"
    found = read(tmp_path, "a.csv", body.encode("cp1252"), encoding="cp1252")
    assert found.items[0]["identifiers"] == {"user_id": "Jürgen"}
    found = read(tmp_path, "b.csv", body.encode("utf-16"), encoding="utf-16")
    assert found.items[0]["identifiers"] == {"user_id": "Jürgen"}
    with pytest.raises(Invalid, match="UTF-16; save it as UTF-8, or say `encoding: utf-16` in a mapping"):
        read(tmp_path, "b.csv", body.encode("utf-16"))
    with pytest.raises(Invalid, match="encoding 'klingon' is not known"):
        read(tmp_path, "c.csv", body, encoding="klingon")


def test_a_line_that_is_not_utf8_costs_only_itself(tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", HEAD.encode() + b"ada,2026-01-01,1\nJ\xfcrgen,2026-01-02,2\neve,2026-01-03,3\n")
    assert [one["identifiers"]["user_id"] for one in found.items] == ["ada", "eve"]
    assert found.reasons == {"a.csv:3": "not UTF-8 at byte 1; save the file as UTF-8, or say `encoding: cp1252`"}
    assert [one["id"] for one in found.items] == ["order|a.csv|2", "order|a.csv|4"]


def test_a_quote_that_is_never_closed_costs_only_its_row(tmp_path: Path) -> None:
    body = HEAD + 'ada,2026-01-01,"1\nbob,2026-01-02,"2"\n' + "".join(f"c{n},2026-01-03,{n}\n" for n in range(3000))
    found = read(tmp_path, "a.csv", body)
    assert len(found.items) == 3001
    assert [*found.reasons] == ["a.csv:2"]
    assert "quote" in found.reasons["a.csv:2"]


def test_inch_marks_inside_a_field_are_just_characters(tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", 'who,at,what\nada,2026-01-01,5" pipe\nbob,2026-01-02,"6"" pipe, long"\n')
    assert [one["properties"]["what"] for one in found.items] == ['5" pipe', '6" pipe, long']


def test_a_file_without_rows_is_no_mistake(tmp_path: Path) -> None:
    assert read(tmp_path, "empty.csv", "").items == []
    assert read(tmp_path, "header.csv", HEAD).items == []


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("who,at,who\nada,2026-01-01,5\n", "names 'who' twice"),
        ("who,at\rada,2026-01-01\r", "CR alone"),
        ("user,at,total\nada,2026-01-01,5\n", "no column 'who'"),
        ("whom,at,total\nada,2026-01-01,5\n", "did you mean 'whom'"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_whole(tmp_path: Path, body: str, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        read(tmp_path, "a.csv", body)


def test_a_file_cut_in_the_middle_of_its_gzip_says_where(tmp_path: Path) -> None:
    whole = gzip.compress((HEAD + "".join(f"c{n},2026-01-03,{n}\n" for n in range(20_000))).encode())
    with pytest.raises(Invalid, match=r"a\.csv\.gz: cannot be read after line \d+"):
        read(tmp_path, "a.csv.gz", whole[: len(whole) // 2])


def test_codes_stay_text_and_numbers_become_numbers(tmp_path: Path) -> None:
    head, rows = (
        "who,at,zip,total,serial\n",
        "ada,2026-01-01,01234,7,12345678901234567890\nbob,2026-01-02,99999,N/A,1\n",
    )
    found = read(tmp_path, "a.csv", head + rows)
    assert [one["properties"] for one in found.items] == [
        {"zip": "01234", "total": 7, "serial": "12345678901234567890"},
        {"zip": "99999", "serial": "1"},
    ]
    found = read(tmp_path, "a.csv", head + rows, texts=["total"])
    assert [one["properties"]["total"] for one in found.items] == ["7", "N/A"]


def test_a_late_word_in_a_column_of_numbers_is_a_bad_row(tmp_path: Path) -> None:
    rows = [f"c{n},2026-01-03,{n}\n" for n in range(6_000)]
    rows[5_500] = "odd,2026-01-03,seven\n"
    found = read(tmp_path, "a.csv", HEAD + "".join(rows))
    assert found.reasons == {
        "a.csv:5502": "total: 'seven' is not a number; name the column under `texts` to keep it as text"
    }
    assert len(found.items) == 5_999


def test_reading_on_from_the_middle_reads_the_same_rows_alike(tmp_path: Path) -> None:
    """Also which columns are numbers is told by the first rows, not by those read on from."""
    rows = [f"c{n},2026-01-03,{'x' if n < 10 else n}\n" for n in range(12_000)]
    whole = read(tmp_path, "a.csv", HEAD + "".join(rows))
    from unit.connectors.told import Read, mapping

    later = Read(mapping(files=["a.csv"]), tmp_path, skip=5_003)
    assert later.items == whole.items[5_003:]
    assert later.rows == whole.rows == 12_000


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    from harken.connectors import tables
    from unit.connectors.told import NOW, mapping

    peaks = []
    for rows in (20_000, 100_000):
        with (tmp_path / f"{rows}.csv").open("w") as out:
            out.write(HEAD)
            out.writelines(f"c{n},2026-01-03,{n}\n" for n in range(rows))
        made = mapping(files=[f"{rows}.csv"])
        (file,) = tables.files(made, tmp_path)
        tracemalloc.start()
        assert sum(1 for _ in tables.read(made, file, tmp_path, received=NOW)) == rows // 5_000
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.5


FIELDS = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), max_size=8)


def quoted(field: str) -> str:
    return '"' + field.replace('"', '""') + '"'


@given(st.lists(st.tuples(FIELDS, FIELDS, FIELDS), min_size=1, max_size=12))
@settings(max_examples=150, deadline=None)
def test_whatever_is_written_by_the_book_is_read_back(rows: list[tuple[str, str, str]]) -> None:
    """And every row has the line it begins on."""
    body = "a,b,c\n" + "".join(",".join(map(quoted, row)) + "\n" for row in rows)
    (run,) = csv_rows(iter(body.encode().splitlines(keepends=True)), ",", 100, "a.csv")
    frame, bad = run.read()
    assert not bad
    assert [tuple(value or "" for value in row) for row in frame.iter_rows()] == rows
    line, lines = 2, []
    for row in rows:
        lines.append(line)
        line += 1 + "".join(row).count("\n")
    assert run.good == lines


@given(st.binary(max_size=300))
@settings(max_examples=150, deadline=None)
def test_no_bytes_make_it_fail_otherwise_than_by_saying_so(body: bytes) -> None:
    try:
        runs = list(csv_rows(iter((b"a,b\n" + body).splitlines(keepends=True)), ",", 100, "a.csv"))
    except Invalid:
        return
    for run in runs:
        frame, bad = run.read()
        assert frame.height == len(run.good)
        assert frame.height + len(bad) == run.count
