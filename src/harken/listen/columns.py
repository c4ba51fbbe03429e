"""Rows of a table, column by column, in; what `hear` makes of them one by one, out.

All rows say the same kinds of things (`Rows`). So whose an event is follows from its identifiers alone, and where it
happened and what it is about from its `places` alone: both are found by hearing one row in full, and hold for all that
say the same. Id and time are each row's own. A row with anything odd about it (something to warn of, a time that is
none or of the future) is heard in full, too.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from hashlib import blake2b
from itertools import compress
from typing import Generic, TypeAlias, TypeVar

from msgspec import Struct

from harken.listen.fields import LONGEST_ID
from harken.listen.heard import Columns, Heard, Names, Place, head_of
from harken.listen.plan import URL_SAFE, SourcePlan
from harken.listen.times import own_clock, plain_times
from harken.words import BOOKKEEPING, Dropped, Event, Micros, Rows

BOUND = 32_768  # places and identifiers remembered
FLAT = 2  # objects inside one another in a raw

InFull: TypeAlias = Callable[[bytes, int], Event | Dropped]
T = TypeVar("T")


class Found(Struct):
    """What hearing rows in full has shown, for rows that have everything else in common."""

    of: tuple[str, bool, Micros, str] | None = None
    places: dict[str, Place] = {}
    whose: dict[str, Names] = {}

    def begin(self, rows: Rows) -> None:
        """Forget what was found for others."""
        of = rows.batch.source, rows.batch.trusted, rows.batch.received, rows.kind
        if of != self.of or max(len(self.places), len(self.whose)) > BOUND:
            self.of, self.places, self.whose = of, {}, {}

    def learn(self, place: str, whose: str, event: Event) -> None:
        """What one row was found to be; nothing when there was anything odd about it, or when it is about the hub's own
        doings, of which every property may count."""
        odd = event.warnings or event.traits or event.consent or event.context or event.alias
        if not odd and event.type not in BOOKKEEPING:
            self.places[place] = head_of(event), event.topics
            self.whose[whose] = event.identifiers


def by_columns(rows: Rows, source: SourcePlan, in_full: InFull, found: Found) -> tuple[Heard, Columns] | None:
    """What was heard one by one, and the rest; None when the rows are of a kind that cannot be heard this way."""
    clock = own_clock(rows.timezone) if rows.timezone else source.clock
    if clock is None or not _is_plain(rows, source):
        return None
    found.begin(rows)
    heard = Heard([], [])
    places, names = _Numbered(found.places), _Numbered(found.whose)
    kept: list[bool] = []
    where: list[int] = []
    whose: list[int] = []
    others: list[int] = []
    limit = source.limits.event_bytes
    times = plain_times(rows.times, clock, rows.batch.received)
    for place, who, occurred, raw in zip(rows.places, rows.whose, times, rows.raws, strict=True):
        at, whom = places[place], names[who]
        known = at >= 0 and whom >= 0 and occurred is not None and len(raw) <= limit
        kept.append(known)
        if known:
            where.append(at)
            whose.append(whom)
            continue
        one = in_full(raw, len(kept) - 1)
        if isinstance(one, Dropped):
            heard.dropped.append(one)
        else:
            others.append(len(where) + len(others))
            heard.events.append(one)
            found.learn(place, who, one)
    ids = [id.strip() for id in compress(rows.ids, kept)]
    return heard, Columns(
        places=places.found,
        names=names.found,
        where=where,
        whose=whose,
        ids=_event_ids(source.seed, ids),
        message_ids=ids,
        occurred=[*compress(times, kept)],  # type: ignore[list-item]
        raws=[*compress(rows.raws, kept)],
        told={name: [*compress(values, kept)] for name, values in rows.told.items()},
        others=others,
    )


class _Numbered(dict[str, int], Generic[T]):
    """Texts -> the place in `found` of what was found for them; -1 while nothing was."""

    def __init__(self, found: dict[str, T]) -> None:
        super().__init__()
        self._all = found
        self.found: list[T] = []

    def __missing__(self, text: str) -> int:
        found = self._all.get(text)
        if found is None:
            return -1
        self[text] = number = len(self.found)
        self.found.append(found)
        return number


def _is_plain(rows: Rows, source: SourcePlan) -> bool:
    """Whether what must hold for all rows at once does."""
    batch, limits, ids = rows.batch, source.limits, rows.ids
    return (
        not (batch.context or batch.hint)
        and limits.depth >= FLAT
        and len(rows.raws) <= limits.batch_events
        and max(map(len, ids), default=0) <= LONGEST_ID
        and "" not in ids
        and not any(map(str.isspace, ids))
        and "\x00" not in "".join(ids)
    )


def _event_ids(seed: bytes, message_ids: Sequence[str]) -> str:
    """`plan.event_id` of each, one behind another."""
    hashed = b"".join([blake2b(seed + id.encode(), digest_size=12).digest() for id in message_ids])
    return b64encode(hashed).translate(URL_SAFE).decode()
