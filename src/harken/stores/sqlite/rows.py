"""Rows of the database <-> words: many ids or rows in, few statements out. Each statement releases the GIL once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeAlias

import msgspec

from harken.words import DeadLetter, Document, Dropped, Event, Evidence, Known, Membership, Profile, Timer, Trail

Cell: TypeAlias = str | bytes | int | float | None
Row: TypeAlias = tuple[Any, ...]
SIZES = (128, 16, 4, 1)  # rows or ids per statement: few different texts, so that each is compiled once

TRAIL = "tid, source, device, account, owner, pid, first, last, events, state, row, head"
EVENT = (
    "e.id, e.message_id, e.source, e.dialect, e.type, e.name, e.occurred, e.received, e.channel, e.touchpoint, "
    "e.verified, e.raw, e.seq, t.tid"
)
KNOWN = "id, kind, value, pid, first, learned, established, quarantined, degree, claims"
EVIDENCE = 'a, b, how, occurred, learned, event_id, source, verified, "by", reason'
PROFILE = "pid, anchor, created, segments, judged"
DEAD_LETTER = 'id, at, source, dialect, reason, detail, "where", raw, state, last, count, line, trusted'
DOCUMENT = 'kind, id, version, state, body, at, "by", reason'

to_json = msgspec.json.Encoder().encode
segments_in = msgspec.json.Decoder(dict[str, int]).decode
_claims_in = msgspec.json.Decoder(list[tuple[int, int, str]]).decode


def insert(db: sqlite3.Connection, start: str, width: int, cells: list[Cell], end: str = "") -> None:
    """Run `start VALUES (…), (…) end` over the rows that lie one after another in `cells`."""
    at = 0
    one = f"({','.join('?' * width)})"
    for size in SIZES:
        step = size * width
        if len(cells) - at < step:
            continue
        statement = f"{start} VALUES {','.join([one] * size)} {end}"
        while len(cells) - at >= step:
            db.execute(statement, cells[at : at + step])
            at += step


def select(db: sqlite3.Connection, statement: str, ids: Iterable[Cell], then: Sequence[Cell] = ()) -> Iterator[Row]:
    """Rows of a statement with `IN (*)`, for all the ids; `then` fills what comes after it."""
    left = iter(dict.fromkeys(ids))
    while some := list(islice(left, SIZES[0])):
        room = next(size for size in reversed(SIZES) if size >= len(some))
        some += some[-1:] * (room - len(some))
        yield from db.execute(statement.replace("*", ",".join("?" * room)), (*some, *then))


def delete(db: sqlite3.Connection, statement: str, ids: Iterable[Cell]) -> int:
    """Run a statement with `IN (*)` for all the ids; how many rows it changed."""
    gone = 0
    left = iter(dict.fromkeys(ids))
    while some := list(islice(left, SIZES[0])):
        gone += db.execute(statement.replace("*", ",".join("?" * len(some))), some).rowcount
    return gone


def beyond(prefix: str) -> str | None:
    r"""The first text after all those that start with `prefix`, by code point; None when there is none.

    >>> beyond("ab"), beyond("a\U0010ffff"), beyond("\ud7ff"), beyond("\U0010ffff")
    ('ac', 'b', '\ue000', None)
    """
    short = prefix.rstrip("\U0010ffff")
    if not short:
        return None
    following = ord(short[-1]) + 1
    return short[:-1] + chr(0xE000 if 0xD800 <= following < 0xE000 else following)


def starting(column: str, prefix: str) -> tuple[str, tuple[str, ...]]:
    """A condition that holds for texts which start with `prefix`, and what fills it; an index on the column serves it."""
    end = beyond(prefix)
    return (f"{column} >= ?", (prefix,)) if end is None else (f"{column} >= ? AND {column} < ?", (prefix, end))


def trail(row: Row, late: tuple[int, int, int, int, bytes] | None) -> Trail:
    tid, source, device, account, owner, pid, first, last, events, state, number, _head = row
    if late:
        first, last, events, _head, state = late
    return Trail(
        tid=tid, source=source, device=device, account=account, owner=owner, pid=pid, first=first, last=last,
        events=events, state=state, row=number,
    )  # fmt: skip


def event(row: Row) -> Event:
    (id, message_id, source, dialect, type, name, occurred, received, channel, touchpoint, verified, raw, seq, tid) = (
        row
    )
    return Event(
        id=id, message_id=message_id, source=source, dialect=dialect, type=type, name=name, occurred=occurred,
        received=received, identifiers=(), channel=channel, touchpoint=touchpoint, verified=verified == 1, raw=raw,
        seq=seq, tid=tid,
    )  # fmt: skip


def known(row: Row) -> Known:
    id, kind, value, pid, first, learned, established, quarantined, degree, claims = row
    return Known(
        id=id, kind=kind, value=value, pid=pid, first=first, learned=learned, established=established == 1,
        quarantined=quarantined == 1, degree=degree, claims=_claims_in(claims) if claims else [],
    )  # fmt: skip


def known_cells(one: Known) -> tuple[Cell, ...]:
    return (
        one.id, one.kind, one.value, one.pid, one.first, one.learned, one.established, one.quarantined, one.degree,
        to_json(one.claims) if one.claims else b"",
    )  # fmt: skip


def evidence(row: Row) -> Evidence:
    a, b, how, occurred, learned, event_id, source, verified, by, reason = row
    return Evidence(
        a=a, b=b, how=how, occurred=occurred, learned=learned, event_id=event_id, source=source, verified=verified == 1,
        by=by, reason=reason,
    )  # fmt: skip


def evidence_cells(one: Evidence) -> tuple[Cell, ...]:
    return (
        one.a, one.b, one.how, one.occurred, one.learned, one.event_id, one.source, one.verified, one.by, one.reason,
    )  # fmt: skip


def profile(row: Row) -> Profile:
    pid, anchor, created, segments, judged = row
    return Profile(pid=pid, anchor=anchor, created=created, segments=segments_in(segments), judged=judged)


def membership(row: Row) -> Membership:
    seq, pid, segment, entered, at = row
    return Membership(pid=pid, segment=segment, entered=entered == 1, at=at, seq=seq)


def timer(row: Row) -> Timer:
    pid, kind, due, data = row
    return Timer(pid=pid, kind=kind, due=due, data=data)


def dead_letter(row: Row) -> DeadLetter:
    id, at, source, dialect, reason, detail, where, raw, state, last, count, line, trusted = row
    return DeadLetter(
        id=id, at=at, source=source, dialect=dialect, reason=reason, detail=detail, where=where, raw=raw, state=state,
        last=last, count=count, line=line, trusted=trusted == 1,
    )  # fmt: skip


def letter_cells(one: Dropped, key: str) -> tuple[Cell, ...]:
    return (
        key, one.received, one.received, one.source, one.dialect, one.reason, one.detail, one.where or f"#{one.index}",
        one.raw, len(one.raw), one.line, one.trusted,
    )  # fmt: skip


def document(row: Row) -> Document:
    kind, id, version, state, body, at, by, reason = row
    return Document(kind=kind, id=id, version=version, state=state, body=body, at=at, by=by, reason=reason)
