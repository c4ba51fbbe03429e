"""The tail's oldest events in, columns out: many rows come as few long values, so that nothing is done per row here.

SQLite puts the values of a column behind one another and tells their lengths; Arrow takes both as they are. The whole
page is one step of one statement, which does not hold the interpreter: hearing goes on meanwhile.
"""

# ruff: noqa: S608 - statements are put together from the constants below

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

NUMBERS = {"seq": "e.seq", "occurred": "e.occurred", "received": "e.received", "verified": "e.verified"}
TEXTS = {"id": "e.id", "message_id": "e.message_id", "tid": "t.tid", "profile": "t.pid", "raw": "e.raw"}
FEW = ("source", "dialect", "type", "name", "channel", "touchpoint")  # each with few different values
TYPES = {"verified": pa.bool_(), "raw": pa.large_binary()} | dict.fromkeys(("seq", "occurred", "received"), pa.int64())

_labels = msgspec.json.Decoder(list[str]).decode


def tail_columns(db: sqlite3.Connection, after: int, limit: int, names: Sequence[str]) -> pa.Table:
    """`View.tail` as a table with the named columns; `profile` is the one the event's trail belongs to."""
    few = [name for name in FEW if name in names]
    numbers = ["seq", *(name for name in NUMBERS if name in names and name != "seq")]
    texts = [name for name in TEXTS if name in names]
    inner = [f"{(NUMBERS | TEXTS)[name]} AS {name}" for name in (*numbers, *texts)]
    outer = [f"group_concat({name})" for name in numbers]
    outer += [part for name in texts for part in _joined(name)]
    if few:
        inner.append(f"json_array({','.join(f'e.{name}' for name in few)}) AS labels")
        outer += _joined("labels")
    row = db.execute(
        f"SELECT {', '.join(outer)} FROM (SELECT {', '.join(inner)} FROM event e "
        "CROSS JOIN trail t ON t.row = e.trail WHERE e.seq > ? ORDER BY e.seq LIMIT ?)",
        (after, limit),
    ).fetchone()
    found = {name: _numbers(cell) for name, cell in zip(numbers, row, strict=False)}
    columns: dict[str, pa.Array] = {name: pa.array(values) for name, values in found.items()}
    if "verified" in columns:
        columns["verified"] = pa.array(found["verified"] == 1)
    at = len(numbers)
    for name in texts:
        columns[name] = _texts(row[at], row[at + 1], TYPES.get(name, pa.string()))
        at += 2
    if few:
        columns |= _apart(_texts(row[at], row[at + 1], pa.string()), few)
    table = pa.table({name: columns[name] for name in dict.fromkeys((*names, "seq"))})
    if not bool((np.diff(found["seq"]) > 0).all()):  # the order of an aggregate's rows is a habit, not a promise
        table = table.take(pc.sort_indices(table["seq"]))
    return table.select(names)


def _joined(name: str) -> tuple[str, str]:
    """All values behind one another, and how many bytes each has."""
    return f"CAST(group_concat({name}, '') AS BLOB)", f"group_concat(length(CAST({name} AS BLOB)))"


def _numbers(cell: str | None) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.fromstring(cell or "", dtype=np.int64, sep=",")


def _texts(data: bytes | None, lengths: str | None, type: pa.DataType) -> pa.Array:
    """The values of one column, where they lie."""
    each = _numbers(lengths)
    width = np.int64 if type == pa.large_binary() else np.int32
    ends = np.zeros(len(each) + 1, dtype=width)
    np.cumsum(each, out=ends[1:])
    return pa.Array.from_buffers(type, len(each), [None, pa.py_buffer(ends), pa.py_buffer(data or b"")])


def _apart(labels: pa.Array, names: Sequence[str]) -> dict[str, pa.Array]:
    """Columns out of one column of JSON arrays, of which few are different."""
    coded = labels.dictionary_encode()
    values = [_labels(value) for value in coded.dictionary.to_pylist()]
    return {
        name: pa.array([value[at] for value in values], pa.string()).take(coded.indices)
        for at, name in enumerate(names)
    }
