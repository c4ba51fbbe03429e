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
from msgspec import Struct

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


@runtime_checkable
class Watched(Protocol):
    """A view that tells whether its tail was changed. Of others the page itself is read again to see."""

    def tail_changes(self) -> int:
        """Another number whenever events of the tail were refiled, relabeled or erased."""


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


def unchanged(view: View, page: pa.Table | None) -> bool:
    """True while the oldest events of the tail are still these: the same ones, on the same trails and touchpoints."""
    if page is None or not page.num_rows:
        return True
    now = tail_page(view, page["seq"][0].as_py() - 1, page.num_rows, SAME)
    return bool(now.equals(page.select(SAME)))


class Settling(Struct, frozen=True, kw_only=True):
    """Events of the tail that are in the lake's files, though nobody reads these yet: they count from `settled` on."""

    before: bytes
    after: bytes
    rows: int
    through: int
    changes: int = 0  # of the tail until then, or
    same: pa.Table | None = None  # which events they were


def prepared(
    store: Readable,
    lake: Lake,
    reread: Read,
    *,
    limit: int = 50_000,
    inside: Inside = lambda *_: None,
) -> Settling | None:
    """Write up to `limit` of the oldest events of the tail into files of the lake; None when the tail is empty.

    What the lake keeps beside the tail's columns is told by `inside`, and of those events it cannot tell by `reread`.
    """
    with store.read() as view:
        before = view.manifest()
        page = tail_page(view, lake.settled_through(before), limit)
        moves = view.last_trail_move()
        changes = view.tail_changes() if isinstance(view, Watched) else None
    if not page.num_rows:
        return None
    return Settling(
        before=before,
        after=lake.settle_rows(filled(page, inside, reread), before, moves),
        rows=page.num_rows,
        through=page["seq"][-1].as_py(),
        changes=changes or 0,
        same=page.select(SAME) if changes is None else None,
    )


def settled(store: Writable, lake: Lake, made: Settling) -> int:
    """Put what was prepared in force, and the events out of the tail; how many. Conflict when another node was first, or
    the events were refiled, relabeled or erased meanwhile: prepare again."""
    with store.begin() as tx:
        same = tx.tail_changes() == made.changes if isinstance(tx, Watched) else unchanged(tx, made.same)
        if not same:
            raise Conflict("the tail changed while it was settled")
        tx.write(Changes(settled=Settled(through=made.through, manifest=made.after, before=made.before)))
    lake.publish(made.after)
    return made.rows


def settle_tail(
    store: Writable,
    lake: Lake,
    reread: Read,
    *,
    limit: int = 50_000,
    inside: Inside = lambda *_: None,
) -> int:
    """Both at once: how many events moved."""
    made = prepared(store, lake, reread, limit=limit, inside=inside)
    return settled(store, lake, made) if made else 0
