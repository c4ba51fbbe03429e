"""A store and its lake in, the oldest events of the tail moved over. Columns all the way: no event is made of a row.

    read the tail's oldest rows -> fill in what the lake keeps beside them -> write runs -> swap the manifest, if the
    rows are still the same

The runs are written before the transaction begins, so that hearing waits only for the last step.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol, runtime_checkable

import pyarrow as pa

from harken.errors import Conflict
from harken.stores import Changes, Settled, Tx, View
from harken.stores.lake import Lake, Readable
from harken.stores.lake.rows import TAIL, Inside, Read, filled, tail_of

PAGE = 2_000  # rows asked for at once
BYTES = 64 * 1024 * 1024  # of one step of settling, however few rows they are
SAME = ("seq", "tid", "touchpoint")  # what may change of an event in the tail


class Writable(Readable, Protocol):
    """What can be written to: a store."""

    def begin(self) -> AbstractContextManager[Tx]: ...


@runtime_checkable
class Columnar(Protocol):
    """A view that gives its tail as columns, which is much faster. Others are asked for events."""

    def tail_columns(self, after: int, limit: int, names: Sequence[str]) -> pa.Table:
        """The events of `tail` as a table with the named columns (`rows.TAIL`); times are numbers, `profile` is the one
        that owns the event's trail."""


def tail_page(view: View, after: int, limit: int, names: Sequence[str] = TAIL) -> pa.Table:
    """Up to `limit` of the oldest events of the tail, fewer when they are large, as columns; `seq` is one of them."""
    pages: list[pa.Table] = []
    rows = size = 0
    while rows < limit and size < BYTES:
        page = _columns(view, after, min(PAGE, limit - rows), names)
        pages.append(page)
        if not page.num_rows:
            break
        after, rows, size = page["seq"][-1].as_py(), rows + page.num_rows, size + page.nbytes
    return pa.concat_tables(pages)


def _columns(view: View, after: int, limit: int, names: Sequence[str]) -> pa.Table:
    if isinstance(view, Columnar):
        return view.tail_columns(after, limit, names)
    events = view.tail(after, limit)
    owners = view.trails({event.tid for event in events}) if "profile" in names else {}
    return tail_of(events, {trail.tid: trail.pid for trail in owners.values()}, names)


def unchanged(view: View, page: pa.Table) -> bool:
    """True while the oldest events of the tail are still these: the same ones, on the same trails and touchpoints."""
    if not page.num_rows:
        return True
    now = tail_page(view, page["seq"][0].as_py() - 1, page.num_rows, SAME)
    return bool(now.equals(page.select(SAME)))


def settle_tail(
    store: Writable,
    lake: Lake,
    reread: Read,
    *,
    limit: int = 50_000,
    inside: Inside = lambda *_: None,
) -> int:
    """Move up to `limit` events of the tail into the lake; how many moved. Conflict when another node was first, or
    the events were refiled, relabeled or erased meanwhile: try again.

    What the lake keeps beside the tail's columns is told by `inside`, and of those events it cannot tell by `reread`.
    """
    with store.read() as view:
        before = view.manifest()
        page = tail_page(view, lake.settled_through(before), limit)
    if not page.num_rows:
        return 0
    after = lake.settle_rows(filled(page, inside, reread), before)
    with store.begin() as tx:
        if not unchanged(tx, page):
            raise Conflict("the tail changed while it was settled")
        tx.write(Changes(settled=Settled(through=page["seq"][-1].as_py(), manifest=after, before=before)))
    lake.publish(after)
    return int(page.num_rows)
