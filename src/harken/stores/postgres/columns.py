"""Rows of the tail in, columns out: what settling asks for instead of events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from harken.stores.postgres.link import Link
from harken.stores.postgres.rows import given

WHOLE = ("id", "message_id", "source", "dialect", "type", "name", "occurred", "received", "channel", "touchpoint", "tid",
         "verified", "raw", "seq", "profile")  # fmt: skip
MARKS = ("seq", "tid", "touchpoint")
TYPES = {"verified": pa.bool_(), "raw": pa.large_binary()} | dict.fromkeys(("seq", "occurred", "received"), pa.int64())
FREE = ("message_id", "source", "dialect", "type", "name", "channel", "touchpoint")  # any text, so it may be escaped


def tail_columns(link: Link, after: int, limit: int, names: Sequence[str]) -> pa.Table:
    """`View.tail` as a table with the named columns; `profile` is the one the event's trail belongs to."""
    few = set(names) <= set(MARKS)
    there, statement = (MARKS, "tail marks") if few else (WHOLE, "tail columns")
    found = link.rows(statement, after, limit)
    columns = dict(zip(there, zip(*found, strict=True) if found else ((),) * len(there), strict=True))
    return pa.table({name: _column(name, columns[name]) for name in names})


def _column(name: str, values: Sequence[Any]) -> pa.Array:
    if name in FREE:
        texts = {text: given(text) for text in set(values)}
        values = [texts[text] for text in values]
    return pa.array(values, TYPES.get(name, pa.string()))
