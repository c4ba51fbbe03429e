"""NDJSON keeps the types of its values; a line that is no object goes to the inbox with its number."""

from __future__ import annotations

import gzip
import io
import sys
from pathlib import Path

import msgspec
import pytest

from harken.errors import Invalid
from unit.connectors.told import Read, mapping, read


def lines(*objects: object) -> bytes:
    return b"".join(msgspec.json.encode(one) + b"\n" for one in objects)


def test_values_keep_their_types_also_when_a_column_mixes_them(tmp_path: Path) -> None:
    values = [1, "1", 1.5, True, None, [1, "a"], {"deep": [None]}, 2**70]
    body = lines(*({"who": "ada", "at": "2026-01-01", "v": value, "only": n} for n, value in enumerate(values)))
    found = read(tmp_path, "a.ndjson", body)
    assert [one["properties"].get("v") for one in found.items] == [*values[:7], float(2**70)]
    assert "v" not in found.items[4]["properties"]
    picked = read(tmp_path, "a.ndjson", body, properties={"value": "v"})
    assert [one["properties"].get("value") for one in picked.items][:6] == values[:6]


def test_rows_of_different_shapes_carry_only_what_they_say(tmp_path: Path) -> None:
    body = lines({"who": "a", "at": 1_780_000_000, "x": 1}, {"who": "b", "at": 1_780_000_000_000, "y": {"z": 2}})
    found = read(tmp_path, "a.jsonl", body)
    assert [one["properties"] for one in found.items] == [{"x": 1}, {"y": {"z": 2}}]
    assert len(found.heard()[0]) == 2


def test_ids_of_several_types_are_text(tmp_path: Path) -> None:
    body = lines(*({"who": who, "at": "2026-01-01"} for who in (7, "7a", 7.0)))
    assert [one["identifiers"]["user_id"] for one in read(tmp_path, "a.ndjson", body).items] == ["7", "7a", "7.0"]


def test_a_dot_reaches_into_objects(tmp_path: Path) -> None:
    body = lines(
        {"user": {"mail": "a@x.test", "plan": "gold"}, "meta": {"at": "2026-01-01"}, "cart": {"sum": 5}},
        {"user": None, "meta": {"at": "2026-01-02"}, "cart": {}},
    )
    found = read(
        tmp_path,
        "a.ndjson",
        body,
        time="meta.at",
        identifiers={"email": "user.mail"},
        event="Bought {user.plan}",
        properties={"total": "cart.sum"},
    )
    assert found.items[0]["identifiers"] == {"email": "a@x.test"}
    assert found.items[0]["name"] == "Bought gold"
    assert found.items[0]["properties"] == {"total": 5}
    _, dropped = found.heard()
    assert [(one.reason, one.where) for one in dropped] == [("no_identifier", "a.ndjson:2")]


def test_a_bad_line_costs_only_itself(tmp_path: Path) -> None:
    good = lines({"who": "ada", "at": "2026-01-01"})
    found = read(tmp_path, "a.ndjson", b"\xef\xbb\xbf" + good + b'\n{"who": \n[1]\n"text"\n{"a": "\xff"}\n' + good)
    assert [one["id"] for one in found.items] == ["order|a.ndjson|1", "order|a.ndjson|7"]
    assert [*found.reasons] == ["a.ndjson:3", "a.ndjson:4", "a.ndjson:5", "a.ndjson:6"]
    assert "one JSON object a line is wanted, not list" in found.reasons["a.ndjson:4"]
    assert found.rows == 7


def test_an_array_of_objects_is_read_too(tmp_path: Path) -> None:
    body = b' [\n {"who": "ada", "at": "2026-01-01"},\n 5,\n {"who": "bob", "at": "2026-01-02"}\n]\n'
    found = read(tmp_path, "a.json", body)
    assert [one["identifiers"]["user_id"] for one in found.items] == ["ada", "bob"]
    assert [*found.reasons] == ["a.json:2"]
    with pytest.raises(Invalid, match="not a JSON array"):
        read(tmp_path, "b.json", b"[1, 2")


def test_gzip_and_empty_files(tmp_path: Path) -> None:
    assert len(read(tmp_path, "a.ndjson.gz", gzip.compress(lines({"who": "a", "at": "2026-01-01"}))).items) == 1
    assert read(tmp_path, "b.ndjson", b"").items == []


class Piped:
    """Standard input with these bytes."""

    def __init__(self, body: bytes) -> None:
        self.buffer = io.BytesIO(body)


def piped(folder: Path, body: bytes, **stream: object) -> Read:
    before, sys.stdin = sys.stdin, Piped(body)  # type: ignore[assignment]
    try:
        return Read(mapping(files=["-"], **stream), folder)
    finally:
        sys.stdin = before


def test_rows_of_stdin_are_told_apart_by_what_they_say(tmp_path: Path) -> None:
    """So that a second stream is not taken for the first, and the same one again is."""
    one, two = {"who": "ada", "at": "2026-01-01"}, {"who": "bob", "at": "2026-01-01"}
    first, again = piped(tmp_path, lines(one, two, one)), piped(tmp_path, lines(one, two, one))
    other = piped(tmp_path, lines({"who": "cy", "at": "2026-01-01"}))
    ids = [item["id"] for item in first.items]
    assert len({*ids}) == 3
    assert ids == [item["id"] for item in again.items]
    assert other.items[0]["id"] not in ids
    assert first.batches[0].where == "stdin"


@pytest.mark.parametrize(
    "body",
    [
        b"who;at\nada;2026-01-01\n",
        b"\xef\xbb\xbf\r\n\r\nwho,at\r\nada,2026-01-01\r\n",
        b'\n {"who": "ada", "at": "2026-01-01"}\n',
        b'[{"who": "ada", "at": "2026-01-01"}]',
        "who\tat\nada\t2026-01-01\n".encode("utf-16"),
    ],
)
def test_the_format_of_stdin_is_told_by_its_first_line(tmp_path: Path, body: bytes) -> None:
    encoding = "utf-16" if body[:1] in b"\xff\xfe" else "utf-8"
    found = piped(tmp_path, body, encoding=encoding)
    assert [item["identifiers"] for item in found.items] == [{"user_id": "ada"}]


def test_stdin_without_a_line_has_no_rows(tmp_path: Path) -> None:
    assert piped(tmp_path, b"").items == piped(tmp_path, b"\n\n").items == []


def test_stdin_may_be_csv(tmp_path: Path) -> None:
    found = piped(tmp_path, b"who;at\nada;2026-01-01\n", format="csv")
    assert found.items[0]["identifiers"] == {"user_id": "ada"}
    with pytest.raises(Invalid, match="Parquet cannot be read from stdin"):
        piped(tmp_path, b"", format="parquet")
    with pytest.raises(Invalid, match="Parquet cannot be read from stdin"):
        piped(tmp_path, b"PAR1\x15\x04\n")
