"""The Store contract: what the hub reads before it thinks, and the one write after. One file beside this = one store.

A store keeps the recent events (the tail), trails, identity, profiles, timers, dead letters, documents and keys.
It thinks nothing: it reads no state, judges no rule, resolves no identity. Everything is synchronous.

Every write goes through one transaction:

    with store.begin() as tx:              # the only writer, or the one that holds the rows it read
        heard = tx.claim(event_ids)        # dedupe, first: sorted, blocks on another node's same event
        known = tx.known(identifier_ids)   # locks what it reads, in id order
        trails = tx.trails(tids)
        tx.write(Changes(...))             # all or nothing, durable when the block is left

Leaving the block commits; an exception rolls back. `Retry` out of `begin` or any verb means: another node was
there first, run the block again (the hub does, with jitter). Reading without writing: `with store.read() as view:`,
one consistent snapshot that never blocks `begin`; it may be opened inside a `begin` block and then sees what was
committed before that block. A Tx sees what it wrote itself. Views and transactions are used by one thread at a time
and not after their block; the Store itself is safe from any thread. `begin` waits for the transaction before it,
so a thread never opens one inside another, nor asks for a `lease` in there (a store with one writer says so).

Texts are any valid Unicode (NUL and emoji too) of any length and come back as they were; so do bytes. Order "by" a text
goes by code point, as Python sorts. Lists take any number of ids, ids may repeat, and the answer holds each thing once.
A broken, full, read-only or missing place raises `errors.Unavailable`, which says which place and what to do.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from hashlib import blake2b
from typing import Protocol

from msgspec import Struct, structs

from harken.words import (
    AccessKey,
    DeadLetter,
    Document,
    Dropped,
    Event,
    Evidence,
    Known,
    Membership,
    Micros,
    Profile,
    Timer,
    Trail,
    digest,
)


class Retry(Exception):
    """Another writer was there first; nothing was written, run the transaction again."""


class Changes(Struct, kw_only=True):
    """Everything one transaction changes. Empty by default; a store writes what is there, in any order it likes.

    Order that holds everywhere: trails before events (events name their trail by `tid`). An event or `refiled` that
    names a trail the store does not hold, and a dropped trail that still has events in the tail, raise `Invalid`.
    What is both dropped and written is written anew. The same key twice in one list: the last one counts.
    `events` come without `seq`; the store gives each the next number, in the order given, and returns them from `write`.
    Of an event it keeps the envelope (id, message_id, source, dialect, type, name, occurred, received, channel,
    touchpoint, verified, tid, seq) and `raw`; what else an Event holds follows from `raw` and comes back empty.
    """

    events: list[Event] = []
    refiled: dict[int, str] = {}  # seq -> tid: events of the tail that belong to another trail; others are passed over
    relabeled: dict[int, str] = {}  # seq -> touchpoint; numbers that are not in the tail are passed over
    trails: list[Trail] = []  # insert or replace by tid (the whole row); a store may fill in `row` of what it is given
    dropped_trails: list[str] = []
    known: list[Known] = []  # insert or replace by id
    evidence: list[Evidence] = []  # insert, or join with what is there by key (a, b, how), see `joined`
    dropped_evidence: list[tuple[str, str, str]] = []
    profiles: list[Profile] = []  # insert or replace by pid
    dropped_profiles: list[str] = []
    memberships: list[Membership] = []  # appended to the log of segment changes
    timers: list[Timer] = []  # set: one per (pid, kind), the new replaces the old
    dropped_timers: list[tuple[str, str]] = []
    dropped: list[Dropped] = []  # into the dead-letter inbox: new letters, or once more the open one that is the same
    settled: Settled | None = None


def joined(old: Evidence, new: Evidence) -> Evidence:
    """What a store keeps of two pieces of evidence with the same key (a, b, how), whichever came first.

    Of the event earliest by (occurred, event id): occurred, event_id, source, by, reason. The earliest `learned`.
    Verified when one of them is.
    """
    early = min(old, new, key=lambda one: (one.occurred, one.event_id))
    return structs.replace(early, learned=min(old.learned, new.learned), verified=old.verified or new.verified)


def letter_key(one: Dropped | DeadLetter) -> str:
    """What makes two letters the same: all that matters when they are heard again, but when they came. Rows of files
    are told apart by their lines. While a letter is open, the same one is counted in it: `count` grows, `at` is the
    earliest and `last` the latest time it was received; everything else stays as it came first."""
    place = one.where if one.line else ""
    content = blake2b(one.raw, digest_size=16).hexdigest()
    return digest("letter", one.source, one.dialect, one.reason, "trusted" if one.trusted else "", place, content)


def needles(values: Iterable[str]) -> list[bytes]:
    r"""How each value may stand in raw bytes: plain, and as JSON escapes it. Empty values are passed over.

    >>> needles(['zoë "z"', ""])
    [b'zo\\u00EB \\"z\\"', b'zo\\u00eb \\"z\\"', b'zo\xc3\xab "z"', b'zo\xc3\xab \\"z\\"']
    """
    found = set()
    for value in values:
        if value:
            escaped = json.dumps(value)[1:-1]
            upper = re.sub(r"\\u[0-9a-f]{4}", lambda match: "\\u" + match[0][2:].upper(), escaped)
            plain = json.dumps(value, ensure_ascii=False)[1:-1]
            found |= {value.encode(), escaped.encode(), upper.encode(), plain.encode()}
    return sorted(found)


class Settled(Struct, frozen=True, kw_only=True):
    """The tail up to and with `through` now lives in the lake files that `manifest` names: forget those rows."""

    through: int
    manifest: bytes  # JSON, see lake.py
    before: bytes = b""  # the manifest this one was made from; a store that holds another raises Conflict


class Found(Struct, frozen=True, kw_only=True):
    """One page of a list: `next` is the cursor to go on with, "" at the end."""

    data: tuple[object, ...]
    next: str = ""


class Turn:
    """The lock behind a store's `begin`. A thread that would wait for itself is told so instead.

    >>> turn = Turn()
    >>> with turn, turn: pass
    Traceback (most recent call last):
    RuntimeError: a transaction was begun inside another of the same thread
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holder = 0

    def __enter__(self) -> None:
        if self._holder == threading.get_ident():
            raise RuntimeError("a transaction was begun inside another of the same thread")
        self._lock.acquire()
        self._holder = threading.get_ident()

    def __exit__(self, *_: object) -> None:
        self._holder = 0
        self._lock.release()


class View(Protocol):
    """Consistent reads. Unknown ids are simply not in the answer."""

    def known(self, ids: Iterable[str]) -> dict[str, Known]: ...
    def find_known(self, value: str, limit: int = 50) -> list[Known]:
        """Identifiers whose value starts with `value` exactly (any kind; `%` and `_` mean themselves), by (value, kind)."""

    def known_of(self, pids: Iterable[str]) -> dict[str, list[Known]]:
        """All identifiers that belong to each profile now, by id. A profile without any is not in the answer."""

    def quarantined(self, limit: int = 200) -> list[Known]:
        """Those nobody is recognized by, the highest `degree` first, then by id."""

    def evidence(self, ids: Iterable[str]) -> list[Evidence]:
        """Every piece of evidence that names one of the identifiers on either side, once, by (a, b, how)."""

    def trails(self, tids: Iterable[str]) -> dict[str, Trail]: ...
    def trails_of(self, pids: Iterable[str]) -> dict[str, list[Trail]]:
        """All trails of each profile, by tid. A profile without trails is not in the answer."""

    def trails_owned(self, owners: Iterable[str]) -> list[Trail]:
        """All trails whose `account` or `device` is one of the identifier ids, by tid. "" finds nothing."""

    def profiles(self, pids: Iterable[str]) -> dict[str, Profile]: ...
    def list_profiles(self, after: str, limit: int, segment: str = "") -> list[Profile]:
        """By pid, those after `after`; only members of `segment` (in `Profile.segments`) when given.
        Costs a page, not the table."""

    def profile_ids_of_trails(self) -> Iterator[tuple[str, str]]:
        """(tid, pid) of every trail: the identity map the analyses use. Streams."""

    def trails_moved(self, after: int) -> Iterator[tuple[int, str]]:
        """(number, tid) each time a trail came to another profile than the one it had, or was dropped, by number rising,
        above `after`: who remembers the owners of trails need not ask for all again. One that is written again after it
        was dropped gets no number. Streams."""

    def last_trail_move(self) -> int:
        """The number of the last such move as of this view, 0 when there was none."""

    def trails_last(self) -> Iterator[tuple[str, Micros]]:
        """(pid, last) of every trail: who was seen when. Streams; reads no states."""

    def events(self, tids: Iterable[str], *, before_seq: int = 0, limit: int = 0) -> list[Event]:
        """Events of the tail on these trails together, by seq falling: those below `before_seq` (0 = from the newest),
        at most `limit` of them (0 = all)."""

    def tail(self, after: int, limit: int) -> list[Event]:
        """Events with seq > after, by seq. What is settled is not in the tail."""

    def last_seq(self) -> int:
        """The newest number given so far, 0 in an empty store; also when those events were settled or erased since."""

    def manifest(self) -> bytes:
        """The lake's manifest as of this snapshot, b"" while there is none."""

    def memberships(self, after: int, limit: int) -> list[Membership]:
        """The log of segment changes with seq > after, by seq (numbered by the store, rising, in the order written)."""

    def due(self, now: Micros, limit: int) -> list[Timer]:
        """Timers with due <= now, by (due, pid, kind)."""

    def dead_letters(self, after: int, limit: int, state: str = "open") -> list[DeadLetter]:
        """Those with id > after, by id (rising, never given twice); `where` holds "#index" when the place in its batch
        is all that is known. "" = in any state."""

    def letters_counted(self, state: str) -> list[tuple[str, str, int, int]]:
        """(source, reason, how many dead letters in that state, how often what is in them came), by source and reason."""

    def letters_open(self, keys: Iterable[str]) -> set[str]:
        """Those of the keys (`letter_key`) that an open dead letter has."""

    def letters_held(self, source: str) -> tuple[int, int]:
        """How many open dead letters of a source there are, and how many bytes of `raw` they hold together."""

    def documents(self, kind: str = "", id: str = "", state: str = "") -> list[Document]:
        """Matching versions by (kind, id, version); "" fits everything."""

    def config_version(self) -> int:
        """0 in an empty store; grows with every `write_documents` that writes something."""

    def keys(self) -> list[AccessKey]:
        """All of them, revoked ones too, by (created, id)."""

    def note(self, name: str) -> bytes:
        """A small named value the hub keeps (jobs, imports, settings), b"" when absent."""

    def notes(self, prefix: str) -> dict[str, bytes]:
        """Notes whose name starts with `prefix`, by name."""

    def counts(self) -> Mapping[str, int]:
        """Rows by thing: events (tail), trails, known, profiles, dead_letters (open), seen, timers."""


class Tx(View, Protocol):
    """A View that may write. `known`, `trails`, `trails_of`, `trails_owned`, `profiles` lock what they return."""

    fresh: bool
    """True when nobody else has written to this store since this Store's last commit, so that what the caller
    remembers of trails and identity still holds. A store with several nodes says False always."""

    def claim(self, ids: Sequence[str], day: int) -> set[str]:
        """Those of the event ids that were heard before; the others count as heard from now on (if this commits).
        `day` (days since 1970) is when they may be forgotten at the earliest; -1 = never; what was heard before keeps
        the day it had. Ids are distinct."""

    def write(self, changes: Changes) -> list[Event]:
        """Apply the changes; gives the events with their `seq` (a store may fill it in in place)."""

    def write_documents(self, documents: Iterable[Document]) -> None:
        """Insert or replace by (kind, id, version)."""

    def write_keys(self, keys: Iterable[AccessKey]) -> None:
        """Insert or replace by id."""

    def write_note(self, name: str, value: bytes) -> None:
        """b"" removes it."""

    def mark_dead_letters(self, ids: Iterable[int], state: str) -> None:
        """open, replayed or discarded. Marked ones stay readable by that state. Where several open ones have the same
        key, the first counts what comes."""

    def forget_seen(self, before_day: int, limit: int) -> int:
        """Forget up to `limit` claims with 0 <= day < before_day, the earliest first; how many were forgotten."""

    def erase_events(self, tids: Iterable[str]) -> int:
        """Remove the tail events of these trails; how many. Their claims stay, so a resend cannot bring them back."""

    def erase_known(self, ids: Iterable[str]) -> int:
        """Remove identifiers and all evidence that names them; how many identifiers."""

    def erase_memberships(self, pids: Iterable[str]) -> int:
        """Remove what the log of segment changes says of these profiles; how many rows."""

    def erase_dead_letters(self, values: Iterable[str]) -> int:
        """Remove dead letters, in any state, whose raw bytes contain one of the values (UTF-8, or as JSON escapes it),
        cased as written; how many. Empty values are passed over."""


class Store(Protocol):
    """What a file in this folder offers: a class `Store` made from a URL by `open_store`."""

    scheme: str  # "sqlite", "postgresql", "memory"

    def begin(self) -> AbstractContextManager[Tx]: ...
    def read(self) -> AbstractContextManager[View]: ...
    def lease(self, name: str, seconds: int) -> bool:
        """True if this Store may do `name` (settle, timers, …) alone for that long; renewed by asking again, given
        back by asking for 0 seconds (and by `close`)."""

    def check(self) -> dict[str, str]:
        """What `harken doctor` shows: version, size, durability, migration; raises Unavailable when it is broken."""

    def close(self) -> None:
        """Give everything back. Closing twice is fine; using a closed store raises Unavailable."""
